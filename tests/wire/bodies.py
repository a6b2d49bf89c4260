"""What is wrong with the body: its parts, their encodings, and the texts in them."""

from __future__ import annotations

import binascii
import re
from collections.abc import Iterator
from typing import Final

from tests.wire.pictures import violations_of_base64, violations_of_pictures
from tests.wire.transmission import (
    Part,
    Transmission,
    alternatives_of,
    boundary_of,
    fields_of,
    head_of,
    parts_of,
    value_of,
)

LONGEST_BOUNDARY: Final = 70
#: RFC 2045 sections 6.7 and 6.8, the `=` of a soft line break included.
LONGEST_ENCODED_LINE: Final = 76
_ALTERNATIVES: Final = (["text/plain", "text/html"], ["text/plain", "multipart/related"])
_BCHARS: Final = re.compile(r"[A-Za-z0-9'()+_,./:=? -]*[A-Za-z0-9'()+_,./:=?-]")
_QUOTED_LINE: Final = re.compile(rb"(?:[\t !-<>-~]|=[0-9A-F]{2})*=?")
#: The line below a masthead, in plain text and in HTML: what comes after it may be cut off.
_NEWS_BEGIN: Final = (re.compile(r"^-{8,}\r?$", re.MULTILINE), re.compile("</h1>", re.IGNORECASE))
#: What no text for people holds; a tab and line breaks may stand there.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufffe\uffff]")


def violations_of_body(sent: Transmission) -> Iterator[str]:
    """RFC 2045 to 2049."""
    content = sent.content
    fields = fields_of(head_of(content))
    if value_of(fields, "MIME-Version") != "1.0":
        yield "RFC 2045: MIME-Version is not 1.0"
    kind = value_of(fields, "Content-Type")
    boundary = boundary_of(kind)
    preamble, parts, epilogue = parts_of(content)
    if boundary is None:
        if parts[0].type != "text/plain":
            yield "RFC 2046: a single part that is not text/plain"
    else:
        yield from _violations_of_multipart(kind, boundary, content)
        if (preamble, epilogue) != (b"", b"\r\n"):
            yield "RFC 2046: something stands before the first part or behind the last"
        alternatives = alternatives_of(content)[1]
        if [part.type for part in alternatives] not in _ALTERNATIVES:
            yield "RFC 2046: the parts are not text/plain, then text/html or that with its pictures"
        for part in alternatives[-1:]:
            yield from violations_of_pictures(boundary, part)
        if value_of(fields, "Content-Transfer-Encoding"):
            yield "RFC 2045: a transfer encoding around parts that have their own"
    texts = tuple(part for part in parts if not part.type.startswith("image/"))
    for part in texts:
        yield from _violations_of_part(part)
    yield from _violations_of_links(texts)


def _violations_of_multipart(kind: str, boundary: str, content: bytes) -> Iterator[str]:
    if kind.partition(";")[0].strip().lower() != "multipart/alternative":
        yield "RFC 2046: parts that are not alternatives"
    if not 1 <= len(boundary) <= LONGEST_BOUNDARY:
        yield f"RFC 2046: a boundary of {len(boundary)} characters"
    if not _BCHARS.fullmatch(boundary):
        yield "RFC 2046: a boundary with a character that may not stand in one"
    mark = f"--{boundary}".encode()
    for part in parts_of(content)[1]:
        if mark in part.encoded:
            yield "RFC 2046: the boundary stands within a part"


def _violations_of_part(part: Part) -> Iterator[str]:
    charset = re.search(r';\s*charset="?([^\s;"]+)', value_of(part.fields, "Content-Type"))
    if charset is None or charset[1].lower() != "utf-8":
        yield f"RFC 2045: {part.type} without charset=utf-8"
    if part.encoding == "quoted-printable":
        yield from _violations_of_quoted(part.encoded)
    elif part.encoding == "base64":
        yield from violations_of_base64(part.encoded)
    else:
        yield f"RFC 2045: {part.type} is sent as {part.encoding}"
        return
    try:
        text = part.octets.decode()
    except (UnicodeDecodeError, binascii.Error):
        yield f"RFC 2045: {part.type} does not hold UTF-8"
        return
    if re.search(r"\r(?!\n)|(?<!\r)\n", text):
        yield f"RFC 2046: {part.type} has a line break that is not CR LF"
    if _CONTROLS.search(text.replace("\r\n", "\n")):
        yield f"RFC 2046: a control character is left in {part.type}"


def _violations_of_quoted(encoded: bytes) -> Iterator[str]:
    lines = encoded.split(b"\r\n")
    if max(map(len, lines)) > LONGEST_ENCODED_LINE:
        yield "RFC 2045: a quoted-printable line has more than 76 octets"
    if not all(map(_QUOTED_LINE.fullmatch, lines)):
        yield "RFC 2045: not quoted-printable"
    if any(line[-1:] in (b" ", b"\t") for line in lines):
        yield "RFC 2045: white space at the end of a quoted-printable line"
    if encoded.removesuffix(b"\r\n").endswith(b"="):
        yield "RFC 2045: a part ends with a soft line break"


def _violations_of_links(parts: tuple[Part, ...]) -> Iterator[str]:
    """A reader must find the way out in each part, above all news, and again below."""
    for part in parts:
        text = part.octets.decode(errors="replace")
        places = [found.start() for found in re.finditer(r"https?://[^\s\"<>]+/unsubscribe/", text)]
        news = _NEWS_BEGIN[part.type == "text/html"].search(text)
        if len(places) < 2:
            yield f"RFC 8058: the way out stands {len(places)} times in {part.type}"
        elif news is None or not places[0] < news.start() < places[-1]:
            yield f"Gmail: the way out does not stand above the news and below them in {part.type}"
