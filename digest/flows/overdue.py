"""Looks for what is late, and has admins and webhooks told: once when it is so, once when it is over.

It asks the store alone, and not who should have done the work: so whoever lives can look.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import structlog
from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import DueSlot, Issue, IssueStatus, Newsletter
from digest.core.notices import Alert
from digest.core.overdue import LONGEST_EXCUSE, Graces, Late, Lateness, Steps, Watched, judge
from digest.core.warmup import WarmingUp
from digest.core.webhooks import EventKind
from digest.flows.alerts import Alarm, tell_alarms
from digest.flows.publish import due_slots
from digest.store import events, issue_states, ledger, newsletters, overdue
from digest.store.claimable import claimable_by_issue
from digest.store.database import Database

log = structlog.get_logger(__name__)

#: Of what is told in one event; the mail names fewer.
_MOST_TOLD: Final = 100


class Seen(Struct, frozen=True):
    """What came of a look."""

    #: what admins were told of, now and before, and is not over
    late: int = 0
    #: of that, now; and what they were told is over
    raised: int = 0
    cleared: int = 0


class Lookout:
    """Looks for what is late by the rules of this house."""

    def __init__(
        self,
        *,
        store: Database,
        graces: Graces,
        alerts_to: Sequence[str] = (),
        warm_up: WarmingUp | None = None,
        resend_uncertain: bool = True,
    ) -> None:
        """`graces` say how late is too late; with a `warm_up` what waits for tomorrow is not late."""
        self._store: Final = store
        self._graces: Final = graces
        self._alerts_to: Final = tuple(alerts_to)
        self._warm_up: Final = warm_up
        self._resend_uncertain: Final = resend_uncertain

    async def look(self, now: datetime) -> Seen:
        """Look, and write down what is to be told; any number of processes may."""
        due = await due_slots(store=self._store, now=now)
        async with self._store.read() as connection:
            known = await overdue.every(connection)
            found = await self._found(connection, due, now)
        steps = judge(found, known, self._graces, now)
        late = sum(one.told_at is not None for one in known)
        if steps.are_none:
            return Seen(late)
        async with self._store.write() as connection:
            raised, cleared = await self._follow(connection, steps, now)
        for one in raised:
            log.error("what should have come is late", **_fields(one))
        for one in cleared:
            log.warning("what was late is not any more", **_fields(one))
        return Seen(late + len(raised) - len(cleared), len(raised), len(cleared))

    async def _found(self, connection: AsyncConnection, due: Sequence[DueSlot], now: datetime) -> list[Late]:
        known = {one.id: one for one in await newsletters.every(connection)}
        sending = [
            one
            for one in await issue_states.unfinished(connection, (IssueStatus.SENDING,))
            if one.has_come(now)
        ]
        ids = [one.id for one in sending]
        moves = bool(due and ids) and await overdue.are_copies_under_way(connection, ids, now)
        found = [
            _late_slot(
                one, known[one.newsletter_id], excused=moves and now - one.slot.due_at < LONGEST_EXCUSE
            )
            for one in due
            # what waits for a person's word is planned ahead of its time
            if one.slot.due_at <= now
        ]
        if not ids:
            return found
        left = await claimable_by_issue(connection, ids, now=now, resend_uncertain=self._resend_uncertain)
        is_full = bool(left) and await self._is_ceiling_reached(connection, now)
        return found + [
            _late_issue(one, known[one.newsletter_id], left[one.id], excused=is_full)
            for one in sending
            if one.id in left
        ]

    async def _is_ceiling_reached(self, connection: AsyncConnection, now: datetime) -> bool:
        """Whether a new sender has sent what it may today."""
        today = now.astimezone(UTC)
        if self._warm_up is None or self._warm_up.is_over(today.date()):
            return False
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        sent = await ledger.sent_between(connection, midnight, midnight + timedelta(days=1))
        left = self._warm_up.allowance(today.date(), sent)
        return left is not None and left <= 0

    async def _follow(
        self, connection: AsyncConnection, steps: Steps, now: datetime
    ) -> tuple[list[Watched], list[Watched]]:
        """Write down what follows; what this process is the one to tell."""
        await overdue.begin(connection, steps.begun, now)
        for one, seen in steps.moved:
            await overdue.note_moved(connection, one, seen.left, now)
        if steps.forgotten:
            await overdue.remove(connection, steps.forgotten)
        raised = list(await overdue.mark_told(connection, steps.raised, now)) if steps.raised else []
        cleared = list(await overdue.remove(connection, steps.cleared)) if steps.cleared else []
        if raised:
            late = [told_of(one) for one in raised]
            await self._tell(connection, Alert.OVERDUE, EventKind.ALARM_RAISED, raised[0], late, now)
        if cleared:
            late = [{**told_of(one), "issue": await _issue_of(connection, one)} for one in cleared]
            await self._tell(connection, Alert.SETTLED, EventKind.ALARM_CLEARED, cleared[0], late, now)
        return raised, cleared

    async def _tell(
        self,
        connection: AsyncConnection,
        alert: Alert,
        kind: EventKind,
        first: Watched,
        late: Sequence[Mapping[str, Any]],
        now: datetime,
    ) -> None:
        data = {"count": len(late), "late": list(late[:_MOST_TOLD])}
        alarm = Alarm(alert, f"{first.id} {now:%H:%M:%S}", data)
        await tell_alarms(connection, [alarm], self._alerts_to, now)
        await events.note_alarm(connection, kind, data, now)


def _late_slot(due: DueSlot, newsletter: Newsletter, *, excused: bool) -> Late:
    # of news at once the label goes up with each piece, and the slot is always of this moment
    is_news = due.cadence.at_once and not due.slot.leftovers
    label, due_at = ("", None) if is_news else (due.slot.label, due.slot.due_at)
    data = {
        "newsletter": newsletter.slug,
        "cadence": due.cadence.in_words,
        "due_at": _written(due.slot.due_at),
        "ids": [due.newsletter_id, due.cadence_id],
    }
    whose = f"{due.newsletter_id} {due.cadence_id}{' rest' if due.slot.leftovers else ''}"
    return Late(Lateness.SLOT, whose, label, due_at, excused=excused, data=data)


def _late_issue(issue: Issue, newsletter: Newsletter, left: int, *, excused: bool) -> Late:
    data = {
        "newsletter": newsletter.slug,
        "due_at": _written(issue.due_at),
        "issue": issue.id,
        "left": left,
    }
    return Late(Lateness.ISSUE, f"issue {issue.id}", issue.slot, issue.begins_at, left, excused, data)


async def _issue_of(connection: AsyncConnection, one: Watched) -> int | None:
    """The issue that came after all; None when nobody is owed it any more."""
    if one.kind is Lateness.ISSUE:
        found: int = one.data["issue"]
        return found
    newsletter_id, cadence_id = one.data["ids"]
    due_at = datetime.fromisoformat(one.data["due_at"])
    return await overdue.issue_since(connection, newsletter_id, cadence_id, due_at)


def told_of(one: Watched) -> dict[str, Any]:
    """What is told to others: no number that means something to this store alone."""
    data = {name: value for name, value in one.data.items() if name != "ids"}
    return {"kind": one.kind, "slot": one.slot, **data}


def _fields(one: Watched) -> dict[str, Any]:
    return told_of(one) | {"since": _written(one.since)}


def _written(at: datetime) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z")
