"""Mailboxes at servers that say what no decent one says: each ends in a line, and no mail is lost by it."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager

import pytest

from digest.errors import TransportError
from digest.mail.mailbox.address import parse_mailbox
from digest.mail.mailbox.entered import entered
from digest.mail.mailbox.looked import Looked, OpenMailbox, Put, RefusedError

#: What a server says to a line of its client; what ends within a line ends the connection.
Says = Callable[[str], bytes]
POP3 = {
    "USER": b"+OK\r\n",
    "PASS": b"+OK\r\n",
    "LIST": b"+OK\r\n1 5\r\n2 7\r\n.\r\n",
    "UIDL": b"+OK\r\n1 a\r\n2 b\r\n.\r\n",
    "QUIT": b"+OK\r\n",
}
IMAP = {
    "CAPABILITY": b"* CAPABILITY IMAP4rev1 MOVE UIDPLUS\r\n# OK done\r\n",
    "LOGIN": b"# OK done\r\n",
    "SELECT": b"* 2 EXISTS\r\n# OK done\r\n",
    "STATUS": b"# NO none\r\n",
    "CREATE": b"# OK done\r\n",
    "SUBSCRIBE": b"# OK done\r\n",
    "LOGOUT": b"* BYE\r\n# OK done\r\n",
    "UID SEARCH": b"* SEARCH 1 2\r\n# OK done\r\n",
    "UID MOVE": b"# OK done\r\n",
}
SIZES = b"* 1 FETCH (UID 1 RFC822.SIZE 5)\r\n* 2 FETCH (UID 2 RFC822.SIZE 5)\r\n# OK done\r\n"


@contextmanager
def serving(greeting: bytes, says: Says) -> Iterator[int]:
    """A server on this machine that answers each line by itself; its port."""

    class Talk(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(greeting)
            for line in self.rfile:
                answer = says(line.decode().strip())
                self.wfile.write(answer)
                if not answer.endswith(b"\n"):
                    return

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True
        allow_reuse_address = True

    with Server(("127.0.0.1", 0), Talk) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()


@contextmanager
def pop3(answers: Mapping[str, bytes]) -> Iterator[AbstractContextManager[OpenMailbox]]:
    """A mailbox by POP3 whose server has other answers than usual, by the first word of a line."""
    known = {**POP3, **answers}
    with serving(b"+OK here\r\n", lambda line: known.get(line.split()[0], b"-ERR what?\r\n")) as port:
        yield entered(parse_mailbox(f"pop3://ana:word@127.0.0.1:{port}"), aside="Unmatched")


@contextmanager
def imap(
    answers: Mapping[str, bytes], heard: list[str] | None = None
) -> Iterator[AbstractContextManager[OpenMailbox]]:
    """The same by IMAP: by the longest beginning of a command; # stands for its tag."""
    known = {**IMAP, **answers}

    def says(line: str) -> bytes:
        tag, _, command = line.partition(" ")
        if heard is not None:
            heard.append(command)
        found = max((one for one in known if command.upper().startswith(one)), key=len, default=None)
        return (b"# BAD what\r\n" if found is None else known[found]).replace(b"#", tag.encode())

    with serving(b"* OK here\r\n", says) as port:
        yield entered(parse_mailbox(f"imap://ana:word@127.0.0.1:{port}"), aside="Unmatched")


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"PASS": b"-ERR [IN-USE] another session\r\n"}, r"not to be had just now \(\[IN-USE\] another"),
        ({"PASS": b"-ERR [SYS/TEMP] later\r\n"}, "not to be had just now"),
        ({"USER": b"-ERR nobody\r\n"}, r"refuses the login \(nobody\): check user and password"),
        ({"LIST": b"-ERR no list\r\n"}, r"refuses \(no list\)"),
        ({"LIST": b"+OK\r\nmany mails\r\n.\r\n"}, "an answer that nobody understands"),
        ({"LIST": b""}, "cannot be reached"),
    ],
    ids=["in use", "in trouble", "nobody", "no list", "no numbers", "gone"],
)
def test_a_pop3_mailbox_that_cannot_be_entered_says_why(answers: dict[str, bytes], words: str) -> None:
    with pop3(answers) as mailbox, pytest.raises(TransportError, match=words), mailbox:
        pass


def test_nothing_is_sent_to_a_server_without_the_encryption_that_was_asked_for() -> None:
    heard = []

    def says(line: str) -> bytes:
        heard.append(line)
        return b"-ERR not here\r\n" if " " not in line else line.split()[0].encode() + b" BAD not here\r\n"

    for scheme, greeting in (("pop3+starttls", b"+OK\r\n"), ("imap+starttls", b"* OK\r\n")):
        with serving(greeting, says) as port:
            address = parse_mailbox(f"{scheme}://ana:word@127.0.0.1:{port}")
            with pytest.raises(TransportError), entered(address, aside="Unmatched"):
                pass
    assert heard
    assert not any("word" in line or "ana" in line for line in heard)


