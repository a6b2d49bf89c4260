"""The errors that callers can act on; the message is written for the person who typed the command."""

from __future__ import annotations

from pathlib import Path
from typing import Final


class DigestError(Exception):
    """Something that the user can mend; the message says how. Exit status 2, nothing was changed."""

    def __init__(self, words: str = "", *, at_shell: str = "") -> None:
        """Say what is wrong; at its end, `at_shell`, what only somebody at a shell can do about it."""
        super().__init__(f"{words}: {at_shell}" if at_shell else words)
        self.words: Final = words


class SettingsError(DigestError):
    """A setting is missing or wrong."""


class StoreError(DigestError):
    """The store cannot be reached, is not migrated, or is newer than this program."""


class PassingStoreError(StoreError):
    """The store is locked, full or away: it may be used again later, and nothing was changed meanwhile."""


class CrossedError(PassingStoreError):
    """Others were changing the same, and this was ended for their sake: nothing of it was written."""


class NotFoundError(DigestError):
    """What was named does not exist."""


class InputError(DigestError):
    """A value given on the command line or in a file cannot be taken."""


class PluginError(SettingsError):
    """A plugin that is named cannot be used: it fails, or does not keep the contract (`digest/plugins`)."""


class TransportError(DigestError):
    """No mail server could be used; no copy has been tried, so no attempt is counted."""


class UnfinishedCopyError(Exception):
    """A store was closed and is being copied, and it goes on with the next call. Exit status 1."""


def missing(what: str, listed_by: str) -> NotFoundError:
    """The error for something that was named and does not exist; the command that lists those that do."""
    return NotFoundError(f"{what} does not exist", at_shell=f"see digest {listed_by}")


def words_for_all(error: Exception) -> str:
    """What went wrong, for who may sit at a desk or be a program: no command of the shell is named."""
    return error.words if isinstance(error, DigestError) else str(error)


def words_of(error: Exception) -> str:
    """What went wrong in one line; what is ours to mend with its kind."""
    words = (str(error).splitlines() or [""])[0]
    return words if isinstance(error, DigestError) else f"{type(error).__name__}: {words}"


def unreadable(path: Path, error: OSError) -> str:
    """What is said of a file that is named and cannot be read, with the mend."""
    mend = "check its name"
    if isinstance(error, IsADirectoryError):
        mend = "name the files in it"
    elif isinstance(error, PermissionError):
        mend = "let this user read it"
    return f"file {str(path)!r} cannot be read ({error.strerror}): {mend}"
