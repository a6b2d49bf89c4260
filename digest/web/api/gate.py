"""The gate of the API: no call without a key, its power, a ration that is left, and a body of the right kind.

Whoever adds one says which power it needs, or it cannot be added; the tests
read that from the routes themselves. Cookies are not looked at, so no page elsewhere can make a call.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from contextlib import suppress
from datetime import datetime, timedelta
from email.message import Message
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from digest.core.access import Power, powers_of_key
from digest.core.rates import Rates, Ration
from digest.errors import StoreError
from digest.flows import proofs
from digest.store import people
from digest.store.database import Database
from digest.web.api.calls import Call
from digest.web.api.once import Once, Repeatable
from digest.web.api.problems import RefusedError

#: Of a body in JSON: an article with all its markup, or some hundred items of news.
MOST_JSON_BYTES: Final = 4_000_000
#: Of a roster: some hundred thousand readers.
MOST_ROSTER_BYTES: Final = 64_000_000
#: A key that is in use is noted so often; its calls are not slowed down by that.
_NOTED_EVERY: Final = timedelta(minutes=5)
_REALM: Final = 'Bearer realm="digest"'
JSON: Final = "application/json"

Handler = Callable[[Request], Awaitable[Response]]


class GuardedRoute(APIRoute):
    """A path of the API: the power that it needs, what body it takes, and how a call of it is repeated."""

    def __init__(
        self,
        path: str,
        endpoint: Callable[..., Any],
        *,
        gate: Gate,
        power: Power,
        repeatable: Repeatable,
        takes: str,
        **more: Any,
    ) -> None:
        """Let only calls through that the gate lets through; `takes` is empty where there is no body."""
        self.gate: Final = gate
        self.power: Final = power
        self.repeatable: Final = repeatable
        self.takes: Final = takes
        super().__init__(path, endpoint, **more)

    @property
    def may_miss(self) -> bool:
        """True where what is named in the path, or in the body, may not exist."""
        return "{" in self.path or bool(self.takes) or bool(self.dependant.query_params)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """What answers: the gate, and what stands behind it."""
        inner = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            return await self.gate.answer(request, self, inner)

        return guarded


class Gate:
    """Looks at who calls, and lets through who may."""

    def __init__(self, *, store: Database, rates: Rates, now: Callable[[], datetime]) -> None:
        """Stand before the API."""
        self._store: Final = store
        self._rates: Final = rates
        self._now: Final = now
        self._once: Final = Once(store)

    async def answer(self, request: Request, route: GuardedRoute, inner: Handler) -> Response:
        """Answer a call, or say why not."""
        call = await self._caller(request)
        ration = self._rates.take(call.key.id, call.now)
        # it stands on whatever is answered, errors among them
        request.state.ration = told = self._told(ration)
        if not ration.allowed:
            words = f"this key has made {self._rates.most} calls in {_words(self._rates.span)}: slow down"
            raise RefusedError(429, words, {"Retry-After": str(max(ration.next_in, 1))})
        answer = await self._let_through(request, route, inner, call)
        answer.headers.update(told)
        return answer

    async def _let_through(
        self, request: Request, route: GuardedRoute, inner: Handler, call: Call
    ) -> Response:
        if route.power not in call.powers:
            scope = f'{_REALM}, error="insufficient_scope", scope="{route.power}"'
            raise RefusedError(
                403, f"this key may not do that: it needs {route.power}", {"WWW-Authenticate": scope}
            )
        _require_known_query(request, route)
        if route.takes:
            await _take_body(request, route)
        word = request.headers.get("idempotency-key")
        request.state.call = call
        if route.repeatable is Repeatable.ANYWAY or word is None:
            return await inner(request)
        return await self._once.answer(request, route.repeatable, word, call, inner)

    async def _caller(self, request: Request) -> Call:
        """Who calls; the words are the same for a key that never was and one that was revoked."""
        kind, _, key = request.headers.get("authorization", "").strip().partition(" ")
        if kind.lower() != "bearer" or not key.strip():
            raise RefusedError(401, "say who calls: Authorization: Bearer KEY", {"WWW-Authenticate": _REALM})
        now = self._now()
        async with self._store.read() as connection:
            found = await people.key_by_hash(connection, proofs.hash_of(key.strip()))
        if found is None:
            wrong = f'{_REALM}, error="invalid_token"'
            raise RefusedError(401, "this key is not known, or was revoked", {"WWW-Authenticate": wrong})
        mine, person = found
        if mine.used_at is None or now - mine.used_at >= _NOTED_EVERY:
            # a call that only looks may be made while others write for long
            with suppress(StoreError):
                async with self._store.write() as connection:
                    await people.key_used(connection, mine.id, now)
        return Call(mine, person, powers_of_key(person.role, mine.scopes), now, self._store)

    def _told(self, ration: Ration) -> dict[str, str]:
        """How much may follow (draft-ietf-httpapi-ratelimit-headers)."""
        span = int(self._rates.span.total_seconds())
        return {
            "RateLimit-Policy": f'"key";q={self._rates.most};w={span}',
            "RateLimit": f'"key";r={ration.left};t={ration.whole_in}',
        }


def _require_known_query(request: Request, route: GuardedRoute) -> None:
    """A slip in the name of a filter must not pass for a call without one."""
    known = {one.alias for one in route.dependant.query_params}
    for name in request.query_params:
        if name not in known:
            choice = f"choose among {', '.join(sorted(known))}" if known else "there is none here"
            raise RefusedError(422, f"query.{name} is not known: {choice}")
        if len(request.query_params.getlist(name)) > 1:
            raise RefusedError(422, f"query.{name} is given twice: say it once")


async def _take_body(request: Request, route: GuardedRoute) -> None:
    """Read the body whole, unless it is of another kind, or too large."""
    said = Message()
    said["content-type"] = request.headers.get("content-type", "")
    if said.get_content_type() != route.takes or "content-type" not in request.headers:
        raise RefusedError(415, f"the body has to be {route.takes}", {"Accept": route.takes})
    most = MOST_JSON_BYTES if route.takes == JSON else MOST_ROSTER_BYTES
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise RefusedError(413, f"the body is too large: at most {most:,} bytes are taken")
    except ClientDisconnect:
        raise RefusedError(400, "the body was cut short") from None
    # where `Request.body` keeps what was read
    request._body = bytes(body)


def _words(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    return "a minute" if seconds == 60 else f"{seconds} seconds"
