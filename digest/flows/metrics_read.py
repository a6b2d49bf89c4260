"""What the rows of a store say in figures: values by name and labels, from a few bounded looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.feeding import FeedHealth, health_of
from digest.core.metric_labels import family_label, reason_label
from digest.core.metrics import Sample
from digest.core.model import DeliveryStatus, DueSlot, IssueStatus, Newsletter
from digest.core.notices import NoticeKind
from digest.core.reputation import What
from digest.core.returned import Kind as ReturnKind
from digest.core.verdict import Reason
from digest.flows.machines import Machine, at_work
from digest.flows.publish import due_slots
from digest.store import (
    attention,
    counters,
    family_pauses,
    feeds,
    mailbox_states,
    metrics,
    newsletters,
    planning,
    returned_mails,
    schema,
    taken_files,
    totals,
    webhooks,
)
from digest.store.database import Database
from digest.store.mailbox_states import MailboxSeen
from digest.store.metrics import OpenIssue
from digest.store.tables import OPEN, UNFINISHED
from digest.store.webhooks import Webhook
from digest.store.workers import Kind as Work
from subscribers.model import Standing

_DAY: Final = timedelta(days=1)
_SENDABLE: Final = (DeliveryStatus.PLANNED, DeliveryStatus.SENDING, DeliveryStatus.DEFERRED)

#: What somebody is told of when it grows.
_TOLD_FROM_THE_START: Final = (
    (DeliveryStatus.SENT.value, ""),
    (DeliveryStatus.EXPIRED.value, Reason.GAVE_UP.value),
    (DeliveryStatus.REFUSED.value, Reason.NO_SUCH_ADDRESS.value),
)

_Known = Mapping[int, Newsletter]


async def quick(store: Database, now: datetime) -> list[Sample]:
    """What changes from moment to moment."""
    due = await due_slots(store=store, now=now)
    # at one instant: what is added to a total must not be seen in neither place, or in both
    async with store.snapshot() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        return [
            *_totals(known, await totals.whole(connection)),
            *_issues(known, await metrics.open_issues(connection), now),
            *_slots(due, now),
            *await _publications(connection),
            *await _notices(connection, now),
            *await _returned(connection, now),
            *_feeds(Counter(health_of(one, now) for one in await feeds.every(connection))),
            _one("folder_troubles", len(await taken_files.troubles(connection))),
            *_webhooks(await webhooks.every(connection)),
            *await _events(connection, now),
            *_workers(await at_work(connection)),
            _one("schema_version", int(schema.NEWEST)),
        ]


async def slow(store: Database, now: datetime) -> list[Sample]:
    """What takes a walk along an index of all readers, or through all cadences."""
    async with store.read() as connection:
        known = {one.id: one for one in await newsletters.every(connection)}
        by_standing = await metrics.readers(connection)
        coming: dict[int, datetime] = {}
        for newsletter_id, _id, cadence, served in await planning.unserved(connection):
            if not cadence.at_once:
                at = timetable.next_unserved(cadence, now, served, known[newsletter_id].quiet).due_at
                coming[newsletter_id] = min(at, coming.get(newsletter_id, at))
        size = await metrics.octets(connection)
    return [
        *(
            _one("readers", by_standing.get((one.id, standing), 0), one.slug, standing)
            for one in known.values()
            for standing in Standing
        ),
        *(_one("next_slot_timestamp_seconds", at.timestamp(), known[of].slug) for of, at in coming.items()),
        _one("store_bytes", size),
    ]


def _one(name: str, value: float, *labels: str) -> Sample:
    return Sample(f"digest_{name}", tuple(map(str, labels)), float(value))


def _age(since: datetime | None, now: datetime) -> float:
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _totals(known: _Known, found: Counter[totals.Total]) -> Iterator[Sample]:
    # there from the beginning: Prometheus sees no growth in what it sees for the first time
    copies = Counter({(one.slug, *outcome): 0 for one in known.values() for outcome in _TOLD_FROM_THE_START})
    ends = (IssueStatus.DONE, IssueStatus.CANCELLED)
    settled = Counter({(one.slug, end.value): 0 for one in known.values() for end in ends})
    kinds = Counter({kind.value: 0 for kind in ReturnKind})
    for total, value in found.items():
        if total.what is totals.What.RETURNS:
            kinds[total.outcome] += value
            continue
        slug = known[total.newsletter_id].slug
        if total.what is totals.What.COPIES:
            copies[slug, total.outcome, reason_label(total.reason)] += value
        else:
            settled[slug, total.outcome] += value
    yield from (_one("copies_total", value, *labels) for labels, value in copies.items())
    yield from (_one("issues_total", value, *labels) for labels, value in settled.items())
    yield from (_one("returns_total", value, kind) for kind, value in kinds.items())


def _issues(known: _Known, found: Iterable[OpenIssue], now: datetime) -> Iterator[Sample]:
    issues = Counter(dict.fromkeys(UNFINISHED, 0))
    copies = Counter({(one.slug, status.value): 0 for one in known.values() for status in OPEN})
    oldest: datetime | None = None
    for one in found:
        if one.status in UNFINISHED:
            issues[one.status] += 1
        for status, count in one.copies.items():
            copies[known[one.newsletter_id].slug, status] += count
        if one.status is IssueStatus.SENDING and any(one.copies.get(status) for status in _SENDABLE):
            oldest = one.begins_at if oldest is None else min(oldest, one.begins_at)
    yield from (_one("issues_unfinished", count, status) for status, count in issues.items())
    yield from (_one("copies_open", count, *labels) for labels, count in copies.items())
    yield _one("oldest_open_copy_seconds", _age(oldest, now))


def _slots(due: Sequence[DueSlot], now: datetime) -> Iterator[Sample]:
    came = [one.slot.due_at for one in due if not one.cadence.at_once]
    yield _one("slots_due", len(due))
    yield _one("slots_late", sum(now - one > timetable.LATE_AFTER for one in came))
    yield _one("slot_late_seconds", _age(min(came, default=None), now))


async def _publications(connection: AsyncConnection) -> list[Sample]:
    found = [
        _one("publications_total", await counters.newest_number(connection)),
        _one("drafts", await attention.drafts(connection)),
    ]
    newest = await metrics.newest_publication(connection)
    if newest is not None:
        found.append(_one("newest_publication_timestamp_seconds", newest.timestamp()))
    return found


async def _notices(connection: AsyncConnection, now: datetime) -> list[Sample]:
    by_kind = await metrics.open_notices(connection)
    oldest = await metrics.oldest_due_notice(connection, now)
    return [
        *(_one("notices_open", by_kind[kind], kind) for kind in NoticeKind),
        _one("oldest_due_notice_seconds", _age(oldest, now)),
    ]


async def _returned(connection: AsyncConnection, now: datetime) -> list[Sample]:
    answers: Counter[tuple[str, What]] = Counter()
    for family, counts in (await metrics.answers_since(connection, now - _DAY)).items():
        answers.update({(family_label(family), what): count for what, count in counts.items()})
    paused = Counter(family_label(one.family) for one in await family_pauses.under_way(connection, now))
    return [
        *(_one("answers_last_day", count, *labels) for labels, count in answers.items()),
        *(_one("families_paused", count, family) for family, count in paused.items()),
        _one("returned_mails_open", await returned_mails.open_mails(connection)),
        *_mailboxes(await mailbox_states.every(connection)),
    ]


def _mailboxes(found: Sequence[MailboxSeen]) -> Iterator[Sample]:
    states = Counter("failing" if one.worth_telling else "well" for one in found)
    yield from (_one("mailboxes", states[state], state) for state in ("well", "failing"))
    read = [one.read_at for one in found if one.read_at is not None]
    if read:
        yield _one("mailbox_read_timestamp_seconds", min(read).timestamp())


def _feeds(found: Counter[FeedHealth]) -> Iterator[Sample]:
    return (_one("feeds", found[health], health) for health in FeedHealth)


def _webhooks(found: Iterable[Webhook]) -> Iterator[Sample]:
    states = Counter(
        "off" if not one.is_on else "failing" if one.failing_since is not None else "on" for one in found
    )
    return (_one("webhooks", states[state], state) for state in ("on", "failing", "off"))


async def _events(connection: AsyncConnection, now: datetime) -> list[Sample]:
    waiting = await metrics.waiting_events(connection)
    return [
        _one("webhook_events_waiting", waiting.how_many),
        _one("oldest_webhook_event_seconds", _age(waiting.since, now)),
    ]


def _workers(found: Sequence[Machine]) -> Iterator[Sample]:
    kinds = Counter(one.kind for one in found)
    yield from (_one("workers", kinds[work], work) for work in Work)
    for name, some in _by_name(found).items():
        yield _one("worker_copies_total", sum(one.copies for one in some), name)
        yield _one("worker_copies_per_second", sum(one.per_second for one in some), name)
        yield _one("worker_connections", sum(one.connections for one in some), name)
        yield _one("worker_silent_seconds", max(one.silent_seconds for one in some), name)


def _by_name(found: Iterable[Machine]) -> Mapping[str, list[Machine]]:
    named: dict[str, list[Machine]] = {}
    for one in found:
        named.setdefault(one.name, []).append(one)
    return named
