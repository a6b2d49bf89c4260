"""Reports by the standard, and what servers make of it: who is meant, what was said, what it means."""

from __future__ import annotations

import base64

import pytest

from digest.core.returned import Kind, Returned
from digest.mail.bounces import read_returned
from tests.mail.bounces.letters import COPY, COPY_HEAD, READER, fields, group, letter, report


def the_one(raw: bytes) -> Returned:
    (found,) = read_returned(raw)
    return found


def said(raw: bytes) -> tuple[str, Kind, str, str]:
    found = the_one(raw)
    return found.recipient, found.kind, found.reply, found.enhanced


UNKNOWN = group("550 5.1.1 <ada.quay@pier.example>: User unknown", status="5.1.1")


def test_an_unknown_reader_is_a_hard_bounce_with_both_codes_and_the_servers_words() -> None:
    found = the_one(report(fields(UNKNOWN)))
    assert (found.recipient, found.kind, found.permanent) == (READER, Kind.HARD, True)
    assert (found.reply, found.enhanced) == ("550", "5.1.1")
    assert found.text == "550 5.1.1 <ada.quay@pier.example>: User unknown"
    assert found.rule == "dsn:words:no-such-reader"


@pytest.mark.parametrize(
    ("action", "status", "kind", "permanent"),
    [
        ("delivered", "2.1.5", Kind.DELIVERED, False),
        ("relayed", "2.1.9", Kind.DELIVERED, False),
        ("expanded", "2.1.5", Kind.DELIVERED, False),
        ("delayed", "4.4.1", Kind.DELAYED, False),
        ("Delayed (still trying)", "4.4.1", Kind.DELAYED, False),
        ("FAILED", "4.4.7", Kind.SOFT, True),
        ("failed", "5.2.2", Kind.FULL, True),
    ],
)
def test_the_action_says_whether_it_failed(action: str, status: str, kind: Kind, permanent: bool) -> None:
    found = the_one(report(fields(group("none", status=status, action=action))))
    assert (found.kind, found.permanent) == (kind, permanent)


def test_every_recipient_of_a_report_is_told_apart() -> None:
    other = group("552 5.2.2 Mailbox full", status="5.2.2", recipient="bo@pier.example")
    third = group("250 ok", status="2.1.5", action="relayed", recipient="cy@pier.example")
    found = read_returned(report(fields(UNKNOWN, other, third)))
    assert [(one.recipient, one.kind) for one in found] == [
        (READER, Kind.HARD),
        ("bo@pier.example", Kind.FULL),
        ("cy@pier.example", Kind.DELIVERED),
    ]


def test_the_address_that_was_sent_to_is_named_and_the_one_it_became_is_a_clue() -> None:
    moved = "Original-Recipient: rfc822;ada.quay@pier.example\n" + group(
        "550 no", recipient="ada@elsewhere.example"
    )
    found = the_one(report(fields(moved)))
    assert found.recipient == READER
    assert "ada@elsewhere.example" in found.clues.addresses


def test_an_address_beyond_ascii_is_read_by_rfc_6533() -> None:
    plain = group("550 5.1.1 unknown user").replace("rfc822; ada.quay", "utf-8; h\\x{E5}fen")
    assert (
        the_one(report(fields(plain), status_type="message/global-delivery-status")).recipient
        == "håfen@pier.example"
    )
    direct = group("550 5.1.1 unknown user").replace("rfc822; ada.quay", "utf-8; 港口")
    assert the_one(report(fields(direct))).recipient == "港口@pier.example"


def test_xtext_that_a_server_left_as_it_was_is_undone_in_the_clues() -> None:
    hidden = "Original-Recipient: rfc822;ada+2Bnews@pier.example\n" + group(
        "550 no", recipient="ada@pier.example"
    )
    assert "ada+news@pier.example" in the_one(report(fields(hidden))).clues.addresses


@pytest.mark.parametrize(
    "status", ["5.1.1 (bad destination mailbox address)", "5.1.1"], ids=["comment", "bare"]
)
def test_a_status_may_stand_alone(status: str) -> None:
    raw = report(fields(f"Final-Recipient: RFC822;<{READER}>\nAction: failed\nStatus: {status}"))
    assert said(raw) == (READER, Kind.HARD, "", "5.1.1")


def test_a_report_without_status_is_read_by_its_diagnostic() -> None:
    raw = report(fields(f"Final-Recipient: rfc822;{READER}\nDiagnostic-Code: smtp;550 #5.1.1 no such user"))
    assert said(raw) == (READER, Kind.HARD, "550", "5.1.1")


