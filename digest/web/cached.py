"""Public answers that may be kept: a tag for each, and nothing made anew for who has it already."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable, Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import cache
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from digest import __version__
from digest.flows import archive
from digest.render.environment import templates_folder
from digest.render.words import DOMAIN, LOCALES
from digest.store.database import Database
from digest.web.linked import language_of

#: For how long a page is shown without asking again, in seconds: what is withdrawn is gone after that.
PAGE_AGE: Final = 120
FEED_AGE: Final = 300


class Cached:
    """Answers from what the store says now, unless the one who asks has that already.

    A tag is made of all that an answer depends on: how often the pages have changed, the program with its
    templates and words, its settings, the language, and the address asked for.
    """

    def __init__(self, *, store: Database, settings: Iterable[str]) -> None:
        """`settings` are those that show in answers."""
        self._store: Final = store
        self._settings: Final = tuple(settings)

    async def answer(
        self,
        request: Request,
        make: Callable[[str], Awaitable[Response]],
        *,
        age: int = PAGE_AGE,
        speaks: bool = True,
    ) -> Response:
        """What `make` says in the language asked for; with `speaks` false it has none of its own."""
        language = language_of(request) if speaks else "en"
        version = await archive.version(store=self._store)
        tag = self._tag(str(version), language, request.url.path, request.url.query)
        headers = {"Cache-Control": f"public, max-age={age}", "ETag": tag, "X-Robots-Tag": "all"}
        if speaks:
            headers["Vary"] = "Accept-Language"
        if _has(request.headers.get("if-none-match", ""), tag):
            return Response(status_code=304, headers=headers)
        answer = await make(language)
        if answer.status_code == 200:
            for name, value in headers.items():
                answer.headers.setdefault(name, value)
        elif speaks:
            answer.headers["Vary"] = "Accept-Language"
        return answer

    def _tag(self, *parts: str) -> str:
        said = "\n".join((_program(), *self._settings, *parts))
        return f'"{hashlib.sha256(said.encode()).hexdigest()[:24]}"'


def modified(answer: Response, at: datetime | None) -> Response:
    """The answer, saying when what it shows was last changed.

    Only told: what is withdrawn changes an answer without being in it, so nobody is answered by this alone.
    """
    if at is not None:
        answer.headers["Last-Modified"] = format_datetime(at.replace(microsecond=0), usegmt=True)
    return answer


def _has(header: str, tag: str) -> bool:
    """True when an If-None-Match header (RFC 9110, 13.1.2) names the tag."""
    return tag in (one.strip().removeprefix("W/") for one in header.split(","))


@cache
def _program() -> str:
    """What is another one whenever templates, words or the program change."""
    digest = hashlib.sha256(__version__.encode())
    pages = sorted((templates_folder() / "web" / "reader").iterdir())
    for path in (*pages, *sorted(LOCALES.glob(f"*/LC_MESSAGES/{DOMAIN}.mo"))):
        digest.update(path.read_bytes())
    return digest.hexdigest()
