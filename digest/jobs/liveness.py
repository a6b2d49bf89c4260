"""Who is alive: each sender holds a locked file, and the lock goes with the process, however it dies."""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from digest.errors import SettingsError


class Liveness:
    """The files of the senders of one machine.

    The kernel gives a lock up when its process ends, `kill -9` included, so a dead sender's claims can be
    taken back at once. Senders of other machines have no file here: of them only the lease tells.
    """

    def __init__(self, folder: Path) -> None:
        """`folder` must lie on a local file system."""
        self._folder: Final = folder
        self._held: Final[dict[str, int]] = {}

    def sign_on(self) -> str:
        """Name this process as a sender, for as long as it lives."""
        owner = secrets.token_hex(8)
        try:
            # who sends may be the first to need the folder around: addresses and secrets come to lie in it
            self._folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._folder.mkdir(exist_ok=True)
            held = self._locked_file(owner)
        except OSError as error:
            raise SettingsError(
                f"folder {str(self._folder)!r} cannot be written to ({error.strerror}): "
                "set DIGEST_VAR_DIR to one that can"
            ) from error
        self._held[owner] = held
        return owner

    def sign_off(self, owner: str) -> None:
        """Give the name up; its file stays until `bury`, should anything still be claimed under it."""
        os.close(self._held.pop(owner))

    def gone(self) -> frozenset[str]:
        """The senders of this machine that have ended, well or not."""
        return frozenset(file.stem for file in self._folder.glob("*.lock") if self._has_ended(file.stem))

    def bury(self, owners: Iterable[str]) -> None:
        """Remove the files of senders that were gone before their claims were taken back."""
        for owner in owners:
            self._file(owner).unlink(missing_ok=True)

    def _locked_file(self, owner: str) -> int:
        """The file of a name, which nobody ever sees without its lock."""
        draft = self._folder / f".{owner}"
        held = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(held, fcntl.LOCK_EX)
        draft.rename(self._file(owner))
        return held

    def _has_ended(self, owner: str) -> bool:
        if owner in self._held:
            return False
        try:
            found = os.open(self._file(owner), os.O_RDONLY)
        except OSError:
            return False
        try:
            # shared, so that two who look at the same time do not take each other for the sender
            fcntl.flock(found, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(found)
        return True

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"
