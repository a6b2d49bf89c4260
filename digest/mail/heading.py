"""The heading of a copy: what a whole cohort shares is written once, a reader's own lines are put between."""

from __future__ import annotations

import re
from collections.abc import Iterator
from copy import copy
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache
from typing import Final, NamedTuple
from urllib.parse import quote

from msgspec import Struct

from digest.errors import InputError
from digest.mail.headers import (
    FOLD,
    WISHED_LINE,
    Addresses,
    Mailbox,
    Text,
    Token,
    Value,
    header_block,
    phrase_words,
    wire_address,
)
from digest.mail.identifiers import LARGEST_ID, return_path
from digest.mail.words import clean_text

#: Octets of a link in List-Unsubscribe that every reader's program takes.
LONGEST_LINK: Final = 200
_LINK: Final = re.compile(r"(?:https?|mailto):[!#-;=?-~]+", re.IGNORECASE)
#: What the two names of a sender must have room for besides the largest number.
_ROOM_FOR_SUBJECT: Final = len("?subject=unsubscribe")
#: Of the signs of an atom those that mean nothing in a link (RFC 6068 section 2).
_SAFE_IN_MAILTO: Final = "@!$'*+"
_MESSAGE_ID: Final = re.compile(r"<[A-Za-z0-9._+=-]{1,120}@[A-Za-z0-9.-]{1,255}>")
_PLAIN_NAME: Final = re.compile(r"[A-Za-z0-9]+(?: [A-Za-z0-9]+)*")
#: What `To: `, a space and the angle brackets leave of a line.
_ROOM_FOR_TO: Final = WISHED_LINE - len("To:  <>")
_LIST_ID: Final = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)+", re.IGNORECASE)


class ListLinks(Struct, frozen=True):
    """Where a newsletter keeps what RFC 2369 announces; None leaves a header out: no link leads nowhere."""

    #: a page that explains the list and how to reach a person
    help: str | None = None
    #: `mailto:` of who answers for the list
    owner: str | None = None
    archive: str | None = None
    subscribe: str | None = None


class ListIdentity(Struct, frozen=True):
    """The newsletter as a list (RFC 2919): its name for people and its never-changing name."""

    title: str
    #: `slug.domain`
    list_id: str
    links: ListLinks = ListLinks()


class CohortHeading(Struct, frozen=True):
    """What is the same in every copy of a cohort."""

    sender: Mailbox
    subject: str
    #: when the issue was due; the same on every try
    date: datetime
    #: between the parts of multipart/alternative; None for plain text alone, in quoted-printable
    boundary: str | None
    feedback_id: str | None = None
    #: None for a mail that belongs to no newsletter, such as a confirmation
    newsletter: ListIdentity | None = None
    #: where answers go, in ASCII; None for the sender
    reply_to: str | None = None


class ReaderHeading(NamedTuple):
    """What is different in every copy."""

    to: Mailbox
    message_id: str
    #: takes `List-Unsubscribe=One-Click` by POST (RFC 8058); https wherever mail leaves the house
    unsubscribe_url: str | None = None
    unsubscribe_mailto: str | None = None


class CopyHeaders:
    """Writes the header block of each copy of one cohort."""

    def __init__(self, cohort: CohortHeading) -> None:
        """Write down the constant part; raises ValueError when a part cannot stand in a header."""
        if not wire_address(cohort.sender.address).isascii():
            raise ValueError(f"sender {cohort.sender.address!r}: only an ASCII address reaches every reader")
        if cohort.reply_to is not None and not can_be_answered(cohort.reply_to):
            raise ValueError(f"Reply-To {cohort.reply_to!r}: not an address that every server knows")
        self._before: Final = _before(cohort.sender, cohort.reply_to, cohort.subject, cohort.date)
        self._of_list: Final = _after(cohort.newsletter, cohort.feedback_id)
        self._after = self._of_list + header_block(_body_fields(cohort.boundary))

    def with_boundary(self, boundary: str | None) -> CopyHeaders:
        """The same for a cohort that is told apart by its boundary alone."""
        other = copy(self)
        other._after = self._of_list + header_block(_body_fields(boundary))
        return other

    def pieces(self, reader: ReaderHeading) -> tuple[bytes, bytes, bytes]:
        """The header block of one copy, without the empty line before the body; two pieces are the cohort's.

        For names that `check_names` lets pass; raises ValueError for an address that no header may hold.
        """
        return self._before, _to_line(reader.to) + _machine_lines(reader).encode(), self._after


def check_names(reader: ReaderHeading) -> None:
    """Refuse names and links that cannot stand in a header, with a ValueError.

    Those of one issue differ in numbers and tokens only: what holds for the longest holds for all.
    """
    if not _MESSAGE_ID.fullmatch(reader.message_id):
        raise ValueError(f"{reader.message_id!r} is not a Message-ID")
    for link in filter(None, (reader.unsubscribe_url, reader.unsubscribe_mailto)):
        _bracketed(link)


