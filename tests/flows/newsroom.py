"""A small newsroom to make scenes with: invented briefings come out, readers with wishes come in."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, Final

from msgspec.structs import replace
from sqlalchemy import update

from digest.core.model import DraftBriefing
from digest.flows import readers
from digest.flows.collect import Collected, collect
from digest.flows.publish import Planned, due_slots, publish
from digest.flows.readers import Enrolment
from digest.flows.rosters import import_roster
from digest.flows.seed import FIRST_NEWSLETTER
from digest.ingest.gathered import Gathered
from digest.store import deliveries, ledger, newsletters
from digest.store.database import Database
from digest.store.ledger import Entry
from digest.store.tables import deliveries as delivery_table
from subscribers import store as shelf
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes, parse_wishes
from tests.stores import TOPICS

#: A Tuesday, before anybody's mail is due.
TUESDAY: Final = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)
SLUGS: Final = [topic.slug for topic in TOPICS]


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """An instant of November 2026, UTC; the 24th is a Tuesday."""
    return datetime(2026, 11, day, hour, minute, tzinfo=UTC)


def item(title: str, *topics: str, **changes: Any) -> DraftBriefing:
    """A piece of news under explicit topics."""
    values: dict[str, Any] = {
        "title": title,
        "paragraphs": (f"{title}: the whole story, told in one sentence.",),
        "topics": topics,
        "source": "The Harbour Post",
        "source_date": date(2026, 11, 23),
    }
    return DraftBriefing(**{**values, **changes})


async def publish_news(store: Database, now: datetime, *drafts: DraftBriefing) -> Collected:
    """Take the items in as one page and publish what is new."""
    return await collect(Gathered(drafts), store=store, now=now)


def wishes(**words: str) -> Wishes:
    """Wishes by option name, such as `at="07:30", topics="economy"`."""
    return parse_wishes(words, SLUGS)


async def join(
    store: Database,
    address: str,
    now: datetime,
    *,
    newsletter: str = "daily",
    confirmed: bool = True,
    **words: str,
) -> Subscription:
    """Make a reader; daily at 07:00 UTC when nothing else is wished."""
    new = Enrolment(address, newsletter, wishes(**words), confirmed, "added by a test")
    return await readers.subscribe(new, store=store, now=now)


async def join_many(store: Database, count: int, now: datetime) -> list[str]:
    """Make many readers who say nothing of their wishes; their addresses."""
    addresses = [f"reader{number:04}@example.org" for number in range(count)]
    roster = "\n".join(["email", *addresses])
    found = await import_roster(roster, store=store, now=now, raw=True, dry_run=False)
    assert found.added == count
    return addresses


async def plan_all(store: Database, now: datetime) -> list[Planned]:
    """Plan every slot that is due."""
    planned = [await publish(due, store=store, now=now) for due in await due_slots(store=store, now=now)]
    return [one for one in planned if one is not None]


async def copies(store: Database, **wanted: Any) -> tuple[Entry, ...]:
    """All deliveries, or those asked for."""
    async with store.read() as connection:
        return await ledger.page(connection, limit=100_000, **wanted)


async def carried(store: Database, address: str) -> list[tuple[int, ...]]:
    """The briefing numbers in each copy of a reader; copies that were skipped hold none and are left out."""
    return [copy.numbers for copy in await copies(store, address=address) if copy.numbers]


async def reader(store: Database, address: str) -> Subscription:
    """A reader's only subscription."""
    async with store.read() as connection:
        (found,) = await shelf.subscriptions_of(connection, address)
    return found


async def change_newsletter(store: Database, **changes: Any) -> None:
    """Change the daily newsletter."""
    async with store.write() as connection:
        daily = await newsletters.by_slug(connection, "daily")
        assert daily is not None
        await newsletters.save(connection, replace(daily, **changes))


async def add_newsletter(store: Database, slug: str, **changes: Any) -> None:
    """Make a newsletter beside the daily one."""
    async with store.write() as connection:
        await newsletters.add(connection, replace(FIRST_NEWSLETTER, slug=slug, **changes))


async def claim_all(store: Database, now: datetime, issue_id: int = 1) -> deliveries.Claim:
    """Claim every copy of an issue, as a sender does."""
    async with store.write() as connection:
        return await deliveries.claim(
            connection, issue_id, "sender", now=now, wall=now, limit=1000, resend_uncertain=True
        )


async def mark_sent(store: Database, address: str, now: datetime) -> None:
    """Settle a reader's planned copies as if the server had taken them."""
    mine = (await reader(store, address)).id
    async with store.write() as connection:
        await connection.execute(
            update(delivery_table)
            .where(delivery_table.c.subscription_id == mine, delivery_table.c.status == "planned")
            .values(status="sent", sent_at=now, attempts=delivery_table.c.attempts + 1)
        )
