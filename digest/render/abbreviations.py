"""Whether a full stop belongs to the word before it: the words are listed in `abbreviations.toml`."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Final, NamedTuple

_FILE: Final = Path(__file__).with_name("abbreviations.toml")
_NUMBER: Final = re.compile(r"[^\w\s]*\d[\d,.'\u00a0]*[%‰]?")
_AMOUNT: Final = re.compile(r"[^\w\s]?\d[\d,]*\.\d+[%‰]?")
_ROMAN: Final = re.compile(r"[IVXLCDM]+")
_CONSONANTS: Final = re.compile(r"[b-df-hj-np-tv-xz]+", re.IGNORECASE)


class _Known(NamedTuple):
    anywhere: frozenset[str]
    #: as they are written; all others in small letters
    capitalised: frozenset[str]
    of_language: dict[str, frozenset[str]]
    with_ordinals: frozenset[str]


def is_abbreviated(word: str, language: str, *, first: bool) -> bool:
    """Whether the full stop after this word may belong to it.

    The word comes without its stop and without what opens before it; `first` says that a sentence begins with
    it. Initials, letters with dots between them, known abbreviations, and whatever looks like one.
    """
    tongue = language.split("-")[0].lower()
    plain = word.replace("’", "'")
    known = _known()
    if _NUMBER.fullmatch(plain):
        return first or tongue in known.with_ordinals or ("." in plain and not _AMOUNT.fullmatch(plain))
    if len(plain) <= 1 or not {".", "/", "@"}.isdisjoint(plain):
        return True
    if tongue in known.with_ordinals and _ROMAN.fullmatch(plain):
        return True
    small = plain.lower()
    return (
        small in known.anywhere
        or plain in known.capitalised
        or small in known.of_language.get(tongue, ())
        or _looks_shortened(plain)
    )


def _looks_shortened(word: str) -> bool:
    """No vowel, as in Sgt or hrs, but not the capitals of an institution; a capital and one letter, as in Fa;
    or a few letters of Cyrillic or Arabic.
    """
    if "\u0400" <= word[-1] <= "\u04ff":
        return len(word) <= 4
    if word.isupper() or len(word) == 2:
        return word.istitle() or "\u0600" <= word[-1] <= "\u06ff"
    return _CONSONANTS.fullmatch(word) is not None


@cache
def _known() -> _Known:
    listed = tomllib.loads(_FILE.read_text(encoding="utf-8"))
    return _Known(
        frozenset(" ".join(listed["anywhere"].values()).split()),
        frozenset(listed["capitalised"]["en"].split()),
        {language: frozenset(words.split()) for language, words in listed["language"].items()},
        frozenset(listed["ordinals"]["languages"].split()),
    )
