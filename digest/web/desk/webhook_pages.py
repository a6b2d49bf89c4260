"""Webhooks at the desk: who elsewhere is told what, with what answer."""

from __future__ import annotations

from typing import Any, Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.webhooks import ASKED_FOR, parse_kinds, parse_url
from digest.errors import InputError
from digest.flows import webhooks as flows
from digest.flows.webhooks import WebhookEdit, parse_label
from digest.store import events
from digest.store import webhooks as shelf
from digest.store.database import Database
from digest.store.webhooks import Webhook
from digest.web.desk.faults import Faults, FormError, Label, Labels, Reading, faults_of
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other

#: What the fields are called on the page, in its order.
LABELS: Final[Labels] = {
    "url": Label("Address", "url"),
    "label": Label("Name", "label"),
    "kind": Label("What it is told of"),
}
_NOTHING: Final = Faults()
#: What was told, on one page.
_LINES: Final = 30


class Webhooks:
    """Who is told, for admins."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        all_, one = "/admin/people/webhooks", "/admin/people/webhooks/{id:int}"
        return [
            gate.page(all_, Power.RUN, self._list),
            gate.act(all_, Power.RUN, self._add),
            gate.page(one, Power.RUN, self._show),
            gate.act(one, Power.RUN, self._edit),
            gate.act(f"{one}/test", Power.RUN, self._test),
            gate.act(f"{one}/on", Power.RUN, self._on),
            gate.act(f"{one}/off", Power.RUN, self._off),
            gate.act(f"{one}/secret", Power.RUN, self._secret),
            gate.act(f"{one}/remove", Power.RUN, self._remove),
        ]

    async def _list(self, visit: Visit) -> Response:
        return await self._listed(visit, _NOTHING)

    async def _listed(self, visit: Visit, faults: Faults) -> Response:
        async with self._store.read() as connection:
            found = await shelf.every(connection)
        values = _entered(visit) if faults else {"label": "", "url": "", "kinds": (), "with_addresses": False}
        status = 422 if faults else 200
        return sheet(
            visit,
            "webhooks",
            status=status,
            webhooks=found,
            known=ASKED_FOR,
            entered=values,
            labels=LABELS,
            faults=faults,
        )

    async def _add(self, visit: Visit) -> Response:
        try:
            wish = _read(visit)
            made = await flows.add_webhook(wish, by=visit.actor, store=self._store, now=visit.now)
        except (InputError, FormError) as error:
            return await self._listed(visit, faults_of(error))
        return sheet(visit, "webhook_secret", one=made, is_new=True)

    async def _show(self, visit: Visit) -> Response:
        return await self._shown(visit, _NOTHING)

    async def _shown(self, visit: Visit, faults: Faults) -> Response:
        async with self._store.read() as connection:
            one = await flows.require(connection, visit.number("id"))
            before = visit.asked_number("before")
            told = await events.of_webhook(connection, one.id, before=before, limit=_LINES + 1)
            waiting = await events.count_waiting(connection, one.id)
        return sheet(
            visit,
            "webhook",
            status=422 if faults else 200,
            one=one,
            entered=_entered(visit) if faults else _of(one),
            known=ASKED_FOR,
            told=told[:_LINES],
            more=told[_LINES - 1].id if len(told) > _LINES else None,
            waiting=waiting,
            labels=LABELS,
            faults=faults,
        )

    async def _edit(self, visit: Visit) -> Response:
        id_ = visit.number("id")
        try:
            wish = _read(visit)
            await flows.edit_webhook(id_, wish, by=visit.actor, store=self._store, now=visit.now)
        except (InputError, FormError) as error:
            return await self._shown(visit, faults_of(error))
        return see_other(f"{id_}?done=changed")

    async def _test(self, visit: Visit) -> Response:
        id_ = visit.number("id")
        await flows.test_webhook(id_, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{id_}?done=test")

    async def _on(self, visit: Visit) -> Response:
        return await self._turn(visit, is_on=True)

    async def _off(self, visit: Visit) -> Response:
        return await self._turn(visit, is_on=False)

    async def _turn(self, visit: Visit, *, is_on: bool) -> Response:
        id_, wish = visit.number("id"), WebhookEdit(is_on=is_on)
        await flows.edit_webhook(id_, wish, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{id_}?done={'on' if is_on else 'off'}")

    async def _secret(self, visit: Visit) -> Response:
        found = await flows.rotate_secret(
            visit.number("id"), by=visit.actor, store=self._store, now=visit.now
        )
        return sheet(visit, "webhook_secret", one=found, is_new=False)

    async def _remove(self, visit: Visit) -> Response:
        await flows.remove_webhook(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../webhooks?done=removed")


def _read(visit: Visit) -> WebhookEdit:
    """What the form wishes; raises FormError with all that is wrong."""
    wish, reading = WebhookEdit(**_entered(visit)), Reading(LABELS)
    with reading.of("url"):
        parse_url(wish.url or "", with_addresses=bool(wish.with_addresses))
    with reading.of("label"):
        if wish.label:
            parse_label(wish.label)
    with reading.of("kind"):
        parse_kinds(wish.kinds or ())
    reading.done()
    return wish


def _entered(visit: Visit) -> dict[str, Any]:
    form = visit.form
    return {
        "url": form.one("url"),
        "label": form.one("label") or None,
        "kinds": form.all("kind"),
        "with_addresses": form.chosen("with_addresses"),
    }


def _of(one: Webhook) -> dict[str, Any]:
    return {
        "url": one.url,
        "label": one.label,
        "kinds": one.kinds,
        "with_addresses": one.with_addresses,
    }
