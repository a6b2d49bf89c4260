"""The page behind the link of a question. GET and HEAD only show it; the button on it says yes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.flows import confirming
from digest.flows.confirming import Put, Question
from digest.render.characters import one_line
from digest.render.words import words_for
from digest.store.database import Database
from digest.web.forms import seen_from
from digest.web.linked import subject_of
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.shown import shown
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)

_PAGES: Final = {Question.OPEN: "confirm", Question.ANSWERED: "confirmed", Question.OVER: "over"}


class Confirming:
    """Answers for `/confirm`; a token is looked at before the store is."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now

    def routes(self) -> list[Route]:
        """The path, and what answers on it."""
        return [
            shows("/confirm/{token}", self.ask),
            acts("/confirm/{token}", self.confirm),
        ]

    async def ask(self, token: str) -> Response:
        """Say what would come, and where to, with a button."""
        put = await confirming.look(self._question(token), store=self._store, now=self._now())
        return self._page(put, token)

    async def confirm(self, token: str, request: Request) -> Response:
        """Take the yes; a second one finds it done."""
        question = self._question(token)
        put = await confirming.confirm(
            question, seen_from=seen_from(request), store=self._store, now=self._now()
        )
        log.info("a question was answered", question=question)
        return self._page(put, token)

    def _question(self, token: str) -> int:
        return subject_of(self._tokens, Purpose.CONFIRM, token)

    def _page(self, put: Put | None, token: str) -> Response:
        """The page for how the question stands. Its links go up first: what stands before is not ours."""
        if put is None:
            raise HTTPException(404)
        if put.seen is None:
            return page("over", shown=None, subscribe="")
        language = put.seen.reader.profile.language
        words = words_for(language)
        said = shown(put.seen, self._now(), words)
        choices = self._tokens.make(Purpose.PREFERENCES, put.seen.reader.id)
        leaving = self._tokens.make(Purpose.UNSUBSCRIBE, put.seen.reader.id)
        return page(
            _PAGES[put.question],
            subscribe=put.seen.newsletter.slug if put.seen.newsletter.sign_up else "",
            language=language,
            shown=said,
            token=token,
            choices=choices if put.question is Question.ANSWERED else "",
            leaving=leaving if put.question is Question.ANSWERED else "",
            also=words.listed(map(one_line, put.also)),
            newsletter=put.seen.newsletter,
            up="../",
        )
