"""Rates are watched: what servers answer is added up, and now and then it is seen what it comes to.

heard (each answer) -> kept (every few seconds) -> looked at -> alarms, pauses of families, issues held
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from math import inf
from typing import Final

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import PROGRAM
from digest.core.model import Issue, IssueStatus, Verdict
from digest.core.notices import Alert
from digest.core.reputation import (
    LINES,
    PAUSE,
    WAVE,
    WINDOW,
    Counts,
    Level,
    Measure,
    Reading,
    percent,
    readings,
    what_of,
    why_hold,
    why_pause,
)
from digest.flows.alerts import Alarm, tell_alarms
from digest.flows.heard import Heard
from digest.flows.issue_acts import hold_by_rule
from digest.store import family_counts, family_pauses
from digest.store.changes import note_change
from digest.store.database import Database
from digest.store.family_pauses import Pause
from digest.store.issue_states import unfinished
from digest.store.provider_figures import OTHERS

log = structlog.get_logger(__name__)

#: Seconds between looks while nothing happens, and while what was sent comes to no good.
LOOK_EVERY: Final = 60.0
LOOK_CLOSELY_EVERY: Final = 10.0
#: Seconds until what was heard is written down: what a crash may cost.
_KEEP_EVERY: Final = 5.0
#: Alarms of so many families at a time; all are seen at the desk.
_MOST_ALARMS: Final = 10
#: What is said of all families together.
ALL: Final = "all providers"
_ALERTS: Final = {Measure.COMPLAINTS: Alert.COMPLAINTS, Measure.BOUNCES: Alert.BOUNCES}


class Seen(Struct, frozen=True):
    """What a look has found."""

    alarms: tuple[Alarm, ...] = ()
    #: families to be paused, and issues to be held, each with the words why
    pauses: tuple[Pause, ...] = ()
    holds: tuple[tuple[Issue, str], ...] = ()


class Watch:
    """The watch of one process."""

    def __init__(
        self,
        *,
        store: Database,
        acts: bool = True,
        alerts_to: Sequence[str] = (),
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Without `acts` nothing is paused or held, only told; `clock` gives seconds."""
        self._store: Final = store
        self._acts: Final = acts
        self._alerts_to: Final = tuple(alerts_to)
        self._clock: Final = clock
        self._heard: Final = Heard()
        self._kept_at = -inf
        self._looked_at = -inf
        #: something was refused since the last look
        self._is_uneasy = False
        #: what was told, so that it is not asked of the store again and again
        self._told: Final[set[str]] = set()
        #: alerts were planned, and whoever sends them has not asked yet
        self._has_news = False

    def heard(self, issue_id: int, family: str, verdict: Verdict) -> None:
        """A server has answered."""
        what = what_of(verdict)
        if what is not None:
            self._heard.count(issue_id, family, what)
            self._is_uneasy |= what.is_bad

    async def meanwhile(self, now: datetime) -> None:
        """Between two claims: write down what was heard, and look when it is no good; mostly nothing."""
        clock = self._clock()
        if clock - self._kept_at >= _KEEP_EVERY:
            self._kept_at = clock
            await self._heard.keep(self._store, now)
            if self._is_uneasy and clock - self._looked_at >= LOOK_CLOSELY_EVERY:
                await self.look(now)

    async def afterwards(self, now: datetime) -> bool:
        """After a run: write all of it down, and look when it is no good.

        True when there is something to tell by mail that was not asked for yet.
        """
        self._kept_at = self._clock()
        await self._heard.keep(self._store, now, is_last=True)
        if self._is_uneasy:
            await self.look(now)
        has_news, self._has_news = self._has_news, False
        return has_news

    async def look_now_and_then(self, now: datetime) -> None:
        """Look, unless that was done a moment ago."""
        if self._clock() - self._looked_at >= LOOK_EVERY:
            await self.look(now)

    async def look(self, now: datetime) -> None:
        """See what it comes to, and do what follows."""
        self._looked_at, self._is_uneasy = self._clock(), False
        async with self._store.read() as connection:
            seen = await look_at(connection, now, acts=self._acts)
        untold = [one for one in seen.alarms if one.occasion(now) not in self._told]
        if not (untold or seen.pauses or seen.holds):
            return
        async with self._store.write() as connection:
            done = [one for pause in seen.pauses if (one := await _pause(connection, pause, now))]
            for issue, because in seen.holds:
                if await hold_by_rule(connection, issue.id, because, now):
                    done.append(_held(issue, because))
            alarms = untold + done
            self._has_news |= await tell_alarms(connection, alarms, self._alerts_to, now)
        for one in alarms:
            log.warning("too much comes back", alert=one.alert, about=one.about)
        self._told.update(one.occasion(now) for one in alarms)


