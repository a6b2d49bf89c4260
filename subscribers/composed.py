"""Unicode's normal forms, of texts that anybody may have written."""

from __future__ import annotations

from typing import Final, Literal
from unicodedata import combining, normalize

#: So many marks on one letter are more than any language writes (UAX 15, stream-safe text format).
_MOST_MARKS: Final = 30


def composed(form: Literal["NFC", "NFKC", "NFKD"], text: str) -> str:
    """The text in a normal form; of more marks on one letter than thirty the rest is left out.

    To bring marks into their order takes as long as the square of their number: a page full of them, on one
    letter, would take minutes.
    """
    return normalize(form, text if text.isascii() else _with_few_marks(text))


def _with_few_marks(text: str) -> str:
    # of so many signs in a row, one stands at a place that is looked at
    looked_at = range(0, len(text), _MOST_MARKS + 1)
    if not any(combining(text[place]) and _are_too_many(text, place) for place in looked_at):
        return text
    kept, marks = [], 0
    for sign in text:
        marks = marks + 1 if combining(sign) else 0
        if marks <= _MOST_MARKS:
            kept.append(sign)
    return "".join(kept)


def _are_too_many(text: str, place: int) -> bool:
    """Whether the marks around a place are more than may be."""
    first = last = place
    while first > 0 and last - first <= _MOST_MARKS and combining(text[first - 1]):
        first -= 1
    while last + 1 < len(text) and last - first <= _MOST_MARKS and combining(text[last + 1]):
        last += 1
    return last - first >= _MOST_MARKS
