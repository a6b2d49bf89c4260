"""Where tests keep their files: in memory, where the machine has a folder there with enough room.

Stores and a PostgreSQL make and remove files by the hundred, and what a disk takes for that was more than the
server itself took.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/dev/shm")
#: More than several workers have ever needed; containers often give 64 MB.
_ENOUGH: Final = 4 * 1024**3


def pytest_configure() -> None:
    """Have it so for this process and those that it starts; whoever names a folder gets that one."""
    if "TMPDIR" in os.environ or not _has_room():
        return
    os.environ["TMPDIR"] = str(FOLDER)
    # asked for before this file was read
    tempfile.tempdir = None


def _has_room() -> bool:
    return os.access(FOLDER, os.W_OK | os.X_OK) and shutil.disk_usage(FOLDER).free >= _ENOUGH
