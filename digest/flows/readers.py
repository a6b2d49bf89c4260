"""Readers come, change their wishes, pause, leave and return: one flow a verb, one transaction each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core import timetable
from digest.core.access import PROGRAM, Actor
from digest.core.model import Newsletter, Topic
from digest.errors import InputError, missing
from digest.flows.noted import note_reader
from digest.flows.notices import ask_to_confirm, goodbye
from digest.flows.pauses import change_all, pausing, resuming
from digest.store import (
    calls,
    counters,
    deliveries,
    facts,
    imports,
    kept,
    ledger,
    numbered,
    returned_mails,
    wiped_notices,
)
from digest.store import newsletters as newsletter_shelf
from digest.store import returned as came_back
from digest.store.changes import note_change
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.forgotten import leave_nothing
from subscribers import consents
from subscribers import store as shelf
from subscribers.entering import hold_addresses
from subscribers.model import Bookmark, Standing
from subscribers.subscription import (
    Gap,
    Subscription,
    left,
    returned,
)
from subscribers.suppressions import suppress, suppression_reasons
from subscribers.wishes import Wishes, address_key

#: Why an address of somebody who was erased is suppressed.
ERASED: Final = "erased"


class Enrolment(Struct, frozen=True):
    """Somebody who is to become a reader."""

    address: str
    newsletter: str
    wishes: Wishes
    #: False leaves the reader pending until the address is confirmed
    confirmed: bool
    #: who did it and how, for the history
    reason: str


@done_again
async def subscribe(
    new: Enrolment,
    *,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
    grounds: consents.Shown | None = None,
) -> Subscription:
    """Make a reader of a newsletter; one who left before returns, without getting anything twice."""
    async with store.write() as connection:
        made = await enrol(connection, new, now=now)
        if grounds is not None:
            await consents.note_bases(connection, [made.id], grounds, now)
        await note_reader(connection, by, "reader.add", [made], now)
        return made


async def enrol(connection: AsyncConnection, new: Enrolment, *, now: datetime) -> Subscription:
    """Make a reader within a transaction; refuses before anything is written.

    The first issue reaches back as many days as the newsletter says, so that it is not empty. Who has to
    confirm is asked.
    """
    await hold_addresses(connection, [new.address])
    await _refuse_suppressed(connection, new.address)
    made = await enrolled(connection, new, now)
    if made.standing is Standing.PENDING:
        await ask_to_confirm(connection, made, await _newsletter(connection, new.newsletter), now)
    return made


async def enrolled(connection: AsyncConnection, new: Enrolment, now: datetime) -> Subscription:
    """The subscription of a new reader, or one who comes back; nobody is asked, and nobody else refused."""
    newsletter = await _newsletter(connection, new.newsletter)
    known = await shelf.subscriptions_of(connection, new.address, to_change=True)
    mine = next((one for one in known if one.newsletter_id == newsletter.id), None)
    reach = await reach_of(connection, newsletter, now)
    if mine is not None:
        return await come_back(connection, mine, newsletter, new, reach, now)
    subscriber_id = await shelf.subscriber_id_of(connection, new.address)
    if subscriber_id is None:
        subscriber_id = await shelf.add_subscriber(connection, new.address, new.wishes.name or "", now)
    else:
        await shelf.set_identity(connection, subscriber_id, name=new.wishes.name)
    subscription = beginning(new, newsletter, subscriber_id, reach, now)
    if known:
        name = known[0].name if new.wishes.name is None else subscription.name
        subscription = replace(subscription, address=known[0].address, name=name)
    subscription = replace(subscription, id=await shelf.add_subscription(connection, subscription))
    await shelf.note_standing(connection, subscription.id, None, subscription.standing, new.reason, now)
    return subscription


@done_again
async def edit(
    address: str,
    newsletter_slug: str | None,
    wishes: Wishes,
    *,
    store: Database,
    now: datetime,
    new_address: str | None = None,
    by: Actor = PROGRAM,
) -> tuple[Subscription, ...]:
    """Change wishes, name or address; nothing already decided is repeated or lost."""
    async with store.write() as connection:
        await hold_addresses(connection, filter(None, [new_address]))
        mine = await require_subscriptions(connection, address, newsletter_slug)
        if new_address is not None and address_key(new_address) != address_key(address):
            await _refuse_suppressed(connection, new_address)
            if await shelf.subscriber_id_of(connection, new_address) is not None:
                raise InputError(f"address {new_address!r} belongs to another reader: edit that one")
        await shelf.set_identity(connection, mine[0].subscriber_id, address=new_address)
        if new_address is not None and address_key(new_address) != address_key(address):
            # what came back spoke against the former one
            await came_back.forget_score(connection, mine[0].subscriber_id)
        for one in mine:
            await rewish(connection, one, wishes, now)
        changed = await shelf.subscriptions_of(connection, new_address or address)
        # who somebody is, or was, does not stand in the log
        said = {"name": wishes.name, "address": new_address}
        more = {what: "changed" for what, given in said.items() if given is not None}
        now_mine = [one for one in changed if one.id in {old.id for old in mine}]
        await note_reader(connection, by, "reader.edit", now_mine, now, before=mine, **more)
        for one in changed:
            if new_address is not None and one.standing is Standing.PENDING:
                # the question that is out went to the old address
                newsletter = await newsletter_shelf.by_id(connection, one.newsletter_id)
                await ask_to_confirm(connection, one, newsletter, now)
        return changed


async def rewish(connection: AsyncConnection, one: Subscription, wishes: Wishes, now: datetime) -> None:
    """Write new wishes over a subscription's."""
    last_days = await ledger.last_days(connection, [one.id], now)
    await shelf.set_identity(connection, one.subscriber_id, name=wishes.name)
    await shelf.save(connection, rewished(one, wishes, last_day=last_days.get(one.id, date.min), now=now))


