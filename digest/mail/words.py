"""Text for headers: cleaned of what could harm, and written as encoded-words where it must be."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Final

#: RFC 2047 section 2: an encoded-word has at most so many characters.
ENCODED_WORD_LIMIT: Final = 75
_OVERHEAD: Final = len("=?utf-8?q??=")
#: Breaks and controls keep words apart, so a space takes their place; CR LF counts as one.
_SPACED: Final = re.compile("\r\n|[\x00-\x1f\x7f-\x9f\u2028\u2029]")
#: Embeddings, overrides and isolates can make a subject read backwards; noncharacters and BOMs say nothing.
_DROPPED: Final = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
_SURROGATE: Final = re.compile("[\ud800-\udfff]")
#: RFC 2047 section 5 (3): what may stand for itself in the Q encoding even within a phrase.
_Q_SAFE: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q: Final = {
    byte: chr(byte) if byte in _Q_SAFE else "_" if byte == 0x20 else f"={byte:02X}" for byte in range(256)
}


def clean_text(text: str) -> str:
    """The text without control characters and bidi overrides; what is left is printed as it is.

    Marks of direction (U+200E, U+200F) and joiners stay: Hebrew, Persian and emoji need them.
    """
    if text.isascii() and text.isprintable():
        return text.strip(" ")
    text = _SPACED.sub(" ", text)
    return _SURROGATE.sub("\ufffd", _DROPPED.sub("", text)).strip(" ")


def must_be_encoded(text: str) -> bool:
    """True when clean text cannot stand as it is: not ASCII, or it might be taken for an encoded-word."""
    return not text.isascii() or "=?" in text


def encoded_words(text: str, first_room: int, room: int) -> list[str]:
    """Clean text as encoded-words, each fit for its line; between two of them only white space may stand.

    `first_room` is what the first line has left; the shorter of the Q and B encodings is taken.
    """
    q_size = sum(len(_Q[byte]) for byte in text.encode())
    b_size = 4 * len(text.encode()) / 3
    encoding, write = ("q", _q) if q_size <= b_size else ("b", _b)
    pieces = _split(text, _payload(first_room, encoding), _payload(room, encoding), encoding)
    return [f"=?utf-8?{encoding}?{write(piece.encode())}?=" for piece in pieces]


def _payload(room: int, encoding: str) -> int:
    """How much of a text fits one encoded-word: characters of Q, octets before B."""
    letters = min(room, ENCODED_WORD_LIMIT) - _OVERHEAD
    return letters if encoding == "q" else letters // 4 * 3


def _split(text: str, first: int, rest: int, encoding: str) -> Iterator[str]:
    """Cut between characters, never within one (RFC 2047 section 5)."""
    start = used = 0
    limit = first
    for index, char in enumerate(text):
        octets = char.encode()
        size = len(octets) if encoding == "b" else len(_q(octets))
        if used + size > limit and index > start:
            yield text[start:index]
            start, used, limit = index, 0, rest
        used += size
    yield text[start:]


def _q(octets: bytes) -> str:
    return "".join(_Q[byte] for byte in octets)


def _b(octets: bytes) -> str:
    return base64.b64encode(octets).decode()
