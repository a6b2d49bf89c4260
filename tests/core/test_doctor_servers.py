"""What is wrong with a mail server, told in full: how bad it is, what is so, and what to do about it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_servers import ServerSeen, judge_server
from digest.core.model import Outcome, Stage

NOW = datetime(2026, 11, 24, 6, tzinfo=UTC)
WELL = ServerSeen(
    *("smtps://mx.gazette.press", "mx.gazette.press", ("192.0.2.1",)),
    extensions={"PIPELINING": "", "STARTTLS": "", "SIZE": "500000"},
    is_encrypted=True,
    certificate_until=NOW + timedelta(days=21),
)
FINE = Finding(Found.SMTP_FINE, Level.FINE, "smtps://mx.gazette.press would take mail (TLS)")
NAME = WELL.name


def failed(stage: Stage, code: int = 0, enhanced: str = "", text: str = "") -> ServerSeen:
    return replace(WELL, trouble=Outcome(stage, code, enhanced, text))


def offering(**extensions: str) -> ServerSeen:
    return replace(WELL, extensions={"PIPELINING": "", **extensions})


def test_a_server_that_is_well_would_take_mail() -> None:
    assert judge_server(WELL, NOW) == (FINE,)
    plain = replace(WELL, is_encrypted=False, host="127.0.0.1")
    assert judge_server(plain, NOW) == (replace(FINE, line=f"{NAME} would take mail (no TLS)"),)


@pytest.mark.parametrize(
    ("seen", "found", "level", "line", "mend"),
    [
        (
            replace(WELL, addresses=()),
            *(Found.SMTP_HOST, Level.ERROR, f"the host of {NAME} has no address that this machine can find"),
            "correct the name in DIGEST_SMTP_URL, or this machine's resolver",
        ),
        (
            failed(Stage.CONNECT, text="TimeoutError"),
            *(Found.SMTP_UNREACHABLE, Level.ERROR, f"{NAME} failed at connect: no answer in time"),
            "check host and port in DIGEST_SMTP_URL, and firewalls between",
        ),
        (
            failed(Stage.STARTTLS, text="certificate has expired"),
            *(Found.SMTP_TLS, Level.ERROR, f"{NAME} failed at starttls: certificate has expired"),
            "let the server offer TLS 1.2 or newer, with a certificate for the name in DIGEST_SMTP_URL that "
            "this machine trusts; or choose the scheme that fits the port (smtps, smtp+starttls)",
        ),
        (
            failed(Stage.AUTH, 535, "5.7.8", "no"),
            *(Found.SMTP_LOGIN, Level.ERROR, f"{NAME} failed at auth: 535 5.7.8 no"),
            "check user and password in DIGEST_SMTP_URL, signs in them as %XX",
        ),
        (
            failed(Stage.GREETING, 554, text="go away"),
            *(Found.SMTP_REFUSES, Level.ERROR, f"{NAME} failed at greeting: 554 go away"),
            "ask who runs the server what it has against this machine",
        ),
        (
            replace(WELL, certificate_until=NOW + timedelta(days=21, seconds=-1)),
            *(Found.SMTP_CERTIFICATE, Level.WARNING, f"the certificate of {NAME} ends in 20 days"),
            "renew it, and see why that has not happened by itself",
        ),
        (
            replace(WELL, certificate_until=NOW + timedelta(days=1)),
            *(Found.SMTP_CERTIFICATE, Level.WARNING, f"the certificate of {NAME} ends in 1 day"),
            "renew it, and see why that has not happened by itself",
        ),
        (
            replace(offering(STARTTLS=""), is_encrypted=False),
            *(Found.SMTP_COULD_ENCRYPT, Level.WARNING, f"{NAME} offers TLS, and mails go to it as they are"),
            "write smtp+starttls:// in DIGEST_SMTP_URL",
        ),
        (
            offering(SIZE="499999 more"),
            *(Found.SMTP_SIZE, Level.WARNING),
            f"{NAME} takes messages of 499999 octets at most, and a digest may have 500000",
            "raise its limit (message_size_limit in Postfix)",
        ),
        (
            offering(SIZE="1"),
            *(Found.SMTP_SIZE, Level.WARNING),
            f"{NAME} takes messages of 1 octets at most, and a digest may have 500000",
            "raise its limit (message_size_limit in Postfix)",
        ),
        (
            replace(WELL, extensions=None),
            *(Found.SMTP_PIPELINING, Level.ADVICE),
            f"{NAME} takes one command after the other (no PIPELINING): sending is slower",
            "use a server that offers it, as Postfix and Exim do",
        ),
    ],
    ids=lambda value: value.value if isinstance(value, Found) else "",
)
def test_what_is_wrong_is_told_with_its_mend(
    seen: ServerSeen, found: Found, level: Level, line: str, mend: str
) -> None:
    findings = [one for one in judge_server(seen, NOW) if one.level is not Level.FINE]
    assert findings == [Finding(found, level, line, mend)]


@pytest.mark.parametrize("size", ["", "0", "many", "٣", "-1"])
def test_a_size_that_says_nothing_is_no_limit(size: str) -> None:
    assert judge_server(offering(SIZE=size), NOW) == (FINE,)
