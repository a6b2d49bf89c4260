"""An issue's briefings are printed once a theme and language; a cohort's copy is put together from that."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, Template

from digest.core.budget import LIMIT, Fit, Form, fitted
from digest.core.corrections import CORRECTIONS
from digest.core.model import GENERAL, Briefing, Copy, Issue, Newsletter, Topic, TopicGroup
from digest.render.characters import one_line
from digest.render.cutting import Cut, Part, Turn, assembled, cut
from digest.render.environment import mail_environment
from digest.render.fitting import IN_A_LINE, SMALLER_FORMS, Pair, Smaller, room_for_head, weighed
from digest.render.marks import Marks
from digest.render.page import (
    CohortWords,
    Group,
    Item,
    Masthead,
    Personal,
    in_form,
    issue_page,
    items_for,
    masthead_for,
    names_of,
    topic_titles,
)
from digest.render.phrases import cohort_words, fitted_words, lead_of, words_of_lines
from digest.render.printing import printed_html, printed_text
from digest.render.rendition import Rendition
from digest.render.words import Words, words_for
from digest.render.wrapping import wrapped
from subscribers.model import Format

_MAIL: Final = "issue"


class SmallPrint:
    """Prints the items of a sheet in less, once, when the first copy of it would be too large."""

    def __init__(
        self,
        environment: Environment,
        masthead: Masthead,
        titles: Mapping[str, str],
        items: Mapping[int, Item],
        pair: Pair,
    ) -> None:
        self._environment: Final = environment
        self._masthead: Final = masthead
        self._titles: Final = titles
        self._items: Final = items
        self._pair: Final = pair

    def prepare(self) -> None:
        """Print it now, unless no copy of the sheet can need it."""
        if not self._pair.is_roomy():
            self.smaller(Format.TEXT if self._pair.html is None else Format.HTML)

    def smaller(self, format_: Format) -> Smaller:
        """The items of the sheet in all forms, and what they weigh for readers of this format."""
        return self._for_text if format_ is Format.TEXT else self._for_html

    @cached_property
    def _for_text(self) -> Smaller:
        return Smaller(Pair(self._text, None), self._forms)

    @cached_property
    def _for_html(self) -> Smaller:
        assert self._pair.html is not None
        html = _html(self._environment, self._page)
        return Smaller(Pair(self._text, _with_pieces(self._pair.html, html)), self._forms)

    @cached_property
    def _text(self) -> Cut:
        return _with_pieces(self._pair.text, _text(self._environment, self._page))

    @cached_property
    def _forms(self) -> Mapping[int, Mapping[Form, Item]]:
        """Each item in each form: made once, since to find where sentences end takes its time."""
        return {number: {form: in_form(item, form) for form in Form} for number, item in self._items.items()}

    def _page(self, marks: Marks) -> dict[str, Any]:
        return _small_page(self._masthead, self._titles, self._forms.values(), marks)


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
    #: the items in less, for copies that would be too large
    small: SmallPrint


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
        links: Mapping[int, str] | None = None,
    ) -> None:
        """Take the briefings that any copy of the issue includes or defers, by number.

        `links` stand in place of the items' own addresses: counted ones, by number.
        """
        self._links: Final = links or {}
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

    def rendition(self, copy: Copy, boundary: str, view_url: str = "") -> Rendition[Personal]:
        """The copy of a cohort; the boundary is used when it has two parts."""
        return rendition(copy, self._sheet(copy.profile.language, copy.profile.format), boundary, view_url)

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
                links=self._links,
            )
            sheet.small.prepare()
        elif format_ is Format.HTML and sheet.html is None:
            environment = mail_environment(self._newsletter.theme, language, self._own_themes)
            sheet = _sheet_with_html(sheet, environment)
            sheet.small.prepare()
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
    links: Mapping[int, str] | None = None,
) -> Sheet:
    """Print and cut the briefings of an issue; premailer runs once, or never when nobody reads HTML."""
    environment = mail_environment(theme, language, own_themes)
    words = words_for(language)
    masthead = masthead_for(newsletter, issue, words)
    titles = topic_titles(topics.values())
    if any(briefing.correction for briefing in briefings.values()):
        titles[CORRECTIONS] = words.corrections()
    items = items_for(briefings, newsletter, titles, words, zone=issue.zone)
    if any(item.picture for item in items.values()):
        masthead = replace(masthead, shows_pictures=True)
    if links:
        masthead = replace(masthead, counts_clicks=True)
        items = {
            number: replace(item, url=links.get(number, item.url)) if item.url else item
            for number, item in items.items()
        }
    text = _text(environment, partial(_sheet_page, masthead, titles, items))
    sheet = Sheet(
        issue=issue,
        masthead=masthead,
        items=items,
        titles=titles,
        words=words,
        subject=environment.get_template(f"{_MAIL}/subject.txt"),
        text=text,
        html=None,
        small=SmallPrint(environment, masthead, titles, items, Pair(text, None)),
    )
    return _sheet_with_html(sheet, environment) if Format.HTML in formats else sheet


def rendition(copy: Copy, sheet: Sheet, boundary: str, view_url: str = "") -> Rendition[Personal]:
    """Put a cohort's copy together; raises ValueError when it wants HTML and the sheet has none.

    What would be too large is put together again with less of its items. `view_url` is where the copy can be
    seen in a browser.
    """
    if copy.profile.format is Format.HTML and sheet.html is None:
        raise ValueError(f"the sheet of issue {sheet.issue.id} was printed for readers of plain text only")
    copy = replace(copy, deferred=_each_story_once(copy.deferred, sheet.items))
    items = [sheet.items[number] for group in copy.groups for number in group.numbers]
    subject = subject_of(sheet, items)
    words = cohort_words(
        copy,
        items,
        subject=subject,
        masthead=sheet.masthead,
        titles=sheet.titles,
        words=sheet.words,
        view_url=view_url,
    )
    head = room_for_head(subject, sheet.masthead)
    html = sheet.html if copy.profile.format is Format.HTML else None
    made = _put_together(sheet.text, html, _lists(copy, sheet), words)
    octets = weighed(*made, head)
    if not octets.within(LIMIT):
        made = _put_together_in_less(copy, sheet, words, head)
        octets = weighed(*made, head)
    parting = boundary if made[1] is not None else None
    return Rendition(subject, *made, parting, too_large=None if octets.within(LIMIT) else octets)


def _each_story_once(numbers: Iterable[int], items: Mapping[int, Item]) -> tuple[int, ...]:
    """What waits, as the next copy will hold it: of each story one."""
    kept: list[int] = []
    for number in numbers:
        if items[number].beside.numbers.isdisjoint(kept):
            kept.append(number)
    return tuple(kept)


def _put_together(
    text: Cut, html: Cut | None, lists: Mapping[str, Sequence[Turn]], words: CohortWords
) -> tuple[tuple[Part, ...], tuple[Part, ...] | None]:
    values = words.values()
    return (
        assembled(text, lists, values, wrapped),
        None if html is None else assembled(html, lists, values),
    )


def _put_together_in_less(
    copy: Copy, sheet: Sheet, words: CohortWords, head: int
) -> tuple[tuple[Part, ...], tuple[Part, ...] | None]:
    smaller = sheet.small.smaller(copy.profile.format)
    topics = {group.topic: _key_of(group, sheet.titles) for group in copy.groups}
    numbers = [number for group in copy.groups for number in group.numbers]
    said = replace(words, lines=words_of_lines(len(numbers), sheet.words))
    fit = fitted(smaller.weights(copy, topics, said, head))
    printed = {number: smaller.printed(number, form) for number, form in zip(numbers, fit.forms, strict=True)}
    lists = _lists_in_less(copy, sheet, fit, printed)
    told = fitted_words(words, list(printed.values()), fit, words=sheet.words)
    return _put_together(smaller.pair.text, smaller.pair.html, lists, told)


def subject_of(sheet: Sheet, items: Sequence[Item]) -> str:
    """The editor's subject as it stands, or what the template says about these items; always one line."""
    if sheet.issue.subject:
        return one_line(sheet.issue.subject)
    return _said_subject(sheet.subject, sheet.masthead, lead_of(items), len(items))


