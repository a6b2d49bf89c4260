"""What a row says in a backup: every value comes back as it was, of its own kind."""

from __future__ import annotations

import dataclasses
import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final

import pytest
from msgspec.structs import replace

from digest.core.backups import (
    DamagedError,
    Head,
    Kind,
    Shape,
    head_line,
    mark_of,
    read_head,
    read_row,
    row_line,
)
from digest.core.editions import day_span
from digest.core.feeding import Feed, may_be_out
from subscribers.model import Section

NOON: Final = datetime(2026, 11, 24, 12, 0, 0, 1, UTC)


def there_and_back(kind: Kind, value: Any) -> Any:
    shape = Shape("letters", (("id", Kind.NUMBER), ("value", kind)), ("id",))
    line = row_line(shape, (1, value))
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    found = read_row(shape, line)
    assert found is not None
    return found[1]


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        pytest.param(Kind.TEXT, "a\x00b\n\u2028 報 😀 \ud800", id="text"),
        pytest.param(Kind.TEXT, "", id="nothing said"),
        pytest.param(Kind.NUMBER, -(2**63), id="number"),
        pytest.param(Kind.FLOAT, 0.1 + 0.2, id="float"),
        pytest.param(Kind.FLOAT, -0.0, id="minus nothing"),
        pytest.param(Kind.FLAG, False, id="flag"),
        pytest.param(Kind.BYTES, bytes(range(256)), id="bytes"),
        pytest.param(Kind.BYTES, b"", id="no bytes"),
        pytest.param(Kind.INSTANT, NOON, id="instant"),
        pytest.param(Kind.DAY, date(9999, 12, 31), id="day"),
        pytest.param(Kind.JSON, {"z": [1, 1.5, None], "a": {"": True}}, id="json"),
        pytest.param(Kind.JSON_OR_NOTHING, [], id="empty list"),
        *(pytest.param(kind, None, id=f"no {kind}") for kind in Kind),
    ],
)
def test_value_comes_back(kind: Kind, value: Any) -> None:
    found = there_and_back(kind, value)
    assert repr(found) == repr(value)


def test_instants_are_written_in_utc_whatever_the_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    time.tzset()
    try:
        shape = Shape("letters", (("at", Kind.INSTANT),), ("at",))
        assert row_line(shape, (NOON,)) == b'["2026-11-24T12:00:00.000001+00:00"]\n'
        assert day_span(date(2026, 11, 24), "UTC").first.isoformat() == "2026-11-24T00:00:00+00:00"
    finally:
        monkeypatch.undo()
        time.tzset()


def test_a_row_that_does_not_fit_its_table_is_not_written() -> None:
    shape = Shape("letters", (("id", Kind.NUMBER), ("word", Kind.TEXT)), ("id",))
    with pytest.raises(ValueError, match="zip"):
        row_line(shape, (1,))
    with pytest.raises(DamagedError):
        read_row(shape, b"[1]\n")


def test_the_head_comes_back_with_the_marks_of_keys_and_the_keys() -> None:
    shape = Shape("letters", (("id", Kind.NUMBER),), ("id",))
    head = Head("0030", "0.1.0", NOON, "sqlite:///a", (shape,), 3)
    assert read_head(head_line(head)) == head
    with_keys = dataclasses.replace(head, key_marks=("a", "b"), keys=("secret",))
    assert read_head(head_line(with_keys)) == with_keys


def test_instant_of_another_zone_comes_back_as_utc() -> None:
    found = there_and_back(Kind.INSTANT, NOON.astimezone(timezone(timedelta(hours=9))))
    assert (found, found.tzinfo) == (NOON, UTC)


@pytest.mark.parametrize(
    ("kind", "said"),
    [(Kind.INSTANT, '"noon"'), (Kind.DAY, "7"), (Kind.BYTES, '"a"')],
    ids=["instant", "day", "bytes"],
)
def test_value_of_another_kind_is_told(kind: Kind, said: str) -> None:
    shape = Shape("letters", (("value", kind),), ("value",))
    with pytest.raises(DamagedError, match="a row of table letters is not as it should be"):
        read_row(shape, f"[{said}]\n".encode())


def test_head_without_what_it_needs_is_told() -> None:
    with pytest.raises(DamagedError, match="first line is not as it should be"):
        read_head(b'{"format":"newsroom-digest backup","version":1}\n')


def test_mark_tells_keys_apart_and_not_what_they_are() -> None:
    assert mark_of(b"one") == mark_of(b"one") != mark_of(b"other")
    assert len(mark_of(b"one")) == 16


FEED: Final = Feed(1, "", "", "", Section.BRIEFING, (), 60, 10, 10, NOON, begun_at=NOON - timedelta(days=9))


@pytest.mark.parametrize(
    ("newest", "published", "until", "expected"),
    [
        pytest.param(-9, -1, 0, True, id="lost"),
        pytest.param(None, -1, 0, True, id="first"),
        pytest.param(-9, None, 0, True, id="undated"),
        pytest.param(-9, 1, 0, False, id="later"),
        pytest.param(1, -1, 0, False, id="read since"),
        pytest.param(-9, -1, None, False, id="no other store"),
    ],
)
def test_item_may_be_out(
    newest: int | None, published: int | None, until: int | None, expected: bool
) -> None:
    def at(hours: int | None) -> datetime | None:
        return None if hours is None else NOON + timedelta(hours=hours)

    feed = replace(FEED, newest_at=at(newest))
    assert may_be_out(feed, at(published), at(until)) is expected
