"""The labels of figures: what each says, and that it has few values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from digest.core.families import FAMILIES
from digest.core.model import Skip
from digest.core.verdict import Reason

#: What is not of a closed set, or has no row of its own.
OTHERS: Final = "others"

#: What each label says.
LABELS: Final[Mapping[str, str]] = {
    "answer": "`accepted`; `hard`: there is no such address; `blocked`: for what we send or who we are; "
    "`refused`: for another reason, for good; of letters also `later` and `none`",
    "copy": "`planned`, `sending`, `deferred` or `uncertain`",
    "end": "`done` or `cancelled`",
    "family": f"one of the {len(FAMILIES)} families of mailboxes that the program knows, or `{OTHERS}`",
    "health": "`fine`, `new`, `silent`, `gap`, `failing` or `gone`",
    "kind": "`delivered`, `delayed`, `soft`, `hard`, `blocked`, `mailbox-full`, `complaint` and so on",
    "method": "`GET`, `HEAD`, `POST`, `PUT`, `PATCH`, `DELETE`, `OPTIONS`, or `others`",
    "newsletter": "its slug",
    "notice": "`confirm`, `welcome`, `goodbye`, `move`, `links`, `alert` and so on",
    "outcome": "`sent`, `refused`, `expired` or `skipped`",
    "reason": "why, in the words of `digest deliveries list`; empty for what was sent",
    "route": "the path as the program has it, such as `/preferences/{token}`; "
    "`none` for what is no path of ours",
    "standing": "`pending`, `active`, `paused`, `bouncing`, `complained`, `left` or `suppressed`",
    "state": "`well` or `failing`",
    "status": "`waiting` for a person's word, `sending`, `held` or `cancelling`",
    "status_code": "of the answer",
    "store": "`sqlite` or `postgresql`",
    "version": "of the program",
    "webhook": "`on`, `failing` or `off`",
    "work": "`worker`, `sender` or `scheduler`",
    "worker": "the name given with `--name`, else its machine's; those of one name are added up",
}

#: Reasons of settled copies that are neither in the table of replies nor a reader's standing.
_OF_OUR_OWN: Final = ("bad-address", "ends-senders")
_REASONS: Final = frozenset({"", *Reason, *Skip, *_OF_OUR_OWN})
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


def family_label(family: str) -> str:
    """A family of the table, which is closed; whoever writes addresses cannot make labels."""
    return family if family in FAMILIES else OTHERS


def reason_label(reason: str) -> str:
    """A reason that the program gives by itself."""
    return reason if reason in _REASONS else OTHERS


def method_label(method: str) -> str:
    """A method that somebody may use here."""
    return method if method in METHODS else OTHERS
