"""Cells of another system's export become values; one that is none is left out, with a remark."""

from __future__ import annotations

import ipaddress
import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from unicodedata import category

from digest.core.exports import Agreement
from subscribers.wishes import MOST_OF_A_NAME, WishError, parse_language, parse_name, parse_zone

#: As the store keeps a name, and words of somebody.
_MOST_WORDS: Final = 200
#: As the language of listmonk prints an instant: `2024-03-05 10:11:12.345678 +0100 CET`.
_GO_INSTANT: Final = re.compile(r"(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d)(?:\.\d+)? ([+-]\d{4})\b")
#: The names in a column of tags.
_QUOTED: Final = re.compile(r'"([^"]*)"')
_ALL_QUOTED: Final = re.compile(r'\s*"[^"]*"(?:\s*,\s*"[^"]*")*\s*')
#: How deep JSON of attributes may be nested; one that is deeper is left out unread.
_MOST_NESTED: Final = 20
_YES: Final = frozenset({"true", "t", "yes", "y", "1"})
_NO: Final = frozenset({"false", "f", "no", "n", "0"})


class Remarks:
    """What of one line is left out, and why."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._said: Final[list[str]] = []

    @property
    def said(self) -> tuple[str, ...]:
        """All of it, each once."""
        return tuple(dict.fromkeys(self._said))

    def instant(self, text: str, what: str) -> datetime | None:
        """An instant; one that does not name its zone is UTC."""
        if not text.strip():
            return None
        try:
            return _instant(text.strip())
        except (ValueError, OverflowError):
            self._said.append(f"{what} is no time that is understood")
            return None

    def network(self, text: str) -> str:
        """A network address in its usual spelling."""
        if not text.strip():
            return ""
        try:
            return str(ipaddress.ip_address(text.strip()))
        except ValueError:
            self._said.append("the network address is none")
            return ""

    def agreement(self, asked_at: str, asked_from: str, confirmed_at: str, confirmed_from: str) -> Agreement:
        """When and from where somebody agreed."""
        return Agreement(
            self.instant(asked_at, "the time of opting in"),
            self.network(asked_from),
            self.instant(confirmed_at, "the time of confirming"),
            self.network(confirmed_from),
        )

    def name(self, *parts: str) -> str:
        """A name on one line."""
        whole = " ".join(" ".join(parts).split())
        if not whole.isprintable() and any(category(sign) == "Cs" for sign in whole):
            # JSON may hold them, and no store or mail can
            self._said.append("the name holds half a character")
            return ""
        if len(whole) > MOST_OF_A_NAME:
            self._said.append(f"the name is longer than {MOST_OF_A_NAME} characters")
            return ""
        try:
            return parse_name(whole)
        except WishError:
            self._said.append("the name holds control characters")
            return ""

    def zone(self, text: str) -> str | None:
        """A time zone by its IANA name."""
        if not text.strip():
            return None
        try:
            return parse_zone(text)
        except WishError:
            self._said.append("the time zone is not known")
            return None

    def language(self, text: str) -> str | None:
        """A language tag."""
        if not text.strip():
            return None
        try:
            return parse_language(text)
        except WishError:
            self._said.append("the language is not known")
            return None

    def attributes(self, text: str) -> Mapping[str, Any]:
        """An object of JSON."""
        if not text.strip():
            return {}
        try:
            if text.count("{") + text.count("[") > _MOST_NESTED * 10:
                raise ValueError
            found = json.loads(text)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            self._said.append("the attributes are no object of JSON")
            return {}
        return found


def said_yes(text: str) -> bool | None:
    """Whether a cell says yes; None for one that says neither."""
    word = text.strip().lower()
    return True if word in _YES else False if word in _NO else None


def words_of(text: str) -> str:
    """Somebody's words on one line, cut to a length that a history keeps."""
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in text).split())
    return line if len(line) <= _MOST_WORDS else line[: _MOST_WORDS - 1] + "…"


def choices_in(text: str) -> tuple[str, ...]:
    """The names in a cell that lists several: commas part them, but for those in quotes or escaped."""
    parts = _QUOTED.findall(text) if _ALL_QUOTED.fullmatch(text) else re.split(r"(?<!\\),", text)
    names = (part.replace("\\,", ",").strip().strip('"').strip() for part in parts)
    return tuple(dict.fromkeys(name for name in map(words_of, names) if name))


def _instant(text: str) -> datetime:
    found = _GO_INSTANT.match(text)
    if found:
        at = datetime.strptime(f"{found[1]} {found[2]} {found[3]}", "%Y-%m-%d %H:%M:%S %z")
    else:
        at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
