"""The table of replies: what a mail server answered becomes what we do about it.

Rows are tried from top to bottom and the first that fits decides. An enhanced code (RFC 3463) counts only
when its class agrees with the reply's first digit; where they differ, the reply is believed.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from enum import Enum, StrEnum, auto
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from digest.core.model import DeliveryStatus, Outcome, Stage, Verdict
from digest.core.refusal_words import FULL, GREY, RATE, SPAM, UNKNOWN_USER

#: Stages at which no word was said about a letter: trouble there is the server's or ours, never the reader's.
UNTRIED: Final = frozenset({Stage.CONNECT, Stage.GREETING, Stage.STARTTLS, Stage.AUTH})
#: Stages at which a reply is about the recipient or the content, not about us as senders.
_ABOUT_RECIPIENT: Final = frozenset({Stage.RCPT, Stage.DATA, Stage.FINAL_DOT})
_DOT: Final = frozenset({Stage.FINAL_DOT})

#: The first wait, doubled for every try; jitter adds up to a quarter, so no wait is longer than four hours.
FIRST_WAIT: Final = timedelta(minutes=5)
LONGEST_WAIT: Final = timedelta(hours=4)
_JITTER: Final = 0.25


class Reason(StrEnum):
    """Why a copy was not sent, in words that can be counted."""

    # the server or our own settings
    NO_CONNECTION = "no-connection"
    TLS_FAILED = "tls-failed"
    LOGIN_REFUSED = "login-refused"
    # for now
    CONNECTION_BROKE = "connection-broke"
    SLOW_DOWN = "slow-down"
    GREYLISTED = "greylisted"
    TRY_LATER = "try-later"
    ODD_REPLY = "odd-reply"
    # for good
    NO_SUCH_ADDRESS = "no-such-address"
    MAILBOX_FULL = "mailbox-full"
    TOO_BIG = "too-big"
    NEEDS_SMTPUTF8 = "needs-smtputf8"
    SPAM = "spam"
    POLICY = "policy"
    SENDER_REFUSED = "sender-refused"
    REFUSED = "refused"
    GAVE_UP = "gave-up"
    # nobody knows
    NO_REPLY_TO_FINAL_DOT = "no-reply-to-final-dot"


class _Action(Enum):
    """What a row of the table asks for."""

    STOP = auto()
    RETRY = auto()
    REFUSE = auto()
    #: refuse, and write to this address no more
    BOUNCE = auto()
    UNCERTAIN = auto()


class _Row(Struct, frozen=True):
    """Fits when all that it names fits; `None` fits everything."""

    action: _Action
    reason: Reason
    #: regular expression over the three digits; `000` stands for no reply
    code: str
    stages: frozenset[Stage] | None = None
    #: regular expression over the believed enhanced code; the empty one fits only a reply without
    enhanced: str | None = None
    words: re.Pattern[str] | None = None

    def fits(self, outcome: Outcome, enhanced: str) -> bool:
        return (
            (self.stages is None or outcome.stage in self.stages)
            and re.fullmatch(self.code, f"{outcome.code:03}") is not None
            and (self.enhanced is None or re.fullmatch(self.enhanced, enhanced) is not None)
            and (self.words is None or self.words.search(outcome.text) is not None)
        )


_STOP, _RETRY, _REFUSE, _BOUNCE = _Action.STOP, _Action.RETRY, _Action.REFUSE, _Action.BOUNCE

_TABLE: Final = (
    # Nothing was said about this letter.
    _Row(_STOP, Reason.TLS_FAILED, r"...", frozenset({Stage.STARTTLS})),
    _Row(_STOP, Reason.LOGIN_REFUSED, r"...", frozenset({Stage.AUTH})),
    _Row(_STOP, Reason.NO_CONNECTION, r"...", UNTRIED),
    # RFC 4954, RFC 3207: the server wants a login or TLS first, which is for us to mend. 454 is RFC 3207's
    # "TLS not available" and RFC 4954's temporary failure. Later than RCPT such a reply is not about us.
    _Row(_STOP, Reason.LOGIN_REFUSED, r"53[0458]", frozenset({Stage.MAIL, Stage.RCPT})),
    _Row(_STOP, Reason.LOGIN_REFUSED, r"454", frozenset({Stage.MAIL}), enhanced=r"4\.7\.0"),
    # The connection broke or timed out: only after the final dot is there anything to doubt.
    _Row(_Action.UNCERTAIN, Reason.NO_REPLY_TO_FINAL_DOT, r"000", _DOT),
    _Row(_RETRY, Reason.CONNECTION_BROKE, r"000"),
    # For now.
    _Row(_RETRY, Reason.GREYLISTED, r"4..", words=GREY),
    _Row(_RETRY, Reason.MAILBOX_FULL, r"4..", enhanced=r"4\.2\.2"),
    _Row(_RETRY, Reason.MAILBOX_FULL, r"452", enhanced=r"", words=FULL),
    _Row(_RETRY, Reason.SLOW_DOWN, r"421"),
    _Row(_RETRY, Reason.SLOW_DOWN, r"4..", enhanced=r"4\.7\.\d+"),
    _Row(_RETRY, Reason.SLOW_DOWN, r"4..", words=RATE),
    _Row(_RETRY, Reason.TRY_LATER, r"4.."),
    # RFC 5321 section 4.5.3.1.10: at RCPT, 552 is an old way to say 452.
    _Row(_RETRY, Reason.MAILBOX_FULL, r"552", frozenset({Stage.RCPT}), words=FULL),
    _Row(_RETRY, Reason.TRY_LATER, r"552", frozenset({Stage.RCPT})),
    # For good, and the address itself is bad (RFC 3463; 5.1.10 and 556: RFC 7504, RFC 7505).
    _Row(_BOUNCE, Reason.NO_SUCH_ADDRESS, r"5..", _ABOUT_RECIPIENT, enhanced=r"5\.(1\.([1236]|10)|2\.1)"),
    _Row(_BOUNCE, Reason.NO_SUCH_ADDRESS, r"556", frozenset({Stage.RCPT}), enhanced=r""),
    _Row(_BOUNCE, Reason.NO_SUCH_ADDRESS, r"55[0134]", _ABOUT_RECIPIENT, enhanced=r"", words=UNKNOWN_USER),
    # For good, and for this copy alone.
    _Row(_REFUSE, Reason.MAILBOX_FULL, r"5..", enhanced=r"5\.2\.2"),
    _Row(_REFUSE, Reason.TOO_BIG, r"5..", enhanced=r"5\.(2\.3|3\.4)"),
    _Row(_REFUSE, Reason.NEEDS_SMTPUTF8, r"5..", enhanced=r"5\.6\.(7|9)"),
    _Row(_REFUSE, Reason.SENDER_REFUSED, r"5..", enhanced=r"5\.1\.[78]"),
    _Row(_REFUSE, Reason.SPAM, r"5..", words=SPAM),
    _Row(_REFUSE, Reason.POLICY, r"5..", enhanced=r"5\.7\.\d+"),
    _Row(_REFUSE, Reason.MAILBOX_FULL, r"552", enhanced=r"", words=FULL),
    _Row(_REFUSE, Reason.TOO_BIG, r"552", enhanced=r""),
    _Row(_REFUSE, Reason.SENDER_REFUSED, r"5..", frozenset({Stage.MAIL})),
    _Row(_REFUSE, Reason.REFUSED, r"5.."),
    # Neither yes nor no: after the final dot the server may hold the copy, before it the server cannot.
    _Row(_Action.UNCERTAIN, Reason.ODD_REPLY, r"...", _DOT),
    _Row(_RETRY, Reason.ODD_REPLY, r"..."),
)

#: What every accepted copy gets.
SENT: Final = Verdict(DeliveryStatus.SENT)


def judge(
    outcome: Outcome,
    *,
    attempts: int,
    doubts: int = 0,
    now: datetime,
    due_at: datetime,
    give_up_minutes: int,
    jitter: float,
) -> Verdict:
    """What to do about an outcome.

    `attempts` were made before this one, and after `doubts` of them it may have arrived; `jitter` is drawn
    from 0 to 1.
    """
    if outcome.accepted:
        return SENT
    until = due_at + timedelta(minutes=give_up_minutes)
    retry_at = next_try(attempts, now=now, until=until, jitter=jitter)
    verdict = _by_the_table(outcome, attempts, retry_at)
    # what may have arrived stays in doubt until a server says yes, or no for good
    undecided = doubts and verdict.status is not DeliveryStatus.REFUSED
    if verdict.status is not DeliveryStatus.UNCERTAIN and not undecided:
        return verdict
    if verdict.stop_run:
        return replace(verdict, status=DeliveryStatus.UNCERTAIN)
    # a server that took it and lost its voice would take it at once
    return replace(verdict, status=DeliveryStatus.UNCERTAIN, retry_at=retry_at or now + FIRST_WAIT)


def _by_the_table(outcome: Outcome, attempts: int, retry_at: datetime | None) -> Verdict:
    row = _row_for(outcome)
    match row.action:
        case _Action.STOP:
            return Verdict(DeliveryStatus.PLANNED, row.reason, _detail(outcome), stop_run=True)
        case _Action.UNCERTAIN:
            return Verdict(DeliveryStatus.UNCERTAIN, row.reason, _detail(outcome))
        case _Action.REFUSE | _Action.BOUNCE:
            hard = row.action is _Action.BOUNCE
            return Verdict(DeliveryStatus.REFUSED, row.reason, _detail(outcome), hard_bounce=hard)
        case _Action.RETRY:
            if retry_at is not None:
                return Verdict(DeliveryStatus.DEFERRED, row.reason, _detail(outcome), retry_at=retry_at)
            tries = f"given up after {attempts + 1} tries, the last: {row.reason}: {_detail(outcome)}"
            return Verdict(DeliveryStatus.EXPIRED, Reason.GAVE_UP, tries)


def next_try(attempts: int, *, now: datetime, until: datetime, jitter: float) -> datetime | None:
    """When to try again: after 5 min x 2^attempts, stretched by jitter, at most 4 h; a last time at `until`.

    None when there is no time left for even the first wait: then the copy expires.
    """
    if now + FIRST_WAIT > until:
        return None
    stretch = 1 + _JITTER * jitter
    doublings = min(attempts, 16)
    wait = min(FIRST_WAIT * (1 << doublings), LONGEST_WAIT / (1 + _JITTER)) * stretch
    return min(now + wait, until)


def _row_for(outcome: Outcome) -> _Row:
    """The first row that fits; the last one fits everything."""
    enhanced = outcome.enhanced if outcome.enhanced[:1] == f"{outcome.code:03}"[0] else ""
    return next(row for row in _TABLE if row.fits(outcome, enhanced))


def _detail(outcome: Outcome) -> str:
    """The server's own words, for people: `550 5.1.1 no such user (at rcpt)`; both codes are kept."""
    said = [
        str(outcome.code) if outcome.code else "",
        outcome.enhanced,
        outcome.text,
        f"(at {outcome.stage})",
    ]
    return " ".join(part for part in said if part)[:500]
