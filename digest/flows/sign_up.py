"""Somebody enters an address on a page: whoever owns it is asked, or sent the links that they have already.

The page says the same whatever is found here; what was done, and why nothing was, stands in rows and the log.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.limits import counted
from digest.core.model import Newsletter
from digest.core.notices import COME_BACK, Asked, NoticeKind, when_to_ask, when_to_remind
from digest.errors import NotFoundError
from digest.flows.notices import ask_to_confirm, notice_for
from digest.flows.readers import ERASED, Enrolment, enrolled, suppression_key
from digest.store import attempts, newsletters, notices
from digest.store.database import Database
from subscribers import consents
from subscribers import store as readers
from subscribers.entering import hold_addresses
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


class SignUp(Struct, frozen=True):
    """An address that was entered to subscribe."""

    address: str
    #: slugs; all of them are open to sign-up
    newsletters: Sequence[str]
    wishes: Wishes
    shown: consents.Shown


async def sign_up(new: SignUp, *, store: Database, now: datetime) -> Came:
    """Ask the owner of an address whether to write to it.

    Who reads already is sent the link, and nothing is changed: anybody could have entered the address. Nor is
    anything of who left, or whose mail came back: what was chosen now stands in the question alone, and
    holds after a yes. Who must not be written to is not. Refuses a newsletter that is not open, before
    anything is written.
    """

    async def work(connection: AsyncConnection) -> Came:
        wanted = [await open_newsletter(connection, slug) for slug in dict.fromkeys(new.newsletters)]
        if not await may_ask(connection, new.shown.seen_from, new.address, now):
            return Came.TOO_MANY
        await hold_addresses(connection, [new.address])
        if not await _may_be_written_to(connection, new.address):
            return Came.NOTHING
        mine = await readers.subscriptions_of(connection, new.address, to_change=True)
        known = {one.newsletter_id: one for one in mine if one.standing is not Standing.PENDING}
        over = {id_: one for id_, one in known.items() if one.standing in COME_BACK}
        theirs = [known[one.id] for one in wanted if one.id in known.keys() - over.keys()]
        came = await _send_links(connection, theirs, now)
        asked_about = [one for one in wanted if one.id in over or one.id not in known]
        if not asked_about:
            return came
        asking = _Asking()
        for newsletter in asked_about:
            if newsletter.id in over:
                entered = await _ended(connection, over[newsletter.id], new.wishes, asking)
            else:
                entered = await _entered(connection, new, newsletter, now, is_known=bool(known))
            await consents.note_question(connection, entered.id, new.shown, now)
            asking.about.append((entered, newsletter))
        await _ask(connection, asking, now)
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
        await _ask(connection, _Asking(named), now)
        return Came.ASKED

    return await store.write_briefly(work)


async def open_newsletter(connection: AsyncConnection, slug: str) -> Newsletter:
    """The newsletter of this slug; raises NotFoundError when there is none that is open to sign-up."""
    found = await newsletters.by_slug(connection, slug)
    if found is None or not found.sign_up:
        raise NotFoundError(f"newsletter {slug!r} does not exist, or takes no readers from the web")
    return found


class _Asking(Struct, frozen=True):
    """What a question is to be about: subscriptions as they would be after a yes."""

    about: list[tuple[Subscription, Newsletter]] = field(default_factory=list)
    #: of those that are over, the change of standing that ended them
    ended_by: dict[int, int] = field(default_factory=dict)


async def _entered(
    connection: AsyncConnection, new: SignUp, newsletter: Newsletter, now: datetime, *, is_known: bool
) -> Subscription:
    """A subscription that waits for a yes; who is known by other ones keeps their name until then."""
    wishes = replace(new.wishes, name=None) if is_known else new.wishes
    one = Enrolment(new.address, newsletter.slug, wishes, confirmed=False, reason=BY_FORM)
    made = await enrolled(connection, one, now)
    return replace(made, name=new.wishes.name or made.name)


async def _ended(
    connection: AsyncConnection, over: Subscription, wishes: Wishes, asking: _Asking
) -> Subscription:
    """A subscription that is over, as it was wished anew; nothing of it is written."""
    asking.ended_by[over.id] = (await readers.standing_history(connection, over.id))[-1].id
    cadence, profile = wishes.applied_to(over.cadence, over.profile)
    return replace(over, cadence=cadence, profile=profile, name=wishes.name or over.name)


async def _ask(connection: AsyncConnection, asking: _Asking, now: datetime) -> None:
    """Put one question about all that was entered together, but for what was asked about today."""
    unasked = []
    for reader, newsletter in asking.about:
        asked = await notices.asked(connection, NoticeKind.CONFIRM, reader.address, reader.id)
        if isinstance(when_to_ask(asked, now), datetime):
            unasked.append((reader, newsletter))
    first, *others = unasked or asking.about
    also = [one.id for one, _newsletter in others if unasked]
    ended_by = {one: change for one, change in asking.ended_by.items() if one in {first[0].id, *also}}
    await ask_to_confirm(connection, *first, now, also=also, ended_by=ended_by)


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
