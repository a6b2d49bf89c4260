"""Plain text in lines that fit a terminal, broken where Latin and Chinese script allow it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Final

from digest.render.characters import column_width, may_be_east_asian

#: RFC 2646 advises 72; replies can be quoted a few times before they reach the edge of 80.
COLUMNS: Final = 72

_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\U00020000-\U0003fffd"
)
_OPENING: Final = "（「『【《〈〔［｛“‘(\\[" + '"'
_CLOSING: Final = "，。、！？：；）」』】》〉〕］｝”’…,.!?:;)\\]%" + '"'
#: What is never broken, in a text without wide letters.
_PLAIN_UNIT: Final = re.compile("[^ ]+| +")


def wrapped(text: str, first: str = "", columns: int = COLUMNS) -> str:
    """The text in lines of at most so many columns, a word or link longer than that excepted.

    `first` stands before the first line, as many spaces before the others.
    """
    indent = " " * column_width(first)
    room = columns - len(indent)
    lines = ["".join(units) for units in _lines(text, room)]
    return first + f"\n{indent}".join(lines)


def underlined(text: str, character: str) -> str:
    """The text in lines that fit, and under them a line as wide as the widest of them."""
    lines = wrapped(text)
    width = max(column_width(line) for line in lines.splitlines() or [""])
    return f"{lines}\n{character * width}"


def _lines(text: str, room: int) -> Iterator[list[str]]:
    """The units of each line; spaces where lines end or meet are gone."""
    line: list[str] = []
    width, gap = 0, ""
    for unit in (_unit() if may_be_east_asian(text) else _PLAIN_UNIT).findall(text):
        if unit[0] == " ":
            gap = " " if line else ""
            continue
        wide = column_width(unit)
        if line and width + len(gap) + wide > room:
            yield line
            line, width, gap = [], 0, ""
        line += (gap, unit)
        width += len(gap) + wide
        gap = ""
    yield line


@cache
def _unit() -> re.Pattern[str]:
    """What is never broken: a wide letter with the punctuation that clings to it, or a run of others."""
    return re.compile(f"[{_OPENING}]*[{_WIDE}][{_CLOSING}]*|(?:(?![{_OPENING}]*[{_WIDE}])[^ ])+| +")
