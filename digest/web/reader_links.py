"""The pages behind the links in a mail. GET and HEAD only show; a POST writes rows through a flow."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response
from starlette.exceptions import HTTPException

from digest.flows import by_link
from digest.flows.by_link import Seen
from digest.flows.leaving import Leaving, Leavings
from digest.render.words import words_for
from digest.store.database import Database
from digest.web.forms import body_of
from digest.web.one_click import is_one_click
from digest.web.pages import language_asked_for, page
from digest.web.shown import shown
from subscribers.model import Standing
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)

#: Reasons in the history of a standing.
ON_THE_PAGE: Final = "unsubscribed on the page"
BY_ONE_CLICK: Final = "unsubscribed by one click (RFC 8058)"
TAKEN_BACK: Final = "took the unsubscribing back on the page"

#: From these, nothing more will be sent, whatever the reader does now.
_OVER: Final = frozenset({Standing.LEFT, Standing.COMPLAINED, Standing.SUPPRESSED})
_SHOWS: Final = ["GET", "HEAD"]


class ReaderLinks:
    """Answers for `/unsubscribe` and `/preferences`; a token is looked at before the store is."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now
        self._leavings: Final = Leavings(store=store, now=now)

    def router(self) -> APIRouter:
        """The paths, and what answers on each."""
        router = APIRouter()
        router.add_api_route("/unsubscribe/{token}", self.ask, methods=_SHOWS)
        router.add_api_route("/unsubscribe/{token}", self.leave, methods=["POST"])
        # who comes back to the address of that answer is asked like anybody
        router.add_api_route("/unsubscribe/{token}/undo", self.ask_again, methods=_SHOWS)
        router.add_api_route("/unsubscribe/{token}/undo", self.take_back, methods=["POST"])
        router.add_api_route("/preferences/{token}", self.preferences, methods=_SHOWS)
        return router

    async def ask(self, token: str, request: Request) -> Response:
        """Say what would end, and for whom, with a button."""
        return self._unsubscribing(await self._seen(Purpose.UNSUBSCRIBE, token), token, request, up="../")

    async def ask_again(self, token: str, request: Request) -> Response:
        """The same, one step further down."""
        return self._unsubscribing(await self._seen(Purpose.UNSUBSCRIBE, token), token, request, up="../../")

    async def leave(self, token: str, request: Request) -> Response:
        """End the subscription: for a mail program in a word (RFC 8058), for a person with a page."""
        subscription = self._subscription(Purpose.UNSUBSCRIBE, token)
        one_click = is_one_click(request.headers.get("content-type", ""), await body_of(request))
        reason = BY_ONE_CLICK if one_click else ON_THE_PAGE
        if await self._leavings.end(Leaving(subscription, reason)):
            log.info("a reader left", subscription=subscription, reason=reason)
        if one_click:
            return PlainTextResponse("You are unsubscribed.\n")
        return self._unsubscribing(await self._look(subscription), token, request, up="../")

    async def take_back(self, token: str, request: Request) -> Response:
        """Undo a leaving."""
        subscription = self._subscription(Purpose.UNSUBSCRIBE, token)
        if await by_link.take_back(subscription, reason=TAKEN_BACK, store=self._store, now=self._now()):
            log.info("a reader came back", subscription=subscription, reason=TAKEN_BACK)
        seen = await self._look(subscription)
        if seen is not None and seen.reader.standing is Standing.ACTIVE:
            return self._page("returned", seen, token=token, up="../../")
        return self._unsubscribing(seen, token, request, up="../../")

    async def preferences(self, token: str, request: Request) -> Response:
        """Say in plain words what the reader gets, and when."""
        seen = await self._seen(Purpose.PREFERENCES, token)
        if seen is None:
            return self._nobody(token, request, up="../")
        leaving = self._tokens.make(Purpose.UNSUBSCRIBE, seen.reader.id)
        return self._page("preferences", seen, token=leaving, up="../")

    def _subscription(self, purpose: Purpose, token: str) -> int:
        found = self._tokens.read(purpose, token)
        if found is None:
            raise HTTPException(404)
        return found

    async def _seen(self, purpose: Purpose, token: str) -> Seen | None:
        return await self._look(self._subscription(purpose, token))

    async def _look(self, subscription: int) -> Seen | None:
        return await by_link.look(subscription, store=self._store, now=self._now())

    def _unsubscribing(self, seen: Seen | None, token: str, request: Request, *, up: str) -> Response:
        """The question, or that it is done."""
        if seen is None:
            return self._nobody(token, request, up=up)
        return self._page("left" if seen.reader.standing in _OVER else "leave", seen, token=token, up=up)

    def _nobody(self, token: str, request: Request, *, up: str) -> Response:
        """For an erased reader it is done; there is nobody to name, and no language but the browser's."""
        language = language_asked_for(request.headers.get("accept-language", ""))
        return page("left", language=language, shown=None, token=token, up=up)

    def _page(self, name: str, seen: Seen, *, token: str, up: str) -> Response:
        """A page about a subscription. Its links go `up` first: what stands before our paths is not ours."""
        language = seen.reader.profile.language
        said = shown(seen, self._now(), words_for(language))
        return page(name, language=language, shown=said, token=token, up=up)
