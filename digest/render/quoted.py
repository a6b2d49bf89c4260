"""Quoted-printable (RFC 2045 section 6.7), written so that encoded pieces can be joined in any order.

A piece is a whole number of encoded lines: each ends with CR LF, the last one with a soft break (`=` CR LF)
when the text does not end with a line break of its own. So the encoding of one piece never depends on its
neighbours, and what a join of pieces decodes to is the join of their texts.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from typing import Final

#: Octets of a line without its CR LF, the `=` of a soft break included (RFC 2045 section 6.7, rule 5).
LINE_LIMIT: Final = 76
_ROOM: Final = LINE_LIMIT - 1
_HARD: Final = b"\r\n"
_SOFT: Final = b"=\r\n"
_EQUALS: Final = ord("=")

#: Most links and names: one line of ASCII with nothing to encode, at its beginning and end least of all.
_AS_IT_IS: Final = re.compile(r"(?!\.|From )[!-<>-~](?:[ -<>-~]{0,73}[!-<>-~])?")
_TO_ENCODE: Final = re.compile(rb"[^\t -<>-~]|[\t ]\Z")
_CODES: Final = tuple(b"=%02X" % octet for octet in range(256))


def quoted(text: str) -> bytes:
    """The text as one piece; its line breaks, LF or CR LF, become CR LF.

    No line begins with a dot, so nothing needs stuffing (RFC 5321 section 4.5.2), or with `From `, which
    mailboxes on disk take for the beginning of the next message.
    """
    if _AS_IT_IS.fullmatch(text):
        return text.encode("ascii") + _SOFT
    *lines, rest = text.replace("\r\n", "\n").encode().split(b"\n")
    encoded = [_line(line) + _HARD for line in lines]
    if rest:
        encoded.append(_line(rest) + _SOFT)
    return b"".join(encoded)


def shortened_to_octets(text: str, octets: int) -> str:
    """One line of text, cut and marked with an ellipsis when its encoding takes more than so many octets."""
    if _octets(text) <= octets:
        return text
    room = octets - _octets("…")
    end = 0
    for end, letter in enumerate(text):  # noqa: B007 - where it stops is what counts
        room -= _octets(letter)
        if room < 0:
            break
    while end > 0 and (unicodedata.combining(text[end]) or "\u200d" in text[end - 1 : end + 1]):
        end -= 1
    kept = text[:end]
    space = kept.rfind(" ")
    if text[end] != " " and space > end // 2:
        kept = kept[:space]
    return f"{kept.rstrip()}…"


def _octets(text: str) -> int:
    """Octets of the text encoded, line breaks not counted."""
    raw = text.encode()
    return len(raw) + 2 * len(_TO_ENCODE.findall(raw))


def _line(line: bytes) -> bytes:
    return _SOFT.join(_folded(_TO_ENCODE.sub(lambda found: _CODES[found[0][0]], line)))


def _folded(line: bytes) -> Iterator[bytes]:
    """The encoded line in stretches that fit; an `=XX` is never split."""
    start, size = 0, len(line)
    while True:
        guard = _guard(line, start) if line[start : start + 1] in b".F" else b""
        start += bool(guard)
        end = start + _ROOM - len(guard)
        if end >= size:
            yield guard + line[start:]
            return
        if _EQUALS in line[end - 2 : end]:
            end = line.rindex(b"=", start, end)
        yield guard + line[start:end]
        start = end


def _guard(line: bytes, start: int) -> bytes:
    """What stands for the first octet of a stretch that must not begin as it does."""
    if line.startswith(b".", start):
        return b"=2E"
    if line.startswith(b"From ", start):
        return b"=46"
    return b""
