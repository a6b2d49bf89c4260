"""Signs that nobody sees, and that matter all the same: without ink, or turning round what is beside them.

A title stands on one line with others' words: in a list, a link, a subject, a sentence. An override in it, or
a run of the other direction that nothing closes, goes on to the end of that line, over words that are not its
own (UAX #9; UTS #39 and UTR #36, 2.10.3 warn of it). So these go when words come in, and whatever prints them
later need not know. What languages are written with stays: marks of direction (U+200E, U+200F, U+061C),
joiners (U+200C, U+200D), and isolates that are closed.
"""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

#: Embeddings and overrides with what ends them: isolates do the same without harm (UAX #9, 2.1).
_EMBEDDINGS: Final = frozenset("\u202a\u202b\u202c\u202d\u202e")
_ISOLATES: Final = frozenset("\u2066\u2067\u2068")
_END_OF_ISOLATE: Final = "\u2069"
_TURNS: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
#: General categories of what has ink of its own: letters, figures, punctuation, symbols. A mark without a
#: letter that it stands on is none, nor is what no font knows.
_INKED: Final = frozenset("LNPS")
#: Letters and symbols by category, and blank all the same: fillers of Hangul, the empty Braille cell, the
#: place of an object, a note without a head.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800\ufffc\U0001d159")


def is_seen(text: str) -> bool:
    """True when there is something to see in a text."""
    return any(map(_has_ink, text))


def has_letter(text: str) -> bool:
    """True when there is a letter or figure to see in a text."""
    return any(sign.isalnum() and _has_ink(sign) for sign in text)


def upright(line: str) -> str:
    """A line that turns no words round but its own: without overrides, and isolates only in pairs."""
    if line.isascii() or not _TURNS.search(line):
        return line
    kept: list[str] = []
    opened: list[int] = []
    for sign in line:
        if sign in _EMBEDDINGS or (sign == _END_OF_ISOLATE and not opened):
            continue
        if sign in _ISOLATES:
            opened.append(len(kept))
        elif sign == _END_OF_ISOLATE:
            opened.pop()
        kept.append(sign)
    for place in reversed(opened):
        del kept[place]
    return "".join(kept)


def left_open(line: str) -> str:
    """What closes the isolates that a line opens and does not close."""
    depth = 0
    for sign in _TURNS.findall(line):
        depth += (sign in _ISOLATES) - (sign == _END_OF_ISOLATE and depth > 0)
    return _END_OF_ISOLATE * depth


def _has_ink(sign: str) -> bool:
    return category(sign)[0] in _INKED and sign not in _BLANK
