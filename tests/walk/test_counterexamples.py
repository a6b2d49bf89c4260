"""Histories that once broke the promise, told as short as they can be."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import time, timedelta
from typing import Final

import pytest

from digest.flows.explain import Answer, explain
from digest.flows.publish import due_slots, publish
from tests.tiers import first_of
from tests.walk.accounts import Account, Wish
from tests.walk.desk import NEWS, Desk
from tests.walk.mailserver import Mood

_HOUR: Final = timedelta(hours=1)
_DAY: Final = timedelta(days=1)


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A house with a reader and a briefing; whatever a test does, all that is owed arrives in the end."""
    desk = Desk(lanes=1)
    try:
        yield desk
        desk.come_to_rest()
    finally:
        desk.close()


def reader_of(desk: Desk, wish: Wish | None = None) -> Account:
    account = desk.add_reader(wish)
    assert account is not None
    return account


def mails(desk: Desk, account: Account) -> list[str]:
    """The Message-IDs of what arrived at a reader, in order."""
    return [taken.message_id for taken in desk.house.server.accepted if taken.recipient == account.address]


# --- A copy that may have arrived never comes under another Message-ID --------------------------------------


def no_server(desk: Desk, _reader: Account) -> None:
    desk.house.server.is_down = True
    desk.run()


def a_server_gone_in_the_middle(desk: Desk, _reader: Account) -> None:
    desk.expect(Mood.GOES_DOWN)
    desk.run()


def greylisting(desk: Desk, _reader: Account) -> None:
    desk.expect(Mood.GREYLISTS)
    desk.run()


def greylisting_until_no_time_is_left(desk: Desk, _reader: Account) -> None:
    # two minutes before copies are given up
    desk.pass_time(23 * _HOUR - timedelta(minutes=2))
    desk.expect(Mood.GREYLISTS)
    desk.run()


def a_crash_before_the_next_try(desk: Desk, _reader: Account) -> None:
    desk.house.server.is_down = True
    for boundary in range(40):
        desk.doom(boundary)
        desk.run()


def a_pause(desk: Desk, reader: Account) -> None:
    desk.pause(reader, catch_up=True)
    desk.run()
    desk.resume(reader)


@pytest.mark.parametrize(
    "meanwhile",
    [
        no_server,
        a_server_gone_in_the_middle,
        greylisting,
        greylisting_until_no_time_is_left,
        a_crash_before_the_next_try,
        a_pause,
    ],
)
@pytest.mark.parametrize("doubt", first_of([Mood.TAKES_AND_DROPS, Mood.DROPS]))
def test_a_copy_that_may_have_arrived_arrives_under_one_name_whatever_comes_between(
    desk: Desk, doubt: Mood, meanwhile: Callable[[Desk, Account], None]
) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.expect(doubt)
    desk.run()
    desk.pass_time(_HOUR)
    meanwhile(desk, reader)
    # past the time at which copies are given up
    desk.pass_time(3 * _DAY)
    desk.house.server.heal()
    desk.run()
    desk.pass_time(_DAY)
    desk.run()
    assert len(set(mails(desk, reader))) == 1


