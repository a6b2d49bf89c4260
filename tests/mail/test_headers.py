"""The header writer, on the bytes: what goes in comes back, and nothing else appears."""

from __future__ import annotations

import re
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.utils import getaddresses

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from digest.mail.headers import Addresses, Mailbox, Text, Token, Value, header_block, wire_address
from digest.mail.words import clean_text
from tests.mail.wire import HOSTILE, decoded, fields

_BREAKS = [" ", "  ", "\r\n", "\n", "\x00", "\x0b", "\x85", "\u2028", "\u202e", "\ud800"]
_WORDS = ["=?utf-8?q?x?=", "=?", "?=", "=?utf-8?b?", ",", '"', "\\", "Bcc: evil@example.org"]
_LETTERS = ["é", "中文", "👩\u200d👩\u200d👧", "x" * 80, "x" * 1100]
#: Texts that tempt a header writer: encoded-words, breaks, bidi, joined emoji, long words and runs of space.
tempting = st.lists(st.sampled_from([*_BREAKS, *_WORDS, *_LETTERS]) | st.text(max_size=12), max_size=12).map(
    "".join
)


def block(name: str, value: Value) -> bytes:
    return header_block([(name, value)])


@pytest.mark.parametrize(
    ("title", "wire"),
    [
        ("News", b"Subject: News\r\n"),
        ("  News  ", b"Subject: News\r\n"),
        ("", b"Subject: \r\n"),
        ("a  b", b"Subject: a  b\r\n"),
        ("Café", b"Subject: =?utf-8?b?Q2Fmw6k=?=\r\n"),
        ("Mrs. Café", b"Subject: =?utf-8?b?TXJzLiBDYWbDqQ==?=\r\n"),
        ("Breakfast at the Café", b"Subject: =?utf-8?q?Breakfast_at_the_Caf=C3=A9?=\r\n"),
        ("中国", b"Subject: =?utf-8?b?5Lit5Zu9?=\r\n"),
        ("=?utf-8?q?x?=", b"Subject: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?=\r\n"),
        ("a\r\nBcc: b", b"Subject: a Bcc: b\r\n"),
        ("a\u202eb\u2069", b"Subject: ab\r\n"),
        (
            "Chip makers ask for more time as export rules on gallium and germanium change again",
            b"Subject: Chip makers ask for more time as export rules on gallium and\r\n"
            b" germanium change again\r\n",
        ),
        (
            "“Gallium” – what the new rules mean for those who make chips in Europe and Japan",
            b"Subject: =?utf-8?q?=E2=80=9CGallium=E2=80=9D_=E2=80=93_what_the_new_rules_?=\r\n"
            b" =?utf-8?q?mean_for_those_who_make_chips_in_Europe_and_Japan?=\r\n",
        ),
    ],
)
def test_a_title_on_the_wire(title: str, wire: bytes) -> None:
    assert block("Subject", Text(title)) == wire


@given(tempting)
@example("=?utf-8?q?=0D=0ABcc:_evil@example.org?=")
@example("x " * 400)
@example("👩‍👩‍👧" * 30)
def test_a_title_comes_back_whole_and_alone(title: str) -> None:
    wire = block("Subject", Text(title))
    assert wire.isascii()
    assert all(len(line) <= 76 for line in wire.split(b"\r\n"))
    if clean_text(title):
        ((name, value),) = fields(wire)
        assert (name, decoded(value)) == ("Subject", clean_text(title))


@given(tempting)
def test_the_standard_library_reads_the_same_title(title: str) -> None:
    wire = block("Subject", Text(title)) + b"\r\n"
    old = message_from_bytes(wire, policy=policy.compat32)
    assert old.keys() == ["Subject"]
    unfolded = str(old["Subject"]).replace("\r\n", "").replace("\n", "")
    assert str(make_header(decode_header(unfolded))) == clean_text(title)
    new = message_from_bytes(wire, policy=policy.SMTP)
    assert new.keys() == ["Subject"]
    assert new["Subject"] == clean_text(title)


@given(tempting)
def test_cleaning_leaves_nothing_that_could_harm_and_is_done_once(text: str) -> None:
    clean = clean_text(text)
    assert re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]", clean) is None
    assert clean_text(clean) == clean
    clean.encode()


@given(st.lists(st.from_regex(r"[!-~]{1,60}", fullmatch=True), min_size=1, max_size=40).map(" ".join))
def test_unfolding_undoes_folding(text: str) -> None:
    ((_, title),) = fields(block("X", Text(text)))
    assert decoded(title) == text
    if "=?" not in text:
        ((_, token),) = fields(block("X", Token(text)))
        assert token == text


