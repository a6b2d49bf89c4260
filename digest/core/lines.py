"""Words that stand on one line: typed ones are taken or refused with the reason, those of others are cut."""

from __future__ import annotations

import re
from typing import Final
from unicodedata import category

from digest.core.unseen import is_seen, upright
from digest.errors import InputError

#: So many signs has the longest title of a briefing: five lines on a telephone, and longer than any headline.
MOST_TITLE: Final = 300
#: Control characters, and halves of characters that a terminal in another encoding hands over.
_UNPRINTABLE: Final = frozenset({"Cc", "Cs"})
_JOINER: Final = "\u200d"
#: Categories of signs that belong to the one before them: marks, joiners and tags, tones of skin.
_BOUND: Final = frozenset({"Mn", "Mc", "Me", "Cf", "Sk"})


def parse_line(text: str, what: str, most: int = 200) -> str:
    """Words that stand on one line of a mail or a listing: something to see, of a length that can be kept.

    What would turn round the words beside them is left out.
    """
    line = " ".join(upright(text).split())
    if not line:
        raise InputError(f"{what} is empty: write something")
    if not line.isprintable() and any(category(sign) in _UNPRINTABLE for sign in line):
        raise InputError(f"{what} {line!r} holds control characters: take them out")
    require_line(line, what, most)
    return line


def require_line(line: str, what: str, most: int | None = None) -> None:
    """Refuse what nobody would see, and what is too long."""
    if not is_seen(line):
        raise InputError(f"{what} holds nothing that can be seen: write something")
    if most is not None and len(line) > most:
        raise InputError(f"{what} has {len(line)} characters: use at most {most}")


def cut_line(line: str, most: int) -> str:
    """Others' words as they can be kept: upright, cut after a word and marked when they are too long.

    Empty when there is nothing to see in them.
    """
    whole = upright(line).strip()
    if len(whole) <= most:
        return whole if is_seen(whole) else ""
    # the cut may part what opens from what closes
    kept = upright(whole[: _end_of_word(whole, most - 1)]).strip().rstrip(" ,;:.–—-")
    return f"{kept}…" if is_seen(kept) else ""


def parse_text(text: str, what: str) -> str:
    """Words on as many lines as there are, or none."""
    # browsers copy blank lines with signs in them that nobody sees
    lines = (parse_line(line, what, most=2000) if is_seen(line) else "" for line in text.splitlines())
    return "\n".join(lines).strip()


def parse_slug(text: str) -> str:
    """A short name for topics and newsletters, fit for commands and links."""
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text) or len(text) > 60:
        raise InputError(
            f"slug {text!r} is not one: use at most 60 lower-case letters, digits and single hyphens"
        )
    return text


def _end_of_word(line: str, most: int) -> int:
    """Where a longer line is cut: between words, or at least not within what is one sign to the eye."""
    space = line.rfind(" ", 0, most + 1)
    if space > most // 2:
        return space
    end = most
    while end > most // 2 and (category(line[end]) in _BOUND or line[end - 1] == _JOINER):
        end -= 1
    return end
