"""Mails are found in files of every kind, one after the other, and what cannot be read is named."""

from __future__ import annotations

import io
import os
import sys
import tracemalloc
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from digest.mail.mailfiles import MOST_OCTETS, FoundMail, Unreadable, mails_in

ONE: Final = b"Subject: one\n\nfirst\n"
TWO: Final = b"Subject: two\n\nsecond\n"
MBOX: Final = (
    b"From MAILER-DAEMON Tue Nov 24 08:00:00 2026\n" + ONE + b"\n"
    b"From ana@readers.example  Tue Nov 24 08:00:01 2026\n" + TWO + b"\n"
)


def found(path: Path | str, environment: Mapping[str, str] | None = None) -> list[FoundMail]:
    """The mails; nothing may be unreadable."""
    all_found = list(mails_in(Path(path), environment or {}))
    assert [one for one in all_found if isinstance(one, Unreadable)] == []
    return [one for one in all_found if isinstance(one, FoundMail)]


def written(path: Path, raw: bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(raw)
    return path


def piped(monkeypatch: pytest.MonkeyPatch, raw: bytes, **environment: str) -> list[FoundMail]:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(raw)))
    return found("-", environment)


def test_a_file_is_one_mail(tmp_path: Path) -> None:
    path = written(tmp_path / "a mail.eml", ONE)
    assert found(path) == [FoundMail(ONE, str(path))]


@pytest.mark.parametrize("ends", [b"\n", b"\r\n"], ids=["lf", "crlf"])
def test_a_mailbox_is_taken_apart_with_its_envelopes(ends: bytes, tmp_path: Path) -> None:
    path = written(tmp_path / "mbox", MBOX.replace(b"\n", ends))
    one, two = found(path)
    assert (one.raw, one.name, one.envelope_from) == (ONE.replace(b"\n", ends), f"{path}#1", "")
    assert (two.raw, two.name, two.envelope_from) == (
        TWO.replace(b"\n", ends),
        f"{path}#2",
        "ana@readers.example",
    )


@pytest.mark.parametrize(
    ("line", "sender"),
    [
        ("From ana@readers.example Tue Nov 24 08:00:00 2026", "ana@readers.example"),
        ("From - Tue Nov 24 08:00:00 2026", None),
        ("From ???@??? Tue Nov 24 08:00:00 2026", None),
        ("From Tue Nov 24 08:00:00 2026", None),
        ("From <> Tue Nov 24 08:00:00 2026", ""),
        ('From "ana b"@readers.example Tue Nov 24 08:00 2026', '"ana b"@readers.example'),
        ("From ana@readers.example Tue, 24 Nov 2026 08:00:00 +0000", "ana@readers.example"),
        ("From ana@readers.example Tue Nov 24 08:00:00 UTC 2026", "ana@readers.example"),
    ],
    ids=["plain", "mozilla", "eudora", "nobody", "null", "quoted", "rfc", "zone"],
)
def test_lines_between_mails_are_known_however_they_are_written(
    line: str, sender: str | None, tmp_path: Path
) -> None:
    both = f"{line}\n".encode() + ONE + f"\n{line}\n".encode() + TWO
    assert [(one.raw, one.envelope_from) for one in found(written(tmp_path / "mbox", both))] == [
        (ONE, sender),
        (TWO, sender),
    ]


def test_prose_that_begins_with_from_ends_no_mail(tmp_path: Path) -> None:
    letter = ONE + b"\nFrom Monday on we are away, until May 2027.\n\nFrom me to you in 2026\n>From afar\n"
    path = written(tmp_path / "mbox", MBOX + b"From x Tue Nov 24 08:00:00 2026\n" + letter + b"\n")
    assert found(path)[2].raw == letter.replace(b">From afar", b"From afar")


def test_quoted_lines_lose_one_sign(tmp_path: Path) -> None:
    letter = ONE + b">From here\n>>From there\n> From a friend\n"
    path = written(tmp_path / "mbox", b"From x Tue Nov 24 08:00:00 2026\n" + letter)
    assert found(path)[0].raw == ONE + b"From here\n>From there\n> From a friend\n"


def test_a_maildir_is_read_without_what_is_being_written(tmp_path: Path) -> None:
    for name in ("new/1.a", "cur/2.b:2,S", "tmp/3.c", ".Sent/new/4.d", "dovecot.index"):
        written(tmp_path / name, ONE)
    names = [Path(one.name).name for one in found(tmp_path)]
    assert sorted(names) == ["1.a", "2.b:2,S"]


