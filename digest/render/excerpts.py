"""Excerpts: where a sentence certainly ends, and the first sentences of a text up to a measure.

A wrong cut is worse than a missed one. So a full stop ends a sentence only where nothing speaks against it:
what might be an abbreviation, an initial, part of a name or the middle of a quotation is left whole.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from typing import Final, NamedTuple

from digest.render.abbreviations import is_abbreviated
from digest.render.characters import column_width

#: About four lines of a mail, fifty words of English or 160 Chinese letters.
EXCERPT_COLUMNS: Final = 320

#: What ends a sentence by itself; the semicolon of Chinese ends a clause only.
_WIDE_STOPS: Final = "。｡！？"
_STOPS: Final = ".!?؟۔।॥"
_DOTS: Final = "…⋯"
_OPENING: Final = "“‘„‚«‹「『（《〈【〔［｛([{"
_CLOSING: Final = "”’»›」』）》〉】〕］｝)]}"
_BRACKETS: Final = "）】〕］｝)]}"
#: What closes by what opened it; German closes with what English opens with.
_CLOSED_BY: Final = {
    **dict(zip("「『（《〈【〔［｛([{", "」』）》〉】〕］｝)]}", strict=True)),
    "“": "”",
    "‘": "’",
    "„": "“”",
    "‚": "‘’",
    "«": "»",
    "»": "«",
    "‹": "›",
    '"': '"',
    "'": "'",
}
#: Particles and commas: what they begin is no sentence. Names of Japanese bands may end with a full stop.
_GOES_ON: Final = "のをがはにとへもや，、；：,;:·・…⋯—–-~～"
#: An apostrophe at the end of a word: that of a plural, or the end of a quotation.
_LATE: Final = r"(?<=\S)[’'](?!\w)"
#: Letters before and after a stop that are looked at.
_FAR: Final = 400


def sentences(text: str, language: str = "en") -> tuple[str, ...]:
    """The sentences of a paragraph, each with the blanks that follow it: joined they are the text again.

    `language` is the BCP 47 tag of the text; where the script itself tells, it is not asked.
    """
    ends = [*_ends(text, language), len(text)]
    return tuple(text[begin:end] for begin, end in zip([0, *ends], ends, strict=False) if begin < end)


def excerpt(
    paragraphs: Sequence[str], language: str = "en", columns: int = EXCERPT_COLUMNS
) -> tuple[str, ...]:
    """The first sentences of a text that take at most so many columns, one whole sentence at the least.

    Columns are those of a terminal: Chinese letters count twice. The answer is a prefix of the text, without
    blanks where a paragraph ends; when it is the whole text, there is nothing to read on.
    """
    taken: list[str] = []
    room = columns
    for paragraph in paragraphs:
        whole = sentences(paragraph, language)
        count = _fitting(whole, room, at_least=0 if taken else 1)
        if count:
            taken.append("".join(whole[:count]).rstrip())
            room -= column_width(taken[-1])
        if count < len(whole):
            break
    return tuple(taken)


def _fitting(whole: Sequence[str], room: int, at_least: int) -> int:
    """How many of the sentences fit."""
    count = width = 0
    for sentence in whole:
        width += column_width(sentence)
        if count >= at_least and width > room:
            break
        count += 1
    return count


def _ends(text: str, language: str) -> Iterator[int]:
    """Where sentences end within the text, the blanks after them included."""
    begin = 0
    #: what would close the quotations and brackets that are open
    waiting: list[str] = []
    in_single_quotes = False
    for found in _sign().finditer(text):
        if sign := found["pair"]:
            _note(sign, waiting)
            in_single_quotes |= sign in "‘'"
            continue
        for closer in found["late"] or found["closers"] or "":
            _close(closer, waiting)
        if found["late"]:
            continue
        end = found.end()
        if end == len(text):
            return
        if waiting or begin == found.start() or (in_single_quotes and _closes_again(text, end)):
            continue
        if _is_end(Stop(found, begin, language)):
            yield end
            begin, in_single_quotes = end, False


@cache
def _sign() -> re.Pattern[str]:
    """A sign of a pair; or a run of stops, what closes after it, and the blanks that follow.

    An apostrophe within a word is no sign. What may open as well as close does close before a blank.
    """
    closing = re.escape(_CLOSING)
    either = "“‘«\"'"
    pairs = re.escape("".join(sorted({*_OPENING, *_CLOSING, '"'} - {"’"})))
    return re.compile(
        rf"(?P<stops>[{_WIDE_STOPS}{_STOPS}{_DOTS}]+)"
        rf"(?P<closers>(?:[{closing}]|[{either}](?=[\s{closing}]|\Z))*)(?P<blanks>\s*)"
        rf"|(?P<pair>[{pairs}]|(?<!\w)'(?=\w))|(?P<late>{_LATE})"
    )


def _note(sign: str, waiting: list[str]) -> None:
    """Keep in mind what is open after this sign; what closes nothing is passed over."""
    if not _close(sign, waiting) and sign in _CLOSED_BY:
        waiting.append(_CLOSED_BY[sign])


def _close(sign: str, waiting: list[str]) -> bool:
    if waiting and sign in waiting[-1]:
        waiting.pop()
        return True
    return False


def _closes_again(text: str, end: int) -> bool:
    """Whether another single quotation mark closes before one opens: an apostrophe was taken for one."""
    found = _single_sign().search(text, end, end + _FAR)
    return found is not None and not found["opens"]


@cache
def _single_sign() -> re.Pattern[str]:
    return re.compile(rf"(?P<opens>‘|(?<!\w)'(?=\w))|{_LATE}")


class Stop(NamedTuple):
    """A run of stops and where the sentence began that it may end."""

    found: re.Match[str]
    begin: int
    language: str

    @property
    def sign(self) -> str:
        """The last of the run."""
        return self.found["stops"][-1]

    @property
    def has_dots(self) -> bool:
        """An ellipsis ends a sentence or leaves it open: nobody can tell."""
        stops = self.found["stops"]
        return any(dots in stops for dots in ("..", "。。", *_DOTS))

    @property
    def word(self) -> str:
        """What stands before it, back to a blank."""
        start = self.found.start()
        return self.found.string[max(self.begin, start - _FAR) : start].rpartition(" ")[2]

    @property
    def follows_first_word(self) -> bool:
        """True when the sentence is one word so far."""
        return self.found.start() - len(self.word) == self.begin

    @property
    def after(self) -> str:
        """The letter that follows."""
        return self.found.string[self.found.end()]


def _is_end(stop: Stop) -> bool:
    if stop.has_dots:
        return False
    if not {*stop.found["closers"]}.isdisjoint(_BRACKETS) and stop.found.string[stop.begin] not in _OPENING:
        # the firm (now Harbour Corp.) Chairman: only a bracket that holds a whole sentence ends one
        return False
    return _is_wide_end(stop) if stop.sign in _WIDE_STOPS else _is_narrow_end(stop)


def _is_wide_end(stop: Stop) -> bool:
    """Whether a stop of Chinese or Japanese ends a sentence: it needs no blank after it."""
    if stop.after in _GOES_ON or stop.after in _CLOSING:
        return False
    if stop.found["closers"]:
        # “好！”他说。 goes on after the quotation
        return bool(stop.found["blanks"])
    return stop.sign not in "！？" or not _may_be_name(stop.word)


def _is_narrow_end(stop: Stop) -> bool:
    """Whether a stop of any other script does: a blank must follow, and then the beginning of a sentence."""
    if not stop.found["blanks"] or not _may_begin(stop):
        return False
    closers = stop.found["closers"].strip(_BRACKETS)
    if stop.sign in "!?":
        # Yahoo! Shopping; “Why?” Osei asked
        return not closers and not _may_be_name(stop.word)
    if stop.sign != ".":
        return not closers
    word = stop.word.lstrip(_OPENING + "\"'")
    if not word or _has_no_full_stop(word[-1]):
        return False
    return not is_abbreviated(word, stop.language, first=stop.follows_first_word)


def _may_begin(stop: Stop) -> bool:
    """Whether a sentence may begin with what follows: a capital, after a quotation mark or bracket perhaps.

    Scripts without capitals cannot tell a quotation within a sentence from one at its end.
    """
    end = stop.found.end()
    letter = stop.found.string[end : end + _FAR].lstrip(_OPENING + "\"'¿¡")[:1]
    if letter.isalpha() and letter == letter.lower() == letter.upper():
        return not stop.found["closers"]
    return letter.isupper() or letter.istitle()


def _has_no_full_stop(letter: str) -> bool:
    """Scripts of India and of Thailand use the dot for abbreviations."""
    return "\u0900" <= letter <= "\u0eff"


def _may_be_name(word: str) -> bool:
    """Whether a word before an exclamation or question mark may be a name that ends with it."""
    found = re.search(r"[A-Za-z\u00c0-\u024f\u0370-\u052f]\S*$", word)
    return found is not None and found[0][0].isupper()
