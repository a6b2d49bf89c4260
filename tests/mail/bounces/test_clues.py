"""By what a copy is found: every place in which servers hide the names that we gave it."""

from __future__ import annotations

import base64

import pytest

from digest.core.returned import Clues
from digest.mail.bounces import read_returned
from digest.mail.identifiers import verify_return_path
from tests.mail.bounces.letters import (
    BACK,
    COPY,
    COPY_HEAD,
    COPY_ID,
    DELIVERY,
    KEY,
    LINK,
    READER,
    fields,
    group,
    letter,
    report,
    with_copy,
)

UNKNOWN = fields(group("550 5.1.1 user unknown", status="5.1.1"))


def clues(raw: bytes, **envelope: str) -> Clues:
    return read_returned(raw, **envelope)[0].clues


def test_a_copy_that_came_back_tells_all_its_names() -> None:
    found = clues(report(UNKNOWN, To="someone@harbour.example"))
    assert found.return_paths == (BACK,)
    assert found.message_ids == (COPY_ID,)
    assert found.links == (LINK, f"mailto:{BACK}?subject=unsubscribe")
    assert READER in found.addresses


@pytest.mark.parametrize("name", ["Delivered-To", "X-Original-To", "Envelope-To", "To"])
def test_the_address_that_a_report_came_to_is_a_clue(name: str) -> None:
    headers = {"To": "x@harbour.example"} | {name.replace("-", "_"): f"<{BACK}>"}
    assert clues(report(UNKNOWN, copy="", **headers)).return_paths == (BACK,)


def test_the_envelope_is_the_best_clue() -> None:
    other = BACK.replace("4711", "4712")
    assert clues(report(UNKNOWN), envelope_to=other).return_paths == (other, BACK)


@pytest.mark.parametrize(
    "written",
    [
        BACK.upper(),
        BACK.title(),
        f"SRS0=a1b2=cd=harbour.example={BACK.partition('@')[0]}@forward.example",
        f"prvs=1234567890={BACK}",
        BACK.replace("+", "%2B"),
    ],
    ids=["upper", "title", "srs", "batv", "percent"],
)
def test_what_servers_make_of_a_return_path_can_still_be_verified(written: str) -> None:
    found = clues(report(UNKNOWN, copy="", To="x@harbour.example"), envelope_to=written)
    assert verify_return_path(found.return_paths[0], keys=[KEY]) == DELIVERY


def test_headers_that_were_quoted_in_a_text_are_clues() -> None:
    for mark in ("", "> ", "    "):
        quoted = "".join(f"{mark}{line}\n" for line in COPY_HEAD.splitlines())
        raw = letter(
            f"<{READER}>: user unknown\n\n--- Original message follows ---\n\n{quoted}", To="x@y.example"
        )
        assert clues(raw).message_ids == (COPY_ID,)
        assert clues(raw).return_paths == (BACK,)


def test_a_copy_in_base64_is_read() -> None:
    packed = base64.encodebytes(COPY.encode()).decode()
    raw = with_copy("undeliverable", packed, To="x@y.example").replace(
        b"Content-Type: message/rfc822\n",
        b"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n",
    )
    assert clues(raw).message_ids == (COPY_ID,)


@pytest.mark.parametrize("named", [BACK, BACK.replace("+", "+2B")], ids=["as-it-is", "in-xtext"])
def test_the_envelope_id_is_a_clue(named: str) -> None:
    raw = report(
        UNKNOWN.replace("Arrival-Date:", f"Original-Envelope-Id: {named}\nArrival-Date:"),
        copy="",
        To="x@y.example",
    )
    assert clues(raw).return_paths == (BACK,)


def test_what_a_report_answers_is_a_clue() -> None:
    raw = report(
        UNKNOWN, copy="", To="x@y.example", In_Reply_To=COPY_ID, References=f"<other@x.example> {COPY_ID}"
    )
    assert clues(raw).message_ids == (COPY_ID, "<other@x.example>")


def test_a_thousand_names_are_not_kept() -> None:
    many = "\n".join(f"bounces+{number}.{'a' * 20}@harbour.example" for number in range(1000))
    found = clues(
        letter(
            f"<{READER}>: user unknown\n{many}", References=" ".join(f"<{n}@x.example>" for n in range(1000))
        )
    )
    assert len(found.return_paths) <= 20
    assert len(found.message_ids) <= 20
