"""Who sends, and by which rules: what one process brings to every issue that it sends."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from msgspec import Struct, field

from digest.core.pace import Pace
from digest.core.refusals import Refusals
from digest.core.stopwatch import Stopwatch
from digest.flows.reputation import Watch
from digest.mail.lane import Lane

#: Who would have to wait longer, in seconds, waits in the store, where the next run finds it.
LONGEST_WAIT: Final = 30.0


async def close(lane: Lane) -> None:
    """Take leave of the server."""
    await lane.close()


class Allowance(Struct):
    """How many copies may still begin in this run, by a plan of daily ceilings, or since others go on."""

    #: None for as many as there are
    left: int | None = None
    #: others send the rest: it need not be counted
    is_part: bool = False

    def most(self, wanted: int) -> int:
        """So many of those wanted may begin."""
        return wanted if self.left is None else min(wanted, self.left)

    @property
    def worth_counting(self) -> int | None:
        """As of so many copies it does not matter how many more there are; None for never."""
        return max(self.left, 1) if self.is_part and self.left is not None else None

    def take(self, copies: int) -> None:
        """So many are taken; those that do not begin after all are given back with a minus."""
        if self.left is not None:
            self.left -= copies


class Sender(Struct, frozen=True):
    """The rules of one run; `pace` and `refusals` outlive it."""

    #: names this process in claims
    owner: str
    #: gives a lane; each lane is one connection
    lane: Callable[[], Lane]
    lanes: int
    #: send copies of uncertain fate again (same Message-ID), or leave them for a person
    resend_uncertain: bool
    #: the time by which things are due, which a run may be told
    now: Callable[[], datetime]
    #: real time, for leases
    wall: Callable[[], datetime]
    pace: Pace
    refusals: Refusals
    allowance: Allowance
    #: seconds that only go forward, for the pace
    clock: Callable[[], float]
    #: who counts what servers answer, and looks at what it comes to
    watch: Watch
    longest_wait: float = LONGEST_WAIT
    #: what becomes of a lane over which all went well
    put_away: Callable[[Lane], Awaitable[None]] = close
    #: how long it all takes
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
