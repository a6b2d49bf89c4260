"""What is wrong with the pictures that a message brings along, and with the part that holds them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

from tests.wire.transmission import Part, boundary_of, related_in, value_of

MOST_PICTURES: Final = 3
MOST_OCTETS: Final = 30_000
#: RFC 2045 section 6.8: all lines but the last have 76 characters.
_LINE: Final = 76
_SIGNS: Final = {
    "image/png": (b"\x89PNG\r\n\x1a\n",),
    "image/jpeg": (b"\xff\xd8\xff",),
    "image/gif": (b"GIF87a", b"GIF89a"),
    "image/webp": (b"RIFF",),
}
#: RFC 2392: what HTML names, and RFC 2045 section 7: how the part is called.
_SRC: Final = re.compile(r"cid:([^\s\"'<>)]+)")
_CONTENT_ID: Final = re.compile(r"<([!#-;=?-~]+@[A-Za-z0-9.-]+)>")


def violations_of_pictures(outer: str, part: Part) -> Iterator[str]:
    """RFC 2387 and 2392: HTML first, then each picture that it names, once, and no other."""
    preamble, leaves, epilogue = related_in(part)
    if not leaves:
        if part.type == "text/html" and _SRC.search(part.octets.decode(errors="replace")):
            yield "RFC 2392: HTML names a picture, and none came along"
        return
    html, *pictures = leaves
    kind = value_of(part.fields, "Content-Type")
    if 'type="text/html"' not in kind or html.type != "text/html":
        yield "RFC 2387: HTML is not the root of what is related"
    yield from _violations_of_boundary(outer, boundary_of(kind) or "", leaves)
    if preamble or epilogue.strip(b"\r\n"):
        yield "RFC 2046: something stands before the HTML or behind the last picture"
    if not 1 <= len(pictures) <= MOST_PICTURES:
        yield f"{len(pictures)} pictures came along"
    names = [_name_of(picture) for picture in pictures]
    if "" in names or len(set(names)) < len(names):
        yield "RFC 2392: a picture has no Content-ID, or one that another has"
    if set(_SRC.findall(html.octets.decode(errors="replace"))) != set(names):
        yield "RFC 2392: HTML names other pictures than came along"
    for picture in pictures:
        yield from _violations_of_picture(picture)


def violations_of_base64(encoded: bytes, *, canonical: bool = False) -> Iterator[str]:
    """RFC 2045 section 6.8; `canonical` lines are full but for the last."""
    lines = encoded.removesuffix(b"\r\n").split(b"\r\n")
    if max(map(len, lines)) > _LINE:
        yield "RFC 2045: a base64 line has more than 76 octets"
    if canonical and any(len(line) != _LINE for line in lines[:-1]):
        yield "RFC 2045: a base64 line ends before its end"
    try:
        base64.b64decode(b"".join(lines), validate=True)
    except binascii.Error:
        yield "RFC 2045: not base64"


def _violations_of_boundary(outer: str, inner: str, leaves: tuple[Part, ...]) -> Iterator[str]:
    if not 1 <= len(inner) <= 70:
        yield f"RFC 2046: a boundary of {len(inner)} characters"
    if inner.startswith(outer) or outer.startswith(inner):
        yield "RFC 2046: a boundary begins like the one around it"
    for mark in (f"--{outer}".encode(), f"--{inner}".encode()):
        if any(mark in leaf.encoded for leaf in leaves):
            yield "RFC 2046: a boundary stands within a part"


def _violations_of_picture(picture: Part) -> Iterator[str]:
    if picture.type not in _SIGNS:
        yield f"{picture.type} is no kind of picture that mails bring along"
        return
    if picture.encoding != "base64":
        yield f"RFC 2045: a picture is sent as {picture.encoding}"
        return
    yield from violations_of_base64(picture.encoded, canonical=True)
    if not value_of(picture.fields, "Content-Disposition").startswith("inline"):
        yield "RFC 2183: a picture is not shown where it belongs"
    content = base64.b64decode(picture.encoded)
    if not content.startswith(_SIGNS[picture.type]):
        yield f"RFC 2045: what is called {picture.type} is something else"
    if len(content) > MOST_OCTETS:
        yield f"a picture has {len(content)} octets of at most {MOST_OCTETS}"


def _name_of(picture: Part) -> str:
    found = _CONTENT_ID.fullmatch(value_of(picture.fields, "Content-ID"))
    return "" if found is None else found[1]
