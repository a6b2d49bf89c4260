"""What SparkPost says of copies."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind
from digest.mail.hooks.called import Provider, Told
from tests.mail.hooks.samples import PATH, sparkpost_event
from tests.mail.hooks.signing import said_by

CLASSES = {
    "1": Kind.SOFT,
    "10": Kind.HARD,
    "20": Kind.SOFT,
    "21": Kind.SOFT,
    "22": Kind.FULL,
    "23": Kind.SOFT,
    "24": Kind.SOFT,
    "25": Kind.BLOCKED,
    "26": Kind.BLOCKED,
    "30": Kind.HARD,
    "40": Kind.SOFT,
    "50": Kind.BLOCKED,
    "51": Kind.BLOCKED,
    "52": Kind.BLOCKED,
    "53": Kind.BLOCKED,
    "54": Kind.BLOCKED,
    "60": Kind.AUTO_REPLY,
    "70": Kind.SOFT,
    "80": None,
    "90": Kind.UNSUBSCRIBE,
    "100": Kind.CHALLENGE,
    "999": Kind.SOFT,
}


def told_of(name: str, **more: Any) -> Told:
    return said_by(Provider.SPARKPOST, [sparkpost_event(name, **more)])


@pytest.mark.parametrize("sort", CLASSES)
@pytest.mark.parametrize("name", ["bounce", "out_of_band"])
def test_each_class_of_bounce_means_something(name: str, sort: str) -> None:
    told = told_of(name, bounce_class=sort, raw_reason="it did not work")
    if CLASSES[sort] is None:
        assert (told.events, told.passed) == ((), 1)
    else:
        assert [(one.kind, one.rule) for one in told.events] == [(CLASSES[sort], f"sparkpost:{name}/{sort}")]


def test_clear_words_of_the_server_go_before_the_class() -> None:
    (event,) = told_of("bounce", bounce_class="10", raw_reason="550 5.7.1 rejected as spam").events
    assert (event.kind, event.rule) == (Kind.BLOCKED, "sparkpost:bounce/10, words:policy")
    assert (event.reply, event.enhanced) == ("550", "5.7.1")


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("delivery", Kind.DELIVERED),
        ("delay", Kind.DELAYED),
        ("spam_complaint", Kind.COMPLAINT),
        ("list_unsubscribe", Kind.UNSUBSCRIBE),
        ("link_unsubscribe", Kind.UNSUBSCRIBE),
        ("policy_rejection", Kind.BLOCKED),
        ("generation_failure", Kind.BLOCKED),
        ("generation_rejection", Kind.BLOCKED),
    ],
)
def test_other_events_mean_what_they_are_called(name: str, kind: Kind) -> None:
    (event,) = told_of(name).events
    assert (event.kind, event.rule) == (kind, f"sparkpost:{name}")
    assert event.permanent is (kind is Kind.BLOCKED)
    assert event.clues.return_paths == (PATH,)


def test_mail_that_is_said_to_be_no_spam_is_no_complaint() -> None:
    assert told_of("spam_complaint", fbtype="not-spam").events == ()


def test_words_of_sparkpost_itself_are_not_taken_for_those_of_a_server() -> None:
    said = "554 5.7.1 recipient address suppressed due to customer policy: no such user"
    (event,) = told_of("policy_rejection", raw_reason=said).events
    assert (event.kind, event.rule) == (Kind.BLOCKED, "sparkpost:policy_rejection")


def test_trial_of_sparkpost_with_nothing_in_it_is_taken() -> None:
    assert said_by(Provider.SPARKPOST, [{"msys": {}}]) == Told()


@pytest.mark.parametrize("name", ["injection", "open", "click", "initial_open", "sms_status", ""])
def test_what_is_none_of_ours_is_passed_over_and_counted(name: str) -> None:
    told = told_of(name)
    assert (told.events, told.passed) == ((), 1)
