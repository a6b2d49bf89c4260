"""Reading the folder that stands in for a server: which mails lie in it, and what one of them says."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from digest.errors import InputError, NotFoundError
from digest.mail.laid_out import newest_first, opened

PLAIN = b"From: News <news@harbour.example>\r\nTo: =?utf-8?q?In=C3=AAs?= <ines@readers.example>\r\n"
PICTURED = (
    b"To: ana@readers.example\r\nSubject: With a picture\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/related; boundary="b"\r\n\r\n--b\r\nContent-Type: text/html; charset=utf-8\r\n'
    b'Content-Transfer-Encoding: quoted-printable\r\n\r\n<img src=3D"cid:p@harbour">caf=C3=A9\r\n--b\r\n'
    b"Content-Type: image/png\r\nContent-ID: <p@harbour>\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    b"aGFyYm91cg==\r\n--b--\r\n"
)


def laid(folder: Path, name: str, content: bytes, *, at: int = 0) -> None:
    (folder / name).write_bytes(content)
    os.utime(folder / name, (at, at))


def test_the_newest_mail_comes_first_and_names_decide_between_two_of_one_moment(tmp_path: Path) -> None:
    for name, at in (("b.eml", 20), ("c.eml", 10), ("a.eml", 20), ("d.eml", 30)):
        laid(tmp_path, name, PLAIN, at=at)
    assert [one.name for one in newest_first(tmp_path)] == ["d.eml", "b.eml", "a.eml", "c.eml"]
    assert [one.name for one in newest_first(tmp_path, behind="b")] == ["a.eml", "c.eml"]


def test_a_list_shows_headers_as_people_read_them(tmp_path: Path) -> None:
    folded = b"Subject: =?utf-8?q?Ports_share?=\r\n =?utf-8?q?_one_list_=C3=A9?=\r\n\r\nSubject: not this\r\n"
    laid(tmp_path, "1.eml", PLAIN + folded, at=86_400)
    (one,) = newest_first(tmp_path)
    assert (one.to, one.subject) == ("Inês <ines@readers.example>", "Ports share one list é")
    assert (f"{one.written_at:%Y-%m-%d}", one.octets) == ("1970-01-02", len(PLAIN + folded))


@pytest.mark.parametrize("to", ["ines@readers.example", "INES@", "inês", ""])
def test_mails_are_found_by_whom_they_are_to(to: str, tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", PLAIN + b"\r\n")
    assert [one.name for one in newest_first(tmp_path, to=to)] == ["1.eml"]
    assert list(newest_first(tmp_path, to="bob@")) == []


def test_what_is_half_written_or_no_mail_or_leads_elsewhere_is_not_listed(tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    (tmp_path / "secret.eml").write_bytes(b"Subject: secret\r\n\r\n")
    (outbox / ".1.eml.part").write_bytes(b"half")
    (outbox / ".hidden.eml").write_bytes(b"half")
    (outbox / "notes.txt").write_bytes(b"mine")
    (outbox / "folder.eml").mkdir()
    (outbox / "link.eml").symlink_to(tmp_path / "secret.eml")
    assert list(newest_first(outbox)) == []


@pytest.mark.parametrize(
    "name", ["../secret", "../secret.eml", "./1.eml", "sub/../1.eml", "", ".", "..", "1.eml\0", "link"]
)
def test_a_name_that_is_not_of_the_folder_is_refused(name: str, tmp_path: Path) -> None:
    outbox = tmp_path / "outbox"
    outbox.mkdir()
    laid(outbox, "1.eml", PLAIN + b"\r\nYours")
    (tmp_path / "secret.eml").write_bytes(b"Subject: secret\r\n\r\n")
    (outbox / "link.eml").symlink_to(tmp_path / "secret.eml")
    with pytest.raises(NotFoundError, match="is not in the outbox"):
        opened(outbox, name)
    with pytest.raises(NotFoundError, match="is not in the outbox"):
        list(newest_first(outbox, behind=name))


def test_a_folder_that_is_not_there_holds_no_mails(tmp_path: Path) -> None:
    assert list(newest_first(tmp_path / "outbox")) == []


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", PLAIN)
    with pytest.raises(InputError, match="cannot be read"):
        list(newest_first(tmp_path / "1.eml"))


def test_a_mail_without_html_says_so_and_its_text_has_no_orders_for_a_terminal(tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", PLAIN + b"Subject: a\x1b[31mb\r\n\r\nHello\x1b[2J\r\n\tthere\r\n")
    mail = opened(tmp_path, "1")
    assert (mail.text, mail.html) == ("Hello\ufffd[2J\n\tthere\n", None)
    assert mail.header("subject") == "a [31mb"
    assert mail.header("to") == "Inês <ines@readers.example>"
    assert mail.header("reply-to") == ""


def test_html_carries_its_pictures_so_that_it_can_stand_alone(tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", PICTURED)
    mail = opened(tmp_path, "1.eml")
    assert mail.html == '<img src="data:image/png;base64,aGFyYm91cg==">café'
    assert mail.text is None
    assert mail.content == PICTURED


def test_a_picture_that_is_not_in_the_mail_stays_named(tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", PICTURED.replace(b"Content-ID: <p@harbour>", b"Content-ID: <q@harbour>"))
    assert opened(tmp_path, "1").html == '<img src="cid:p@harbour">café'


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"\x00\xff\xfe" * 50,
        b"Content-Type: text/plain; charset=nonsense\r\n\r\ncaf\xc3\xa9",
        b"Content-Type: text/plain; charset=\xff\r\n\r\n\xff",
        b"Subject: =?utf-8?b?broken?=\r\nTo: <<<>>\r\n\r\n",
        b"Content-Type: multipart/mixed\r\n\r\n--x\r\n",
        b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"To: " + b"a" * 100_000,
    ],
    ids=[
        "empty",
        "no head",
        "binary",
        "charset",
        "odd charset",
        "encoded word",
        "no parts",
        "base64",
        "long",
    ],
)
def test_whatever_lies_there_can_be_listed_and_shown(content: bytes, tmp_path: Path) -> None:
    laid(tmp_path, "1.eml", content)
    (one,) = newest_first(tmp_path)
    assert opened(tmp_path, one.name).content == content
