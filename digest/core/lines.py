"""Words that people type to stand on one line: taken, or refused with the reason."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

from digest.errors import InputError

#: Control characters, and halves of characters that a terminal in another encoding hands over.
_UNPRINTABLE: Final = frozenset({"Cc", "Cs"})


def parse_line(text: str, what: str, most: int = 200) -> str:
    """Words that stand on one line of a mail or a listing: something to see, of a length that can be kept."""
    line = " ".join(text.split())
    if not line:
        raise InputError(f"{what} is empty: write something")
    if not line.isprintable() and any(category(sign) in _UNPRINTABLE for sign in line):
        raise InputError(f"{what} {line!r} holds control characters: take them out")
    if len(line) > most:
        raise InputError(f"{what} has {len(line)} characters: use at most {most}")
    return line


def parse_text(text: str, what: str) -> str:
    """Words on as many lines as there are, or none."""
    lines = (parse_line(line, what, most=2000) if line.strip() else "" for line in text.splitlines())
    return "\n".join(lines).strip()


def parse_slug(text: str) -> str:
    """A short name for topics and newsletters, fit for commands and links."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > 60:
        raise InputError(
            f"slug {text!r} is not one: use at most 60 lower-case letters, digits and single hyphens"
        )
    return text
