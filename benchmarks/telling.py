"""Shows what a correction costs, by the number of readers who have had the text."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, interleaved, prepared, scratch
from benchmarks.newsroom import BRIEFINGS
from benchmarks.options import Options
from benchmarks.tables import seconds, show, times

_READERS: Final = (10_000, 100_000)
_MANY_READERS: Final = 1_000_000
_TELL: Final = "benchmarks.tell_readers:tell"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [*_READERS, _MANY_READERS] if options.million else list(_READERS)
    with scratch() as folder:
        files = [prepared(folder / f"{count}.sqlite3", readers=count) for count in counts]
        found = interleaved([Case(_TELL, {"file": file, "briefing": BRIEFINGS}) for file in files])
    show(
        "Correcting the newest item, after it was sent: 500 profiles, 20 cadences, SQLite, one transaction",
        ("readers", "have had it", "time", "growth", "processor", "peak MB"),
        [
            [
                f"{count:,}",
                f"{one['readers']:,.0f}",
                seconds(one["wall"]),
                times(one["wall"], found[0]["wall"]),
                seconds(one["processor"]),
                f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})",
            ]
            for count, one in zip(counts, found, strict=True)
        ],
    )
    return {f"{count:,} readers": one for count, one in zip(counts, found, strict=True)}