def test_a_copy_that_may_have_arrived_is_not_owed_again_by_taking_a_leaving_back(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.expect(Mood.TAKES_AND_DROPS)
    desk.run()
    desk.leave(reader)
    desk.pass_time(_HOUR)
    desk.run()
    desk.take_back(reader)
    desk.pass_time(_DAY)
    desk.run()
    assert len(mails(desk, reader)) == 1


def test_greylisting_uses_up_no_resend_of_a_copy_in_doubt(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    for _ in range(4):
        desk.expect(Mood.GREYLISTS)
        desk.run()
        desk.pass_time(2 * _HOUR)
    desk.expect(Mood.DROPS)
    desk.run()
    assert not mails(desk, reader)
    desk.pass_time(5 * _HOUR)
    desk.run()
    assert len(mails(desk, reader)) == 1


# --- What was taken back at once --------------------------------------------------------------------------


def test_two_copies_given_back_in_one_go_are_both_owed_again(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.house.server.is_down = True
    desk.run()
    desk.publish(NEWS)
    desk.send_by_hand()
    desk.leave(reader)
    desk.house.server.heal()
    desk.run()
    desk.take_back(reader)
    desk.pass_time(_DAY)
    desk.run()
    assert desk.books.owed(reader) == set()
    assert len(mails(desk, reader)) == 1


@pytest.mark.parametrize(("days", "standing"), [(7, "active"), (8, "left")])
@pytest.mark.parametrize("dies", [False, True])
def test_a_leaving_is_taken_back_within_a_week_and_no_later_whoever_dies_over_it(
    desk: Desk, days: int, standing: str, dies: bool
) -> None:
    reader = reader_of(desk)
    desk.leave(reader)
    desk.pass_time(days * _DAY)
    # the third boundary is the one after the commit
    desk.doom(2 if dies else None)
    desk.take_back(reader)
    assert desk.seen.readers[reader.id].standing == standing


# --- Who may be written to ----------------------------------------------------------------------------------


@pytest.mark.parametrize("before", ["left", "pending"])
def test_who_comes_back_without_confirming_gets_nothing(desk: Desk, before: str) -> None:
    reader = desk.add_reader(confirmed=before != "pending")
    assert reader is not None
    if before == "left":
        desk.leave(reader)
    desk.come_back(reader, Wish(), confirmed=False)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.run()
    assert desk.seen.readers[reader.id].standing == "pending"
    assert not mails(desk, reader)


# --- Slots that lie ahead -----------------------------------------------------------------------------------
#
# The watch of each run finds readers whose slot has come and who have no row for it.


def test_who_confirms_for_another_zone_is_owed_the_slot_ahead(desk: Desk) -> None:
    # in Paris seven o'clock had come when the reader subscribed
    reader = desk.add_reader(Wish(zone="Europe/Paris"), confirmed=False)
    assert reader is not None
    desk.publish(NEWS)
    desk.come_back(reader, Wish(zone="UTC"))
    desk.pass_time(4 * _HOUR)
    desk.run()
    assert len(mails(desk, reader)) == 1


@pytest.mark.parametrize("confirmed_at_once", [True, False])
def test_who_comes_back_to_another_zone_is_owed_the_slot_ahead(desk: Desk, confirmed_at_once: bool) -> None:
    # on Kiritimati it was evening
    reader = reader_of(desk, Wish(zone="Pacific/Kiritimati"))
    desk.publish(NEWS)
    desk.leave(reader)
    if not confirmed_at_once:
        desk.come_back(reader, Wish(zone="Pacific/Kiritimati"), confirmed=False)
    desk.come_back(reader, Wish(zone="UTC"))
    desk.pass_time(4 * _HOUR)
    desk.run()
    assert len(mails(desk, reader)) == 1


def test_who_resumes_while_the_clock_has_gone_back_is_owed_no_day_twice(desk: Desk) -> None:
    # the reader came on Monday; by a clock that then says Sunday, Sunday's slot is not owed again
    reader = reader_of(desk, Wish(at=time(18, 30)))
    desk.publish(NEWS)
    desk.pass_time(-_DAY)
    desk.pause(reader, catch_up=True)
    desk.resume(reader)
    desk.pass_time(_DAY)
    desk.run()
    assert not mails(desk, reader)
    desk.pass_time(_DAY)
    desk.run()
    assert len(mails(desk, reader)) == 1


# --- Two schedulers -----------------------------------------------------------------------------------------


def test_a_scheduler_that_comes_late_with_news_at_once_gives_the_issue_a_name_of_its_own(desk: Desk) -> None:
    reader = reader_of(desk, Wish(at_once=True))
    desk.publish(NEWS)
    found, _ = desk.do(lambda process: due_slots(store=process.store, now=desk.now))
    (due,) = found
    for _ in range(2):
        desk.publish(NEWS)
        desk.do(lambda process: publish(due, store=process.store, now=desk.now))
        desk.audit()
    desk.run()
    assert len(mails(desk, reader)) == 2


# --- Why ----------------------------------------------------------------------------------------------------


def test_why_says_sent_though_a_later_copy_by_hand_failed(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.run()
    desk.send_by_hand(chosen={1}, ignore_bookmarks=True)
    desk.expect(Mood.SMELLS_SPAM)
    desk.run()
    id_ = desk.books.items[1].id
    found, _ = desk.do(lambda process: explain(reader.address, id_, store=process.store, now=desk.now))
    assert [one.answer for one in found] == [Answer.SENT]


def test_a_pause_may_end_and_the_address_bounce_in_one_run(desk: Desk) -> None:
    # what was published during the pause is left out, though the reader is gone again at once
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pause(reader, days=3)
    desk.publish(NEWS)
    desk.pass_time(5 * _DAY)
    desk.expect(Mood.KNOWS_NOBODY)
    desk.run()
    assert reader.standing == "bouncing"
    assert sorted(reader.out.values()) == ["gap: paused", "refused: no-such-address"]


# --- What is told later -------------------------------------------------------------------------------------


def test_a_copy_that_was_greylisted_loses_what_was_taken_back_and_gives_back_the_rest(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS, NEWS)
    desk.pass_time(_DAY)
    desk.house.server.is_down = True
    desk.run()
    desk.retract(1)
    # too late for that copy: what it still held is owed again, what was taken back is not
    desk.pass_time(3 * _DAY)
    desk.run()
    desk.house.server.heal()
    assert (desk.books.owed(reader), reader.out) == ({2}, {1: "left out"})


def test_changes_are_told_to_who_had_the_text_whatever_happens_to_the_copies(desk: Desk) -> None:
    had, late = reader_of(desk), reader_of(desk, Wish(days=("monthly",)))
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.expect(Mood.TAKES_AND_DROPS)
    desk.run()
    desk.revise(1)
    assert desk.books.changes[2].readers == {had.id}
    desk.pass_time(_DAY)
    desk.house.server.is_down = True
    desk.run()
    desk.revise(1)
    desk.pass_time(3 * _DAY)
    desk.run()
    desk.house.server.heal()
    desk.pass_time(_DAY)
    desk.retract(1)
    desk.come_to_rest()
    assert late.carriers.keys() == set()
    assert had.out.keys() | had.carriers.keys() == {1, 2, 3, 4}


def test_a_pause_owes_no_change_of_what_was_never_had(desk: Desk) -> None:
    had, asleep = reader_of(desk), reader_of(desk, Wish(topics=frozenset({"energy"})))
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.run()
    desk.revise(1)
    desk.pause(asleep, days=3)
    desk.publish(NEWS)
    desk.pass_time(5 * _DAY)
    desk.run()
    assert asleep.out == {1: "left out", 2: "gap: paused", 3: "gap: paused"}
    assert 2 in had.carriers


def test_who_left_and_returns_is_told_of_a_change_since(desk: Desk) -> None:
    reader = reader_of(desk)
    desk.publish(NEWS)
    desk.pass_time(_DAY)
    desk.run()
    desk.leave(reader)
    desk.revise(1)
    desk.pass_time(2 * _DAY)
    desk.come_back(reader, Wish())
    desk.pass_time(_DAY)
    desk.run()
    assert 2 in reader.carriers
