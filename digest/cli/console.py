"""How the command speaks: answers on standard output, as prose or one JSON document; the rest elsewhere."""

from __future__ import annotations

import asyncio
import codecs
import json
import re
import sys
from collections.abc import Awaitable, Callable, Collection, Coroutine, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum, StrEnum
from pathlib import Path
from typing import Annotated, Any, Final, Protocol, TypeVar

import typer
from msgspec import Struct
from msgspec.structs import asdict

from digest.core.lines import parse_line as parse_line
from digest.core.lines import parse_slug as parse_slug
from digest.core.lines import parse_text as parse_text
from digest.core.reach import require_within_reach
from digest.errors import InputError
from digest.remarks import REMARKS

T = TypeVar("T")


class _HasId(Protocol):
    @property
    def id(self) -> int: ...


Numbered = TypeVar("Numbered", bound=_HasId)
Choice = TypeVar("Choice", bound=StrEnum)

#: More than any store counts to; a number above it is a slip, and would be too long for the store.
LARGEST: Final = 2**63 - 1

Json = Annotated[bool, typer.Option("--json", help="Answer with one JSON document.")]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Settings file instead of digest.toml.")
]


def whole(least: int = 1, most: int = LARGEST) -> Callable[[str], int]:
    """What reads a whole number within bounds; a refusal names what was typed.

    The bounds that typer offers fill the help with twenty digits, and its refusals leave the value out.
    """
    bounds = f"from {least} to {most}" if most < LARGEST - 1 else f"from {least} on"

    def parse(text: str) -> int:
        # a default is a number already
        word = str(text).strip()
        if re.fullmatch(r"[+-]?[0-9]{1,19}", word) and least <= int(word) <= most:
            return int(word)
        raise typer.BadParameter(f"{word!r} is not a whole number {bounds}")

    return parse


Limit = Annotated[
    int,
    typer.Option("--limit", metavar="N", parser=whole(most=LARGEST - 1), help="At most so many."),
]
After = Annotated[
    int,
    typer.Option("--after", metavar="CURSOR", parser=whole(least=0), help="Go on behind this one."),
]
All = Annotated[bool, typer.Option("--all", help="All of them, whatever the limit.")]
Now = Annotated[
    str | None,
    typer.Option(
        "--now", metavar="TIME", help="Decide as if it were then: ISO 8601 (UTC without offset), or +36h."
    ),
]


class Page(Struct, frozen=True):
    """Which part of a listing is wanted."""

    limit: int
    after: int
    everything: bool


def run(
    work: Coroutine[Any, Any, T], loop_factory: Callable[[], asyncio.AbstractEventLoop] | None = None
) -> T:
    """Run the async part of a command; None takes asyncio's own loop."""
    with asyncio.Runner(loop_factory=loop_factory) as runner:
        return runner.run(work)


def say(text: str) -> None:
    """Prose for people, on standard output."""
    print(text)


def counted(number: int, noun: str) -> str:
    """How many there are, in words: `1 mail`, `3 copies`, `12 quiet days`."""
    several = f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2] not in "aeiou" else f"{noun}s"
    return f"{number} {noun if number == 1 else several}"


def note(text: str) -> None:
    """Progress and remarks, on standard error."""
    print(text, file=REMARKS)


def tell(text: str) -> None:
    """The same of a process that goes on; among lines for programs it is one of them."""
    # heavy, and most commands have no lines
    import structlog

    from digest import logbook

    if logbook.writes_json():
        structlog.get_logger("digest").info(text)
    else:
        note(text)


def answer(document: object) -> None:
    """One JSON document, on standard output; other letters as they are where the output can hold them."""
    spelled_out = codecs.lookup(sys.stdout.encoding or "ascii").name != "utf-8"
    print(json.dumps(plain(document), ensure_ascii=spelled_out, indent=2))


