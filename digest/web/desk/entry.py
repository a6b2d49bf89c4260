"""The door of the desk: logging in with a password and, where it is asked for, a code; logging out."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response

from digest.core.access import Power
from digest.flows import entering
from digest.flows.entering import Browser, Entered, Refused
from digest.store import people
from digest.store.database import Database
from digest.web.desk.entered import entered_at_the_door
from digest.web.desk.gate import COOKIE, DeskRoute, Gate
from digest.web.desk.places import place_in
from digest.web.desk.sheets import bare_sheet
from digest.web.desk.visit import Visit
from digest.web.forms import seen_from
from digest.web.linked import see_other

_WRONG: Final = "That name and password do not belong together."
_NOT_KEPT: Final = (
    "Your password is right, but your browser keeps no session here: open the desk by https, or on the "
    "machine itself under http://127.0.0.1 (from elsewhere through an SSH tunnel)."
)
_WRONG_CODE: Final = "That code is not the one of this moment. A code is good once."


class Entry:
    """The few pages that are open to everybody."""

    def __init__(self, *, store: Database, gate: Gate, now: Callable[[], datetime]) -> None:
        """Let people in to the desk behind `gate`."""
        self._store: Final = store
        self._gate: Final = gate
        self._now: Final = now

    def routes(self) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            DeskRoute("/admin", self._to_first, "GET", None),
            DeskRoute("/admin/enter", self._show, "GET", None),
            self._gate.open_act("/admin/enter", self._enter),
            DeskRoute("/admin/code", self._show_code, "GET", None),
            self._gate.open_act("/admin/code", self._give_code),
            self._gate.act("/admin/leave", Power.OWN, self._leave),
        ]

    async def _to_first(self, request: Request) -> Response:
        return see_other("admin/")

    async def _show(self, request: Request) -> Response:
        asked = request.query_params
        place = place_in(asked.get("to", ""))
        if "kept" in asked and request.cookies.get(COOKIE):
            return see_other(place or "./")
        wrong = _NOT_KEPT if "kept" in asked else ""
        async with self._store.read() as connection:
            nobody = not await people.every(connection)
        return bare_sheet(
            *(request, "enter"),
            place=place,
            name="",
            wrong=wrong,
            left="left" in asked,
            chosen="chosen" in asked,
            nobody=nobody,
        )

    async def _enter(self, request: Request) -> Response:
        form = await entered_at_the_door(request)
        name, place = form.one("name")[:200], place_in(form.one("to"))
        found = await entering.log_in(
            *(name, form.secret("password"), browser_of(request)),
            store=self._store,
            now=self._now(),
            replaces=request.cookies.get(COOKIE, ""),
        )
        if isinstance(found, Entered):
            answer = _let_in(found, "code" if found.needs_code else place, place)
            return _looked_after(answer) if _may_be_lost(request) else answer
        wrong = later_words(found.wait) if found.wait else _WRONG
        answer = bare_sheet(
            *(request, "enter"),
            status=_status(found),
            place=place,
            name=name,
            wrong=wrong,
            left=False,
            chosen=False,
            nobody=False,
        )
        return to_wait(answer, found.wait)

    async def _show_code(self, request: Request) -> Response:
        return bare_sheet(request, "code", place=place_in(request.query_params.get("to", "")), wrong="")

    async def _give_code(self, request: Request) -> Response:
        form = await entered_at_the_door(request)
        place = place_in(form.one("to"))
        found = await entering.give_code(
            *(request.cookies.get(COOKIE, ""), form.one("code"), browser_of(request)),
            store=self._store,
            now=self._now(),
        )
        if isinstance(found, Entered):
            return _let_in(found, place, place)
        if found is None:
            return see_other(f"enter?to={place}" if place else "enter")
        wrong = later_words(found.wait) if found.wait else _WRONG_CODE
        answer = bare_sheet(request, "code", status=_status(found), place=place, wrong=wrong)
        return to_wait(answer, found.wait)

    async def _leave(self, visit: Visit) -> Response:
        await entering.log_out(visit.token, store=self._store)
        answer = see_other("enter?left=")
        answer.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="lax")
        # whoever sits down at this browser next finds none of our pages in it
        answer.headers["Clear-Site-Data"] = '"cache"'
        return answer


def _let_in(found: Entered, where: str, place: str) -> Response:
    to = f"{where}?to={place}" if found.needs_code and place else where
    answer = see_other(to or "./")
    # lax: a link in an alert mail opens the page it names, and no form of others is sent with it
    answer.set_cookie(COOKIE, found.token, path="/", secure=True, httponly=True, samesite="lax")
    return answer


def _may_be_lost(request: Request) -> bool:
    """True where a browser may keep no session: unencrypted, and not to a program on the same machine."""
    host = request.url.hostname or ""
    is_here = host in {"localhost", "127.0.0.1", "::1"} or host.endswith(".localhost")
    return request.url.scheme == "http" and not is_here


def _looked_after(answer: Response) -> Response:
    """The same, by way of a page that sees whether the session was kept, and says so if it was not."""
    to = answer.headers["location"]
    answer.headers["location"] = "enter?kept=" + ("" if to == "./" else f"&to={quote(to, safe='')}")
    return answer


def browser_of(request: Request) -> Browser:
    """Where a request comes from."""
    return Browser(seen_from(request), request.headers.get("user-agent", ""))


def _status(found: Refused | None) -> int:
    return 429 if found is not None and found.wait else 401


def later_words(wait: int) -> str:
    """What is said to who tried too often, with the seconds until the next try is looked at."""
    minutes = -(-wait // 60)
    return (
        f"Too many tries. The next one is looked at in {minutes} {'minute' if minutes == 1 else 'minutes'}."
    )


def to_wait(answer: Response, wait: int) -> Response:
    """The same for the program that asks."""
    if wait:
        answer.headers["Retry-After"] = str(wait)
    return answer
