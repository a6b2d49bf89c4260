"""Shows what a correction costs, and a retraction that was a slip, by the readers whom it is about."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from benchmarks.alone import Case, Figures, interleaved, prepared, scratch
from benchmarks.newsroom import BRIEFINGS
from benchmarks.options import Options
from benchmarks.tables import seconds, show, times

_READERS: Final = (10_000, 100_000)
_MANY_READERS: Final = 1_000_000
_TELL: Final = "benchmarks.tell_readers:tell"
_BRING_BACK: Final = "benchmarks.tell_readers:bring_back"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [*_READERS, _MANY_READERS] if options.million else list(_READERS)
    with scratch() as folder:
        files = [prepared(folder / f"{count}.sqlite3", readers=count) for count in counts]
        cases = [
            Case(measure, {"file": file, "briefing": BRIEFINGS})
            for measure in (_TELL, _BRING_BACK)
            for file in files
        ]
        found = interleaved(cases)
    told, brought_back = found[: len(counts)], found[len(counts) :]
    where = "500 profiles, 20 cadences, SQLite, one transaction"
    _show(f"Correcting the newest item, after it was sent: {where}", "have had it", counts, told)
    _show(f"Publishing it again, left out of all that was sent: {where}", "owed again", counts, brought_back)
    return {
        f"{count:,} readers": {"corrected": one, "back": other}
        for count, one, other in zip(counts, told, brought_back, strict=True)
    }


def _show(title: str, whom: str, counts: Sequence[int], found: Sequence[Figures]) -> None:
    show(
        title,
        ("readers", whom, "time", "growth", "processor", "peak MB"),
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
