"""How a path is added to the API: with its power, or not at all, and with all that its description says."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Path, Query
from pydantic import BaseModel
from starlette.convertors import Convertor, register_url_convertor

from digest.core.access import Power
from digest.web.api.gate import JSON, Gate, GuardedRoute
from digest.web.api.once import Repeatable

T = TypeVar("T")

#: What a call is answered with, before its model has looked at it.
Document = dict[str, Any]
Answers = Callable[..., Any]
#: The model of an answer; None for what is no JSON
Shows = type[BaseModel] | None

ROOT: Final = "/api/v1"
#: More than any store counts to.
LARGEST: Final = 2**63 - 1
#: At most so many in one answer: a million readers are had in pages, or as an export.
_MOST: Final = 1_000


class _Address(Convertor[str]):
    """A mail address in a path: before its sign it may hold a slash, and none behind it."""

    regex = "[^?]*@[^/@]+"

    def convert(self, value: str) -> str:
        """As it stands."""
        return value

    def to_string(self, value: str) -> str:
        """As it stands."""
        return value


register_url_convertor("address", _Address())

Id = Annotated[int, Path(ge=1, le=LARGEST, examples=[1])]
Email = Annotated[str, Path(max_length=320, pattern="^[^@]+@[^@/]+$", examples=["ada@example.org"])]
Slug = Annotated[str, Path(pattern="^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60, examples=["daily"])]
Limit = Annotated[int, Query(ge=1, le=_MOST, description="At most so many.", examples=[20])]
After = Annotated[
    int,
    Query(
        ge=0, le=LARGEST, description="Go on behind this one: the `next` of the page before.", examples=[0]
    ),
]


class Listing(BaseModel, Generic[T]):
    """A part of a list; `next` is null at its end."""

    items: list[T]
    next: int | None


class Paths:
    """The paths of the API as they are added."""

    def __init__(self, gate: Gate) -> None:
        """All behind this gate."""
        self._gate: Final = gate
        self.routes: Final[list[GuardedRoute]] = []

    def get(self, path: str, power: Power, answers: Answers, shows: Shows, **more: Any) -> None:
        """A path to look at."""
        self._add("GET", path, power, answers, shows, Repeatable.ANYWAY, "", **more)

    def post(
        self,
        path: str,
        power: Power,
        answers: Answers,
        shows: Shows,
        *,
        repeatable: Repeatable = Repeatable.WHOLE,
        takes: str = JSON,
        **more: Any,
    ) -> None:
        """A path that makes something, or does something with what is there."""
        self._add("POST", path, power, answers, shows, repeatable, takes, **more)

    def act(
        self,
        path: str,
        power: Power,
        answers: Answers,
        shows: Shows,
        *,
        repeatable: Repeatable = Repeatable.WHOLE,
    ) -> None:
        """The same without a body."""
        self._add("POST", path, power, answers, shows, repeatable, "")

    def patch(self, path: str, power: Power, answers: Answers, shows: Shows) -> None:
        """A path that changes fields; the same once more changes nothing more."""
        self._add("PATCH", path, power, answers, shows, Repeatable.ANYWAY, JSON)

    def delete(self, path: str, power: Power, answers: Answers, shows: Shows) -> None:
        """A path that takes something away."""
        self._add("DELETE", path, power, answers, shows, Repeatable.ANYWAY, "")

    def _add(
        self,
        method: str,
        path: str,
        power: Power,
        answers: Answers,
        shows: Shows,
        repeatable: Repeatable,
        takes: str,
        **more: Any,
    ) -> None:
        words = (inspect.getdoc(answers) or "").partition("\n\n")
        self.routes.append(
            GuardedRoute(
                ROOT + path,
                answers,
                gate=self._gate,
                power=power,
                repeatable=repeatable,
                takes=takes,
                methods=[method],
                response_model=shows,
                operation_id=answers.__name__.strip("_"),
                summary=words[0].rstrip(".").replace("\n", " "),
                description=words[2],
                tags=[path.split("/")[1]],
                **more,
            )
        )


def part(
    found: Sequence[T], limit: int, cursor: Callable[[T], int], show: Callable[[T], Document]
) -> Document:
    """The document of a listing: the first `limit` of what was found, of which one more was asked for."""
    shown = found[:limit]
    return {
        "items": [show(one) for one in shown],
        "next": cursor(shown[-1]) if len(found) > limit else None,
    }
