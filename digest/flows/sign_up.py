"""Somebody enters an address on a page: whoever owns it is asked, or sent the links that they have already.

The page says the same whatever is found here; what was done, and why nothing was, stands in rows and the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.limits import counted
from digest.core.model import Newsletter
from digest.core.notices import Asked, NoticeKind, when_to_ask, when_to_remind
from digest.errors import NotFoundError
from digest.flows.notices import ask_to_confirm, notice_for
from digest.flows.readers import ERASED, Enrolment, enrolled, suppression_key
from digest.store import attempts, newsletters, notices
from digest.store.database import Database
from subscribers import consents
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import Wishes

#: The reason in the history of a standing.
BY_FORM: Final = "entered on a page"


class Came(StrEnum):
    """What came of an address that was entered."""

    ASKED = "asked"
    LINKS_SENT = "links-sent"
    #: by a limit for its network or domain: nothing was looked at
    TOO_MANY = "too-many"
    #: it must not be written to, or nobody reads there
    NOTHING = "nothing"


@dataclass(frozen=True, slots=True)
class SignUp:
    """An address that was entered to subscribe."""

    address: str
    #: slugs; all of them are open to sign-up
    newsletters: Sequence[str]
    wishes: Wishes
    shown: consents.Shown


async def sign_up(new: SignUp, *, store: Database, now: datetime) -> Came:
    """Ask the owner of an address whether to write to it.

    Who has a subscription already, be it over, is sent the link to it, and nothing is changed: anybody could
    have entered the address. Who must not be written to is not. Refuses a newsletter that is not open, before
    anything is written.
    """

    async def work(connection: AsyncConnection) -> Came:
        wanted = [await open_newsletter(connection, slug) for slug in dict.fromkeys(new.newsletters)]
        if not await may_ask(connection, new.shown.seen_from, new.address, now):
            return Came.TOO_MANY
        if not await _may_be_written_to(connection, new.address):
            return Came.NOTHING
        mine = await readers.subscriptions_of(connection, new.address, to_change=True)
        known = {one.newsletter_id: one for one in mine if one.standing is not Standing.PENDING}
        came = await _send_links(connection, [known[one.id] for one in wanted if one.id in known], now)
        fresh = [one for one in wanted if one.id not in known]
        if not fresh:
            return came
        pending = []
        for newsletter in fresh:
            one = Enrolment(new.address, newsletter.slug, new.wishes, confirmed=False, reason=BY_FORM)
            made = await enrolled(connection, one, now)
            await consents.note_question(connection, made.id, new.shown, now)
            pending.append((made, newsletter))
        await _ask(connection, pending, now)
        return Came.ASKED

    return await store.write_briefly(work)


async def send_links(address: str, *, seen_from: str, store: Database, now: datetime) -> Came:
    """Send a reader the link to what there is, or once more the question that is open."""

    async def work(connection: AsyncConnection) -> Came:
        if not await may_ask(connection, seen_from, address, now):
            return Came.TOO_MANY
        mine = await readers.subscriptions_of(connection, address, to_change=True)
        if not mine or not await _may_be_written_to(connection, address):
            return Came.NOTHING
        others = [one for one in mine if one.standing is not Standing.PENDING]
        if others:
            return await _send_links(connection, others, now)
        named = [(one, await newsletters.by_id(connection, one.newsletter_id)) for one in mine]
        await _ask(connection, named, now)
        return Came.ASKED

    return await store.write_briefly(work)


async def open_newsletter(connection: AsyncConnection, slug: str) -> Newsletter:
    """The newsletter of this slug; raises NotFoundError when there is none that is open to sign-up."""
    found = await newsletters.by_slug(connection, slug)
    if found is None or not found.sign_up:
        raise NotFoundError(f"newsletter {slug!r} does not exist, or takes no readers from the web")
    return found


async def _ask(
    connection: AsyncConnection, pending: Sequence[tuple[Subscription, Newsletter]], now: datetime
) -> None:
    """Put one question about all that was entered together, but for what was asked about today."""
    unasked = []
    for reader, newsletter in pending:
        asked = await notices.asked(connection, NoticeKind.CONFIRM, reader.address, reader.id)
        if isinstance(when_to_ask(asked, now), datetime):
            unasked.append((reader, newsletter))
    first, *others = unasked or pending
    also = [one.id for one, _newsletter in others if unasked]
    await ask_to_confirm(connection, *first, now, also=also)


async def _send_links(connection: AsyncConnection, mine: Sequence[Subscription], now: datetime) -> Came:
    """Plan the mail with the link; which one does not matter, since its page names the others."""
    may_get = [one for one in mine if one.standing not in {Standing.COMPLAINED, Standing.SUPPRESSED}]
    if not may_get:
        return Came.NOTHING
    reader = may_get[0]
    newsletter = await newsletters.by_id(connection, reader.newsletter_id)
    reminded: Sequence[Asked] = await notices.asked(connection, NoticeKind.LINKS, reader.address, reader.id)
    not_sent = when_to_remind(reminded, now)
    occasion = f"links {reader.subscriber_id} {now:%Y-%m-%d} {not_sent}".rstrip()
    new = notice_for(reader, newsletter, NoticeKind.LINKS, occasion, due_at=now, not_sent=not_sent)
    await notices.plan(connection, new)
    return Came.NOTHING if not_sent else Came.LINKS_SENT


async def may_ask(connection: AsyncConnection, seen_from: str, address: str, now: datetime) -> bool:
    """Count that somebody somewhere wants an address written to; False when that is one time too many."""
    key = await suppression_key(connection)
    return await attempts.count(connection, list(counted(seen_from, address, now)), key)


async def _may_be_written_to(connection: AsyncConnection, address: str) -> bool:
    """Who was erased at their own wish may come back by their own word, and is asked for it."""
    reasons = await suppression_reasons(connection, [address], await suppression_key(connection))
    return set(reasons.values()) <= {ERASED}