async def look_at(connection: AsyncConnection, now: datetime, *, acts: bool) -> Seen:
    """What the last days come to; changes nothing."""
    week = await family_counts.by_family(connection, now - WINDOW)
    alarms = tuple(_alarms(week))
    if not acts:
        return Seen(alarms)
    day = await family_counts.by_family(connection, now - WAVE)
    resting = {one.family for one in await family_pauses.under_way(connection, now)}
    rested = await family_pauses.ended_since(connection, now - WINDOW, now)
    pauses = []
    for family, counts in week.items():
        because = (
            "" if family in resting or family == OTHERS else why_pause(counts, day.get(family, Counts()))
        )
        if because and family in rested:
            # what led to a pause is no reason for another one
            because = await _why_again(connection, family, rested[family], now)
        if because:
            pauses.append(Pause(family, now, now + PAUSE, because, made_by=""))
    under_way = {one.id: one for one in await unfinished(connection, (IssueStatus.SENDING,))}
    counted = await family_counts.by_issue(
        connection, {one.id: max(one.planned_at, now - WINDOW) for one in under_way.values()}
    )
    holds = [(under_way[id_], why) for id_, counts in counted.items() if (why := why_hold(counts))]
    return Seen(alarms, tuple(pauses), tuple(holds))


async def _why_again(connection: AsyncConnection, family: str, since: datetime, now: datetime) -> str:
    week = await family_counts.of_copies_sent_since(connection, family, since)
    day = await family_counts.of_copies_sent_since(connection, family, max(since, now - WAVE))
    return why_pause(week, day)


def _alarms(week: dict[str, Counts]) -> Iterator[Alarm]:
    """The worst first."""
    found: list[tuple[str, Reading]] = [
        (ALL, one) for one in readings(sum(week.values(), Counts())) if one.level is not Level.FINE
    ]
    of_families = [
        (family, one)
        for family, counts in week.items()
        for one in readings(counts)
        if one.level is not Level.FINE and family != OTHERS
    ]
    of_families.sort(key=lambda one: (-one[1].rate / LINES[one[1].measure], one[0]))
    for family, one in found + of_families[:_MOST_ALARMS]:
        data = {
            "family": family,
            "level": one.level,
            "events": one.events,
            "copies": one.copies,
            "rate": percent(one.rate),
        }
        yield Alarm(_ALERTS[one.measure], f"{one.level} {family}", data)


async def _pause(connection: AsyncConnection, new: Pause, now: datetime) -> Alarm | None:
    if not await family_pauses.begin(connection, new):
        return None
    after = {"until": new.until.isoformat(), "because": new.because}
    await note_change(connection, PROGRAM, "family.pause", new.family, now, after=after)
    until = f"{new.until:%Y-%m-%d %H:%M} UTC"
    # a family may be paused twice a day, when a person let it go on too soon
    about = f"{new.family[:42]} {now:%H:%M}"
    return Alarm(Alert.PAUSED, about, {"family": new.family, "until": until, "because": new.because})


def _held(issue: Issue, because: str) -> Alarm:
    data = {"issue": issue.id, "because": because}
    return Alarm(Alert.BAD_LIST, str(issue.id), data, newsletter_id=issue.newsletter_id)
