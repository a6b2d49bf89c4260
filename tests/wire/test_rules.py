"""The rules pass what is right, and each of them catches a message that is broken for it alone."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from digest.mail.dkim import DkimKey, Signer, body_hash
from tests.wire.keys import records_of
from tests.wire.pictured import IN_PICTURES, PICTURED
from tests.wire.rules import sizes_of, violations_across, violations_of
from tests.wire.sample import CONTENT, changed, sample
from tests.wire.transmission import Transmission, texts_of

LONG_WORD: Final = "=?utf-8?q?" + "a" * 64 + "?="
TO: Final = "To: Ann Lee <ann@example.org>"
SUBJECT: Final = "Subject: =?utf-8?q?Z=C3=B6lle_an_der_K=C3=BCste?="
POST: Final = "List-Unsubscribe-Post: List-Unsubscribe=One-Click"

#: What is broken, and a part of what must be said about it.
IN_LINES: Final = {
    "a bare LF": (sample(CONTENT.replace(b"hidden\r\n", b"hidden\n", 1)), "bare CR or LF"),
    "a bare CR": (sample(CONTENT.replace(b"hidden\r\n", b"hidden\r", 1)), "bare CR or LF"),
    "a NUL": (changed("=2Ehidden", "\x00hidden"), "a NUL"),
    "a bell": (changed("=2Ehidden", "\x07hidden"), "a control character"),
    "a line of 999": (changed("=2Ehidden", "a" * 999), "a line has 999 octets"),
    "no empty line": (sample(CONTENT.replace(b"\r\n\r\n", b"\r\n")), "no empty line"),
    "raw UTF-8 in the header": (changed(TO, "To: Änn <ann@example.org>"), "header beyond ASCII"),
    "raw UTF-8 in the body": (changed("=2Ehidden", "versteckt: ä"), "raw octets above 127"),
    "a From line": (changed("=2Ehidden", "From here"), "begins with From"),
    "no final dot": (replace(sample(), data=CONTENT), "does not end with CR LF, a dot"),
    "a dot alone": (replace(sample(), data=CONTENT.replace(b"=2E", b".") + b".\r\n"), "is not doubled"),
}
IN_COMMANDS: Final = {
    "a long command": (sample(says=" X=" + "y" * 500), "more than 512 octets"),
    "a long path": (sample(recipient="ann@" + "a" * 60 + ".b" * 100), "more than 256 octets"),
    "a long local part": (sample(recipient="a" * 65 + "@example.org"), "local part has more than 64"),
    "two recipients": (replace(sample(), rcpt=b"RCPT TO:<a@b.example>,<c@d.example>\r\n"), "not a RCPT"),
    "a long domain": (changed(TO, f"To: Ann <ann@{'a.' * 128}b>"), "a domain has more than 255"),
    "a command in an address": (replace(sample(), rcpt=b"RCPT TO:<a b@c.example>\r\n"), "holds a space"),
    "no sender": (replace(sample(), mail=b"MAIL FROM:<>\r\n"), "VERP"),
    "a sender in capitals": (
        replace(sample(), mail=b"MAIL FROM:<Bounces+17.ABC@news.example>\r\n"),
        "in lower case",
    ),
    "a sender without mac": (replace(sample(), mail=b"MAIL FROM:<bounces+17@news.example>\r\n"), "VERP"),
    "a foreign return path": (
        replace(sample(), mail=b"MAIL FROM:<bounces+17.abcdefgh@else.example>\r\n"),
        "the return path is not of the domain",
    ),
    "DSN unasked": (replace(sample(), offers=frozenset()), "a server that does not offer it"),
    "no word of reports": (
        replace(sample(), rcpt=b"RCPT TO:<ann@example.org>\r\n"),
        "failures and delays are not asked for",
    ),
    "another envelope": (
        replace(sample(), mail=sample().mail.replace(b"2B17.", b"2B18.")),
        "not named by its return path",
    ),
    "another recipient": (
        replace(
            sample(), rcpt=b"RCPT TO:<ann@example.org> NOTIFY=FAILURE,DELAY ORCPT=rfc822;b@example.org\r\n"
        ),
        "another recipient in ORCPT",
    ),
    "SMTPUTF8 unasked": (
        replace(sample(recipient="änn@example.org", says=" SMTPUTF8"), offers=frozenset()),
        "SMTPUTF8 for a server that does not offer it",
    ),
    "a wrong size": (sample(says=" SIZE=12"), "SIZE is not that of the message"),
    "no SMTPUTF8": (sample(recipient="änn@example.org"), "beyond ASCII without SMTPUTF8"),
    "SMTPUTF8 for nothing": (sample(says=" SMTPUTF8"), "do not need it"),
    "a domain that is no A-label": (sample(recipient="ann@bücher.example"), "not in A-labels"),
}
IN_HEADS: Final = {
    **{
        f"no {name}": (sample(CONTENT.replace(f"\r\n{name}:".encode(), b"\r\nX-Other:", 1)), f"fields {name}")
        for name in ("Date", "Subject", "To", "Message-ID", "MIME-Version", "Content-Type", "List-Id")
    },
    "a sender beyond ASCII": (changed("<desk@", "<dêsk@"), "From needs SMTPUTF8"),
    "an archive beyond ASCII": (changed("/archive>", "/archîv>"), "that no address needs"),
    "two Reply-Tos": (changed(TO, f"Reply-To: a@b.example\nReply-To: c@d.example\n{TO}"), "several fields"),
    "two Subjects": (changed(SUBJECT, f"{SUBJECT}\nSubject: another"), "2 fields Subject"),
    "two Froms": (changed(TO, f"From: eve@example.org\n{TO}"), "2 fields From"),
    "a Bcc": (changed(TO, f"{TO}\nBcc: eve@example.org"), "names others"),
    "a date without zone": (changed("07:00:00 +0000", "07:00:00"), "Date is not a date"),
    "a date of words": (changed("Tue, 24 Nov 2026", "2026-11-24"), "Date is not a date"),
    "no field name": (changed(TO, f"{TO}\nnot a field"), "a line that is no field"),
    "no space": (changed(TO, "To:Ann Lee <ann@example.org>"), "without a space"),
    "an empty fold": (changed(TO, "To: Ann Lee\n \n <ann@example.org>"), "white space only"),
    "a space before a fold": (changed(TO, "To: Ann Lee \n <ann@example.org>"), "ends with white space"),
    "a fold within spaces": (changed(TO, "To: Ann Lee\n  <ann@example.org>"), "within white space"),
    "another reader": (changed(TO, "To: Eve <eve@example.org>"), "who is not the recipient"),
    "two readers": (changed(TO, f"{TO}, Eve <eve@example.org>"), "not one mailbox"),
    "an unquoted name": (changed(TO, "To: Lee, Ann <ann@example.org>"), "is no atom and is not quoted"),
    "a name with a dot": (changed(TO, "To: A. Lee <ann@example.org>"), "is no atom and is not quoted"),
    "a Message-ID of elsewhere": (changed("abcdefgh@news", "abcdefgh@else"), "not of the domain of From"),
    "a Message-ID with a space": (changed("<3.17.abc", "<3.17 .abc"), "Message-ID is none"),
    "an encoded Message-ID": (
        changed("Message-ID: <3.17.abcdefgh@news.example>", "Message-ID: =?utf-8?q?<3.17@news.example>?="),
        "stands in Message-ID",
    ),
    "an encoded address": (changed(TO, "To: Ann <=?utf-8?q?ann?=@example.org>"), "within an address"),
    "an encoded-word in quotes": (changed(TO, 'To: "=?utf-8?q?Ann?=" <ann@example.org>'), "quoted-string"),
    "a loose encoded-word in a name": (
        changed(TO, "To: =?utf-8?q?Ann,Lee?= <ann@example.org>"),
        "what Q may not hold",
    ),
    "a long encoded-word": (changed(SUBJECT, f"Subject: {LONG_WORD}"), "has 76 characters"),
    "a long line of encoded-words": (
        changed(SUBJECT, f"Subject: {LONG_WORD[:60]}?= {LONG_WORD[:60]}?="),
        "more than 76 characters",
    ),
    "half a character": (changed(SUBJECT, "Subject: =?utf-8?q?Z=C3?=\n =?utf-8?q?=B6?="), "is split"),
    "broken base64": (changed(SUBJECT, "Subject: =?utf-8?b?Wsa?="), "is not base64"),
    "another charset": (changed(SUBJECT, "Subject: =?latin-1?q?Z=F6?="), "in latin-1"),
    "half an encoded-word": (changed(SUBJECT, "Subject: =?utf-8?q?Z=C3=B6"), "looks like an encoded-word"),
    "an encoded line break": (changed(SUBJECT, "Subject: =?utf-8?q?a=0D=0ABcc:_eve?="), "control character"),
    "an encoded override": (changed(SUBJECT, "Subject: =?utf-8?q?a=E2=80=AEb?="), "override of direction"),
}
IN_BODIES: Final = {
    "another MIME-Version": (changed("MIME-Version: 1.0", "MIME-Version: 2.0"), "MIME-Version"),
    "mixed parts": (changed("multipart/alternative", "multipart/mixed"), "not alternatives"),
    "HTML first": (
        sample(
            CONTENT.replace(b"text/plain", b"text/swap")
            .replace(b"text/html", b"text/plain")
            .replace(b"text/swap", b"text/html")
        ),
        "not text/plain, then text/html",
    ),
    "no closing boundary": (changed("--=_tide_=--\n", ""), "behind the last"),
    "a preamble": (changed("\n\n--=_tide_=", "\n\nhello\n--=_tide_="), "before the first part"),
    "a long boundary": (sample(CONTENT.replace(b"=_tide_=", b"=_" + b"x" * 69)), "boundary of 71"),
    "an odd boundary": (sample(CONTENT.replace(b"=_tide_=", b"=_ti*de_=")), "may not stand in one"),
    "the boundary in a text": (changed("=2Ehidden", "see --=_tide_= here"), "stands within a part"),
    "no charset": (changed("text/html; charset=utf-8", "text/html"), "without charset"),
    "Latin-1": (changed("plain; charset=utf-8", "plain; charset=iso-8859-1"), "without charset=utf-8"),
    "8bit": (changed("Encoding: quoted-printable", "Encoding: 8bit"), "is sent as 8bit"),
    "no encoding": (changed("Content-Transfer-Encoding: quoted-printable\n", ""), "is sent as 7bit"),
    "a line of 77": (changed("=2Ehidden", "a" * 77), "more than 76 octets"),
    "a lonely equals sign": (changed("=2Ehidden", "1=2"), "not quoted-printable"),
    "small hexadecimals": (changed("Z=C3=B6lle an", "Z=c3=b6lle an"), "not quoted-printable"),
    "a trailing space": (changed("=2Ehidden", "=2Ehidden "), "white space at the end"),
    "a soft end": (changed("AAAA\n\n--=_tide_=\n", "AAAA=\n\n--=_tide_=\n"), "soft line break"),
    "half UTF-8": (changed("Z=C3=B6lle an", "Z=C3lle an"), "does not hold UTF-8"),
    "an encoded NUL": (changed("=2Ehidden", "=00hidden"), "control character is left"),
    "an encoded bare LF": (changed("=2Ehidden", "a=0Ab"), "not CR LF"),
    "quoted-printable that is called base64": (
        changed("Encoding: quoted-printable", "Encoding: base64"),
        "not base64",
    ),
    "a long base64 line": (
        changed(
            "quoted-printable\n\nUnsubscribe: https://news.example/unsubscribe/AAAA",
            "base64\n\n" + "QUJD" * 20,
        ),
        "a base64 line has more",
    ),
    "one way out": (changed("Unsubscribe: https://news.example/unsubscribe/AAAA\n", ""), "stands 1 times"),
    "no way out above": (changed("\n\nUnsubscribe:", f"\n\n{'-' * 9}\nUnsubscribe:"), "not stand above"),
}
IN_LISTS: Final = {
    "no one-click": (changed(POST, "List-Unsubscribe-Post: yes"), "RFC 8058"),
    "an encoded way out": (
        changed("<https://news.example/unsubscribe/AAAA>,", "=?utf-8?q?=3Chttps=3A//news=3E?=,"),
        "stands in List-Unsubscribe",
    ),
    "http": (changed("<https://news.example/uns", "<http://news.example/uns"), "https link and a mailto"),
    "only a link": (
        changed(",\n <mailto:bounces+17.abcdefgh@news.example?subject=unsubscribe>", ""),
        "https link and a mailto",
    ),
    "a long link": (changed("unsubscribe/AAAA>", f"unsubscribe/{'A' * 180}>"), "has 213 octets"),
    "a link that is none": (changed("example/archive>", "example/arch^ive>"), "not a URI"),
    "an ampersand in a mailto": (
        changed("List-Owner: <mailto:desk@", "List-Owner: <mailto:de&sk@"),
        "a delimiter in its address",
    ),
    "another way out": (changed("<mailto:bounces+17.", "<mailto:bounces+18."), "not the return path"),
    "another delivery": (changed("<3.17.", "<3.18."), "another delivery"),
    "another owner": (changed("List-Owner: <mailto:desk@", "List-Owner: <mailto:eve@"), "List-Owner is not"),
    "a bare help": (changed("<mailto:desk@news.example?subject=help>", "desk@news.example"), "List-Help"),
    "posts": (changed("List-Post: NO", "List-Post: <mailto:desk@news.example>"), "List-Post is not NO"),
    "an answer": (changed("auto-generated", "auto-replied"), "RFC 3834"),
    "a List-Id without brackets": (changed("<tide.news.example>", "tide.news.example"), "RFC 2919"),
    "a List-Id of elsewhere": (changed("<tide.news.example>", "<tide.else.example>"), "RFC 2919"),
    "an unquoted phrase": (changed("List-Id: The Tide", "List-Id: The, Tide"), "RFC 2919"),
    "a long List-Id": (changed("<tide.", f"<{'t' * 250}."), "more than 255"),
    "five fields": (changed("3:tide:digest", "3:tide:digest:x"), "one to four fields"),
    "no sender's field": (changed(":newsexample", ":no"), "5 to 15"),
    "the reader's address": (changed("3:tide:", "ann@example.org:tide:"), "tells who the reader is"),
    "the delivery": (changed("3:tide:", "3:17:"), "tells who the reader is"),
}
BROKEN: Final[Mapping[str, tuple[Transmission, str]]] = {
    **IN_LINES,
    **IN_COMMANDS,
    **IN_HEADS,
    **IN_BODIES,
    **IN_PICTURES,
    **IN_LISTS,
}


def test_a_message_that_keeps_the_rules_is_passed() -> None:
    assert violations_of(sample()) == []
    assert violations_of(sample(says=f" SIZE={len(CONTENT)}")) == []


def test_a_message_of_one_part_is_passed() -> None:
    head, _, body = CONTENT.partition(b"\r\n\r\n")
    plain = body.partition(b"quoted-printable\r\n\r\n")[2].partition(b"\r\n--=_tide_=")[0]
    kind = b"text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable"
    head = head.replace(b'multipart/alternative; boundary="=_tide_="', kind)
    assert violations_of(sample(head + b"\r\n\r\n" + plain)) == []


def test_a_message_that_brings_pictures_along_is_passed() -> None:
    assert violations_of(sample(PICTURED)) == []
    assert texts_of(PICTURED).keys() == {"text/plain", "text/html"}


def test_a_reader_beyond_ascii_is_passed_with_smtputf8() -> None:
    content = CONTENT.replace(b"<ann@", "<änn@".encode())
    assert violations_of(sample(content, recipient="änn@example.org", says=" SMTPUTF8")) == []


def test_doubled_dots_are_read_once() -> None:
    content = CONTENT.replace(b"=2Ehidden", b"..two\r\n.one")
    assert violations_of(sample(content)) == []
    assert "..two\r\n.one\r\n" in texts_of(sample(content).content)["text/plain"]


@pytest.mark.parametrize(("broken", "words"), BROKEN.values(), ids=list(BROKEN))
def test_a_broken_message_is_caught(broken: Transmission, words: str) -> None:
    found = violations_of(broken)
    assert any(words in violation for violation in found), found


def test_deliveries_that_share_what_should_be_their_own_are_caught() -> None:
    found = list(violations_across([sample(), sample()]))
    assert [violation.partition("share the ")[2].split()[0] for violation in found] == [
        "Message-ID",
        "return",
        "List-Unsubscribe",
    ]
    assert any("List-Id" in one for one in violations_across([sample(), changed("<tide.", "<tides.")]))


def test_no_rule_goes_without_a_message_that_breaks_it(keys: tuple[DkimKey, ...]) -> None:
    records = records_of(keys, "news.example")
    stated = [violation for broken, _ in BROKEN.values() for violation in violations_of(broken)]
    stated += violations_across([sample(), sample(), changed("<tide.", "<tides.")])
    for old, new, _ in SIGNATURES_BROKEN:
        stated += violations_of(sample(unfolded(signed(keys)).replace(old, new, 1)), records)
    stated += violations_of(sample(), records)
    silent = [
        pattern
        for pattern in sentences()
        if not any(re.fullmatch(pattern, said, re.DOTALL) for said in stated)
    ]
    assert silent == []


def sentences() -> Iterator[str]:
    """What the rules can say of a message, as patterns with a gap for each value."""
    for path in Path(__file__).parent.glob("*.py"):
        for node in _topmost(ast.parse(path.read_text(encoding="utf-8"))):
            parts = node.values if isinstance(node, ast.JoinedStr) else [node]
            pattern = "".join(
                re.escape(str(part.value)) if isinstance(part, ast.Constant) else ".*" for part in parts
            )
            if re.match(r"(?:RFC\\ \d+|VERP|Feedback\\-ID|Gmail):\\ .", pattern) and path.stem[:5] != "test_":
                yield pattern


def _topmost(node: ast.AST) -> Iterator[Any]:
    """Strings, those within other strings left out."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.JoinedStr) or (
            isinstance(child, ast.Constant) and isinstance(child.value, str)
        ):
            yield child
        else:
            yield from _topmost(child)


