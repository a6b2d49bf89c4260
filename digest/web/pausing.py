"""The form for a pause: until when, of what, and what becomes of what comes out meanwhile."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct, field

from digest.core.timetable import local_day
from digest.render.words import Words
from digest.web.forms import Form
from digest.web.leaving import EVERYTHING
from subscribers.subscription import Subscription

_DAY: Final = timedelta(days=1)
#: A pause that is longer has no end in sight; who wants one leaves the day empty.
LONGEST: Final = timedelta(days=2 * 366)


class PauseForm(Struct, frozen=True):
    """What is asked about a pause; what was entered is in it."""

    #: ISO 8601, as browsers send days; empty for no end
    until: str
    #: the first and the last day that can be chosen
    first: date
    last: date
    catch_up: bool
    everything: bool
    errors: Mapping[str, str] = field(default_factory=dict)


def pause_form(reader: Subscription, now: datetime) -> PauseForm:
    """The form for somebody who has not entered anything."""
    today = local_day(now, reader.cadence.zone)
    return PauseForm("", today + _DAY, today + LONGEST, catch_up=True, everything=False)


def read_pause(
    form: Form, reader: Subscription, now: datetime, words: Words
) -> tuple[PauseForm, date | None]:
    """What was entered, with what is wrong in it, and the day on which the pause ends."""
    empty = pause_form(reader, now)
    until, wrong = _day(form.one("until"), empty, words)
    entered = PauseForm(
        until=_day_entered(form.one("until")),
        first=empty.first,
        last=empty.last,
        catch_up=form.one("catch_up") != "no",
        everything=form.one("scope") == EVERYTHING,
        errors={"until": wrong} if wrong else {},
    )
    return entered, until


def _day_entered(text: str) -> str:
    """What a field for days can hold: browsers show nothing else there, and send nothing else."""
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        return ""


def _day(text: str, allowed: PauseForm, words: Words) -> tuple[date | None, str]:
    _ = words.catalogue.gettext
    if not text:
        return None, ""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        example = {"day": allowed.first.isoformat()}
        return None, _("Say a day such as %(day)s, or leave it empty.") % example
    if day < allowed.first:
        return None, _("Choose a day after today, or leave it empty.")
    if day > allowed.last:
        return None, _("That is too far away: choose a day within two years, or leave it empty.")
    return day, ""
