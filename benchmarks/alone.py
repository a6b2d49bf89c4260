"""Runs each measurement in a process of its own: nothing is warm, and peak memory is that one's alone."""

from __future__ import annotations

import asyncio
import json
import resource
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import Any, Final

#: What came of a measurement, by name.
Figures = Mapping[str, float]

_REPETITIONS: Final = 3
_VAR: Final = Path(__file__).parents[1] / "var"
_MEGABYTE: Final = 1024 * (1024 if sys.platform == "darwin" else 1)


@dataclass(frozen=True, slots=True)
class Case:
    """A measurement and what it is told."""

    #: `module:function` of an async function that returns figures
    measure: str
    arguments: Mapping[str, Any] = field(default_factory=dict)


def alone(case: Case) -> Figures:
    """Measure once.

    This process must stay small, so it imports none of the program: on Linux a child begins with the peak
    memory of the process that started it.
    """
    command = [sys.executable, "-m", "benchmarks.alone", case.measure, json.dumps(case.arguments)]
    done = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    # what is measured may log before
    figures: Figures = json.loads(done.stdout.splitlines()[-1])
    return figures


def prepared(file: Path, **wishes: int) -> str:
    """The file, with a store in it that is filled as `benchmarks.stores.prepare` is told."""
    alone(Case("benchmarks.stores:prepare", {"file": str(file), **wishes}))
    return str(file)


def interleaved(cases: Sequence[Case], repetitions: int = _REPETITIONS) -> list[Figures]:
    """The median figures of each case; all cases take turns, so that a busy minute spoils none alone."""
    rounds = [[alone(case) for case in cases] for _ in range(repetitions)]
    return [_medians(of_one) for of_one in zip(*rounds, strict=True)]


@contextmanager
def scratch() -> Iterator[Path]:
    """A folder on the disk where stores usually lie; what is in it is gone afterwards."""
    _VAR.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="bench-", dir=_VAR) as folder:
        yield Path(folder)


def peak_megabytes(who: int = resource.RUSAGE_SELF) -> float:
    """The most memory that this process, or any of its children, has had resident so far."""
    return resource.getrusage(who).ru_maxrss / _MEGABYTE


def _medians(rounds: Sequence[Figures]) -> Figures:
    return {name: median(figures[name] for figures in rounds) for name in rounds[0]}


def _main(measure: str, arguments: str) -> None:
    module, _, function = measure.partition(":")
    figures = asyncio.run(getattr(import_module(module), function)(**json.loads(arguments)))
    print(json.dumps(figures))


if __name__ == "__main__":
    _main(*sys.argv[1:])
