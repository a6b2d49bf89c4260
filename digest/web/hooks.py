"""`/hooks/{provider}`: what mail providers post about copies of ours, signed; one line of text is the answer.

No session and no cookie is looked at, and no other site's page can sign: nothing can be forged across sites.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.core.limits import BY_WRONG_CALL
from digest.errors import StoreError
from digest.flows.hooks import Hooks
from digest.mail.hooks.called import Call, Provider, Refusal, RefusedError
from digest.mail.hooks.plugged import providers
from digest.web.forms import body_of, seen_from
from digest.web.guesses import Guesses
from digest.web.paths import acts

log = structlog.get_logger(__name__)

#: SendGrid posts up to 768 kB at a time, the others less.
MOST_BODY_BYTES: Final = 1_048_576
#: How often the log tells of calls that were refused, for one provider and reason.
_TELL_EVERY: Final = timedelta(minutes=1)
#: When to come again, in seconds.
_LATER: Final = {"Retry-After": "60"}
#: Amazon gives up after any 4xx, Postmark after 403; 401 names what is missing (RFC 9110, 15.5.2).
_STATUSES: Final = {
    Refusal.NO_SECRET: 403,
    Refusal.FORGED: 401,
    Refusal.STALE: 401,
    Refusal.REPLAYED: 401,
    Refusal.UNREADABLE: 400,
    Refusal.NO_LIBRARY: 503,
    Refusal.BROKEN: 503,
    Refusal.LATER: 503,
}
_BY_PASSWORD: Final = frozenset({Provider.POSTMARK, Provider.SPARKPOST})


class HookCalls:
    """Answers for `/hooks`."""

    def __init__(self, *, hooks: Hooks | None, now: Callable[[], datetime]) -> None:
        """Take the parts; without `hooks` there is no secret, and every call is refused."""
        self._hooks: Final = hooks
        self._now: Final = now
        self._guesses: Final = Guesses(now=now, limit=BY_WRONG_CALL, what="calls of hooks that are refused")
        self._refused: Final[Counter[tuple[str, Refusal]]] = Counter()
        self._told: Final[dict[tuple[str, Refusal], datetime]] = {}

    def routes(self) -> list[Route]:
        """The path, and what answers on it."""
        return [acts("/hooks/{provider}", self.take)]

    async def take(self, provider: str, request: Request) -> Response:
        """Take a call, and say so once what it told is durable."""
        if provider not in set(Provider) and provider not in providers():
            return _line("There is no such provider.", 404)
        try:
            await self._take(provider, request)
        except RefusedError as error:
            return self._refuse(provider, error.why, request)
        except HTTPException as error:
            return _line(error.detail, error.status_code)
        except StoreError as error:
            log.error("what a provider told could not be kept", provider=provider, error=str(error))
            return _line("The store does not answer: come again.", 503, _LATER)
        return _line("taken", 200)

    async def _take(self, provider: str, request: Request) -> None:
        if self._hooks is None:
            raise RefusedError(Refusal.NO_SECRET)
        body = await body_of(request, MOST_BODY_BYTES)
        headers = {name.lower(): value for name, value in request.headers.items()}
        await self._hooks.take(provider, Call(headers, body))

    def _refuse(self, provider: str, why: Refusal, request: Request) -> Response:
        self._note(provider, why)
        status = _STATUSES[why]
        if status == 503:
            return _line(why, status, _LATER)
        wait = self._guesses.one_more(seen_from(request))
        if wait:
            return _line("Too many calls that are refused.", 429, {"Retry-After": str(wait)})
        asks = status == 401 and provider in _BY_PASSWORD
        return _line(why, status, {"WWW-Authenticate": 'Basic realm="hooks"'} if asks else None)

    def _note(self, provider: str, why: Refusal) -> None:
        """Count a refusal, and tell the log of it now and then: who guesses shall not fill the disk."""
        key = provider, why
        self._refused[key] += 1
        now = self._now()
        if key not in self._told or now - self._told[key] >= _TELL_EVERY:
            count = self._refused.pop(key)
            self._told[key] = now
            log.warning("calls of a provider were refused", provider=provider, reason=str(why), count=count)


def _line(text: str, status: int, headers: dict[str, str] | None = None) -> PlainTextResponse:
    return PlainTextResponse(f"{text}\n", status_code=status, headers=headers)
