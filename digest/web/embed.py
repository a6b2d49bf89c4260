"""Subscribing from other sites: a form for a frame, and an address for programs; the same limits hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Final

import structlog
from fastapi import Request
from fastapi.responses import JSONResponse, Response
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.flows.offers import Offer
from digest.flows.sign_up import Came, SignUp, sign_up
from digest.render.words import words_for
from digest.store.database import Database
from digest.web.forms import body_of, seen_from
from digest.web.pages import language_asked_for, page
from digest.web.paths import acts, route, shows
from digest.web.signing_up import TRAP, SigningUp, consent_to
from subscribers.consents import Shown
from subscribers.wishes import WishError, parse_address, parse_wishes

log = structlog.get_logger(__name__)

#: Any site may put its own form before this address; what is answered is worth nothing to a stranger.
_FROM_ANYWHERE: Final = {
    "Access-Control-Allow-Origin": "*",
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
    "Cross-Origin-Resource-Policy": "cross-origin",
}
Word = Annotated[str, Field(max_length=200)]


class Wanted(BaseModel):
    """What a program may say: names are those of the command line, what is left out is the default."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    email: Annotated[str, Field(max_length=320)]
    newsletters: Annotated[list[Word], Field(min_length=1, max_length=50)] | None = None
    name: Word = ""
    topics: Annotated[list[Word], Field(min_length=1, max_length=200)] | None = None
    sections: Annotated[list[Word], Field(min_length=1, max_length=20)] | None = None
    days: Word = ""
    at: Word = ""
    timezone: Word = ""
    at_once: bool | None = None
    format: Word = ""
    max_items: Annotated[int, Field(ge=1, le=1000)] | None = None
    language: Word = ""

    def words(self) -> dict[str, str]:
        """The wishes as options are typed."""
        lists = {name: ",".join(getattr(self, name) or ()) for name in ("topics", "sections")}
        plain = ("name", "days", "at", "timezone", "format", "language")
        said = lists | {name: getattr(self, name) for name in plain}
        if self.at_once is not None:
            said["at_once"] = "yes" if self.at_once else "no"
        if self.max_items is not None:
            said["max_items"] = str(self.max_items)
        return said


class Embedding:
    """Answers for `/embed/{newsletter}` and `/api/v1/subscribe`."""

    def __init__(self, *, store: Database, signing_up: SigningUp, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._signing_up: Final = signing_up
        self._now: Final = now

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        return [
            shows("/embed/{newsletter}", self.frame),
            acts("/api/v1/subscribe", self.subscribe),
            route("/api/v1/subscribe", self.may_come, "OPTIONS"),
        ]

    async def frame(self, newsletter: str, request: Request) -> Response:
        """One field and a button, to stand in a frame of another page."""
        found = await self._signing_up.offer()
        (one,) = found.named([newsletter]) or (None,)
        if one is None:
            raise HTTPException(404)
        language = request.query_params.get("language") or request.headers.get("accept-language", "")
        answer = page(
            "embed",
            language=language_asked_for(language),
            newsletter=one,
            framed=True,
            consent=consent_to([one], words_for(language_asked_for(language))),
            trap=TRAP,
            up="../",
        )
        answer.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return answer

    async def may_come(self) -> Response:
        """What browsers ask before they send a form of another site (the CORS protocol)."""
        return Response(status_code=204, headers=_FROM_ANYWHERE)

    async def subscribe(self, request: Request) -> Response:
        """Ask the owner of an address; 202 whoever that is."""
        try:
            wanted = Wanted.model_validate_json(await body_of(request))
        except ValidationError as error:
            return _refused({_field(one["loc"]): one["msg"] for one in error.errors(include_url=False)})
        found = await self._signing_up.offer()
        named = found.named(wanted.newsletters or [one.slug for one in found.newsletters[:1]])
        if not named or len(named) < len(set(wanted.newsletters or ())):
            return _refused({"newsletters": "not known, or not open to sign-up"})
        try:
            new = SignUp(
                parse_address(wanted.email),
                [one.slug for one in named],
                parse_wishes(wanted.words(), _names(found)),
                Shown(
                    "/api/v1/subscribe",
                    consent_to(named, words_for(wanted.language or "en")),
                    seen_from(request),
                ),
            )
        except WishError as error:
            return _refused({"error": str(error)})
        came = await self._signing_up.steadily(sign_up(new, store=self._store, now=self._now()))
        log.info("an address was entered", form="/api/v1/subscribe", came=came)
        if came is Came.TOO_MANY:
            late = {"Retry-After": "3600", **_FROM_ANYWHERE}
            return JSONResponse({"accepted": False}, status_code=429, headers=late)
        return JSONResponse({"accepted": True}, status_code=202, headers=_FROM_ANYWHERE)


def _names(found: Offer) -> dict[str, str]:
    return {topic.slug: topic.slug for topic in found.topics}


def _field(place: tuple[int | str, ...]) -> str:
    return str(place[0]) if place else "body"


def _refused(errors: dict[str, str]) -> Response:
    return JSONResponse({"accepted": False, "errors": errors}, status_code=422, headers=_FROM_ANYWHERE)
