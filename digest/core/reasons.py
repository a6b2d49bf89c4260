"""Why a copy was not sent, or not yet: each reason in words, with what follows from it and what helps.

A copy keeps its reason as one word that can be counted. Of a server's answer it is one of
`core.verdict.Reason`, of a reader's standing or an empty copy one of `core.model.Skip`; the rest is here.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final, NamedTuple

from digest.core.model import LeftOut, Skip
from digest.core.verdict import Reason


class OurReason(StrEnum):
    """Why a copy waits or has ended, when neither a server's answer nor its reader's standing says so."""

    # for now
    WAITS_ITS_TURN = "waits-its-turn"
    FAMILY_PAUSED = "family-paused"
    UNPRINTABLE = "unprintable"
    # nobody knows
    INTERRUPTED = "interrupted"
    # for good
    BAD_ADDRESS = "bad-address"
    ENDS_SENDERS = "ends-senders"
    RETURNED = "returned"
    LEFT_AND_CAME_BACK = "left-and-came-back"


class Meaning(NamedTuple):
    """A reason in words."""

    #: what was the case
    what: str
    #: what follows by itself, and what a person may do
    then: str


_GOES_BY_ITSELF: Final = (
    "It goes as soon as that is mended; no try is counted, and `digest doctor` looks for the fault."
)
_AGAIN: Final = "It is tried again by itself, with growing waits."
_ENDED: Final = "Nothing more is sent to the address until its reader subscribes again."
_NEXT: Final = "Its items come with the next issue."
_NO_MORE: Final = "This copy stays refused; `digest deliveries retry` tries it once more."

#: In the order in which they are told.
OF_COPIES: Final[Mapping[str, Meaning]] = {
    # our server, our settings
    Reason.NO_CONNECTION: Meaning("no mail server could be reached", _GOES_BY_ITSELF),
    Reason.TLS_FAILED: Meaning("no safe connection to the mail server could be agreed upon", _GOES_BY_ITSELF),
    Reason.LOGIN_REFUSED: Meaning("the mail server did not take our user and password", _GOES_BY_ITSELF),
    OurReason.UNPRINTABLE: Meaning(
        "its letter could not be made, by a fault of ours or of a theme",
        "It is tried again every ten minutes; the log says what is wrong.",
    ),
    # for now
    OurReason.WAITS_ITS_TURN: Meaning(
        "the limits of who runs its mailbox put it off",
        "It goes when it is its turn (`digest families list`).",
    ),
    OurReason.FAMILY_PAUSED: Meaning(
        "nothing is sent for now to who runs its mailbox", "It goes when that ends (`digest families list`)."
    ),
    Reason.GREYLISTED: Meaning("the server lets senders wait whom it does not know yet", _AGAIN),
    Reason.SLOW_DOWN: Meaning(
        "the server asked for fewer mails, or slower", f"{_AGAIN} Others go slower, too."
    ),
    Reason.CONNECTION_BROKE: Meaning("the connection broke before the server had all of it", _AGAIN),
    Reason.TRY_LATER: Meaning("the server could not take it just then", _AGAIN),
    # nobody knows
    OurReason.INTERRUPTED: Meaning(
        "the process that sent it ended before the server's answer was kept",
        "It is sent again, the same to the letter, or waits for your word (`digest deliveries resolve`).",
    ),
    Reason.NO_REPLY_TO_FINAL_DOT: Meaning(
        "the connection broke after the whole mail and before the answer",
        "It is sent again, the same to the letter, or waits for your word (`digest deliveries resolve`).",
    ),
    Reason.ODD_REPLY: Meaning(
        "the server answered with something that is neither yes nor no",
        "It is tried again; after the whole mail it may have arrived, and is in doubt.",
    ),
    # for good: the address
    Reason.NO_SUCH_ADDRESS: Meaning("there is no such mailbox", _ENDED),
    OurReason.BAD_ADDRESS: Meaning(
        "no mail can go to this address as it is written", "Correct it: `digest subscribers edit`."
    ),
    Reason.NEEDS_SMTPUTF8: Meaning(
        "the address has letters that the server on the way does not take",
        "Another address of the same reader helps, or a server that knows SMTPUTF8.",
    ),
    Reason.MAILBOX_FULL: Meaning(
        "the mailbox is full", "Said for now, it is tried again; said for good, this copy stays refused."
    ),
    OurReason.RETURNED: Meaning(
        "it was taken, and came back later for a reason that may pass",
        "Its items are not sent again; a point counts against the address.",
    ),
    # for good: the mail, and us
    Reason.TOO_BIG: Meaning("the server takes no mail of this size", "Cap the issue, or leave pictures out."),
    Reason.SPAM: Meaning("the server took it for spam", f"Look at who is sent to, and why. {_NO_MORE}"),
    Reason.POLICY: Meaning(
        "a rule of the server forbids it: authentication, reputation, content",
        f"The server's words say which; `digest doctor` looks at SPF, DKIM and DMARC. {_NO_MORE}",
    ),
    Reason.SENDER_REFUSED: Meaning(
        "the server does not take our address as a sender", f"See the newsletter's sender. {_NO_MORE}"
    ),
    Reason.REFUSED: Meaning("the server said no for good, and not why", f"See its words. {_NO_MORE}"),
    OurReason.ENDS_SENDERS: Meaning(
        "it was in the hands of five processes, one after the other, when they ended",
        f"Report it, with the log. {_NO_MORE}",
    ),
    Reason.GAVE_UP: Meaning("it could not be sent in the time that its newsletter gives", _NEXT),
    # no copy
    Skip.NOTHING_NEW: Meaning("nothing came out since this reader's last issue", ""),
    Skip.NOTHING_WANTED: Meaning("nothing that came out is of this reader's topics and sections", ""),
    Skip.TOO_LATE: Meaning("the issue was later than its newsletter lets it be", _NEXT),
    Skip.RETRACTED: Meaning(
        "all that it held was taken back", "What is published again comes with the next issue."
    ),
    Skip.PAUSED: Meaning(
        "the reader paused after it was planned", "Its items come after the pause, if wished."
    ),
    Skip.LEFT: Meaning("the reader left after it was planned", "Nothing more is sent."),
    OurReason.LEFT_AND_CAME_BACK: Meaning("the reader left, and took that back", _NEXT),
    Skip.PENDING: Meaning("the reader has not said yes by the mail that asks", "It begins with that yes."),
    Skip.BOUNCING: Meaning("mail to the address came back", _ENDED),
    Skip.COMPLAINED: Meaning(
        "the reader called a mail of ours spam", "An admin lifts that if the reader asks."
    ),
    Skip.SUPPRESSED: Meaning(
        "the address stands on the list of those that are never written to",
        "An admin may take it off, unless its reader was erased.",
    ),
    Skip.CANCELLED: Meaning("somebody took the issue back before it was sent", _NEXT),
    Skip.NOT_APPROVED: Meaning("nobody approved the issue in time", _NEXT),
    Skip.SENT_ELSEWHERE: Meaning(
        "this store was put back from a backup, and the other one may have sent it", "Nobody gets it twice."
    ),
}

#: Why an item is not in a copy.
OF_ITEMS: Final[Mapping[LeftOut, str]] = {
    LeftOut.TOPIC_NOT_FOLLOWED: "none of its topics is followed",
    LeftOut.SECTION_NOT_CHOSEN: "its section is not chosen",
    LeftOut.SECTION_NOT_CARRIED: "the newsletter does not carry its section",
    LeftOut.RETRACTED: "it was retracted",
    LeftOut.RETRACTED_IN_DOUBT: "it was retracted, and that copy may have come with it before",
    LeftOut.SAME_STORY: "another telling of the same event stands in that copy",
    LeftOut.TEXT_NOT_HAD: "the reader has not had the text that was changed",
    LeftOut.CORRECTED_AGAIN: "a later change was told in its place",
}


#: Reasons of items whose own words say too little to who has not read of them.
_IN_A_LIST: Final[Mapping[LeftOut, str]] = {
    LeftOut.RETRACTED_IN_DOUBT: "retracted, perhaps after it came",
    LeftOut.SAME_STORY: "told by another item",
    LeftOut.TEXT_NOT_HAD: "corrected before they had it",
    LeftOut.CORRECTED_AGAIN: "corrected once more since",
}


def left_out_words(reason: str) -> str:
    """Why items are not in a copy, behind their number in a list."""
    return _IN_A_LIST[LeftOut(reason)] if reason in _IN_A_LIST else reason.replace("-", " ")


def meaning_of(reason: str) -> str:
    """What a copy's reason means, and what follows, in sentences; nothing for one that is not known."""
    found = OF_COPIES.get(reason)
    if found is None:
        return ""
    what = f"{found.what[:1].upper()}{found.what[1:]}."
    return f"{what} {found.then}".rstrip()
