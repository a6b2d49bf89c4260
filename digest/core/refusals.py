"""When one refusal after another is the server's word about us, and no longer about readers.

A relay whose administrator locked us out, or whose disk is full, may refuse every copy with a plain 5xx. Copy
by copy that would cost every reader the issue. So when the same answer came so often in a row, with no copy
accepted between, and no single family of mailboxes can be behind it, sending stops: who was refused keeps the
reason, the rest stays planned. Afterwards the server is asked seldom, one copy at a time.
"""

from __future__ import annotations

from typing import Final

from digest.core.model import DeliveryStatus, Outcome, Stage, Verdict
from digest.core.verdict import Reason

#: So many in a row are no chance.
COPIES_IN_A_ROW: Final = 20
#: Mailboxes of so many families have nothing in common but the server between us and them.
FAMILIES_IN_A_ROW: Final = 5
#: Between one copy and the next after a stop: each costs a reader the issue if nothing has changed.
KNOCK_SECONDS: Final = 600.0

#: True for one mailbox at a time, whoever says it.
_ABOUT_THE_READER: Final = frozenset({Reason.MAILBOX_FULL, Reason.NO_SUCH_ADDRESS, Reason.NEEDS_SMTPUTF8})


class Refusals:
    """What was refused in a row; lives as long as the process, so that the next run is careful."""

    def __init__(self) -> None:
        """Begin without suspicion."""
        self._answer: tuple[Stage, int, str] | None = None
        self._families: Final[set[str]] = set()
        self._in_a_row = 0
        self._knock_at = 0.0
        #: the words of the last refusal, once it counts as the server's word; else empty
        self.words = ""

    def heard(self, family: str, outcome: Outcome, verdict: Verdict, now: float) -> None:
        """Count an answer; `verdict` is what `judge` made of it, `now` in seconds of a clock."""
        if outcome.accepted:
            self._forget()
        elif _is_flat(outcome, verdict):
            self._count(family, outcome, verdict, now)

    def may_knock(self, now: float) -> bool:
        """Whether the server may be asked, at least with one copy."""
        return not self.words or now >= self._knock_at

    def _count(self, family: str, outcome: Outcome, verdict: Verdict, now: float) -> None:
        answer = outcome.stage, outcome.code, outcome.enhanced
        if answer != self._answer:
            self._forget()
            self._answer = answer
        self._in_a_row += 1
        if len(self._families) < FAMILIES_IN_A_ROW:
            self._families.add(family)
        # before the recipient is named, none can be the reason
        is_shared = outcome.stage is Stage.MAIL or len(self._families) >= FAMILIES_IN_A_ROW
        if is_shared and self._in_a_row >= COPIES_IN_A_ROW:
            self.words = f"the server refuses every copy, the last {self._in_a_row} with: {verdict.detail}"
            self._knock_at = now + KNOCK_SECONDS

    def _forget(self) -> None:
        if self._in_a_row:
            self._answer, self._in_a_row, self.words = None, 0, ""
            self._families.clear()


def _is_flat(outcome: Outcome, verdict: Verdict) -> bool:
    """A plain no for good that says nothing of the reader's mailbox."""
    return (
        verdict.status is DeliveryStatus.REFUSED
        and outcome.code // 100 == 5
        and not verdict.hard_bounce
        and verdict.reason not in _ABOUT_THE_READER
    )
