"""A small disk that can be filled up, and emptied again."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

#: What fills the disk is written in pieces: the last ones fill what is left by the larger.
_PIECES = (65536, 4096)


@dataclass(frozen=True)
class Disk:
    """A file system of its own."""

    folder: Path

    @property
    def ballast(self) -> Path:
        """The file that takes all room."""
        return self.folder / "ballast"

    def fill(self, *, leave: int = 0) -> None:
        """Take all room but `leave` octets."""
        with self.ballast.open("wb", buffering=0) as file:
            for piece in _PIECES:
                while self._free() >= piece + leave:
                    file.write(bytes(piece))

    def empty(self) -> None:
        """Give the room back."""
        self.ballast.unlink()

    def _free(self) -> int:
        found = os.statvfs(self.folder)
        return found.f_bavail * found.f_frsize


@contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Disk]:
    """A disk of this size, such as `8m`; the test is skipped where none may be mounted."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    try:
        subprocess.run(mount, check=True, capture_output=True, text=True)
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"a disk that can be filled needs the right to mount a tmpfs (Linux, root): {error}")
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