@lru_cache(maxsize=1024)
def _said_subject(template: Template, masthead: Masthead, lead: Item | None, count: int) -> str:
    """Kept, since all cohorts of an issue share one of a few leads."""
    return " ".join(template.render(masthead=masthead, lead=lead, count=count).split())


def _sheet_with_html(sheet: Sheet, environment: Environment) -> Sheet:
    html = _html(environment, partial(_sheet_page, sheet.masthead, sheet.titles, sheet.items))
    pair = Pair(sheet.text, html)
    small = SmallPrint(environment, sheet.masthead, sheet.titles, sheet.items, pair)
    return replace(sheet, html=html, small=small)


def _html(environment: Environment, page: Callable[[Marks], Mapping[str, Any]]) -> Cut:
    marks = Marks()
    return cut(printed_html(environment, _MAIL, page(marks)), marks, markup=True)


def _text(environment: Environment, page: Callable[[Marks], Mapping[str, Any]]) -> Cut:
    marks = Marks()
    return cut(printed_text(environment, _MAIL, page(marks)), marks, markup=False)


def _with_pieces(sheet: Cut, other: Cut) -> Cut:
    return Cut(sheet.frame, {**sheet.pieces, **other.pieces})


def _sheet_page(
    masthead: Masthead, titles: Mapping[str, str], items: Mapping[int, Item], marks: Marks
) -> dict[str, Any]:
    """A page with everything on it once: all topics, all items under the first of them, all as deferred."""
    shown = tuple(items.values())
    groups = [
        Group(slug, title, () if position else shown) for position, (slug, title) in enumerate(titles.items())
    ]
    return _marked_page(masthead, groups, shown, (), marks)


