"""Shows how planning, claims, pages, imports and the database grow with readers, on PostgreSQL.

Readers want 5,000 different things, topics by Zipf's law. First all of them share one time, so that one issue
is planned for all; then they have 288 times, twelve in each of 24 zones.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, Figures, alone, scratch
from benchmarks.mailings import FORTY
from benchmarks.options import Options
from benchmarks.postgres import a_database, a_postgresql
from benchmarks.scale import tables_shown
from benchmarks.servers import serving
from benchmarks.sinks import smtp_sink

_READERS: Final = (10_000, 100_000)
_MANY_READERS: Final = 1_000_000
_LINES: Final = 100_000
_TIMES: Final = 288
_LETTERS: Final = 20_000


def run(options: Options) -> dict[str, Any]:
    """Measure and print."""
    counts = [*_READERS, _MANY_READERS] if options.million else _READERS
    with a_postgresql() as server, scratch() as folder:
        grown = {count: _at(server, folder, count) for count in counts}
        full_speed = _at_full_speed(server, folder)
    tables_shown.show_all(grown, full_speed)
    return {"grown": grown, "full speed": full_speed}


def _at(server: str, folder: Path, readers: int) -> dict[str, Figures]:
    """All figures of so many readers."""
    found: dict[str, Figures] = {}

    def note(name: str, measure: str, **told: Any) -> None:
        found[name] = alone(Case(f"benchmarks.scale.{measure}", told))

    with a_database(server, "one") as one:
        note("filled", "population:prepare", url=one, readers=readers, cadences=1)
        note("room before", "upkeep:room", url=one)
        with a_database(server, "bare", like=one) as copy:
            note("bare", "plans:bare", url=copy)
        with serving(one, folder) as (port, process):
            found["at rest"] = _visited_while([sys.executable, "-c", _REST], one, port, readers, folder)[1]
            found["planned"], found["beside"] = _visited_while(
                _command("benchmarks.scale.plans:plan", {"url": one}), one, port, readers, folder
            )
            note("asked", "upkeep:look_about", url=one)
            note("sent", "plans:send", url=one)
            note("room after", "upkeep:room", url=one)
            note("vacuumed", "upkeep:vacuum", url=one)
            found["export"] = alone(
                Case("benchmarks.editor:export", {"url": one, "port": port, "process": process})
            )
        lines = min(_LINES, readers)
        found["import"] = alone(
            Case("benchmarks.editor:take_in", {"url": one, "lines": lines, "readers": readers})
        )
    with a_database(server, "many") as many:
        note("filled, 288", "population:prepare", url=many, readers=readers, cadences=_TIMES)
        note("planned, 288", "plans:plan", url=many)
    return found


def _visited_while(
    command: list[str], url: str, port: int, readers: int, folder: Path
) -> tuple[Figures, Figures]:
    """What a command measured, and what visitors of the pages waited meanwhile."""
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    told = {"url": url, "port": port, "readers": readers, "until": str(stop)}
    visitors = subprocess.Popen(_command("benchmarks.scale.beside:visit", told), stdout=subprocess.PIPE)
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    finally:
        stop.touch()
        seen, _ = visitors.communicate()
    if visitors.returncode:
        raise RuntimeError("the visitors were not answered")
    return _last_line(done.stdout), _last_line(seen)


def _at_full_speed(server: str, folder: Path) -> Mapping[str, float] | None:
    """A whole `digest run` on PostgreSQL; None without a sink."""
    size = {"readers": _LETTERS, "briefings": FORTY.briefings, "paragraphs": FORTY.paragraphs, "copies": 100}
    with smtp_sink() as sink, a_database(server, "speed") as url:
        if sink is None:
            print("No smtp-sink here (Debian: apt install postfix): sending is not measured.")
            return None
        alone(Case("benchmarks.mailing:prepare_mailing_at", {"url": url, **size}))
        told = {"url": url, "smtp_url": f"smtp://127.0.0.1:{sink}", "folder": str(folder)}
        return alone(Case("benchmarks.whole_run:run_digest_at", told))


def _command(measure: str, told: Mapping[str, Any]) -> list[str]:
    return [sys.executable, "-m", "benchmarks.alone", measure, json.dumps(told)]


def _last_line(output: bytes) -> Figures:
    figures: Figures = json.loads(output.splitlines()[-1])
    return figures


#: Nothing happens for a while.
_REST: Final = "import time; time.sleep(10); print('{}')"