def test_the_words_of_the_text_count_where_the_fields_say_nothing() -> None:
    text = f'This is the mail system.\n\n<{READER}>: unknown user: "ada.quay"\n'
    raw = report(fields(f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.0.0"), text=text)
    assert said(raw) == (READER, Kind.HARD, "", "5.0.0")


@pytest.mark.parametrize(
    "text",
    ["The mailbox may be closed, or the user does not exist.", "Vielleicht ist der Empfänger unbekannt."],
    ids=["english", "german"],
)
def test_a_guess_at_causes_makes_no_address_bad(text: str) -> None:
    bare = f"Final-Recipient: rfc822; {READER}\nAction: failed\nStatus: 5.0.0"
    assert said(report(fields(bare), text=f"<{READER}>\n{text}\n")) == (READER, Kind.SOFT, "", "5.0.0")


def test_of_several_each_has_its_own_words_of_the_text() -> None:
    text = f"<{READER}>: unknown user\n\n<bo@pier.example>: mailbox is full\n"
    bare = "Final-Recipient: rfc822; {}\nAction: failed\nStatus: 5.0.0"
    found = read_returned(report(fields(bare.format(READER), bare.format("bo@pier.example")), text=text))
    assert [one.kind for one in found] == [Kind.HARD, Kind.FULL]


@pytest.mark.parametrize(
    "broken",
    [
        lambda raw: raw.replace(b"\n", b"\r\n"),
        lambda raw: raw.replace(b"\n", b"\r"),
        lambda raw: raw.replace(b'; boundary="=_b"', b""),
        lambda raw: raw.replace(b'boundary="=_b"', b'boundary="other"'),
        lambda raw: raw.replace(b"\n--=_b--\n", b"\n"),
        lambda raw: raw[: raw.index(b"Remote-MTA")] + b"Diagnostic-Code: smtp; 550 5.1.1 unknown user",
        lambda raw: raw.replace(b"message/delivery-status", b"text/plain"),
        lambda raw: raw.replace(
            b"message/delivery-status", b"message/delivery-status; charset=no-such-thing"
        ),
        lambda raw: raw.replace(b"multipart/report; report-type=delivery-status", b"multipart/mixed"),
        lambda raw: b"From MAILER-DAEMON Tue Nov 24 08:00:05 2026\n" + raw,
        lambda raw: b"X-Long: " + b"x" * 90_000 + b"\n" + raw,
        lambda raw: b"\n\n" + raw,
        lambda raw: raw.replace(b"\nAction:", b"\n\nAction:"),
        lambda raw: raw.replace(
            b"Diagnostic-Code: smtp; 550 5.1.1", b"Diagnostic-Code: smtp;\n 550-5.1.1 no\n 550 5.1.1"
        ),
    ],
    ids=[
        *(
            "crlf",
            "cr",
            "no-boundary",
            "wrong-boundary",
            "no-end",
            "cut-off",
            "as-text",
            "odd-charset",
            "mixed",
        ),
        *("mbox", "huge-header", "blank-lines", "parted-fields", "folded"),
    ],
)
def test_a_report_that_is_damaged_says_the_same(broken) -> None:  # type: ignore[no-untyped-def]
    assert said(broken(report(fields(UNKNOWN)))) == (READER, Kind.HARD, "550", "5.1.1")


def test_a_report_in_base64_is_read() -> None:
    packed = base64.encodebytes(fields(UNKNOWN).encode()).decode()
    kind = "message/delivery-status\nContent-Transfer-Encoding: base64"
    assert said(report(packed, status_type=kind)) == (READER, Kind.HARD, "550", "5.1.1")


def test_headers_alone_of_the_copy_are_enough() -> None:
    whole = the_one(report(fields(UNKNOWN), copy=COPY))
    heads = the_one(report(fields(UNKNOWN), copy=COPY_HEAD, copy_type="text/rfc822-headers"))
    assert whole.clues == heads.clues


def test_whom_the_report_names_as_a_file_is_named_by_the_text() -> None:
    bare = "Final-Recipient: rfc822; |/usr/bin/sort\nAction: failed\nStatus: 5.2.2"
    raw = report(fields(bare), text=f"The following address failed:\n\n  {READER}\n")
    assert said(raw) == (READER, Kind.FULL, "", "5.2.2")


def test_a_report_that_a_person_pasted_into_a_letter_is_a_reply() -> None:
    raw = letter(
        "What does this mean?\n\n" + fields(UNKNOWN),
        From="Ada <ada.quay@pier.example>",
        Subject="Re: Ports agree",
    )
    assert the_one(raw).kind is Kind.REPLY


def test_a_name_beyond_ascii_may_come_as_encoded_words() -> None:
    plain = group("550 5.1.1 unknown user").replace("ada.quay", "=?utf-8?Q?h=C3=A5fen?=")
    assert the_one(report(fields(plain))).recipient == "håfen@pier.example"


def test_a_receipt_for_what_a_full_mailbox_threw_away_is_a_bounce() -> None:
    text = f"Final-Recipient: rfc822;{READER}\nDisposition: automatic-action/MDN-sent-automatically; deleted"
    kind = 'multipart/report; report-type=disposition-notification; boundary="=_b"'
    for words, told in (("Rejected: quota exceeded.", Kind.FULL), ("Rejected: not today.", Kind.AUTO_REPLY)):
        raw = report(
            text,
            text=words,
            status_type="message/disposition-notification",
            Subject="Rejected: Ports agree",
            Content_Type=kind,
        )
        assert the_one(raw).kind is told
    assert the_one(raw.replace(b"not today", b"quota exceeded")).recipient == READER


def test_a_receipt_is_an_automatic_answer() -> None:
    text = f"Final-Recipient: rfc822;{READER}\nDisposition: manual-action/MDN-sent-manually; displayed"
    kind = 'multipart/report; report-type=disposition-notification; boundary="=_b"'
    raw = report(
        text,
        status_type="message/disposition-notification",
        From=READER,
        Subject="Read: Ports agree",
        Content_Type=kind,
    )
    assert (the_one(raw).kind, the_one(raw).rule) == (Kind.AUTO_REPLY, "mdn")
