"""Paths of pages, and what answers on them: with the parts of the path that it names, and with the request.

The framework's own routes also look for arguments in queries, cookies and bodies, at every call. No page has
such arguments, and to find that out each time costs about what a short page does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from inspect import signature
from typing import Any, Final

from fastapi import Request
from fastapi.responses import Response
from starlette.convertors import IntegerConvertor, register_url_convertor
from starlette.routing import Match, Route
from starlette.types import Scope

#: What answers: its arguments are the names in the path, and `request` where it wants that.
Answer = Callable[..., Awaitable[Response]]

_REQUEST: Final = "request"


class _Number(IntegerConvertor):
    """A number of the store's; a longer one is a path that is not there, and no error of the store."""

    regex = "[0-9]{1,18}"


register_url_convertor("int", _Number())


class KnownRoute(Route):
    """A path that says to whoever asks later, as the framework's own do, which one it was."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Whether it is asked for."""
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


def shows(path: str, answer: Answer) -> Route:
    """For GET and HEAD: what is there."""
    return route(path, answer, "GET")


def acts(path: str, answer: Answer) -> Route:
    """For POST: what changes something."""
    return route(path, answer, "POST")


def route(path: str, answer: Answer, method: str) -> Route:
    """What answers a method on a path; who answers GET answers HEAD too."""
    wants_request = _REQUEST in signature(answer).parameters

    async def endpoint(request: Request) -> Response:
        given: dict[str, Any] = request.path_params
        return await (answer(request=request, **given) if wants_request else answer(**given))

    return KnownRoute(path, endpoint, methods=[method])
