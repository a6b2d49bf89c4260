"""The mail that asks the owner of an address whether it may be written to (double opt-in)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from digest.core.model import Newsletter, Topic
from digest.render.characters import one_line
from digest.render.cutting import Cut, assembled, cut
from digest.render.environment import mail_environment
from digest.render.marks import Marks
from digest.render.page import masthead_for, topic_titles
from digest.render.phrases import wish
from digest.render.printing import printed_html, printed_text
from digest.render.rendition import Rendition
from digest.render.words import words_for
from digest.render.wrapping import wrapped
from subscribers.model import Cadence, Format, Profile

_MAIL: Final = "confirm"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What only one reader's confirmation mail holds."""

    #: empty when the reader gave none
    name: str
    confirm_url: str

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {"name": one_line(self.name), "confirm_url": one_line(self.confirm_url)}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the mail says was asked for."""

    wish: str


def confirmation(
    newsletter: Newsletter,
    topics: Iterable[Topic],
    profile: Profile,
    cadence: Cadence,
    boundary: str,
    *,
    own_themes: Path | None = None,
) -> Rendition[Invitation]:
    """The question for readers with these wishes; its sheet is printed once for a newsletter and language."""
    subject, text, html = _sheet(newsletter, profile.language, profile.format, own_themes)
    said = wish(profile, cadence, topic_titles(topics), words_for(profile.language))
    plain = assembled(text, {}, {"wish": said}, wrapped)
    if html is None:
        return Rendition(subject, plain, html=None, boundary=None)
    return Rendition(subject, plain, assembled(html, {}, {"wish": said}), boundary)


@lru_cache(maxsize=64)
def _sheet(
    newsletter: Newsletter, language: str, format_: Format, own_themes: Path | None
) -> tuple[str, Cut, Cut | None]:
    environment = mail_environment(newsletter.theme, language, own_themes)
    masthead = masthead_for(newsletter, None, words_for(language))

    def page(marks: Marks) -> dict[str, Any]:
        reader = Invitation(marks.slot("name"), marks.slot("confirm_url"))
        return {"masthead": masthead, "reader": reader, "asked": Asked(marks.slot("wish")), "marks": marks}

    marks = Marks()
    subject = environment.get_template(f"{_MAIL}/subject.txt").render(masthead=masthead)
    text = cut(printed_text(environment, _MAIL, page(marks)), marks, markup=False)
    html = None
    if format_ is Format.HTML:
        html = cut(printed_html(environment, _MAIL, page(marks)), marks, markup=True)
    return " ".join(subject.split()), text, html
