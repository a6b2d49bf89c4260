"""What a reader wants, as a form shows it, and as it comes back: wishes, or what is wrong with which field.

The fields: `follow` (all, some) with `topic`; `rhythm` (days, monthly, at-once) with `day`, `at` and
`timezone`; `section`, `max_items`, `format`, `language`, `name`. One that was left out stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any, Final

from babel.dates import get_day_names
from markupsafe import Markup
from msgspec import Struct

from digest.core.model import Newsletter, Topic
from digest.render.characters import one_line
from digest.render.locales import locale_of
from digest.render.words import Words, languages_with_words
from digest.web.forms import Errors, Form
from subscribers.model import MONTHLY, WEEKDAYS, Cadence, Profile, Section
from subscribers.wishes import (
    MAX_ITEMS_LIMIT,
    MOST_OF_A_NAME,
    WishError,
    Wishes,
    parse_days,
    parse_format,
    parse_language,
    parse_max_items,
    parse_name,
    parse_sections,
    parse_time,
    parse_topics,
    parse_zone,
)

ALL: Final = "all"
SOME: Final = "some"
DAYS: Final = "days"
AT_ONCE: Final = "at-once"
#: The fields in which something may be wrong, in the order of the page; those of wishes are its parts.
IN_ORDER: Final = (
    *("email", "newsletter", "topic", "rhythm", "day", "at", "timezone"),
    *("section", "format", "max_items", "language", "name"),
)


class Option(Struct, frozen=True):
    """Something to choose."""

    value: str
    name: str
    chosen: bool
    #: a line about it; may be empty
    hint: str = ""


class WishForm(Struct, frozen=True):
    """The part of a form that asks what a reader wants; what was entered is in it."""

    follow: str
    topics: tuple[Option, ...]
    #: empty where a newsletter carries one kind alone
    sections: tuple[Option, ...]
    rhythm: str
    days: tuple[Option, ...]
    at: str
    zone: str
    #: of a reader who has not said any: the browser's is taken
    guesses_zone: bool
    format: str
    languages: tuple[Option, ...]
    #: empty for no cap
    max_items: str
    most_items: int
    name: str
    errors: Errors

    @property
    def wrong(self) -> tuple[tuple[str, str], ...]:
        """What is wrong, by field: for the parts of the form that are kept once they are printed."""
        return tuple(self.errors.items())

    @property
    def focus(self) -> str:
        """The first field of the page in which something is wrong; empty when nothing is."""
        return next((field for field in IN_ORDER if field in self.errors), "")

    @property
    def amiss(self) -> tuple[tuple[str, str], ...]:
        """What is wrong, in the order of the page, by the ids of fields."""
        return tuple((field, self.errors[field]) for field in IN_ORDER if field in self.errors)

    @property
    def zones(self) -> Markup:
        """All time zones as options, by region; the one that is chosen comes first."""
        return zone_options()


def wish_form(
    cadence: Cadence,
    profile: Profile,
    *,
    name: str,
    newsletter: Newsletter,
    topics: Collection[Topic],
    per_week: Mapping[str, int],
    words: Words,
    guesses_zone: bool = False,
    errors: Errors | None = None,
) -> WishForm:
    """The form for somebody who wants this now; `per_week` says how many items topics had lately."""
    said = {one.slug: one.said_in(words.date_language) for one in topics}
    lines = tuple((slug, one.title, one.description, per_week.get(slug, 0)) for slug, one in said.items())
    return WishForm(
        follow=ALL if profile.topics is None else SOME,
        topics=_topics(lines, profile.topics, words),
        sections=_sections(profile.sections, newsletter.sections, words),
        rhythm=AT_ONCE if cadence.at_once else MONTHLY if cadence.monthly else DAYS,
        days=_days(cadence.days, words.language),
        at=f"{cadence.at:%H:%M}",
        zone=cadence.zone,
        guesses_zone=guesses_zone,
        format=profile.format.value,
        languages=_languages(profile.language),
        max_items="" if profile.max_items is None else str(profile.max_items),
        most_items=MAX_ITEMS_LIMIT,
        name=name,
        errors=errors or {},
    )


def read_wishes(
    form: Form, topics: Collection[str], words: Words, carried: Collection[Section] = ()
) -> tuple[Wishes, dict[str, str]]:
    """What was entered as wishes, and what is wrong with which field, in the words of the page.

    Who chooses all kinds of item that are `carried` takes whatever the newsletter carries, now and later.
    """
    reading = _Reading(form, words)
    _ = words.catalogue.gettext
    _read_topics(reading, topics, _("Choose one topic at least, or all of them."))
    if "section" in form:
        chosen = ",".join(form.all("section"))
        reading.take("sections", "section", lambda _form: parse_sections(chosen), _("Choose from the list."))
        if carried and set(carried) <= (reading.profile.get("sections") or frozenset()):
            reading.profile["sections"] = None
    _read_times(reading, _)
    reading.take(
        "format", "format", lambda form: parse_format(form.one("format")), _("Choose from the list.")
    )
    reading.take(
        "language", "language", lambda form: parse_language(form.one("language")), _("Choose from the list.")
    )
    cap = _("Say a number from 1 to %(most)d, or leave it empty.") % {"most": MAX_ITEMS_LIMIT}
    reading.take("max_items", "max_items", lambda form: parse_max_items(form.one("max_items") or "none"), cap)
    name = None
    if "name" in form:
        try:
            # of a form of ours no control characters are left
            name = parse_name(form.one("name"))
        except WishError:
            reading.errors["name"] = _("That is too long: use at most %(most)d characters.") % {
                "most": MOST_OF_A_NAME
            }
    return Wishes(reading.cadence, reading.profile, name), reading.errors


class _Reading:
    """A form as it is being read."""

    def __init__(self, form: Form, words: Words) -> None:
        self.form: Final = form
        self.words: Final = words
        self.cadence: Final[dict[str, Any]] = {}
        self.profile: Final[dict[str, Any]] = {}
        self.errors: Final[dict[str, str]] = {}

    def take(self, wish: str, field: str, parse: Callable[[Form], Any], wrong: str) -> None:
        """Read one field, if it was there."""
        if field not in self.form:
            return
        try:
            value = parse(self.form)
        except WishError:
            self.errors[field] = wrong
            return
        target = self.cadence if wish in {"days", "at", "zone", "at_once"} else self.profile
        target[wish] = value


def _read_topics(reading: _Reading, topics: Collection[str], wrong: str) -> None:
    form = reading.form
    if form.one("follow") == ALL:
        reading.profile["topics"] = None
    elif form.one("follow") == SOME or "topic" in form:
        try:
            reading.profile["topics"] = parse_topics(",".join(form.all("topic")), topics)
        except WishError:
            reading.errors["topic"] = wrong


def _read_times(reading: _Reading, _: Callable[[str], str]) -> None:
    form = reading.form
    rhythm = form.one("rhythm")
    if rhythm and rhythm not in {DAYS, MONTHLY, AT_ONCE}:
        reading.errors["rhythm"] = _("Choose from the list.")
    elif rhythm:
        reading.cadence["at_once"] = rhythm == AT_ONCE
    if rhythm == MONTHLY:
        reading.cadence["days"] = (MONTHLY,)
    elif rhythm == DAYS or (not rhythm and "day" in form):
        try:
            reading.cadence["days"] = parse_days(",".join(form.all("day")))
        except WishError:
            reading.errors["day"] = _("Choose one day at least.")
    reading.take(
        "at", "at", lambda form: parse_time(form.one("at")[:5]), _("Say a time of the day, such as 07:30.")
    )
    reading.take(
        "zone",
        "timezone",
        lambda form: parse_zone(form.one("timezone")),
        _("Choose a time zone from the list."),
    )


# Readers differ less than they think: what has been said for one is kept for all who want the same.


@lru_cache(maxsize=2000)
def _topics(
    lines: tuple[tuple[str, str, str, int], ...], chosen: frozenset[str] | None, words: Words
) -> tuple[Option, ...]:
    """One line each: slug, title, description, and how many items it had a week."""
    return tuple(
        Option(
            slug,
            one_line(title),
            # who goes over from all of them ticks the few that are wanted, and not off all the others
            chosen is not None and slug in chosen,
            words.paragraph(words.isolated(one_line(description)), _lately(count, words)),
        )
        for slug, title, description, count in lines
    )


@lru_cache(maxsize=500)
def _sections(
    chosen: frozenset[Section] | None, carried: frozenset[Section], words: Words
) -> tuple[Option, ...]:
    if len(carried) < 2:
        return ()
    return tuple(
        Option(section, words.sections(section), chosen is None or section in chosen)
        for section in Section
        if section in carried
    )


@lru_cache(maxsize=500)
def _days(days: tuple[str, ...], language: str) -> tuple[Option, ...]:
    names = get_day_names("abbreviated", locale=locale_of(language))
    chosen = WEEKDAYS if days == (MONTHLY,) else days
    return tuple(Option(day, names[place], day in chosen) for place, day in enumerate(WEEKDAYS))


@lru_cache(maxsize=500)
def _languages(chosen: str) -> tuple[Option, ...]:
    """Those in which there are words, each in its own; and the reader's, whatever it is."""
    spoken = sorted({*spoken_languages(), chosen})
    return tuple(Option(tag, _own_name(tag), tag == chosen) for tag in spoken)