def mailto(address: str) -> str:
    """The link that writes to an address; a delimiter in its local part is percent-encoded (RFC 6068).

    Unencoded, `news&views#1@…` would be another address, or none.
    """
    return f"mailto:{quote(address, safe=_SAFE_IN_MAILTO)}"


def check_sender(address: str) -> None:
    """Refuse an address from which no newsletter could be sent, before one is; raises InputError.

    It stands in the From, the return paths and the links of every copy, so it must fit there.
    """
    if not wire_address(address).isascii():
        raise InputError(f"sender {address!r} is not in ASCII: not every mail server takes mail from it")
    back = return_path(LARGEST_ID, key=b"any", domain=address.rpartition("@")[2])
    if max(len(mailto(address)), len(mailto(back))) + _ROOM_FOR_SUBJECT > LONGEST_LINK:
        raise InputError(
            f"sender {address!r} is too long: links made of it have more than {LONGEST_LINK} characters"
        )


def can_be_answered(address: str) -> bool:
    """Whether an address may stand in Reply-To: one whose local part is not ASCII would need SMTPUTF8."""
    try:
        return wire_address(address).isascii()
    except ValueError:
        return False


@lru_cache(maxsize=256)
def _before(sender: Mailbox, reply_to: str | None, subject: str, date: datetime) -> bytes:
    """Kept, since the cohorts of an issue have one of a few subjects."""
    fields: tuple[tuple[str, Value], ...] = (
        ("From", Addresses((sender,))),
        *((("Reply-To", Addresses((Mailbox(reply_to),))),) if reply_to is not None else ()),
        ("Subject", Text(subject)),
        ("Date", Token(format_datetime(date.astimezone(UTC)))),
    )
    return header_block(fields)


def _to_line(to: Mailbox) -> bytes:
    """The To field; most names are plain words or none, and the general writer takes five times as long."""
    address, name = to
    if len(name) + len(address) <= _ROOM_FOR_TO:
        if not name:
            return f"To: {wire_address(address)}\r\n".encode()
        if _PLAIN_NAME.fullmatch(name):
            return f"To: {name} <{wire_address(address)}>\r\n".encode()
    return header_block((("To", Addresses((to,))),))


def _machine_lines(reader: ReaderHeading) -> str:
    """A reader's lines for machines; the general writer would double the time of a copy."""
    url, mail = reader.unsubscribe_url, reader.unsubscribe_mailto
    if url and mail:
        return (
            f"Message-ID: {reader.message_id}\r\n"
            f"List-Unsubscribe: <{url}>,{FOLD}<{mail}>\r\n"
            "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
        )
    lines = f"Message-ID: {reader.message_id}\r\n"
    if url or mail:
        lines += f"List-Unsubscribe: <{url or mail}>\r\n"
    if url:
        lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    return lines


@lru_cache(maxsize=256)
def _after(newsletter: ListIdentity | None, feedback_id: str | None) -> bytes:
    """Kept, since it is the same in all cohorts of an issue."""
    fields: list[tuple[str, Value]] = []
    if newsletter is not None:
        fields += _list_fields(newsletter)
    if feedback_id is not None:
        fields.append(("Feedback-ID", Token(feedback_id)))
    fields.append(("Auto-Submitted", Token("auto-generated")))
    return header_block(fields)


def _body_fields(boundary: str | None) -> Iterator[tuple[str, Value]]:
    yield "MIME-Version", Token("1.0")
    if boundary is not None:
        yield "Content-Type", Token(f'multipart/alternative; boundary="{boundary}"')
    else:
        yield "Content-Type", Token("text/plain; charset=utf-8")
        yield "Content-Transfer-Encoding", Token("quoted-printable")


def _list_fields(newsletter: ListIdentity) -> Iterator[tuple[str, Value]]:
    yield "List-Id", Token(_list_id(newsletter))
    links = newsletter.links
    for name, link in (
        ("List-Help", links.help),
        ("List-Subscribe", links.subscribe),
        ("List-Owner", links.owner),
        ("List-Archive", links.archive),
    ):
        if link is not None:
            yield name, Token(_bracketed(link))
    yield "List-Post", Token("NO")


def _list_id(newsletter: ListIdentity) -> str:
    """`Title <slug.domain>`; a title that would need an encoded-word stays out: none may stand in List-*."""
    if not _LIST_ID.fullmatch(newsletter.list_id):
        raise ValueError(f"list id {newsletter.list_id!r} is not of the form slug.domain")
    title = " ".join(clean_text(newsletter.title).split())
    words = phrase_words(title) if title.isascii() and title else []
    shown = "" if any("=?" in word for word in words) else " ".join(words)
    return f"{shown} <{newsletter.list_id}>".lstrip()


def _bracketed(link: str) -> str:
    if not _LINK.fullmatch(link) or len(link) > LONGEST_LINK or "=?" in link:
        raise ValueError(f"{link!r} is not a link of at most {LONGEST_LINK} characters, quoted as URLs are")
    return f"<{link}>"
