"""Looks at everything from a process that lives on: one at a time, with a rest between, and none lost."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Final

import pytest
from structlog.testing import capture_logs

from digest.core.doctor_findings import Finding, Found, Level
from digest.flows import looking
from digest.flows.looking import BROKE, HUNG, REST, LastLook, Looking

pytestmark = pytest.mark.anyio

NOW: Final = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
FINE: Final = (Finding(Found.STORE_FINE, Level.FINE, "the store is in order"),)


class Doctor:
    """Looks when it is let, and counts how often it was asked."""

    def __init__(self) -> None:
        self.looks = 0
        self.let = asyncio.Event()
        self.breaks = False
        self.seconds = 100.0

    async def __call__(self) -> tuple[Finding, ...]:
        self.looks += 1
        await self.let.wait()
        self.seconds += 3
        if self.breaks:
            raise ZeroDivisionError("hunter2")
        return FINE

    def looking(self) -> Looking:
        return Looking(self, now=lambda: NOW, clock=lambda: self.seconds)


async def looked(one: Looking) -> bool:
    begun = one.begin()
    await one.ended(5)
    return begun


async def test_what_was_found_is_kept_with_its_time() -> None:
    doctor = Doctor()
    doctor.let.set()
    one = doctor.looking()
    assert (one.last, one.since, one.trouble) == (None, None, "")
    assert await looked(one)
    assert one.last == LastLook(NOW, timedelta(seconds=3), FINE)
    assert one.since is None


async def test_who_comes_while_somebody_looks_waits_for_the_same_look() -> None:
    doctor = Doctor()
    one = doctor.looking()
    assert one.begin()
    waiting = [asyncio.create_task(looked(one)) for _ in range(20)]
    await asyncio.sleep(0)
    assert one.since == NOW
    doctor.let.set()
    assert await asyncio.gather(*waiting) == [True] * 20
    assert doctor.looks == 1


async def test_nobody_looks_again_at_once() -> None:
    doctor = Doctor()
    doctor.let.set()
    one = doctor.looking()
    assert await looked(one)
    doctor.seconds += REST - 0.1
    assert not await looked(one)
    doctor.seconds += 0.1
    assert await looked(one)
    assert doctor.looks == 2


async def test_who_waits_no_longer_ends_nothing() -> None:
    doctor = Doctor()
    one = doctor.looking()
    one.begin()
    await one.ended(0.01)
    leaving = asyncio.create_task(one.ended(5))
    await asyncio.sleep(0)
    leaving.cancel()
    assert one.since == NOW
    doctor.let.set()
    await one.ended(5)
    assert one.last is not None


async def test_a_look_that_breaks_is_told_in_a_plain_line_and_the_one_before_stays() -> None:
    doctor = Doctor()
    doctor.let.set()
    one = doctor.looking()
    await looked(one)
    before, doctor.breaks = one.last, True
    doctor.seconds += REST
    with capture_logs() as lines:
        assert await looked(one)
    assert (one.last, one.trouble, one.since) == (before, BROKE, None)
    assert [line["error"] for line in lines] == ["ZeroDivisionError: hunter2"]
    doctor.breaks = False
    doctor.seconds += REST
    await looked(one)
    assert one.trouble == ""


async def test_a_look_that_hangs_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looking, "_LONGEST", 0.05)
    one = Doctor().looking()
    await looked(one)
    assert (one.last, one.trouble) == (None, HUNG)
