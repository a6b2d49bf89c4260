"""Bytes become text that can be stored and shown: decoded, one kind of line end, no control characters."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable, Iterator
from typing import Final

from digest.errors import InputError

_UTF16_MARKS: Final = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
_LINE_END: Final = re.compile(r"\r\n|\r|\n")
#: C0 and C1 but for tab and newline. Those that part words leave a space, the others leave nothing.
_CONTROL: Final[dict[int, str | None]] = {
    **dict.fromkeys({*range(0x20), *range(0x7F, 0xA0)} - {0x09, 0x0A}),
    **dict.fromkeys((0x0B, 0x0C, 0x85), " "),
}
_XML_ENCODING: Final = re.compile(r"\A(\s*<\?xml[^>]{0,100}?)\s+encoding=(?:\"[^\">]*\"|'[^'>]*')")
_SURROGATE: Final = re.compile(r"[\ud800-\udfff]")
#: What a line may hold and still be blank: white space, and marks that browsers copy but nobody sees.
_UNSEEN: Final = "".join(chr(c) for c in range(0x3001) if chr(c).isspace()) + "\u200b\u2060\ufeff"


class NoTextError(InputError):
    """Bytes are no text, or not in UTF-8."""


def read_as_text(data: bytes) -> str:
    """What bytes say: UTF-8, or UTF-16 when a byte-order mark says so. Raises UnicodeDecodeError."""
    return data.decode("utf-16" if data.startswith(_UTF16_MARKS) else "utf-8-sig")


def decoded(data: bytes, *, source: str) -> str:
    """The text of a file, which may be in UTF-16; raises NoTextError with the line that cannot be read."""
    try:
        text = read_as_text(data)
    except UnicodeDecodeError as error:
        # the codec drops a byte-order mark first and counts from there, so count lines in its own bytes
        line = error.object[: error.start].count(b"\n") + 1
        raise NoTextError(
            f"{source} is not text in UTF-8: byte {error.object[error.start]:#04x} in line {line} "
            "cannot be read; save it as UTF-8 and try again"
        ) from None
    if "\0" in text:
        raise NoTextError(
            f"{source} is not text: it holds NUL bytes; give a text file, saved as UTF-8 when it is one"
        )
    return text


def encoded(text: str) -> bytes:
    """A text in UTF-8, as a file of it would be: XML that was copied from a file in another encoding says
    nothing of that any more (XML 1.0, 4.3.3).
    """
    return _XML_ENCODING.sub(r"\1", text).encode("utf-8", "surrogatepass")


def clean(text: str) -> str:
    """The text with `\\n` as its only line end and without control characters; otherwise verbatim.

    Raises ValueError for half a surrogate pair: it is no character, and no store or mail can hold it.
    """
    if _SURROGATE.search(text):
        raise ValueError("the text holds half a character (a lone surrogate)")
    return _LINE_END.sub("\n", text.removeprefix("\ufeff")).translate(_CONTROL)


def lines(text: str) -> list[str]:
    """The lines as an editor numbers them: only CR, LF and CR LF end one."""
    return _LINE_END.split(text)


def trimmed(text: str) -> str:
    """The text without what cannot be seen at its two ends; empty for a blank line."""
    return text.strip(_UNSEEN)


def paragraphs(text: str) -> tuple[str, ...]:
    """The blocks that blank lines part, each verbatim inside."""
    return tuple(trimmed("\n".join(block)) for block in _runs(lines(text)))


def _runs(text_lines: Iterable[str]) -> Iterator[list[str]]:
    block: list[str] = []
    for line in text_lines:
        if trimmed(line):
            block.append(line)
        elif block:
            yield block
            block = []
    if block:
        yield block
