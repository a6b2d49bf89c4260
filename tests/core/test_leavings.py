"""The lines of a record of leavings: what is written is read, and nothing else is taken for it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.leavings import (
    MARGIN,
    Barred,
    Moved,
    Record,
    Seen,
    came_back,
    gone,
    head_line,
    line_of,
    mark_of_store,
    read_record,
    since_backup,
)
from subscribers.model import AWAY, Standing

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
MARK = mark_of_store(b"key")
HEAD = head_line(MARK, NOON)

instants = st.integers(-(10**9), 10**9).map(lambda ms: NOON + timedelta(milliseconds=ms))
words = st.text(max_size=40)
moves = st.builds(
    Moved,
    at=instants,
    subscription_id=st.integers(1, 2**31),
    before=st.none() | st.sampled_from(Standing),
    after=st.sampled_from(Standing),
    reason=words.filter(lambda text: " — " not in text),
)
bars = st.builds(
    Barred,
    at=instants,
    address_hash=st.binary(min_size=32, max_size=32),
    reason=words,
    made_by=st.none() | words,
)


def moved(minutes: int, id_: int, before: Standing | None, after: Standing, reason: str = "left") -> Moved:
    return Moved(NOON + timedelta(minutes=minutes), id_, before, after, reason)


@given(st.lists(moves | bars))
def test_what_is_written_is_read(entries: list[Moved | Barred]) -> None:
    record = read_record([[HEAD, *map(line_of, entries)]], MARK)
    assert record.broken == 0
    assert record.since == NOON
    assert record.until == max([NOON, *(one.at for one in entries)])
    expected = {one.key: one for one in reversed(entries) if isinstance(one, Moved)}
    assert set(record.moved) == set(expected.values())
    assert list(record.moved) == sorted(record.moved, key=lambda one: one.at)
    last = {one.address_hash: one for one in entries if isinstance(one, Barred)}
    assert set(record.barred) == {
        Barred(one.at, one.address_hash, one.reason[:40], one.made_by) for one in last.values()
    }


@given(st.lists(st.binary(max_size=200)), moves)
def test_any_other_line_is_counted_and_costs_no_line_of_ours(noise: list[bytes], mine: Moved) -> None:
    lines = [HEAD, *(line.replace(b"\n", b" ") + b"\n" for line in noise), line_of(mine)]
    record = read_record([lines], MARK)
    assert record.moved == (mine,)
    assert record.broken == len([line for line in noise if line])


def test_what_two_who_write_at_once_do_to_each_other_is_no_harm() -> None:
    # each found the file empty, and one found the line of the other half written
    first, second = (Moved(NOON, id_, Standing.ACTIVE, Standing.LEFT, "left") for id_ in (1, 2))
    record = read_record([[HEAD, HEAD, line_of(first), b"\n", line_of(second)]], MARK)
    assert (record.broken, record.moved, record.since) == (0, (first, second), NOON)
    elsewhere = head_line("another", NOON)
    assert read_record([[HEAD, elsewhere]], MARK).broken == 1


@pytest.mark.parametrize(
    "told",
    [
        {"at": "2026-11-24T12:00:00", "subscription": 1, "before": "active", "after": "left", "reason": ""},
        {"at": "2026-11-24T12:00:00Z", "subscription": "1", "before": None, "after": "left", "reason": ""},
        {"at": "2026-11-24T12:00:00Z", "subscription": True, "before": None, "after": "left", "reason": ""},
        {"at": "2026-11-24T12:00:00Z", "subscription": 1, "before": None, "after": "gone", "reason": ""},
        {"at": "2026-11-24T12:00:00Z", "subscription": 1, "after": "left", "reason": ""},
        {"at": "2026-11-24T12:00:00Z", "subscription": 1, "before": None, "after": "left"},
        {"at": "2026-11-24T12:00:00Z", "address_hash": "zz", "reason": "erased"},
        {"at": "2026-11-24T12:00:00Z", "address_hash": 7, "reason": "erased"},
        {"at": None, "seen": True},
        ["at"],
    ],
)
def test_line_that_lacks_something_is_broken(told: object) -> None:
    record = read_record([[HEAD, json.dumps(told).encode()]], MARK)
    assert (record.broken, record.moved, record.barred) == (1, (), ())


def test_files_of_others_are_passed_over() -> None:
    other = head_line(mark_of_store(b"another key"), NOON)
    line = line_of(moved(1, 1, Standing.ACTIVE, Standing.LEFT))
    later = head_line(MARK, NOON).replace(b'"version":1', b'"version":2')
    assert read_record([[other, line], [b"a,b\n", line], [], [later, line]], MARK) == Record()


def test_files_of_others_hide_none_of_ours() -> None:
    other, line = head_line(mark_of_store(b"another key"), NOON), line_of(Seen(NOON + timedelta(hours=1)))
    assert read_record([[other, line], [], [HEAD, line]], MARK).until == NOON + timedelta(hours=1)


def test_mark_of_a_store_stays_the_same_from_version_to_version() -> None:
    """Files that are there are found by it."""
    assert mark_of_store(b"key") == "c71adbb3c55e"


def test_words_are_no_longer_than_the_store_takes() -> None:
    told = {"at": NOON.isoformat(), "address_hash": "00" * 32, "reason": "r" * 99, "made_by": "m" * 999}
    (barred,) = read_record([[HEAD, json.dumps(told).encode()]], MARK).barred
    assert (len(barred.reason), len(barred.made_by or "")) == (40, 140)
    assert "made_by" not in json.loads(line_of(Barred(NOON, bytes(32), "erased", None)))


def test_readers_own_words_stay_in_the_store() -> None:
    said = moved(1, 1, Standing.ACTIVE, Standing.LEFT, "unsubscribed on the page: other — I moved to Lyon")
    line = line_of(said)
    assert b"Lyon" not in line
    (read,) = read_record([[HEAD, line]], MARK).moved
    assert read.reason == "unsubscribed on the page: other"


def test_several_files_are_one_record() -> None:
    first = [HEAD, line_of(moved(1, 1, Standing.ACTIVE, Standing.LEFT))]
    second = [head_line(MARK, NOON + timedelta(days=7)), line_of(Seen(NOON + timedelta(days=8)))]
    record = read_record([first, second], MARK)
    assert (record.since, record.until) == (NOON, NOON + timedelta(days=8))
    assert record.covers(NOON)
    assert not record.covers(NOON - timedelta(seconds=1))
    assert not Record().covers(NOON)


def test_last_word_on_an_address_counts() -> None:
    by_hand = Barred(NOON, bytes(32), "by hand", "admin")
    erased = Barred(NOON + timedelta(hours=1), bytes(32), "erased", None)
    assert read_record([[HEAD, line_of(by_hand), line_of(erased)]], MARK).barred == (erased,)


def test_who_came_back_is_not_gone() -> None:
    story = [
        moved(1, 1, Standing.ACTIVE, Standing.LEFT),
        moved(2, 2, Standing.ACTIVE, Standing.BOUNCING),
        moved(3, 1, Standing.LEFT, Standing.ACTIVE),
        moved(4, 3, Standing.ACTIVE, Standing.LEFT),
        moved(5, 2, Standing.BOUNCING, Standing.LEFT),
    ]
    assert gone(story) == (story[3], story[4])


@given(st.lists(moves))
def test_who_is_gone_has_no_later_word(story: list[Moved]) -> None:
    found = gone(story)
    last = {one.subscription_id: one for one in story}
    assert {one.subscription_id for one in found} == {id_ for id_, one in last.items() if one.after in AWAY}
    assert all(last[one.subscription_id] == one for one in found)
    assert list(found) == sorted(found, key=lambda one: one.at)


def test_what_happened_shortly_before_a_backup_may_be_unknown_to_it() -> None:
    story = [
        moved(minutes, minutes + 100, Standing.ACTIVE, Standing.LEFT) for minutes in (-16, -15, -14, 0, 1)
    ]
    assert [one.subscription_id for one in since_backup(story, NOON)] == [86, 100, 101]
    assert timedelta(minutes=15) == MARGIN


def test_who_may_be_written_to_again_is_known_with_the_time() -> None:
    story = [
        moved(1, 1, Standing.ACTIVE, Standing.COMPLAINED),
        moved(2, 1, Standing.COMPLAINED, Standing.ACTIVE),
        moved(3, 2, Standing.COMPLAINED, Standing.SUPPRESSED),
        moved(4, 3, Standing.SUPPRESSED, Standing.LEFT),
        moved(5, 4, Standing.LEFT, Standing.ACTIVE),
    ]
    assert came_back(story) == {1: story[1].at, 3: story[3].at}
