"""Mails that editors forward become items, alone or in a mailbox, however a mail program wrote them."""

from __future__ import annotations

import re
from datetime import date
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ingest.formats import read
from digest.ingest.gathered import Gathered
from digest.ingest.mails import looks_like_mail, read_mails
from subscribers.model import Section


def a_mail(
    text: str = "Eight ports will share one list.\n\nIt begins in May.\n", **headers: str
) -> EmailMessage:
    mail = EmailMessage()
    mail["From"] = headers.get("sender", "Harbour Post <news@harbour.example>")
    mail["Subject"] = headers.get("subject", "Ports agree – 港口")
    mail["Date"] = headers.get("date", "Mon, 23 Nov 2026 08:00:00 +0100")
    mail.set_content(text)
    return mail


def gather(data: bytes) -> Gathered:
    return read(data, source="x.eml")


def test_a_mail_is_an_item() -> None:
    found = read(a_mail().as_bytes(), source="x", section=Section.REPORT, topics=("shipping",))
    (draft,) = found.drafts
    assert (draft.title, draft.paragraphs) == (
        "Ports agree – 港口",
        ("Eight ports will share one list.", "It begins in May."),
    )
    assert (draft.source, draft.source_date) == ("Harbour Post", date(2026, 11, 23))
    assert (draft.section, draft.topics) == (Section.REPORT, ("shipping",))


@pytest.mark.parametrize(
    "block",
    [
        "---------- Forwarded message ---------\nFrom: Coast Radio <desk@coast.example>\n"
        "Date: Sat, 21 Nov 2026 at 07:10\nSubject: Fwd: Night trains\nTo: Ada <ada@example.org>\n\n"
        "They return.\n\nSoon.\n",
        "Begin forwarded message:\n\n> From: Coast Radio <desk@coast.example>\n> Subject: Night trains\n"
        "> Date: 21 November 2026 at 07:10:00 CET\n> To: ada@example.org\n\n> They return.\n\n> Soon.\n",
        "------------------ 原始邮件 ------------------\n发件人： Coast Radio <desk@coast.example>\n"
        "发送时间： 2026年11月21日(星期六) 7:10\n收件人： Ada\n主题： 转发: Night trains\n\n"
        "They return.\n\nSoon.\n",
        "-----Original Message-----\nFrom: Coast Radio\nSent: November 21, 2026 7:10 AM\nTo: Ada\n"
        "Subject: Night trains\n\nThey return.\n\nSoon.\n",
    ],
)
def test_what_was_forwarded_is_the_first_writers(block: str) -> None:
    found = gather(a_mail(f"For tomorrow, please.\n\n{block}", subject="Fwd: Night trains").as_bytes())
    (draft,) = found.drafts
    assert (draft.title, draft.paragraphs) == ("Night trains", ("They return.", "Soon."))
    assert (draft.source, draft.source_date) == ("Coast Radio", date(2026, 11, 21))


def test_a_mail_that_is_attached_is_the_item() -> None:
    outer = a_mail("See below.\n", subject="WG: Night trains")
    outer.add_attachment(
        a_mail("They return.\n", subject="Night trains", sender="Coast Radio <desk@coast.example>")
    )
    (draft,) = gather(outer.as_bytes()).drafts
    assert (draft.title, draft.paragraphs, draft.source) == ("Night trains", ("They return.",), "Coast Radio")


def test_html_is_read_where_there_is_no_plain_text() -> None:
    mail = a_mail()
    mail.set_content("<p>Eight <b>ports</b></p><script>x()</script><ul><li>May</ul>", subtype="html")
    mail.add_attachment(b"\x89PNG", maintype="image", subtype="png", filename="a.png")
    mail.add_attachment("left out", filename="notes.txt")
    (draft,) = gather(mail.as_bytes()).drafts
    assert draft.paragraphs == ("Eight ports", "• May")


