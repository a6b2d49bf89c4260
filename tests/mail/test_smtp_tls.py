"""STARTTLS, TLS from the first byte, and login, against a real server with a certificate made for the run."""

from __future__ import annotations

import ssl
from collections.abc import Callable

import pytest

from digest.core.model import Stage
from digest.core.verdict import UNTRIED
from digest.mail.connection import strict_tls
from digest.mail.lane import Letter
from digest.mail.servers import Security
from digest.mail.smtp import SmtpLane
from tests.mail.conftest import Certificate
from tests.mail.smtpd import REFUSES_LOGIN, Smtpd, login, smtpd

pytestmark = pytest.mark.anyio


def lane_to(
    record: Smtpd, security: Security, tls: ssl.SSLContext, username: str = "", password: str = ""
) -> SmtpLane:
    return SmtpLane(record.server(security, username, password), tls=tls, helo="news.example")


async def test_starttls_comes_before_login_and_mail(
    letter: Letter, localhost_certificate: Certificate
) -> None:
    context = localhost_certificate.for_server()
    async with smtpd(authenticator=login, tls_context=context, auth_required=True) as record:
        tls = localhost_certificate.trusted(strict_tls())
        lane = lane_to(record, Security.STARTTLS, tls, "news", "p@ss:w/rd")
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.verbs[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]
    assert record.verbs[-3:] == ["MAIL", "RCPT", "DATA"]


async def test_tls_from_the_first_byte(letter: Letter, localhost_certificate: Certificate) -> None:
    async with smtpd(implicit_tls=localhost_certificate.for_server()) as record:
        lane = lane_to(record, Security.TLS, localhost_certificate.trusted(strict_tls()))
        assert (await lane.post(letter)).accepted
        assert (await lane.post(letter)).accepted
        await lane.close()
    assert record.connections == 1


async def test_a_stripped_offer_of_starttls_ends_it_before_login_and_mail(
    letter: Letter, localhost_certificate: Certificate
) -> None:
    async with smtpd(authenticator=login, auth_require_tls=False) as record:
        tls = localhost_certificate.trusted(strict_tls())
        lane = lane_to(record, Security.STARTTLS, tls, "news", "p@ss:w/rd")
        outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code) == (Stage.STARTTLS, 0)
    assert record.verbs == ["EHLO"]


async def test_a_refused_starttls_ends_it_before_mail(
    letter: Letter, localhost_certificate: Certificate
) -> None:
    refusing = {"STARTTLS": "454 4.3.3 TLS not available"}
    async with smtpd(refusing, tls_context=localhost_certificate.for_server()) as record:
        lane = lane_to(record, Security.STARTTLS, localhost_certificate.trusted(strict_tls()))
        outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.STARTTLS, 454, "4.3.3")
    assert "MAIL" not in record.verbs


def unknown_issuer(_own: Certificate, _other: Certificate) -> tuple[Certificate, ssl.SSLContext]:
    return _own, strict_tls()


def wrong_name(_own: Certificate, other: Certificate) -> tuple[Certificate, ssl.SSLContext]:
    return other, other.trusted(strict_tls())


@pytest.mark.parametrize("security", [Security.STARTTLS, Security.TLS])
@pytest.mark.parametrize("flaw", [unknown_issuer, wrong_name])
async def test_a_certificate_that_cannot_be_verified_ends_it_before_mail(
    flaw: Callable[[Certificate, Certificate], tuple[Certificate, ssl.SSLContext]],
    security: Security,
    letter: Letter,
    localhost_certificate: Certificate,
    strangers_certificate: Certificate,
) -> None:
    shown, tls = flaw(localhost_certificate, strangers_certificate)
    context = shown.for_server()
    implicit = context if security is Security.TLS else None
    async with smtpd(implicit_tls=implicit, tls_context=None if implicit else context) as record:
        outcome = await lane_to(record, security, tls).post(letter)
    assert (outcome.stage, outcome.code) == (Stage.STARTTLS, 0)
    assert "certificate" in outcome.text
    assert "MAIL" not in record.verbs


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
async def test_tls_older_than_1_2_is_not_spoken(letter: Letter, localhost_certificate: Certificate) -> None:
    old = localhost_certificate.for_server()
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    async with smtpd(implicit_tls=old) as record:
        tls = localhost_certificate.trusted(strict_tls())
        outcome = await lane_to(record, Security.TLS, tls).post(letter)
    assert outcome.stage is Stage.STARTTLS
    assert tls.minimum_version is ssl.TLSVersion.TLSv1_2


async def test_a_plain_server_met_with_tls_is_told_as_a_tls_failure(
    letter: Letter, localhost_certificate: Certificate
) -> None:
    async with smtpd() as record:
        tls = localhost_certificate.trusted(strict_tls())
        outcome = await lane_to(record, Security.TLS, tls).post(letter)
    assert (outcome.stage, outcome.code) == (Stage.STARTTLS, 0)


async def test_a_wrong_password_is_told_at_the_login(letter: Letter) -> None:
    async with smtpd(REFUSES_LOGIN, authenticator=login, auth_require_tls=False) as record:
        lane = SmtpLane(record.server(username="news", password="wrong"), helo="news.example")
        outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code, outcome.enhanced) == (Stage.AUTH, 535, "5.7.8")
    assert "MAIL" not in record.verbs


async def test_a_server_that_takes_no_login_is_not_used_with_one(letter: Letter) -> None:
    async with smtpd() as record:
        lane = SmtpLane(record.server(username="news", password="p@ss:w/rd"), helo="news.example")
        outcome = await lane.post(letter)
    assert (outcome.stage, outcome.code) == (Stage.AUTH, 0)
    assert outcome.stage in UNTRIED
    assert "MAIL" not in record.verbs
