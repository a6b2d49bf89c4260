"""People: who may enter, as what, with which keys."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power, Role
from digest.core.entry_links import opens
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import entry_links as links
from digest.flows import people as flows
from digest.flows.noted import OF_LINES
from digest.flows.people import Pass
from digest.flows.proofs import LEAST_PASSWORD
from digest.store import changes, newsletters
from digest.store import people as shelf
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other

#: Entries of the log on one page.
_ENTRIES: Final = 50
#: What is changed by somebody, as the first words of acts have it.
KINDS: Final = (
    *("briefing", "delivery", "family", "feed", "import", "issue", "key", "newsletter", "notice", "order"),
    *("person", "reader", "returned", "store", "story", "suppression", "topic", "webhook"),
)


class People:
    """Accounts and the log of changes, for admins."""

    def __init__(self, *, store: Database, base_url: str) -> None:
        """Work on this store; links that are handed over lead to `base_url`."""
        self._store: Final = store
        self._base_url: Final = base_url

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/people", Power.RUN, self._list),
            gate.act("/admin/people", Power.RUN, self._add),
            gate.page("/admin/people/{id:int}", Power.RUN, self._show),
            gate.act("/admin/people/{id:int}/role", Power.RUN, self._role),
            gate.act("/admin/people/{id:int}/link", Power.RUN, self._new_link),
            gate.act("/admin/people/{id:int}/password", Power.RUN, self._password),
            gate.act("/admin/people/{id:int}/codes/off", Power.RUN, self._end_codes),
            gate.act("/admin/people/{id:int}/shut-out", Power.RUN, self._shut_out),
            gate.act("/admin/people/{id:int}/let-in", Power.RUN, self._let_in),
            gate.act("/admin/people/{id:int}/keys/{key:int}/revoke", Power.RUN, self._revoke_key),
            gate.page("/admin/log", Power.RUN, self._log),
        ]

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit, "")

    async def _listed(self, visit: Visit, wrong: str) -> Response:
        async with self._store.read() as connection:
            found = await shelf.every(connection)
        status = 422 if wrong else 200
        given = {"roles": list(Role), "least": LEAST_PASSWORD, "wrong": wrong, "form": visit.form}
        return sheet(visit, "people", status=status, people=found, **given)

    async def _add(self, visit: Visit) -> Response:
        form = visit.form
        act: dict[str, Any] = {"by": visit.actor, "store": self._store, "now": visit.now}
        try:
            name, role = form.one("name"), _role(form.one("role"))
            if form.one("by") == "link":
                made = await links.add_with_link(name, role, base_url=self._base_url, **act)
                return sheet(visit, "person_link", made=made, is_new=True)
            added = await flows.add_person(name, role, form.secret("password"), **act)
        except InputError as error:
            return await self._listed(visit, words_for_all(error))
        return see_other(f"people/{added.id}?done=added")

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            person = await shelf.by_id(connection, visit.number("id"))
            if person is None:
                raise NotFoundError("there is no such account")
            keys = await shelf.keys_of(connection, person.id)
            sessions = await shelf.sessions_of(connection, person.id, visit.now)
            link_until = await shelf.end_of_link_of(connection, person.id)
            done = await changes.page(connection, limit=10, person_id=person.id, without=OF_LINES)
            slugs = await newsletters.slugs(connection)
        return sheet(
            visit,
            "person",
            person=person,
            link_until=link_until if link_until and opens(link_until, None, visit.now) else None,
            keys=keys,
            sessions=sessions,
            roles=list(Role),
            changes=done,
            slugs=slugs,
        )

    async def _role(self, visit: Visit) -> Response:
        role = _role(visit.form.one("role"))
        await flows.change_role(visit.number("id"), role, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=role")

    async def _new_link(self, visit: Visit) -> Response:
        made = await links.make_link(
            visit.number("id"), base_url=self._base_url, by=visit.actor, store=self._store, now=visit.now
        )
        return sheet(visit, "person_link", made=made, is_new=False)

    async def _password(self, visit: Visit) -> Response:
        new, allowed = visit.form.secret("new"), Pass(visit.actor, visit.token)
        await flows.set_password(visit.number("id"), new, allowed, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=password")

    async def _end_codes(self, visit: Visit) -> Response:
        await flows.end_codes(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../../{visit.number('id')}?done=codes-off")

    async def _shut_out(self, visit: Visit) -> Response:
        await flows.shut_out(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=shut-out")

    async def _let_in(self, visit: Visit) -> Response:
        await flows.let_in(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=let-in")

    async def _revoke_key(self, visit: Visit) -> Response:
        id_ = visit.number("id")
        await flows.revoke_key(
            visit.number("key"), by=visit.actor, store=self._store, now=visit.now, of_person=id_
        )
        return see_other(f"../../../{id_}?done=revoked")

    async def _log(self, visit: Visit) -> Response:
        kind, subject = visit.asked("kind"), visit.asked("subject")
        async with self._store.read() as connection:
            found = await changes.page(
                connection,
                before_id=visit.asked_number("before"),
                limit=_ENTRIES + 1,
                kind=kind or None,
                subject=subject or None,
                # a reader's own page, and the listing of readers, have what an import did to each of them
                without=() if kind or subject else OF_LINES,
            )
            slugs = await newsletters.slugs(connection)
        more = found[_ENTRIES - 1].id if len(found) > _ENTRIES else None
        return sheet(
            *(visit, "log"),
            entries=found[:_ENTRIES],
            more=more,
            kinds=KINDS,
            kind=kind,
            subject=subject,
            slugs=slugs,
        )


def _role(word: str) -> Role:
    try:
        return Role(word)
    except ValueError:
        raise InputError(f"role {word!r} is not known: choose among {', '.join(Role)}") from None
