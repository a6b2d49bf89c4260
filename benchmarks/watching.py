"""Shows what it costs a store with many readers to be watched: the looks for figures, and for readiness."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, scratch
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.tables import show

_READERS: Final = 100_000
_MANY_READERS: Final = 1_000_000
_MEASURE: Final = "benchmarks.watch_store:measure"
_LOOKS: Final = ("quick", "slow", "ready")


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [_READERS, _MANY_READERS] if options.million else [_READERS]
    figures: dict[str, Any] = {}
    for readers in counts:
        with scratch() as folder, a_postgresql() as server:
            urls = {"SQLite": f"sqlite+aiosqlite:///{folder / 'watched.sqlite3'}", "PostgreSQL": server}
            for kind, url in urls.items():
                figures[f"{kind}, {readers:,} readers"] = alone(
                    Case(_MEASURE, {"url": url, "readers": readers})
                )
    show(
        "Looks at a store where each reader had a copy, and again while all of these are still to send",
        (
            "store",
            *(f"{look}, ms" for look in _LOOKS),
            *(f"{look}, all open" for look in _LOOKS),
            "loop held, ms",
        ),
        [
            [
                kind,
                *(f"{one[look]:.0f}" for look in _LOOKS),
                *(f"{one[f'{look} open']:.0f}" for look in _LOOKS),
                f"{one['held']:.0f}",
            ]
            for kind, one in figures.items()
        ],
    )
    return figures
