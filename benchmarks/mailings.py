"""Mailings ready to be sent: a store, a few of its letters as files, and how large they are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, alone

#: Different copies of a usual mailing.
USUAL_COPIES: Final = 100
#: Letters of it that are printed beforehand, for others to send.
_SAMPLE: Final = 200
#: How far the real size may lie from the one that was meant before it is worth a line.
_TOLERANCE: Final = 0.15


@dataclass(frozen=True, slots=True)
class Size:
    """A size of digests, by what they hold."""

    kilobytes: int
    briefings: int
    paragraphs: int


FORTY: Final = Size(40, briefings=7, paragraphs=3)
TEN: Final = Size(10, briefings=1, paragraphs=1)


@dataclass(frozen=True, slots=True)
class Mailing:
    """A store whose readers are all due, and a folder with letters like theirs."""

    size: Size
    readers: int
    file: str
    letters: str
    #: the mean of a whole letter as it travels
    bytes: int

    def case(self, smtp_url: str, *, loop: str = "", settings: Mapping[str, str] | None = None) -> Case:
        """`digest run` for all of it."""
        told: dict[str, Any] = {"file": self.file, "smtp_url": smtp_url, "loop": loop, "settings": settings}
        return Case("benchmarks.whole_run:run_digest", told)


def make_mailing(folder: Path, size: Size, readers: int, copies: int = USUAL_COPIES) -> Mailing:
    """Fill a store, and print some letters of a small one that is filled alike."""
    folder.mkdir()
    file = _filled(folder / "store.sqlite3", size, readers, copies)
    letters = folder / "letters"
    small = _filled(folder / "small.sqlite3", size, min(readers, _SAMPLE), copies)
    sample = {"file": small, "folder": str(letters)}
    mean = alone(Case("benchmarks.whole_run:sample", sample))["bytes"]
    if abs(mean / 1000 / size.kilobytes - 1) > _TOLERANCE:
        print(
            f"Letters meant to have {size.kilobytes} kB have {mean / 1000:.1f}: see benchmarks/mailings.py."
        )
    return Mailing(size, readers, file, str(letters), round(mean))


def _filled(file: Path, size: Size, readers: int, copies: int) -> str:
    told = {
        "file": str(file),
        "readers": readers,
        "briefings": size.briefings,
        "paragraphs": size.paragraphs,
        "copies": copies,
    }
    alone(Case("benchmarks.mailing:prepare_mailing", told))
    return str(file)
