"""The file of the secret key: made once, whole or not at all, whoever comes first."""

from __future__ import annotations

import os
import re
import secrets
from pathlib import Path


def split_keys(raw: bytes) -> tuple[bytes, ...]:
    """The keys in a setting or a file: separated by commas or on lines of their own."""
    return tuple(key for part in re.split(rb"[,\r\n]", raw) if (key := part.strip()))


def keep_new_key(path: Path) -> None:
    """Make a key and keep it."""
    keep_key(path, secrets.token_urlsafe(32).encode())


def keep_key(path: Path, key: bytes) -> None:
    """Write a key that appears whole or not at all; whoever comes second keeps the first one's."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(key + b"\n")
            file.flush()
            # links signed with it will stand in mails: it must outlive a power cut
            os.fsync(file.fileno())
        # unlike a rename, a link never replaces the key of another process
        os.link(draft, path)
        _make_durable(path.parent)
    except FileExistsError:
        pass
    finally:
        draft.unlink()


def _make_durable(folder: Path) -> None:
    """See to it that a new name in the folder outlives a power cut; Windows does so by itself."""
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
