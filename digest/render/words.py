"""The words around the briefings, in the reader's language: one catalogue, and dates and lists by locale."""

from __future__ import annotations

import gettext
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Final

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_interval, get_day_names
from babel.lists import format_list

from subscribers.model import WEEKDAYS, Cadence, Section

#: Where catalogues lie, as LANGUAGE/LC_MESSAGES/mail.mo; without one the words stay as written here.
CATALOGUES: Final = Path(__file__).parent / "catalogues"
_WRITTEN_IN: Final = "en"


class Words:
    """The words of one language; whatever says something to a reader asks here."""

    def __init__(self, language: str) -> None:
        self.locale: Final = _locale(language)
        self.catalogue: Final[gettext.NullTranslations] = gettext.translation(
            "mail", CATALOGUES, languages=[str(self.locale), self.locale.language], fallback=True
        )
        #: the language of the words, which may differ from that of the dates as long as it has no catalogue
        self.language: Final = self.catalogue.info().get("language", _WRITTEN_IN).replace("_", "-")
        #: the language of dates and numbers
        self.date_language: Final = str(self.locale).replace("_", "-")
        self.direction: Final = _locale(self.language).text_direction
        #: the locale of what stands within a sentence
        self._spoken: Final = (
            self.locale if self.locale.language == self.language.split("-")[0] else _locale(self.language)
        )
        self._: Final[Callable[[str], str]] = self.catalogue.gettext

    def long_day(self, day: date) -> str:
        """The day with its weekday: Tuesday, November 24, 2026."""
        return format_date(day, "full", locale=self.locale)

    def plain_day(self, day: date) -> str:
        """The day as a source line says it: November 24, 2026."""
        return format_date(day, "long", locale=self.locale)

    def short_day(self, day: date) -> str:
        """The day without its year, within a sentence: Nov 24."""
        return format_interval(day, day, "MMMd", locale=self._spoken)

    def span(self, first: date, last: date) -> str:
        """Days from the first to the last, both included, within a sentence: Nov 21 – 24."""
        return _span(self._spoken, first, last)

    def listed(self, words: Iterable[str]) -> str:
        """The words as a list in a sentence."""
        return format_list(list(words), locale=self._spoken)

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
        return self.catalogue.ngettext(one, many, count) % {"count": count}

    def cadence(self, cadence: Cadence) -> str:
        """When the mail comes, within a sentence: on weekdays at 07:30 (Europe/Paris)."""
        _ = self._
        if cadence.at_once:
            return _("as soon as there is something new")
        at = {"time": f"{cadence.at:%H:%M}", "zone": cadence.zone.replace("_", " ")}
        if cadence.monthly:
            return _("on the first of each month at %(time)s (%(zone)s)") % at
        if cadence.days == WEEKDAYS:
            return _("every day at %(time)s (%(zone)s)") % at
        if cadence.days == WEEKDAYS[:5]:
            return _("on weekdays at %(time)s (%(zone)s)") % at
        days = self.listed(self._day_names(cadence.days))
        return _("every %(days)s at %(time)s (%(zone)s)") % {**at, "days": days}

    def _day_names(self, days: Sequence[str]) -> list[str]:
        names = get_day_names("wide", locale=self._spoken)
        return [names[WEEKDAYS.index(day)] for day in days]


@lru_cache(maxsize=256)
def words_for(language: str) -> Words:
    """The words for readers with this BCP 47 tag; a tag that no locale knows gets English."""
    return Words(language)


@lru_cache(maxsize=256)
def _span(locale: Locale, first: date, last: date) -> str:
    """Kept, since all cohorts of an issue cover one of a few spans and Babel takes its time."""
    skeleton = "MMMd" if first.year == last.year else "yMMMd"
    return format_interval(first, last, skeleton, locale=locale)


def _locale(language: str) -> Locale:
    try:
        return Locale.parse(language.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale.parse(_WRITTEN_IN)
