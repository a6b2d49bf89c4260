"""The words around the briefings, in the reader's language: one catalogue, and dates and lists by locale."""

from __future__ import annotations

import gettext
import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date, time
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, format_skeleton, get_day_names, get_timezone_location
from babel.lists import format_list
from markupsafe import Markup

from digest.render.locales import locale_of
from subscribers.model import WEEKDAYS, Cadence, Section

#: Where catalogues lie, as LANGUAGE/LC_MESSAGES/digest.mo; where there is none, the words stay as written.
LOCALES: Final = Path(__file__).parents[1] / "locales"
DOMAIN: Final = "digest"
#: The language of the code and the templates.
WRITTEN_IN: Final = "en"
#: Whose words to take where a reader's own are missing. Readers of Traditional Chinese read Simplified far
#: more readily than English, as CLDR's language matching has it too (UTS 35, zh-Hant to zh-Hans: 19 of 100).
_NEAREST: Final = {"zh": "zh_Hans"}
#: In these scripts the full stop keeps sentences apart, and no space does.
_CLOSE_SENTENCES: Final = frozenset({"zh", "ja"})
#: Where a word of a list begins and ends (for private use in Unicode), and where it stands too close to a
#: letter of the list itself: between a Han letter and a Latin one there is a space, as in all our Chinese.
_BEGINS, _ENDS = "\ue000", "\ue001"
_TOO_CLOSE: Final = re.compile(f"(?<=[0-9A-Za-z)]){_ENDS}(?=\\w)|(?<=\\w){_BEGINS}(?=[0-9A-Za-z(])")
_NOT_APART: Final = re.compile(f"[{_BEGINS}{_ENDS}]")
#: The figures of numbering systems (CLDR) that do not count 0 to 9; Babel writes dates with those alone.
_FIGURES: Final = {
    system: str.maketrans("0123456789", "".join(chr(ord(zero) + figure) for figure in range(10)))
    for system, zero in {
        "arab": "\u0660",
        "arabext": "\u06f0",
        "beng": "\u09e6",
        "deva": "\u0966",
        "mymr": "\u1040",
    }.items()
}
#: The first of a month: a day by itself, before a dash or the name of the month.
_FRENCH_FIRST: Final = re.compile(r"(?<![0-9])1(?=\s*–|\s+[^\W\d])")
#: The form of a language tag (RFC 5646 section 2.1): no language has more than three letters so far.
_TAG: Final = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})*")
#: The time that is that of no city.
_UNIVERSAL: Final = frozenset(
    {"UTC", "UCT", "Universal", "Zulu", "Etc/UTC", "Etc/UCT", "Etc/Universal", "Etc/Zulu"}
)
_OFFSET: Final = re.compile(r"Etc/GMT([+-])([1-9][0-9]?)")
_FIRST_STRONG_ISOLATE: Final = "\u2068"
_POP_DIRECTIONAL_ISOLATE: Final = "\u2069"
#: Letters that run against a sentence, by its direction: Latin to Cyrillic, or Hebrew to Arabic.
_AGAINST: Final = {
    "rtl": re.compile("[A-Za-z\u00c0-\u052f]"),
    "ltr": re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]"),
}


