"""What Mailgun says of copies."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind, Returned
from digest.mail.hooks.called import Provider
from tests.mail.hooks.samples import MESSAGE_ID, PATH, mailgun_event
from tests.mail.hooks.signing import said_by

VAGUE = {"code": 550, "message": "it did not work", "description": ""}


def event_of(name: str, severity: str = "permanent", **more: Any) -> Returned:
    (event,) = said_by(Provider.MAILGUN, mailgun_event(name, severity, **more)).events
    return event


@pytest.mark.parametrize(
    ("severity", "reason", "kind"),
    [
        ("permanent", "bounce", Kind.HARD),
        ("permanent", "hardfail", Kind.HARD),
        ("permanent", "no-mx", Kind.HARD),
        ("permanent", "generic", Kind.SOFT),
        ("permanent", "old", Kind.SOFT),
        ("permanent", "greylisted", Kind.SOFT),
        ("permanent", "espblock", Kind.BLOCKED),
        ("permanent", "suppress-bounce", Kind.HARD),
        ("permanent", "suppress-complaint", Kind.COMPLAINT),
        ("permanent", "suppress-unsubscribe", Kind.UNSUBSCRIBE),
        ("permanent", "something-new", Kind.SOFT),
        ("temporary", "generic", Kind.DELAYED),
        ("temporary", "bounce", Kind.DELAYED),
    ],
)
def test_failure_is_what_severity_and_reason_say(severity: str, reason: str, kind: Kind) -> None:
    event = event_of("failed", severity, reason=reason, **{"delivery-status": VAGUE})
    assert (event.kind, event.rule) == (kind, f"mailgun:{severity}/{reason}")


def test_clear_words_of_the_server_go_before_the_reason() -> None:
    status = {"code": 552, "message": "5.2.2 mailbox full", "enhanced-code": "5.2.2"}
    event = event_of("failed", "permanent", **{"delivery-status": status})
    assert (event.kind, event.reply, event.enhanced) == (Kind.FULL, "552", "5.2.2")


@pytest.mark.parametrize("code", [498, 605, 0, "", None, 5500000, -5, 5.5])
def test_numbers_of_mailgun_alone_are_no_reply(code: object) -> None:
    assert (
        event_of("failed", "permanent", **{"delivery-status": {"code": code, "message": "No MX"}}).reply == ""
    )


def test_description_stands_for_words_that_are_missing() -> None:
    assert (
        event_of("failed", "permanent", **{"delivery-status": {"message": "", "description": "No MX"}}).text
        == "No MX"
    )


@pytest.mark.parametrize(
    ("name", "kind"),
    [("delivered", Kind.DELIVERED), ("complained", Kind.COMPLAINT), ("unsubscribed", Kind.UNSUBSCRIBE)],
)
def test_other_events_mean_what_they_are_called(name: str, kind: Kind) -> None:
    event = event_of(name)
    assert (event.kind, event.permanent, event.rule) == (kind, False, f"mailgun:{name}")


def test_rejected_mail_was_not_sent() -> None:
    event = event_of("rejected", reject={"reason": "Sandbox subdomains", "description": ""})
    assert (event.kind, event.text) == (Kind.BLOCKED, "Sandbox subdomains")


def test_envelope_and_headers_are_clues() -> None:
    event = event_of("failed")
    assert event.clues.return_paths == (PATH,)
    assert event.clues.message_ids == (MESSAGE_ID,)


@pytest.mark.parametrize("name", ["accepted", "opened", "clicked", "stored", "", None])
def test_what_is_none_of_ours_is_passed_over_and_counted(name: Any) -> None:
    told = said_by(Provider.MAILGUN, mailgun_event(name))
    assert (told.events, told.passed) == ((), 1)
