"""The page behind the two mails about a change of address: the new one says yes there, the old one no."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.core.notices import NoticeKind
from digest.flows import moving
from digest.flows.by_link import Seen
from digest.flows.moving import Move, Moving
from digest.render.greetings import masked, of_a_move
from digest.render.words import words_for
from digest.store.database import Database
from digest.web.linked import language_of, subject_of
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.shown import shown
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)


class Addresses:
    """Answers for `/address`; the token names the notice in which it was mailed."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now

    def routes(self) -> list[Route]:
        """The path, and what answers on it."""
        return [
            shows("/address/{token}", self.ask),
            acts("/address/{token}", self.answer),
        ]

    async def ask(self, token: str, request: Request) -> Response:
        """Say what would move, with a button."""
        notice = subject_of(self._tokens, Purpose.ADDRESS, token)
        return self._page(await moving.look(notice, store=self._store, now=self._now()), token, request)

    async def answer(self, token: str, request: Request) -> Response:
        """Take the yes of the new address, or the no of the old one."""
        notice = subject_of(self._tokens, Purpose.ADDRESS, token)
        found = await moving.answer(notice, store=self._store, now=self._now())
        log.info("a question about an address was answered", notice=notice)
        return self._page(found, token, request)

    def _page(self, found: Moving | None, token: str, request: Request) -> Response:
        if found is None:
            raise HTTPException(404)
        if found.reader is None or found.newsletter is None:
            return page("unmoved", language=language_of(request), shown=None, up="../")
        reader = found.reader
        words = words_for(reader.profile.language)
        kind = NoticeKind.MOVE if found.says_yes else NoticeKind.MOVING
        done = found.move is Move.DONE
        name = {
            Move.OPEN: "moving",
            Move.DONE: "moved",
            Move.OVER: "unmoved",
        }[found.move]
        seen = Seen(reader, found.newsletter, (), None, may_return=False)
        return page(
            name,
            language=reader.profile.language,
            newsletter=found.newsletter,
            shown=shown(seen, self._now(), words),
            asked=of_a_move(kind, found.old, found.new, words)["asked"],
            says_yes=found.says_yes,
            comes_to=masked(reader.address),
            # who has just proved that the address is theirs may look at what comes to it
            choices=self._tokens.make(Purpose.PREFERENCES, reader.id) if done else "",
            token=token,
            up="../",
        )
