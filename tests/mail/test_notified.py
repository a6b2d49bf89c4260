"""What SES tells by mail is read like its calls, and believed like any other mail."""

from __future__ import annotations

import base64
import json
from typing import Any, Final

import pytest

from digest.core.returned import Kind
from digest.mail.notified import read_notified
from tests.mail.hooks.samples import MESSAGE_ID, PATH, ses_bounce

_FOOTER: Final = (
    "\n\n--\nTo be told no more by this topic, open\n"
    "https://sns.eu-west-1.amazonaws.com/unsubscribe.html?SubscriptionArn=arn:aws:sns:eu-west-1:1:mail:2\n"
)


def told(document: Any, *, whole: bool = False, packed: bool = False) -> bytes:
    """A mail of a topic: the message alone, or `whole`; in base64 if `packed`."""
    text = document if isinstance(document, str) else json.dumps(document, indent=2 if whole else None)
    if whole:
        text = json.dumps(
            {"Type": "Notification", "TopicArn": "arn:aws:sns:eu-west-1:1:mail", "Message": text}
        )
    text += _FOOTER
    head = (
        "From: Mail <no-reply@sns.amazonaws.com>\r\nTo: bounces@news.example\r\n"
        "Subject: Amazon SES Email Event Notification\r\nContent-Type: text/plain; charset=UTF-8\r\n"
    )
    if packed:
        packed_text = base64.encodebytes(text.encode()).decode()
        return f"{head}Content-Transfer-Encoding: base64\r\n\r\n{packed_text}".encode()
    return f"{head}\r\n{text}".encode()


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "base64"])
@pytest.mark.parametrize("whole", [False, True], ids=["email", "email-json"])
def test_a_bounce_is_read_with_its_words_and_by_what_the_copy_is_found(whole: bool, packed: bool) -> None:
    bounce = ses_bounce(status="5.1.1", action="failed", diagnosticCode="smtp; 550 5.1.1 no such user here")
    found = read_notified(told(bounce, whole=whole, packed=packed))
    assert found is not None
    (one,) = found
    assert (one.kind, one.reply, one.enhanced, one.text) == (
        *(Kind.HARD, "550", "5.1.1", "550 5.1.1 no such user here"),
    )
    assert PATH in one.clues.return_paths
    assert MESSAGE_ID in one.clues.message_ids


def test_what_is_of_no_interest_is_known_and_says_nothing() -> None:
    assert read_notified(told({"eventType": "Open", "mail": {}, "open": {}})) == ()


@pytest.mark.parametrize(
    "document",
    [
        "Successfully validated SNS topic for Amazon SES event publishing.",
        '{"Type": "SubscriptionConfirmation", "SubscribeURL": "https://sns.eu-west-1.amazonaws.com/"}',
        '{"Type": "Notification", "Message": 7}',
        '{"eventType": "Bounce"}',
        '{"eventType": "Bounce", "mail": "x"}',
        '{"eventType": ["Bounce"], "mail": {}}',
        '["eventType"]',
        '{"eventType": "Bounce", "mail": {',
        '{"a":' * 50_000,
        "\ud83d{".encode("utf-8", "replace").decode(),
    ],
    ids=["greeting", "question", "number", "half", "word", "list-in-it", "list", "cut", "deep", "odd"],
)
def test_anything_else_is_left_to_others(document: str) -> None:
    assert read_notified(told(document)) is None


@pytest.mark.parametrize("raw", [b"", b"amazon", b"amazon\n\n{", b"\xff\xfeamazon\r\n\r\n{}"])
def test_no_bytes_are_an_exception(raw: bytes) -> None:
    assert read_notified(raw) is None
