"""Returned mails damaged at random: whatever comes, values come out, soon and within their bounds."""

from __future__ import annotations

import random
from time import process_time
from typing import Final

import pytest

from digest.core.returned import Kind
from digest.mail.bounces import read_returned
from tests.mail.bounces.letters import BACK, READER, complaint, fields, group, letter, report
from tests.mail.bounces.test_systems import SYSTEMS

_WHOLE: Final = (
    *(told.raw for told in SYSTEMS.values()),
    report(
        fields(*(group("550 5.1.1 unknown user", recipient=f"{number}@pier.example") for number in range(20)))
    ),
    complaint(f"Feedback-Type: abuse\nOriginal-Rcpt-To: {READER}\n"),
    letter("unsubscribe", From=READER, Subject="Re: Ports agree"),
)
_THROWN_IN: Final = (
    *(
        b"\n",
        b"\n\n",
        b"\r",
        b"\0",
        b":",
        b"--=_b\n",
        b"--=_b--\n",
        b"Content-Type: multipart/mixed; boundary=x\n",
    ),
    *(
        b"Content-Type: message/rfc822\n\n",
        b"Final-Recipient: rfc822;",
        b"=?utf-8?b?",
        b"?=",
        b"@",
        b"<",
        b">",
    ),
    *(
        b"charset=punycode",
        b"charset=utf-7",
        b"Content-Transfer-Encoding: base64\n",
        b"\xff\xfe",
        b"\x1b$B",
        b"=3D",
        b" ",
    ),
    *(b"<!--", b"<script", b"&#x110000;", b"bounces+1.", b"(generated from ", b"550 5.1.1 ", b"\\x{110000}"),
)
#: Seconds of the processor that no mail may take; one of usual size takes a thousandth of it.
_LONGEST: Final = 2.0


def damaged(whole: bytes, chance: random.Random) -> bytes:
    """The mail with up to a dozen places overwritten, cut out, doubled or filled with what has a meaning."""
    data = bytearray(whole)
    for _time in range(chance.randint(1, 12)):
        place, other = chance.randrange(len(data) + 1), chance.randrange(len(data) + 1)
        match chance.randrange(5):
            case 0:
                data[place : place + 1] = bytes([chance.randrange(256)])
            case 1:
                del data[place : place + chance.randint(1, 200)]
            case 2:
                data[place:place] = data[other : other + chance.randint(1, 400)]
            case 3:
                data[place:place] = chance.choice(_THROWN_IN) * chance.choice((1, 1, 1, 2, 60))
            case _:
                data[place:place] = chance.choice(_THROWN_IN)
    return bytes(data)


def check(raw: bytes) -> None:
    begin = process_time()
    found = read_returned(raw, envelope_to=BACK, ours=["harbour.example"])
    assert process_time() - begin < _LONGEST
    assert found == read_returned(raw, envelope_to=BACK, ours=["harbour.example"])
    for one in found:
        assert len(one.text) <= 500
        assert "\n" not in one.text
        assert one.recipient.count("\n") == 0
        assert one.kind is not Kind.HARD or one.permanent
        assert one.rule


def test_damaged_mails_are_read_or_say_nothing() -> None:
    chance = random.Random(20261124)
    for _time in range(1500):
        check(damaged(chance.choice(_WHOLE), chance))


@pytest.mark.long
def test_fifty_thousand_damaged_mails_are_read_or_say_nothing() -> None:
    chance = random.Random(4711)
    for _time in range(50_000):
        check(damaged(chance.choice(_WHOLE), chance))


