"""People, their keys and the log of changes through the API."""

from __future__ import annotations

from typing import Annotated, Any, Final

from fastapi import Query, Response
from msgspec.structs import asdict

from digest.core.access import POWERS_OF, Power
from digest.errors import InputError, NotFoundError
from digest.flows import people as flows
from digest.flows.entry_links import add_with_link, make_link
from digest.flows.shown import key_shown, link_shown, person_shown
from digest.store import changes
from digest.store import people as shelf
from digest.store.changes import Change
from digest.store.people import Person
from digest.web.api.asked import NewKey, NewPerson, PersonEdit
from digest.web.api.calls import Call, Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import LARGEST, ROOT, After, Document, Id, Limit, Listing, Paths, part
from digest.web.api.people_documents import PersonAdded
from digest.web.api.told import ChangeShown, KeyMade, KeyShown, PersonShown


def add_to(paths: Paths, base_url: str) -> None:
    """Add what only who runs the house may do."""
    paths.get("/people", Power.RUN, list_people, Listing[PersonShown])
    door = Door(base_url)
    paths.post(
        *("/people", Power.RUN, door.add_person, PersonAdded), repeatable=Repeatable.SECRET, status_code=201
    )
    paths.get("/people/{id}", Power.RUN, show_person, PersonShown)
    paths.patch("/people/{id}", Power.RUN, edit_person, PersonShown)
    paths.act("/people/{id}/link", Power.RUN, door.make_link, PersonAdded, repeatable=Repeatable.SECRET)
    paths.get("/people/{id}/keys", Power.RUN, list_keys, Listing[KeyShown])
    paths.post(
        "/people/{id}/keys", Power.RUN, make_key, KeyMade, repeatable=Repeatable.SECRET, status_code=201
    )
    paths.delete("/keys/{id}", Power.RUN, revoke_key, KeyShown)
    paths.get("/changes", Power.RUN, list_changes, Listing[ChangeShown])


async def list_people(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List everybody who has an account."""
    async with call.store.read() as connection:
        found = [one for one in await shelf.every(connection) if one.id > after]
    return part(found, limit, lambda one: one.id, person_shown)


async def show_person(call: Made, id: Id) -> Document:
    """Show somebody who has an account."""
    return person_shown(await _person(call, id))


class Door:
    """Lets people in."""

    def __init__(self, base_url: str) -> None:
        """Links that are handed over lead to `base_url`."""
        self._base_url: Final = base_url

    async def add_person(self, call: Made, body: NewPerson, answer: Response) -> Document:
        """Let somebody enter the desk

        With a role that can do no more than the key, and with a password, or with a link by which they choose
        it, which is shown this once. A repeated call is told that somebody was let in, not the link.
        """
        call.require_no_more(POWERS_OF[body.role])
        if body.link == (body.password is not None):
            raise InputError("give a password, or ask for a link: one of both")
        by: dict[str, Any] = {"by": call.actor, "store": call.store, "now": call.now}
        if body.password is not None:
            made = await flows.add_person(body.name, body.role, body.password.get_secret_value(), **by)
            told = person_shown(made)
        else:
            given = await add_with_link(body.name, body.role, base_url=self._base_url, **by)
            made, told = given.person, link_shown(given)
        answer.headers["Location"] = f"{ROOT}/people/{made.id}"
        return told

    async def make_link(self, call: Made, id: Id) -> Document:
        """Make a link for who forgot their password

        It is good once and for three days, and shown this once. Links before it are void; the password is
        good until it is used. A repeated call is told that a link was made, not the link.
        """
        person = await _person(call, id)
        call.require_no_more(POWERS_OF[person.role])
        return link_shown(
            await make_link(id, base_url=self._base_url, by=call.actor, store=call.store, now=call.now)
        )


async def edit_person(call: Made, id: Id, body: PersonEdit) -> Document:
    """Give somebody another role, shut them out, or let them in again."""
    person = await _person(call, id)
    call.require_no_more(POWERS_OF[person.role])
    if body.role is not None and body.role is not person.role:
        call.require_no_more(POWERS_OF[body.role])
        await flows.change_role(id, body.role, by=call.actor, store=call.store, now=call.now)
    if body.shut_out is not None and body.shut_out is not (person.shut_out_at is not None):
        act = flows.shut_out if body.shut_out else flows.let_in
        await act(id, by=call.actor, store=call.store, now=call.now)
    return person_shown(await _person(call, id))


async def list_keys(call: Made, id: Id) -> Document:
    """List somebody's keys, newest first."""
    await _person(call, id)
    async with call.store.read() as connection:
        found = await shelf.keys_of(connection, id)
    return {"items": [key_shown(one) for one in found], "next": None}


async def make_key(call: Made, id: Id, body: NewKey, answer: Response) -> Document:
    """Make a key for a program

    It can do no more than its holder, and no more than the key that makes it; it is shown this once. A
    repeated call is told that the key was made, not the key.
    """
    call.require_no_more(frozenset(body.scopes))
    made, key = await flows.make_key(
        id, body.label, body.scopes, by=call.actor, store=call.store, now=call.now
    )
    answer.headers["Location"] = f"{ROOT}/people/{id}/keys"
    return key_shown(made) | {"key": key}


async def revoke_key(call: Made, id: Id) -> Document:
    """Revoke a key for good."""
    return key_shown(await flows.revoke_key(id, by=call.actor, store=call.store, now=call.now))


async def list_changes(
    call: Made,
    kind: Annotated[str | None, Query(max_length=20, examples=["briefing"])] = None,
    subject: Annotated[str | None, Query(max_length=60, examples=["17"])] = None,
    person: Annotated[int | None, Query(ge=1, le=LARGEST, examples=[1])] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """List what was changed, and by whom, newest first."""
    async with call.store.read() as connection:
        found = await changes.page(
            connection,
            before_id=after or None,
            limit=limit + 1,
            kind=kind,
            subject=subject,
            person_id=person,
        )
    return part(found, limit, lambda one: one.id, _change)


def _change(one: Change) -> Document:
    return asdict(one)


async def _person(call: Call, person_id: int) -> Person:
    async with call.store.read() as connection:
        found = await shelf.by_id(connection, person_id)
    if found is None:
        raise NotFoundError(f"user {person_id} does not exist")
    return found
