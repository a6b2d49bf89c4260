"""What was entered in a form of the desk: fields on one line or many, and files."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final
from urllib.parse import parse_qsl

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from digest.web.forms import MOST_BODY_BYTES, body_of

#: An article with all its markup; and a list of a million readers.
_MOST_BYTES: Final = 2_000_000
_MOST_UPLOAD_BYTES: Final = 200_000_000
_MOST_FIELDS: Final = 5_000


class Entered:
    """The fields of a form by name; what was left out is empty, never an error."""

    def __init__(self, fields: Iterable[tuple[str, str]] = (), files: Mapping[str, UploadFile] | None = None):
        """Take fields in the order of the form."""
        self._fields: Final[dict[str, list[str]]] = {}
        for name, value in fields:
            self._fields.setdefault(name, []).append(value)
        self._files: Final = dict(files or {})

    def __contains__(self, name: str) -> bool:
        """True when the form had such a field, empty or not."""
        return name in self._fields

    def one(self, name: str) -> str:
        """The first value of a field, on one line."""
        return " ".join(self.text(name).split())

    def all(self, name: str) -> tuple[str, ...]:
        """All values of a field that can be chosen several times, but empty ones."""
        values = (" ".join(_readable(value).split()) for value in self._fields.get(name, ()))
        return tuple(filter(None, values))

    def text(self, name: str) -> str:
        """The first value of a field with its lines, which end as in Unix."""
        return _readable(next(iter(self._fields.get(name, ())), ""))

    def secret(self, name: str) -> str:
        """The first value exactly as it was typed: passwords may begin with a space."""
        return next(iter(self._fields.get(name, ())), "")

    def texts(self) -> Iterator[tuple[str, str]]:
        """Every value of every field with its name, with lines that end as in Unix."""
        for name, values in self._fields.items():
            for value in values:
                yield name, value.replace("\r\n", "\n").replace("\r", "\n")

    def chosen(self, name: str) -> bool:
        """True when a box is ticked."""
        return self.one(name) in {"on", "yes", "1", "true"}

    def file(self, name: str) -> UploadFile | None:
        """A file that was handed over; None when no file was chosen."""
        found = self._files.get(name)
        return found if found is not None and found.filename else None


async def entered_at_the_door(request: Request) -> Entered:
    """Read a form of somebody who is not in yet: a few short fields."""
    return await _fields_of(request, MOST_BODY_BYTES)


async def entered_in(request: Request) -> Entered:
    """Read a form, with files or without; refuses what is too large to be one."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "multipart/form-data":
        return await _fields_of(request, _MOST_BYTES)
    _require_length(request, _MOST_UPLOAD_BYTES)
    try:
        return _sorted(await request.form(max_files=20, max_fields=_MOST_FIELDS, max_part_size=_MOST_BYTES))
    except (ClientDisconnect, ValueError):
        raise HTTPException(400) from None


async def _fields_of(request: Request, most_bytes: int) -> Entered:
    text = (await body_of(request, most_bytes)).decode("utf-8", "replace")
    try:
        return Entered(parse_qsl(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS))
    except ValueError:
        raise HTTPException(400) from None


def _sorted(form: FormData) -> Entered:
    fields, files = [], {}
    for name, value in form.multi_items():
        if isinstance(value, UploadFile):
            files[name] = value
        else:
            fields.append((name, value))
    return Entered(fields, files)


def _require_length(request: Request, most: int) -> None:
    """A body whose length is not said, or too large, is not read at all."""
    said = request.headers.get("content-length", "")
    if not said.isascii() or not said.isdigit():
        raise HTTPException(411)
    if int(said) > most:
        raise HTTPException(413)


def _readable(value: str) -> str:
    lines = value.replace("\r\n", "\n").replace("\r", "\n")
    # the two joiners are no controls: Persian and many emoji are written with them
    return "".join(
        sign for sign in lines if sign in "\n\t\u200c\u200d" or sign.isprintable() or sign.isspace()
    )
