"""Whether a mail server will take our copies: judged by how far a call without any mail came."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from digest.core.doctor_findings import Finding, Found, Level, or_fine
from digest.core.doctor_settings import is_local
from digest.core.model import Outcome, Stage

#: So long before its end a certificate should be a new one already: authorities renew thirty days before.
_RENEW_WITHIN: Final = timedelta(days=21)
#: Octets of a message; ours have 100,000 at most, and up to five times as many with pictures in them.
_LARGEST_MAIL: Final = 500_000


class ServerSeen(Struct, frozen=True):
    """What one server said."""

    #: without user and password
    name: str
    host: str
    #: what the host's name leads to; empty when it leads nowhere
    addresses: tuple[str, ...] = ()
    #: where it ended, and how; None when it went well
    trouble: Outcome | None = None
    #: by its name in capitals: the words behind it
    extensions: dict[str, str] | None = None
    is_encrypted: bool = False
    certificate_until: datetime | None = None


def judge_server(seen: ServerSeen, now: datetime) -> tuple[Finding, ...]:
    """All that is wrong with a server."""
    if not seen.addresses:
        line = f"the host of {seen.name} has no address that this machine can find"
        return (
            Finding(
                Found.SMTP_HOST,
                Level.ERROR,
                line,
                "correct the name in DIGEST_SMTP_URL, or this machine's resolver",
            ),
        )
    if seen.trouble is not None:
        return (_of_trouble(seen, seen.trouble),)
    found = [*_of_certificate(seen, now), *_of_extensions(seen)]
    login = "TLS" if seen.is_encrypted else "no TLS"
    return or_fine(found, Finding(Found.SMTP_FINE, Level.FINE, f"{seen.name} would take mail ({login})"))


def _of_trouble(seen: ServerSeen, trouble: Outcome) -> Finding:
    text = "no answer in time" if trouble.text == "TimeoutError" else trouble.text
    said = " ".join(part for part in (str(trouble.code or ""), trouble.enhanced, text) if part)
    found, mend = {
        Stage.CONNECT: (
            Found.SMTP_UNREACHABLE,
            "check host and port in DIGEST_SMTP_URL, and firewalls between",
        ),
        Stage.STARTTLS: (
            Found.SMTP_TLS,
            "let the server offer TLS 1.2 or newer, with a certificate for the name in DIGEST_SMTP_URL "
            "that this machine trusts; or choose the scheme that fits the port (smtps, smtp+starttls)",
        ),
        Stage.AUTH: (Found.SMTP_LOGIN, "check user and password in DIGEST_SMTP_URL, signs in them as %XX"),
    }.get(trouble.stage, (Found.SMTP_REFUSES, "ask who runs the server what it has against this machine"))
    return Finding(found, Level.ERROR, f"{seen.name} failed at {trouble.stage.value}: {said}", mend)


def _of_certificate(seen: ServerSeen, now: datetime) -> Iterator[Finding]:
    if seen.certificate_until is not None and seen.certificate_until - now < _RENEW_WITHIN:
        left = (seen.certificate_until - now).days
        yield Finding(
            Found.SMTP_CERTIFICATE,
            Level.WARNING,
            f"the certificate of {seen.name} ends in {left} {'day' if left == 1 else 'days'}",
            "renew it, and see why that has not happened by itself",
        )


def _of_extensions(seen: ServerSeen) -> Iterator[Finding]:
    offered = seen.extensions or {}
    if "STARTTLS" in offered and not seen.is_encrypted and not is_local(seen.host):
        yield Finding(
            Found.SMTP_COULD_ENCRYPT,
            Level.WARNING,
            f"{seen.name} offers TLS, and mails go to it as they are",
            "write smtp+starttls:// in DIGEST_SMTP_URL",
        )
    size = offered.get("SIZE", "0").split(" ")[0]
    if size.isascii() and size.isdigit() and 0 < int(size) < _LARGEST_MAIL:
        yield Finding(
            Found.SMTP_SIZE,
            Level.WARNING,
            f"{seen.name} takes messages of {size} octets at most, and a digest may have {_LARGEST_MAIL}",
            "raise its limit (message_size_limit in Postfix)",
        )
    if "PIPELINING" not in offered:
        yield Finding(
            Found.SMTP_PIPELINING,
            Level.ADVICE,
            f"{seen.name} takes one command after the other (no PIPELINING): sending is slower",
            "use a server that offers it, as Postfix and Exim do",
        )


def judge_carrier(place: str) -> Finding:
    """What there is to say of a place to which a transport of a plugin takes mails."""
    line = f"mails go to {place} by a transport that is a plugin: it is not called without one"
    return Finding(Found.SMTP_CARRIER, Level.FINE, line)
