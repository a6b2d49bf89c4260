"""What goes wrong, in the words of RFC 9457: one shape for every error, and never a trace of our code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Mapping
from http import HTTPStatus
from typing import Any, Final

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException
from starlette.routing import Match, Route

from digest.errors import DigestError, NotFoundError, StoreError, TransportError, words_for_all
from digest.web.request_ids import request_id
from digest.web.shield import security_headers
from subscribers.wishes import WishError

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
#: When to come again if the store does not answer, in seconds.
_LATER: Final = {"Retry-After": "60"}
_UNPROCESSABLE: Final = 422
#: As RFC 9110 has them; the standard library of some versions says it otherwise.
_TITLES: Final = {413: "Content Too Large", 422: "Unprocessable Content"}


Handler = Callable[[Request, Exception], Awaitable[JSONResponse]]


class Fault(BaseModel):
    """What is wrong with one value."""

    model_config = ConfigDict(extra="forbid")

    at: str = Field(description="Where it stands: `body.items.0.title`, `query.limit`.")
    detail: str = Field(description="What is wrong, in plain words.")


class Problem(BaseModel):
    """An error (RFC 9457)."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "type": "about:blank",
                    "title": "Not Found",
                    "status": 404,
                    "detail": "briefing 17 does not exist",
                }
            ]
        },
    )

    type: str = Field(description="Always `about:blank`: the status says what kind of problem it is.")
    title: str = Field(description="The status in words.")
    status: int = Field(ge=400, le=599)
    detail: str = Field(description="What is wrong and how to mend it, for people.")
    request_id: str | None = Field(
        None, description="The id of the request, as in its X-Request-ID: by it the log tells more."
    )
    errors: list[Fault] | None = Field(None, description="Value by value, where several may be wrong.")


class RefusedError(Exception):
    """A call that is not carried out, with the status and the words of the answer."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        """Answer with this status."""
        super().__init__(detail)
        self.status: Final = status
        self.detail: Final = detail
        self.headers: Final = dict(headers or {})


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    errors: Iterable[Fault] = (),
) -> JSONResponse:
    """The answer that tells of an error."""
    document: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status) or HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    word = request_id()
    if word is not None:
        document["request_id"] = word
    told = [one.model_dump() for one in errors]
    if told:
        document["errors"] = told
    return JSONResponse(document, status, dict(headers or {}), MEDIA_TYPE)


def add_to(api: FastAPI) -> None:
    """Have the API answer every error with a problem."""
    for kind, tell in _TOLD_BY.items():
        api.add_exception_handler(kind, _with_ration(tell))


def _with_ration(tell: Handler) -> Handler:
    """What went wrong, and how many calls may follow, where it is known who called."""

    async def told(request: Request, error: Exception) -> JSONResponse:
        answer = await tell(request, error)
        answer.headers.update(getattr(request.state, "ration", {}))
        return answer

    return told


async def _refused(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RefusedError)
    return problem(error.status, error.detail, headers=error.headers)


async def _no_such_call(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    headers = dict(error.headers or {})
    if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED:
        methods = _methods_of(request)
        return problem(
            405,
            f"{request.method} is not known here: {', '.join(methods)} is",
            headers={"Allow": ", ".join(methods)},
        )
    if error.status_code == HTTPStatus.NOT_FOUND:
        return problem(404, "there is nothing under this path: see /api/openapi.json", headers=headers)
    if error.status_code == HTTPStatus.BAD_REQUEST:
        return problem(400, "the body is not JSON in UTF-8", headers=headers)
    return problem(error.status_code, str(error.detail), headers=headers)


def _methods_of(request: Request) -> list[str]:
    """All methods of a path; several routes may share it (RFC 9110, 15.5.6)."""
    found: set[str] = set()
    for route in request.app.router.routes:
        if isinstance(route, Route) and route.matches(request.scope)[0] is not Match.NONE:
            found |= route.methods or set()
    return sorted(found)


async def _not_understood(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    told = error.errors()
    if any(one["type"] == "json_invalid" for one in told):
        return problem(400, "the body is not JSON in UTF-8")
    faults = [Fault(at=".".join(map(str, one["loc"])), detail=_words_of(one)) for one in told[:50]]
    first = faults[0]
    more = f", and {len(told) - 1} more" if len(told) > 1 else ""
    return problem(_UNPROCESSABLE, f"{first.at}: {first.detail}{more}", errors=faults)


def _words_of(error: Mapping[str, Any]) -> str:
    words = str(error["msg"]).removeprefix("Value error, ")
    return words[:1].lower() + words[1:]


async def _not_taken(request: Request, error: Exception) -> JSONResponse:
    """What a person could mend; nothing was changed."""
    if isinstance(error, StoreError | TransportError):
        log.error("a call could not be carried out", error=str(error))
        return problem(503, "the store does not answer; nothing was changed: try again", headers=_LATER)
    status = 404 if isinstance(error, NotFoundError) else _UNPROCESSABLE
    return problem(status, words_for_all(error))


async def _our_fault(request: Request, error: Exception) -> JSONResponse:
    """A fault of ours; its trace goes to the log of the server."""
    headers = dict(security_headers())
    return problem(500, "this is a fault of ours; the log of the server says more", headers=headers)


_TOLD_BY: Final[dict[type[Exception], Handler]] = {
    RefusedError: _refused,
    HTTPException: _no_such_call,
    RequestValidationError: _not_understood,
    DigestError: _not_taken,
    WishError: _not_taken,
    Exception: _our_fault,
}