class Words:
    """The words of one language; whatever says something to a reader asks here."""

    def __init__(self, language: str) -> None:
        self.locale: Final = _locale(language)
        self.catalogue: Final[gettext.NullTranslations] = gettext.translation(
            DOMAIN, LOCALES, languages=_wanted(self.locale), fallback=True
        )
        spoken = locale_of(self.catalogue.info().get("language", WRITTEN_IN))
        #: the language of the words, which differs from that of the dates where there is no catalogue
        self.language: Final = _tag(spoken)
        #: the language of dates that stand by themselves
        self.date_language: Final = _tag(self.locale)
        self.direction: Final = spoken.text_direction
        #: the locale of what stands within a sentence: the reader's own when it is written in the same way
        self._spoken: Final = self.locale if _alike(self.locale, spoken) else spoken
        self._: Final[Callable[[str], str]] = self.catalogue.gettext

    def long_day(self, day: date) -> str:
        """The day with its weekday: Tuesday, November 24, 2026."""
        return _dated(self.locale, format_date(day, "full", locale=self.locale))

    def plain_day(self, day: date) -> str:
        """The day as a source line says it: November 24, 2026."""
        return _dated(self.locale, format_date(day, "long", locale=self.locale))

    def short_day(self, day: date) -> str:
        """The day without its year, within a sentence: Nov 24."""
        return _span(self._spoken, day, day)

    def weekday(self, day: date) -> str:
        """The name of the day within a sentence: Tuesday."""
        return self._day_names([WEEKDAYS[day.weekday()]])[0]

    def month(self, day: date) -> str:
        """The month of a day with its year, by itself: November 2026."""
        return _counted_in(self.locale, format_skeleton("yMMMM", day, locale=self.locale))

    def span(self, first: date, last: date) -> str:
        """Days from the first to the last, both included, within a sentence: Nov 21 – 24."""
        return _span(self._spoken, first, last)

    def clock(self, at: time) -> str:
        """A time of the day within a sentence, by the clock of 24 hours that readers set it by: 07:30."""
        return _counted_in(self._spoken, f"{at:%H:%M}")

    def zone(self, name: str) -> str:
        """A time zone within a sentence: Europe/Paris in English, in other languages the time of its city."""
        if offset := _OFFSET.fullmatch(name):
            # POSIX counts hours behind Greenwich, and everybody else those ahead of it
            return self.isolated(f"UTC{'−' if offset[1] == '+' else '+'}{offset[2]}")
        if self.language == WRITTEN_IN:
            return name.replace("_", " ")
        if name in _UNIVERSAL:
            return self.isolated("UTC")
        _ = self._
        # nobody there calls it by the name of its zone
        if name == "Asia/Shanghai":
            return _("Beijing time")
        if name == "Asia/Tokyo":
            return _("Japan time")
        return _("%(city)s time") % {"city": self.isolated(_city(self._spoken, name))}

    def listed(self, words: Iterable[str]) -> str:
        """The words as a list in a sentence."""
        ready = [self.isolated(word) for word in words]
        if not self.is_close:
            return format_list(ready, locale=self._spoken)
        marked = format_list([f"{_BEGINS}{word}{_ENDS}" for word in ready], locale=self._spoken)
        return _NOT_APART.sub("", _TOO_CLOSE.sub(" ", marked))

    def listed_as_is(self, pieces: Iterable[str]) -> str:
        """The same of pieces that are isolated where they need it; pieces of markup are markup together."""
        ready = list(pieces)
        whole = format_list([str(piece) for piece in ready], locale=self._spoken)
        if not ready or not all(isinstance(one, Markup) for one in ready):
            return whole
        return Markup(whole)  # noqa: S704 - the pieces are escaped, and between them stand commas and words

    def paragraph(self, *sentences: str) -> str:
        """Whole sentences one after the other; empty ones are left out.

        One of another script ends with a full stop that leaves no room behind it.
        """
        whole = ""
        for sentence in filter(None, sentences):
            gap = "" if not whole or (self.is_close and not whole[-1].isascii()) else " "
            whole += gap + sentence
        return whole

    @property
    def is_close(self) -> bool:
        """True where no space stands behind a full stop or a colon: these have the room of a letter."""
        return self.language.split("-")[0] in _CLOSE_SENTENCES

    def isolated(self, name: str, *, known: bool = True) -> str:
        """A name fit to stand in a sentence: what runs the other way is kept to itself (Unicode UAX 9, 2.4).

        Otherwise it would draw the signs beside it to its own side, and names in a list would change places.
        Where a name is filled in later, all are isolated in a language that runs from right to left, since
        most names that do not are Latin; and none in another.
        """
        against = _AGAINST[self.direction].search(name) is not None if known else self.direction == "rtl"
        if not against:
            return name
        return f"{_FIRST_STRONG_ISOLATE}{name}{_POP_DIRECTIONAL_ISOLATE}"

    def section(self, section: Section) -> str:
        """What kind of item this is, above its title; nothing for a plain briefing."""
        _ = self._
        return {
            Section.BRIEFING: "",
            Section.HOT_TOPIC: _("Hot topic"),
            Section.ANALYSIS: _("Analysis"),
            Section.REPORT: _("Report"),
            Section.PERSPECTIVE: _("Perspective"),
        }[section]

    def corrections(self) -> str:
        """What stands above the items that readers have had before."""
        _ = self._
        return _("Corrections and updates")

    def sections(self, section: Section) -> str:
        """Items of this kind, within a sentence."""
        _ = self._
        return {
            Section.BRIEFING: _("briefings"),
            Section.HOT_TOPIC: _("hot topics"),
            Section.ANALYSIS: _("analyses"),
            Section.REPORT: _("reports"),
            Section.PERSPECTIVE: _("perspectives"),
        }[section]

    def minutes(self, minutes: int) -> str:
        """How long something takes to read."""
        return self.counted("%(count)d min read", "%(count)d min read", minutes)

    def counted(self, one: str, many: str, count: int) -> str:
        """A phrase with `%(count)d` in it, in the form that fits the number."""
        phrase = self.catalogue.ngettext(one, many, count) % {"count": count}
        return _counted_in(self._spoken, phrase)

    def cadence(self, cadence: Cadence) -> str:
        """When the mail comes, within a sentence: on weekdays at 07:30 (Europe/Paris)."""
        _ = self._
        if cadence.at_once:
            return _("as soon as there is something new")
        at = {"time": self.clock(cadence.at), "zone": self.zone(cadence.zone)}
        if cadence.monthly:
            return _("on the first of each month at %(time)s (%(zone)s)") % at
        if cadence.days == WEEKDAYS:
            return _("every day at %(time)s (%(zone)s)") % at
        if cadence.days == WEEKDAYS[:5]:
            return _("on weekdays at %(time)s (%(zone)s)") % at
        ngettext = self.catalogue.ngettext
        every = ngettext(
            "every %(days)s at %(time)s (%(zone)s)",
            "every %(days)s at %(time)s (%(zone)s)",
            len(cadence.days),
        )
        return every % {**at, "days": self.listed(self._day_names(cadence.days))}

    def _day_names(self, days: Sequence[str]) -> list[str]:
        names = get_day_names("wide", locale=self._spoken)
        return [names[WEEKDAYS.index(day)] for day in days]