def test_signatures_and_marks_of_forwarding_go_and_flowed_lines_join() -> None:
    mail = a_mail("Eight ports \nwill share.\n\n-- \nAda\n", subject="Fwd: AW: 转发：Ports: agree")
    mail.set_param("format", "flowed")
    (draft,) = gather(mail.as_bytes()).drafts
    assert (draft.title, draft.paragraphs) == ("Ports: agree", ("Eight ports will share.",))


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_mailbox_holds_many(end: str) -> None:
    box = "".join(
        f"From desk@example.org Mon Nov 23 08:00:00 2026\n{a_mail(text, subject=subject)}\n"
        for subject, text in [
            ("One", "First.\n\n>From the coast.\n"),
            ("", "No subject.\n"),
            ("Two", "Second.\n"),
        ]
    )
    found = gather(box.replace("\n", end).encode())
    assert [(one.title, one.paragraphs) for one in found.drafts] == [
        ("One", ("First.", "From the coast.")),
        ("Two", ("Second.",)),
    ]
    (refusal,) = found.rejected
    assert refusal.reason == "the mail has no subject"
    assert box.split("\n")[refusal.line - 1].startswith("From desk")


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"Content-Type: text/plain; charset=gb2312\n\n\xb8\xdb\xbf\xda", "港口"),
        (b"Content-Type: text/plain; charset=nonsense\n\n\xe6\xb8\xaf", "港"),
        (b"Content-Transfer-Encoding: base64\n\nSGFyYm91cg==", "Harbour"),
        (b"Content-Transfer-Encoding: quoted-printable\n\nHarb=6Fur", "Harbour"),
    ],
    ids=["gb2312", "nonsense", "base64", "quoted"],
)
def test_bodies_are_decoded(raw: bytes, said: str) -> None:
    (draft,) = gather(b"From: a@example.org\nSubject: =?utf-8?b?5riv?=\n" + raw).drafts
    assert (draft.title, draft.paragraphs) == ("港", (said,))
    assert draft.source is None


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"From: a@b.example\nSubject: A\n\n", "has no text"),
        (b"From: a@b.example\nTo: b\n\nwords", "has no subject"),
        (
            b"From: a@b.example\nSubject: A\nContent-Type: text/html\n\n" + b"<div>" * 5000,
            "nested too deep|no text",
        ),
        (
            b"From: a@b.example\nSubject: A\nContent-Type: multipart/mixed; boundary=x\n\n"
            + b"--x\n\nz\n" * 200,
            "too many parts",
        ),
    ],
    ids=["no text", "no subject", "a deep nest", "many parts"],
)
def test_what_holds_no_item_is_refused(data: bytes, complaint: str) -> None:
    (refusal,) = gather(data).rejected
    assert re.search(complaint, refusal.reason), refusal.reason


def test_a_subject_is_cut_after_a_word_and_turns_no_other_words_round() -> None:
    subject = f"Fwd: \u202eFees rise{' and rise' * 100}"
    (draft,) = gather(a_mail(subject=subject, sender="\u2067Harbour Post <a@b.example>").as_bytes()).drafts
    assert draft.title.startswith("Fees rise and rise")
    assert draft.title.endswith(" and rise…")
    assert len(draft.title) <= 300
    assert draft.source == "Harbour Post"
    (refusal,) = gather(a_mail(subject="\u200b\u3164").as_bytes()).rejected
    assert refusal.reason == "the mail has no subject"


def test_a_nest_of_mails_is_refused_or_read() -> None:
    data = b"From: a@b.example\nSubject: A\n"
    for depth in range(3000):
        data += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (depth, depth)
    found = read_mails(data, source="x")
    assert len(found.drafts) + len(found.rejected) == 1


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("From: Ada\nSubject: A\n\nb", True),
        ("Received: by x\nFrom: Ada\n\nb", True),
        ("From ada Mon Nov 23\nSubject: A\nFrom: Ada\n\nb", True),
        ("From the Coast\n\nShips came in.\n", False),
        ("From: the coast\n\nShips came in.\n", False),
        ("Date: unknown\n\nFrom: here\n", False),
    ],
)
def test_mails_are_recognised_by_their_headers(text: str, is_one: bool) -> None:
    assert looks_like_mail(text.encode()) is is_one


def test_long_lines_of_hyphens_are_read_in_time() -> None:
    (draft,) = gather(a_mail("-" * 300_000 + "\n\n" + "> " * 100_000 + "\n").as_bytes()).drafts
    assert draft.paragraphs


_PIECES = st.sampled_from(
    (
        *(b"From: a <a@b.example>\n", b"Subject: =?utf-8?q?A?=\n", b"Subject: =?x?b?!?=\n", b"\n", b"--x\n"),
        *(b"--x--\n", b"Content-Type: multipart/mixed; boundary=x\n", b"words\n", b"From x Mon\n"),
        *(b"Content-Type: text/html; charset=\xff\n", b"Content-Transfer-Encoding: base64\n"),
        *(b"Content-Transfer-Encoding: uuencode\n", b"begin 644 x\n", b"Content-Type: message/rfc822\n"),
        *(
            b"Date: Mon, 99 Nov 99999\n",
            b">From \n",
            b"\xff\xfe",
            b"---------- Forwarded message ---------\n",
        ),
        *(b"> From: b\n", b"> Date: 2026-13-40\n", b"-- \n", b" \t\n"),
    )
)


@given(st.lists(_PIECES, max_size=40).map(b"".join))
def test_whatever_a_mail_is_made_of_it_is_taken_or_refused(data: bytes) -> None:
    found = read(data, source="x", format="mail")
    assert found.drafts or found.rejected or not data.strip()
    assert all(one.title and one.paragraphs for one in found.drafts)
