"""Mails are found in files of any form, one after the other, and what cannot be read is told."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from digest.mail.mailfiles import MOST_OCTETS, FoundMail, Unreadable, mails_in

ONE = b"Subject: one\n\nFirst.\n"
BOX = (
    b"From MAILER-DAEMON Mon Nov 23 12:00:00 2026\nSubject: one\n\nFirst.\n>From here on\nFrom the start\n\n"
    b"From <ana@example.org> Mon Nov 23 12:01:00 2026\nSubject: two\n\nSecond.\n"
)


def found(path: Path, **environment: str) -> list[FoundMail | Unreadable]:
    return list(mails_in(path, environment))


def test_a_mail_in_a_file_is_read_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "a.eml"
    file.write_bytes(ONE)
    assert found(file, RECIPIENT="x@y.example") == [FoundMail(ONE, str(file))]


def test_a_mailbox_has_its_mails_with_their_senders_and_places(tmp_path: Path) -> None:
    file = tmp_path / "box"
    file.write_bytes(BOX)
    first, second = found(file)
    assert isinstance(first, FoundMail)
    assert isinstance(second, FoundMail)
    # a line of text that looks like a beginning is none without an empty line before it
    assert b"Subject: one\n\nFirst.\nFrom here on\nFrom the start\n" in first.raw
    assert (first.name, first.envelope_from) == (f"{file}#1", "")
    assert second.raw == b"Subject: two\n\nSecond.\n"
    assert (second.name, second.envelope_from) == (f"{file}#2", "ana@example.org")


@pytest.mark.parametrize(
    ("told", "to", "sender"),
    [
        ({}, "", None),
        ({"RECIPIENT": "b@x.example", "SENDER": ""}, "b@x.example", ""),
        (
            {"RECIPIENT": "b@x.example", "ORIGINAL_RECIPIENT": "c@x.example", "SENDER": "d@x.example"},
            "c@x.example",
            "d@x.example",
        ),
    ],
    ids=["nothing", "null-sender", "original"],
)
def test_standard_input_is_one_mail_with_the_envelope_that_the_server_tells(
    told: dict[str, str], to: str, sender: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(ONE)))
    assert found(Path("-"), **told) == [FoundMail(ONE, "-", to, sender)]


def test_a_folder_is_read_by_name_and_what_is_hidden_is_left_alone(tmp_path: Path) -> None:
    for name in ("b", "a", ".index"):
        (tmp_path / name).write_bytes(ONE)
    (tmp_path / "below").mkdir()
    assert [one.name for one in found(tmp_path)] == [str(tmp_path / "a"), str(tmp_path / "b")]


@pytest.mark.parametrize("kind", ["missing", "empty", "loop"])
def test_what_cannot_be_read_is_told_with_its_reason(tmp_path: Path, kind: str) -> None:
    file = tmp_path / "odd"
    if kind == "empty":
        file.touch()
    elif kind == "loop":
        file.symlink_to(file)
    (one,) = found(file)
    assert isinstance(one, Unreadable)
    assert one.name == str(file)
    assert one.reason == "it is empty" if kind == "empty" else one.reason.startswith("it cannot be read (")


def test_a_mailbox_of_many_large_mails_is_read_as_it_is_gone_through(tmp_path: Path) -> None:
    file = tmp_path / "box"
    with file.open("wb") as out:
        for _ in range(3):
            out.write(
                b"From x Mon Nov 23 12:00:00 2026\nSubject: large\n\n" + b"line of text\n" * 200_000 + b"\n"
            )
    reading = mails_in(file, {})
    first = next(reading)
    assert isinstance(first, FoundMail)
    # of each the first part
    assert MOST_OCTETS <= len(first.raw) < MOST_OCTETS + 1_000
    assert len(list(reading)) == 2
