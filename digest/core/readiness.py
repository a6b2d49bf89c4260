"""Whether a process can serve: what is asked, and the words that anybody may read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

#: The scheduler wakes every few seconds; after so long without it is stuck.
STUCK_AFTER: Final = timedelta(seconds=60)


class StoreState(StrEnum):
    """How a store is, in words that name neither its place nor who may enter it."""

    READY = "ok"
    UNREACHABLE = "cannot be reached"
    SLOW = "does not answer in time"
    NOT_SET_UP = "is not set up: run digest init"
    OLDER = "is older than the program: run digest init"
    NEWER = "is newer than the program"
    CLOSED = "is closed"


@dataclass(slots=True)
class Pulse:
    """What the scheduler of a process says of itself."""

    #: when the last round began that came to its end
    last_tick: datetime | None = None
    #: what was wrong with it
    trouble: str = ""
    is_awake: bool = field(default=False, compare=False)
    #: when it last woke for anything
    woke_at: datetime | None = field(default=None, compare=False)


class Readiness(Struct, frozen=True):
    """What was asked and found."""

    store: StoreState
    #: None when this process has no scheduler
    scheduler_runs: bool | None
    is_stopping: bool = False

    @property
    def is_ready(self) -> bool:
        """True when whoever comes can be served."""
        return self.store is StoreState.READY and self.scheduler_runs is not False and not self.is_stopping

    def checks(self) -> dict[str, str]:
        """Each check in words: `ok`, or what is wrong."""
        unreachable = (StoreState.UNREACHABLE, StoreState.SLOW)
        found = {"process": "is stopping" if self.is_stopping else "ok"}
        found["store"] = self.store.value if self.store in unreachable else "ok"
        if self.store not in unreachable:
            found["schema"] = self.store.value
        if self.scheduler_runs is not None:
            found["scheduler"] = "ok" if self.scheduler_runs else "does not run"
        return found


def scheduler_runs(pulse: Pulse | None, now: datetime) -> bool | None:
    """Whether the scheduler of a process does what it should; None where there is none."""
    if pulse is None:
        return None
    return pulse.is_awake and pulse.woke_at is not None and now - pulse.woke_at < STUCK_AFTER


def state_of_version(found: str | None, wanted: str) -> StoreState:
    """What a store's version means; versions are numbers of four digits."""
    if found is None:
        return StoreState.NOT_SET_UP
    if found == wanted:
        return StoreState.READY
    return StoreState.OLDER if found < wanted else StoreState.NEWER