def test_a_large_message_is_noted() -> None:
    assert sizes_of(sample()).within_budget
    large = changed("<p>", "<p>\n" + "a long page\n" * 9_000)
    assert violations_of(large) == []
    assert not sizes_of(large).within_budget


def signed(keys: Sequence[DkimKey], content: bytes = CONTENT, domain: str = "news.example") -> bytes:
    """The message with a signature by each key."""
    head, _, body = content.partition(b"\r\n\r\n")
    at = datetime(2026, 11, 24, 7, tzinfo=UTC)
    return Signer(keys, domain).sign(head + b"\r\n", body_hash(body), at=at) + content


def test_signatures_are_asked_for_and_checked(keys: tuple[DkimKey, ...]) -> None:
    records = records_of(keys, "news.example")
    assert violations_of(sample(signed(keys)), records) == []
    assert violations_of(sample(), records) == ["RFC 6376: no signature"]


#: What is changed in a signed message, and what must be said about it.
SIGNATURES_BROKEN: Final = [
    (b"=2Ehidden", b"shown", "body changed"),
    (b"Ann Lee", b"Ann Loe", "header changed"),
    (b"Subject: ", b"Subject: spam\r\nSubject: ", "header changed"),
    (b"c=relaxed/relaxed;", b"c=relaxed/simple;", "not relaxed/relaxed"),
    (b"; t=", b"; l=20; t=", "with a length"),
    (b"a=rsa-sha256", b"a=rsa-sha1", "nobody should use"),
    (b"d=news.example", b"d=else.example", "not the domain of From"),
    (b"Feedback-ID:", b"Feedback-IT:", "feedback-id is not signed"),
    (b": From:", b": Frum:", "not oversigned"),
]


def unfolded(content: bytes) -> bytes:
    """The message with its signatures on one line each, which changes nothing for a verifier."""
    head, _, rest = content.partition(b"From: ")
    return head.replace(b"\r\n ", b" ") + b"From: " + rest


@pytest.mark.parametrize(("old", "new", "words"), SIGNATURES_BROKEN)
def test_a_broken_signature_is_caught(keys: tuple[DkimKey, ...], old: bytes, new: bytes, words: str) -> None:
    content = unfolded(signed(keys))
    assert old in content
    found = violations_of(sample(content.replace(old, new, 1)), records_of(keys, "news.example"))
    assert any(words in violation for violation in found), found