def plain(value: object) -> Any:
    """A value as JSON has it: times in ISO 8601 and UTC, sets sorted."""
    if isinstance(value, Struct):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, frozenset | set):
        return sorted(plain(item) for item in value)
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, Path) else value


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    following: int | str | None = None,
) -> None:
    """A table for people; as wide as the terminal, or as its content when there is none.

    Words stay whole where there is room for that: addresses and the like are copied from here. When it is a
    part of a listing, `following` is the cursor behind which the listing goes on.
    """
    # heavy, and a command that answers with JSON draws none
    from rich.cells import cell_len
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    drawn = Table(title=title or None, box=None, pad_edge=False, title_justify="left", header_style="bold")
    texts = [[_cell(value) for value in row] for row in rows]
    downwards = [[column, *(row[place] for row in texts)] for place, column in enumerate(columns)]
    longest = [max(cell_len(word) for text in one for word in (text.split() or [""])) for one in downwards]
    has_room = sum(longest) + 2 * (len(columns) - 1) <= console.width
    for column, one in zip(columns, downwards, strict=True):
        is_whole = all(len(text.split()) < 2 for text in one)
        drawn.add_column(column, overflow="fold", no_wrap=has_room and is_whole)
    for row in texts:
        drawn.add_row(*map(escape, row))
    console.print(drawn)
    if following is not None:
        note(f"there is more: go on with --after {following}, or say --all")


def pairs(document: Mapping[str, object], *, without: Collection[str] = ()) -> None:
    """Names and values for people, one pair a line; of several values one line as well."""
    width = max(map(len, document), default=0)
    for name, value in document.items():
        lines = map(str, value) if isinstance(value, list) else _cell(value).splitlines()
        if name not in without:
            say(f"{name:{width}}  {', '.join(lines)}".rstrip())


def _cell(value: object) -> str:
    """A value as it stands in a table, or behind its name; times in UTC, to the minute."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M}"
    return str(value)


async def listing(
    fetch: Callable[[int, int], Awaitable[Sequence[T]]],
    page: Page,
    cursor: Callable[[T], int],
    show: Callable[[T], dict[str, Any]],
) -> dict[str, Any]:
    """The document of a listing; `fetch` takes (after, limit)."""
    items: list[T] = []
    after = page.after
    while True:
        found = list(await fetch(after, page.limit + 1))
        has_more = len(found) > page.limit
        items += found[: page.limit]
        if items:
            after = cursor(items[-1])
        if not has_more or not page.everything:
            return {"items": [show(item) for item in items], "next": after if has_more else None}


def part(found: Sequence[Numbered], limit: int, everything: bool) -> tuple[Sequence[Numbered], int | None]:
    """The part of a short list that a listing shows, and its cursor."""
    shown = found if everything else found[:limit]
    return shown, shown[-1].id if len(shown) < len(found) else None


def parse_now(text: str | None) -> datetime:
    """The instant of `--now`: the present, ISO 8601, or so far from the present (`+36h`, `+2d`)."""
    present = datetime.now(UTC)
    if text is None:
        return present
    ahead = re.fullmatch(r"\+(\d{1,4})([mhd])", text.strip())
    if ahead:
        return present + int(ahead[1]) * _UNITS[ahead[2]]
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"time {text!r} is not known: say 2026-11-24T08:00:00Z, or +36h") from None
    require_within_reach(found, f"time {text!r}")
    return (found.replace(tzinfo=UTC) if found.tzinfo is None else found).astimezone(UTC)


_UNITS: Final = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}


def parse_day(text: str, what: str) -> date:
    """A calendar date."""
    try:
        found = date.fromisoformat(text.strip())
    except ValueError:
        raise InputError(f"{what} {text!r} is not a date: say it as 2026-11-24") from None
    require_within_reach(found, f"{what} {text!r}")
    return found


def parse_choice(word: str | None, known: type[Choice], what: str = "status") -> Choice | None:
    """One of the words of `known`, whatever its case; None for None. Raises InputError with the choice."""
    if word is None:
        return None
    try:
        return known(word.lower())
    except ValueError:
        raise InputError(f"{what} {word!r} is not known: choose among {', '.join(known)}") from None


def confirmed(question: str) -> bool:
    """Ask a person; without a terminal the answer is no."""
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask on: add --yes to go ahead without being asked")
    return typer.confirm(question, err=True)
