"""What an export of another newsletter system holds: members, what they are sorted by, whether they read."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from msgspec import Struct, field

from subscribers.model import Format


class System(StrEnum):
    """Whose exports can be read."""

    LISTMONK = "listmonk"
    MAILCHIMP = "mailchimp"
    SUBSTACK = "substack"
    GHOST = "ghost"
    MAILMAN = "mailman"


class There(StrEnum):
    """Whether a member gets mail there; every word but the first says why not."""

    READS = "reads"
    #: keeps the membership, and turned mail off for a while
    PAUSED = "paused"
    #: was asked, and has not said yes
    UNCONFIRMED = "unconfirmed"
    LEFT = "left"
    #: mail to the address came back
    BOUNCED = "bounced"
    COMPLAINED = "complained"
    #: on the list of those who are never written to
    BLOCKED = "blocked"
    #: mail was turned off by somebody else, or nobody knows by whom
    STOPPED = "stopped"
    #: an address that was got otherwise, such as by a sale
    NEVER_AGREED = "never-agreed"
    DELETED = "deleted"


#: Of several words about one address on one list, the first of these holds.
HEAVIEST: Final = (
    There.BLOCKED,
    There.COMPLAINED,
    There.BOUNCED,
    There.DELETED,
    There.LEFT,
    There.STOPPED,
    There.NEVER_AGREED,
    There.UNCONFIRMED,
    There.PAUSED,
    There.READS,
)
#: What is true of an address, whatever the list.
OF_THE_ADDRESS: Final = frozenset({There.BLOCKED, There.COMPLAINED, There.BOUNCED, There.DELETED})


class Label(Struct, frozen=True, order=True):
    """What members are sorted by there: a tag, or one choice of a group."""

    #: the heading of the group; empty for tags, lists and what stands alone
    group: str
    name: str

    def __str__(self) -> str:
        """As a person may name it."""
        return f"{self.group}: {self.name}" if self.group else self.name

    @property
    def called(self) -> tuple[str, ...]:
        """The folded names that mean it."""
        return tuple(dict.fromkeys((str(self).casefold(), self.name.casefold())))


class Agreement(Struct, frozen=True):
    """When somebody agreed there, and from which network, as far as that is known."""

    asked_at: datetime | None = None
    asked_from: str = ""
    confirmed_at: datetime | None = None
    confirmed_from: str = ""

    def __bool__(self) -> bool:
        """Whether there is anything to keep."""
        return self != _NOTHING


_NOTHING: Final = Agreement()


class Member(Struct, frozen=True):
    """One line of an export: somebody on one list there."""

    address: str
    there: There
    #: 1-based, in `file`
    line: int = 0
    #: within an archive; otherwise empty
    file: str = ""
    name: str = ""
    #: the list there; empty when an export does not say which
    list: str = ""
    labels: tuple[Label, ...] = ()
    zone: str | None = None
    language: str | None = None
    format: Format | None = None
    agreement: Agreement = _NOTHING
    #: when they left there, or mail came back
    gone_at: datetime | None = None
    #: why they left there, in the words of the export
    because: str = ""
    #: what of the line is left out, and why
    remarks: tuple[str, ...] = ()


class Unfit(Struct, frozen=True):
    """A line that cannot be taken, and why."""

    line: int
    reason: str
    #: within an archive; otherwise empty
    file: str = ""


class Part(Struct, frozen=True):
    """One file of an export: what it was taken for, and how many lines it has."""

    name: str
    #: such as "unsubscribed contacts"
    kind: str
    lines: int


class Export(Struct, frozen=True):
    """All that was read of an export."""

    system: System
    parts: tuple[Part, ...]
    members: tuple[Member, ...]
    unfit: tuple[Unfit, ...] = ()
    #: headings of columns with something in them that nothing is made of
    ignored: tuple[str, ...] = ()
    #: what a person should know of files of this kind
    cautions: tuple[str, ...] = field(default=())

    @property
    def lists(self) -> tuple[str, ...]:
        """The lists there, by name."""
        return tuple(sorted({member.list for member in self.members if member.list}))


def heaviest(words: Iterable[There]) -> There:
    """The word that holds where several are said of one address on one list."""
    return min(words, key=HEAVIEST.index)
