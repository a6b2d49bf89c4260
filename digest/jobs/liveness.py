"""Who is alive: each sender holds a locked file, and the lock goes with the process, however it dies."""

from __future__ import annotations

import fcntl
import os
import secrets
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
            self._folder.mkdir(parents=True, exist_ok=True)
            held = os.open(self._file(owner), os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise SettingsError(
                f"folder {str(self._folder)!r} cannot be written to ({error.strerror}): "
                "set DIGEST_VAR_DIR to one that can"
            ) from error
        fcntl.flock(held, fcntl.LOCK_EX)
        self._held[owner] = held
        return owner

    def sign_off(self, owner: str) -> None:
        """Take the name back."""
        self._file(owner).unlink(missing_ok=True)
        os.close(self._held.pop(owner))

    def is_dead(self, owner: str) -> bool:
        """True when the sender was of this machine and its process is gone."""
        if owner in self._held:
            return False
        try:
            found = os.open(self._file(owner), os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(found, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        finally:
            os.close(found)
        return True

    def bury(self) -> None:
        """Remove the files of senders that are gone; called when their claims have been taken back."""
        for file in self._folder.glob("*.lock"):
            if self.is_dead(file.stem):
                file.unlink(missing_ok=True)

    def _file(self, owner: str) -> Path:
        return self._folder / f"{owner}.lock"
