"""A mailbox at a real Dovecot is looked at without a trace, and mails go where they are put."""

from __future__ import annotations

import imaplib
import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any

import pytest

from digest.errors import TransportError
from digest.mail.mailbox.address import parse_mailbox
from digest.mail.mailbox.entered import entered
from digest.mail.mailbox.imap import _bodies_in
from digest.mail.mailbox.looked import MOST_OCTETS, MOST_TOGETHER, OpenMailbox, Put, RefusedError, fitting
from tests.mail.dovecot import PASSWORD, Dovecot, running

USERS = itertools.count()
ONE = b"Subject: one\r\n\r\nfirst\r\n"
TWO = b"Subject: two\r\n\r\n.second\r\n"
BAD = [
    *("imaps://mail.example", "imaps://me@mail.example", "smtp://me:word@mail.example"),
    *("imaps://me:word@", "imaps://me:word@mail.example:99999", "imaps://me:word@mail.example:0"),
    *("imaps://me:wo#rd@mail.example", "imaps://me:word@mail.example/INBOX?tls=no", "nonsense", ""),
    *("imap://me:word@mail.example", "pop3://me:word@10.0.0.7", "imap://me:word@mail.example?encrypted"),
    *("imaps://me:word%0D%0A@mail.example", "imaps://me:%FF@mail.example", "pop3s://me:word@h.example/x"),
]
IMAP_AND_POP3 = pytest.mark.parametrize("scheme", ["imaps", "pop3s"])


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running() as one:
        yield one


@pytest.fixture(scope="module")
def simple_server() -> Iterator[Dovecot]:
    """One that can neither move nor expunge by number, and has all folders below INBOX."""
    inbox = "prefix = INBOX.\n  separator = ."
    with running("imap_capability = IMAP4rev1 NAMESPACE", namespace=inbox) as one:
        yield one


@pytest.fixture
def dovecot(server: Dovecot) -> Dovecot:
    return server.of(f"user{next(USERS)}")


def enter(
    dovecot: Dovecot, scheme: str = "imaps", aside: str = "Unmatched", **more: Any
) -> AbstractContextManager[OpenMailbox]:
    address = parse_mailbox(dovecot.url(scheme, **more.pop("url", {})))
    return entered(address, aside=aside, context=dovecot.context, **more)


def raws(mailbox: OpenMailbox) -> list[bytes | None]:
    return [one.raw for one in mailbox.fetch(mailbox.names())]


@IMAP_AND_POP3
def test_a_mail_comes_as_it_lies_there(scheme: str, dovecot: Dovecot) -> None:
    for name, raw in (("one", ONE), ("two", TWO)):
        dovecot.lay(name, raw)
    with enter(dovecot, scheme) as mailbox:
        assert raws(mailbox) == [ONE, TWO]


def test_looking_leaves_no_trace(dovecot: Dovecot) -> None:
    dovecot.lay("one", ONE)
    with enter(dovecot) as mailbox:
        assert raws(mailbox) == [ONE]
    # S is what has been seen
    assert list((dovecot.mail / "cur").glob("*,*S*")) == []


@IMAP_AND_POP3
def test_a_line_of_any_length_is_no_trouble(scheme: str, dovecot: Dovecot) -> None:
    long = b"Subject: long\r\n\r\n" + b"x" * 200_000 + b"\r\n.\r\n..\r\nend\r\n"
    dovecot.lay("long", long)
    dovecot.lay("one", ONE)
    with enter(dovecot, scheme) as mailbox:
        assert raws(mailbox) == [long, ONE]


@IMAP_AND_POP3
def test_of_a_huge_mail_the_first_part_comes(scheme: str, dovecot: Dovecot) -> None:
    dovecot.lay("huge", b"Subject: huge\r\n\r\n" + b"0123456789012345678901234567890123456789\r\n" * 300_000)
    dovecot.lay("one", ONE)
    with enter(dovecot, scheme) as mailbox:
        huge, one = raws(mailbox)
    assert huge is not None
    # lines are counted by POP3, octets by IMAP
    assert MOST_OCTETS // 2 < len(huge) <= MOST_OCTETS
    assert huge.startswith(b"Subject: huge\r\n\r\n0123")
    assert one == ONE


