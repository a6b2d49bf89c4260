"""The page behind an entry link: who has it chooses their own password, once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from digest.errors import InputError, words_for_all
from digest.flows import entry_links
from digest.flows.entry_links import Void
from digest.flows.proofs import LEAST_PASSWORD
from digest.store.database import Database
from digest.store.people import Person
from digest.web.desk.entered import entered_at_the_door
from digest.web.desk.entry import later_words, to_wait
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import bare_sheet
from digest.web.forms import seen_from
from digest.web.linked import see_other

_DIFFER: Final = "The two passwords differ: nothing was changed."


class Beginning:
    """Open to everybody: the link says who it is."""

    def __init__(self, *, store: Database, now: Callable[[], datetime]) -> None:
        """Work on this store."""
        self._store: Final = store
        self._now: Final = now

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            DeskRoute("/admin/begin/{token}", self._show, "GET", None),
            gate.open_act("/admin/begin/{token}", self._choose),
        ]

    async def _show(self, request: Request) -> Response:
        found = await self._behind(request)
        return _void(request, found) if isinstance(found, Void) else _form(request, found)

    async def _choose(self, request: Request) -> Response:
        # who has no link is told nothing about what they typed
        person = await self._behind(request)
        if isinstance(person, Void):
            return _void(request, person)
        form = await entered_at_the_door(request)
        new = form.secret("new")
        if new != form.secret("again"):
            return _form(request, person, _DIFFER)
        try:
            found = await entry_links.choose_password(
                _token(request), new, store=self._store, now=self._now()
            )
        except InputError as error:
            return _form(request, person, words_for_all(error))
        return _void(request, Void()) if found is None else see_other("../enter?chosen=")

    async def _behind(self, request: Request) -> Person | Void:
        # looking changes nothing about a good link; a wrong one is a guess, however it is tried, and counts
        return await entry_links.person_behind(
            _token(request), seen_from(request), store=self._store, now=self._now()
        )


def _token(request: Request) -> str:
    token: str = request.path_params["token"]
    return token


def _form(request: Request, person: Person, wrong: str = "") -> Response:
    status = 422 if wrong else 200
    return bare_sheet(request, "begin", status=status, person=person, least=LEAST_PASSWORD, wrong=wrong)


def _void(request: Request, found: Void) -> Response:
    """One page for all links by which nobody chooses anything: it does not say whether there ever was one."""
    wrong = later_words(found.wait) if found.wait else ""
    return to_wait(
        bare_sheet(request, "begin_void", status=429 if found.wait else 404, wrong=wrong), found.wait
    )
