"""A new store gets its tables, the default topics and a first newsletter; an old one gets what it lacks."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from typing import Final

from digest.core.model import Newsletter, Topic
from digest.store import facts, newsletters, schema, topics
from digest.store.database import Database
from subscribers.model import Section

FIRST_NEWSLETTER: Final = Newsletter(
    id=0,
    slug="daily",
    title="The Daily Digest",
    description="The newsroom's briefings, grouped by topic.",
    sender_name="The Daily Digest",
    sender_address="digest@newsroom.example",
    theme="classic",
    sections=frozenset(Section),
    max_items=None,
    postal_address="",
    reach_back_days=7,
    give_up_minutes=24 * 60,
    latest_start_minutes=None,
)


async def seed(store: Database, default_topics: Sequence[Topic]) -> None:
    """Make or migrate the store; safe to repeat: what people changed since stays as they left it."""
    await schema.migrate(store)
    async with store.write() as connection:
        await facts.remember(connection, facts.SUPPRESSION_KEY, secrets.token_hex(32))
        if await facts.remember(connection, facts.STORE_NAME, secrets.token_hex(8)):
            await topics.add_missing(connection, tuple(default_topics))
            await newsletters.add_if_missing(connection, FIRST_NEWSLETTER)
