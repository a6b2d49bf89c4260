"""Shows how much memory sending takes, and whether it grows with the number of deliveries."""

from __future__ import annotations

from typing import Any, Final

from benchmarks.alone import Case, alone, prepared, scratch
from benchmarks.options import Options
from benchmarks.sending import sinks, url
from benchmarks.tables import seconds, show

_DELIVERIES: Final = (10_000, 100_000)
_MANY_DELIVERIES: Final = 1_000_000


def run(options: Options) -> dict[str, Any]:
    """Measure and print; once each, since peaks hardly vary."""
    counts = (*_DELIVERIES, _MANY_DELIVERIES) if options.million else _DELIVERIES
    with scratch() as folder, sinks() as ports:
        if not ports:
            return {}
        sink, port = list(ports.items())[-1]
        found = {}
        for count in counts:
            # all due at one time, as they are in a large issue
            file = prepared(folder / f"{count}.sqlite3", readers=count, cadences=1)
            found[count] = alone(
                Case("benchmarks.whole_run:run_digest", {"file": file, "smtp_url": url(port)})
            )
    base = found[counts[0]]
    show(
        f"Peak memory of `digest run`: 500 profiles, one issue, into {sink}",
        ("deliveries", "peak MB", "beyond the first", "time", "processor"),
        [
            [
                f"{one['sent']:,.0f}",
                f"{one['peak']:.1f}",
                f"{one['peak'] - base['peak']:+.1f}",
                seconds(one["wall"]),
                seconds(one["processor"]),
            ]
            for one in found.values()
        ],
    )
    return {str(count): one for count, one in found.items()}
