"""Refusals in a row: when they are about us, and when about readers."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.core.model import Outcome, Stage
from digest.core.refusals import COPIES_IN_A_ROW, FAMILIES_IN_A_ROW, KNOCK_SECONDS, Refusals
from digest.core.verdict import judge

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
POLICY = Outcome(Stage.RCPT, 554, "5.7.1", "Relay access denied")
ACCEPTED = Outcome(Stage.FINAL_DOT, 250, "2.0.0", "Taken")


def hear(refusals: Refusals, outcome: Outcome, *, families: int = 50, times: int = 1, now: float = 0) -> None:
    for number in range(times):
        verdict = judge(outcome, attempts=0, now=NOW, due_at=NOW, give_up_minutes=600, jitter=0)
        refusals.heard(f"family{number % families}.example", outcome, verdict, now)


def test_the_same_no_to_many_families_in_a_row_is_the_servers_word() -> None:
    refusals = Refusals()
    hear(refusals, POLICY, times=COPIES_IN_A_ROW - 1)
    assert refusals.words == ""
    hear(refusals, POLICY)
    assert refusals.words == (
        "the server refuses every copy, the last 20 with: 554 5.7.1 Relay access denied (at rcpt)"
    )


def test_one_accepted_copy_speaks_for_the_server() -> None:
    refusals = Refusals()
    for _ in range(5):
        hear(refusals, POLICY, times=COPIES_IN_A_ROW - 1)
        hear(refusals, ACCEPTED)
    assert refusals.words == ""


def test_few_families_may_have_reasons_of_their_own() -> None:
    refusals = Refusals()
    hear(refusals, POLICY, families=FAMILIES_IN_A_ROW - 1, times=500)
    assert refusals.words == ""


def test_before_the_recipient_is_named_one_family_is_enough() -> None:
    refusals = Refusals()
    refused = Outcome(Stage.MAIL, 550, "5.7.1", "Sender blocked")
    hear(refusals, refused, families=1, times=COPIES_IN_A_ROW)
    assert "Sender blocked" in refusals.words


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(Stage.RCPT, 550, "5.1.1", "No such user"),
        Outcome(Stage.RCPT, 552, "5.2.2", "Mailbox is full"),
        Outcome(Stage.RCPT, 451, "4.7.1", "Greylisted"),
        Outcome(Stage.DATA, 0, "", "the connection was lost"),
        Outcome(Stage.FINAL_DOT, 0, "", "the connection was lost"),
    ],
    ids=lambda outcome: f"{outcome.code} {outcome.enhanced}",
)
def test_what_is_said_of_one_reader_or_for_now_does_not_count(outcome: Outcome) -> None:
    refusals = Refusals()
    hear(refusals, outcome, times=500)
    assert refusals.words == ""


def test_after_another_answer_the_row_begins_anew() -> None:
    refusals = Refusals()
    hear(refusals, Outcome(Stage.FINAL_DOT, 554, "5.6.0", "Not liked"), times=10)
    hear(refusals, POLICY, times=COPIES_IN_A_ROW - 1)
    assert refusals.words == ""
    hear(refusals, POLICY)
    assert refusals.words


def test_different_answers_are_no_row() -> None:
    refusals = Refusals()
    for _ in range(50):
        hear(refusals, POLICY, times=10)
        hear(refusals, Outcome(Stage.FINAL_DOT, 554, "5.6.0", "Not liked"), times=10)
    assert refusals.words == ""


def test_after_a_stop_the_server_is_asked_seldom_until_it_takes_a_copy() -> None:
    refusals = Refusals()
    hear(refusals, POLICY, times=COPIES_IN_A_ROW, now=1000)
    assert not refusals.may_knock(1001)
    assert refusals.may_knock(1000 + KNOCK_SECONDS)
    hear(refusals, POLICY, now=1000 + KNOCK_SECONDS)
    assert refusals.words
    assert not refusals.may_knock(1001 + KNOCK_SECONDS)
    hear(refusals, ACCEPTED, now=1000 + 2 * KNOCK_SECONDS)
    assert refusals.words == ""
    assert refusals.may_knock(1001 + 2 * KNOCK_SECONDS)