@pytest.mark.parametrize(
    ("mailbox", "wire"),
    [
        (Mailbox("ann@reader.example"), b"To: ann@reader.example\r\n"),
        (Mailbox("ann@reader.example", "Ann Example"), b"To: Ann Example <ann@reader.example>\r\n"),
        (Mailbox("ann@reader.example", "  Ann\t Example "), b"To: Ann Example <ann@reader.example>\r\n"),
        (Mailbox("ann@reader.example", "Ann O. Ex"), b'To: "Ann O. Ex" <ann@reader.example>\r\n'),
        (Mailbox("a@r.example", 'Ann "A" \\ B'), b'To: "Ann \\"A\\" \\\\ B" <a@r.example>\r\n'),
        (Mailbox("ann@reader.example", "Änn"), b"To: =?utf-8?b?w4Rubg==?= <ann@reader.example>\r\n"),
        (Mailbox("a@r.example", "=?utf-8?q?x?="), b"To: =?utf-8?b?PT91dGYtOD9xP3g/PQ==?= <a@r.example>\r\n"),
        (Mailbox("ann@bücher.example"), b"To: ann@xn--bcher-kva.example\r\n"),
        (Mailbox("jürgen@bücher.example", "J"), "To: J <jürgen@bücher.example>\r\n".encode()),
    ],
)
def test_a_mailbox_on_the_wire(mailbox: Mailbox, wire: bytes) -> None:
    assert block("To", Addresses((mailbox,))) == wire


@given(st.lists(tempting, min_size=1, max_size=3))
def test_names_come_back_and_add_no_mailbox(names: list[str]) -> None:
    mailboxes = tuple(Mailbox(f"r{n}@reader.example", name) for n, name in enumerate(names))
    wire = block("To", Addresses(mailboxes))
    assert all(len(line) <= 76 for line in wire.split(b"\r\n"))
    ((_, value),) = fields(wire)
    found = getaddresses([value])
    assert [address for _, address in found] == [mailbox.address for mailbox in mailboxes]
    assert [decoded(name) for name, _ in found] == [" ".join(clean_text(name).split()) for name in names]
    parsed = message_from_bytes(wire + b"\r\n", policy=policy.SMTP)
    assert parsed.keys() == ["To"]
    # of names in several encoded-words 3.11 keeps the seam, so only the addresses are asked of it
    assert [address.addr_spec for address in parsed["To"].addresses] == [m.address for m in mailboxes]


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_hostile_text_stays_in_its_field(hostile: str) -> None:
    wire = header_block(
        [
            ("From", Addresses((Mailbox("news@news.example", hostile),))),
            ("To", Addresses((Mailbox("ann@reader.example", hostile),))),
            ("Subject", Text(hostile or "x")),
            ("Message-ID", Token("<1@news.example>")),
        ]
    )
    assert [name for name, _ in fields(wire)] == ["From", "To", "Subject", "Message-ID"]


_NO_ADDRESSES = ["ann", "ann@", "@x", "a@b@c", "<a@b>", "a@b>", 'a"@b', "a,b@c", "a..b@c", ".a@b", "a b@x"]
_HOSTILE_ADDRESSES = ["a@b\r\nBcc: c@d", "a@b\u2028c", "a\u202e@bücher.example", "ä\u0085@b.example"]


@pytest.mark.parametrize("address", [*HOSTILE, *_NO_ADDRESSES, *_HOSTILE_ADDRESSES])
def test_what_is_no_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError):
        wire_address(address)
    with pytest.raises(ValueError):
        block("To", Addresses((Mailbox(address),)))


@pytest.mark.parametrize(
    "token",
    [h for h in HOSTILE if not re.fullmatch(r"[!-~]+(?: [!-~]+)*", h) or "=?" in h]
    + ["a  b", " a", "a ", "é"],
)
def test_a_token_is_never_mended(token: str) -> None:
    with pytest.raises(ValueError):
        Token(token)


def test_a_token_is_folded_between_its_words_and_never_encoded() -> None:
    first, second = f"<https://news.example/u/{'x' * 170}>,", "<mailto:u@news.example>"
    wire = block("List-Unsubscribe", Token(f"{first} {second}"))
    assert wire == f"List-Unsubscribe: {first}\r\n {second}\r\n".encode()


def test_a_word_that_no_line_can_hold_is_refused() -> None:
    assert block("X", Token("x" * 995))
    with pytest.raises(ValueError, match="too long"):
        block("X", Token("x" * 996))


@pytest.mark.parametrize("name", ["", "Sub ject", "Subject:", "Sübject", "Subject\r\nBcc"])
def test_what_is_no_name_of_a_header_is_refused(name: str) -> None:
    with pytest.raises(ValueError):
        block(name, Text("x"))
