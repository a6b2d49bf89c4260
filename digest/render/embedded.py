"""A picture that a mail brings along, as a part of it: encoded once, shared by all copies that show it."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from digest.core.picturing import Embedded

#: Of a digest that many digits tell any two pictures apart.
_DIGITS: Final = 32
_DIGITS_OF_NAME: Final = 8
_ENDINGS: Final = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
#: Octets of the boundary around a part, with ample room.
_ROOM_FOR_BOUNDARY: Final = 80


@dataclass(frozen=True, slots=True)
class PicturePart:
    """A part of multipart/related (RFC 2387), which HTML names by its Content-ID (RFC 2392)."""

    #: what HTML says as its address
    src: str
    picture: Embedded
    #: header and content, in whole lines
    encoded: bytes = field(repr=False)

    @property
    def octets(self) -> int:
        """What it adds to a mail."""
        return len(self.encoded) + _ROOM_FOR_BOUNDARY

    @property
    def data_uri(self) -> str:
        """The picture within its own address, for pages that are no mails (RFC 2397)."""
        content = base64.b64encode(self.picture.content).decode("ascii")
        return f"data:{self.picture.content_type};base64,{content}"


def part_of(picture: Embedded, domain: str) -> PicturePart:
    """The part of a picture in mails of a domain; what shows the same picture has the same Content-ID."""
    content_id = f"{picture.digest[:_DIGITS]}@{domain}"
    name = f"{picture.digest[:_DIGITS_OF_NAME]}.{_ENDINGS[picture.content_type]}"
    head = (
        f"Content-Type: {picture.content_type}",
        "Content-Transfer-Encoding: base64",
        f"Content-ID: <{content_id}>",
        f'Content-Disposition: inline; filename="{name}"',
        "",
        "",
    )
    # RFC 2045 section 6.8: lines of 76 characters
    lines = base64.encodebytes(picture.content).replace(b"\n", b"\r\n")
    return PicturePart(f"cid:{content_id}", picture, "\r\n".join(head).encode() + lines)


def with_data_uris(html: str, parts: Iterable[PicturePart]) -> str:
    """HTML that holds its pictures itself."""
    for part in parts:
        html = html.replace(f'src="{part.src}"', f'src="{part.data_uri}"')
    return html
