"""Shows how quickly the desk answers an editor when there are many readers, on SQLite and on PostgreSQL.

Every page that the desk has is asked for: which there are, the desk's own routes say. Beside them a roster is
taken in and all readers are written out.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, Figures, alone, scratch
from benchmarks.options import Options
from benchmarks.postgres import a_postgresql
from benchmarks.servers import serving
from benchmarks.tables import seconds, show

_READERS: Final = 100_000
_MANY_READERS: Final = 1_000_000
#: Lines of the roster.
_LINES: Final = 100_000
#: Milliseconds within which 95 of 100 answers are to come.
_GOAL: Final = 200
_PREPARE: Final = "benchmarks.editor:prepare"
_VISIT: Final = "benchmarks.editor:visit"
_EXPORT: Final = "benchmarks.editor:export"
_IMPORT: Final = "benchmarks.editor:take_in"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    readers = _MANY_READERS if options.million else _READERS
    with scratch() as folder:
        figures = {"SQLite": _measured(f"sqlite:///{folder / 'desk.sqlite3'}", readers, folder)}
        with a_postgresql() as url:
            figures["PostgreSQL"] = _measured(url, readers, folder)
    pages = list(figures["SQLite"]["pages"])
    show(
        f"Pages of the desk, one after the other, {readers:,} readers; p95 is to be below {_GOAL} ms",
        ("page", *(f"{kind}, {what} ms" for kind in figures for what in ("median", "p95", "worst"))),
        [
            [
                page,
                *(
                    f"{one['pages'][page][what]:.0f}"
                    for one in figures.values()
                    for what in ("median", "p95", "worst")
                ),
            ]
            for page in sorted(
                pages, key=lambda name: -max(f["pages"][name]["p95"] for f in figures.values())
            )
        ],
    )
    show(
        f"A roster of {_LINES:,} lines taken in through the desk, and all readers written out",
        ("store", "tried", "taken", "peak MB", "written out", "MB", "server grew by MB"),
        [
            [
                kind,
                seconds(one["import"]["tried"]),
                seconds(one["import"]["taken"]),
                f"{one['import']['peak']:.0f}",
                seconds(one["export"]["wall"]),
                f"{one['export']['megabytes']:.0f}",
                f"{one['export']['growth']:.1f}",
            ]
            for kind, one in figures.items()
        ],
    )
    return figures


def _measured(url: str, readers: int, folder: Path) -> dict[str, Any]:
    alone(Case(_PREPARE, {"url": url, "readers": readers}))
    with serving(url, folder) as (port, process):
        found = alone(Case(_VISIT, {"url": url, "port": port}))
        export = alone(Case(_EXPORT, {"url": url, "port": port, "process": process}))
    taken = alone(Case(_IMPORT, {"url": url, "lines": _LINES, "readers": readers}))
    return {"pages": _by_page(found), "export": export, "import": taken}


def _by_page(found: Figures) -> dict[str, dict[str, float]]:
    """Figures come as `page|what`."""
    pages: dict[str, dict[str, float]] = {}
    for name, value in found.items():
        page, _, what = name.rpartition("|")
        pages.setdefault(page, {})[what] = value
    return pages
