"""Admins are told what they should look at: once an occasion, whatever happens again that day."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.core.notices import WORTH_SENDING, Alert, Notice, NoticeKind
from digest.flows.publish import Planned, domain_of
from digest.store import issues, newsletters, notices
from digest.store.database import Database
from digest.store.webhooks import Webhook

#: Servers like to repeat addresses, and an alert is kept when a reader is erased.
_ADDRESS: Final = re.compile(r"[^\s<>()\[\],;:\"]+@[^\s<>()\[\],;:\"]+")


class Told(Struct, frozen=True):
    """What a run has to tell."""

    #: why it stopped; empty when it did not
    trouble: str
    #: how many mails are in doubt and held for a person
    held: int
    #: the issues that were made long after their time
    late: Sequence[Planned]
    #: the webhooks that were turned off of late, and not by a person
    off: Sequence[Webhook] = ()
    #: why the mailbox of returned mail cannot be read, again and again; empty when it can
    mailbox: str = ""
    #: how many mails stayed in doubt however often they were sent again
    left: int = 0


class Alarm(Struct, frozen=True):
    """What a look at rates has to tell."""

    alert: Alert
    #: what it is told of once a day: a family and how bad it is, or an issue
    about: str
    #: what is said of it, in plain values
    data: Mapping[str, Any]
    #: of an issue; else it concerns the house
    newsletter_id: int | None = None

    def occasion(self, now: datetime) -> str:
        """By which it is known that it was told today."""
        return f"alert {self.alert} {self.about[:48]} {now:%Y-%m-%d}"


async def tell_alarms(
    connection: AsyncConnection, alarms: Sequence[Alarm], to: Sequence[str], now: datetime
) -> bool:
    """Plan the alerts of a look to these addresses; True when there was something new to tell."""
    known = {one.id: one for one in await newsletters.every(connection)}
    house, made = next(iter(known.values())), False
    for alarm in alarms:
        newsletter = house if alarm.newsletter_id is None else known[alarm.newsletter_id]
        for address in to:
            data = {"alert": alarm.alert, **alarm.data}
            new = _notice(newsletter, address, alarm.occasion(now), data, now)
            made |= await notices.plan(connection, new) is not None
    return made


async def tell(told: Told, to: Sequence[str], *, store: Database, now: datetime) -> bool:
    """Plan the alerts of a run to these addresses; True when there was something new to tell."""
    if not (told.trouble or told.held or told.late or told.off or told.mailbox or told.left):
        return False
    made = False
    async with store.write() as connection:
        house = (await newsletters.every(connection))[0]
        for address in to:
            for occasion, data in _alerts(told, now):
                made |= (
                    await notices.plan(connection, _notice(house, address, occasion, data, now)) is not None
                )
        for planned in told.late:
            issue = await issues.by_id(connection, planned.issue_id)
            # corrections and retractions open rounds too, so what counts is the round that was late
            if issue is None or planned.round > 1:
                continue
            newsletter = await newsletters.by_id(connection, issue.newsletter_id)
            data = {
                "alert": Alert.LATE,
                "issue": issue.id,
                "slot": issue.slot,
                "minutes": int(planned.late_by.total_seconds() // 60),
                "copies": planned.copies,
            }
            for address in to:
                new = _notice(newsletter, address, f"alert {Alert.LATE} {issue.id}", data, now)
                made |= await notices.plan(connection, new) is not None
    return made


def _alerts(told: Told, now: datetime) -> Iterator[tuple[str, dict[str, Any]]]:
    """What concerns the house: the occasion, once a day, and what is said of it."""
    for alert, trouble in ((Alert.STOPPED, told.trouble), (Alert.MAILBOX, told.mailbox)):
        if trouble:
            words = _ADDRESS.sub("…", trouble)[:500]
            yield f"alert {alert} {now:%Y-%m-%d}", {"alert": alert, "words": words}
    if told.held:
        yield f"alert {Alert.HELD} {now:%Y-%m-%d}", {"alert": Alert.HELD, "count": told.held}
    elif told.left:
        said = {"alert": Alert.HELD, "count": told.left, "again": True}
        yield f"alert {Alert.HELD} {now:%Y-%m-%d}", said
    for one in told.off:
        data = {"alert": Alert.WEBHOOK, "webhook": one.id, "label": one.label, "because": one.off_because}
        yield f"alert {Alert.WEBHOOK} {one.id} {one.off_at:%Y-%m-%dT%H:%M:%S}", data


def _notice(
    newsletter: Newsletter, address: str, occasion: str, data: Mapping[str, Any], now: datetime
) -> Notice:
    return Notice(
        id=0,
        kind=NoticeKind.ALERT,
        newsletter_id=newsletter.id,
        subscription_id=None,
        address=address,
        occasion=occasion,
        due_at=now,
        expires_at=now + WORTH_SENDING[NoticeKind.ALERT],
        domain=domain_of(newsletter.sender_address),
        data=data,
    )
