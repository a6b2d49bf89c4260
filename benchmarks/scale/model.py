"""Reckons what ten or a hundred million readers would need, from what a million were measured to cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final

from benchmarks.alone import Figures
from benchmarks.claim_batches import BATCH

#: What is reckoned for, and for how many readers.
READERS: Final = (1_000_000, 10_000_000, 100_000_000)
#: The share of the most usual time, when 288 are chosen by Zipf's law: 1 / (1 + 1/2 + ... + 1/288).
PEAK: Final = 0.16
#: Seconds within which the copies of that one are to be out.
OUT_WITHIN: Final = 3600
#: Copies a second of one connection to a server that answers after 50 ms (`docs/workers.md`).
A_CONNECTION: Final = 18.0
#: Connections of one worker; and of its processor only so much is counted on.
CONNECTIONS: Final = 40
LOADED: Final = 0.7
#: Octets a copy takes once it is bound in a volume (`docs/retention.md`).
BOUND: Final = 0.8
#: Days for which single copies are kept: as it comes, and the least that may be set.
KEPT_DAYS: Final = (400, 90)


@dataclass(frozen=True, slots=True)
class Costs:
    """What one reader or one copy costs, as it was measured."""

    #: octets of a reader with subscription, group and indices
    reader: float
    #: octets of a copy with its indices, as long as it has a row of its own
    copy: float
    #: seconds of planning, and seconds of the store to claim, begin and record it
    plan: float
    settle: float
    #: seconds of a processor to print, send and record a letter of 42 kB
    letter: float

    @staticmethod
    def of(one: Mapping[str, Figures], full_speed: Figures) -> Costs:
        """From the figures of the largest store."""
        room, sent = one["room after"], one["sent"]
        groups = (
            (room["groups|row"] + room["groups|index"]) * room["groups|count"] / room["subscribers|count"]
        )
        tables = ("subscribers", "subscriptions")
        people = sum(room[f"{table}|{part}"] for table in tables for part in ("row", "index"))
        return Costs(
            reader=people + groups,
            copy=room["deliveries|row"] + room["deliveries|index"],
            plan=one["planned, 288"]["wall"] / one["planned, 288"]["copies"],
            settle=(sent["all"] + sent["note"]) / BATCH / 1000,
            letter=full_speed["wall"] / full_speed["sent"],
        )


@dataclass(frozen=True, slots=True)
class Need:
    """What so many readers need who get one copy a day each."""

    readers: int
    #: copies a second while those of the most usual time are sent, connections for them, and workers
    rate: float
    connections: int
    workers: int
    #: processors of the store that claims and records keep busy meanwhile
    store: float
    #: seconds to plan the issue of the most usual time, and all of a day, one after the other
    plan_peak: float
    plan_day: float
    #: gigabytes of readers, and of copies for each of `KEPT_DAYS`
    people: float
    copies: tuple[float, ...]

    @staticmethod
    def of(readers: int, costs: Costs) -> Need:
        """By plain multiplication: what was measured to grow evenly is taken to go on so."""
        rate = PEAK * readers / OUT_WITHIN
        connections = ceil(rate / A_CONNECTION)
        return Need(
            readers=readers,
            rate=rate,
            connections=connections,
            workers=max(ceil(connections / CONNECTIONS), ceil(rate * costs.letter / LOADED)),
            store=rate * costs.settle,
            plan_peak=PEAK * readers * costs.plan,
            plan_day=readers * costs.plan,
            people=readers * costs.reader / 1e9,
            copies=tuple(readers * days * costs.copy / 1e9 for days in KEPT_DAYS),
        )
