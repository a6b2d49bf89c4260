"""A call on a real mail server without any mail: what it lets us see, and how it may fail."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest

from digest.core.doctor_findings import Finding, Found, Level
from digest.core.doctor_servers import ServerSeen, judge_server
from digest.core.model import Outcome, Stage
from digest.mail.called_on import call_on
from digest.mail.connection import strict_tls
from digest.mail.limits import Timeouts
from digest.mail.servers import Security
from tests.mail.conftest import Certificate
from tests.mail.smtpd import HANG_UP, KNOWS_NO_EHLO, REFUSES_LOGIN, SILENCE, Smtpd, login, smtpd

pytestmark = pytest.mark.anyio

HERE: Final = ("127.0.0.1",)
IMPATIENT: Final = Timeouts(connect=2, greeting=0.3, command=0.3, farewell=0.3)


async def test_a_server_with_tls_and_login_would_take_mail(localhost_certificate: Certificate) -> None:
    context = localhost_certificate.for_server()
    async with smtpd(
        authenticator=login,
        tls_context=context,
        auth_required=True,
        pipelining=True,
        data_size_limit=9_000_000,
    ) as record:
        server = record.server(Security.STARTTLS, "news", "p@ss:w/rd")
        seen = await call_on(server, HERE, tls=localhost_certificate.trusted(strict_tls()))
    assert record.verbs == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert record.taken == []
    assert (seen.trouble, seen.is_encrypted) == (None, True)
    assert seen.extensions is not None
    assert (seen.extensions["SIZE"], "PIPELINING" in seen.extensions) == ("9000000", True)
    assert seen.certificate_until is not None
    # made for two days
    assert timedelta(0) < seen.certificate_until - datetime.now(UTC) < timedelta(days=2, hours=1)
    assert [one.id for one in judge_server(seen, datetime.now(UTC))] == [Found.SMTP_CERTIFICATE]
    assert [one.id for one in judge_server(seen, datetime.now(UTC) - timedelta(days=30))] == [Found.SMTP_FINE]


async def test_a_certificate_that_nobody_vouches_for_is_told(localhost_certificate: Certificate) -> None:
    async with smtpd(implicit_tls=localhost_certificate.for_server()) as record:
        (found,) = await judged(record, Security.TLS)
    assert found.id is Found.SMTP_TLS
    assert "certificate" in found.line


async def test_a_certificate_for_another_name_is_told(strangers_certificate: Certificate) -> None:
    async with smtpd(implicit_tls=strangers_certificate.for_server()) as record:
        server = record.server(Security.TLS)
        seen = await call_on(server, HERE, tls=strangers_certificate.trusted(strict_tls()))
    (found,) = judge_server(seen, datetime.now(UTC))
    assert found.id is Found.SMTP_TLS
    assert "localhost" in found.line


@pytest.mark.parametrize(
    ("misbehaviour", "wanted"),
    [
        (REFUSES_LOGIN, Found.SMTP_LOGIN),
        ({"AUTH": SILENCE}, Found.SMTP_LOGIN),
        ({"GREETING": SILENCE}, Found.SMTP_REFUSES),
        ({"GREETING": "421 4.3.2 Come back later"}, Found.SMTP_REFUSES),
        ({"EHLO": HANG_UP}, Found.SMTP_REFUSES),
        ({"EHLO": "550 5.7.1 I know you"}, Found.SMTP_LOGIN),
    ],
    ids=["wrong password", "mute login", "mute", "busy", "hangs up", "no ehlo"],
)
async def test_a_server_that_does_not_let_us_in_is_told(misbehaviour: Any, wanted: Found) -> None:
    async with smtpd(misbehaviour, authenticator=login, auth_require_tls=False) as record:
        server = record.server(username="news", password="p@ss:w/rd")
        seen = await call_on(server, HERE, timeouts=IMPATIENT)
    (found,) = judge_server(seen, datetime.now(UTC))
    assert (found.id, found.level) == (wanted, Level.ERROR)
    assert found.mend
    assert "p@ss" not in found.line


async def test_a_server_that_knows_no_ehlo_takes_mail_slowly() -> None:
    async with smtpd(KNOWS_NO_EHLO) as record:
        found = await judged(record, Security.PLAIN)
    assert [one.id for one in found] == [Found.SMTP_FINE, Found.SMTP_PIPELINING]


async def test_a_server_with_little_room_for_a_mail_is_told() -> None:
    async with smtpd(pipelining=True, data_size_limit=90_000) as record:
        (found,) = await judged(record, Security.PLAIN)
    assert (found.id, "90000 octets" in found.line) == (Found.SMTP_SIZE, True)


async def test_nobody_is_called_whose_host_has_no_address() -> None:
    async with smtpd() as record:
        seen = await call_on(record.server(), ())
    assert record.connections == 0
    assert [one.id for one in judge_server(seen, datetime.now(UTC))] == [Found.SMTP_HOST]


async def judged(record: Smtpd, security: Security) -> tuple[Finding, ...]:
    return judge_server(await call_on(record.server(security), HERE), datetime.now(UTC))


@pytest.mark.parametrize(
    ("host", "encrypted", "found"),
    [
        ("mail.post.net", False, [Found.SMTP_COULD_ENCRYPT]),
        ("mail.post.net", True, [Found.SMTP_FINE]),
        ("localhost", False, [Found.SMTP_FINE]),
        ("10.0.0.7", False, [Found.SMTP_FINE]),
    ],
    ids=["far", "far and encrypted", "here", "near"],
)
def test_mail_to_far_away_is_encrypted_where_that_is_offered(
    host: str, encrypted: bool, found: list[Found]
) -> None:
    offered = {"STARTTLS": "", "PIPELINING": ""}
    seen = ServerSeen(f"smtp://{host}:25", host, HERE, None, offered, encrypted)
    assert [one.id for one in judge_server(seen, datetime.now(UTC))] == found


def test_words_of_a_server_stay_on_one_line() -> None:
    trouble = Outcome(Stage.GREETING, 554, "5.7.1", "No\x1b[31m\nway")
    (found,) = judge_server(ServerSeen("smtp://a.net:25", "a.net", HERE, trouble), datetime.now(UTC))
    assert found.line.isprintable()
