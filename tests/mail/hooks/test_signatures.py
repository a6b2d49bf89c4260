"""Only whom the settings name is listened to, and only while a signature is fresh."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from digest.core.returned import Kind
from digest.mail.hooks.called import Call, Provider, Refusal, RefusedError
from tests.mail.hooks.samples import UNKNOWN_READER
from tests.mail.hooks.signing import (
    CERTIFICATE_URL,
    KEYS,
    NOW,
    PASSWORD,
    TOPIC,
    by_curve,
    by_token,
    call_of,
    certificate,
    notification,
    read,
    subscription,
    without,
)

ALL = pytest.mark.parametrize("provider", Provider)
#: Whose signature covers what they say.
SIGN_ALL = pytest.mark.parametrize("provider", [Provider.SES, Provider.SENDGRID, Provider.GENERIC])
#: Who say when they signed, and for how long they call again under the same signature.
SAY_WHEN = {
    Provider.SENDGRID: timedelta(hours=24),
    Provider.MAILGUN: timedelta(hours=8, minutes=10),
    Provider.GENERIC: timedelta(),
}
#: How far clocks may differ.
A_LITTLE = timedelta(minutes=5)


def genuine(provider: Provider, **more: Any) -> Call:
    return call_of(provider, UNKNOWN_READER[provider], **more)


def why_not(provider: Provider, call: Call, *secrets: str, **more: Any) -> Refusal:
    with pytest.raises(RefusedError) as caught:
        read(provider, call, *secrets, **more)
    assert str(caught.value) == str(caught.value.why)
    return caught.value.why


@ALL
def test_genuine_call_says_who_is_unknown(provider: Provider) -> None:
    (event,) = read(provider, genuine(provider)).events
    assert (event.kind, event.recipient, event.permanent) == (Kind.HARD, "ana@readers.example", True)
    assert (event.reply, event.enhanced) == ("550", "5.1.1")
    assert "User unknown" in event.text
    assert event.rule.startswith(f"{provider}:")
    assert event.clues.return_paths or event.clues.message_ids


@ALL
def test_while_a_secret_is_changed_the_old_and_the_new_one_count(provider: Provider) -> None:
    keys = KEYS[provider]
    for secrets in ((keys.secret, keys.other), (keys.other, keys.secret)):
        assert read(provider, genuine(provider), *secrets).events


@ALL
def test_call_for_others_is_refused(provider: Provider) -> None:
    assert why_not(provider, genuine(provider), KEYS[provider].other) is Refusal.FORGED


@ALL
def test_call_without_anything_that_proves_it_is_refused(provider: Provider) -> None:
    call = Call({}, json.dumps(UNKNOWN_READER[provider]).encode())
    expected = Refusal.UNREADABLE if provider is Provider.SES else Refusal.FORGED
    assert why_not(provider, call) is expected


@SIGN_ALL
def test_no_bit_of_what_is_said_can_be_changed(provider: Provider) -> None:
    call = genuine(provider)
    # the unsigned frame of Amazon's messages may change; what they say may not
    begin = call.body.index(b"Message") if provider is Provider.SES else 0
    end = call.body.index(b"SignatureVersion") if provider is Provider.SES else len(call.body)
    for place in range(begin, end, 7):
        for bit in (0, 3, 6):
            body = bytearray(call.body)
            body[place] ^= 1 << bit
            assert why_not(provider, replace(call, body=bytes(body))) in {
                Refusal.FORGED,
                Refusal.UNREADABLE,
                Refusal.STALE,
            }


@pytest.mark.parametrize("provider", SAY_WHEN)
@pytest.mark.parametrize(
    "later", [A_LITTLE * 2, timedelta(days=2), timedelta(days=365)], ids=["minutes", "days", "a-year"]
)
def test_stale_signature_is_refused(provider: Provider, later: timedelta) -> None:
    call = genuine(provider, at=NOW - later)
    if later <= SAY_WHEN[provider]:
        assert read(provider, call).events
    else:
        assert why_not(provider, call) is Refusal.STALE


@pytest.mark.parametrize("provider", SAY_WHEN)
def test_signature_from_the_future_is_refused(provider: Provider) -> None:
    assert why_not(provider, genuine(provider, at=NOW + A_LITTLE * 2)) is Refusal.STALE


@pytest.mark.parametrize("provider", [Provider.SENDGRID, Provider.MAILGUN])
def test_what_was_told_while_nobody_listened_is_heard_when_it_is_told_again(provider: Provider) -> None:
    assert read(provider, genuine(provider, at=NOW - SAY_WHEN[provider])).events


@pytest.mark.parametrize("provider", SAY_WHEN)
@pytest.mark.parametrize("minutes", [-4, 4])
def test_clocks_may_differ_a_little(provider: Provider, minutes: int) -> None:
    assert read(provider, genuine(provider, at=NOW + timedelta(minutes=minutes))).events


def test_time_that_is_no_number_is_refused() -> None:
    headers = dict(genuine(Provider.GENERIC).headers) | {"webhook-timestamp": "now"}
    assert why_not(Provider.GENERIC, Call(headers, b"{}")) is Refusal.STALE


def test_time_of_another_call_does_not_pass() -> None:
    later = by_curve(b"[]", NOW + timedelta(minutes=1))
    mixed = Call({**by_curve(b"[]", NOW).headers, **without(later, "x-none").headers}, b"[{}]")
    assert why_not(Provider.SENDGRID, mixed) is Refusal.FORGED


@pytest.mark.parametrize("provider", [Provider.SENDGRID, Provider.GENERIC])
@pytest.mark.parametrize("text", ["", "AAAA", "%%%", "v1,", "é" * 40])
def test_signature_of_any_make_but_the_right_one_is_refused(provider: Provider, text: str) -> None:
    name = "x-twilio-email-event-webhook-signature" if provider is Provider.SENDGRID else "webhook-signature"
    call = genuine(provider)
    changed = replace(call, headers={**call.headers, name: text})
    assert why_not(provider, changed) is Refusal.FORGED


# --- passwords ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("provider", [Provider.POSTMARK, Provider.SPARKPOST])
@pytest.mark.parametrize(
    "headers",
    [
        {"x-hook-secret": PASSWORD},
        {"authorization": f"Bearer {PASSWORD}"},
        {"authorization": "bAsIc " + base64.b64encode(f":{PASSWORD}".encode()).decode()},
    ],
    ids=["own", "bearer", "basic"],
)
def test_password_may_come_in_three_ways(provider: Provider, headers: dict[str, str]) -> None:
    assert read(provider, replace(genuine(provider), headers=headers)).events


@pytest.mark.parametrize(
    "value",
    [
        "",
        "Basic",
        "Basic %%%",
        "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode(),
        "Basic " + base64.b64encode(PASSWORD.encode()).decode(),
        f"Basic {PASSWORD}",
        f"Digest {PASSWORD}",
        f"Bearer {PASSWORD}x",
        f"Bearer {PASSWORD[:-1]}",
        "Bearer é",
    ],
)
def test_any_other_password_is_refused(value: str) -> None:
    call = replace(genuine(Provider.POSTMARK), headers={"authorization": value})
    assert why_not(Provider.POSTMARK, call) is Refusal.FORGED


# --- Mailgun ------------------------------------------------------------------------------------------------


def test_subaccount_of_mailgun_is_known_by_the_key_of_its_owner() -> None:
    call = by_token(UNKNOWN_READER[Provider.MAILGUN], NOW, key="the key of the subaccount")
    document = json.loads(call.body)
    own = json.loads(by_token({}, NOW).body)["signature"]["signature"]
    document["signature"]["parent-signature"] = own
    assert read(Provider.MAILGUN, replace(call, body=json.dumps(document).encode())).events


def test_token_is_told_so_that_it_comes_with_one_body_only() -> None:
    assert read(Provider.MAILGUN, genuine(Provider.MAILGUN, token="abc")).once == "abc"
    assert why_not(Provider.MAILGUN, genuine(Provider.MAILGUN, token="")) is Refusal.FORGED


# --- Amazon -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["1", "2"])
def test_both_signatures_of_amazon_count(version: str) -> None:
    assert read(Provider.SES, genuine(Provider.SES, version=version)).events


def test_message_without_a_subject_is_signed_without_one() -> None:
    assert read(Provider.SES, genuine(Provider.SES, Subject=None)).events


@pytest.mark.parametrize("version", ["3", "", None, 2.5])
def test_other_signatures_of_amazon_do_not_count(version: object) -> None:
    body = json.loads(genuine(Provider.SES).body) | {"SignatureVersion": version}
    assert why_not(Provider.SES, Call({}, json.dumps(body).encode())) is Refusal.FORGED


def test_certificate_of_somebody_else_does_not_count() -> None:
    assert why_not(Provider.SES, genuine(Provider.SES), pem=certificate("others")) is Refusal.FORGED


def test_certificate_that_has_run_out_does_not_count() -> None:
    late = NOW + timedelta(days=3)
    call = genuine(Provider.SES, at=late)
    assert read(Provider.SES, call, now=late).events
    assert why_not(Provider.SES, call, pem=certificate(days=2), now=late) is Refusal.FORGED


@pytest.mark.parametrize("pem", [b"x", b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"])
def test_what_is_no_certificate_does_not_count(pem: bytes) -> None:
    assert why_not(Provider.SES, genuine(Provider.SES), pem=pem) is Refusal.FORGED


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-0a1b2c3d.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-0a1b2c3d.pem",
        "https://evil@sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.eu-west-1.amazonaws.com:x/SimpleNotificationService-0a1b2c3d.pem",
        "https://sns.eu-west-1.amazonaws.com/other.pem",
        "https://sns.eu-west-1.amazonaws.com/a/SimpleNotificationService-0a1b2c3d.pem",
        f"{CERTIFICATE_URL}?x=1",
        f"{CERTIFICATE_URL}#x",
        "https://s3.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem",
        "https://[sns/SimpleNotificationService-0a1b2c3d.pem",
        "",
    ],
)
def test_certificate_lies_at_amazon_and_nowhere_else(url: str) -> None:
    assert why_not(Provider.SES, genuine(Provider.SES, SigningCertURL=url)) is Refusal.FORGED


def test_amazon_may_try_for_an_hour_and_no_longer() -> None:
    assert read(Provider.SES, genuine(Provider.SES, at=NOW - timedelta(minutes=60))).events
    assert why_not(Provider.SES, genuine(Provider.SES, at=NOW - timedelta(minutes=66))) is Refusal.STALE
    assert why_not(Provider.SES, genuine(Provider.SES, at=NOW + timedelta(minutes=6))) is Refusal.STALE


@pytest.mark.parametrize("text", ["", "yesterday", "2026-11-24T09:00:00", "2026-11-24"])
def test_message_without_a_moment_is_not_read(text: str) -> None:
    assert why_not(Provider.SES, genuine(Provider.SES, Timestamp=text)) is Refusal.UNREADABLE


def test_question_whether_a_topic_is_wanted_is_answered_at_amazon() -> None:
    told = read(Provider.SES, subscription())
    assert (told.events, told.passed) == ((), 1)
    assert told.confirm_at.startswith("https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&")


@pytest.mark.parametrize(
    "url",
    [
        f"https://evil.example/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"http://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        f"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&TopicArn={TOPIC}&Token=1",
        f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}x&Token=1",
        f"https://sns.eu-west-1.amazonaws.com/x?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=1",
        "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription",
    ],
)
def test_nothing_else_is_answered_though_it_be_signed(url: str) -> None:
    assert why_not(Provider.SES, subscription(SubscribeURL=url)) is Refusal.FORGED


def test_end_of_a_subscription_asks_for_nothing() -> None:
    told = read(Provider.SES, subscription(Type="UnsubscribeConfirmation"))
    assert (told.events, told.passed, told.confirm_at) == ((), 1, "")


def test_greeting_of_amazon_is_no_event() -> None:
    text = "Successfully validated SNS topic for Amazon SES event publishing."
    assert read(Provider.SES, notification(text)).passed == 1


def test_message_of_a_kind_that_amazon_does_not_have_is_not_read() -> None:
    document = json.loads(genuine(Provider.SES).body) | {"Type": "Other"}
    assert why_not(Provider.SES, Call({}, json.dumps(document).encode())) is Refusal.UNREADABLE


def test_signature_of_a_question_is_none_of_a_notification() -> None:
    document = {**json.loads(genuine(Provider.SES).body), "Type": "SubscriptionConfirmation"}
    asked = json.loads(subscription().body)
    document |= {"SubscribeURL": asked["SubscribeURL"], "Token": asked["Token"]}
    assert why_not(Provider.SES, Call({}, json.dumps(document).encode())) is Refusal.FORGED
