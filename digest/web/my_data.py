"""What is kept about a reader: handed out as a file, or erased after a question."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from pydantic_core import to_json
from starlette.routing import Route

from digest.flows import by_link, my_data
from digest.render.words import words_for
from digest.store.database import Database
from digest.web.linked import language_of, nobody, see_other, subject_of
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.shown import shown
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)

FILE_NAME: Final = "my-data.json"


class MyData:
    """Answers for `/preferences/…/data` and `/preferences/…/erase`."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        return [
            shows("/preferences/{token}/data", self.show_above),
            acts("/preferences/{token}/data", self.hand_out),
            shows("/preferences/{token}/erase", self.ask),
            acts("/preferences/{token}/erase", self.erase),
        ]

    async def show_above(self, token: str) -> Response:
        """Who opens the address of the file finds the page with the button."""
        self._subject(token)
        return see_other(f"../{token}")

    async def hand_out(self, token: str, request: Request) -> Response:
        """The file."""
        found = await my_data.all_behind(self._subject(token), store=self._store)
        if found is None:
            return nobody(request, up="../../")
        return Response(
            to_json(found, indent=2) + b"\n",
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="{FILE_NAME}"'},
        )

    async def ask(self, token: str, request: Request) -> Response:
        """Say what would be forgotten, and what remains, with a button."""
        seen = await by_link.look(self._subject(token), store=self._store, now=self._now())
        if seen is None:
            return nobody(request, up="../../")
        language = seen.reader.profile.language
        said = shown(seen, self._now(), words_for(language))
        return page(
            "erase",
            language=language,
            newsletter=seen.newsletter,
            shown=said,
            others=seen.others,
            token=token,
            up="../../",
        )

    async def erase(self, token: str, request: Request) -> Response:
        """Forget the reader."""
        subscription = self._subject(token)
        language = language_of(request)
        seen = await by_link.look(subscription, store=self._store, now=self._now())
        if seen is not None:
            language = seen.reader.profile.language
        if not await my_data.erase_behind(subscription, store=self._store, now=self._now()):
            return nobody(request, up="../../")
        log.info("a reader was erased", subscription=subscription)
        return page("erased", language=language)

    def _subject(self, token: str) -> int:
        return subject_of(self._tokens, Purpose.PREFERENCES, token)
