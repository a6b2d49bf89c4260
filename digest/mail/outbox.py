"""A folder instead of a server: each letter becomes one `.eml` file, whole or not at all."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Final

from digest.core.model import Outcome, Stage
from digest.errors import TransportError
from digest.mail.lane import Letter
from digest.mail.replies import broken_outcome

_MESSAGE_ID: Final = re.compile(rb"^message-id:\s*<([^>\s]+)>", re.IGNORECASE | re.MULTILINE)
_UNFIT_FOR_NAMES: Final = re.compile(r"[^A-Za-z0-9._@+=-]+")
#: Most file systems take 255 octets; the part file needs some more than the final name.
_LONGEST_STEM: Final = 200


class FileLane:
    """A `Lane` into a folder; posting a letter again replaces its file."""

    def __init__(self, folder: Path) -> None:
        """Nothing is made yet."""
        self.folder = folder

    async def open(self) -> None:
        """Make the folder and see that it can be written to; raises TransportError."""
        try:
            await asyncio.to_thread(self._prepare)
        except OSError as error:
            raise TransportError(
                f"outbox {str(self.folder)!r} cannot be written to ({error.strerror}): choose another folder"
            ) from None

    async def post(self, letter: Letter, following: Letter | None = None) -> Outcome:
        """Write the file; once this says 250 it is there even after a power cut.

        A full or vanished disk is the outbox's trouble, not the reader's: it counts as no connection.
        """
        name = file_name(letter)
        try:
            await asyncio.to_thread(_write_whole, self.folder, name, letter.content)
        except OSError as error:
            return broken_outcome(Stage.CONNECT, error)
        return Outcome(Stage.FINAL_DOT, 250, "2.0.0", f"written to {name}")

    def pass_on(self, letter: Letter, following: Letter | None, then: Callable[[Outcome], None]) -> bool:
        """Never: a file is written in a thread."""
        return False

    async def close(self) -> None:
        """Nothing is held open."""

    def _prepare(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        # a name of its own: other lanes try the same folder at the same time
        with tempfile.TemporaryFile(prefix=".probe-", suffix=".part", dir=self.folder):
            pass


def file_name(letter: Letter) -> str:
    """The name of a letter's file: the one it brings, else its Message-ID, else a digest of its bytes."""
    wanted = letter.file_name.removesuffix(".eml")
    if not wanted:
        content = letter.content
        wanted = message_id_in(content) or hashlib.sha256(content).hexdigest()
    stem = _UNFIT_FOR_NAMES.sub("-", wanted).lstrip(".")[:_LONGEST_STEM]
    return f"{stem or 'letter'}.eml"


def message_id_in(content: bytes) -> str:
    """The Message-ID of a message, without its angle brackets; empty when it has none."""
    found = _MESSAGE_ID.search(content.partition(b"\r\n\r\n")[0])
    return found[1].decode(errors="replace") if found else ""


def _write_whole(folder: Path, name: str, content: bytes) -> None:
    """Write beside, make durable, rename, make the name durable; a crash leaves at most a `.part` file."""
    part = folder / f".{name}.part"
    try:
        with part.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.replace(folder / name)
    except OSError:
        # half a letter takes room on what may be a full disk
        part.unlink(missing_ok=True)
        raise
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
