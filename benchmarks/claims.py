"""Shows what claims cost as an issue is worked off."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, interleaved, prepared, scratch
from benchmarks.options import Options
from benchmarks.tables import show

_COPIES: Final = 100_000
_MANY_COPIES: Final = 1_000_000
_CLAIM: Final = "benchmarks.claim_batches:claim_all"


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [_COPIES, _MANY_COPIES] if options.million else [_COPIES]
    with scratch() as folder:
        files = [prepared(folder / f"{count}.sqlite3", readers=count, cadences=1) for count in counts]
        found = interleaved([Case(_CLAIM, {"file": file}) for file in files])
    show(
        "Claims of 500 until an issue is sent, milliseconds each, SQLite",
        ("copies", "claim, first tenth", "median", "last tenth", "500 sent, 500 begun"),
        [
            [f"{count:,}", *(f"{one[name]:.1f}" for name in ("first", "all", "last", "note"))]
            for count, one in zip(counts, found, strict=True)
        ],
    )
    return {str(count): one for count, one in zip(counts, found, strict=True)}
