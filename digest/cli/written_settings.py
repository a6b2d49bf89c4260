"""Settings are written into a file that people keep by hand: comments and other lines stay as they are."""

from __future__ import annotations

import json
import os
import re
import secrets
import stat
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from digest.errors import SettingsError

#: Of what holds a password: nobody but its owner reads it.
_FOR_ITS_OWNER: Final = 0o600
_STRING: Final = r"""(?:"(?:[^"\\\n]|\\.)*"|'[^'\n]*')"""


def text_with(text: str, changes: Mapping[str, str], file: Path) -> str:
    """The text of a file of settings with some of them changed, in the places where they stand.

    One that is not there comes behind the line in which it stands as a comment, or last. Raises SettingsError
    for a file that is laid out in a way that this cannot keep.
    """
    end = "\r\n" if "\r\n" in text else "\n"
    after = text
    for name, value in changes.items():
        after = _with_one(after, name, json.dumps(value, ensure_ascii=False), end)
    if _values(after) != {**(_values(text) or {}), **changes}:
        named = " and ".join(changes)
        raise SettingsError(f"{named} in {file} cannot be changed without harm to it: write it there by hand")
    return after


def write_settings(file: Path, text: str, *, is_secret: bool) -> None:
    """Put a text in the place of a file, whole or not at all; raises SettingsError.

    It keeps its mode and its owner; with `is_secret` nobody but the owner may read it.
    """
    target = file.resolve()
    draft = target.with_name(f".{target.name}.{secrets.token_hex(8)}")
    try:
        before = target.stat() if target.exists() else None
        mode = None if before is None else stat.S_IMODE(before.st_mode)
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _FOR_ITS_OWNER)
        try:
            with os.fdopen(descriptor, "wb") as written:
                written.write(text.encode())
                written.flush()
                os.fsync(written.fileno())
            if before is not None and (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
                # the user of the program has to read what an administrator wrote
                os.chown(draft, before.st_uid, before.st_gid)
            if not is_secret:
                draft.chmod(0o666 & ~_umask() if mode is None else mode)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise SettingsError(
            f"settings file {file} cannot be written ({error.strerror}): make it and its folder writable"
        ) from None


def require_writable(file: Path) -> None:
    """Refuse a file that could not be replaced, before anything else is done."""
    folder = file.resolve().parent
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        raise SettingsError(f"settings file {file} cannot be written: make its folder writable")


def holds_password(smtp_url: str) -> bool:
    """Whether the URL of a mail server names a user with a password."""
    return "@" in smtp_url


def without_password(smtp_url: str) -> str:
    """The same to be shown."""
    return re.sub(r"(://[^:/@,]*):[^@,]*@", r"\1:***@", smtp_url)


def _with_one(text: str, name: str, value: str, end: str) -> str:
    stands = re.compile(
        rf"^(\ufeff?[ \t]*{name}[ \t]*=[ \t]*){_STRING}([ \t]*(?:#[^\r\n]*)?)(?=\r?$)", re.MULTILINE
    )
    if stands.search(text):
        return stands.sub(lambda found: f"{found[1]}{value}{found[2]}", text, count=1)
    line = f"{name} = {value}{end}"
    as_comment = re.compile(rf"^[ \t]*#[ \t]*{name}[ \t]*=[^\n]*(?:\n|\Z)", re.MULTILINE)
    found = as_comment.search(text)
    place = found.end() if found else len(text)
    above = text[:place]
    return f"{above}{'' if not above or above.endswith(chr(10)) else end}{line}{text[place:]}"


def _values(text: str) -> dict[str, object] | None:
    try:
        return tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError:
        return None


def _umask() -> int:
    """What the user takes away from the modes of new files; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
