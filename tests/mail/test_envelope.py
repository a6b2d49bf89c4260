"""What an envelope says, and what a server is known to refuse."""

from __future__ import annotations

import pytest

from digest.core.model import Outcome, Stage
from digest.mail.envelope import Envelope, Offer, envelope_of
from digest.mail.lane import Letter


@pytest.mark.parametrize(
    ("extensions", "offer"),
    [
        ({}, Offer()),
        ({"pipelining": "", "smtputf8": ""}, Offer(pipelining=True, smtputf8=True)),
        ({"dsn": ""}, Offer(dsn=True)),
        ({"size": "1000"}, Offer(size=True, size_limit=1000)),
        ({"size": ""}, Offer(size=True)),
        ({"size": "0"}, Offer(size=True)),
        ({"size": "many"}, Offer(size=True)),
        ({"size": "9" * 5000}, Offer(size=True)),
    ],
)
def test_an_offer_is_read_from_the_extensions(extensions: dict[str, str], offer: Offer) -> None:
    assert Offer.of(extensions) == offer


def test_an_envelope_says_the_size_and_the_need_for_utf8_where_they_are_understood(letter: Letter) -> None:
    abroad = letter._replace(sender="", recipient="jürgen@bücher.example")
    usual = envelope_of(letter, Offer())
    assert isinstance(usual, Envelope)
    assert usual.mail == b"MAIL FROM:<bounces+2.mac@news.example>\r\n"
    found = envelope_of(abroad, Offer(size=True, smtputf8=True))
    assert isinstance(found, Envelope)
    mail, rcpt = found
    assert mail == b"MAIL FROM:<> SIZE=%d SMTPUTF8\r\n" % len(letter.content)
    assert rcpt == "RCPT TO:<jürgen@bücher.example>\r\n".encode()


def asked_for(letter: Letter, offer: Offer = Offer(dsn=True)) -> tuple[str, str]:  # noqa: B008 - a value
    """What is said of reports behind the two addresses."""
    found = envelope_of(letter, offer)
    assert isinstance(found, Envelope)
    mail, rcpt = (command.decode().partition(">")[2].strip() for command in found)
    return mail, rcpt


def test_a_server_that_sends_reports_hears_of_what_and_by_which_name(letter: Letter) -> None:
    tagged = letter._replace(recipient="ann+news=a@reader.example")
    assert asked_for(tagged) == (
        "RET=HDRS ENVID=bounces+2B2.mac@news.example",
        "NOTIFY=FAILURE,DELAY ORCPT=rfc822;ann+2Bnews+3Da@reader.example",
    )
    assert asked_for(tagged, Offer()) == ("", "")
    assert asked_for(tagged._replace(sender="")) == ("", "")


def test_a_recipient_beyond_ascii_is_told_in_ascii(letter: Letter) -> None:
    _, wanted = asked_for(
        letter._replace(recipient="jür\\gen@bücher.example"), Offer(dsn=True, smtputf8=True)
    )
    assert wanted.partition("ORCPT=")[2] == r"utf-8;j\x{FC}r\x{5C}gen@b\x{FC}cher.example"


def test_what_would_be_too_long_for_a_command_is_left_out(letter: Letter) -> None:
    long = letter._replace(sender=f"bounces+2.mac@{'a.' * 45}example", recipient=f"ann@{'b.' * 120}example")
    assert asked_for(long) == ("RET=HDRS", "NOTIFY=FAILURE,DELAY")


@pytest.mark.parametrize(
    ("change", "enhanced"),
    [
        ({"recipient": "ann@reader.example> SIZE=1"}, "5.1.3"),
        ({"recipient": "ann\r\n@reader.example"}, "5.1.3"),
        ({"recipient": f"{'ä' * 120}@reader.example"}, "5.1.3"),
        ({"sender": "news>"}, "5.1.7"),
        ({"recipient": "jürgen@reader.example"}, "5.6.7"),
        ({"smtputf8": True}, "5.6.7"),
        ({"pieces": (b"x" * 1000, b"x")}, "5.3.4"),
    ],
)
def test_a_letter_is_unfit_for_a_reason_that_is_its_own(
    change: dict[str, object], enhanced: str, letter: Letter
) -> None:
    refused = envelope_of(letter._replace(vouched=False, **change), Offer(size=True, size_limit=1000))  # type: ignore[arg-type]
    assert isinstance(refused, Outcome)
    assert (refused.stage, refused.code // 100, refused.enhanced) == (Stage.MAIL, 5, enhanced)


def test_a_letter_that_may_be_put_to_the_server_is_not_unfit(letter: Letter) -> None:
    assert isinstance(envelope_of(letter, Offer(size=True, size_limit=len(letter.content))), Envelope)
    assert isinstance(envelope_of(letter._replace(sender=""), Offer()), Envelope)
