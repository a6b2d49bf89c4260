"""An issue's briefings are printed once a theme and language; a cohort's copy is put together from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, Template

from digest.core.model import GENERAL, Briefing, Copy, Issue, Newsletter, Topic, TopicGroup
from digest.render.characters import one_line
from digest.render.cutting import Cut, Turn, assembled, cut
from digest.render.environment import mail_environment
from digest.render.marks import Marks
from digest.render.page import (
    CohortWords,
    Group,
    Item,
    Masthead,
    Personal,
    issue_page,
    item_for,
    masthead_for,
    names_of,
    topic_titles,
)
from digest.render.phrases import cohort_words, lead_of
from digest.render.printing import printed_html, printed_text
from digest.render.rendition import Rendition
from digest.render.words import Words, words_for
from digest.render.wrapping import wrapped
from subscribers.model import Format

_MAIL: Final = "issue"


@dataclass(frozen=True, slots=True)
class Sheet:
    """All that the copies of an issue are made of, for one theme and language, already transfer-encoded."""

    issue: Issue
    masthead: Masthead
    #: by briefing number
    items: Mapping[int, Item]
    #: topic titles by slug, in their order
    titles: Mapping[str, str]
    words: Words
    subject: Template
    text: Cut
    #: None as long as nobody asked for HTML
    html: Cut | None


class Printer:
    """Prints the copies of one issue; a sheet is made when the first copy needs it, and kept."""

    def __init__(
        self,
        issue: Issue,
        newsletter: Newsletter,
        briefings: Mapping[int, Briefing],
        topics: Mapping[str, Topic],
        *,
        own_themes: Path | None = None,
    ) -> None:
        """Take the briefings that any copy of the issue includes or defers, by number."""
        self._issue: Final = issue
        self._newsletter: Final = newsletter
        self._briefings: Final = briefings
        self._topics: Final = topics
        self._own_themes: Final = own_themes
        self._sheets: Final[dict[str, Sheet]] = {}

    def lacks(self, language: str, format_: Format) -> bool:
        """True when the sheet for such copies has still to be printed, which takes a tenth of a second."""
        sheet = self._sheets.get(language)
        return sheet is None or (format_ is Format.HTML and sheet.html is None)

    def prepare(self, language: str, format_: Format) -> None:
        """Print the sheet for such copies, unless it is there."""
        self._sheet(language, format_)

    def rendition(self, copy: Copy, boundary: str) -> Rendition[Personal]:
        """The copy of a cohort; the boundary is used when it has two parts."""
        return rendition(copy, self._sheet(copy.profile.language, copy.profile.format), boundary)

    def _sheet(self, language: str, format_: Format) -> Sheet:
        sheet = self._sheets.get(language)
        if sheet is None:
            sheet = print_sheet(
                self._issue,
                self._newsletter,
                self._briefings,
                self._topics,
                self._newsletter.theme,
                language,
                formats={format_},
                own_themes=self._own_themes,
            )
        elif format_ is Format.HTML and sheet.html is None:
            environment = mail_environment(self._newsletter.theme, language, self._own_themes)
            sheet = replace(sheet, html=_html(environment, sheet.masthead, sheet.titles, sheet.items))
        self._sheets[language] = sheet
        return sheet


def print_sheet(
    issue: Issue,
    newsletter: Newsletter,
    briefings: Mapping[int, Briefing],
    topics: Mapping[str, Topic],
    theme: str,
    language: str,
    *,
    formats: Collection[Format] = tuple(Format),
    own_themes: Path | None = None,
) -> Sheet:
    """Print and cut the briefings of an issue; premailer runs once, or never when nobody reads HTML."""
    environment = mail_environment(theme, language, own_themes)
    words = words_for(language)
    masthead = masthead_for(newsletter, issue, words)
    titles = topic_titles(topics.values())
    items = {number: item_for(briefing, number, titles, words) for number, briefing in briefings.items()}
    return Sheet(
        issue=issue,
        masthead=masthead,
        items=items,
        titles=titles,
        words=words,
        subject=environment.get_template(f"{_MAIL}/subject.txt"),
        text=_text(environment, masthead, titles, items),
        html=_html(environment, masthead, titles, items) if Format.HTML in formats else None,
    )


def rendition(copy: Copy, sheet: Sheet, boundary: str) -> Rendition[Personal]:
    """Put a cohort's copy together; raises ValueError when it wants HTML and the sheet has none."""
    items = [sheet.items[number] for group in copy.groups for number in group.numbers]
    subject = subject_of(sheet, items)
    words = cohort_words(
        copy, items, subject=subject, masthead=sheet.masthead, titles=sheet.titles, words=sheet.words
    )
    lists = {"groups": _turns(copy.groups, sheet.titles), "deferred": _numbered(copy.deferred)}
    text = assembled(sheet.text, lists, words.values(), wrapped)
    if copy.profile.format is Format.TEXT:
        return Rendition(subject, text, html=None, boundary=None)
    if sheet.html is None:
        raise ValueError(f"the sheet of issue {sheet.issue.id} was printed for readers of plain text only")
    return Rendition(subject, text, assembled(sheet.html, lists, words.values()), boundary)


def subject_of(sheet: Sheet, items: Sequence[Item]) -> str:
    """The editor's subject as it stands, or what the template says about these items; always one line."""
    if sheet.issue.subject:
        return one_line(sheet.issue.subject)
    return _said_subject(sheet.subject, sheet.masthead, lead_of(items), len(items))


@lru_cache(maxsize=1024)
def _said_subject(template: Template, masthead: Masthead, lead: Item | None, count: int) -> str:
    """Kept, since all cohorts of an issue share one of a few leads."""
    return " ".join(template.render(masthead=masthead, lead=lead, count=count).split())


def _html(
    environment: Environment, masthead: Masthead, titles: Mapping[str, str], items: Mapping[int, Item]
) -> Cut:
    marks = Marks()
    page = _sheet_page(masthead, titles, items, marks)
    return cut(printed_html(environment, _MAIL, page), marks, markup=True)


def _text(
    environment: Environment, masthead: Masthead, titles: Mapping[str, str], items: Mapping[int, Item]
) -> Cut:
    marks = Marks()
    page = _sheet_page(masthead, titles, items, marks)
    return cut(printed_text(environment, _MAIL, page), marks, markup=False)


def _sheet_page(
    masthead: Masthead, titles: Mapping[str, str], items: Mapping[int, Item], marks: Marks
) -> dict[str, Any]:
    """A page with everything on it once: all topics, all items under the first of them, all as deferred."""
    shown = tuple(items.values())
    groups = [
        Group(slug, title, () if position else shown) for position, (slug, title) in enumerate(titles.items())
    ]
    copy = CohortWords(*(marks.slot(name) for name in names_of(CohortWords)))
    reader = Personal(*(marks.slot(name) for name in names_of(Personal)))
    return issue_page(masthead, groups, shown, copy, reader, marks)


def _turns(groups: Iterable[TopicGroup], titles: Mapping[str, str]) -> list[Turn]:
    """The groups of a copy; a topic removed after the planning goes by the name of the last resort."""
    return [
        Turn(group.topic if group.topic in titles else GENERAL, {"items": _numbered(group.numbers)})
        for group in groups
    ]


def _numbered(numbers: Iterable[int]) -> list[Turn]:
    return [Turn(str(number)) for number in numbers]
