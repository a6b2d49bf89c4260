"""A second reading of mail bytes, written from the RFCs and not from our writer."""

from __future__ import annotations

import base64
import re
from typing import Final

_ENCODED_WORD = re.compile(r"=\?([^?\s]+)\?([QqBb])\?([^?\s]*)\?=")
#: Marks the seam between encoded-words; white space there does not count (RFC 2047 section 6.2).
_SEAM = re.compile(r"(?<=\?=)[ \t]+(?==\?)")


#: Words that try to become a header, an address, a script, or a line that breaks the rules.
HOSTILE: Final = [
    "News\r\nBcc: evil@example.org",
    "News\nBcc: evil@example.org\n\n<script>",
    "=?utf-8?q?News=0D=0ABcc:_evil@example.org?=",
    "News\u2028Bcc: evil@example.org",
    "News\x85Bcc: evil@example.org",
    "News\x0b\x0cBcc: evil@example.org",
    "News\x00",
    "\u202eswen\u2066",
    '">, evil@example.org <"',
    "a" * 2000,
    "中" * 500,
    " " * 300 + "x",
    "=?",
    "",
]


def fields(block: bytes) -> list[tuple[str, str]]:
    """Name and unfolded value of each field of a header block that keeps the rules for lines."""
    assert block.endswith(b"\r\n")
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", block) is None
    assert re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", block) is None
    lines = block.removesuffix(b"\r\n").split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert all(line.strip() for line in lines), "a line of white space ends a header for some readers"
    found: list[tuple[str, str]] = []
    for line in lines:
        text = line.decode()
        if text[0] == " ":
            found[-1] = (found[-1][0], found[-1][1] + text)
        else:
            name, colon, value = text.partition(":")
            assert colon
            assert re.fullmatch(r"[!-9;-~]+", name)
            found.append((name, value.removeprefix(" ")))
    return found


def decoded(value: str) -> str:
    """An unfolded value with its encoded-words read; each holds whole characters in at most 75 letters."""

    def read(match: re.Match[str]) -> str:
        assert len(match[0]) <= 75
        if match[2] in "Bb":
            return base64.b64decode(match[3], validate=True).decode(match[1])
        octets = re.sub(
            rb"=([0-9A-F]{2})", lambda m: bytes([int(m[1], 16)]), match[3].replace("_", " ").encode()
        )
        return octets.decode(match[1])

    return _ENCODED_WORD.sub(read, _SEAM.sub("", value))