def test_mails_are_fetched_together_as_far_as_memory_allows() -> None:
    sizes = {"a": MOST_TOGETHER * 5, "b": MOST_OCTETS, "c": 1, "d": 5}
    assert fitting(["a", "b", "c", "d"], sizes) == ["a", "b"]
    assert fitting(["c", "d", "unknown"], sizes) == ["c", "d", "unknown"]


@IMAP_AND_POP3
def test_an_empty_mail_is_a_mail(scheme: str, dovecot: Dovecot) -> None:
    dovecot.lay("empty", b"")
    dovecot.lay("one", ONE)
    with enter(dovecot, scheme) as mailbox:
        assert [(one or b"").strip() for one in raws(mailbox)] == [b"", ONE.strip()]


def test_a_mail_that_is_gone_has_nothing_to_look_at(dovecot: Dovecot) -> None:
    dovecot.lay("one", ONE)
    with enter(dovecot) as mailbox:
        (name,) = mailbox.names()
        assert [one.raw for one in mailbox.fetch(["4711", name])] == [None, ONE]


@pytest.mark.parametrize(
    ("answer", "bodies"),
    [
        ([(b"1 (UID 5 BODY[]<0> {3}", b"abc"), b")"], {"5": b"abc"}),
        ([(b"1 (BODY[]<0> {3}", b"abc"), b" UID 5)"], {"5": b"abc"}),
        ([b"1 (UID 5 BODY[]<0> NIL)"], {"5": b""}),
        ([b'1 (UID 5 BODY[]<0> "ab")'], {"5": b"ab"}),
        ([b"9 (UID 7 FLAGS (\\Seen))", (b"1 (UID 5 BODY[] {3}", b"abc"), b")"], {"5": b"abc"}),
        ([None], {}),
        ([b"1 (FLAGS ())", (b"1 (BODY[] {3}", b"abc"), b")"], {}),
    ],
    ids=["uid-first", "uid-last", "nil", "quoted", "news-between", "nothing", "no-uid"],
)
def test_bodies_are_read_however_the_server_writes_them(answer: list[Any], bodies: dict[str, bytes]) -> None:
    assert _bodies_in(answer) == bodies


def marked_as_deleted(dovecot: Dovecot, subject: str) -> None:
    """A person marks a mail as deleted, and does not expunge it yet."""
    port = dovecot.ports["imap"]
    with imaplib.IMAP4("localhost", port) as client:
        client.login(dovecot.user, PASSWORD)
        client.select("INBOX")
        number = client.search(None, "SUBJECT", subject)[1][0].decode()
        client.store(number, "+FLAGS", r"(\Deleted)")


@pytest.mark.parametrize("simple", [False, True], ids=["uidplus", "without"])
def test_what_a_person_marked_as_deleted_is_neither_looked_at_nor_expunged(
    simple: bool, server: Dovecot, simple_server: Dovecot
) -> None:
    dovecot = (simple_server if simple else server).of(f"user{next(USERS)}")
    dovecot.lay("one", ONE)
    dovecot.lay("two", TWO)
    marked_as_deleted(dovecot, "two")
    with enter(dovecot) as mailbox:
        assert raws(mailbox) == [ONE]
        mailbox.put(mailbox.names(), Put.AWAY)
        assert mailbox.names() == []
    # where it cannot be expunged alone, ours is left marked beside it
    left = [one.read_bytes() for one in (dovecot.mail / "cur").iterdir()]
    assert sorted(left) == sorted([ONE, TWO] if simple else [TWO])


