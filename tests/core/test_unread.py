"""There is room for some mails that say nothing, and for a flood there is none."""

from __future__ import annotations

from digest.core.unread import MOST_MAILS, MOST_OCTETS, MOST_OF_ONE, TELLING, Lying, Room


def test_of_one_copy_so_many_are_kept_and_those_of_others_still_are() -> None:
    room = Room([Lying(1, None, 10)] * (MOST_OF_ONE - 1))
    assert room.take(Lying(1, None, 10))
    assert not room.take(Lying(1, None, 10))
    assert room.take(Lying(2, None, 10))
    # a notice that bears the number of a copy is another thing
    assert room.take(Lying(None, 1, 10))


def test_what_belongs_to_no_copy_counts_together() -> None:
    room = Room()
    assert all(room.take(Lying(None, None, 10)) for _ in range(MOST_OF_ONE))
    assert not room.take(Lying(None, None, 10))


def test_all_together_are_no_more_than_so_many() -> None:
    room = Room(Lying(number, None, 10) for number in range(MOST_MAILS - 1))
    assert room.take(Lying(-1, None, 10))
    assert not room.take(Lying(-2, None, 10))


def test_all_together_are_no_larger_than_so_many_octets() -> None:
    room = Room([Lying(1, None, MOST_OCTETS - 100)])
    assert not room.take(Lying(2, None, 101))
    assert room.take(Lying(2, None, 60))
    assert room.take(Lying(2, None, 40)), "what was turned away took no room"
    assert not room.take(Lying(2, None, 1))


def test_of_what_tells_something_strays_are_bound_by_the_whole_alone() -> None:
    room = Room([Lying(None, None, 10)] * (TELLING.mails - MOST_OF_ONE - 1), TELLING)
    assert all(room.take(Lying(1, None, 10)) for _ in range(MOST_OF_ONE))
    assert not room.take(Lying(1, None, 10))
    assert room.take(Lying(None, None, 10))
    assert not room.take(Lying(None, None, 10))
    assert not Room(bounds=TELLING).take(Lying(None, None, TELLING.octets + 1))