def rewished(one: Subscription, wishes: Wishes, *, last_day: date, now: datetime) -> Subscription:
    """The subscription with new wishes; the timetable says which slot is owed after the change.

    `last_day` is the newest day whose slot was planned for it.
    """
    cadence, profile = wishes.applied_to(one.cadence, one.profile)
    served = timetable.served_day_after_change(one.cadence, cadence, one.served_day, last_day, now)
    return replace(one, cadence=cadence, profile=profile, served_day=served)


@done_again
async def pause(
    address: str,
    newsletter_slug: str | None,
    *,
    until: date | None,
    catch_up: bool,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
) -> tuple[Subscription, ...]:
    """Send nothing until the reader resumes, or until the start of a local date."""
    async with store.write() as connection:
        newest = await counters.newest_number(connection)
        change = pausing(until, catch_up=catch_up, newest=newest, now=now)
        mine = await require_subscriptions(connection, address, newsletter_slug)
        reading = [one for one in mine if one.standing in {Standing.ACTIVE, Standing.PAUSED}] or mine
        words = "paused" if until is None else f"paused until {until}"
        changed = await change_all(connection, reading, change, words, now)
        await note_reader(connection, by, "reader.pause", changed, now, before=reading)
        return changed


@done_again
async def resume(
    address: str, newsletter_slug: str | None, *, store: Database, now: datetime, by: Actor = PROGRAM
) -> tuple[Subscription, ...]:
    """Send again, from the next slot on."""
    async with store.write() as connection:
        newest = await counters.newest_number(connection)
        mine = await require_subscriptions(connection, address, newsletter_slug)
        asleep = [one for one in mine if one.standing is Standing.PAUSED] or mine
        change = await resuming(connection, asleep, newest, now)
        changed = await change_all(connection, asleep, change, "resumed", now)
        await note_reader(connection, by, "reader.resume", changed, now, before=asleep)
        return changed


