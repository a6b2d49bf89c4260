"""Whether two tables hold the same rows: each row in bytes that no kind of store changes, and sums over them.

The stores order texts differently, so nothing here depends on the order in which rows come.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final, NamedTuple
from zlib import crc32

from msgspec import Struct

#: So many parts has a table: where two tables differ, only the rows of some parts are looked at again.
PARTS: Final = 256
_WIDTH: Final = 16
_ROUND: Final = 1 << (8 * _WIDTH)

#: The values of a primary key.
Key = tuple[Any, ...]


class Keyed(NamedTuple):
    """A row and its key."""

    key: Key
    values: Sequence[Any]


class Rowprint(Struct, frozen=True):
    """How many rows a table has, and a sum over those of each of its parts."""

    rows: int = 0
    sums: tuple[int, ...] = (0,) * PARTS

    def and_of(self, rows: Iterable[Keyed]) -> Rowprint:
        """The print with more rows."""
        sums, count = list(self.sums), self.rows
        for row in rows:
            part = part_of(row.key)
            sums[part] = (sums[part] + int.from_bytes(print_of(row.values))) % _ROUND
            count += 1
        return Rowprint(count, tuple(sums))

    @property
    def total(self) -> int:
        """The sum over all parts."""
        return sum(self.sums) % _ROUND

    def parts_unlike(self, other: Rowprint) -> tuple[int, ...]:
        """The parts in which two tables differ."""
        return tuple(part for part in range(PARTS) if self.sums[part] != other.sums[part])


class Unlike(NamedTuple):
    """A row that is not the same on both sides."""

    key: str
    what: str


def rows_unlike(source: Mapping[bytes, bytes], target: Mapping[bytes, bytes]) -> list[Unlike]:
    """Which rows differ, given their prints by their keys (`key_bytes`), the first keys first."""
    words = []
    for key in sorted(source.keys() | target.keys()):
        if source.get(key) == target.get(key):
            continue
        what = "is missing" if key not in target else "is too many" if key not in source else "differs"
        words.append(Unlike(key.decode("utf-8", "backslashreplace"), what))
    return words


def print_of(values: Sequence[Any]) -> bytes:
    """What tells a row from every other one."""
    return blake2b(row_bytes(values), digest_size=_WIDTH).digest()


def part_of(key: Key) -> int:
    """The part of its table to which a row belongs."""
    return crc32(row_bytes(key)) % PARTS


def row_bytes(values: Sequence[Any]) -> bytes:
    """Values as bytes: equal for equal values, different for others, whatever store they come from.

    Instants are UTC to the microsecond, floats exact, and what was JSON keeps the order of its members.
    """
    return b"".join([_SPELLED[type(value)](value) for value in values])


def key_bytes(key: Key) -> bytes:
    """A key as people read it: its values, with commas between them."""
    words = (value.hex() if isinstance(value, bytes) else str(value) for value in key)
    return ", ".join(words).encode("utf-8", "surrogatepass")


def key_to_json(key: Key) -> list[Any]:
    """A key as JSON keeps it; `key_from_json` gives it back."""
    return [[_TAGS[type(value)], _PLAIN.get(type(value), _as_it_is)(value)] for value in key]


def key_from_json(kept: Sequence[Sequence[Any]]) -> Key:
    """A key as `key_to_json` wrote it."""
    return tuple(_FROM_PLAIN.get(tag, _as_it_is)(value) for tag, value in kept)


def _as_it_is(value: Any) -> Any:
    return value


def _text(value: str) -> bytes:
    said = value.encode("utf-8", "surrogatepass")
    return b"s%d:%b" % (len(said), said)


def _json(value: object) -> bytes:
    said = json.dumps(value, ensure_ascii=True, separators=(",", ":")).encode()
    return b"j%d:%b" % (len(said), said)


_SPELLED: Final[Mapping[type, Callable[[Any], bytes]]] = {
    type(None): lambda _: b"n;",
    bool: lambda value: b"y;" if value else b"z;",
    int: lambda value: b"i%d;" % value,
    float: lambda value: f"f{value.hex()};".encode(),
    str: _text,
    bytes: lambda value: b"b%d:%b" % (len(value), value),
    datetime: lambda value: f"t{value.astimezone(UTC).isoformat()};".encode(),
    date: lambda value: f"d{value.isoformat()};".encode(),
    list: _json,
    dict: _json,
}
_TAGS: Final = {int: "number", str: "text", bytes: "bytes", datetime: "instant", date: "day"}
_PLAIN: Final[Mapping[type, Callable[[Any], Any]]] = {
    bytes: bytes.hex,
    datetime: datetime.isoformat,
    date: date.isoformat,
}
_FROM_PLAIN: Final[Mapping[str, Callable[[Any], Any]]] = {
    "bytes": bytes.fromhex,
    "instant": datetime.fromisoformat,
    "day": date.fromisoformat,
}
