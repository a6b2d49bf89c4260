"""How far a run has come: a bar on a terminal, a plain line now and then elsewhere, on standard error."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from typing import Final, Protocol

from digest.cli.console import note
from digest.flows.tally import Progress

#: Between two lines in a log, and between two looks of a bar, in seconds.
LINE_SECONDS: Final = 10.0
BAR_SECONDS: Final = 0.25


class Count(Progress):
    """Counts what it is told, which is all that a run waits for; drawn by others at their own pace."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self.expected = 0
        self.done = 0

    def expect(self, copies: int) -> None:
        """So many copies more are to be sent."""
        self.expected += copies

    def settled(self, copies: int) -> None:
        """Of so many copies more it is known what became of them in this run."""
        self.done += copies


class Meter(Protocol):
    """Shows a count."""

    def show(self, count: Count) -> None:
        """Look at the count and show where it stands."""

    def end(self) -> None:
        """Leave the screen as whatever comes next may find it."""


class Lines:
    """One line for each look, as long as something goes on."""

    def __init__(
        self, say: Callable[[str], None], clock: Callable[[], float], counted: str = "copies"
    ) -> None:
        """The clock tells the rate since the look before."""
        self._counted: Final = counted
        self._say: Final = say
        self._clock: Final = clock
        self._seen = 0
        self._seen_at = clock()

    def show(self, count: Count) -> None:
        """One line: how many of how many, how fast, and how long it will take at that."""
        now = self._clock()
        rate = (count.done - self._seen) / max(now - self._seen_at, 0.001)
        self._seen, self._seen_at = count.done, now
        if not count.expected:
            return
        left = max(count.expected - count.done, 0)
        rest = f", {left / rate:.0f} s to go" if rate and left else ""
        self._say(f"{count.done:,} of {count.expected:,} {self._counted}, {rate:,.0f} a second{rest}")

    def end(self) -> None:
        """There is nothing to be put away."""


class Bar:
    """A bar on a terminal."""

    def __init__(self, doing: str = "sending") -> None:
        """Draw nothing before the first copy is expected."""
        # heavy, and most runs have no terminal
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, ProgressColumn, TimeRemainingColumn
        from rich.progress import Progress as Drawn
        from rich.progress import Task as DrawnTask
        from rich.text import Text

        class Rate(ProgressColumn):
            """Copies a second, of late."""

            def render(self, task: DrawnTask) -> Text:
                speed = task.finished_speed or task.speed
                return Text("" if speed is None else f"{speed:,.0f}/s")

        self._drawn: Final = Drawn(
            doing,
            BarColumn(),
            MofNCompleteColumn(),
            Rate(),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            auto_refresh=False,
            transient=True,
        )
        self._task: Final = self._drawn.add_task(doing, total=None)
        self._is_up = False

    def show(self, count: Count) -> None:
        """Draw where the count stands."""
        if not count.expected:
            return
        if not self._is_up:
            self._drawn.start()
            self._is_up = True
        self._drawn.update(self._task, total=max(count.expected, count.done), completed=count.done)
        self._drawn.refresh()

    def end(self) -> None:
        """Take the bar away."""
        if self._is_up:
            self._drawn.stop()


@asynccontextmanager
async def watched(
    json: bool, doing: str = "sending", counted: str = "copies"
) -> AsyncIterator[Progress | None]:
    """Show how a run goes while the block runs; who wants a document only is shown nothing."""
    if json:
        yield None
        return
    on_terminal = sys.stderr.isatty()
    meter: Meter = Bar(doing) if on_terminal else Lines(note, time.monotonic, counted)
    count = Count()
    looking = asyncio.create_task(look(meter, count, BAR_SECONDS if on_terminal else LINE_SECONDS))
    try:
        yield count
    finally:
        looking.cancel()
        with suppress(asyncio.CancelledError):
            await looking
        meter.end()


async def look(meter: Meter, count: Count, seconds: float) -> None:
    """Show the count again and again."""
    while True:
        await asyncio.sleep(seconds)
        meter.show(count)
