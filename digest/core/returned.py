"""What came back: one vocabulary for bounces, complaints and replies, whoever told us of them.

A returned mail, a complaint report and a provider's event all become `Returned`s: what is said about one
recipient, and the clues by which the copy may be found. A clue proves nothing; what was signed in it does.
"""

from __future__ import annotations

from enum import StrEnum

from msgspec import Struct, field


class Kind(StrEnum):
    """What is said about a copy or about its reader."""

    #: it lies in the mailbox (RFC 3464 section 2.3.3: delivered, relayed, expanded)
    DELIVERED = "delivered"
    #: not yet there, and still being tried
    DELAYED = "delayed"
    #: given up, for a reason that may pass
    SOFT = "soft"
    #: there is no such mailbox, and there will be none
    HARD = "hard"
    #: refused for what was sent, or for who sent it: policy, reputation, authentication
    BLOCKED = "blocked"
    #: no room in the mailbox
    FULL = "mailbox-full"
    #: the reader calls it spam (RFC 5965)
    COMPLAINT = "complaint"
    #: a machine answered: out of office, and the like (RFC 3834)
    AUTO_REPLY = "auto-reply"
    #: a person answered
    REPLY = "reply"
    #: a machine wants a proof that we are people
    CHALLENGE = "challenge"
    #: the reader asks to be taken off
    UNSUBSCRIBE = "unsubscribe"
    #: it came to a return path of ours, and nothing in it can be read as one of the above
    UNKNOWN = "unknown"


class Clues(Struct, frozen=True):
    """By what the copy may be found, best first. Nothing of it is to be believed before it is verified."""

    #: addresses that may be the return path of the copy: `bounces+…@…`, as found
    return_paths: tuple[str, ...] = ()
    #: Message-IDs with their angle brackets that may be the copy's
    message_ids: tuple[str, ...] = ()
    #: links that may be the copy's List-Unsubscribe
    links: tuple[str, ...] = ()
    #: other addresses that the copy may have been sent to, besides `Returned.recipient`
    addresses: tuple[str, ...] = ()


class Returned(Struct, frozen=True):
    """What one returned mail or one event says about one recipient."""

    kind: Kind
    #: the address that it is about, as told; of an answer who wrote it; empty when none is named
    recipient: str = ""
    #: True when this copy will not be tried again
    permanent: bool = False
    #: three digits of SMTP, or empty
    reply: str = ""
    #: RFC 3463, such as 5.1.1, or empty
    enhanced: str = ""
    #: the server's or the person's own words, in one line of at most 500 characters
    text: str = ""
    #: what a person wrote, of several lines; empty for machines
    words: str = ""
    #: the subject of what a person wrote; empty for machines
    subject: str = ""
    #: which rule decided, such as `dsn:5.1.1` or `words:no-such-user`: for people who doubt it
    rule: str = ""
    #: the address of which a server made `recipient`, where the same mail tells of that one, too
    made_of: str = ""
    #: what somebody else says of the reader, unsigned: the address in it names nobody
    hearsay: bool = False
    #: by what the very same mail, or event of a provider, is known again; empty where its words alone tell
    fingerprint: str = ""
    #: by what the copy may be found
    clues: Clues = field(default_factory=Clues)