@done_again
async def unsubscribe(
    address: str,
    newsletter_slug: str | None,
    *,
    reason: str,
    store: Database,
    now: datetime,
    by: Actor = PROGRAM,
) -> tuple[Subscription, ...]:
    """End subscriptions; copies already planned are skipped at the claim. Safe to repeat."""
    async with store.write() as connection:
        mine = await require_subscriptions(connection, address, newsletter_slug)
        still = [one for one in mine if one.standing is not Standing.LEFT]
        gone = await change_all(connection, still, lambda one: (left(one), None), reason, now)
        await note_reader(connection, by, "reader.unsubscribe", gone, now, before=still)
        for one in still:
            if one.standing in {Standing.ACTIVE, Standing.PAUSED}:
                await goodbye(connection, one, now)
        return await shelf.subscriptions_of(connection, address)


async def erase(address: str, *, store: Database, now: datetime, by: Actor = PROGRAM) -> None:
    """Forget who a reader was; a keyed hash remains, so that no import brings the address back."""
    await _erase(address, store, now, by)
    await leave_nothing(store)


@done_again
async def _erase(address: str, store: Database, now: datetime, by: Actor) -> None:
    async with store.write() as connection:
        await hold_addresses(connection, [address])
        mine = await require_subscriptions(connection, address, None)
        await forget_reader(connection, mine, now)
        await note_change(connection, by, "reader.erase", mine[0].subscriber_id, now)


async def forget_reader(connection: AsyncConnection, mine: Sequence[Subscription], now: datetime) -> None:
    """Forget the one reader of these subscriptions, within a transaction; a checkpoint is to follow it.

    The caller holds the address, so that nobody begins to read there meanwhile.
    """
    still = [one for one in mine if one.standing is not Standing.LEFT]
    for one in still:
        gone = replace(one, standing=Standing.LEFT, away_after=None, paused_until=None)
        await shelf.save(connection, gone)
        await shelf.note_standing(connection, one.id, one.standing, Standing.LEFT, "erased", now)
    ids, address = [one.id for one in mine], mine[0].address
    await deliveries.forget_words(connection, ids)
    await wiped_notices.forget(connection, ids)
    await wiped_notices.forget_address(connection, address)
    await wiped_notices.forget_answers(connection, address, ids)
    await kept.forget_opinions(connection, ids)
    await consents.forget_networks(connection, ids)
    await imports.forget(connection, address, ids)
    await calls.forget_readers(connection)
    await returned_mails.forget(connection, address, ids)
    await came_back.forget_score(connection, mine[0].subscriber_id)
    await suppress(connection, address, await suppression_key(connection), ERASED, now)
    await shelf.erase(connection, mine[0].subscriber_id, now)


def topic_names(topics: Iterable[Topic]) -> dict[str, str]:
    """Every name by which a topic may be called, and its slug."""
    names = {alias.casefold(): topic.slug for topic in topics for alias in topic.aliases}
    return names | {topic.slug: topic.slug for topic in topics}


def newsletter_id_of(slug: str | None, slugs: Mapping[int, str]) -> int | None:
    """The id of a newsletter by its slug; None for None."""
    if slug is None:
        return None
    for newsletter_id, known in slugs.items():
        if known == slug:
            return newsletter_id
    raise missing(f"newsletter {slug!r}", "newsletters list")


async def require_subscriptions(
    connection: AsyncConnection, address: str, newsletter_slug: str | None = None
) -> tuple[Subscription, ...]:
    """The subscriptions that a command speaks of: all of the address, or the one of a newsletter."""
    mine = await shelf.subscriptions_of(connection, address, to_change=True)
    if newsletter_slug is not None:
        newsletter = await _newsletter(connection, newsletter_slug)
        mine = tuple(one for one in mine if one.newsletter_id == newsletter.id)
    if not mine:
        raise missing(f"subscriber {address!r}", "subscribers list")
    return mine