def test_without_lasting_names_mails_are_known_by_their_numbers() -> None:
    with pop3({"UIDL": b"-ERR none here\r\n"}) as mailbox, mailbox as one:
        assert (one.lasting, one.names()) == (False, ["1", "2"])


def test_equal_mails_with_equal_names_are_two() -> None:
    with pop3({"UIDL": b"+OK\r\n1 same\r\n2 same\r\nnonsense\r\n.\r\n"}) as mailbox, mailbox as one:
        assert (one.lasting, one.names()) == (True, ["same", "same 2"])


def test_a_mail_that_pop3_does_not_give_is_nothing_to_look_at() -> None:
    with pop3({"RETR": b"-ERR gone\r\n"}) as mailbox, mailbox as one:
        assert one.fetch(["a", "b"]) == [Looked("a", None), Looked("b", None)]


def test_a_mail_that_breaks_off_midway_is_an_error_and_no_mail() -> None:
    found: list[Looked] = []
    with (
        pop3({"RETR": b"+OK\r\nSubject: half\r\n\r\nOf wh"}) as mailbox,
        pytest.raises(TransportError, match=r"cannot be reached \(the connection broke off\)"),
        mailbox as one,
    ):
        found.extend(one.fetch(["a"]))
    assert not found


def test_a_mail_that_pop3_does_not_let_go_of_is_told() -> None:
    with pop3({"DELE": b"-ERR read only\r\n"}) as mailbox, mailbox as one:
        one.put(["a"], Put.UNKNOWN)
        with pytest.raises(RefusedError, match=r"does not let go of a mail \(read only\)"):
            one.put(["a"], Put.AWAY)


def test_an_imap_folder_that_is_not_there_is_told() -> None:
    with (
        imap({"SELECT": b"# NO no such mailbox\r\n"}) as mailbox,
        pytest.raises(RefusedError, match=r"has no folder INBOX to read \(no such mailbox\)"),
        mailbox,
    ):
        pass


def test_one_mail_that_imap_cannot_read_leaves_the_others() -> None:
    answers = {
        "UID FETCH 1,2 (UID RFC822.SIZE": SIZES,
        "UID FETCH 1,2 (UID BODY": b"# NO one of them is broken\r\n",
        "UID FETCH 1 (UID BODY": b"* 1 FETCH (UID 1 BODY[]<0> {5}\r\nwords)\r\n# OK done\r\n",
        "UID FETCH 2 (UID BODY": b"# NO broken\r\n",
    }
    with imap(answers) as mailbox, mailbox as one:
        assert one.names() == ["1", "2"]
        assert one.fetch(one.names()) == [Looked("1", b"words"), Looked("2", None)]


@pytest.mark.parametrize(
    ("answers", "words"),
    [
        ({"UID MOVE": b"# NO over quota\r\n"}, r"does not let go of a mail \(over quota\)"),
        ({"CREATE": b"# NO not allowed\r\n"}, r"does not make a folder Unmatched \(not allowed\)"),
        (
            {"CAPABILITY": b"* CAPABILITY IMAP4rev1\r\n# OK done\r\n", "UID COPY": b"# NO full\r\n"},
            r"\(full\)",
        ),
    ],
    ids=["moved", "made", "copied"],
)
def test_a_mail_that_imap_does_not_move_is_told(answers: dict[str, bytes], words: str) -> None:
    with imap(answers) as mailbox, mailbox as one:
        one.put([], Put.ASIDE)
        with pytest.raises(RefusedError, match=words):
            one.put(["1"], Put.ASIDE)


@pytest.mark.parametrize("told", [b"NIL NIL NIL", b'(("" "/")) NIL NIL'], ids=["none", "empty"])
def test_a_server_without_a_namespace_of_its_users_has_folders_as_they_are_called(told: bytes) -> None:
    heard: list[str] = []
    capable = b"* CAPABILITY IMAP4rev1 MOVE NAMESPACE\r\n# OK done\r\n"
    answers = {"CAPABILITY": capable, "NAMESPACE": b"* NAMESPACE " + told + b"\r\n# OK done\r\n"}
    with imap(answers, heard) as mailbox, mailbox as one:
        one.put(["1"], Put.ASIDE)
    made = [command for command in heard if command.startswith("CREATE")]
    assert [command.replace('"', "") for command in made] == ["CREATE Unmatched"]
