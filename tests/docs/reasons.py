"""The reference of reasons, from what the program says of each: docs/reference/reasons.md."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from digest.core.model import Skip
from digest.core.reasons import OF_COPIES, OF_ITEMS, OurReason
from digest.core.verdict import Reason
from tests.docs.blocks import DOCS

PAGE: Final = DOCS / "reference" / "reasons.md"
#: By their headings the reasons of copies, each table beginning with the one named.
_TABLES: Final[Mapping[str, str]] = {
    "Our side": Reason.NO_CONNECTION,
    "For now": OurReason.WAITS_ITS_TURN,
    "Nobody knows": OurReason.INTERRUPTED,
    "For good, by the address": Reason.NO_SUCH_ADDRESS,
    "For good, by the mail or its sender": Reason.TOO_BIG,
    "No copy, or none any more": Skip.NOTHING_NEW,
}
_ABOUT: Final = """\
Whatever did not come, or not yet, has a reason: a word that `digest deliveries list`, `digest issues show`,
the desk, the API and the metrics use alike. What the server said stands beside it, under `detail`. Written
by `make reference` from `digest/core/reasons.py`."""
_OF_ITEMS: Final = """\
Under `left_out` in the API and in `digest why`, for each copy by itself. What a cap puts off is none of
these: it is `deferred`, and comes with the next issue ([exactly-once.md](../exactly-once.md))."""


def text() -> str:
    """The whole page, as of today."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Reasons"
    yield ""
    yield _ABOUT
    yield ""
    yield "## Of copies"
    headings = {str(first): heading for heading, first in _TABLES.items()}
    for reason, (what, then) in OF_COPIES.items():
        if str(reason) in headings:
            yield from ["", f"### {headings[str(reason)]}", ""]
            yield from ["| reason | what was the case | what follows, and what helps |", "|---|---|---|"]
        yield f"| `{reason}` | {what} | {then} |"
    yield from ["", "## Of items that a copy leaves out", "", _OF_ITEMS, ""]
    yield from ["| reason | what was the case |", "|---|---|"]
    for left_out, what in OF_ITEMS.items():
        yield f"| `{left_out}` | {what} |"


def write() -> Path:
    """Write the page anew."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
