"""Shows what printing costs: once an issue, once a cohort, once a reader."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, interleaved, prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import show

_READERS: Final = 3000
_SHEET_ITEMS: Final = 20


def run(options: Options) -> dict[str, Any]:
    """Measure and print; a million readers would show nothing else."""
    del options
    with scratch() as folder:
        file = prepared(folder / "store.sqlite3", readers=_READERS, cadences=1)
        (found,) = interleaved([Case("benchmarks.print_copies:print_copies", {"file": file})])
    show(
        f"Printing: a sheet of {_SHEET_ITEMS} briefings, mails of {found['bytes'] / 1000:.0f} kB",
        ("piece", "how often", "time each"),
        [
            ["sheet, the first one", "once a process", f"{found['cold sheet'] * 1e3:.0f} ms"],
            ["sheet", "once an issue and language", f"{found['sheet'] * 1e3:.0f} ms"],
            ["rendition", "once a cohort", f"{found['rendition'] * 1e6:.0f} µs"],
            ["first letter, read from the store", "once a cohort", f"{found['first letter'] * 1e6:.0f} µs"],
            ["further letter", "once a reader", f"{found['letter'] * 1e6:.0f} µs"],
        ],
    )
    return dict(found)
