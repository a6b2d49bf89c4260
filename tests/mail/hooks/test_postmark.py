"""What Postmark says of copies."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind
from digest.mail.hooks.called import Provider
from tests.mail.hooks.samples import PATH, postmark_bounce
from tests.mail.hooks.signing import said_by

TYPES = {
    "HardBounce": Kind.HARD,
    "BadEmailAddress": Kind.HARD,
    "Transient": Kind.DELAYED,
    "SoftBounce": Kind.SOFT,
    "DnsError": Kind.SOFT,
    "Unknown": Kind.SOFT,
    "SMTPApiError": Kind.SOFT,
    "TemplateRenderingFailed": Kind.SOFT,
    "SpamNotification": Kind.BLOCKED,
    "VirusNotification": Kind.BLOCKED,
    "Blocked": Kind.BLOCKED,
    "DMARCPolicy": Kind.BLOCKED,
    "ManuallyDeactivated": Kind.BLOCKED,
    "Unconfirmed": Kind.BLOCKED,
    "UnconfirmedBounce": Kind.BLOCKED,
    "SpamComplaint": Kind.COMPLAINT,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "AutoResponder": Kind.AUTO_REPLY,
    "AddressChange": Kind.AUTO_REPLY,
    "ChallengeVerification": Kind.CHALLENGE,
    "Subscribe": None,
    "OpenRelayTest": None,
    "InboundError": None,
    "SomethingNew": Kind.SOFT,
}


def kind_of(said: Any) -> Kind | None:
    told = said_by(Provider.POSTMARK, said)
    assert len(told.events) + told.passed == 1
    return told.events[0].kind if told.events else None


@pytest.mark.parametrize("sort", TYPES)
def test_each_type_of_bounce_means_something(sort: str) -> None:
    said = postmark_bounce(sort, Details="it did not work")
    assert kind_of(said) is TYPES[sort]
    if TYPES[sort]:
        (event,) = said_by(Provider.POSTMARK, said).events
        assert (event.rule, event.recipient) == (f"postmark:{sort}", "ana@readers.example")


@pytest.mark.parametrize(
    ("sort", "details", "kind"),
    [
        ("HardBounce", "smtp;550 5.7.1 blocked using a block list", Kind.BLOCKED),
        ("SoftBounce", "smtp;452 4.2.2 mailbox full", Kind.FULL),
        ("SoftBounce", "smtp;550 5.1.1 no such user", Kind.HARD),
        ("Transient", "smtp;550 5.1.1 no such user", Kind.DELAYED),
        ("AutoResponder", "smtp;550 5.1.1 no such user", Kind.AUTO_REPLY),
        ("BadEmailAddress", "mailbox full", Kind.HARD),
    ],
    ids=["policy", "full", "unknown", "still-tried", "arrived", "own-words"],
)
def test_clear_words_of_the_server_go_before_the_type_of_a_failure(
    sort: str, details: str, kind: Kind
) -> None:
    assert kind_of(postmark_bounce(sort, Details=details)) is kind


def test_complaint_is_one() -> None:
    said = postmark_bounce("SpamComplaint") | {"RecordType": "SpamComplaint", "TypeCode": 100001}
    assert kind_of(said) is Kind.COMPLAINT
    assert kind_of({name: value for name, value in said.items() if name != "Type"}) is Kind.COMPLAINT


def test_delivery_is_one() -> None:
    said = {
        "RecordType": "Delivery",
        "Recipient": "ana@readers.example",
        "Details": "250 OK",
        "MessageID": "a-b",
    }
    (event,) = said_by(Provider.POSTMARK, said).events
    assert (event.kind, event.recipient, event.text) == (Kind.DELIVERED, "ana@readers.example", "250 OK")
    assert event.clues.message_ids == ("<a-b@mtasv.net>",)


@pytest.mark.parametrize(
    ("suppressed", "reason", "origin", "kind"),
    [
        (True, "ManualSuppression", "Recipient", Kind.UNSUBSCRIBE),
        (True, "ManualSuppression", "Customer", Kind.BLOCKED),
        (True, "ManualSuppression", "Admin", Kind.BLOCKED),
        (True, "HardBounce", "Recipient", Kind.HARD),
        (True, "SpamComplaint", "Recipient", Kind.COMPLAINT),
        (False, None, "Recipient", None),
        ("true", "HardBounce", "Recipient", None),
    ],
    ids=["reader", "newsroom", "postmark", "bounced", "complained", "wanted-again", "no-truth"],
)
def test_change_of_a_list_of_postmark_is_told(
    suppressed: object, reason: str | None, origin: str, kind: Kind | None
) -> None:
    said = {
        "RecordType": "SubscriptionChange",
        "MessageID": "883953f4-6105-42a2-a16a-77a8eac79483",
        "Recipient": "ana@readers.example",
        "Origin": origin,
        "SuppressSending": suppressed,
        "SuppressionReason": reason,
        "ChangedAt": "2026-11-24T08:00:00Z",
    }
    assert kind_of(said) is kind


@pytest.mark.parametrize("sort", ["Open", "Click", "Inbound", "", None])
def test_what_is_none_of_ours_is_passed_over_and_counted(sort: object) -> None:
    assert kind_of({"RecordType": sort, "Recipient": "ana@readers.example"}) is None


def test_return_path_is_found_in_the_returned_mail_that_is_handed_on() -> None:
    content = f"Return-Path: <>\r\nTo: {PATH}\r\n\r\nIt came back.\r\n"
    (event,) = said_by(Provider.POSTMARK, postmark_bounce(Content=content)).events
    assert event.clues.return_paths == (PATH,)
