"""Shows how quickly readers' pages answer when fifty ask at once, beside a page that does nothing.

Two loads, and they say different things. In the closed loop fifty visitors ask again as soon as they are
answered: it shows how many answers a second there can be, and by arithmetic an answer then takes fifty times
as long as one. In the open loop fifty people look at what they get before they ask again: it shows how long
a person waits.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle
from statistics import median
from typing import Any, Final

from benchmarks.alone import Case, alone, prepared, scratch
from benchmarks.options import Options
from benchmarks.servers import serving, serving_nothing
from benchmarks.tables import show
from benchmarks.visitors import CLIENTS, PAGES

_READERS: Final = 100_000
#: Of the closed loop.
_REQUESTS: Final = 4_000
#: Seconds between the requests of a person, on average, and how long the open loop goes on.
_PAUSE: Final = 1.0
_SECONDS: Final = 20.0
#: Readers set aside for one measurement. Who leaves is one of the second half, and leaves once.
_EACH: Final = 5_000
_LEAVES: Final = "one-click POST"


def run(options: Options) -> dict[str, Any]:
    """Measure in turns and print."""
    loads: dict[str, tuple[str, dict[str, float]]] = {
        "asks again at once": ("at_once", {"requests": _REQUESTS}),
        f"looks for {_PAUSE:g} s": ("like_people", {"pause": _PAUSE, "seconds": _SECONDS}),
    }
    found: dict[str, list[Mapping[str, float]]] = {}
    looking, leaving = cycle(range(1, _READERS // 2, _EACH)), iter(range(_READERS // 2 + 1, _READERS, _EACH))
    with scratch() as folder:
        file = prepared(folder / "pages.sqlite3", readers=_READERS)
        with serving(f"sqlite:///{file}", folder) as (port, _), serving_nothing() as bare:
            for _turn in range(min(options.rounds, _READERS // 2 // _EACH // len(loads))):
                for load, (how, told) in loads.items():
                    for page in PAGES:
                        first = next(leaving if page == _LEAVES else looking)
                        where = {"port": bare if page == "nothing" else port, "page": page, "first": first}
                        case = Case(f"benchmarks.visitors:{how}", {**where, **told})
                        found.setdefault(f"{page}; each {load}", []).append(alone(case))
    figures = {
        name: {key: median(one[key] for one in of_one) for key in of_one[0]} for name, of_one in found.items()
    }
    show(
        f"{CLIENTS} visitors at a time, in a process of their own; {_READERS:,} readers",
        ("asked for", "requests/s", "median ms", "p99 ms", "worst ms"),
        [
            [name, f"{one['rate']:,.0f}", *(f"{one[which]:.1f}" for which in ("median", "p99", "worst"))]
            for name, one in figures.items()
        ],
    )
    return figures
