"""Shows what a copy of an issue costs before and after it is bound into a volume, and what binding costs."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, scratch
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.tables import seconds, show

_ISSUES: Final = 20
_READERS: Final = 5_000
_MANY_READERS: Final = 50_000
_MEASURE: Final = "benchmarks.shrink_store:measure"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [_READERS, _MANY_READERS] if options.million else [_READERS]
    figures: dict[str, Any] = {}
    for readers in counts:
        with scratch() as folder, a_postgresql() as server:
            urls = {"SQLite": f"sqlite+aiosqlite:///{folder / 'old.sqlite3'}", "PostgreSQL": server}
            for kind, url in urls.items():
                figures[f"{kind}, {readers:,} readers"] = alone(
                    Case(_MEASURE, {"url": url, "readers": readers, "past": _ISSUES})
                )
    show(
        f"Binding {_ISSUES} issues of each reader, 500 profiles, 20 cadences, while another process writes",
        (
            "store",
            "copies",
            "octets a copy",
            "after",
            "its leaf",
            "time",
            "step ms",
            "longest",
            "wait ms",
            "longest",
        ),
        [
            [
                kind,
                f"{one['copies']:,.0f}",
                *(f"{one[name]:.1f}" for name in ("before", "after", "content")),
                seconds(one["wall"]),
                *(f"{one[name]:.0f}" for name in ("step", "longest_step", "waited", "longest_wait")),
            ]
            for kind, one in figures.items()
        ],
    )
    show(
        "Looked up in volumes, milliseconds each",
        ("store", "a page of one's archive", "all data of a reader", "why"),
        [[kind, *(f"{one[name]:.1f}" for name in ("page", "data", "why"))] for kind, one in figures.items()],
    )
    return figures
