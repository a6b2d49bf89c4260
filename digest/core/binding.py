"""The copies of many readers in few bytes: who got the copy of which cohort, and what became of it.

Readers who want the same have the same copies day after day: as differences their lists are alike, and what
is alike costs next to nothing once it is compressed.
"""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final, NamedTuple

from digest.core.model import SETTLED, DeliveryStatus

#: version, readers, copies, lowest cohort, octets of the table of fates; little-endian
_HEAD: Final = struct.Struct("<BIIQI")
_VERSION: Final = 1
#: What one leaf may become when it is opened: far more than any that we write.
_MOST_OCTETS: Final = 64 * 1024 * 1024


class Fate(NamedTuple):
    """What became of a copy."""

    status: DeliveryStatus
    reason: str
    #: it may have arrived, whatever its status says
    in_doubt: bool = False

    @property
    def may_have_arrived(self) -> bool:
        """True when the copy was sent, or nobody can say that it was not."""
        return self.in_doubt or self.status is DeliveryStatus.SENT


class Bound(NamedTuple):
    """One copy, as it is kept when its row is gone."""

    subscription_id: int
    cohort_id: int
    fate: Fate


def bind(copies: Iterable[Bound]) -> bytes:
    """Some thousand copies as octets; raises ValueError for one with which something may still happen."""
    rows = sorted(copies, key=lambda one: one[:2])
    if any(one.fate.status not in SETTLED for one in rows):
        raise ValueError("a copy with which something may still happen cannot be bound")
    fates = list(dict.fromkeys(one.fate for one in rows))
    place = {fate: number for number, fate in enumerate(fates)}
    base = min((one.cohort_id for one in rows), default=0)
    readers: list[int] = []
    counts: list[int] = []
    cohorts: list[int] = []
    reader, cohort = 0, base
    for one in rows:
        if not counts or one.subscription_id != reader:
            readers.append(one.subscription_id - reader)
            counts.append(0)
            reader, cohort = one.subscription_id, base
        counts[-1] += 1
        cohorts.append(one.cohort_id - cohort)
        cohort = one.cohort_id
    words = json.dumps(fates, ensure_ascii=False, separators=(",", ":")).encode()
    head = _HEAD.pack(_VERSION, len(readers), len(rows), base, len(words))
    columns = (readers, counts, cohorts, [place[one.fate] for one in rows])
    return zlib.compress(b"".join([head, words, *map(_in_planes, columns)]), 9)


def unbind(leaf: bytes) -> Iterator[Bound]:
    """The copies again, by reader and cohort; raises ValueError for octets that are none of ours."""
    readers, counts, cohorts, fates, table = _columns_of(leaf)
    place = 0
    for reader, count in zip(readers, counts, strict=True):
        for offset in range(place, place + count):
            yield Bound(reader, cohorts[offset], table[fates[offset]])
        place += count


def copies_of(leaf: bytes, subscription_ids: frozenset[int]) -> list[Bound]:
    """The copies of these readers alone."""
    readers, counts, cohorts, fates, table = _columns_of(leaf)
    found = []
    place = 0
    for reader, count in zip(readers, counts, strict=True):
        if reader in subscription_ids:
            found += [
                Bound(reader, cohorts[offset], table[fates[offset]]) for offset in range(place, place + count)
            ]
        place += count
    return found


def _columns_of(
    leaf: bytes,
) -> tuple[Sequence[int], Sequence[int], Sequence[int], Sequence[int], list[Fate]]:
    """Readers, copies of each, cohort and fate of each copy, and the table of fates."""
    try:
        opener = zlib.decompressobj()
        octets = opener.decompress(leaf, _MOST_OCTETS)
        version, reader_count, copy_count, base, length = _HEAD.unpack_from(octets)
        if version != _VERSION or opener.unconsumed_tail or not opener.eof:
            raise ValueError("of another version, or cut off")
        table = [
            Fate(DeliveryStatus(status), str(reason), bool(in_doubt))
            for status, reason, in_doubt in json.loads(octets[_HEAD.size : _HEAD.size + length])
        ]
        place = _HEAD.size + length
        steps, place = _from_planes(octets, place, reader_count)
        counts, place = _from_planes(octets, place, reader_count)
        jumps, place = _from_planes(octets, place, copy_count)
        fates, place = _from_planes(octets, place, copy_count)
    except (zlib.error, struct.error, IndexError, TypeError, ValueError) as error:
        raise ValueError(f"a leaf of a volume cannot be read: {error}") from None
    cohorts: list[int] = []
    offset = 0
    for count in counts:
        cohorts += list(accumulate(jumps[offset : offset + count], initial=base))[1:]
        offset += count
    return list(accumulate(steps)), counts, cohorts, fates, table


def _in_planes(values: Sequence[int]) -> bytes:
    """Numbers as their lowest octets, then their second ones and so on: alike stands beside alike."""
    width = max(1, (max(values, default=0).bit_length() + 7) // 8)
    octets = struct.pack(f"<{len(values)}Q", *values)
    return bytes([width]) + b"".join(octets[plane::8] for plane in range(width))


def _from_planes(octets: bytes, place: int, count: int) -> tuple[Sequence[int], int]:
    width = octets[place]
    place += 1
    whole = bytearray(8 * count)
    for plane in range(width):
        whole[plane::8] = octets[place : place + count]
        place += count
    return struct.unpack(f"<{count}Q", whole), place
