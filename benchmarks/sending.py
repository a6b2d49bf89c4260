"""Shows what sending costs: claims as an issue is worked off, and whole runs of `digest run`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.alone import Case, interleaved, prepared, scratch
from benchmarks.sinks import smtp_sink
from benchmarks.tables import seconds, show

_COPIES: Final = 100_000
_MANY_COPIES: Final = 1_000_000
_READERS: Final = 2000
_CLAIM: Final = "benchmarks.claim_batches:claim_all"
_RUN: Final = "benchmarks.run_digest:run_digest"


def run(*, million: bool) -> None:
    """Measure and print."""
    with scratch() as folder:
        _claims(folder, [_COPIES, _MANY_COPIES] if million else [_COPIES])
    with scratch() as folder, smtp_sink() as sink:
        if sink is None:
            print("No smtp-sink here (it comes with Debian's postfix package): the outbox alone is measured.")
        _whole_runs(folder, {"files in an outbox": None, **({"smtp-sink": sink} if sink else {})})


def _claims(folder: Path, counts: Sequence[int]) -> None:
    files = [prepared(folder / f"{count}.sqlite3", readers=count, cadences=1) for count in counts]
    found = interleaved([Case(_CLAIM, {"file": file}) for file in files])
    show(
        "Claims of 500 until an issue is sent, milliseconds each, SQLite",
        ("copies", "claim, first tenth", "median", "last tenth", "500 recorded as sent"),
        [
            [f"{count:,}", *(f"{one[name]:.1f}" for name in ("first", "all", "last", "record"))]
            for count, one in zip(counts, found, strict=True)
        ],
    )


def _whole_runs(folder: Path, ways: Mapping[str, str | None]) -> None:
    file = prepared(folder / "store.sqlite3", readers=_READERS, cadences=1)
    cases = [Case(_RUN, {"file": file, "smtp_url": url}) for url in ways.values()]
    show(
        f"`digest run` from start to end for {_READERS:,} readers",
        ("into", "time", "mails/s", "processor", "peak MB"),
        [
            [
                way,
                seconds(one["wall"]),
                f"{one['sent'] / one['wall']:,.0f}",
                seconds(one["processor"]),
                f"{one['peak']:.0f}",
            ]
            for way, one in zip(ways, interleaved(cases), strict=True)
        ],
    )
