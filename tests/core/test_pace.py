"""The pace: what answers do to it, copy by copy."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from itertools import pairwise
from math import inf

import pytest

from digest.core.model import Outcome, Stage, Verdict
from digest.core.pace import (
    FAMILIES_IN_A_ROW,
    FAMILIES_KEPT,
    GO,
    LEAST_TRUST,
    STEP_SECONDS,
    STEPS_TO_FULL,
    Hint,
    Limit,
    Limits,
    Pace,
    Wait,
    hint_of,
)
from digest.core.verdict import Reason, judge

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
#: Some other family, which nobody has complained about.
OTHER = "news.example"


def pace_with(connections: int = 8, **families: Limit) -> Pace:
    roomy = Limit(connections=1000)
    return Pace(
        Limits(roomy, Limit(connections), {name.replace("_", "."): families[name] for name in families})
    )


def begin_all(pace: Pace, family: str, now: float = 0.0, most: int = 10_000) -> int:
    """Begin as many as may; how many that was."""
    for count in range(most):
        if pace.may_send(family, now) != GO:
            return count
        pace.began(family, now)
    return most


def end_all(pace: Pace, family: str, count: int, hint: Hint, now: float = 0.0) -> None:
    for _ in range(count):
        pace.ended(family, hint, now)


def places(pace: Pace, family: str, now: float) -> int:
    """How many may be under way at `now`, when none is; leaves no trace but for the rate."""
    count = begin_all(pace, family, now)
    end_all(pace, family, count, Hint.NONE, now)
    return count


def test_the_limit_of_a_family_holds_for_that_family() -> None:
    pace = pace_with(connections=3)
    assert begin_all(pace, "gmail.com") == 3
    assert pace.may_send("gmail.com", 0) == Wait(inf)
    assert pace.may_send(OTHER, 0) == GO
    pace.ended("gmail.com", Hint.ACCEPTED, 0)
    assert pace.may_send("gmail.com", 0) == GO


def test_a_named_family_has_its_own_limit() -> None:
    pace = pace_with(connections=3, gmail_com=Limit(connections=5))
    assert begin_all(pace, "gmail.com") == 5
    assert begin_all(pace, OTHER) == 3


def test_the_limit_of_the_server_holds_for_all_together() -> None:
    pace = Pace(Limits(server=Limit(connections=4)))
    assert begin_all(pace, "gmail.com", most=3) == 3
    assert pace.may_send_any(0) == GO
    assert begin_all(pace, OTHER) == 1
    assert pace.may_send_any(0) == pace.may_send("yahoo.com", 0) == Wait(inf)


def test_a_rate_says_when_the_next_may_begin() -> None:
    pace = Pace(Limits(server=Limit(rate=4, burst=2)))
    assert begin_all(pace, OTHER, now=100) == 2
    assert pace.may_send(OTHER, 100) == Wait(100.25)
    assert pace.may_send(OTHER, 100.25) == GO
    # after a quiet time no more than the burst has gathered
    assert begin_all(pace, OTHER, now=500) == 2


def test_one_wave_of_refusals_is_one_complaint() -> None:
    pace = pace_with(connections=8)
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.FAMILY_BUSY)
    assert places(pace, "gmail.com", 0) == 4


def test_a_complaint_counts_from_what_is_in_use() -> None:
    pace = pace_with(connections=500)
    begin_all(pace, "gmail.com", most=20)
    pace.ended("gmail.com", Hint.FAMILY_BUSY, 0)
    end_all(pace, "gmail.com", 19, Hint.NONE)
    assert places(pace, "gmail.com", 0) == 10


def test_after_a_halving_the_next_complaint_halves_again() -> None:
    pace = pace_with(connections=8)
    halved = []
    for _ in range(4):
        end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.FAMILY_BUSY)
        halved.append(places(pace, "gmail.com", 0))
    # below one connection the next may begin only later
    assert halved == [4, 2, 1, 0]


def test_below_one_connection_there_is_a_pause_which_ends_at_about_a_minute() -> None:
    pace = pace_with(connections=8)
    pauses = []
    now = 0.0
    for _ in range(10):
        pace.began("gmail.com", now)
        pace.ended("gmail.com", Hint.FAMILY_BUSY, now)
        answer = pace.may_send("gmail.com", now)
        assert isinstance(answer, Wait)
        pauses.append(answer.until - now)
        now = answer.until
    assert pauses == [2, 4, 8, 16, 32, 64, 64, 64, 64, 64]
    assert pauses[-1] == 1 / LEAST_TRUST


def test_below_one_connection_each_step_up_at_most_doubles() -> None:
    pace = pace_with(connections=8)
    for _ in range(10):
        pace.began("gmail.com", 0)
        pace.ended("gmail.com", Hint.FAMILY_BUSY, 0)
    begun = []
    now = 0.0
    for _ in range(9):
        answer = pace.may_send("gmail.com", now)
        now = answer.until if isinstance(answer, Wait) else now
        pace.began("gmail.com", now)
        pace.ended("gmail.com", Hint.ACCEPTED, now)
        begun.append(now)
    # a pause that was begun is kept to its end; from 4 s on the ten seconds between steps are the longer ones
    assert [later - earlier for earlier, later in pairwise(begun)] == [64, 32, 16, 8, 4, 4, 2, 2]


def test_a_slow_rate_stays_slower_than_what_is_left_of_a_connection() -> None:
    pace = pace_with(gmail_com=Limit(connections=1, rate=0.125))
    pace.began("gmail.com", 0)
    pace.ended("gmail.com", Hint.FAMILY_BUSY, 0)
    assert pace.may_send("gmail.com", 0) == Wait(16)


def test_a_complaint_lowers_the_rate_along_with_the_connections() -> None:
    pace = pace_with(gmail_com=Limit(connections=8, rate=10, burst=5))
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.NONE)
    begin_all(pace, "gmail.com", now=100)
    pace.ended("gmail.com", Hint.FAMILY_BUSY, 100)
    end_all(pace, "gmail.com", 4, Hint.NONE, 200)
    # five were under way, half of that is left: 2.5 of 8, hence 3.125 of 10 a second
    pace.began("gmail.com", 200)
    assert pace.may_send("gmail.com", 200) == Wait(200 + 1 / 3.125)


@pytest.mark.parametrize("hint", [Hint.FAMILY_BUSY, Hint.FAMILY_GREYLISTS])
def test_trust_comes_back_step_by_step_and_not_sooner(hint: Hint) -> None:
    pace = pace_with(connections=20)
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), hint)
    grown = []
    for second in range(1, 121):
        pace.began("gmail.com", second)
        pace.ended("gmail.com", Hint.ACCEPTED, second)
        grown.append(places(pace, "gmail.com", second))
    assert grown == [10 + min(10, second // 10) for second in range(1, 121)]


def test_from_the_bottom_to_the_limit_it_takes_minutes_and_not_hours() -> None:
    pace = pace_with(connections=20)
    now = 0.0
    for _ in range(12):
        pace.began("gmail.com", now)
        pace.ended("gmail.com", Hint.FAMILY_BUSY, now)
        answer = pace.may_send("gmail.com", now)
        now = answer.until if isinstance(answer, Wait) else now
    begin = now
    while places(pace, "gmail.com", now) < 20:
        answer = pace.may_send("gmail.com", now)
        now = max(now + 0.5, answer.until) if isinstance(answer, Wait) else now + 0.5
        if pace.may_send("gmail.com", now) == GO:
            pace.began("gmail.com", now)
            pace.ended("gmail.com", Hint.ACCEPTED, now)
    assert STEPS_TO_FULL * STEP_SECONDS <= now - begin <= 420


def test_refusals_of_other_kinds_neither_slow_nor_hasten() -> None:
    pace = pace_with(connections=8)
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.NONE)
    assert places(pace, "gmail.com", 0) == 8
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.FAMILY_BUSY)
    for second in range(100):
        pace.began("gmail.com", second)
        pace.ended("gmail.com", Hint.NONE, second)
    assert places(pace, "gmail.com", 100) == 4


def test_a_family_with_troubles_slows_no_other() -> None:
    pace = pace_with(connections=8)
    for _ in range(20):
        end_all(pace, "gmail.com", begin_all(pace, "gmail.com", most=8), Hint.FAMILY_BUSY)
    assert isinstance(pace.may_send("gmail.com", 0), Wait)
    assert places(pace, OTHER, 0) == 8
    assert pace.may_send_any(0) == GO


def pace_of_ten() -> Pace:
    return Pace(Limits(Limit(connections=10), Limit(connections=10)))


def test_a_server_that_asks_for_patience_slows_all() -> None:
    pace = pace_of_ten()
    end_all(pace, "gmail.com", begin_all(pace, "gmail.com"), Hint.SERVER_BUSY)
    assert places(pace, OTHER, 0) == places(pace, "gmail.com", 0) == 5


@pytest.mark.parametrize(
    ("refusing", "hint", "left"),
    [
        (FAMILIES_IN_A_ROW - 1, Hint.FAMILY_BUSY, 10),
        (FAMILIES_IN_A_ROW, Hint.FAMILY_BUSY, 5),
        (FAMILIES_IN_A_ROW, Hint.FAMILY_GREYLISTS, 10),
    ],
)
def test_many_families_that_refuse_in_a_row_speak_for_the_server(
    refusing: int, hint: Hint, left: int
) -> None:
    pace = pace_of_ten()
    families = [f"family-{number % refusing}.example" for number in range(10)]
    for family in families:
        pace.began(family, 0)
    for family in families:
        pace.ended(family, hint, 0)
    # the first five complaints cut what was in use then
    assert places(pace, OTHER, 0) == (left if left == 10 else 3)


def test_after_the_server_was_slowed_the_row_begins_anew() -> None:
    pace = pace_of_ten()
    for number in range(2 * FAMILIES_IN_A_ROW - 1):
        # one by one, so that each is listened to
        pace.began(f"family-{number}.example", number)
        pace.ended(f"family-{number}.example", Hint.FAMILY_BUSY, number)
        if number == FAMILIES_IN_A_ROW - 1:
            slowed = pace.may_send_any(number)
    assert slowed == Wait(FAMILIES_IN_A_ROW - 1 + 2)
    assert pace.may_send_any(100) == GO
    pace.began(OTHER, 100)
    assert pace.may_send_any(100) == Wait(inf)
    pace.ended(OTHER, Hint.NONE, 100)
    # one copy every two seconds, and not every four
    assert pace.may_send_any(100) == Wait(102)


def test_families_that_refuse_while_others_accept_speak_for_themselves() -> None:
    pace = pace_of_ten()
    for number in range(5 * FAMILIES_IN_A_ROW):
        family = f"family-{number}.example"
        hints = {family: Hint.FAMILY_BUSY, OTHER: Hint.ACCEPTED}
        for name in hints:
            pace.began(name, number)
        for name, hint in hints.items():
            pace.ended(name, hint, number)
    assert places(pace, OTHER, 100) == 10


@pytest.mark.parametrize(
    ("outcome", "hint"),
    [
        (Outcome(Stage.FINAL_DOT, 250, "2.0.0", "ok"), Hint.ACCEPTED),
        (Outcome(Stage.RCPT, 421, "", "closing"), Hint.FAMILY_BUSY),
        (Outcome(Stage.FINAL_DOT, 421, "4.7.28", "unusual rate of mail"), Hint.FAMILY_BUSY),
        (Outcome(Stage.RCPT, 451, "4.7.650", "temporarily rate limited"), Hint.FAMILY_BUSY),
        (Outcome(Stage.DATA, 450, "", "too many messages"), Hint.FAMILY_BUSY),
        (Outcome(Stage.MAIL, 450, "4.7.1", "too much mail from you"), Hint.SERVER_BUSY),
        (Outcome(Stage.MAIL, 421, "", "closing"), Hint.SERVER_BUSY),
        (Outcome(Stage.RCPT, 450, "4.7.1", "greylisted, come again"), Hint.FAMILY_GREYLISTS),
        (Outcome(Stage.RCPT, 452, "4.2.2", "mailbox full"), Hint.NONE),
        (Outcome(Stage.RCPT, 451, "4.3.0", "try later"), Hint.NONE),
        (Outcome(Stage.RCPT, 550, "5.1.1", "no such user"), Hint.NONE),
        (Outcome(Stage.FINAL_DOT, 554, "5.7.1", "looks like spam"), Hint.NONE),
        (Outcome(Stage.FINAL_DOT, 0, "", "connection lost"), Hint.NONE),
        (Outcome(Stage.GREETING, 421, "4.7.0", "too many connections"), Hint.SERVER_BUSY),
        (Outcome(Stage.CONNECT, 0, "", "connection refused"), Hint.NONE),
    ],
)
def test_what_an_answer_says_about_the_pace(outcome: Outcome, hint: Hint) -> None:
    assert hint_of(outcome, judged(outcome, give_up_minutes=600)) is hint


@pytest.mark.parametrize(("code", "enhanced"), [(421, "4.7.28"), (421, ""), (451, "4.7.1"), (400, "4.7.1")])
def test_a_last_try_asks_for_patience_as_any_other(code: int, enhanced: str) -> None:
    outcome = Outcome(Stage.RCPT, code, enhanced, "slow down")
    verdict = judged(outcome, give_up_minutes=0)
    assert verdict.reason == Reason.GAVE_UP
    assert hint_of(outcome, verdict) is Hint.FAMILY_BUSY


def judged(outcome: Outcome, *, give_up_minutes: int) -> Verdict:
    return judge(outcome, attempts=0, now=NOW, due_at=NOW, give_up_minutes=give_up_minutes, jitter=0.5)


def test_a_closed_family_opens_at_its_time_and_holds_up_no_other() -> None:
    pace = pace_with()
    pace.began("gmail.com", 0)
    pace.close({"gmail.com": 100.0})
    assert pace.may_send("gmail.com", 1) == Wait(100.0)
    assert pace.may_send(OTHER, 1) == GO
    # neither in the place of another copy to it, nor of one elsewhere
    assert not pace.may_follow("gmail.com", "gmail.com", 1)
    assert not pace.may_follow("gmail.com", OTHER, 1)
    # one that was to follow, and began before, does not go on; one that is under way ends as it would
    assert not pace.still_may("gmail.com", 0)
    pace.ended("gmail.com", Hint.ACCEPTED, 2)
    assert pace.may_send("gmail.com", 100) == GO
    pace.began("gmail.com", 100)
    assert pace.still_may("gmail.com", 100)
    assert pace.may_follow("gmail.com", "gmail.com", 100)


def test_a_family_is_open_again_when_it_is_not_among_the_closed() -> None:
    pace = pace_with()
    pace.close({"gmail.com": 100.0})
    pace.close({OTHER: 50.0})
    assert pace.may_send("gmail.com", 1) == GO
    assert pace.may_send(OTHER, 1) == Wait(50.0)


def test_memory_grows_with_what_is_to_be_remembered_only() -> None:
    pace = pace_with()
    tracemalloc.start()
    for number in range(20 * FAMILIES_KEPT):
        pace.began(f"family-{number}.example", number)
        pace.ended(f"family-{number}.example", Hint.ACCEPTED, number)
    size, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size < 400 * FAMILIES_KEPT


def test_a_rate_is_remembered_however_many_other_families_there_are() -> None:
    pace = pace_with(gmail_com=Limit(rate=0.001))
    families = ["gmail.com", *(f"family-{number}.example" for number in range(FAMILIES_KEPT - 1))]
    for family in [*families, OTHER]:
        pace.began(family, 0)
    for family in families:
        pace.ended(family, Hint.ACCEPTED, 0)
    assert pace.may_send("gmail.com", 2) == Wait(1000)


FEW = "^a limit needs at least one connection and a burst of at least one$"
SLOW = "^a rate is a number of copies a second, more than 0, not "


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"connections": 0}, FEW),
        ({"burst": 0}, FEW),
        ({"rate": 0}, f"{SLOW}0$"),
        ({"rate": -1}, f"{SLOW}-1$"),
        ({"rate": inf}, f"{SLOW}inf$"),
        ({"rate": float("nan")}, f"{SLOW}nan$"),
    ],
)
def test_a_limit_under_which_nothing_could_be_sent_is_refused(wrong: dict[str, float], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Limit(**wrong)  # type: ignore[arg-type]
