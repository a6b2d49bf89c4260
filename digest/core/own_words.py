"""What a person wrote in answer to a mail: fit to be kept, not too long, and without what it answers."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from msgspec import Struct

#: Signs of an answer that are handed on, and octets: as many letters of Chinese. The mail is kept whole.
MOST_SIGNS: Final = 4_000
MOST_OCTETS: Final = 12_000

_BREAK: Final = re.compile("\r\n|[\r\n\v\f\x1c-\x1e\x85\u2028\u2029]")
#: Controls, noncharacters and lone surrogates say nothing, and JSON of a store may not hold all of them.
_UNFIT: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufeff\ufffe\uffff\ud800-\udfff]"
)
#: Embeddings, overrides and isolates make a sentence read otherwise than it was written.
_TURNING: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_SPACES: Final = re.compile(r"[ \t\xa0]+")
_IS_QUOTED: Final = re.compile(r"\s*>")
#: The line above a quotation ends so, whatever its language: "On …, … wrote:".
_LEADS_OVER: Final = re.compile(r"[:：]\s*$")
#: It tells an address or a date: else it may be the writer's own.
_TELLS_OF_A_MAIL: Final = re.compile(r"@|(?<!\d)\d{4}(?!\d)|\d{1,2}[:.]\d{2}")
#: Programs fold it, over so many lines at most.
_MOST_LINES_OVER: Final = 3
#: And none of them, but the last, is shorter.
_LEAST_FOLDED: Final = 50
#: Columns at which programs break lines: from what is said to what is usual (RFC 3676 section 4.2).
_EDGE: Final = (72, 79)
#: A line of a list, or of a quotation, is no second part of the line above.
_BEGINS_ANEW: Final = re.compile(r"\s|>|[-*•–] |\d{1,3}[.)] ")
#: Other programs put the whole mail below such a line, and fields of its header first.
_ORIGINAL: Final = re.compile(r"\s*-{4,}[^-]{3,60}-{4,}\s*|\s*_{20,}\s*")
_FIELD: Final = re.compile(r"[\s*]*\w[\w -]{0,20}[:：]")


class OwnWords(Struct, frozen=True):
    """What a person wrote themselves."""

    #: lines, and between paragraphs an empty one
    text: str
    #: there was more, and it was too long
    cut: bool = False


def own_words(text: str) -> OwnWords:
    """The words without what is easily seen to be a quotation at their end, and in printable signs.

    Where nothing else was written, the quotation stays.
    """
    lines = [_tidy(line) for line in _BREAK.split(text)]
    own = _without_blank_ends(_without_quotation(lines)) or _without_blank_ends(lines)
    return _cut(re.sub(r"\n{3,}", "\n\n", "\n".join(_unfolded(own))))


def one_printable_line(text: str, most: int) -> str:
    """A subject, a name or an address as it can be kept: one line of at most so many signs."""
    return " ".join(_tidy(_BREAK.sub(" ", text)).split())[:most].rstrip()


def _tidy(line: str) -> str:
    return _SPACES.sub(" ", _TURNING.sub("", _UNFIT.sub("", line))).rstrip()


def _unfolded(lines: Sequence[str]) -> list[str]:
    """Lines that a program broke at its edge are put together again; those that their writer broke stay."""
    whole: list[str] = []
    last = ""
    for line in lines:
        if _was_folded(last, line):
            whole[-1] += f" {line}"
        else:
            whole.append(line)
        last = line
    return whole


def _was_folded(line: str, following: str) -> bool:
    """Whether the first word of the next line would not have had room on this one."""
    word = following.split(" ", 1)[0]
    if not line or not word or _BEGINS_ANEW.match(following):
        return False
    least, most = _EDGE
    return len(line) <= most and len(line) + 1 + len(word) > least and not _IS_QUOTED.match(line)


def _without_quotation(lines: Sequence[str]) -> Sequence[str]:
    for place, line in enumerate(lines):
        if _ORIGINAL.fullmatch(line) and _FIELD.match(next(filter(None, lines[place + 1 :]), "")):
            lines = lines[:place]
            break
    end = _ink_end(lines)
    start = end
    while start and (not lines[start - 1].strip() or _IS_QUOTED.match(lines[start - 1])):
        start -= 1
    if not any(map(_IS_QUOTED.match, lines[start:end])):
        return lines
    return lines[: _without_lead(lines, start)]


def _without_lead(lines: Sequence[str], end: int) -> int:
    """Where the lines begin that lead over to a quotation; `end` when there are none."""
    if not end or not _LEADS_OVER.search(lines[end - 1]):
        return end
    first = end - 1
    while first and lines[first - 1].strip() and end - first < _MOST_LINES_OVER:
        first -= 1
    telling = [
        place
        for place in range(first, end)
        if _TELLS_OF_A_MAIL.search(lines[place]) and (place == end - 1 or len(lines[place]) >= _LEAST_FOLDED)
    ]
    if not telling:
        return end
    begun = [place for place in telling if lines[place].startswith("On ")]
    stands_alone = not first or not lines[first - 1].strip()
    # what hangs together with own words may be own words: as little as possible is taken away
    return begun[-1] if begun else telling[0] if telling[0] == first and stands_alone else telling[-1]


def _without_blank_ends(lines: Sequence[str]) -> Sequence[str]:
    end = _ink_end(lines)
    start = next((place for place in range(end) if lines[place].strip()), end)
    return lines[start:end]


def _ink_end(lines: Sequence[str]) -> int:
    return next((place + 1 for place in reversed(range(len(lines))) if lines[place].strip()), 0)


def _cut(text: str) -> OwnWords:
    kept = text[:MOST_SIGNS].encode()[:MOST_OCTETS].decode(errors="ignore")
    if kept == text:
        return OwnWords(text)
    space = max(kept.rfind(" "), kept.rfind("\n"))
    if space > len(kept) - 80:
        # not within a word, where there are spaces
        kept = kept[:space]
    return OwnWords(f"{kept.rstrip()}…", cut=True)
