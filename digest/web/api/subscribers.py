"""Readers through the API: who they are, what they want, and whether they may be written to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Response
from msgspec.structs import replace

from digest.core.access import Power
from digest.errors import NotFoundError
from digest.flows import my_data
from digest.flows import readers as flows
from digest.flows.asking_again import ask_again
from digest.flows.grounds import grounds_for
from digest.flows.handing_out import said_of
from digest.flows.shown import reader_in_full
from digest.store import newsletters, topics
from digest.web.api.answered import Erased, ReaderInFull, SubscriptionInAList
from digest.web.api.asked import Leave, NewReader, Pause, Question, ReaderEdit, Resume, Wished
from digest.web.api.calls import Call, Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import ROOT, After, Document, Email, Limit, Listing, Paths, part
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.wishes import Wishes, parse_address, parse_wishes

_ONE = "/subscribers/{email:address}"

Newsletter = Annotated[str | None, Query(max_length=60, description="Only this one.", examples=["daily"])]


def add_to(paths: Paths) -> None:
    """Add what is about readers."""
    named = Repeatable.NAMES_READER
    listed = Listing[SubscriptionInAList]
    paths.get("/subscribers", Power.SEE_READERS, list_subscribers, listed)
    paths.post(
        *("/subscribers", Power.KEEP_READERS, add_subscriber, SubscriptionInAList),
        repeatable=named,
        status_code=201,
    )
    paths.post(f"{_ONE}/pause", Power.KEEP_READERS, pause_subscriber, listed, repeatable=named)
    paths.post(f"{_ONE}/resume", Power.KEEP_READERS, resume_subscriber, listed, repeatable=named)
    paths.post(f"{_ONE}/ask", Power.KEEP_READERS, ask_subscriber, listed, repeatable=named)
    paths.post(f"{_ONE}/unsubscribe", Power.KEEP_READERS, unsubscribe, listed, repeatable=named)
    paths.get(f"{_ONE}/data", Power.KEEP_READERS, show_data_of_subscriber, None)
    paths.get(_ONE, Power.SEE_READERS, show_subscriber, ReaderInFull)
    paths.patch(_ONE, Power.KEEP_READERS, edit_subscriber, listed)
    paths.delete(_ONE, Power.KEEP_READERS, erase_subscriber, Erased)


async def list_subscribers(
    call: Made,
    newsletter: Newsletter = None,
    status: Annotated[
        Standing | None, Query(description="Only of this standing.", examples=["active"])
    ] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """List subscriptions."""
    async with call.store.read() as connection:
        slugs = await newsletters.slugs(connection)
        found = await shelf.page_of_subscriptions(
            connection,
            after=after,
            limit=limit + 1,
            newsletter_id=flows.newsletter_id_of(newsletter, slugs),
            standing=status,
        )
    return part(found, limit, lambda one: one.id, lambda one: said_of(one, slugs))


async def show_subscriber(call: Made, email: Email) -> Document:
    """Show a reader's subscriptions, how far each is, and every change of standing."""
    address = parse_address(email)
    async with call.store.read() as connection:
        mine = await shelf.subscriptions_of(connection, address)
        if not mine:
            raise NotFoundError(f"subscriber {address!r} does not exist")
        histories = [await shelf.standing_history(connection, one.id) for one in mine]
        known = {one.id: one for one in await newsletters.every(connection)}
    document = reader_in_full(mine, histories, known, call.now)
    for item in document["subscriptions"]:
        mark = item["bookmark"]
        item["bookmark"] = {"cut": mark.cut, "deferred": list(mark.deferred), "ahead": list(mark.ahead)}
    return document


async def show_data_of_subscriber(call: Made, email: Email) -> Any:
    """Show all that is kept on a reader

    To be handed to whom it is about (GDPR, articles 15 and 20).
    """
    address = parse_address(email)
    found = await my_data.all_of(address, store=call.store)
    if found is None:
        raise NotFoundError(f"subscriber {address!r} does not exist")
    return found


async def add_subscriber(call: Made, body: NewReader, answer: Response) -> Document:
    """Add a reader

    Active at once, unless a confirmation is asked for; one who left before returns.
    """
    new = flows.Enrolment(
        address=parse_address(body.email),
        newsletter=body.newsletter,
        wishes=await _wishes(call, body),
        confirmed=body.confirmed,
        reason="added through the API",
    )
    made = await flows.subscribe(
        new, store=call.store, now=call.now, by=call.actor, grounds=grounds_for(body.grounds)
    )
    answer.headers["Location"] = f"{ROOT}/subscribers/{made.address}"
    (shown,) = (await _shown(call, [made]))["items"]
    return dict(shown)


async def edit_subscriber(call: Made, email: Email, body: ReaderEdit) -> Document:
    """Change a reader's wishes, name or address

    Nothing that is decided already is repeated or lost.
    """
    changed = await flows.edit(
        parse_address(email),
        body.newsletter,
        await _wishes(call, body),
        store=call.store,
        now=call.now,
        new_address=None if body.email is None else parse_address(body.email),
        by=call.actor,
    )
    return await _shown(call, changed)


async def pause_subscriber(call: Made, email: Email, body: Pause) -> Document:
    """Send nothing for a while."""
    changed = await flows.pause(
        parse_address(email),
        body.newsletter,
        until=body.until,
        catch_up=body.catch_up,
        store=call.store,
        now=call.now,
        by=call.actor,
    )
    return await _shown(call, changed)


async def resume_subscriber(call: Made, email: Email, body: Resume) -> Document:
    """End a pause."""
    changed = await flows.resume(
        parse_address(email), body.newsletter, store=call.store, now=call.now, by=call.actor
    )
    return await _shown(call, changed)


async def ask_subscriber(call: Made, email: Email, body: Question) -> Document:
    """Ask a reader to confirm

    Who has not answered yet is asked once more; who reads is pending until a yes, and gets nothing before.
    """
    asked = await ask_again(
        parse_address(email), body.newsletter, store=call.store, now=call.now, by=call.actor
    )
    return await _shown(call, asked)


async def unsubscribe(call: Made, email: Email, body: Leave) -> Document:
    """End subscriptions

    It holds from the next mail on.
    """
    left = await flows.unsubscribe(
        parse_address(email),
        body.newsletter,
        reason=" ".join(body.reason.split()) or "asked an admin",
        store=call.store,
        now=call.now,
        by=call.actor,
    )
    return await _shown(call, left)


async def erase_subscriber(call: Made, email: Email) -> Document:
    """Forget a reader

    Only a keyed hash remains, so that no import brings the address back.
    """
    address = parse_address(email)
    await flows.erase(address, store=call.store, now=call.now, by=call.actor)
    return {"erased": address}


async def _wishes(call: Call, body: Wished) -> Wishes:
    words = body.words()
    async with call.store.read() as connection:
        wishes = parse_wishes(words, flows.topic_names(await topics.every(connection)))
    return replace(wishes, name="") if words.get("name") == "" else wishes


async def _shown(call: Call, some: Sequence[Subscription]) -> Document:
    async with call.store.read() as connection:
        slugs = await newsletters.slugs(connection)
    return {"items": [said_of(one, slugs) for one in some], "next": None}
