"""Complaints: who complained, of which copy, and what is a report but no complaint."""

from __future__ import annotations

import pytest

from digest.core.returned import Kind, Returned
from digest.mail.bounces import read_returned
from tests.mail.bounces.letters import BACK, COPY, COPY_ID, LINK, READER, complaint, with_copy

HEAD = "Feedback-Type: {}\nUser-Agent: Pier/1.0\nVersion: 1\n"


def the_one(raw: bytes) -> Returned:
    (found,) = read_returned(raw)
    return found


def test_a_complaint_names_the_reader_and_the_copy() -> None:
    fields = HEAD.format("abuse") + f"Original-Mail-From: <{BACK}>\nOriginal-Rcpt-To: <{READER}>\n"
    found = the_one(complaint(fields))
    assert (found.kind, found.recipient, found.rule, found.permanent) == (
        Kind.COMPLAINT,
        READER,
        "arf:abuse",
        False,
    )
    assert found.clues.return_paths == (BACK,)
    assert found.clues.message_ids == (COPY_ID,)
    assert found.clues.links[0] == LINK


@pytest.mark.parametrize(
    ("kind", "meant"),
    [
        ("abuse", Kind.COMPLAINT),
        ("fraud", Kind.COMPLAINT),
        ("other", Kind.COMPLAINT),
        ("miscategorized", Kind.COMPLAINT),
        ("Abuse", Kind.COMPLAINT),
        ("opt-out", Kind.UNSUBSCRIBE),
        ("opt-out-list", Kind.UNSUBSCRIBE),
        ("auth-failure", Kind.AUTO_REPLY),
        ("not-spam", Kind.AUTO_REPLY),
        ("virus", Kind.BLOCKED),
    ],
)
def test_the_type_of_a_report_says_what_it_means(kind: str, meant: Kind) -> None:
    found = the_one(complaint(HEAD.format(kind) + f"Original-Rcpt-To: {READER}\n"))
    assert (found.kind, found.recipient) == (meant, READER)


def test_each_of_several_who_complained_is_told() -> None:
    fields = HEAD.format("abuse") + f"Original-Rcpt-To: {READER}\nOriginal-Rcpt-To: bo@pier.example\n"
    assert [one.recipient for one in read_returned(complaint(fields))] == [READER, "bo@pier.example"]


def test_who_wants_to_be_removed_is_told() -> None:
    fields = HEAD.format("opt-out") + f"Removal-Recipient: {READER}\n"
    assert the_one(complaint(fields)).recipient == READER


@pytest.mark.parametrize("hidden", ["redacted@pier.example", "x" * 32 + "@pier.example"], ids=["word", "xs"])
def test_a_redacted_complaint_is_found_by_the_copy(hidden: str) -> None:
    fields = HEAD.format("abuse") + f"Original-Rcpt-To: {hidden}\n"
    found = the_one(complaint(fields, copy=COPY.replace(READER, hidden)))
    assert (found.kind, found.recipient, found.clues.message_ids) == (Kind.COMPLAINT, "", (COPY_ID,))


def test_a_complaint_without_address_is_by_whom_the_copy_went_to() -> None:
    assert the_one(complaint(HEAD.format("abuse"))).recipient == READER


def test_microsofts_complaints_are_read() -> None:
    copy = f"X-HmXmrOriginalRecipient: {READER}\n{COPY.replace(f'To: {READER}', 'To: list@harbour.example')}"
    raw = with_copy("", copy, From="staff@hotmail.com", Subject="complaint about message from 192.0.2.7")
    assert (the_one(raw).kind, the_one(raw).recipient) == (Kind.COMPLAINT, READER)


def test_our_own_address_is_never_the_reader() -> None:
    fields = HEAD.format("abuse") + "Original-Rcpt-To: desk@harbour.example\n"
    (found,) = read_returned(complaint(fields), ours=["harbour.example"])
    assert found.recipient == READER


def test_an_aggregate_report_about_our_domain_is_no_complaint() -> None:
    raw = complaint(
        "", From="dmarc@pier.example", Subject="Report Domain: x", To="dmarc@harbour.example"
    ).replace(b"message/feedback-report", b"application/gzip")
    assert read_returned(raw) == ()
