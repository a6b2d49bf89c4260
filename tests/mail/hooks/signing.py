"""Calls of providers as they make them: signed with keys made here, and with what they would say."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Final

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from digest.core.webhooks import headers_for
from digest.mail.hooks import generic, mailgun, postmark, sendgrid, ses, sns, sparkpost
from digest.mail.hooks.called import Call, Provider, Told

NOW: Final = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
TOPIC: Final = "arn:aws:sns:eu-west-1:123456789012:mail"
PASSWORD: Final = "a-password-for-tests-1"
SIGNING_KEY: Final = "key-0123456789abcdef0123456789abcdef"
WHSEC: Final = "whsec_" + base64.b64encode(b"a secret of thirty-two characters").decode()
CERTIFICATE_URL: Final = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-0a1b2c3d.pem"


@cache
def curve_key(name: str) -> ec.EllipticCurvePrivateKey:
    """A key of SendGrid's; another name is another key."""
    return ec.generate_private_key(ec.SECP256R1())


def public_half(name: str = "ours") -> str:
    """Its public half as SendGrid shows it."""
    key = curve_key(name).public_key()
    return base64.b64encode(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """A key of Amazon's."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@cache
def certificate(name: str = "ours", days: int = 365) -> bytes:
    """A certificate over it, valid from the day before the tests' day."""
    whose = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "sns.amazonaws.com")])
    begin = NOW - timedelta(days=1)
    made = x509.CertificateBuilder().subject_name(whose).issuer_name(whose).serial_number(1)
    made = made.public_key(rsa_key(name).public_key())
    made = made.not_valid_before(begin).not_valid_after(begin + timedelta(days=days))
    return made.sign(rsa_key(name), SHA256()).public_bytes(Encoding.PEM)


@dataclass(frozen=True, slots=True)
class Keys:
    """With what a call is signed, and by what it is known."""

    provider: Provider
    #: what stands in the settings
    secret: str
    #: what another installation has there
    other: str


KEYS: Final = {
    Provider.SES: Keys(Provider.SES, TOPIC, "arn:aws:sns:eu-west-1:123456789012:other"),
    Provider.POSTMARK: Keys(Provider.POSTMARK, PASSWORD, "a-password-for-tests-2"),
    Provider.SENDGRID: Keys(Provider.SENDGRID, public_half(), public_half("others")),
    Provider.MAILGUN: Keys(Provider.MAILGUN, SIGNING_KEY, SIGNING_KEY[:-1] + "0"),
    Provider.SPARKPOST: Keys(Provider.SPARKPOST, PASSWORD, "a-password-for-tests-2"),
    Provider.GENERIC: Keys(Provider.GENERIC, WHSEC, "whsec_" + base64.b64encode(b"b" * 32).decode()),
}


def call_of(provider: Provider, said: Any, at: datetime = NOW, **more: Any) -> Call:
    """A genuine call that says this."""
    body = json.dumps(said).encode()
    match provider:
        case Provider.SES:
            return notification(json.dumps(said), at, **more)
        case Provider.POSTMARK | Provider.SPARKPOST:
            return Call(basic(PASSWORD), body)
        case Provider.SENDGRID:
            return by_curve(body, at)
        case Provider.MAILGUN:
            return by_token(said, at, **more)
        case Provider.GENERIC:
            return Call(headers_for("msg_1", at, body, [WHSEC]), body)


def read(provider: Provider, call: Call, *secrets: str, now: datetime = NOW, pem: bytes = b"") -> Told:
    """What a call comes to."""
    given = secrets or (KEYS[provider].secret,)
    if provider is Provider.SES:
        return ses.read(sns.message_of(call, given, now), pem or certificate(), now)
    readers = {
        Provider.POSTMARK: postmark.read,
        Provider.SENDGRID: sendgrid.read,
        Provider.MAILGUN: mailgun.read,
        Provider.SPARKPOST: sparkpost.read,
        Provider.GENERIC: generic.read,
    }
    return readers[provider](call, given, now)


def said_by(provider: Provider, said: Any) -> Told:
    """What it comes to when a provider says this."""
    return read(provider, call_of(provider, said))


def basic(password: str) -> dict[str, str]:
    """The header of basic authentication."""
    pair = base64.b64encode(f"digest:{password}".encode()).decode()
    return {"authorization": f"Basic {pair}", "content-type": "application/json"}


def by_curve(body: bytes, at: datetime, name: str = "ours") -> Call:
    """As SendGrid signs: over the time and the body."""
    stamp = str(int(at.timestamp()))
    made = curve_key(name).sign(stamp.encode() + body, ec.ECDSA(SHA256()))
    return Call({sendgrid.TIMESTAMP: stamp, sendgrid.SIGNATURE: base64.b64encode(made).decode()}, body)


def by_token(event: Any, at: datetime, token: str = "t0ken", key: str = SIGNING_KEY) -> Call:
    """As Mailgun signs: over the time and a token, within the document."""
    stamp = str(int(at.timestamp()))
    made = hmac.new(key.encode(), (stamp + token).encode(), hashlib.sha256).hexdigest()
    signature = {"timestamp": stamp, "token": token, "signature": made}
    return Call({}, json.dumps({"signature": signature, "event-data": event}).encode())


def notification(text: str, at: datetime = NOW, version: str = "2", **fields: Any) -> Call:
    """As Amazon posts what a topic tells."""
    document = {
        "Type": "Notification",
        "MessageId": "22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324",
        "TopicArn": TOPIC,
        "Subject": "Amazon SES Email Event Notification",
        "Message": text,
        "Timestamp": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "SignatureVersion": version,
        "SigningCertURL": CERTIFICATE_URL,
        "UnsubscribeURL": f"https://sns.eu-west-1.amazonaws.com/?Action=Unsubscribe&SubscriptionArn={TOPIC}:1",
        **fields,
    }
    return by_amazon({name: value for name, value in document.items() if value is not None})


def subscription(**fields: Any) -> Call:
    """As Amazon asks whether a topic is wanted."""
    url = f"https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&TopicArn={TOPIC}&Token=2336412f"
    asked = {"Type": "SubscriptionConfirmation", "Token": "2336412f", "SubscribeURL": url, "Subject": None}
    return notification("You have chosen to subscribe.", **(asked | fields))


def by_amazon(document: dict[str, Any], name: str = "ours") -> Call:
    """Signed over the fields that count, in the order of their names."""
    fields = ["Message", "MessageId", "SubscribeURL", "Subject", "Timestamp", "Token", "TopicArn", "Type"]
    if document.get("Type") == "Notification":
        fields = [one for one in fields if one not in {"SubscribeURL", "Token"}]
    text = "".join(f"{one}\n{document[one]}\n" for one in fields if one in document)
    digest = SHA1() if document["SignatureVersion"] == "1" else SHA256()
    made = rsa_key(name).sign(text.encode(), padding.PKCS1v15(), digest)
    signed = {"Signature": base64.b64encode(made).decode(), **document}
    headers = {"x-amz-sns-message-type": str(document.get("Type")), "content-type": "text/plain"}
    return Call(headers, json.dumps(signed).encode())


def without(call: Call, *names: str) -> Call:
    """The same call, some headers left out."""
    return replace(call, headers={name: value for name, value in call.headers.items() if name not in names})
