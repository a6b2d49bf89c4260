"""Where issues are planned and sent: in this process, or by others; whoever keeps time need not know."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from digest.flows.publish import Planned
from digest.flows.tally import Tally


class Place(Protocol):
    """Plans and sends issues, or sees to it that it is done."""

    async def plan(self, now: datetime, stop: asyncio.Event) -> list[Planned]:
        """Have every slot planned that is due at `now`; what was planned when this returns."""
        ...

    async def send(self, issue_ids: Sequence[int], now: datetime, stop: asyncio.Event) -> Tally:
        """Have sent what can be sent of these issues; what became of it when this returns."""
        ...
