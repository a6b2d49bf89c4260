"""The heading of a copy: exactly the headers that it should have, in bytes."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from digest.errors import InputError
from digest.mail.headers import Addresses, Mailbox, header_block
from digest.mail.heading import (
    CohortHeading,
    CopyHeaders,
    ListIdentity,
    ListLinks,
    ReaderHeading,
    can_be_answered,
    check_sender,
    mailto,
)
from digest.mail.identifiers import return_path
from tests.mail.headings import header_block_of
from tests.mail.wire import HOSTILE, decoded, fields

LINKS = ListLinks(
    help="https://news.example/help",
    owner="mailto:owner@news.example",
    archive="https://news.example/archive",
    subscribe="https://news.example/subscribe",
)
COHORT = CohortHeading(
    sender=Mailbox("daily@news.example", "The Daily"),
    subject="Gallium rules change",
    date=datetime(2026, 11, 24, 8, 0, tzinfo=timezone(timedelta(hours=1))),
    boundary="=_digest_7_3_=",
    feedback_id="7:daily:issue:newsexample",
    newsletter=ListIdentity("The Daily", "daily.news.example", LINKS),
)
READER = ReaderHeading(
    to=Mailbox("ann@reader.example", "Ann Example"),
    message_id="<7.42.abc@news.example>",
    unsubscribe_url="https://news.example/unsubscribe/token-1",
    unsubscribe_mailto="mailto:unsubscribe+42.abc@news.example",
)
STANDARD = [
    "From",
    "Subject",
    "Date",
    "To",
    "Message-ID",
    "List-Unsubscribe",
    "List-Unsubscribe-Post",
    "List-Id",
    "List-Help",
    "List-Subscribe",
    "List-Owner",
    "List-Archive",
    "List-Post",
    "Feedback-ID",
    "Auto-Submitted",
    "MIME-Version",
    "Content-Type",
]


def test_the_heading_of_a_copy_on_the_wire() -> None:
    assert header_block_of(COHORT, READER) == (
        b"From: The Daily <daily@news.example>\r\n"
        b"Subject: Gallium rules change\r\n"
        b"Date: Tue, 24 Nov 2026 07:00:00 +0000\r\n"
        b"To: Ann Example <ann@reader.example>\r\n"
        b"Message-ID: <7.42.abc@news.example>\r\n"
        b"List-Unsubscribe: <https://news.example/unsubscribe/token-1>,\r\n"
        b" <mailto:unsubscribe+42.abc@news.example>\r\n"
        b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        b"List-Id: The Daily <daily.news.example>\r\n"
        b"List-Help: <https://news.example/help>\r\n"
        b"List-Subscribe: <https://news.example/subscribe>\r\n"
        b"List-Owner: <mailto:owner@news.example>\r\n"
        b"List-Archive: <https://news.example/archive>\r\n"
        b"List-Post: NO\r\n"
        b"Feedback-ID: 7:daily:issue:newsexample\r\n"
        b"Auto-Submitted: auto-generated\r\n"
        b"MIME-Version: 1.0\r\n"
        b'Content-Type: multipart/alternative; boundary="=_digest_7_3_="\r\n'
    )


def test_plain_text_alone_names_its_encoding() -> None:
    wire = header_block_of(replace(COHORT, boundary=None), READER)
    assert wire.endswith(
        b"MIME-Version: 1.0\r\n"
        b"Content-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: quoted-printable\r\n"
    )


def test_a_header_without_a_link_to_honour_is_left_out() -> None:
    cohort = replace(COHORT, newsletter=ListIdentity("The Daily", "daily.news.example"), feedback_id=None)
    reader = READER._replace(unsubscribe_url=None, unsubscribe_mailto=None)
    names = [name for name, _ in fields(header_block_of(cohort, reader))]
    missing = {"List-Unsubscribe", "List-Unsubscribe-Post", "List-Help", "List-Subscribe", "List-Owner"}
    assert names == [name for name in STANDARD if name not in missing | {"List-Archive", "Feedback-ID"}]
    only_mail = READER._replace(unsubscribe_url=None)
    wire = header_block_of(cohort, only_mail)
    assert b"List-Unsubscribe: <mailto:unsubscribe+42.abc@news.example>\r\n" in wire
    assert b"One-Click" not in wire


def test_a_mail_that_belongs_to_no_newsletter_names_no_list() -> None:
    cohort = replace(COHORT, newsletter=None)
    reader = READER._replace(unsubscribe_url=None, unsubscribe_mailto=None)
    assert b"List-" not in header_block_of(cohort, reader)


@pytest.mark.parametrize(
    ("title", "value"),
    [
        ("The Daily, Inc.", '"The Daily, Inc." <daily.news.example>'),
        ("中国日报", "<daily.news.example>"),
        ("=?utf-8?q?x?=", "<daily.news.example>"),
        ("Daily\r\nBcc: evil@example.org", '"Daily Bcc: evil@example.org" <daily.news.example>'),
        ("", "<daily.news.example>"),
    ],
)
def test_a_list_id_is_never_encoded(title: str, value: str) -> None:
    cohort = replace(COHORT, newsletter=ListIdentity(title, "daily.news.example"))
    assert dict(fields(header_block_of(cohort, READER)))["List-Id"] == value


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_words_add_no_header(hostile: str) -> None:
    cohort = replace(
        COHORT,
        subject=hostile,
        sender=Mailbox("daily@news.example", hostile),
        newsletter=ListIdentity(hostile, "daily.news.example", LINKS),
    )
    wire = header_block_of(cohort, READER._replace(to=Mailbox("ann@reader.example", hostile)))
    found = fields(wire)
    assert [name for name, _ in found] == STANDARD
    assert wire.isascii()
    values = dict(found)
    assert decoded(values["To"]).endswith("ann@reader.example>") or values["To"] == "ann@reader.example"
    links = "<https://news.example/unsubscribe/token-1>, <mailto:unsubscribe+42.abc@news.example>"
    assert values["List-Unsubscribe"] == links


@pytest.mark.parametrize("hostile", [h for h in HOSTILE if h])
def test_hostile_machine_words_are_refused(hostile: str) -> None:

    identity = ListIdentity("The Daily", "daily.news.example", LINKS)
    hostile_help = replace(LINKS, help=f"https://x/é{hostile}")
    for reader in (
        READER._replace(message_id=hostile),
        READER._replace(unsubscribe_url=hostile),
        READER._replace(unsubscribe_mailto=hostile),
        READER._replace(to=Mailbox(hostile)),
    ):
        with pytest.raises(ValueError):
            header_block_of(COHORT, reader)
    for cohort in (
        replace(COHORT, newsletter=replace(identity, list_id=hostile)),
        replace(COHORT, newsletter=replace(identity, links=hostile_help)),
        replace(COHORT, feedback_id=f"{hostile}é"),
        replace(COHORT, sender=Mailbox(hostile)),
    ):
        with pytest.raises(ValueError):
            CopyHeaders(cohort)


@pytest.mark.parametrize("tail", [">", "> <b", " b", "\r\nBcc: b", "\x00", "é", "=?utf-8?q?x?="])
def test_a_link_cannot_be_left_from_within(tail: str) -> None:
    with pytest.raises(ValueError):
        header_block_of(COHORT, READER._replace(unsubscribe_url=f"https://news.example/u{tail}"))
    with pytest.raises(ValueError):
        header_block_of(COHORT, READER._replace(unsubscribe_mailto=f"mailto:u@news.example{tail}"))


@pytest.mark.parametrize("local", ["d", "d" * 64, "&" * 50])
def test_a_sender_is_refused_exactly_when_its_name_does_not_fit_into_the_links(local: str) -> None:
    taken = [address for size in range(6, 180) if not refusal_of(address := sender_of(local, size))]
    refused = [address for size in range(6, 180) if refusal_of(address := sender_of(local, size))]
    assert taken
    assert refused
    for address, fits in ((taken[-1], True), (refused[0], False)):
        back = return_path(2**63 - 1, key=b"k", domain=address.rpartition("@")[2])
        links = [f"{mailto(address)}?subject=unsubscribe", f"mailto:{back}?subject=unsubscribe"]
        assert all(len(link) <= 200 for link in links) == fits
        assert len(back) + 2 <= 256


def sender_of(local: str, size: int) -> str:
    """An address whose domain has so many octets, in labels of at most 63."""
    labels = "-".join(["label"] * 40)[: size - 2]
    return f"{local}@{'.'.join(re.findall('.{1,50}', labels))}.e".replace("-.", "x.").replace(".-", ".x")


def refusal_of(address: str) -> str:
    """Why it is refused as a sender; empty when it is not."""
    try:
        check_sender(address)
    except InputError as refusal:
        return str(refusal)
    return ""


def test_a_sender_beyond_ascii_is_refused() -> None:
    assert "not in ASCII" in refusal_of("jürgen@news.example")
    assert refusal_of("jurgen@bücher.example") == ""


@pytest.mark.parametrize(
    ("address", "link"),
    [
        ("desk@news.example", "mailto:desk@news.example"),
        ("news+tide@news.example", "mailto:news+tide@news.example"),
        ("o'neil&sons#1?%@news.example", "mailto:o'neil%26sons%231%3F%25@news.example"),
        ("a=b/c{d}^`|@news.example", "mailto:a%3Db%2Fc%7Bd%7D%5E%60%7C@news.example"),
    ],
)
def test_a_delimiter_in_an_address_does_not_end_it_in_a_link(address: str, link: str) -> None:
    assert mailto(address) == link
    parts = urlsplit(link + "?subject=help")
    assert (unquote(parts.path), parts.query, parts.fragment) == (address, "subject=help", "")


def test_a_link_is_at_most_200_octets() -> None:

    base = "https://news.example/"
    header_block_of(COHORT, READER._replace(unsubscribe_url=base + "x" * (200 - len(base))))
    with pytest.raises(ValueError, match="200"):
        header_block_of(COHORT, READER._replace(unsubscribe_url=base + "x" * (201 - len(base))))


def test_a_reader_beyond_ascii_gets_the_raw_address_and_nobody_else_does() -> None:

    wire = header_block_of(COHORT, READER._replace(to=Mailbox("jürgen@bücher.example", "Jürgen")))
    assert "<jürgen@bücher.example>\r\n".encode() in wire
    assert header_block_of(COHORT, READER._replace(to=Mailbox("ann@bücher.example"))).isascii()
    with pytest.raises(ValueError, match="ASCII"):
        CopyHeaders(replace(COHORT, sender=Mailbox("jürgen@news.example")))


def test_the_date_is_utc_whatever_zone_it_is_given_in() -> None:
    same = replace(COHORT, date=COHORT.date.astimezone(UTC))
    assert header_block_of(same, READER) == header_block_of(COHORT, READER)


@given(
    st.text("abcXYZ089 .,'\"(é", max_size=90),
    st.sampled_from(["ada@example.org", "a" * 60 + "@example.org", "b.c+d@mail.example"]),
)
def test_the_short_way_to_a_to_field_gives_what_the_general_writer_gives(name: str, address: str) -> None:
    to = Mailbox(address, name)
    heading = ReaderHeading(to, "<1.2.abc@example.org>")
    cohort = CohortHeading(Mailbox("desk@example.org"), "News", datetime(2026, 11, 24, tzinfo=UTC), None)
    assert header_block((("To", Addresses((to,))),)) in header_block_of(cohort, heading)


@pytest.mark.parametrize("boundary", ["=_digest_7_4_=", None])
def test_cohorts_that_differ_in_their_boundary_share_the_rest(boundary: str | None) -> None:
    other = CopyHeaders(replace(COHORT, boundary=boundary))
    assert CopyHeaders(COHORT).with_boundary(boundary).pieces(READER) == other.pieces(READER)


def test_answers_go_to_another_address_where_one_is_named() -> None:
    block = header_block_of(replace(COHORT, reply_to="zoe@bücher.example"), READER)
    assert block.startswith(
        b"From: The Daily <daily@news.example>\r\nReply-To: zoe@xn--bcher-kva.example\r\nSubject: "
    )
    assert b"Reply-To" not in header_block_of(COHORT, READER)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "zoë@reader.example",
        "a b@reader.example",
        "a@b\r\nBcc: eve@evil.example",
        "Ann <a@b.example>",
        "a@b, c@d",
    ],
    ids=["empty", "local", "space", "two lines", "name", "two"],
)
def test_answers_go_to_no_address_that_some_server_does_not_know(address: str) -> None:
    assert not can_be_answered(address)
    with pytest.raises(ValueError, match="Reply-To"):
        header_block_of(replace(COHORT, reply_to=address), READER)