async def reach_of(connection: AsyncConnection, newsletter: Newsletter, now: datetime) -> int:
    """The number after which the first issue of somebody who begins now reaches."""
    began = now - timedelta(days=newsletter.reach_back_days)
    return await numbered.newest_published_before(connection, began)


def beginning(
    new: Enrolment, newsletter: Newsletter, subscriber_id: int, reach: int, now: datetime
) -> Subscription:
    """The subscription of somebody who begins now; it gets its id when it is written down."""
    cadence, profile = new.wishes.applied_to(*newsletter.beginning)
    return Subscription(
        id=0,
        subscriber_id=subscriber_id,
        newsletter_id=newsletter.id,
        address=new.address,
        name=new.wishes.name or "",
        standing=Standing.ACTIVE if new.confirmed else Standing.PENDING,
        cadence=cadence,
        profile=profile,
        bookmark=Bookmark(reach),
        served_day=timetable.served_day_at_start(cadence, now),
        began_after=reach,
        began_at=now,
    )


async def come_back(
    connection: AsyncConnection,
    mine: Subscription,
    newsletter: Newsletter,
    new: Enrolment,
    reach: int,
    now: datetime,
) -> Subscription:
    """Take a reader back who left, bounced or never confirmed."""
    if mine.standing not in {Standing.LEFT, Standing.BOUNCING, Standing.PENDING}:
        raise InputError(
            f"{mine.address} already reads {newsletter.slug} and is {mine.standing}",
            at_shell="change the subscription with digest subscribers edit, pause or resume",
        )
    last_days = await ledger.last_days(connection, [mine.id], now)
    last_day = last_days.get(mine.id, date.min)
    back, gap = coming_back(mine, new.wishes, reach=reach, last_day=last_day, now=now)
    if gap is not None:
        await shelf.note_gap(connection, mine.id, gap, now)
    if not new.confirmed:
        # a return needs the reader's own word as much as a beginning does
        back = replace(back, standing=Standing.PENDING)
    await shelf.save(connection, back)
    await shelf.set_identity(connection, mine.subscriber_id, name=new.wishes.name)
    await shelf.note_standing(connection, mine.id, mine.standing, back.standing, new.reason, now)
    await came_back.forget_score(connection, mine.subscriber_id)
    return back


def coming_back(
    mine: Subscription, wishes: Wishes, *, reach: int, last_day: date, now: datetime
) -> tuple[Subscription, Gap | None]:
    """A reader who left, bounced or never confirmed, back with these wishes, and what is left out for it.

    `last_day` is the newest day whose slot was planned.
    """
    cadence, profile = wishes.applied_to(mine.cadence, mine.profile)
    # what was written off for the old times does not hold for the new ones
    wished = replace(mine, cadence=cadence, profile=profile, served_day=last_day)
    served = timetable.served_day_at_start(cadence, now)
    if mine.standing is Standing.PENDING:
        return replace(wished, standing=Standing.ACTIVE, served_day=max(served, last_day)), None
    return returned(wished, reach=reach, served_day=served, reason=str(mine.standing))


async def _newsletter(connection: AsyncConnection, slug: str) -> Newsletter:
    found = await newsletter_shelf.by_slug(connection, slug)
    if found is None:
        raise missing(f"newsletter {slug!r}", "newsletters list")
    return found


async def _refuse_suppressed(connection: AsyncConnection, address: str) -> None:
    reasons = await suppression_reasons(connection, [address], await suppression_key(connection))
    for reason in reasons.values():
        raise refusal_of(address, reason)


def refusal_of(address: str, reason: str) -> InputError:
    """What to say of an address that must not be written to."""
    who = "only its reader can lift that" if reason == ERASED else "an admin may lift that if its reader asks"
    return InputError(f"address {address!r} must not be written to ({reason}): {who}")


async def suppression_key(connection: AsyncConnection) -> bytes:
    """What keys the hashes of suppressed addresses in this store."""
    return bytes.fromhex(await facts.recall(connection, facts.SUPPRESSION_KEY) or "")
