"""What runs now, as a stream of events (HTML Living Standard, 9.2): each is a part of the page."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from datetime import timedelta
from time import monotonic
from typing import Final

from fastapi import Request
from fastapi.responses import StreamingResponse
from msgspec import Struct

from digest.flows.today import Running

#: Seconds between two looks at the rows.
EVERY: Final = 2.0
#: Seconds that a stream lasts; the browser asks again, and the gate looks again who it is. No stop of the
#: server waits longer than this.
LASTS: Final = 20.0
#: Milliseconds after which a browser asks again: while something runs, and while nothing does.
AGAIN: Final = 1000
AGAIN_LATER: Final = 5000
#: Looks from which the pace is reckoned.
_LOOKS: Final = 15


class Pace(Struct, frozen=True):
    """How fast an issue goes on."""

    #: copies settled in a second
    rate: float

    def remaining(self, left: int) -> timedelta | None:
        """How long the rest takes at this rate; None when nothing goes on."""
        return timedelta(seconds=left / self.rate) if self.rate > 0 else None


class Paces:
    """Reckons the pace of each issue from the rows: which process sends does not matter."""

    def __init__(self) -> None:
        """Know nothing yet."""
        self._looks: Final[deque[tuple[float, Mapping[int, int]]]] = deque(maxlen=_LOOKS)

    def look(self, found: tuple[Running, ...], at: float) -> dict[int, Pace]:
        """The pace of each issue since the oldest look that is remembered; none at the first look."""
        self._looks.append((at, {one.issue.id: one.settled for one in found}))
        since, before = self._looks[0]
        if at <= since:
            return {}
        return {
            one.issue.id: Pace((one.settled - before[one.issue.id]) / (at - since))
            for one in found
            if one.issue.id in before
        }


def stream(
    request: Request,
    look: Callable[[], Awaitable[tuple[Running, ...]]],
    show: Callable[[tuple[Running, ...], Mapping[int, Pace]], str],
) -> StreamingResponse:
    """Send the part that `show` makes of each look, whenever it has changed."""
    return StreamingResponse(
        _events(request, look, show),
        media_type="text/event-stream",
        # proxies are not to wait until there is more
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _events(
    request: Request,
    look: Callable[[], Awaitable[tuple[Running, ...]]],
    show: Callable[[tuple[Running, ...], Mapping[int, Pace]], str],
) -> AsyncIterator[str]:
    paces, shown, began = Paces(), "", monotonic()
    while monotonic() - began < LASTS and not await request.is_disconnected():
        found = await look()
        part = show(found, paces.look(found, monotonic()))
        if part != shown:
            shown = part
            lines = "".join(f"data: {line}\n" for line in part.splitlines())
            yield f"retry: {AGAIN if found else AGAIN_LATER}\nevent: running\n{lines}\n"
        if not found:
            # nothing to watch: the browser asks again by and by
            return
        await asyncio.sleep(EVERY)
