"""JSON of strangers: whatever stands where, a reader gets text, a part or a list, and never an error."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from digest.core.returned import Clues
from digest.mail.hooks.called import Call, Refusal, RefusedError

Part = Mapping[str, Any]

#: Of words that are kept (`Returned.text`).
_MOST_TEXT: Final = 500
#: RFC 5321: 64 and 255 octets, and the at sign.
_MOST_ADDRESS: Final = 320
#: Of each sort of clue: one letter has a few, and a document made to hurt has thousands.
_MOST_CLUES: Final = 10
_ADDRESS: Final = re.compile(r"[^\s<>@\"]+@[^\s<>@\"]+|\"[^\"<>]+\"@[^\s<>@\"]+")
_IN_BRACKETS: Final = re.compile(r"<([^<>]*)>\s*\Z")
_LINK: Final = re.compile(r"<\s*(https?://[^\s<>]{1,900})\s*>", re.IGNORECASE)
#: Seconds since 1970 as a provider writes them, until the year 2286.
_SECONDS: Final = re.compile(r"[0-9]{1,10}")


def document_of(call: Call) -> Any:
    """The JSON in the body of a call; refuses what is none."""
    return parsed(call.body)


def parsed(text: bytes | str) -> Any:
    """JSON in UTF-8; refuses what is none, or nested deeper than Python reads."""
    try:
        return json.loads(text.decode("utf-8-sig") if isinstance(text, bytes) else text)
    except (ValueError, RecursionError):
        raise RefusedError(Refusal.UNREADABLE) from None


def parts_of(document: Any) -> list[Part]:
    """A document that is a list of parts, those left out that are none; refuses other documents."""
    if not isinstance(document, list):
        raise RefusedError(Refusal.UNREADABLE)
    return [one for one in document if isinstance(one, dict)]


def whole(document: Any) -> Part:
    """A document that is one part; refuses other documents."""
    if not isinstance(document, dict):
        raise RefusedError(Refusal.UNREADABLE)
    return document


def part(of: Part, name: str) -> Part:
    """A part within; empty when there is none."""
    found = of.get(name)
    return found if isinstance(found, dict) else {}


def parts(of: Part, name: str) -> Iterator[Part]:
    """The parts of a list within."""
    found = of.get(name)
    yield from (one for one in found if isinstance(one, dict)) if isinstance(found, list) else ()


def word(of: Part, name: str, most: int = _MOST_TEXT) -> str:
    """Text within, on one line and without what no store or terminal takes; numbers as they are written."""
    found = of.get(name)
    if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 10**18:
        return str(found)
    return line(found, most) if isinstance(found, str) else ""


def words(of: Part, name: str) -> Iterator[str]:
    """The texts of a list within."""
    found = of.get(name)
    yield from (line(one) for one in found if isinstance(one, str)) if isinstance(found, list) else ()


def line(text: str, most: int = _MOST_TEXT) -> str:
    """Words of a stranger on one line."""
    # a little more than is kept: blanks at the seams go away
    cut = text[: most * 2]
    return " ".join("".join(sign if sign.isprintable() else " " for sign in cut).split())[:most]


def label(text: str) -> str:
    """A word of a provider as it may stand in the name of a rule."""
    return re.sub(r"[^\w./-]+", "-", text)[:60].strip("-") or "none"


def address(text: str) -> str:
    """The address in a text, with a name before it or not; empty when there is none."""
    found = _IN_BRACKETS.search(text)
    bare = (found[1] if found else text).strip()
    return bare if len(bare) <= _MOST_ADDRESS and _ADDRESS.fullmatch(bare) else ""


def message_id(text: str) -> str:
    """A Message-ID with its angle brackets, however it was told; empty for what is none."""
    bare = text.strip().strip("<>")
    return f"<{bare}>" if re.fullmatch(r"[^\s<>]{1,400}", bare) else ""


def clues(
    *, return_paths: tuple[str, ...] = (), message_ids: tuple[str, ...] = (), links: tuple[str, ...] = ()
) -> Clues:
    """Clues without gaps and without things said twice."""
    return Clues(
        return_paths=_first(address(one) for one in return_paths),
        message_ids=_first(message_id(one) for one in message_ids),
        links=_first(iter(links)),
    )


def links_in(header: str) -> tuple[str, ...]:
    """The web links of a List-Unsubscribe header."""
    return tuple(_LINK.findall(header))


def moment(text: str) -> datetime:
    """Seconds since 1970 as text; refuses what is none."""
    if not _SECONDS.fullmatch(text):
        raise RefusedError(Refusal.STALE)
    return datetime.fromtimestamp(int(text), UTC)


def _first(found: Iterator[str]) -> tuple[str, ...]:
    kept = dict.fromkeys(one for one in found if one)
    return tuple(kept)[:_MOST_CLUES]
