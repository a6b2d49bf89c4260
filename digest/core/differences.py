"""Where two tellings of an event differ in figures and names: what an editor looks at before joining them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from typing import Final, NamedTuple

from digest.core.figures import Kind, figures_in
from digest.core.likeness import Traits, folded
from digest.core.plain_words import stem

_WORD: Final = re.compile(r"[^\W\d_]+")


class Piece(NamedTuple):
    """A stretch of a text."""

    text: str
    #: True for a figure or name that the others do not have
    marked: bool


def differences(text: str, mine: Traits, others: Collection[Traits]) -> tuple[Piece, ...]:
    """Cut a text of an item where figures or names stand that no other item has."""
    if not others:
        return (Piece(text, marked=False),)
    pieces, end = [], 0
    for start, stop in sorted({*_figures(text, others), *_names(text, mine, others)}):
        if start < end:
            continue
        pieces += [Piece(text[end:start], marked=False), Piece(text[start:stop], marked=True)]
        end = stop
    return tuple(piece for piece in (*pieces, Piece(text[end:], marked=False)) if piece.text)


def _figures(text: str, others: Collection[Traits]) -> Iterator[tuple[int, int]]:
    # as long as the text: places in the one are places in the other
    lowered = "".join(low if len(low := sign.lower()) == 1 else sign for sign in text)
    theirs = [figure for other in others for figure in other.figures]
    for figure, start, stop in figures_in(lowered):
        if figure.kind is not Kind.WEEKDAY and not any(figure.agrees_with(its) for its in theirs):
            yield start, stop


def _names(text: str, mine: Traits, others: Collection[Traits]) -> Iterator[tuple[int, int]]:
    for match in _WORD.finditer(text):
        name = stem(folded(match[0]))
        if match[0][0].isupper() and name in mine.names and not any(name in its.words for its in others):
            yield match.span()
