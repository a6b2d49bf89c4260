"""The table of replies, row by row, and what must hold for any reply."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.core.model import DeliveryStatus, Outcome, Stage, Verdict
from digest.core.verdict import FIRST_WAIT, LONGEST_WAIT, UNTRIED, Reason, judge, next_try

NOW = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
DAY = 24 * 60

outcomes = st.builds(
    Outcome,
    st.sampled_from(Stage),
    st.sampled_from([0, 199, 250, 299, 354, 421, 450, 452, 454, 499, 530, 535, 550, 552, 554, 556, 599, 600])
    | st.integers(100, 999),
    st.sampled_from(["", "2.0.0", "4.2.2", "4.7.1", "5.1.1", "5.2.2", "5.7.1", "5.6.7"]),
    st.sampled_from(["", "user unknown", "quota exceeded", "greylisted", "spam"]) | st.text(max_size=30),
)


def judged(
    outcome: Outcome,
    attempts: int = 0,
    after: timedelta = timedelta(),
    jitter: float = 0,
    doubts: int = 0,
) -> Verdict:
    """The verdict so long after the issue was due, with a day to give up."""
    return judge(
        outcome,
        attempts=attempts,
        doubts=doubts,
        now=NOW + after,
        due_at=NOW,
        give_up_minutes=DAY,
        jitter=jitter,
    )


def rcpt(code: int, enhanced: str = "", text: str = "") -> Outcome:
    return Outcome(Stage.RCPT, code, enhanced, text)


def dot(code: int, enhanced: str = "", text: str = "") -> Outcome:
    return Outcome(Stage.FINAL_DOT, code, enhanced, text)


def mail(code: int, enhanced: str = "", text: str = "") -> Outcome:
    return Outcome(Stage.MAIL, code, enhanced, text)


@pytest.mark.parametrize("code", [250, 251, 299, 200])
def test_a_yes_to_the_final_dot_is_sent(code: int) -> None:
    assert judged(dot(code)) == Verdict(DeliveryStatus.SENT)


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (rcpt(550, "5.1.1", "No such user"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "5.1.2", "Host unknown"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "5.1.3", "Bad syntax"), Reason.NO_SUCH_ADDRESS),
        (rcpt(551, "5.1.6", "Moved"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "5.1.10", "RecipientNotFound"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "5.2.1", "Mailbox disabled"), Reason.NO_SUCH_ADDRESS),
        (dot(550, "5.1.1", "No such user"), Reason.NO_SUCH_ADDRESS),
        (rcpt(556, "", "Domain does not accept mail"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "", "User unknown"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "", "<ann@r.example>: Recipient rejected: User unknown in table"), Reason.NO_SUCH_ADDRESS),
        (rcpt(550, "", "No such user here"), Reason.NO_SUCH_ADDRESS),
        (rcpt(554, "", "The mailbox does not exist"), Reason.NO_SUCH_ADDRESS),
        (rcpt(553, "", "sorry, no mailbox here by that name"), Reason.NO_SUCH_ADDRESS),
        # the enhanced code contradicts the reply, so only the words are left
        (rcpt(550, "4.1.1", "User unknown"), Reason.NO_SUCH_ADDRESS),
    ],
)
def test_an_address_that_does_not_exist_is_a_hard_bounce(outcome: Outcome, reason: Reason) -> None:
    verdict = judged(outcome)
    assert (verdict.status, verdict.reason) == (DeliveryStatus.REFUSED, reason)
    assert verdict.hard_bounce
    assert not verdict.stop_run


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (rcpt(550, "5.2.2", "Mailbox full"), Reason.MAILBOX_FULL),
        (dot(552, "5.2.2", "Over quota"), Reason.MAILBOX_FULL),
        (dot(552, "", "Quota exceeded"), Reason.MAILBOX_FULL),
        (dot(552, "", "Exceeded storage allocation"), Reason.MAILBOX_FULL),
        (dot(552, "5.3.4", "Message too big"), Reason.TOO_BIG),
        (mail(552, "5.3.4", "the server takes 1000"), Reason.TOO_BIG),
        (mail(552, "", "Message exceeds fixed limit"), Reason.TOO_BIG),
        (mail(553, "5.6.7", "needs SMTPUTF8"), Reason.NEEDS_SMTPUTF8),
        (dot(554, "5.7.1", "Looks like spam"), Reason.SPAM),
        (rcpt(554, "", "Blocked using zen.spamhaus.org"), Reason.SPAM),
        (rcpt(550, "5.7.1", "Relaying denied"), Reason.POLICY),
        (rcpt(550, "5.7.26", "Unauthenticated mail is prohibited"), Reason.POLICY),
        (rcpt(550, "5.7.1", "User unknown"), Reason.POLICY),
        (mail(550, "5.1.8", "Sender domain not found"), Reason.SENDER_REFUSED),
        (mail(550, "5.1.1", "User unknown"), Reason.SENDER_REFUSED),
        (mail(553, "", "Sender address rejected"), Reason.SENDER_REFUSED),
        (rcpt(550, "", "Sender verify failed: unknown user"), Reason.REFUSED),
        (rcpt(550, "", "Your address is invalid for this relay"), Reason.REFUSED),
        (rcpt(550, "", "Requested action not taken: mailbox unavailable"), Reason.REFUSED),
        (rcpt(550, "5.0.0", "User unknown"), Reason.REFUSED),
        (rcpt(599), Reason.REFUSED),
        (dot(554, "", "Transaction failed"), Reason.REFUSED),
        (dot(535, "5.7.8", "Odd at this place"), Reason.POLICY),
    ],
)
def test_a_refusal_for_another_reason_is_no_hard_bounce(outcome: Outcome, reason: Reason) -> None:
    verdict = judged(outcome)
    assert (verdict.status, verdict.reason) == (DeliveryStatus.REFUSED, reason)
    assert not verdict.hard_bounce
    assert not verdict.stop_run


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (rcpt(451, "4.7.1", "Greylisted"), Reason.GREYLISTED),
        (rcpt(450, "", "Gray-listing in effect"), Reason.GREYLISTED),
        (mail(421, "4.7.0", "Too fast"), Reason.SLOW_DOWN),
        (dot(421), Reason.SLOW_DOWN),
        (rcpt(450, "4.7.28", "Unusual rate"), Reason.SLOW_DOWN),
        (rcpt(452, "", "Too many recipients"), Reason.SLOW_DOWN),
        (rcpt(452, "4.2.2", "Full"), Reason.MAILBOX_FULL),
        (rcpt(452, "", "Mailbox full"), Reason.MAILBOX_FULL),
        (rcpt(552, "5.2.2", "Mailbox full"), Reason.MAILBOX_FULL),
        (rcpt(552, "", "Too many recipients"), Reason.TRY_LATER),
        (rcpt(450, "5.1.1", "User unknown"), Reason.TRY_LATER),
        (dot(451, "4.3.0", "Try later"), Reason.TRY_LATER),
        (dot(499), Reason.TRY_LATER),
        (mail(454, "4.3.0", "Busy"), Reason.TRY_LATER),
        (mail(0, "", "Connection lost"), Reason.CONNECTION_BROKE),
        (rcpt(0), Reason.CONNECTION_BROKE),
        (Outcome(Stage.DATA, 0), Reason.CONNECTION_BROKE),
        (Outcome(Stage.DATA, 250, "", "What?"), Reason.ODD_REPLY),
        (rcpt(354), Reason.ODD_REPLY),
        (mail(100), Reason.ODD_REPLY),
    ],
)
def test_what_may_be_better_later_is_tried_again(outcome: Outcome, reason: Reason) -> None:
    verdict = judged(outcome)
    assert (verdict.status, verdict.reason) == (DeliveryStatus.DEFERRED, reason)
    assert verdict.retry_at == NOW + timedelta(minutes=5)
    assert not verdict.hard_bounce
    assert not verdict.stop_run


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (dot(0, "", "Connection lost"), Reason.NO_REPLY_TO_FINAL_DOT),
        (dot(354), Reason.ODD_REPLY),
        (dot(199), Reason.ODD_REPLY),
        (dot(600), Reason.ODD_REPLY),
    ],
)
def test_without_a_yes_or_no_to_the_final_dot_nobody_knows(outcome: Outcome, reason: Reason) -> None:
    verdict = judged(outcome)
    assert (verdict.status, verdict.reason) == (DeliveryStatus.UNCERTAIN, reason)
    # by then a server that took it and lost its voice is there again
    assert verdict.retry_at == NOW + FIRST_WAIT


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(Stage.CONNECT, 0, "", "Connection refused"), Reason.NO_CONNECTION),
        (Outcome(Stage.GREETING, 554), Reason.NO_CONNECTION),
        (Outcome(Stage.GREETING, 421), Reason.NO_CONNECTION),
        (Outcome(Stage.STARTTLS, 0, "", "certificate verify failed"), Reason.TLS_FAILED),
        (Outcome(Stage.STARTTLS, 454), Reason.TLS_FAILED),
        (Outcome(Stage.AUTH, 535, "5.7.8", "Wrong password"), Reason.LOGIN_REFUSED),
        (Outcome(Stage.AUTH, 454, "4.7.0", "Later"), Reason.LOGIN_REFUSED),
        (mail(530, "5.7.0", "Authentication required"), Reason.LOGIN_REFUSED),
        (mail(530, "", "Must issue a STARTTLS command first"), Reason.LOGIN_REFUSED),
        (rcpt(535, "5.7.8"), Reason.LOGIN_REFUSED),
        (mail(538), Reason.LOGIN_REFUSED),
        (mail(454, "4.7.0", "TLS not available"), Reason.LOGIN_REFUSED),
    ],
)
def test_trouble_with_the_server_stops_the_run_and_is_not_held_against_the_copy(
    outcome: Outcome, reason: Reason
) -> None:
    verdict = judged(outcome, attempts=3, after=timedelta(days=9))
    assert (verdict.status, verdict.reason, verdict.stop_run) == (DeliveryStatus.PLANNED, reason, True)
    assert verdict.retry_at is None


def test_waits_grow_from_five_minutes_to_four_hours() -> None:
    waits = [next_try(n, now=NOW, until=NOW + timedelta(days=30), jitter=1) for n in range(8)]
    minutes = [(wait - NOW).total_seconds() / 60 for wait in waits if wait is not None]
    assert minutes == [6.25, 12.5, 25, 50, 100, 200, 240, 240]


@given(st.integers(0, 10_000), st.floats(0, 1), st.integers(0, 10 * DAY))
def test_a_wait_is_never_too_short_too_long_or_past_the_end(attempts: int, jitter: float, left: int) -> None:
    until = NOW + timedelta(minutes=left)
    retry_at = next_try(attempts, now=NOW, until=until, jitter=jitter)
    if retry_at is None:
        assert until < NOW + FIRST_WAIT
    else:
        assert FIRST_WAIT <= retry_at - NOW <= LONGEST_WAIT
        assert retry_at <= until


def test_the_last_try_is_made_when_time_is_up_and_then_the_copy_expires() -> None:
    busy = rcpt(451, "4.3.0", "Busy")
    late = timedelta(hours=23, minutes=50)
    assert judged(busy, attempts=9, after=late).retry_at == NOW + timedelta(days=1)
    verdict = judged(busy, attempts=10, after=timedelta(days=1))
    assert (verdict.status, verdict.reason, verdict.retry_at) == (
        DeliveryStatus.EXPIRED,
        Reason.GAVE_UP,
        None,
    )
    assert verdict.detail == "given up after 11 tries, the last: try-later: 451 4.3.0 Busy (at rcpt)"


def test_a_copy_that_was_not_doubted_before_is_not_now() -> None:
    verdict = judge(
        rcpt(451, "4.3.0", "Busy"), attempts=0, now=NOW, due_at=NOW, give_up_minutes=DAY, jitter=0
    )
    assert verdict.status is DeliveryStatus.DEFERRED


def test_what_is_in_doubt_when_time_is_up_is_asked_about_once_more() -> None:
    verdict = judged(dot(0, "", "Connection lost"), after=timedelta(days=2))
    assert (verdict.status, verdict.retry_at) == (
        DeliveryStatus.UNCERTAIN,
        NOW + timedelta(days=2) + FIRST_WAIT,
    )


def test_a_try_is_made_when_time_is_up_to_the_second() -> None:
    until = NOW + FIRST_WAIT
    assert next_try(0, now=NOW, until=until, jitter=1) == until
    assert next_try(0, now=NOW, until=until - timedelta(seconds=1), jitter=1) is None


def test_the_servers_words_and_both_codes_are_kept_for_people() -> None:
    assert judged(rcpt(550, "4.1.1", "Hm")).detail == "550 4.1.1 Hm (at rcpt)"
    assert judged(mail(0, "", "Connection lost")).detail == "Connection lost (at mail)"
    assert judged(dot(0, "", "Connection lost")).detail == "Connection lost (at final-dot)"
    assert judged(mail(530, "5.7.0", "Login first")).detail == "530 5.7.0 Login first (at mail)"
    assert len(judged(rcpt(550, "5.7.1", "x" * 9999)).detail) <= 500


@given(outcomes, st.integers(0, 50), st.integers(0, 3 * DAY), st.floats(0, 1))
def test_for_any_reply_there_is_one_verdict_that_makes_sense(
    outcome: Outcome, attempts: int, minutes: int, jitter: float
) -> None:
    verdict = judged(outcome, attempts, timedelta(minutes=minutes), jitter)
    assert (verdict.status is DeliveryStatus.SENT) == outcome.accepted
    assert (verdict.reason == "") == outcome.accepted
    assert verdict.reason in {"", *Reason}
    assert verdict.stop_run == (verdict.status is DeliveryStatus.PLANNED)
    tried_again = verdict.status in {DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN}
    assert (verdict.retry_at is not None) == tried_again
    if outcome.stage in UNTRIED:
        assert verdict.stop_run
    if verdict.hard_bounce:
        assert verdict.status is DeliveryStatus.REFUSED
        assert outcome.code // 100 == 5
    if verdict.status is DeliveryStatus.UNCERTAIN:
        assert outcome.stage is Stage.FINAL_DOT
    if outcome.code // 100 == 5 and outcome.stage is Stage.FINAL_DOT:
        assert verdict.status is DeliveryStatus.REFUSED


@given(outcomes, st.integers(0, 3 * DAY), st.integers(1, 9))
def test_what_may_have_arrived_stays_in_doubt_until_a_yes_or_a_no_for_good(
    outcome: Outcome, minutes: int, doubts: int
) -> None:
    known, doubted = (judged(outcome, after=timedelta(minutes=minutes), doubts=n) for n in (0, doubts))
    if known.status in {DeliveryStatus.SENT, DeliveryStatus.REFUSED}:
        assert doubted == known
    else:
        assert (doubted.status, doubted.reason) == (DeliveryStatus.UNCERTAIN, known.reason)
        # trouble with the server is no word about the copy: it waits for the server, and for nothing else
        assert (doubted.retry_at is None) == doubted.stop_run == known.stop_run


@given(outcomes, st.sampled_from(["4.1.1", "2.1.5", "3.0.0", "9.9.9", ""]))
def test_an_enhanced_code_of_another_class_changes_nothing(outcome: Outcome, enhanced: str) -> None:
    if enhanced[:1] != str(outcome.code)[0]:
        with_it, without = (judged(replace(outcome, enhanced=text)) for text in (enhanced, ""))
        assert replace(with_it, detail="") == replace(without, detail="")
