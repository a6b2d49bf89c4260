"""What somebody looks for: words that must all be there, "phrases in quotes", and -words that must not."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from typing import Final, NamedTuple

from msgspec import Struct

from digest.core.terms import Term, stemmer_for, terms
from subscribers.composed import composed

#: A longer question is a slip, or a try to keep the store busy; the rest of it is not read.
MOST_LETTERS: Final = 200
MOST_CLAUSES: Final = 16
#: How much of an item is shown with its words marked, in letters.
SNIPPET: Final = 260
_BEFORE: Final = 70
_OPEN: Final = '"“”„‟«»「」『』'
_PART: Final = re.compile(
    rf"(?P<sign>[-−–])?(?:[{_OPEN}](?P<phrase>[^{_OPEN}]*)[{_OPEN}]?|(?P<word>[^\s{_OPEN}]+))"
)

#: Terms one after the other.
Phrase = tuple[str, ...]


class Wanted(Struct, frozen=True):
    """A question: of each clause one phrase must be there, each being the same words by another stemmer."""

    present: tuple[tuple[Phrase, ...], ...] = ()
    absent: tuple[tuple[Phrase, ...], ...] = ()


class Piece(NamedTuple):
    """Some of a text, and whether it was looked for."""

    text: str
    marked: bool


def wanted(question: str, stemmers: Collection[str] = ("",)) -> Wanted:
    """What a question asks for; whatever it is, it is one. `stemmers` are those of the texts that there are.

    A word with signs within, such as one with a hyphen, is a phrase; so is a run of Chinese.
    """
    present: list[tuple[Phrase, ...]] = []
    absent: list[tuple[Phrase, ...]] = []
    text = composed("NFKC", question[:MOST_LETTERS])[:MOST_LETTERS]
    for part in _PART.finditer(text):
        said = part["phrase"] if part["phrase"] is not None else part["word"]
        clause = _phrases(said, stemmers)
        if clause:
            clauses = absent if part["sign"] else present
            if clause not in clauses and len(present) + len(absent) < MOST_CLAUSES:
                clauses.append(clause)
    return Wanted(tuple(present), tuple(absent))


def pieces(text: str, language: str, looked_for: Wanted) -> tuple[Piece, ...]:
    """The whole text, with what was looked for marked in it."""
    return tuple(_pieces(text, 0, len(text), _found(terms(text, stemmer_for(language)), looked_for)))


def snippet(paragraphs: Sequence[str], language: str, looked_for: Wanted) -> tuple[Piece, ...]:
    """As much of a text as shows best what was looked for, else its beginning; whole words."""
    best: tuple[int, int, list[tuple[int, int]], list[Term]] | None = None
    stemmer = stemmer_for(language)
    for place, paragraph in enumerate(paragraphs):
        known = terms(paragraph, stemmer)
        clauses = sum(bool(_places(known, clause)) for clause in looked_for.present)
        if best is None or clauses > best[0]:
            best = clauses, place, _found(known, looked_for), known
    if best is None:
        return ()
    _, place, spans, known = best
    text = paragraphs[place]
    start, end = _window(text, spans, known)
    shown = list(_pieces(text, start, end, spans))
    before = [Piece("… ", marked=False)] if start else []
    after = [Piece(" …", marked=False)] if end < len(text) else []
    return (*before, *shown, *after)


def _phrases(said: str, stemmers: Collection[str]) -> tuple[Phrase, ...]:
    found = (tuple(term.text for term in terms(said, stemmer)) for stemmer in sorted({"", *stemmers}))
    return tuple(dict.fromkeys(phrase for phrase in found if phrase))


def _found(known: Sequence[Term], looked_for: Wanted) -> list[tuple[int, int]]:
    """Spans of the text to be marked, in its order, none touching another."""
    spans = sorted(span for clause in looked_for.present for span in _places(known, clause))
    merged: list[tuple[int, int]] = []
    for start, end in spans:
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _places(known: Sequence[Term], clause: Sequence[Phrase]) -> list[tuple[int, int]]:
    """Where a phrase of the clause stands."""
    found = []
    for phrase in clause:
        last = len(known) - len(phrase)
        for at in range(last + 1):
            if known[at].text == phrase[0] and all(
                known[at + step].text == term for step, term in enumerate(phrase)
            ):
                found.append((known[at].start, known[at + len(phrase) - 1].end))
    return found


def _window(text: str, spans: Sequence[tuple[int, int]], known: Sequence[Term]) -> tuple[int, int]:
    """From where to where to show a text, so that the first span is within and no word is cut."""
    if len(text) <= SNIPPET:
        return 0, len(text)
    first = spans[0][0] if spans else 0
    start = 0
    if first > SNIPPET - _BEFORE:
        start = next((term.start for term in known if term.start >= first - _BEFORE), first)
    if len(text) - start <= SNIPPET:
        return start, len(text)
    ends = [term.end for term in known if start < term.end <= start + SNIPPET]
    return start, ends[-1] if ends else start + SNIPPET


def _pieces(text: str, start: int, end: int, spans: Sequence[tuple[int, int]]) -> Iterator[Piece]:
    at = start
    for first, last in spans:
        if last <= start or first >= end:
            continue
        if first > at:
            yield Piece(text[at:first], marked=False)
        yield Piece(text[max(first, start) : min(last, end)], marked=True)
        at = min(last, end)
    if at < end:
        yield Piece(text[at:end], marked=False)
