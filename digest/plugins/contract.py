"""What plugins are, and the values that go to and fro: types alone, version 1."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Protocol

#: The version of this contract; each plugin says in `api` for which it was written.
API: Final = 1


# --- sources ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """A news item as a source has it; what is not known is left out."""

    title: str
    #: paragraphs with empty lines between them, or HTML, which is cleaned as that of feeds is
    text: str
    is_html: bool = False
    #: by what the source knows it again; without one its address, else its title and day
    id: str = ""
    url: str = ""
    #: aware; without one it is of the day on which it comes in
    published: datetime | None = None
    #: whom it names as its source
    source: str = ""
    #: a tag such as en or zh-Hans; guessed by the script where there is none
    language: str = ""
    #: what the source says it is about: those that name a topic, or an alias of one, give it
    categories: tuple[str, ...] = ()
    #: the address of its picture, and the words for who does not see it
    picture: str = ""
    picture_alt: str = ""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An item that cannot be read; it is listed with its reason, and the others are taken."""

    reason: str
    #: by what a person finds it
    label: str = ""


class Source(Protocol):
    """A format: bytes become items. Its entry point's name is what `digest ingest --format` takes.

    It is called in a thread, or in a process with limits of time and memory: it keeps nothing between calls.
    """

    @property
    def api(self) -> int:
        """The version of the contract: 1."""
        ...

    def recognises(self, data: bytes) -> bool:
        """Whether this is surely its format, by a short look; False if it is to be used by name alone.

        It is asked about what is neither a feed nor a mail: of files, and of what feeds answer.
        """
        ...

    def read(self, data: bytes, *, name: str) -> Iterable[Item | Unreadable]:
        """The items, newest first; raises ValueError, in words for people, for what is not its format.

        `name` is that of the file or the address, for such words.
        """
        ...


# --- themes -------------------------------------------------------------------------------------------------


class Theme(Protocol):
    """How mails look. Its entry point's name is what `digest newsletters edit --theme` takes."""

    @property
    def api(self) -> int:
        """The version of the contract: 1."""
        ...

    @property
    def folder(self) -> Path:
        """A folder with the files that differ from those in `templates/email/`, under the same names."""
        ...


# --- transports ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Message:
    """One finished mail, to be handed over as it is: it is signed, and may not be changed by a byte."""

    #: envelope sender, where the mail returns to; empty for none
    sender: str
    recipient: str
    #: header block, empty line and body, with CR LF
    content: bytes = field(repr=False)
    #: without its angle brackets; the same for each try, so that a receiver can tell a second one
    message_id: str


class Fate(StrEnum):
    """What became of a message."""

    #: taken over: it is theirs now
    TAKEN = "taken"
    #: not now; it is tried again by the table of waits
    LATER = "later"
    #: not this message to this reader, ever
    REFUSED = "refused"
    #: nothing was said about the message: they are away, or do not know us. The run stops there
    NOT_TRIED = "not-tried"
    #: it may have been taken: nobody knows. `DIGEST_UNCERTAIN` says what then
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Handed:
    """What came of handing a message over."""

    fate: Fate
    #: their own words, for people
    text: str = ""
    #: a reply and an enhanced code as SMTP has them (RFC 5321, RFC 3463), where they tell them: 550 with
    #: 5.1.1 says that there is no such mailbox, and writes no more to it. 0 and empty when not
    code: int = 0
    enhanced: str = ""


class Connection(Protocol):
    """One way to them, used by one task: a message is sent when the one before is written down."""

    async def open(self) -> None:
        """Get ready; raises OSError, in words for people, when that is not possible. May be called again."""
        ...

    async def send(self, message: Message) -> Handed:
        """Hand one message over; whatever it raises counts as `Fate.UNKNOWN`."""
        ...

    async def close(self) -> None:
        """Take leave; safe to repeat."""
        ...


class Transport(Protocol):
    """Where mails go. Its entry point's name is the scheme of its addresses in `DIGEST_SMTP_URL`."""

    @property
    def api(self) -> int:
        """The version of the contract: 1."""
        ...

    def connect(self, url: str) -> Connection:
        """A connection to the place of this address, not yet open; nothing goes out before that.

        Raises ValueError for an address that is no good, in words that do not repeat it: it may hold a
        password.
        """
        ...


# --- provider hooks -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Call:
    """One POST of a provider to `/hooks/NAME`, as it came."""

    #: names in lower case
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class EventKind(StrEnum):
    """What an event says of a copy or its reader."""

    DELIVERED = "delivered"
    #: not yet there, and still being tried
    DELAYED = "delayed"
    #: given up, for a reason that may pass
    SOFT = "soft"
    #: there is no such mailbox, and there will be none
    HARD = "hard"
    #: refused for what was sent, or for who sent it
    BLOCKED = "blocked"
    FULL = "mailbox-full"
    #: the reader calls it spam
    COMPLAINT = "complaint"
    AUTO_REPLY = "auto-reply"
    REPLY = "reply"
    CHALLENGE = "challenge"
    #: the reader asks to be taken off
    UNSUBSCRIBE = "unsubscribe"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """What a provider says of one copy. The more of the last three it tells, the surer it is found."""

    kind: EventKind
    recipient: str
    #: the words of the server, or the provider's
    text: str = ""
    #: three digits of SMTP, and an RFC 3463 code, where they are told
    reply: str = ""
    enhanced: str = ""
    #: the provider's own word for it
    rule: str = ""
    #: addresses that may be the return path of the copy, its Message-ID, its links to unsubscribe
    return_paths: tuple[str, ...] = ()
    message_ids: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    #: what the provider calls this event: by it two of the same words about an address are two
    number: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a genuine call comes to."""

    events: tuple[Event, ...] = ()
    #: things told besides that are no concern of ours, such as opens
    passed: int = 0
    #: a word that one body alone may come with, where the signature does not cover the body
    once: str = ""


class Why(StrEnum):
    """Why a call is not listened to."""

    FORGED = "forged"
    #: signed too long ago, or in the future
    STALE = "stale"
    UNREADABLE = "unreadable"
    #: it cannot be verified for now: the provider shall come again
    LATER = "later"


class CallRefusedError(Exception):
    """A call that changes nothing."""

    def __init__(self, why: Why) -> None:
        """Say why; the answer to the provider goes by it."""
        super().__init__(str(why))
        self.why: Final = why


class ProviderHook(Protocol):
    """A mail provider's events. Its entry point's name is the last part of the path, and stands before the
    secret in `DIGEST_HOOK_SECRETS`.
    """

    @property
    def api(self) -> int:
        """The version of the contract: 1."""
        ...

    def read(self, call: Call, secrets: Sequence[str], now: datetime) -> Heard:
        """Verify and read a call; raises CallRefusedError. It is called in a thread.

        A call is genuine by one of the secrets, compared in constant time (`hmac.compare_digest`), and signed
        not long before `now`.
        """
        ...
