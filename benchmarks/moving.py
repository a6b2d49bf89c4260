"""Shows what it costs to move a whole store into another one, by the kinds of both."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, prepared, scratch
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.tables import seconds, show

_READERS: Final = 100_000
_MANY_READERS: Final = 1_000_000
_ROOM: Final = "benchmarks.move_stores:"
_DATABASES: Final = ("news", "beside")


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    readers = _MANY_READERS if options.million else _READERS
    found = {}
    with scratch() as folder, a_postgresql() as server:
        file = prepared(folder / "news.sqlite3", readers=readers, cadences=1)
        old = f"sqlite+aiosqlite:///{file}"
        alone(Case(f"{_ROOM}plan", {"url": old}))
        new, newer = (beside(server, name) for name in _DATABASES)
        for name in _DATABASES:
            alone(Case(f"{_ROOM}make", {"url": beside(server, "postgres"), "name": name}))
        for way, source, target in (
            ("SQLite to PostgreSQL", old, new),
            ("PostgreSQL to SQLite", new, f"sqlite+aiosqlite:///{folder / 'back.sqlite3'}"),
            ("SQLite to SQLite", old, f"sqlite+aiosqlite:///{folder / 'beside.sqlite3'}"),
            ("PostgreSQL to PostgreSQL", new, newer),
        ):
            found[way] = alone(Case(f"{_ROOM}move", {"source": source, "target": target}))
            if way == "SQLite to PostgreSQL":
                alone(Case(f"{_ROOM}open_again", {"url": new}))
    show(
        f"A store with {readers:,} readers and the deliveries of an issue, copied into an empty one",
        ("way", "rows", "time", "rows written a second", "compared a second", "processor", "peak MB"),
        [
            [
                way,
                f"{one['rows']:,.0f}",
                seconds(one["wall"]),
                f"{one['rows'] / one['copied']:,.0f}",
                f"{2 * one['rows'] / one['compared']:,.0f}",
                seconds(one["processor"]),
                f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})",
            ]
            for way, one in found.items()
        ],
    )
    return found


def beside(server: str, name: str) -> str:
    """The URL of another database of a server, as our settings have it."""
    before, mark, options = server.partition("?")
    place = before.rpartition("/")[0].replace("postgresql://", "postgresql+psycopg://", 1)
    return f"{place}/{name}{mark}{options}"