def _small_page(
    masthead: Masthead, titles: Mapping[str, str], forms: Iterable[Mapping[Form, Item]], marks: Marks
) -> dict[str, Any]:
    """A page with all items in all lesser forms; one that is no less than the whole is there already."""
    printed = [(form, one[form], one[Form.FULL]) for one in forms for form in SMALLER_FORMS]
    lines = [item for form, item, _ in printed if form in IN_A_LINE]
    # by their keys, since several forms of an item may be one
    others = {item.key: item for form, item, whole in printed if form not in IN_A_LINE and item is not whole}
    slug, title = next(iter(titles.items()))
    return {
        **_marked_page(masthead, [Group(slug, title, tuple(others.values()))], (), lines, marks),
        "contents": (),
    }


def _marked_page(
    masthead: Masthead, groups: Sequence[Group], deferred: Sequence[Item], lines: Sequence[Item], marks: Marks
) -> dict[str, Any]:
    copy = CohortWords(*(marks.slot(name) for name in names_of(CohortWords)))
    reader = Personal(*(marks.slot(name) for name in names_of(Personal)))
    return issue_page(masthead, groups, deferred, copy, reader, marks, lines)


def _lists(copy: Copy, sheet: Sheet) -> dict[str, Sequence[Turn]]:
    """The lists of a copy that prints all of its items."""
    chapters = [(_key_of(group, sheet.titles), _turns_of(map(str, group.numbers))) for group in copy.groups]
    return {
        "groups": [Turn(key, {"items": turns}) for key, turns in chapters],
        "contents": [Turn(key, {"entries": turns}) for key, turns in chapters],
        "lines": (),
        "deferred": _turns_of(map(str, copy.deferred)),
    }


def _lists_in_less(
    copy: Copy, sheet: Sheet, fit: Fit, printed: Mapping[int, Item]
) -> dict[str, Sequence[Turn]]:
    """The lists of a copy that prints its items in these forms; topics without a headline are gone."""
    lists = _lists(copy, sheet)
    in_lines = {number for number, form in zip(printed, fit.forms, strict=True) if form < Form.HEADLINE}
    lists["groups"] = [
        Turn(_key_of(group, sheet.titles), {"items": _turns_of(printed[number].key for number in shown)})
        for group in copy.groups
        if (shown := [number for number in group.numbers if number not in in_lines])
    ]
    lists["lines"] = _turns_of(printed[number].key for number in printed if number in in_lines)
    if not fit.contents:
        lists["contents"] = ()
    if not fit.waiting:
        lists["deferred"] = ()
    return lists


def _key_of(group: TopicGroup, titles: Mapping[str, str]) -> str:
    """The key of a group; a topic removed after the planning goes by the name of the last resort."""
    return group.topic if group.topic in titles else GENERAL


def _turns_of(keys: Iterable[str]) -> list[Turn]:
    return [Turn(key) for key in keys]
