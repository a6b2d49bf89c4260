"""Warming up: a sender whom nobody knows yet begins with few copies a day, and more every day."""

from __future__ import annotations

from datetime import date
from math import log

from msgspec import Struct


class WarmUp(Struct, frozen=True):
    """A plan of daily ceilings: so many copies on the first day, `growth` times as many on each day after.

    From the day on which that would reach `goal` there is no ceiling. Mailbox providers name no numbers; who
    sends for a living advises to begin with 50 to 1,000 a day and to grow by a half to double each day, for
    two to six weeks. The defaults stay on the careful side: 200, 300, 450 and so on to 38,923 on the
    fourteenth day, which is the last.
    """

    first: int = 200
    growth: float = 1.5
    goal: int = 50_000

    def __post_init__(self) -> None:
        """Refuse a plan that sends nothing, or never ends."""
        if self.first < 1:
            raise ValueError(f"a warm-up begins with at least one copy a day, not {self.first}")
        if not 1 < self.growth <= 10:
            raise ValueError(f"a warm-up grows each day by a factor above 1 and up to 10, not {self.growth}")

    def ceiling(self, first_sent: date | None, today: date) -> int | None:
        """The most copies for today, None for no ceiling; `first_sent` is None when nothing was ever sent.

        Days are UTC days. A day without mail counts like any other.
        """
        days_past = 0 if first_sent is None else max(0, (today - first_sent).days)
        # compared as logarithms: a power of many days is no float any more
        if log(self.first) + days_past * log(self.growth) >= log(max(self.goal, 1)):
            return None
        return int(self.first * self.growth**days_past)

    def allowance(self, first_sent: date | None, today: date, sent_today: int) -> int | None:
        """How many copies may still begin today, None for as many as there are."""
        ceiling = self.ceiling(first_sent, today)
        return None if ceiling is None else max(0, ceiling - sent_today)


class WarmingUp(Struct, frozen=True):
    """A sender that began with a plan on some day."""

    plan: WarmUp
    since: date

    def allowance(self, today: date, sent_today: int) -> int | None:
        """How many copies may still begin today, None for as many as there are."""
        return self.plan.allowance(self.since, today, sent_today)

    def is_over(self, today: date) -> bool:
        """Whether there is no ceiling any more."""
        return self.plan.ceiling(self.since, today) is None
