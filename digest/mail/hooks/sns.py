"""Amazon's notification service (SNS), in which the events of its mail service (SES) come, signed.

https://docs.aws.amazon.com/sns/latest/dg/sns-verify-signature-of-message.html. Nothing is fetched here: a
message says where its certificate lies, the flow brings it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import parse_qs, urlsplit

from msgspec import Struct

from digest.mail.hooks.called import Call, Refusal, RefusedError, check_fresh
from digest.mail.hooks.document import Part, document_of, whole, word
from digest.mail.hooks.keys import check_library, is_signed_by_certificate, unpacked

#: A message keeps the time of its first try; a topic can be told to try for an hour.
FRESH_FOR: Final = timedelta(hours=1, minutes=5)

NOTIFICATION: Final = "Notification"
SUBSCRIPTION: Final = "SubscriptionConfirmation"
_END: Final = "UnsubscribeConfirmation"
#: What is signed: name and value, each on a line of its own; what a message lacks is left out.
_SIGNED: Final = {
    NOTIFICATION: ("Message", "MessageId", "Subject", "Timestamp", "TopicArn", "Type"),
    SUBSCRIPTION: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
    _END: ("Message", "MessageId", "SubscribeURL", "Timestamp", "Token", "TopicArn", "Type"),
}
_ARN: Final = re.compile(r"arn:aws[a-z-]*:sns:([a-z0-9-]{1,40}):[0-9]{12}:[\w.-]{1,256}")
_CERTIFICATE: Final = re.compile(r"/SimpleNotificationService-[0-9A-Za-z]{1,64}\.pem")


class Message(Struct, frozen=True):
    """A message of a topic of ours, if its signature is right: that is still to be looked at."""

    kind: str
    topic: str
    #: what was told, as text
    text: str
    #: where the certificate lies: at Amazon, in the region of the topic
    certificate_url: str
    #: what is fetched to subscribe; empty but in a question whether we want to
    subscribe_url: str
    signature: bytes
    signed: bytes
    #: SignatureVersion 1, with SHA-1
    sha1: bool


def message_of(call: Call, topics: Sequence[str], now: datetime) -> Message:
    """The message in a call; raises RefusedError for one that is none, of another topic, or too old."""
    check_library()
    document = whole(document_of(call))
    kind, topic = word(document, "Type"), word(document, "TopicArn")
    fields = _SIGNED.get(kind)
    if fields is None:
        raise RefusedError(Refusal.UNREADABLE)
    if topic not in topics:
        raise RefusedError(Refusal.FORGED)
    check_fresh(_time_of(document), now, fresh_for=FRESH_FOR)
    version = word(document, "SignatureVersion")
    if version not in {"1", "2"}:
        raise RefusedError(Refusal.FORGED)
    return Message(
        kind=kind,
        topic=topic,
        text=_exactly(document, "Message"),
        certificate_url=_certificate_url(document, topic),
        subscribe_url=_subscribe_url(document, topic) if kind == SUBSCRIPTION else "",
        signature=unpacked(_exactly(document, "Signature")),
        signed=_signed(document, fields),
        sha1=version == "1",
    )


def check_signature(message: Message, certificate: bytes, now: datetime) -> None:
    """Refuse a message that the key of the certificate (PEM) did not sign."""
    genuine = is_signed_by_certificate(certificate, message.signature, message.signed, now, sha1=message.sha1)
    if not genuine:
        raise RefusedError(Refusal.FORGED)


def host_of(topic: str) -> str:
    """Amazon's host for the region of a topic; empty for what is no topic."""
    found = _ARN.fullmatch(topic)
    return f"sns.{found[1]}.amazonaws.com" if found else ""


def _signed(document: Part, fields: Sequence[str]) -> bytes:
    told = [(name, document[name]) for name in fields if document.get(name) is not None]
    if not all(isinstance(value, str) for _, value in told):
        raise RefusedError(Refusal.UNREADABLE)
    # half a character is nothing that was signed
    return "".join(f"{name}\n{value}\n" for name, value in told).encode("utf-8", "replace")


def _exactly(document: Part, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise RefusedError(Refusal.UNREADABLE)
    return value


def _time_of(document: Part) -> datetime:
    try:
        found = datetime.fromisoformat(word(document, "Timestamp"))
    except ValueError:
        raise RefusedError(Refusal.UNREADABLE) from None
    if found.tzinfo is None:
        raise RefusedError(Refusal.UNREADABLE)
    return found


def _certificate_url(document: Part, topic: str) -> str:
    """Whoever could name another place would bring a certificate of their own."""
    url = word(document, "SigningCertURL")
    parts = _taken_apart(url)
    if parts is None or (parts[0], parts[2]) != (host_of(topic), "") or not _CERTIFICATE.fullmatch(parts[1]):
        raise RefusedError(Refusal.FORGED)
    return url


def _subscribe_url(document: Part, topic: str) -> str:
    """What confirms a subscription of this topic, and nothing else, at Amazon."""
    url = document.get("SubscribeURL")
    parts = _taken_apart(url) if isinstance(url, str) else None
    if parts is None or parts[0] != host_of(topic) or parts[1] not in {"", "/"}:
        raise RefusedError(Refusal.FORGED)
    asked = parse_qs(parts[2])
    if asked.get("Action") != ["ConfirmSubscription"] or asked.get("TopicArn") != [topic]:
        raise RefusedError(Refusal.FORGED)
    return str(url)


def _taken_apart(url: str) -> tuple[str, str, str] | None:
    """Host, path and query of a plain https address; None for anything else."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    plain = parts.scheme == "https" and "@" not in parts.netloc and port is None and not parts.fragment
    return (parts.netloc, parts.path, parts.query) if plain and re.fullmatch(r"[!-~]+", url) else None
