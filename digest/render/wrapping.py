"""Plain text in lines that fit a terminal, broken where Latin and Chinese script allow it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Final

from digest.render.characters import column_width, has_single_columns, may_be_east_asian

#: RFC 2646 advises 72; replies can be quoted a few times before they reach the edge of 80.
COLUMNS: Final = 72

_WIDE: Final = (
    "\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60"
    "\U00020000-\U0003fffd"
)
_OPENING: Final = "（「『【《〈〔［｛“‘(\\[" + '"'
#: Also small kana and signs of repetition, with which no Japanese line begins (JIS X 4051).
_CLOSING: Final = (
    "，。、！？：；）」』】》〉〕］｝”’…,.!?:;)\\]%" + '"'
    "ーぁぃぅぇぉっゃゅょゎァィゥェォッャュョヮヵヶ々ゝゞヽヾ・～"
)
#: Letters that run from right to left: Hebrew to Arabic, and their forms of presentation.
_RIGHT_TO_LEFT: Final = re.compile("[\u0590-\u08ff\ufb1d-\ufdff\ufe70-\ufefc]")
_RIGHT_TO_LEFT_MARK: Final = "\u200f"
#: What is never broken, in a text without wide letters.
_PLAIN_UNIT: Final = re.compile("[^ ]+| +")


def wrapped(text: str, first: str = "", columns: int = COLUMNS) -> str:
    """The text in lines of at most so many columns, a word or link longer than that excepted.

    `first` stands before the first line, as many spaces before the others. In a text from right to left, a
    line that happens to begin with a Latin word carries a mark: programs that show plain text look at the
    first letter of each line for the side on which it begins (Unicode UAX 9, P2 and P3).
    """
    indent = " " * column_width(first)
    room = columns - len(indent)
    if room > 0 and has_single_columns(text) and "  " not in text and text == text.strip(" "):
        return first + f"\n{indent}".join(_plain_lines(text, room))
    lines = ["".join(units) for units in _lines(text, room)]
    if _runs_right_to_left(text):
        lines = [line if _begins_right_to_left(line) else _RIGHT_TO_LEFT_MARK + line for line in lines]
    return first + f"\n{indent}".join(lines)


def underlined(text: str, character: str) -> str:
    """The text in lines that fit, and under them a line as wide as the widest of them."""
    lines = wrapped(text)
    width = max(column_width(line) for line in lines.splitlines() or [""])
    side = _RIGHT_TO_LEFT_MARK if _runs_right_to_left(text) else ""
    return f"{lines}\n{side}{character * width}"


def _plain_lines(text: str, room: int) -> Iterator[str]:
    """The same for most texts: each letter takes one column, and single spaces stand between words."""
    start, size = 0, len(text)
    while size - start > room:
        end = text.rfind(" ", start, start + room + 1)
        if end < 0:
            # a word or link longer than the line
            end = text.find(" ", start + room)
            if end < 0:
                break
        yield text[start:end]
        start = end + 1
    yield text[start:]


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


def _runs_right_to_left(text: str) -> bool:
    """Whether the first letter does, but for what is isolated."""
    if not _RIGHT_TO_LEFT.search(text):
        return False
    isolated = 0
    for direction in map(unicodedata.bidirectional, text):
        if direction in {"FSI", "LRI", "RLI"}:
            isolated += 1
        elif direction == "PDI":
            isolated = max(0, isolated - 1)
        elif not isolated and direction in {"L", "R", "AL"}:
            return direction != "L"
    return False


def _begins_right_to_left(line: str) -> bool:
    """Whether its first letter does, isolated or not: there are programs that look no further."""
    ways = map(unicodedata.bidirectional, line)
    return next((way != "L" for way in ways if way in {"L", "R", "AL"}), False)


@cache
def _unit() -> re.Pattern[str]:
    """What is never broken: a wide letter with the punctuation that clings to it, or a run of others."""
    return re.compile(f"[{_OPENING}]*[{_WIDE}][{_CLOSING}]*|(?:(?![{_OPENING}]*[{_WIDE}])[^ ])+| +")
