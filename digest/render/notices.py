"""Mails that are no issue, printed: their sheet once for a newsletter and language, their words for each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from digest.core.model import Newsletter
from digest.render.characters import one_line
from digest.render.cutting import Cut, assembled, cut
from digest.render.environment import mail_environment
from digest.render.marks import Marks
from digest.render.page import masthead_for
from digest.render.printing import printed_html, printed_text
from digest.render.rendition import Rendition
from digest.render.words import words_for
from digest.render.wrapping import wrapped
from subscribers.model import Format


class Wording(Struct, frozen=True):
    """What only one person's notice holds: a name and links, by the names of their slots."""

    #: an empty value leaves out what stands around it
    slots: Mapping[str, str]

    def values(self) -> dict[str, str]:
        """The values by the names of their slots."""
        return {name: one_line(value) for name, value in self.slots.items()}


def printed_notice(
    mail: str,
    newsletter: Newsletter,
    said: Mapping[str, str],
    slots: Iterable[str],
    *,
    language: str,
    format_: Format,
    boundary: str,
    own_themes: Path | None = None,
) -> Rendition[Any]:
    """The notice whose templates lie in the folder `mail`.

    Its sentences are `said.…` in the templates, and an empty one leaves out what stands around it; `reader.…`
    are the slots that its reader's values fill.
    """
    subject, text, html = _sheet(mail, newsletter, language, format_, own_themes, tuple(slots), tuple(said))
    plain = assembled(text, {}, said, wrapped)
    if html is None:
        return Rendition(subject, plain, html=None, boundary=None)
    return Rendition(subject, plain, assembled(html, {}, said), boundary)


@lru_cache(maxsize=256)
def _sheet(
    mail: str,
    newsletter: Newsletter,
    language: str,
    format_: Format,
    own_themes: Path | None,
    slots: tuple[str, ...],
    said: tuple[str, ...],
) -> tuple[str, Cut, Cut | None]:
    environment = mail_environment(newsletter.theme, language, own_themes)
    masthead = masthead_for(newsletter, None, words_for(language))

    def page(marks: Marks) -> dict[str, Any]:
        return {
            "masthead": masthead,
            "reader": {name: marks.slot(name) for name in slots},
            "said": {name: marks.slot(name) for name in said},
            "marks": marks,
        }

    marks = Marks()
    subject = environment.get_template(f"{mail}/subject.txt").render(masthead=masthead)
    text = cut(printed_text(environment, mail, page(marks)), marks, markup=False)
    html = None
    if format_ is Format.HTML:
        html = cut(printed_html(environment, mail, page(marks)), marks, markup=True)
    return " ".join(subject.split()), text, html
