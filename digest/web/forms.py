"""Forms as browsers send them: read whole or refused, every field a list of what was chosen in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

#: Far more than any form of ours holds, and too little to fill memory with.
MOST_BODY_BYTES: Final = 16_384
_MOST_FIELDS: Final = 200


class Form(dict[str, tuple[str, ...]]):
    """What was entered, by the names of fields."""

    def one(self, name: str) -> str:
        """The first value of a field; empty when it was left out."""
        return next(iter(self.get(name, ())), "").strip()

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field that can be chosen several times."""
        return tuple(value.strip() for value in self.get(name, ()) if value.strip())


async def form_of(request: Request) -> Form:
    """The form in the body of a request; refuses what no form of ours sends (RFC 1866, 8.2.1)."""
    return form_from(await body_of(request))


def form_from(body: bytes) -> Form:
    """The form in a body, all on one line. Signs that no address, name or choice has are taken out."""
    try:
        pairs = parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=_MOST_FIELDS
        )
    except ValueError:
        raise HTTPException(400) from None
    found: dict[str, list[str]] = {}
    for name, value in pairs:
        found.setdefault(name, []).append("".join(map(_printable, value)))
    return Form({name: tuple(values) for name, values in found.items()})


def _printable(sign: str) -> str:
    return sign if sign.isprintable() else " " if sign.isspace() else ""


async def body_of(request: Request, most: int = MOST_BODY_BYTES) -> bytes:
    """The body, unless it has more octets than what is expected here: by itself, a form of ours."""
    body = bytearray()
    try:
        async for chunk in request.stream():
            body += chunk
            if len(body) > most:
                raise HTTPException(413)
    except ClientDisconnect:
        raise HTTPException(400) from None
    return bytes(body)


def seen_from(request: Request) -> str:
    """The network address that a request came from."""
    return request.client.host if request.client else "nowhere"


Errors = Mapping[str, str]
