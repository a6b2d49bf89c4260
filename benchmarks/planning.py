"""Shows what planning costs: by readers, by what was sent before, and for one decision."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.alone import Case, Figures, alone, interleaved, scratch
from benchmarks.tables import seconds, show, times

_READERS: Final = (10_000, 100_000)
_MANY_READERS: Final = 1_000_000
#: Readers who got so many issues before: planning must not care.
_PAST_READERS: Final = 50_000
_PAST: Final = (0, 10, 40)
_ARCHIVES: Final = (0, 1000, 10_000)


def run(*, million: bool) -> None:
    """Measure and print."""
    with scratch() as folder:
        _by_readers(folder, [*_READERS, _MANY_READERS] if million else _READERS)
    with scratch() as folder:
        _by_past(folder)
    _by_archive()


def _by_readers(folder: Path, counts: Sequence[int]) -> None:
    files = [_prepared(folder / f"{count}.sqlite3", readers=count) for count in counts]
    found = interleaved([Case("benchmarks.plan_slots:plan", {"file": file}) for file in files])
    show(
        "Planning all that is due: 500 profiles, 20 cadences, 40 briefings, SQLite",
        ("readers", "cohorts", "time", "growth", "read", "decide", "write", "rest", "processor", "peak MB"),
        [
            [f"{count:,}", f"{one['cohorts']:,.0f}", *_times(one, found[0]), _memory(one)]
            for count, one in zip(counts, found, strict=True)
        ],
    )


def _by_past(folder: Path) -> None:
    files = [_prepared(folder / f"{past}.sqlite3", readers=_PAST_READERS, past=past) for past in _PAST]
    found = interleaved([Case("benchmarks.plan_slots:plan", {"file": file}) for file in files])
    show(
        f"The same for {_PAST_READERS:,} readers who got issues before",
        ("issues each", "cohorts", "time", "growth", "read", "decide", "write", "rest", "processor", "peak MB"),
        [
            [f"{past}", f"{one['cohorts']:,.0f}", *_times(one, found[0]), _memory(one)]
            for past, one in zip(_PAST, found, strict=True)
        ],
    )


def _by_archive() -> None:
    found = interleaved([Case("benchmarks.decide:decide", {"archive": count}) for count in _ARCHIVES])
    show(
        "Deciding alone: 1,000 different cohorts, 20 new briefings each, and one reader who is owed everything",
        ("briefings before", "µs a cohort"),
        [
            [f"{count:,}", f"{one['microseconds']:.0f}"]
            for count, one in zip(_ARCHIVES, found, strict=True)
        ],
    )


def _prepared(file: Path, **wishes: int) -> str:
    alone(Case("benchmarks.stores:prepare", {"file": str(file), **wishes}))
    return str(file)


def _times(one: Figures, base: Figures) -> list[str]:
    parts = [seconds(one[part]) for part in ("reading", "deciding", "writing", "rest", "processor")]
    return [seconds(one["wall"]), times(one["wall"], base["wall"]), *parts]


def _memory(one: Figures) -> str:
    """All of the process, and how much of it planning took."""
    return f"{one['peak']:.0f} (+{one['peak'] - one['before']:.0f})"