@lru_cache(maxsize=100)
def words_for(language: str) -> Words:
    """The words for readers with this BCP 47 tag; a tag that no locale knows gets English."""
    return Words(language)


@cache
def languages_with_words() -> frozenset[str]:
    """The languages, without script or country, in which there are words: en, and those with a catalogue."""
    found = (path.parts[-3] for path in LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))
    return frozenset({WRITTEN_IN, *(name.split("_")[0] for name in found)})


@lru_cache(maxsize=512)
def language_attributes(language: str, around: str) -> Markup:
    """What an element says whose text is in another language than that around it, and runs the other way.

    Nothing for what is no language tag: feeds call their languages as they like, and voices trip over it.
    """
    if language == around or not _TAG.fullmatch(language):
        return Markup()
    way = _locale(language).text_direction
    if way == _locale(around).text_direction:
        return Markup(' lang="{}"').format(language)
    return Markup(' lang="{}" dir="{}"').format(language, way)


@lru_cache(maxsize=256)
def _span(locale: Locale, first: date, last: date) -> str:
    """Kept, since all cohorts of an issue cover one of a few spans and Babel takes its time."""
    skeleton = "MMMd" if first.year == last.year else "yMMMd"
    return _dated(locale, format_interval(first, last, skeleton, locale=locale))


@lru_cache(maxsize=256)
def _city(locale: Locale, zone: str) -> str:
    """The city by which people know a time zone; one that has no name in the language keeps its own."""
    return get_timezone_location(zone, locale=locale, return_city=True).rpartition("/")[2]


def _dated(locale: Locale, text: str) -> str:
    """A date as its language says it: in French the first of a month is an ordinal, unknown to CLDR."""
    french = _FRENCH_FIRST.sub("1er", text) if locale.language == "fr" else text
    return _counted_in(locale, french)


def _counted_in(locale: Locale, text: str) -> str:
    """The text with its figures as the locale writes them: in Egypt ٢٤, in Morocco 24."""
    figures = _FIGURES.get(locale.default_numbering_system or "")
    return text if figures is None else text.translate(figures)


def _locale(language: str) -> Locale:
    """The locale of a tag, or of as much of it as is known: in a country where few speak it, a language."""
    parts = language.replace("-", "_").split("_")
    for end in range(len(parts), 0, -1):
        try:
            return locale_of("_".join(parts[:end]))
        except (UnknownLocaleError, ValueError):
            continue
    return locale_of(WRITTEN_IN)


def _wanted(locale: Locale) -> list[str]:
    """The catalogues in which to look for words, the best first."""
    written = [f"{locale.language}_{locale.script}"] if locale.script else []
    return [str(locale), *written, locale.language, _NEAREST.get(locale.language, WRITTEN_IN)]


def _alike(first: Locale, second: Locale) -> bool:
    """Whether both write the same language in the same script; a script not named is the usual one."""
    return first.language == second.language and first.script in (second.script, None)


def _tag(locale: Locale) -> str:
    return str(locale).replace("_", "-")
