"""What people wrote, made fit to print: no controls, one line, true links, foreign script marked."""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from typing import Final
from urllib.parse import urlsplit

from markupsafe import Markup, escape

from digest.core.unseen import left_open
from digest.core.weblinks import is_web_link

#: Everything that breaks a line or a column; no-break and ideographic spaces are not among them.
_BREAKS: Final = re.compile("\r\n|[\t-\r\x1c-\x1e\x85\u2028\u2029]")
#: The remaining controls, noncharacters and lone surrogates: XML 1.0, HTML and UTF-8 have no place for them.
_UNPRINTABLE: Final = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\ufdd0-\ufdef\ufffe\uffff\ud800-\udfff]"
)
_PARAGRAPH_END: Final = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")

#: Where no letter is of East Asia, in any of its scripts: most texts stay within, and then nobody has to
#: compile the patterns that know those scripts, each of which takes as long as loading a module.
_ELSEWHERE: Final = "\x00-\u10ff\u1160-\u2e7f"
_EAST_ASIAN: Final = re.compile(f"[^{_ELSEWHERE}]")
#: Han letters, and between two of them the punctuation that belongs to their script.
_HAN: Final = "\u2e80-\u2fdf\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
#: What Japanese is written with besides: hiragana, katakana and its half-width forms.
_KANA: Final = "\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u31f0-\u31ff\uff66-\uff9f"
_HAN_MARKS: Final = "\u30fb\u3001-\u3003\u3008-\u3020\uff01-\uff5e\u2018\u2019\u201c\u201d\u00b7"
#: What most texts in Latin script consist of; each of its letters takes one column.
_SINGLE_COLUMNS: Final = re.compile("[ -~\xa0-\xac\xae-\u02ff\u2010-\u2027\u2030-\u205e]*")
_OWN_HAN: Final = ("zh", "ja", "ko")


def one_line(text: str) -> str:
    """The text verbatim, but breaks become spaces and what cannot be printed becomes U+FFFD."""
    if text.isascii() and text.isprintable():
        return text.strip()
    line = _UNPRINTABLE.sub("\ufffd", _BREAKS.sub(" ", text)).strip()
    # letters beyond the first plane take two units; one pattern for all takes sixteen times as long
    return line if len(line.encode("utf-16-le")) == 2 * len(line) else _beyond().sub("\ufffd", line)


def paragraphs(text: str) -> tuple[str, ...]:
    """Text as people type it, blank lines between paragraphs, as printable lines."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    return tuple(filter(None, map(one_line, _PARAGRAPH_END.split(plain))))


def web_link(url: str | None) -> str:
    """The address when a mail may link to it, else nothing: no script, no file, no half address."""
    text = one_line(url or "")
    return text if is_web_link(text) else ""


def host_of(url: str) -> str:
    """The host of a web link as people know it."""
    return (urlsplit(url).hostname or "").removeprefix("www.")


def may_be_east_asian(text: str) -> bool:
    """False when no letter of the text is Han, kana, hangul or another wide script."""
    return _EAST_ASIAN.search(text) is not None


def marked_han(text: str, language: str) -> Markup:
    """Escaped text in which runs of Han script carry their language, so that fonts and voices fit.

    Those with kana among them are Japanese, all others are taken for Chinese.
    """
    escaped = str(escape(text))
    if language.split("-")[0] in _OWN_HAN or not may_be_east_asian(escaped):
        return Markup(escaped)  # noqa: S704 - escaped above
    return Markup(_han_run().sub(_as_its_language, escaped))  # noqa: S704 - escaped above


def has_single_columns(text: str) -> bool:
    """True for what is Latin script throughout, and takes as many columns as it has letters."""
    return _SINGLE_COLUMNS.fullmatch(text) is not None


def column_width(text: str) -> int:
    """Columns that the text takes in a terminal: two for wide letters, none for combining marks."""
    if _SINGLE_COLUMNS.fullmatch(text):
        return len(text)
    return sum(map(_letter_width, text))


def shortened(text: str, columns: int) -> str:
    """The text, cut after a word and marked with an ellipsis when it is wider than so many columns."""
    if column_width(text) <= columns:
        return text
    end = _letters_in(text, columns - 1)
    kept = text[:end]
    space = kept.rfind(" ")
    if text[end] != " " and space > end // 2:
        kept = kept[:space]
    shown = kept.rstrip(" ,;:.–—-、。，；：・")
    # what stands before the cut may be closed behind it
    return f"{shown}…{left_open(shown)}"


@cache
def _beyond() -> re.Pattern[str]:
    """The noncharacters that end each plane but the first."""
    ends = (f"{chr(plane + 0xFFFE)}{chr(plane + 0xFFFF)}" for plane in range(0x10000, 0x110000, 0x10000))
    return re.compile(f"[{''.join(ends)}]")


def _as_its_language(run: re.Match[str]) -> str:
    language = "ja" if _kana().search(run[0]) else "zh-Hans"
    return f'<span lang="{language}">{run[0]}</span>'


@cache
def _han_run() -> re.Pattern[str]:
    return re.compile(f"[{_HAN}{_KANA}](?:[{_HAN}{_KANA}{_HAN_MARKS}]*[{_HAN}{_KANA}])?")


@cache
def _kana() -> re.Pattern[str]:
    return re.compile(f"[{_KANA}]")


def _letters_in(text: str, columns: int) -> int:
    """How many letters from the beginning fit into so many columns."""
    if _SINGLE_COLUMNS.fullmatch(text):
        return columns
    for end, letter in enumerate(text):
        columns -= _letter_width(letter)
        if columns < 0:
            return end
    return len(text)


@lru_cache(maxsize=8192)
def _letter_width(letter: str) -> int:
    if unicodedata.combining(letter) or unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1
