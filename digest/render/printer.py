"""An issue's briefings are printed once a theme and language; a cohort's copy is put together from that."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from functools import lru_cache, partial
from pathlib import Path
from typing import Final

from jinja2 import Environment, Template
from msgspec import Struct
from msgspec.structs import replace

from digest.core.budget import LIMIT, Fit, Form, fitted
from digest.core.corrections import CORRECTIONS
from digest.core.model import GENERAL, Briefing, Copy, Issue, Newsletter, Topic, TopicGroup
from digest.core.picturing import MOST_IN_A_MAIL, Embedded
from digest.render.characters import one_line
from digest.render.cutting import Cut, Part, Turn, assembled
from digest.render.embedded import PicturePart, part_of
from digest.render.environment import mail_environment
from digest.render.fitting import Pair, room_for_head, weighed
from digest.render.page import (
    CohortWords,
    Item,
    Masthead,
    Personal,
    items_for,
    masthead_for,
    topic_titles,
)
from digest.render.phrases import cohort_words, fitted_words, lead_of, words_of_lines
from digest.render.rendition import Rendition
from digest.render.sheets import MAIL, html_cut, sheet_page, text_cut
from digest.render.small_print import SmallPrint
from digest.render.words import Words, words_for
from digest.render.wrapping import wrapped
from subscribers.model import Format


class Sheet(Struct, frozen=True):
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
    #: what HTML brings along, by what it says as addresses
    pictures: Mapping[str, PicturePart]
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
        pictures: Mapping[int, Embedded] | None = None,
    ) -> None:
        """Take the briefings that any copy of the issue includes or defers, by number.

        `links` stand in place of the items' own addresses: counted ones, by number. `pictures` are those
        that its mails may bring along.
        """
        self._links: Final = links or {}
        self._pictures: Final = pictures or {}
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
                pictures=self._pictures,
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
    pictures: Mapping[int, Embedded] | None = None,
) -> Sheet:
    """Print and cut the briefings of an issue; premailer runs once, or never when nobody reads HTML."""
    environment = mail_environment(theme, language, own_themes)
    words = words_for(language)
    masthead = masthead_for(newsletter, issue, words)
    titles = topic_titles(topics.values(), words)
    if any(briefing.correction for briefing in briefings.values()):
        titles[CORRECTIONS] = words.corrections()
    brought = {number: part_of(one, issue.domain) for number, one in (pictures or {}).items()}
    items = items_for(briefings, newsletter, titles, words, zone=issue.zone, brought=brought)
    if any(item.picture for item in items.values()):
        masthead = replace(masthead, shows_pictures=True)
    if links:
        masthead = replace(masthead, counts_clicks=True)
        items = {
            number: replace(item, url=links.get(number, item.url)) if item.url else item
            for number, item in items.items()
        }
    text = text_cut(environment, partial(sheet_page, masthead, titles, items))
    sheet = Sheet(
        issue=issue,
        masthead=masthead,
        items=items,
        titles=titles,
        words=words,
        subject=environment.get_template(f"{MAIL}/subject.txt"),
        text=text,
        html=None,
        pictures={part.src: part for part in brought.values()},
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
    if copy.deferred:
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
    pictures = sheet.pictures if html is not None else {}
    brought = _shown(items, pictures)
    octets = weighed(*made, brought.values(), head)
    if not octets.within(LIMIT) or len(brought) > MOST_IN_A_MAIL:
        made, items = _put_together_in_less(copy, sheet, words, head)
        brought = _shown(items, pictures)
        octets = weighed(*made, brought.values(), head)
    return Rendition(
        subject,
        *made,
        boundary if html is not None else None,
        too_large=None if octets.within(LIMIT) else octets,
        pictures=tuple(brought.values()),
    )


def _shown(items: Iterable[Item], pictures: Mapping[str, PicturePart]) -> dict[str, PicturePart]:
    """Those of the pictures that these items show, each once."""
    return {item.picture: pictures[item.picture] for item in items if item.picture in pictures}


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
) -> tuple[tuple[tuple[Part, ...], tuple[Part, ...] | None], list[Item]]:
    """The parts, and the items in the forms in which they are printed."""
    smaller = sheet.small.smaller(copy.profile.format)
    topics = {group.topic: _key_of(group, sheet.titles) for group in copy.groups}
    numbers = [number for group in copy.groups for number in group.numbers]
    said = replace(words, lines=words_of_lines(len(numbers), sheet.words))
    fit = fitted(smaller.weights(copy, topics, said, head))
    printed = {number: smaller.printed(number, form) for number, form in zip(numbers, fit.forms, strict=True)}
    lists = _lists_in_less(copy, sheet, fit, printed)
    told = fitted_words(words, list(printed.values()), fit, words=sheet.words)
    return _put_together(smaller.pair.text, smaller.pair.html, lists, told), list(printed.values())


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
    html = html_cut(environment, partial(sheet_page, sheet.masthead, sheet.titles, sheet.items))
    pair = Pair(sheet.text, html, sheet.pictures)
    small = SmallPrint(environment, sheet.masthead, sheet.titles, sheet.items, pair)
    return replace(sheet, html=html, small=small)


def _lists(copy: Copy, sheet: Sheet) -> dict[str, Sequence[Turn]]:
    """The lists of a copy that prints all of its items."""
    chapters = [_chapter(_key_of(group, sheet.titles), group.numbers) for group in copy.groups]
    return {
        "groups": [group for group, _ in chapters],
        "contents": [entry for _, entry in chapters],
        "lines": (),
        "deferred": _turns_of(map(str, copy.deferred)),
    }


@lru_cache(maxsize=2048)
def _chapter(key: str, numbers: tuple[int, ...]) -> tuple[Turn, Turn]:
    """A topic with these items, and its entry in the contents.

    Kept, so that whoever gets the same of a topic has the same turns, and a sheet knows what they print.
    """
    turns = _turns_of(map(str, numbers))
    return Turn(key, {"items": turns}), Turn(key, {"entries": turns})


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
