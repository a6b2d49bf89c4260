"""Mails to one person that are no issue: which there are, who may still get one, and how often we may ask."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct

from digest.core.model import DeliveryStatus
from subscribers.model import Cadence, Profile, Standing


class NoticeKind(StrEnum):
    """What a notice is about; each but a test has a folder of templates of that name."""

    #: the question to somebody whose address was entered: shall we write to you?
    CONFIRM = "confirm"
    #: the answer was yes: what will come, and when
    WELCOME = "welcome"
    #: the reader has left
    GOODBYE = "goodbye"
    #: the question to a new address: shall your mail come here from now on?
    MOVE = "move"
    #: what the old address is told of that question
    MOVING = "moving"
    #: the links of a reader, asked for on a page: by who lost them, or subscribed a second time
    LINKS = "links"
    #: mail to this reader came back so often that the mailbox is asked whether it lives
    PROBE = "probe"
    #: what a reader wrote in answer to a mail, handed on to the newsroom
    ANSWER = "answer"
    #: what an admin should look at
    ALERT = "alert"
    #: what a cohort gets or would get, to somebody of the newsroom
    TEST = "test"


#: How long after it was due a notice is still worth sending.
WORTH_SENDING: Final[Mapping[NoticeKind, timedelta]] = {
    NoticeKind.CONFIRM: timedelta(days=3),
    NoticeKind.WELCOME: timedelta(days=1),
    NoticeKind.GOODBYE: timedelta(days=1),
    NoticeKind.MOVE: timedelta(days=3),
    NoticeKind.MOVING: timedelta(days=3),
    NoticeKind.LINKS: timedelta(days=1),
    NoticeKind.PROBE: timedelta(days=2),
    NoticeKind.ANSWER: timedelta(days=3),
    NoticeKind.ALERT: timedelta(days=3),
    NoticeKind.TEST: timedelta(hours=3),
}


class Alert(StrEnum):
    """What an admin should look at."""

    #: a run ended before its work was done, since no server could be used or refused everything
    STOPPED = "stopped"
    #: it is not known whether mails arrived, and they are held for a person
    HELD = "held"
    #: an issue was made long after its time
    LATE = "late"
    #: a webhook was turned off, since its receiver is gone or has taken nothing for days
    WEBHOOK = "webhook"
    #: readers of a family of mailboxes complain, nearly as many as providers bear, or more
    COMPLAINTS = "complaints"
    #: so with addresses that do not exist
    BOUNCES = "bounces"
    #: nothing is sent to a family for a while, since too much came back
    PAUSED = "paused"
    #: the mailbox of returned mail cannot be read, again and again
    MAILBOX = "mailbox"
    #: an issue is held, since too many of its addresses do not exist
    BAD_LIST = "bad-list"
    #: slots are without an issue for too long, or issues do not move
    OVERDUE = "overdue"
    #: that is over
    SETTLED = "settled"


#: An issue that is made so long after its time is worth a word.
LATE_BY: Final = timedelta(hours=1)

#: So long a question can be answered by its link.
ANSWER_WITHIN: Final = timedelta(days=30)
#: One question to an address in this time, and so many in all without an answer.
ASK_AGAIN_AFTER: Final = timedelta(days=1)
MOST_QUESTIONS: Final = 3

#: So many mails with links go to an address in this time.
REMIND_WITHIN: Final = timedelta(days=30)
MOST_REMINDERS: Final = 5

#: The reasons of a question that was not asked.
ASKED_TODAY: Final = "asked-today"
ASKED_OFTEN: Final = "asked-often"
#: The reasons of a notice whose reader was erased meanwhile, or has another address by now.
ERASED: Final = "erased"
ADDRESS_CHANGED: Final = "address-changed"

#: Who may get one; a reader of any other standing is not written to, and the standing is the reason.
_MAY_GET: Final[Mapping[NoticeKind, frozenset[Standing]]] = {
    NoticeKind.CONFIRM: frozenset({Standing.PENDING}),
    NoticeKind.WELCOME: frozenset({Standing.ACTIVE}),
    NoticeKind.GOODBYE: frozenset({Standing.LEFT}),
    NoticeKind.MOVE: frozenset({Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING}),
    NoticeKind.MOVING: frozenset({Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING}),
    NoticeKind.LINKS: frozenset({Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING, Standing.LEFT}),
    NoticeKind.PROBE: frozenset({Standing.ACTIVE, Standing.PAUSED}),
}
#: Who gets the question whether to begin again.
COME_BACK: Final = frozenset({Standing.LEFT, Standing.BOUNCING})
#: These go to nobody who reads.
_TO_THE_NEWSROOM: Final = frozenset({NoticeKind.ALERT, NoticeKind.ANSWER, NoticeKind.TEST})
#: These go to the address that the reader has; a move is about another one.
_TO_THE_READER: Final = frozenset(
    {NoticeKind.CONFIRM, NoticeKind.WELCOME, NoticeKind.GOODBYE, NoticeKind.LINKS, NoticeKind.PROBE}
)


class Notice(Struct, frozen=True):
    """One mail to one person that is no issue."""

    id: int
    kind: NoticeKind
    newsletter_id: int
    #: None for what goes to the newsroom, not to somebody who reads
    subscription_id: int | None
    address: str
    #: what it is known by: a second notice of the same occasion to the same address is not made
    occasion: str
    #: from when on it may be sent; its Date
    due_at: datetime
    #: after this it is not sent any more
    expires_at: datetime
    #: of its Message-ID
    domain: str
    #: what it says, in plain values that stay what they are
    data: Mapping[str, Any]
    #: what was asked for, of a notice that speaks of it
    cadence: Cadence | None = None
    profile: Profile | None = None
    status: DeliveryStatus = DeliveryStatus.PLANNED
    attempts: int = 0
    #: those of them after which it may have arrived
    doubts: int = 0
    reason: str = ""
    detail: str = ""
    retry_at: datetime | None = None
    sent_at: datetime | None = None
    #: when a question was answered with yes
    answered_at: datetime | None = None

    @property
    def ended_by(self) -> Mapping[int, int]:
        """Of a question whether to begin again: by subscription, the change of standing that ended it."""
        return {int(one): change for one, change in self.data.get("ended_by", {}).items()}

    def can_be_answered(self, now: datetime) -> bool:
        """True while the link of a question works."""
        return now <= self.due_at + ANSWER_WITHIN


class Asked(Struct, frozen=True):
    """A question that went to an address, or will."""

    at: datetime
    #: it was about the subscription that is asked about now
    same: bool
    answered: bool


def when_to_ask(asked: Iterable[Asked], now: datetime) -> datetime | str:
    """When an address may be asked to confirm, or the reason why it is not asked.

    One question a day and three in all without an answer, or anybody could fill a stranger's mailbox with
    ours. Who asks for the same again the same day has a question to answer; a second newsletter waits.
    """
    known = list(asked)
    unanswered = [one for one in known if not one.answered]
    recent = [one for one in known if now < one.at + ASK_AGAIN_AFTER]
    if any(one.same and not one.answered for one in recent):
        return ASKED_TODAY
    if len(unanswered) >= MOST_QUESTIONS:
        return ASKED_OFTEN
    return max((one.at + ASK_AGAIN_AFTER for one in recent), default=now)


def when_to_remind(reminded: Iterable[Asked], now: datetime) -> str:
    """Why an address is not sent its links (again); empty when it may be. Once a day, some times a month."""
    recent = [one for one in reminded if now < one.at + REMIND_WITHIN]
    if any(now < one.at + ASK_AGAIN_AFTER for one in recent):
        return ASKED_TODAY
    return ASKED_OFTEN if len(recent) >= MOST_REMINDERS else ""


def why_not(
    kind: NoticeKind, standing: Standing | None, *, is_their_address: bool, begins_again: bool = False
) -> str:
    """Why this notice must not go out any more; empty when it may. `standing` is None for erased readers.

    One that `begins_again` asks somebody whose subscription is over.
    """
    if kind in _TO_THE_NEWSROOM:
        return ""
    if standing is None:
        return ERASED
    if standing not in _MAY_GET[kind] and not (begins_again and standing in COME_BACK):
        return standing.value
    return ADDRESS_CHANGED if kind in _TO_THE_READER and not is_their_address else ""
