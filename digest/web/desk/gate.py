"""The gate of the desk: no page and no act without a session, its power, and a form that is our own.

Routes are made here only. Whoever adds a page says which power it needs, or it cannot be added; the tests
read that from the routes themselves.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime
from typing import Final, Protocol
from urllib.parse import quote, urlsplit

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digest.core.access import POWERS_OF, Power
from digest.errors import DigestError, NotFoundError, StoreError, words_for_all
from digest.flows import entering, proofs
from digest.store.database import Database
from digest.web.desk.entered import Entered, entered_in
from digest.web.desk.places import place_of_form
from digest.web.desk.sheets import bare_sheet, begun, sheet
from digest.web.desk.visit import Visit
from digest.web.desk.written import written, written_in
from digest.web.linked import see_other
from digest.web.paths import KnownRoute

log = structlog.get_logger(__name__)

#: Kept by browsers for this host alone and over https only; no script reads it (RFC 6265bis, 4.1.3).
COOKIE: Final = "__Host-desk"

_ANOTHER_SESSION: Final = (
    "This form was made for another session, and nothing was changed. "
    "Load its page again, and repeat what you did."
)
_FROM_ELSEWHERE: Final = "This form did not come from a page of ours. Load the page again, and repeat it."
_LOGGED_OUT: Final = "You are not logged in any more. Nothing was changed."
_COPY: Final = "Copy what you wrote before you log in."
_WRITTEN_BELOW: Final = "What you wrote stands below."

Answers = Callable[[Visit], Awaitable[Response]]


class DeskRoute(KnownRoute):
    """A path of the desk and the power that it needs; None for the few that let people in."""

    def __init__(
        self, path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str, power: Power | None
    ) -> None:
        """Answer one method on one path."""
        super().__init__(path, endpoint, methods=[method])
        self.power: Final = power


class Pages(Protocol):
    """Pages that belong together."""

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, each with its power, and what answers on them."""


class Gate:
    """Looks at who comes, and lets through who may."""

    def __init__(self, *, store: Database, base_url: str, zone: str, now: Callable[[], datetime]) -> None:
        """Stand before the desk that is reached under `base_url`."""
        self._store: Final = store
        self._zone: Final = zone
        self._now: Final = now
        self._origin: Final = "{0.scheme}://{0.netloc}".format(urlsplit(base_url)).lower()

    def page(self, path: str, power: Power, show: Answers) -> DeskRoute:
        """A page to look at."""

        async def answered(request: Request) -> Response:
            return await self._answer(request, power, show)

        return DeskRoute(path, answered, "GET", power)

    def no_page(self, path: str) -> DeskRoute:
        """Paths on which there is nothing: said on a page of the desk, which leads back."""

        async def nothing(_visit: Visit) -> Response:
            raise NotFoundError("there is no such page")

        return self.page(path, Power.OWN, nothing)

    def act(self, path: str, power: Power, do: Answers) -> DeskRoute:
        """What a button does."""

        async def answered(request: Request) -> Response:
            self.require_from_here(request)
            return await self._answer(request, power, do, changes=True)

        return DeskRoute(path, answered, "POST", power)

    def open_act(self, path: str, do: Callable[[Request], Awaitable[Response]]) -> DeskRoute:
        """What a button does on one of the few pages that are open to everybody."""

        async def answered(request: Request) -> Response:
            try:
                self.require_from_here(request)
                return await do(request)
            except HTTPException as error:
                status = error.status_code
                return bare_sheet(
                    *(request, "trouble_out"), status=status, words=_FROM_ELSEWHERE, written=(), place=""
                )

        return DeskRoute(path, answered, "POST", None)

    def require_from_here(self, request: Request) -> None:
        """Refuse a form that stands on a page of somebody else."""
        site = request.headers.get("sec-fetch-site", "same-origin")
        origin = request.headers.get("origin", "").lower()
        ours = {self._origin.partition("://")[2], request.headers.get("host", "").lower()}
        if site != "same-origin" or origin.partition("://")[2] not in ours:
            raise HTTPException(403)

    async def _answer(
        self, request: Request, power: Power, do: Answers, *, changes: bool = False
    ) -> Response:
        now, token = self._now(), request.cookies.get(COOKIE, "")
        found = await entering.who_is(token, store=self._store, now=now) if token else None
        if found is None or not found[0].whole:
            return await _refused(request) if changes else _to_the_door(request)
        person = found[1]
        csrf = proofs.csrf_of(token)
        visit = Visit(request, person, POWERS_OF[person.role], token, csrf, now, self._zone, form=Entered())
        if power not in visit.powers:
            return _trouble(visit, 403, "Your account is not allowed to do this.")
        if changes:
            form = await entered_in(request)
            if form.secret("csrf") != csrf:
                return _trouble(replace(visit, form=form), 403, _ANOTHER_SESSION)
            visit = replace(visit, form=form)
        return await _in_words(visit, do)


async def _in_words(visit: Visit, do: Answers) -> Response:
    """Answer, or say what is wrong on a page of the desk."""
    try:
        return await do(visit)
    except NotFoundError as error:
        return _trouble(visit, 404, _said(error))
    except StoreError as error:
        log.error("a page of the desk could not be shown", error=str(error))
        return _trouble(visit, 503, "The store does not answer. Nothing was changed; try again in a minute.")
    except DigestError as error:
        return _trouble(visit, 422, _said(error))


def _trouble(visit: Visit, status: int, words: str) -> Response:
    """What is wrong, and what was written, for it stands nowhere else by now."""
    shown = written(visit.form)
    words = f"{words} {_WRITTEN_BELOW}" if shown else words
    return sheet(visit, "trouble", status=status, words=words, written=shown)


def _said(error: DigestError) -> str:
    text = words_for_all(error)
    return begun(text) + ("" if text.endswith((".", "!", "?")) else ".")


async def _refused(request: Request) -> Response:
    """What was sent is not done, and not lost either: it is shown to who sent it."""
    shown = await written_in(request)
    words = f"{_LOGGED_OUT} {_COPY}" if shown else _LOGGED_OUT
    place = place_of_form(request)
    return bare_sheet(request, "trouble_out", status=401, words=words, written=shown, place=place)


def _to_the_door(request: Request) -> Response:
    """To the page where one logs in, and from there back to where one wanted to go."""
    path = request.scope["path"]
    up = "../" * (path.count("/") - 2)
    query = request.url.query
    wanted = path.removeprefix("/admin/") + (f"?{query}" if query else "")
    return see_other(f"{up}enter" + (f"?to={quote(wanted, safe='/')}" if wanted else ""))
