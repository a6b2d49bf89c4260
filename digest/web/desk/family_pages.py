"""Families of mailboxes on the page of numbers: one is paused there, and let go on."""

from __future__ import annotations

from typing import Final

from fastapi.responses import Response

from digest.core.access import Power
from digest.errors import InputError
from digest.flows.family_acts import USUAL_HOURS, Rest, pause_family, resume_family
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.visit import Visit
from digest.web.linked import see_other


class FamilyPages:
    """What may be done about a family."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.act("/admin/numbers/families/pause", Power.SEND, self._pause),
            gate.act("/admin/numbers/families/resume", Power.SEND, self._resume),
        ]

    async def _pause(self, visit: Visit) -> Response:
        form = visit.form
        wish = Rest(form.one("family"), _hours(form.one("hours")), form.one("because"))
        await pause_family(wish, by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../numbers?done=paused#families")

    async def _resume(self, visit: Visit) -> Response:
        family = visit.form.one("family")
        await resume_family(family, by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../numbers?done=resumed#families")


def _hours(text: str) -> int:
    if not text:
        return USUAL_HOURS
    if not (text.isascii() and text.isdigit() and len(text) < 5):
        raise InputError(f"hours {text[:20]!r} is no number: use whole hours, such as 24")
    return int(text)
