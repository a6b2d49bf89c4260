"""What lies in an outbox of files: which mails, the newest first, and what one of them says."""

from __future__ import annotations

import base64
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from typing import Final

from msgspec import Struct

from digest.errors import InputError, NotFoundError
from digest.mail.bounces.mime import decoded, read_headers
from digest.mail.words import clean_text

_SUFFIX: Final = ".eml"
#: Octets of a file in which its header is looked for; ours take less than four thousand.
_HEAD: Final = 64_000
_END_OF_HEAD: Final = re.compile(rb"\r?\n\r?\n")
_FOLD: Final = re.compile(r"\r?\n(?=[ \t])")
#: What a terminal may take for an order; a text keeps its lines and tabs.
_CONTROLS: Final = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_PICTURE: Final = re.compile(r"cid:([^\"'\s)>]{1,250})")


class Laid(Struct, frozen=True):
    """A mail in the outbox, as a list shows it."""

    #: of its file, with .eml
    name: str
    #: addresses with their names, as people read them; empty where the mail has none
    to: str
    subject: str
    written_at: datetime
    octets: int


class Opened(Struct, frozen=True):
    """A mail that was taken out of the outbox to be looked at."""

    laid: Laid
    #: (name, value) in their order; values unfolded and as people read them
    headers: tuple[tuple[str, str], ...]
    #: None where the mail has no such part
    text: str | None
    html: str | None
    #: the file as it is
    content: bytes

    def header(self, name: str) -> str:
        """The first value of a header; empty where there is none."""
        return next((value for one, value in self.headers if one.lower() == name.lower()), "")


def newest_first(folder: Path, *, to: str = "", behind: str | None = None) -> Iterator[Laid]:
    """The mails to `to`, an address or a part of one, that come behind the one named `behind`.

    A folder that is not there yet holds none. Raises InputError for one that cannot be read, and
    NotFoundError for a name that is not in it.
    """
    files = _files(folder)
    if behind is not None:
        names = [name for _, name in files]
        files = files[names.index(_known(behind, names, folder)) + 1 :]
    for _, name in files:
        laid = _laid(folder / name)
        if laid is not None and to.lower() in laid.to.lower():
            yield laid


def opened(folder: Path, name: str) -> Opened:
    """One mail, by the name of its file, with or without .eml.

    Raises NotFoundError for a name that is no mail of this very folder, InputError where it cannot be read.
    """
    path = folder / _known(name, [name for _, name in _files(folder)], folder)
    laid = _laid(path)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise _unreadable(path, error) from error
    if laid is None:
        raise NotFoundError(f"mail {name!r} has just gone from the outbox {str(folder)!r}")
    mail = message_from_bytes(content)
    html = _part(mail, "text/html")
    return Opened(
        laid,
        tuple((one, _readable(value)) for one, value in mail.raw_items()),
        _part(mail, "text/plain"),
        None if html is None else _with_pictures(html, mail),
        content,
    )


def _known(name: str, names: list[str], folder: Path) -> str:
    """The name of a file that is there: a list of names leads nowhere else, whatever is asked for."""
    for wanted in (name, f"{name}{_SUFFIX}"):
        if wanted in names:
            return wanted
    raise NotFoundError(
        f"mail {name!r} is not in the outbox {str(folder)!r}", at_shell="see digest outbox list"
    )


def _files(folder: Path) -> list[tuple[int, str]]:
    """When each mail was written (ns) and its name, the newest first; links are followed nowhere."""
    try:
        with os.scandir(folder) as entries:
            found = [
                (entry.stat(follow_symlinks=False).st_mtime_ns, entry.name)
                for entry in entries
                if _is_mail(entry.name) and entry.is_file(follow_symlinks=False)
            ]
    except FileNotFoundError:
        return []
    except OSError as error:
        raise _unreadable(folder, error) from error
    return sorted(found, reverse=True)


def _is_mail(name: str) -> bool:
    """False for what is half written, and for what somebody else has put there."""
    return name.endswith(_SUFFIX) and not name.startswith(".")


def _laid(path: Path) -> Laid | None:
    """What a list shows of a file; None when it went away meanwhile."""
    try:
        with path.open("rb") as file:
            head = _END_OF_HEAD.split(file.read(_HEAD), maxsplit=1)[0]
            known = os.fstat(file.fileno())
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, error) from error
    headers = read_headers(head.replace(b"\r\n", b"\n") + b"\n\n")
    to, subject = (clean_text(headers.shown(name)) for name in ("to", "subject"))
    return Laid(path.name, to, subject, datetime.fromtimestamp(known.st_mtime, UTC), known.st_size)


def _readable(value: object) -> str:
    return clean_text(decoded(_FOLD.sub("", str(value))))


def _part(mail: Message, wanted: str) -> str | None:
    """The text of the first part of that type, in UTF-8 where its own letters cannot be read."""
    part = next((one for one in mail.walk() if one.get_content_type() == wanted), None)
    if part is None:
        return None
    content = part.get_payload(decode=True)
    data = content if isinstance(content, bytes) else b""
    try:
        text = data.decode(part.get_content_charset("utf-8"), "replace")
    except (LookupError, ValueError):
        text = data.decode("utf-8", "replace")
    return _CONTROLS.sub("\ufffd", text.replace("\r\n", "\n"))


def _with_pictures(html: str, mail: Message) -> str:
    """The HTML with the pictures that travel beside it (RFC 2392) in it, so that it can stand alone."""
    pictures = {
        str(part["Content-ID"]).strip().strip("<>"): part
        for part in mail.walk()
        if part["Content-ID"] and part.get_content_maintype() == "image"
    }

    def embedded(found: re.Match[str]) -> str:
        part = pictures.get(found[1])
        content = None if part is None else part.get_payload(decode=True)
        if part is None or not isinstance(content, bytes):
            return found[0]
        return f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"

    return _PICTURE.sub(embedded, html)


def _unreadable(path: Path, error: OSError) -> InputError:
    return InputError(f"outbox: {str(path)!r} cannot be read ({error.strerror}): let this user read it")
