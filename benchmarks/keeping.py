"""Shows what it costs to back a whole store up, to check the file, and to put it back."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, prepared, scratch
from benchmarks.moving import beside
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.tables import seconds, show

_READERS: Final = 100_000
_MANY_READERS: Final = 1_000_000
_ROOM: Final = "benchmarks.keep_stores:"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    readers = _MANY_READERS if options.million else _READERS
    found = {}
    with scratch() as folder, a_postgresql() as server:
        file = prepared(folder / "news.sqlite3", readers=readers, cadences=1)
        old = f"sqlite+aiosqlite:///{file}"
        alone(Case("benchmarks.move_stores:plan", {"url": old}))
        alone(Case("benchmarks.move_stores:make", {"url": beside(server, "postgres"), "name": "news"}))
        new, back = beside(server, "news"), f"sqlite+aiosqlite:///{folder / 'back.sqlite3'}"
        one, other = str(folder / "one.gz"), str(folder / "other.gz")
        for what, case in (
            ("backup of SQLite", Case(f"{_ROOM}keep", {"url": old, "file": one})),
            ("check", Case(f"{_ROOM}check", {"file": one})),
            ("restore into PostgreSQL", Case(f"{_ROOM}put_back", {"url": new, "file": one})),
            ("backup of PostgreSQL", Case(f"{_ROOM}keep", {"url": new, "file": other})),
            ("restore into SQLite", Case(f"{_ROOM}put_back", {"url": back, "file": other})),
        ):
            found[what] = alone(case)
    show(
        f"A store with {readers:,} readers and the deliveries of an issue, kept in a file",
        ("what", "rows", "file MB", "time", "rows a second", "processor", "peak MB"),
        [
            [
                what,
                f"{one['rows']:,.0f}",
                f"{one['octets'] / 1_000_000:.1f}",
                seconds(one["wall"]),
                f"{one['rows'] / one['wall']:,.0f}",
                seconds(one["processor"]),
                f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})",
            ]
            for what, one in found.items()
        ],
    )
    return found
