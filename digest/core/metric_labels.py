"""The labels of figures: what each says, and that it has few values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from msgspec import Struct

from digest.core.families import FAMILIES
from digest.core.feeding import FeedHealth
from digest.core.model import DeliveryStatus, IssueStatus, Skip
from digest.core.notices import NoticeKind
from digest.core.reasons import OurReason
from digest.core.reputation import What
from digest.core.returned import Kind
from digest.core.verdict import Reason
from subscribers.model import Standing

#: What is not of a closed set, or has no row of its own.
OTHERS: Final = "others"
#: The server asked for patience, or said nothing.
LATER: Final = "later"
NO_ANSWER: Final = "none"

_REASONS: Final = ("", *Reason, *Skip, *OurReason, OTHERS)
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Label(Struct, frozen=True):
    """What a label says; its values where they are a closed set, else why there are few."""

    help: str
    values: tuple[str, ...] = ()


LABELS: Final[Mapping[str, Label]] = {
    "answer": Label("what a mail server answered", (*What, LATER, NO_ANSWER)),
    "copy": Label("where a copy stands", ("planned", "sending", "deferred", "uncertain")),
    "end": Label("how an issue ended", (IssueStatus.DONE, IssueStatus.CANCELLED)),
    "family": Label("a family of mailboxes that the program knows, or all others", (*FAMILIES, OTHERS)),
    "health": Label("how a feed is", tuple(FeedHealth)),
    "kind": Label("what came back", tuple(Kind)),
    "method": Label("of a request", (*sorted(METHODS), OTHERS)),
    "newsletter": Label("its slug"),
    "notice": Label("what a mail that is no issue is about", tuple(NoticeKind)),
    "outcome": Label(
        "what became of a copy",
        (DeliveryStatus.SENT, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED, DeliveryStatus.SKIPPED),
    ),
    "reason": Label("why, as `digest deliveries list` has it; empty for what was sent", _REASONS),
    "route": Label(
        "a path as the program has it, such as `/preferences/{token}`; `none` for no path of ours"
    ),
    "standing": Label("of a reader", tuple(Standing)),
    "state": Label("how a mailbox of returned mail is", ("well", "failing")),
    "status": Label(
        "where an issue stands",
        (IssueStatus.WAITING, IssueStatus.SENDING, IssueStatus.HELD, IssueStatus.CANCELLING),
    ),
    "status_code": Label("of an answer"),
    "store": Label("what the store is", ("sqlite", "postgresql")),
    "version": Label("of the program"),
    "webhook": Label("how a webhook is", ("on", "failing", "off")),
    "work": Label("what a process does for the others", ("worker", "sender", "scheduler")),
    "worker": Label("the name given with `--name`, else its machine's; those of one name are added up"),
}


def family_label(family: str) -> str:
    """A family of the table, which is closed; whoever writes addresses cannot make labels."""
    return family if family in FAMILIES else OTHERS


def reason_label(reason: str) -> str:
    """A reason that the program gives by itself."""
    return reason if reason in _REASONS else OTHERS


def method_label(method: str) -> str:
    """A method that somebody may use here."""
    return method if method in METHODS else OTHERS