def test_a_folder_holds_mails_and_mailboxes(tmp_path: Path) -> None:
    for name, raw in (("b.eml", ONE), ("a.mbox", MBOX), (".hidden", ONE)):
        written(tmp_path / name, raw)
    assert [Path(one.name).name for one in found(tmp_path)] == ["a.mbox#1", "a.mbox#2", "b.eml"]


def test_what_cannot_be_read_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    written(tmp_path / "b.eml", ONE)
    written(tmp_path / "a.eml", b"")
    (tmp_path / "c.eml").symlink_to(tmp_path / "nowhere")
    empty, mail, gone = mails_in(tmp_path, {})
    assert empty == Unreadable(str(tmp_path / "a.eml"), "it is empty")
    assert isinstance(mail, FoundMail)
    assert gone == Unreadable(str(tmp_path / "c.eml"), "it cannot be read (No such file or directory)")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (loop,) = mails_in(tmp_path / "loop", {})
    assert isinstance(loop, Unreadable)
    (missing,) = mails_in(tmp_path / "missing", {})
    assert isinstance(missing, Unreadable)
    assert missing.reason == "it cannot be read (No such file or directory)"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_a_file_that_is_closed_to_us_is_named(tmp_path: Path) -> None:
    written(tmp_path / "a.eml", ONE).chmod(0)
    (closed,) = mails_in(tmp_path, {})
    assert closed == Unreadable(str(tmp_path / "a.eml"), "it cannot be read (Permission denied)")


@pytest.mark.parametrize(
    "before", [b"", b"From ana@x.example Tue Nov 24 08:00:00 2026\n"], ids=["none", "from"]
)
@pytest.mark.parametrize(
    "sender", ["", "MAILER-DAEMON", "ana@readers.example"], ids=["null", "daemon", "ana"]
)
def test_what_a_mail_server_pipes_has_the_envelope_of_its_environment(
    before: bytes, sender: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # what looks like another mail belongs to this one
    raw = ONE + b"\nFrom x Tue Nov 24 08:00:00 2026\nno\n"
    told = {"RECIPIENT": "bounces+1.ab@news.example", "SENDER": sender}
    (one,) = piped(monkeypatch, before + raw, **told)
    expected = sender.replace("MAILER-DAEMON", "")
    assert one == FoundMail(raw, "-", "bounces+1.ab@news.example", expected)


def test_the_recipient_before_any_alias_is_the_better_one(monkeypatch: pytest.MonkeyPatch) -> None:
    told = {"RECIPIENT": "digest@localhost", "ORIGINAL_RECIPIENT": "bounces+1.ab@news.example"}
    (one,) = piped(monkeypatch, b"From a@x.example Tue Nov 24 08:00:00 2026\n" + ONE, **told)
    assert (one.envelope_to, one.envelope_from, one.raw) == ("bounces+1.ab@news.example", "a@x.example", ONE)


def test_standard_input_without_an_envelope_is_one_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert piped(monkeypatch, ONE) == [FoundMail(ONE, "-")]


def test_standard_input_may_be_a_mailbox(monkeypatch: pytest.MonkeyPatch) -> None:
    # a sender alone, such as that of a shell, tells of no mail server
    assert [one.name for one in piped(monkeypatch, MBOX, SENDER="me")] == ["-#1", "-#2"]


def test_an_empty_pipe_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for environment in ({}, {"RECIPIENT": "bounces@news.example"}):
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"")))
        assert list(mails_in(Path("-"), environment)) == [Unreadable("-", "it is empty")]


def test_of_a_huge_mail_the_first_part_is_kept(tmp_path: Path) -> None:
    huge = ONE + b"a line of a mail that does not end\n" * (MOST_OCTETS // 20)
    (alone,) = found(written(tmp_path / "huge.eml", huge))
    assert alone.raw == huge[:MOST_OCTETS]
    first, second = found(written(tmp_path / "mbox", MBOX.replace(ONE, huge)))
    assert MOST_OCTETS <= len(first.raw) < MOST_OCTETS + 200_000
    assert second.raw == TWO


@pytest.mark.wide
def test_a_mailbox_of_any_size_takes_little_memory(tmp_path: Path) -> None:
    mail = b"From x Tue Nov 24 08:00:00 2026\n" + ONE + b"a line of a mail\n" * 500 + b"\n"
    path = written(tmp_path / "mbox", mail * 2_000)
    assert path.stat().st_size > 15_000_000
    tracemalloc.start()
    count = sum(1 for _ in mails_in(path, {}))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert (count, peak < 2_000_000) == (2_000, True)
