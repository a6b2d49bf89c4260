"""Files of pages that never change under their name: fetched once, kept for a year."""

from __future__ import annotations

import hashlib
from functools import cache
from typing import Final, NamedTuple

from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.render.environment import templates_folder
from digest.web.paths import shows

_KINDS: Final = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_GOOD: Final = {"Cache-Control": "public, max-age=31536000, immutable"}


class _File(NamedTuple):
    content: bytes
    kind: str


def routes() -> list[Route]:
    """The paths, and what answers on them."""
    return [
        shows("/static/{name}", _show),
        # browsers ask for it beside every page, whatever that says
        shows("/favicon.ico", _icon),
    ]


@cache
def named(name: str) -> str:
    """The name under which a file is served: another one whenever its content changes."""
    return next(served for served in _files() if served.partition(".")[2] == name)


async def _show(name: str) -> Response:
    """A file by its whole name: what is asked for is never a path."""
    found = _files().get(name)
    if found is None:
        raise HTTPException(404)
    return Response(found.content, media_type=found.kind, headers=_FOR_GOOD)


async def _icon() -> Response:
    """The sign of the house; its name stays when it changes, so it is asked for again after a day."""
    found = _files()[named("desk.svg")]
    return Response(found.content, media_type=found.kind, headers={"Cache-Control": "public, max-age=86400"})


@cache
def _files() -> dict[str, _File]:
    """All that there is, by the names under which it is served: a hash, a dot, the file's own name."""
    found = {}
    for path in (templates_folder() / "web" / "static").iterdir():
        if path.suffix in _KINDS:
            content = path.read_bytes()
            served = f"{hashlib.sha256(content).hexdigest()[:12]}.{path.name}"
            found[served] = _File(content, _KINDS[path.suffix])
    return found