_HEAD: Final = b"From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail\nReturn-Path: <>\n"
_REPORT: Final = _HEAD + b"Content-Type: multipart/report; boundary=b\n\n"
#: Mails that were made to take long, by what they repeat.
BOMBS: Final = {
    "headers": b"A: b\n" * 200_000,
    "one-header": b"Subject: " + b"=?utf-8?q?x?= " * 100_000,
    "folds": _HEAD + b"X: " + b"\n y" * 300_000,
    "nested": _HEAD
    + b"".join(b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5000)),
    "nested-mails": _HEAD + b"Content-Type: message/rfc822\n\n" * 20_000,
    "parts": _REPORT + b"--b\n\nx\n" * 100_000,
    "recipients": _REPORT
    + b"--b\nContent-Type: message/delivery-status\n\n"
    + b"Final-Recipient: a@b.example\n\n" * 30_000,
    "fields": _REPORT
    + b"--b\nContent-Type: message/delivery-status\n\nFinal-Recipient: a@b.example\n"
    + b"X: y\n z\n" * 80_000,
    "addresses": _HEAD + b"\n" + b"a@b.example: 550 user unknown\n" * 30_000,
    "many-addresses": _HEAD
    + b"\n"
    + b"".join(b"%d@b.example: 550 no\n" % number for number in range(30_000)),
    "many-reported": _REPORT
    + b"--b\nContent-Type: message/delivery-status\n\n"
    + b"".join(b"Final-Recipient: %d@b.example\nStatus: 5.0.0\n\n" % number for number in range(10_000)),
    "ats": _HEAD + b"\n" + b"@" * 500_000,
    "local-parts": _HEAD + b"\n" + b"a" * 500_000 + b"@b",
    "dots": _HEAD + b"\n" + b"a." * 250_000,
    "blanks": _HEAD + b"\n" + b" " * 500_000,
    "newlines": _HEAD + b"\n" + b"\n" * 500_000 + b"x",
    "brackets": _HEAD + b"\n" + b"<" * 500_000,
    "quotes": _HEAD + b"\n" + b'"' * 500_000,
    "html": _HEAD + b"Content-Type: text/html\n\n" + b"<script <!-- <p " * 40_000,
    "entities": _HEAD + b"Content-Type: text/html\n\n" + b"&lt;" * 150_000,
    "dashes": _HEAD + b"\n" + b"-" * 500_000,
    "rules": _HEAD + b"\n" + b"--- original " * 40_000,
    "made-of": _HEAD + b"\n" + b"a@b.example\n (generated from " * 20_000,
    "users": _HEAD + b"\n" + b"user " * 100_000,
    "quoted-printable": _HEAD + b"Content-Transfer-Encoding: quoted-printable\n\n" + b"=3D=\n" * 100_000,
    "parameters": _HEAD + b"Content-Type: multipart/mixed" + b"; a=b" * 100_000 + b"\n\n",
    "punycode": _HEAD + b"Content-Type: text/plain; charset=punycode\n\n" + b"\x80a-" * 100_000,
    "references": b"References: " + b"<a@b.example> " * 50_000 + b"\n\nx",
    "open-tag": _HEAD + b"Content-Type: text/html\n\n<" + b" " * 500_000 + b"br",
    "blank-start": b" " * 300_000 + b"\n" + _HEAD,
    "blank-starts": b"  \n" * 100_000 + _HEAD,
    "reasons": _HEAD + b"\n" + b"a@b.example\n (reason: x)\n (expanded from: <c@d.example>)\n" * 10_000,
    "expanded": _HEAD + b"\n" + b"(expanded from c@d.example" * 20_000,
    "sentences": _HEAD + b"\na@b.example\nuser unknown. " + b"It may be. " * 50_000,
    "guesses": _HEAD + b"\na@b.example\nuser unknown " + b"may " * 100_000,
    "labels": _HEAD + b"\n" + b"from from from from: a@b.example x\n" * 20_000,
    "no-labels": _HEAD + b"\n" + b"a" * 29 + b":" * 300_000,
    "marked": _HEAD + b"\n" + b">\n" * 200_000,
    "asked": _HEAD + b"\n" + b"write to to to to to a@b.example " * 20_000,
    "wishes": _HEAD.replace(b"MAILER-DAEMON", b"ada") + b"In-Reply-To: <a@b>\n\n" + b"unsubscribe\n" * 50_000,
    "links": b"From: a@b.example\nSubject: unsubscribe\nIn-Reply-To: <a@b>\nContent-Type: text/html\n\n"
    + b"<hr https://" * 50_000,
    "quotations": b"From: a@b.example\nSubject: unsubscribe\nIn-Reply-To: <a@b>\nContent-Type: text/html\n\n"
    + b"<blockquote" * 50_000,
    "subjects": _HEAD.replace(b"Undelivered", b"delivery " * 800) + b"\n",
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_mail_that_was_made_to_take_long_does_not(name: str) -> None:
    check(BOMBS[name])
