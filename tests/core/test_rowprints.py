"""Two tables are told to be the same when they are, and which rows are not."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.rowprints import (
    PARTS,
    Keyed,
    Rowprint,
    key_bytes,
    key_from_json,
    key_to_json,
    part_of,
    print_of,
    row_bytes,
    rows_unlike,
)

NOON = datetime(2026, 11, 24, 12, 0, 0, 1, tzinfo=UTC)
#: Values that are easily taken for each other.
APART = [
    *[None, "", b"", "None", 0, False, 0.0, 1, True, 1.0, "1", b"1", -1, 2**63 - 1, 2**63],
    *["é", "e\u0301", "a\x00", "a", "a ", "A", b"a", [], {}, "[]", ["a"], ["a", None], {"a": None}],
    *[NOON, NOON + timedelta(microseconds=1), date(2026, 11, 24), "2026-11-24", [1], [1.0], [True]],
    *[{"a": 1, "b": 2}, {"b": 2, "a": 1}, 0.1 + 0.2, 0.3],
]
plain = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63 - 1),
    st.text(),
    st.binary(),
    st.datetimes().map(lambda value: value.replace(tzinfo=UTC)),
    st.floats(allow_nan=False),
)


def test_no_two_values_are_spelled_alike() -> None:
    assert len({row_bytes([value]) for value in APART}) == len(APART)


@given(st.lists(plain, max_size=4), st.lists(plain, max_size=4))
def test_rows_are_spelled_alike_only_when_they_are_the_same(one: list[object], other: list[object]) -> None:
    same = [(type(value), repr(value)) for value in one] == [(type(value), repr(value)) for value in other]
    assert (row_bytes(one) == row_bytes(other)) == same


def test_what_stands_in_one_column_is_not_taken_for_the_next() -> None:
    assert row_bytes(["ab", "c"]) != row_bytes(["a", "bc"])
    assert row_bytes(["a", None]) != row_bytes([None, "a"])


def test_an_instant_is_the_same_in_every_zone() -> None:
    there = NOON.astimezone(timezone(timedelta(hours=5, minutes=45)))
    assert row_bytes([there]) == row_bytes([NOON])


@pytest.mark.parametrize(
    "key",
    [(1,), (2**63 - 1,), ("slug",), ("a\x00\u2028", "é"), (b"\x00\xff",), (NOON, "gmail.com", 3)],
    ids=["number", "large", "text", "odd", "bytes", "three"],
)
def test_a_key_comes_back_as_it_was_kept(key: tuple[object, ...]) -> None:
    assert key_from_json(key_to_json(key)) == key


def rows_of(count: int) -> list[Keyed]:
    return [Keyed((number,), (number, f"reader {number}", None)) for number in range(count)]


def test_the_order_of_rows_and_of_pages_says_nothing() -> None:
    rows = rows_of(1000)
    whole = Rowprint().and_of(rows)
    Random(4).shuffle(rows)
    paged = Rowprint()
    for start in range(0, 1000, 70):
        paged = paged.and_of(rows[start : start + 70])
    assert paged == whole
    assert whole.rows == 1000


@pytest.mark.parametrize("change", ["lost", "twice", "other"])
def test_a_row_that_differs_is_found_in_its_part_and_named(change: str) -> None:
    source = rows_of(500)
    target = {
        "lost": [row for row in source if row.key != (77,)],
        "twice": [*source, Keyed((900,), (900, "nobody", None))],
        "other": [row if row.key != (77,) else Keyed(row.key, (77, "reader 78", None)) for row in source],
    }[change]
    one, other = Rowprint().and_of(source), Rowprint().and_of(target)
    key = (900,) if change == "twice" else (77,)
    assert one.parts_unlike(other) == (part_of(key),)
    sides = [
        {key_bytes(row.key): print_of(row.values) for row in rows if part_of(row.key) == part_of(key)}
        for rows in (source, target)
    ]
    words = {"lost": "is missing", "twice": "is too many", "other": "differs"}
    assert [tuple(one) for one in rows_unlike(*sides)] == [(str(key[0]), words[change])]


def test_two_rows_that_changed_places_do_not_add_up_to_the_same() -> None:
    one = Rowprint().and_of([Keyed((1,), (1, "a")), Keyed((2,), (2, "b"))])
    other = Rowprint().and_of([Keyed((1,), (1, "b")), Keyed((2,), (2, "a"))])
    assert one != other


def test_rows_are_spread_over_all_parts() -> None:
    assert len({part_of((number,)) for number in range(5000)}) == PARTS


def test_rows_are_spelled_as_backups_of_before_have_them() -> None:
    assert row_bytes(["a\ud800"]) == b"s4:a\xed\xa0\x80"
    row = [7, "é", None, True, 0.5, b"\x00", NOON, date(2026, 11, 24), {"b": [1, "ü"], "a": None}]
    assert row_bytes(row) == (
        b"i7;s2:\xc3\xa9n;y;f0x1.0000000000000p-1;b1:\x00t2026-11-24T12:00:00.000001+00:00;d2026-11-24;"
        b'j27:{"b":[1,"\\u00fc"],"a":null}'
    )
    assert print_of(row).hex() == "f853db5ee603c1571698bdefb59cb26f"
    assert part_of((7, "é")) == 249
    both = Rowprint().and_of([Keyed((7,), row), Keyed((8,), [8])])
    assert f"{both.total:x}" == "8b3fe1c218cd3d676fe0834e29b71a3f"


def test_keys_are_told_as_people_read_them_whatever_they_hold() -> None:
    assert key_bytes((7, "é", b"\x01\xff")) == "7, é, 01ff".encode()
    half = key_bytes(("a\ud800",))
    assert [one.key for one in rows_unlike({half: b"1"}, {})] == ["a\\xed\\xa0\\x80"]
