"""What stands in the file of a backup, line by line, and whether this program can put it back.

    head      what it is, of when, of which version, and the tables in the order in which they are written
    [...]     a row of the first table, its values in the order of the columns
    {...}     the end of that table: how many rows, and their sum; then the next table
    {...}     the end of all: the highest ids that the store had given

Each is JSON on a line of its own, the same for every kind of store: a row says nothing that only the store
knows from which it comes.
"""

from __future__ import annotations

import json
from base64 import b64decode, b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from enum import StrEnum
from hashlib import sha256
from typing import Any, Final

from msgspec import Struct

from digest.core.rowprints import Rowprint

#: How the file names itself, and the version of its lines.
FORMAT: Final = "newsroom-digest backup"
VERSION: Final = 1


class Kind(StrEnum):
    """What a column holds."""

    TEXT = "text"
    NUMBER = "number"
    FLOAT = "float"
    FLAG = "flag"
    BYTES = "bytes"
    INSTANT = "instant"
    DAY = "day"
    #: nothing in it is a null within JSON
    JSON = "json"
    #: nothing in it is no value at all
    JSON_OR_NOTHING = "json-or-nothing"


class Shape(Struct, frozen=True):
    """A table as a backup describes it: enough to write its rows into a store of any kind."""

    name: str
    columns: tuple[tuple[str, Kind], ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """What a backup says of itself."""

    #: the version of the tables
    schema: str
    #: the version of the program
    program: str
    #: the moment of which it is
    at: datetime
    #: the store, without its secrets
    store: str
    tables: tuple[Shape, ...]
    #: of all tables
    rows: int
    #: by which the keys that sign links are known again (`mark_of`), the first one first
    key_marks: tuple[str, ...] = ()
    #: these keys themselves; empty unless somebody wanted them kept there
    keys: tuple[str, ...] = field(default=(), repr=False)


class TableEnd(Struct, frozen=True):
    """What stands behind the rows of a table."""

    name: str
    rows: int
    #: the sum of their prints, in hexadecimal
    sum: str

    @classmethod
    def of(cls, name: str, found: Rowprint) -> TableEnd:
        """The end of a table whose rows have this print."""
        return cls(name, found.rows, f"{found.total:032x}")


class DamagedError(Exception):
    """A line that no backup has; the message says what is wrong with it."""


def mark_of(key: bytes) -> str:
    """What tells a key from others and nothing about the key itself."""
    return sha256(b"newsroom-digest key mark\0" + key).hexdigest()[:16]


def head_line(head: Head) -> bytes:
    """The first line."""
    told = {
        "format": FORMAT,
        "version": VERSION,
        "schema": head.schema,
        "program": head.program,
        "at": head.at.isoformat(),
        "store": head.store,
        "rows": head.rows,
        "key_marks": head.key_marks,
        "keys": head.keys,
        "tables": [{"name": one.name, "columns": dict(one.columns), "key": one.key} for one in head.tables],
    }
    return _line(told)


def read_head(line: bytes) -> Head:
    """What the first line says; raises DamagedError when it is none of ours, or of a later version."""
    told = _told(line)
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise DamagedError("it is no backup of this program")
    if told.get("version") != VERSION:
        raise DamagedError(f"its lines are of version {told.get('version')}, which a newer program writes")
    try:
        return Head(
            schema=str(told["schema"]),
            program=str(told["program"]),
            at=datetime.fromisoformat(told["at"]),
            store=str(told["store"]),
            tables=tuple(_shape(one) for one in told["tables"]),
            rows=int(told["rows"]),
            key_marks=tuple(map(str, told["key_marks"])),
            keys=tuple(map(str, told["keys"])),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise DamagedError(f"its first line is not as it should be ({error})") from None


def row_line(shape: Shape, row: Sequence[Any]) -> bytes:
    """A row on its line."""
    return _line([_SPELLED[kind](value) for (_, kind), value in zip(shape.columns, row, strict=True)])


def end_line(end: TableEnd) -> bytes:
    """The line behind the rows of a table."""
    return _line({"table": end.name, "rows": end.rows, "sum": end.sum})


def last_line(given_ids: Mapping[str, int]) -> bytes:
    """The last line; `given_ids` by table, where the store remembers them."""
    return _line({"end": FORMAT, "given_ids": dict(given_ids)})


def read_row(shape: Shape, line: bytes) -> tuple[Any, ...] | None:
    """The row on a line; None when the line is the end of the table."""
    if not line.startswith(b"["):
        return None
    told = _told(line)
    if len(told) != len(shape.columns):
        raise DamagedError(f"a row of table {shape.name} has {len(told)} values")
    try:
        return tuple([_READ[kind](value) for (_, kind), value in zip(shape.columns, told, strict=True)])
    except (TypeError, ValueError) as error:
        raise DamagedError(f"a row of table {shape.name} is not as it should be ({error})") from None


def read_end(line: bytes) -> TableEnd:
    """What stands behind the rows of a table."""
    told = _told(line)
    try:
        return TableEnd(str(told["table"]), int(told["rows"]), str(told["sum"]))
    except (KeyError, TypeError, ValueError):
        raise DamagedError("a table has no end") from None


def read_last(line: bytes) -> dict[str, int]:
    """The ids of the last line."""
    told = _told(line)
    try:
        if told["end"] == FORMAT:
            return {str(name): int(highest) for name, highest in told["given_ids"].items()}
    except (KeyError, TypeError, ValueError, AttributeError):
        pass
    raise DamagedError("its last line is missing")


def _shape(told: Mapping[str, Any]) -> Shape:
    columns = tuple((str(name), Kind(kind)) for name, kind in told["columns"].items())
    key = tuple(map(str, told["key"]))
    if not key or not set(key) <= {name for name, _ in columns}:
        raise ValueError(f"table {told['name']} has no key")
    return Shape(str(told["name"]), columns, key)


def _line(value: object) -> bytes:
    # half of a surrogate pair is a text for SQLite: spelled out it is one for every file
    return json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode("ascii") + b"\n"


def _told(line: bytes) -> Any:
    try:
        return json.loads(line)
    except ValueError:
        raise DamagedError("a line of it is no JSON") from None


def _as_it_is(value: Any) -> Any:
    return value


def _unless_nothing(change: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else change(value)


def _base64(value: bytes) -> str:
    return b64encode(value).decode("ascii")


def _instant(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


_PLAIN: Final = dict.fromkeys(Kind, _as_it_is)
_SPELLED: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    **_PLAIN,
    Kind.BYTES: _unless_nothing(_base64),
    Kind.INSTANT: _unless_nothing(_instant),
    Kind.DAY: _unless_nothing(date.isoformat),
}
_READ: Final[Mapping[Kind, Callable[[Any], Any]]] = {
    **_PLAIN,
    Kind.BYTES: _unless_nothing(b64decode),
    Kind.INSTANT: _unless_nothing(datetime.fromisoformat),
    Kind.DAY: _unless_nothing(date.fromisoformat),
}
