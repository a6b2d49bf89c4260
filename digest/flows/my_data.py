"""All that is kept on one reader, as one document (GDPR, articles 15 and 20); and its end (article 17)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import Row
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Newsletter
from digest.errors import CrossedError
from digest.flows.readers import forget_reader
from digest.store import answers, events, kept, newsletters, numbered, returned_mails
from digest.store.crossing import done_again
from digest.store.database import Database
from digest.store.forgotten import leave_nothing
from digest.store.issues import numbers_in
from subscribers import store as readers
from subscribers.entering import hold_addresses
from subscribers.subscription import Subscription
from subscribers.wishes import address_key

#: Columns that say how we work rather than anything of the reader.
_INNER = frozenset({"id", "subscription_id", "newsletter_id", "address_key", "cadence_id", "profile_id"}) | {
    *("owner", "lease_until", "claims", "started_at", "domain", "untold")
}


async def all_behind(subscription_id: int, *, store: Database) -> dict[str, Any] | None:
    """Everything kept on the reader of this subscription; None after an erasure. Changes nothing."""
    async with store.read() as connection:
        mine = await readers.subscriptions_beside(connection, subscription_id)
        return await _document(connection, mine) if mine else None


async def all_of(address: str, *, store: Database) -> dict[str, Any] | None:
    """Everything kept on the reader with this address; None when there is none."""
    async with store.read() as connection:
        mine = await readers.subscriptions_of(connection, address)
        return await _document(connection, mine) if mine else None


async def erase_behind(subscription_id: int, *, store: Database, now: datetime) -> bool:
    """Forget the reader of this subscription; False when that was done before."""
    was_there = await _erase(subscription_id, store, now)
    if was_there:
        await leave_nothing(store)
    return was_there


@done_again
async def _erase(subscription_id: int, store: Database, now: datetime) -> bool:
    async with store.write() as connection:
        before = await readers.subscription_by_id(connection, subscription_id)
        if before is None:
            return False
        await hold_addresses(connection, [before.address])
        mine = await readers.subscriptions_beside(connection, subscription_id, to_change=True)
        if any(address_key(one.address) != address_key(before.address) for one in mine):
            raise CrossedError("the reader was just moving to another address: try again")
        if mine:
            await forget_reader(connection, mine, now)
    return bool(mine)


async def _document(connection: AsyncConnection, mine: Collection[Subscription]) -> dict[str, Any]:
    ids = [one.id for one in mine]
    person = await kept.person(connection, next(iter(mine)).subscriber_id)
    titles = {one.id: one for one in await newsletters.every(connection)}
    named = {one.id: titles[one.newsletter_id].slug for one in mine}
    numbers = {number for one in mine for number in (*one.bookmark.deferred, *one.bookmark.ahead)}
    said = await kept.opinions_of(connection, ids)
    headlines = await _headlines(connection, numbers | {row.number for row in said})
    consents = await kept.consents_of(connection, ids)
    return {
        "address": person.address,
        "name": person.name,
        "known_since": person.created_at,
        "subscriptions": [
            {
                **_in_words(one, titles[one.newsletter_id], headlines),
                "history": [_outer(row) for row in await readers.standing_history(connection, one.id)],
            }
            for one in mine
        ],
        "left_out": [
            _outer(row) | {"newsletter": named[row.subscription_id]}
            for row in await kept.gaps_of(connection, ids)
        ],
        "consents": [_outer(row) | {"newsletter": named[row.subscription_id]} for row in consents],
        "issues": await _issues(connection, ids, named),
        "other_mails": [
            _outer(row) | {"newsletter": named[row.subscription_id]}
            for row in await kept.notices_of(connection, ids)
        ],
        "came_back": [
            _outer(row) | {"newsletter": named[row.subscription_id]}
            for row in await returned_mails.about(connection, ids)
        ],
        "answers": [
            _answer(row, person.address) | {"newsletter": titles[row.newsletter_id].slug}
            for row in await answers.about(connection, person.address, ids)
        ],
        "told_to_others": [
            {
                "newsletter": named[row.subscription_id],
                # who it is, without what stands behind the host: that may be a word that lets in
                "program": row.label,
                "host": urlsplit(row.url).hostname,
                "what": row.kind,
                "with_address": row.with_addresses,
                "happened_at": row.at,
                "told_at": row.taken_at,
            }
            for row in await events.told_about(connection, ids)
        ],
        "opinions": [
            {
                "newsletter": named[row.subscription_id],
                "briefing": headlines.get(row.number, ""),
                "useful": row.useful,
                "at": row.at,
            }
            for row in said
        ],
    }


def _in_words(one: Subscription, newsletter: Newsletter, headlines: Mapping[int, str]) -> dict[str, Any]:
    """A subscription with its wishes, and how far it is."""
    profile, cadence, bookmark = one.profile, one.cadence, one.bookmark
    return {
        "newsletter": newsletter.slug,
        "title": newsletter.title,
        "standing": one.standing,
        "began_at": one.began_at,
        "paused_until": one.paused_until,
        "wishes": {
            "topics": "all" if profile.topics is None else sorted(profile.topics),
            "sections": "all" if profile.sections is None else sorted(profile.sections),
            "days": cadence.days_text,
            "at": f"{cadence.at:%H:%M}",
            "timezone": cadence.zone,
            "at_once": cadence.at_once,
            "format": profile.format,
            "max_items": profile.max_items,
            "language": profile.language,
        },
        "bookmark": {
            "everything_decided_up_to_number": bookmark.cut,
            "still_to_come": [headlines.get(number, str(number)) for number in bookmark.deferred],
            "sent_ahead": [headlines.get(number, str(number)) for number in bookmark.ahead],
        },
    }


async def _issues(
    connection: AsyncConnection, ids: Collection[int], named: Mapping[int, str]
) -> list[dict[str, Any]]:
    """Every copy that was made for the reader, sent or not, and what was in it."""
    rows = await kept.copies_of(connection, ids)
    titles = await kept.titles_in(connection, {row.issue_id for row in rows})
    return [
        {
            "newsletter": named[row.subscription_id],
            "issue": row.issue_id,
            "due_at": row.due_at,
            "status": row.status,
            "reason": row.reason,
            "server_said": row.detail,
            "attempts": row.attempts,
            "sent_at": row.sent_at,
            "briefings": [
                titles.get((row.issue_id, row.round, number), str(number))
                for number in numbers_in(row.groups)
            ],
        }
        for row in rows
    ]


async def _headlines(connection: AsyncConnection, numbers: Collection[int]) -> dict[int, str]:
    revisions = await numbered.current_revisions(connection, numbers)
    return {number: item.title for number, item in (await numbered.by_numbers(connection, revisions)).items()}


def _answer(row: Row[Any], address: str) -> dict[str, Any]:
    """What was written to a mail of the reader; of somebody else's words only that there are some."""
    is_theirs = str(row.data.get("writer", "")).lower() == address.lower()
    return {
        "came_at": row.due_at,
        "handed_on_at": row.sent_at,
        "status": row.status,
        "from_this_address": is_theirs,
        "subject": row.data.get("subject", "") if is_theirs else None,
        "words": row.data.get("words", "") if is_theirs else None,
        "is_cut": bool(row.data.get("cut")),
    }


def _outer(row: Row[Any]) -> dict[str, Any]:
    return {name: value for name, value in row._mapping.items() if name not in _INNER}
