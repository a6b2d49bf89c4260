"""Shows what a look at every row costs (`digest doctor --deep`), by the kind of store."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, scratch
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.tables import seconds, show

_READERS: Final = 100_000
_MANY_READERS: Final = 1_000_000
_DAYS: Final = 10
_ROOM: Final = "benchmarks.look_deep:"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    readers = _MANY_READERS if options.million else _READERS
    found = {}
    with scratch() as folder, a_postgresql() as server:
        for kind, url in {
            "SQLite": f"sqlite+aiosqlite:///{folder / 'n.sqlite3'}",
            "PostgreSQL": server,
        }.items():
            alone(Case(f"{_ROOM}fill", {"url": url, "readers": readers, "days": _DAYS}))
            found[kind] = alone(Case(f"{_ROOM}look", {"url": url}))
    show(
        f"A look at every row: {readers:,} readers, 500 profiles, 20 cadences, {_DAYS} issues each",
        ("store", "copies", "time", "processor", "peak MB"),
        [
            [
                kind,
                f"{one['copies']:,.0f}",
                seconds(one["wall"]),
                seconds(one["processor"]),
                f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})",
            ]
            for kind, one in found.items()
        ],
    )
    return found