@pytest.mark.parametrize("simple", [False, True], ids=["move", "without"])
@pytest.mark.parametrize("where", [Put.ASIDE, Put.UNKNOWN])
def test_a_folder_for_a_person_is_made_with_whatever_name(
    where: Put, simple: bool, server: Dovecot, simple_server: Dovecot
) -> None:
    dovecot = (simple_server if simple else server).of(f"user{next(USERS)}")
    for _ in range(2):
        dovecot.lay("one", ONE)
        with enter(dovecot, aside='Für "alle" & jeden') as mailbox:
            mailbox.put(mailbox.names(), where)
            assert mailbox.names() == []
    assert dovecot.lying('F&APw-r "alle" &- jeden') == [ONE, ONE]
    assert 'F&APw-r "alle" &- jeden' in (dovecot.mail / "subscriptions").read_text()


def test_what_is_understood_may_be_kept_in_a_folder(dovecot: Dovecot) -> None:
    dovecot.lay("one", ONE)
    with enter(dovecot, done="Done") as mailbox:
        mailbox.put(mailbox.names(), Put.AWAY)
    assert (dovecot.lying(), dovecot.lying("Done")) == ([], [ONE])


def test_a_folder_that_cannot_be_made_leaves_the_mail_where_it_is(dovecot: Dovecot) -> None:
    dovecot.lay("one", ONE)
    dovecot.lay("two", TWO)
    with enter(dovecot, aside="no/such.name") as mailbox:
        one, two = mailbox.names()
        with pytest.raises(RefusedError, match=r"does not make a folder no/such\.name"):
            mailbox.put([one], Put.ASIDE)
        # and the session goes on
        mailbox.put([two], Put.AWAY)
        assert mailbox.names() == [one]
    assert dovecot.lying() == [ONE]


def test_pop3_deletes_when_it_is_left_and_keeps_what_nobody_knows(dovecot: Dovecot) -> None:
    for number in range(3):
        dovecot.lay(str(number), ONE + b"%d" % number)
    with enter(dovecot, "pop3") as mailbox:
        names = mailbox.names()
        for name, where in zip(names, (Put.AWAY, Put.ASIDE, Put.UNKNOWN), strict=True):
            mailbox.put([name], where)
        assert len(dovecot.lying()) == 3
    assert [one[-1:] for one in dovecot.lying()] == [b"2"]
    with enter(dovecot, "pop3") as mailbox:
        assert mailbox.names() == names[2:]


@IMAP_AND_POP3
def test_a_password_beyond_ascii_is_only_a_wrong_one(scheme: str, dovecot: Dovecot) -> None:
    with (
        pytest.raises(RefusedError, match=r"refuses the login .*check user and password"),
        enter(dovecot, scheme, url={"password": "pässwörd"}),
    ):
        pass


@IMAP_AND_POP3
def test_who_waits_for_an_answer_can_be_cut_off(scheme: str, dovecot: Dovecot) -> None:
    dovecot.lay("one", ONE)
    with pytest.raises(TransportError, match="cannot be reached"), enter(dovecot, scheme) as mailbox:  # noqa: PT012
        threading.Timer(0.3, mailbox.cut).start()
        begun = time.monotonic()
        while time.monotonic() < begun + 10:
            mailbox.fetch(mailbox.names())


@pytest.mark.parametrize("url", BAD, ids=map(str, range(len(BAD))))
def test_an_address_that_is_none_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"should be|unencrypted|holds|has a|names a") as raised:
        parse_mailbox(url)
    assert "word@" not in str(raised.value)


@pytest.mark.parametrize(
    "url", ["imap://me:word@127.0.0.9", "pop3://me:word@[::1]", "imap://me:word@localhost"]
)
def test_on_this_machine_nothing_need_be_encrypted(url: str) -> None:
    assert parse_mailbox(url).security == "plain"


def test_an_address_is_read_with_what_was_escaped() -> None:
    found = parse_mailbox("imap://a%40news.example:p%2Fw%3A%C3%BC@mail/Für%20uns?unencrypted=yes")
    assert (found.user, found.password, found.folder) == ("a@news.example", "p/w:ü", "Für uns")
    assert (found.host, found.port, found.protocol) == ("mail", 143, "imap")
    assert "p/w" not in repr(found)
