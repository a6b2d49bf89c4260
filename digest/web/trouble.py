"""Pages for what goes wrong: a link that is none, a call that cannot be, a store that does not answer."""

from __future__ import annotations

from typing import Final

import structlog
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException

from digest.errors import InputError, NotFoundError, StoreError
from digest.web.forms import seen_from
from digest.web.guesses import Guesses
from digest.web.linked import WrongLinkError, language_of
from digest.web.pages import page
from digest.web.shield import security_headers

log = structlog.get_logger(__name__)

#: When to come again if the store does not answer, in seconds.
_LATER: Final = {"Retry-After": "60"}


def add_to(app: FastAPI, guesses: Guesses, *, base_url: str) -> None:
    """Have the application answer every error with a page; but for who guesses links, who gets a word."""
    home = f"{base_url.rstrip('/')}/"

    def missing(request: Request) -> HTMLResponse:
        return page("missing", status=404, language=language_of(request), home=home)

    async def refused(request: Request, error: Exception) -> HTMLResponse:
        """One page for all links that are none: cut short, forged, or to a page that does not exist."""
        assert isinstance(error, HTTPException)
        if error.status_code == 404:
            answer = missing(request)
        else:
            answer = page("refused", status=error.status_code, language=language_of(request))
        answer.headers.update(error.headers or {})
        return answer

    async def wrong_link(request: Request, error: Exception) -> Response:
        wait = guesses.one_more(seen_from(request))
        if not wait:
            return await refused(request, error)
        # a page costs far more than the guess did
        headers = {"Retry-After": str(wait)}
        return PlainTextResponse("Too many links that are none.\n", status_code=429, headers=headers)

    async def gone(request: Request, error: Exception) -> HTMLResponse:
        """What was there when the page was made, and is not any more: a newsletter closed meanwhile."""
        return missing(request)

    async def untakeable(request: Request, error: Exception) -> HTMLResponse:
        """What no store keeps, in a path or a query of somebody's making: no page of ours asks for it."""
        return page("refused", status=422, language=language_of(request))

    app.add_exception_handler(WrongLinkError, wrong_link)
    app.add_exception_handler(InputError, untakeable)
    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(NotFoundError, gone)
    app.add_exception_handler(StoreError, _store_fails)
    app.add_exception_handler(Exception, _fault)


async def _store_fails(request: Request, error: Exception) -> HTMLResponse:
    log.error("a page could not be shown", error=str(error))
    answer = page("unavailable", status=503, language=language_of(request))
    answer.headers.update(_LATER)
    return answer


async def _fault(request: Request, error: Exception) -> HTMLResponse:
    """A fault of our own; its trace goes to the log of the server. The shield does not see this answer."""
    answer = page("unavailable", status=500, language=language_of(request))
    for name, value in security_headers().items():
        answer.headers.setdefault(name, value)
    return answer
