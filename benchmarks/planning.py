"""Shows what planning costs: by readers, by what was sent before, and for one decision."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, Figures, interleaved, prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import seconds, show, times

_READERS: Final = (10_000, 100_000)
_MANY_READERS: Final = 1_000_000
#: Readers who got so many issues before: planning must not care.
_PAST_READERS: Final = 50_000
_PAST: Final = (0, 10, 40)
_ARCHIVES: Final = (0, 1000, 10_000)
_PLAN: Final = "benchmarks.plan_slots:plan"
#: `rest` is opening issues, pinning revisions, and the commits; `processor` is time of all threads.
_COLUMNS: Final = ("cohorts", "time", "growth", "read", "decide", "write", "rest", "processor", "peak MB")


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    figures = {}
    with scratch() as folder:
        figures["readers"] = _by_readers(folder, [*_READERS, _MANY_READERS] if options.million else _READERS)
    with scratch() as folder:
        figures["past issues"] = _by_past(folder)
    figures["archive"] = _by_archive()
    return figures


def _by_readers(folder: Path, counts: Sequence[int]) -> Mapping[int, Figures]:
    files = [prepared(folder / f"{count}.sqlite3", readers=count) for count in counts]
    found = interleaved([Case(_PLAN, {"file": file}) for file in files])
    show(
        "Planning all that is due: 500 profiles, 20 cadences, 40 briefings, SQLite",
        ("readers", *_COLUMNS),
        [[f"{count:,}", *_cells(one, found[0])] for count, one in zip(counts, found, strict=True)],
    )
    return dict(zip(counts, found, strict=True))


def _by_past(folder: Path) -> Mapping[int, Figures]:
    files = [prepared(folder / f"{past}.sqlite3", readers=_PAST_READERS, past=past) for past in _PAST]
    found = interleaved([Case(_PLAN, {"file": file}) for file in files])
    show(
        f"The same for {_PAST_READERS:,} readers who got issues before",
        ("issues each", *_COLUMNS),
        [[str(past), *_cells(one, found[0])] for past, one in zip(_PAST, found, strict=True)],
    )
    return dict(zip(_PAST, found, strict=True))


def _by_archive() -> Mapping[int, Figures]:
    found = interleaved([Case("benchmarks.decide:decide", {"archive": count}) for count in _ARCHIVES])
    show(
        "Deciding alone: 1,000 different cohorts with 20 new briefings, and one that is owed everything",
        ("briefings before", "µs a cohort"),
        [[f"{count:,}", f"{one['microseconds']:.0f}"] for count, one in zip(_ARCHIVES, found, strict=True)],
    )
    return dict(zip(_ARCHIVES, found, strict=True))


def _cells(one: Figures, base: Figures) -> list[str]:
    """One measurement; memory is that of the whole process, and what planning added to it."""
    parts = [seconds(one[part]) for part in ("reading", "deciding", "writing", "rest", "processor")]
    return [
        f"{one['cohorts']:,.0f}",
        seconds(one["wall"]),
        times(one["wall"], base["wall"]),
        *parts,
        f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})",
    ]