@cache
def spoken_languages() -> tuple[str, ...]:
    """The tags of the languages in which there are words."""
    tags = {"zh": "zh-Hans"}
    return tuple(sorted(tags.get(one, one) for one in languages_with_words()))


@cache
def _own_name(tag: str) -> str:
    name = locale_of(tag).get_display_name() or tag
    return name[:1].upper() + name[1:]


def _lately(count: int, words: Words) -> str:
    if not count:
        return words.catalogue.gettext("Nothing in the last weeks.")
    return words.counted("About %(count)d item a week.", "About %(count)d items a week.", count)


@cache
def zone_names() -> tuple[str, ...]:
    """The zones in which people live (tz database, zone.tab)."""
    table = files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    lines = (line for line in table.splitlines() if line and not line.startswith("#"))
    return tuple(sorted(line.split("\t")[2] for line in lines))


@cache
def zone_options() -> Markup:
    """The zones in which people live, as options within groups of regions."""
    groups: dict[str, list[str]] = {}
    for name in zone_names():
        groups.setdefault(name.partition("/")[0], []).append(name)
    parts = [Markup("<option>UTC</option>")]
    for region, zones in groups.items():
        options = Markup("").join(Markup("<option>{}</option>").format(zone) for zone in zones)
        parts.append(Markup('<optgroup label="{}">{}</optgroup>').format(region, options))
    return Markup("\n").join(parts)
