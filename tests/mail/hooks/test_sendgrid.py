"""What SendGrid says of copies."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind, Returned
from digest.mail.hooks.called import Provider
from tests.mail.hooks.samples import MESSAGE_ID, sendgrid_event
from tests.mail.hooks.signing import said_by


def event_of(name: str, **more: Any) -> Returned:
    (event,) = said_by(Provider.SENDGRID, [sendgrid_event(name, **more)]).events
    return event


@pytest.mark.parametrize(
    ("more", "kind", "rule"),
    [
        ({}, Kind.HARD, "bounce"),
        ({"type": "bounce"}, Kind.HARD, "bounce"),
        ({"type": "blocked"}, Kind.BLOCKED, "blocked"),
        ({"type": "expired"}, Kind.SOFT, "expired"),
        ({"type": "new"}, Kind.SOFT, "new"),
        ({"type": "bounce", "bounce_classification": "Invalid Address"}, Kind.HARD, "bounce/invalid-address"),
        ({"type": "blocked", "bounce_classification": "Technical"}, Kind.SOFT, "blocked/technical"),
        ({"type": "bounce", "bounce_classification": "Content"}, Kind.BLOCKED, "bounce/content"),
        ({"type": "bounce", "bounce_classification": "Reputation"}, Kind.BLOCKED, "bounce/reputation"),
        (
            {"type": "bounce", "bounce_classification": "Frequency or Volume Too High"},
            Kind.BLOCKED,
            "bounce/frequency-or-volume-too-high",
        ),
        (
            {"type": "bounce", "bounce_classification": "Mailbox Unavailable"},
            Kind.SOFT,
            "bounce/mailbox-unavailable",
        ),
        ({"type": "blocked", "bounce_classification": "Unclassified"}, Kind.SOFT, "blocked/unclassified"),
        ({"type": "blocked", "bounce_classification": "New"}, Kind.BLOCKED, "blocked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_bounce_is_what_its_class_says_or_else_its_type(more: Any, kind: Kind, rule: str) -> None:
    event = event_of("bounce", reason="it did not work", **more)
    assert (event.kind, event.rule, event.permanent) == (kind, f"sendgrid:{rule}", True)


def test_clear_words_of_the_server_go_before_class_and_type() -> None:
    event = event_of("bounce", type="bounce", status="5.7.1", reason="550 5.7.1 rejected as spam")
    assert (event.kind, event.enhanced) == (Kind.BLOCKED, "5.7.1")
    assert event.rule == "sendgrid:bounce, words:policy"


def test_status_that_says_nothing_gives_way_to_the_code_in_the_words() -> None:
    event = event_of("bounce", type="bounce", status="5.0.0", reason="550 5.2.1 mailbox disabled")
    assert (event.kind, event.reply, event.enhanced) == (Kind.HARD, "550", "5.2.1")


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("Bounced Address", Kind.HARD),
        ("Invalid", Kind.HARD),
        ("Unsubscribed Address", Kind.UNSUBSCRIBE),
        ("Spam Reporting Address", Kind.COMPLAINT),
        ("Spam Content", Kind.BLOCKED),
        ("Recipient List over Package Quota", Kind.SOFT),
        ("", Kind.SOFT),
    ],
)
def test_drop_is_what_its_reason_says(reason: str, kind: Kind) -> None:
    assert event_of("dropped", reason=reason).kind is kind


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("delivered", Kind.DELIVERED),
        ("deferred", Kind.DELAYED),
        ("spamreport", Kind.COMPLAINT),
        ("unsubscribe", Kind.UNSUBSCRIBE),
        ("group_unsubscribe", Kind.UNSUBSCRIBE),
    ],
)
def test_other_events_mean_what_they_are_called(name: str, kind: Kind) -> None:
    event = event_of(name, response="450 4.2.1 mailbox full, come again")
    assert (event.kind, event.permanent, event.rule) == (kind, False, f"sendgrid:{name}")
    assert event.clues.message_ids == (MESSAGE_ID,)


def test_batch_is_read_in_order_and_what_is_none_of_ours_is_counted() -> None:
    names = ["processed", "open", "click", "group_resubscribe", "account_status_change", "delivered"]
    batch = [
        *(sendgrid_event(name) for name in names),
        sendgrid_event("spamreport", email="bob@readers.example"),
    ]
    told = said_by(Provider.SENDGRID, batch)
    assert [one.recipient for one in told.events] == ["ana@readers.example", "bob@readers.example"]
    assert told.passed == 5
    assert said_by(Provider.SENDGRID, []).events == ()
