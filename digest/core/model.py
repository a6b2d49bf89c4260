"""The types that two stages of the walk share; values only, each for one purpose."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from enum import StrEnum
from typing import Final, NamedTuple

from msgspec import Struct, field

# handed on: they fill files of their own
from digest.core.briefing import GENERAL as GENERAL
from digest.core.briefing import Beside as Beside
from digest.core.briefing import Briefing as Briefing
from digest.core.briefing import BriefingStatus as BriefingStatus
from digest.core.briefing import Candidate as Candidate
from digest.core.briefing import DraftBriefing as DraftBriefing
from digest.core.briefing import Rejected as Rejected
from digest.core.briefing import Topic as Topic
from digest.core.briefing import TopicMark as TopicMark
from digest.core.briefing import TopicWords as TopicWords
from digest.core.newsletter import Archive as Archive
from digest.core.newsletter import BrandLink as BrandLink
from digest.core.newsletter import ItemText as ItemText
from digest.core.newsletter import Newsletter as Newsletter
from digest.core.newsletter import Pictures as Pictures
from subscribers.model import Bookmark, Cadence, Profile

# --- Who is due ---------------------------------------------------------------------------------------------


#: With this the labels of news at once begin, and no others.
AT_ONCE_SIGN: Final = "#"


class Slot(Struct, frozen=True):
    """One appointed moment of a cadence; `label` is its name in the unique key of issues.

    For days and times the label is the local wall time (``2026-11-24T08:00``); for at-once cadences it is the
    newest publication number (``#17``), or the local day for what a cap left over.
    """

    label: str
    #: the local date that the slot serves
    day: date
    #: the instant, UTC
    due_at: datetime
    #: True when only readers with deferred briefings are due (the daily remainder of at-once)
    leftovers: bool = False

    @property
    def takes_a_day(self) -> bool:
        """False for news at once, which leaves what comes later that day still owed."""
        return not self.label.startswith(AT_ONCE_SIGN)


class DueSlot(Struct, frozen=True):
    """A slot of one newsletter that is due and not yet planned for everybody."""

    newsletter_id: int
    cadence_id: int
    cadence: Cadence
    slot: Slot


class Group(Struct, frozen=True):
    """The due readers who share a profile and a bookmark, hence a copy."""

    profile_id: int
    profile: Profile
    bookmark_id: int
    bookmark: Bookmark
    size: int
    #: the last local day on which these readers were served
    served_day: date


# --- What was decided ---------------------------------------------------------------------------------------


class LeftOut(StrEnum):
    """Why a briefing is not in a copy, now or later."""

    TOPIC_NOT_FOLLOWED = "topic-not-followed"
    SECTION_NOT_CHOSEN = "section-not-chosen"
    SECTION_NOT_CARRIED = "section-not-carried"
    RETRACTED = "retracted"
    # and the copy may have come with it before that
    RETRACTED_IN_DOUBT = "retracted-in-doubt"
    # another telling of the same event is in the copy
    SAME_STORY = "same-story"
    # of corrections
    TEXT_NOT_HAD = "text-not-had"
    CORRECTED_AGAIN = "corrected-again"


class Skip(StrEnum):
    """Why a reader gets no copy of an issue; also the reason of a skipped delivery."""

    NOTHING_NEW = "nothing-new"
    NOTHING_WANTED = "nothing-wanted"
    TOO_LATE = "too-late"
    # all that it held was taken back after planning
    RETRACTED = "retracted"
    # found at the claim, when standing is asked last
    PAUSED = "paused"
    LEFT = "left"
    PENDING = "pending"
    BOUNCING = "bouncing"
    COMPLAINED = "complained"
    SUPPRESSED = "suppressed"
    # of what a person stopped, or did not approve in time
    CANCELLED = "cancelled"
    NOT_APPROVED = "not-approved"
    # put back from a backup: it may have gone out from the store of which that was made
    SENT_ELSEWHERE = "sent-elsewhere"


class TopicGroup(Struct, frozen=True):
    """The briefings of a copy that stand under one topic, in the order in which they are read."""

    topic: str
    numbers: tuple[int, ...]


class Selection(Struct, frozen=True):
    """What one profile gets from one bookmark: the content of a cohort."""

    groups: tuple[TopicGroup, ...]
    deferred: tuple[int, ...]
    left_out: Mapping[LeftOut, tuple[int, ...]]
    next_bookmark: Bookmark
    skip: Skip | None = None

    @property
    def numbers(self) -> tuple[int, ...]:
        """Included numbers in reading order."""
        return tuple(number for group in self.groups for number in group.numbers)

    def withdrawn(self, reason: Skip) -> Selection:
        """The same when no copy is made of it after all: its numbers are owed again."""
        if self.skip is not None:
            return self
        owed = self.next_bookmark.given_back(self.numbers)
        return Selection((), owed.deferred, self.left_out, owed, reason)


class PlannedCohort(Struct, frozen=True):
    """A group and what was selected for it, ready to be written down."""

    group: Group
    selection: Selection
    #: the first local day that the copy covers when slots were missed, else the day of the slot
    covers_from: date


# --- What is sent -------------------------------------------------------------------------------------------


class IssueStatus(StrEnum):
    """Where an issue stands; copies are claimed of those being sent alone."""

    #: planned, and not yet approved
    WAITING = "waiting"
    SENDING = "sending"
    #: a person stopped it for now
    HELD = "held"
    #: what was not sent never will be; some copies are still in senders' hands, or in doubt
    CANCELLING = "cancelling"
    CANCELLED = "cancelled"
    DONE = "done"


class DeliveryStatus(StrEnum):
    """Where one copy to one reader stands."""

    PLANNED = "planned"
    SENDING = "sending"
    SENT = "sent"
    DEFERRED = "deferred"
    REFUSED = "refused"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"
    SKIPPED = "skipped"


#: Statuses after which nothing more happens to a delivery by itself.
SETTLED: Final = frozenset(
    {DeliveryStatus.SENT, DeliveryStatus.REFUSED, DeliveryStatus.EXPIRED, DeliveryStatus.SKIPPED}
)


class Issue(Struct, frozen=True):
    """One dated number of a newsletter."""

    id: int
    newsletter_id: int
    #: None for a one-off by hand
    cadence_id: int | None
    slot: str
    day: date
    zone: str
    due_at: datetime
    planned_at: datetime
    status: IssueStatus
    #: written by an editor for a one-off; None lets the template say it
    subject: str | None = None
    intro: str | None = None
    #: True for a one-off that neither asked bookmarks nor moved them
    ignores_bookmarks: bool = False
    #: the domain of its Message-IDs
    domain: str = "localhost"
    #: how many plannings the slot has had
    rounds: int = 1

    @property
    def begins_at(self) -> datetime:
        """From when on its copies are sent, and reckoned to be late: its time, or when it was planned."""
        return max(self.due_at, self.planned_at)

    def has_come(self, now: datetime) -> bool:
        """Whether its time has come: what is planned ahead waits for it, approved or not.

        A clock that goes back stops nothing that had begun.
        """
        return self.due_at <= now or self.planned_at >= self.due_at

    def goes_out_at(self, now: datetime) -> datetime | None:
        """When one begins to be sent that was approved ahead of its time; None of any other."""
        return self.due_at if self.status is IssueStatus.SENDING and not self.has_come(now) else None


class Copy(Struct, frozen=True):
    """What one cohort of an issue reads: enough to print it."""

    cohort_id: int
    issue: Issue
    #: the planning of the issue to which the cohort belongs
    round: int
    profile: Profile
    #: None for a one-off by hand
    cadence: Cadence | None
    groups: tuple[TopicGroup, ...]
    deferred: tuple[int, ...]
    covers_from: date


class Claimed(NamedTuple):
    """A delivery taken for sending: whose, where to, and how often it was tried before."""

    delivery_id: int
    cohort_id: int
    issue_id: int
    subscription_id: int
    address: str
    name: str
    #: tries that ended in an answer or a broken connection, this one not counted
    attempts: int
    #: those of them after which it may have arrived
    doubts: int = 0


class Stage(StrEnum):
    """How far a conversation with a mail server had come (RFC 5321)."""

    CONNECT = "connect"
    GREETING = "greeting"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    #: the message was on the wire and its final dot may have arrived
    FINAL_DOT = "final-dot"


class Outcome(Struct, frozen=True):
    """What came of handing one message to a server.

    `code` is the reply's three digits, 0 when there was none because the connection broke or timed out.
    `enhanced` is the RFC 3463 code as text, empty when the reply had none.
    """

    stage: Stage
    code: int
    enhanced: str = ""
    text: str = ""

    @property
    def accepted(self) -> bool:
        """True when the server took responsibility for the message."""
        return self.stage is Stage.FINAL_DOT and 200 <= self.code < 300


class Verdict(Struct, frozen=True):
    """What we do about an outcome."""

    status: DeliveryStatus
    #: a word that can be counted, and for people the server's own words
    reason: str = ""
    detail: str = ""
    #: when a deferred copy may be tried again
    retry_at: datetime | None = None
    #: the address itself is bad: no more mail to it
    hard_bounce: bool = False
    #: the server, not the reader, is the trouble: stop the run, count no attempt
    stop_run: bool = False


class RunTotals(Struct, frozen=True):
    """What one run did; the shape of the answer of `digest run --json`."""

    issues: tuple[int, ...] = ()
    planned: int = 0
    sent: int = 0
    deferred: int = 0
    refused: int = 0
    expired: int = 0
    uncertain: int = 0
    skipped: Mapping[str, int] = field(default_factory=dict)
    #: mails that are no issue, by what became of them
    notices: Mapping[str, int] = field(default_factory=dict)
