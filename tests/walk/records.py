"""What the store's rows say, read by plain SQL past the code under test."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

#: A copy in one of these states is the one that includes its briefings.
INCLUDING: Final = frozenset({"planned", "sending", "sent", "deferred", "uncertain"})
#: A copy that was skipped for one of these gave its briefings back.
_OWED_AGAIN: Final = frozenset({"paused", "left-and-came-back", "cancelled"})
#: For these reasons a one-off decides about what it leaves out.
_KEPT_OUT_BY_HAND: Final = ("same-story", "retracted", "retracted-in-doubt")


@dataclass(frozen=True)
class Row:
    """A delivery with what its cohort and issue say."""

    id: int
    subscription: int
    issue: int
    status: str
    reason: str
    attempts: int
    #: tries after which it may have arrived
    doubts: int
    included: tuple[int, ...]
    deferred: tuple[int, ...]
    left_out: dict[int, str]
    skip: str | None
    #: where the bookmark was to stand afterwards
    cut: int
    #: None for a one-off by hand
    cadence: int | None
    at_once: bool
    slot: str
    day: date
    planned_at: datetime
    due_at: datetime
    ignores_bookmarks: bool
    topics: frozenset[str] | None
    sections: frozenset[str] | None
    max_items: int | None
    #: its first byte may have left in the try under way
    started: bool = False

    @property
    def may_have_come(self) -> bool:
        """True when it was delivered, or may have been, or will be whatever happens."""
        return self.status == "sent" or self.doubts > 0 or (self.status == "sending" and self.started)

    @property
    def can_change(self) -> bool:
        """True when what it holds may still be made anew."""
        return self.status in INCLUDING and not self.may_have_come

    @property
    def takes_the_day(self) -> bool:
        """True for an issue of days and times, of which there is one a local day; false for news at once."""
        return self.cadence is not None and (not self.at_once or self.slot.endswith(" rest"))

    @property
    def gave_back(self) -> bool:
        """True when its briefings went back to the reader's bookmark."""
        skipped = self.status == "skipped" and self.reason in _OWED_AGAIN
        never = self.ignores_bookmarks or self.skip is not None or self.doubts
        return not never and (skipped or self.status == "expired")

    @property
    def same_story(self) -> set[int]:
        """What it left out since it tells of the same event already."""
        return {number for number, reason in self.left_out.items() if reason == "same-story"}

    @property
    def taken_out(self) -> set[int]:
        """What was retracted after it was planned, or before it was chosen, and cannot have come with it."""
        # of one that was in doubt then and is not any more it is known that it had not come
        reasons = {"retracted"} if self.doubts else {"retracted", "retracted-in-doubt"}
        return {number for number, reason in self.left_out.items() if reason in reasons}

    @property
    def decided(self) -> set[int]:
        """Every number of which this copy said what becomes of it."""
        return {*self.included, *self.deferred, *self.left_out}


@dataclass(frozen=True)
class Gap:
    after: int
    upto: int
    numbers: tuple[int, ...]
    reason: str

    def holds(self, number: int) -> bool:
        return self.after < number <= self.upto or number in self.numbers


@dataclass(frozen=True)
class Reader:
    """A subscription as it stands."""

    id: int
    address: str | None
    newsletter: str
    standing: str
    began_after: int
    cut: int
    deferred: tuple[int, ...]
    ahead: tuple[int, ...]
    gaps: tuple[Gap, ...]

    def owes(self, newest: int) -> set[int]:
        """The numbers that the bookmark still owes."""
        above = {n for n in range(self.cut + 1, newest + 1) if n not in self.ahead}
        return above | set(self.deferred)


@dataclass(frozen=True)
class Snapshot:
    """All rows at one moment."""

    deliveries: dict[int, Row]
    readers: dict[int, Reader]
    #: number and status by briefing id
    briefings: dict[int, tuple[int | None, str]]
    #: number of a correction: briefing id, kind, to how many readers it was owed at first
    corrections: dict[int, tuple[int, str, int]]


def snapshot(reading: sqlite3.Connection) -> Snapshot:
    """Read everything in one transaction."""
    reading.execute("BEGIN")
    try:
        return Snapshot(_deliveries(reading), _readers(reading), _briefings(reading), _corrections(reading))
    finally:
        reading.execute("COMMIT")


def _deliveries(reading: sqlite3.Connection) -> dict[int, Row]:
    rows = reading.execute(
        """
        SELECT d.id, d.subscription_id, d.issue_id, d.status, d.reason, d.attempts, d.doubts, d.started_at,
               c.groups, c.deferred, c.left_out, c.skip, b.cut, i.cadence_id, a.at_once, i.slot, i.day,
               i.status AS issue_status, i.planned_at, i.due_at, i.ignores_bookmarks,
               p.topics, p.sections, p.max_items
        FROM deliveries d
        JOIN cohorts c ON c.id = d.cohort_id
        JOIN bookmarks b ON b.id = c.next_bookmark_id
        JOIN profiles p ON p.id = c.profile_id
        JOIN issues i ON i.id = d.issue_id
        LEFT JOIN cadences a ON a.id = i.cadence_id
        ORDER BY d.id
        """
    )
    return {row["id"]: _row(row) for row in rows}


def _row(row: sqlite3.Row) -> Row:
    left_out = {n: reason for reason, numbers in json.loads(row["left_out"]).items() for n in numbers}
    included = [n for _topic, numbers in json.loads(row["groups"]) for n in numbers]
    assert len(set(included)) == len(included), f"delivery {row['id']} includes a briefing twice"
    if row["skip"] == "cancelled":
        assert row["issue_status"] in {"cancelling", "cancelled"}, (
            f"nobody took the issue of {row['id']} back"
        )
    return Row(
        id=row["id"],
        subscription=row["subscription_id"],
        issue=row["issue_id"],
        status=row["status"],
        reason=row["reason"],
        attempts=row["attempts"],
        doubts=row["doubts"],
        included=tuple(included),
        deferred=tuple(json.loads(row["deferred"])),
        left_out=left_out,
        skip=row["skip"],
        cut=row["cut"],
        cadence=row["cadence_id"],
        at_once=bool(row["at_once"]),
        slot=row["slot"],
        day=date.fromisoformat(row["day"]),
        planned_at=_instant(row["planned_at"]),
        due_at=_instant(row["due_at"]),
        ignores_bookmarks=bool(row["ignores_bookmarks"]),
        topics=_set(row["topics"]),
        sections=_set(row["sections"]),
        max_items=row["max_items"],
        started=row["started_at"] is not None,
    )


def _readers(reading: sqlite3.Connection) -> dict[int, Reader]:
    gaps: dict[int, list[Gap]] = {}
    for row in reading.execute("SELECT * FROM gaps ORDER BY id"):
        gap = Gap(row["after"], row["upto"], tuple(json.loads(row["numbers"])), row["reason"])
        gaps.setdefault(row["subscription_id"], []).append(gap)
    misplaced = reading.execute(
        """
        SELECT s.id FROM subscriptions s JOIN groups g ON g.id = s.group_id
        WHERE g.newsletter_id != s.newsletter_id OR g.is_active != (s.standing = 'active')
        """
    )
    assert misplaced.fetchall() == [], "only active readers may stand in groups that issues move"
    rows = reading.execute(
        """
        SELECT s.id, r.address, n.slug, s.standing, s.began_after, b.cut, b.deferred, b.ahead
        FROM subscriptions s
        JOIN subscribers r ON r.id = s.subscriber_id
        JOIN newsletters n ON n.id = s.newsletter_id
        JOIN groups g ON g.id = s.group_id
        JOIN bookmarks b ON b.id = g.bookmark_id
        """
    )
    return {
        row["id"]: Reader(
            row["id"],
            row["address"],
            row["slug"],
            row["standing"],
            row["began_after"],
            row["cut"],
            tuple(json.loads(row["deferred"])),
            tuple(json.loads(row["ahead"])),
            tuple(gaps.get(row["id"], ())),
        )
        for row in rows
    }


def _briefings(reading: sqlite3.Connection) -> dict[int, tuple[int | None, str]]:
    rows = reading.execute("SELECT id, number, status FROM briefings")
    return {row["id"]: (row["number"], row["status"]) for row in rows}


def _corrections(reading: sqlite3.Connection) -> dict[int, tuple[int, str, int]]:
    rows = reading.execute("SELECT number, briefing_id, kind, readers FROM corrections")
    return {row["number"]: (row["briefing_id"], row["kind"], row["readers"]) for row in rows}


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _set(text: str | None) -> frozenset[str] | None:
    return None if text is None else frozenset(json.loads(text))


def judge(seen: Snapshot, newest: int) -> None:
    """The rule itself, from rows alone: included exactly once, or still owed, or left out for a reason."""
    for reader in seen.readers.values():
        mine = [r for r in seen.deliveries.values() if r.subscription == reader.id]
        mine = [r for r in mine if not r.ignores_bookmarks]
        owed = reader.owes(newest)
        for number in range(reader.began_after + 1, newest + 1):
            including = [r.id for r in mine if number in r.included and r.status in INCLUDING]
            where = f"number {number} of {reader}"
            assert len(including) <= 1, f"{where} is in {including}"
            assert not (including and number in owed), f"{where} is in {including} and owed again"
            kept_out = any(number in r.left_out and r.cadence is not None for r in mine)
            kept_out = kept_out or any(r.left_out.get(number) in _KEPT_OUT_BY_HAND for r in mine)
            not_sent = any(number in r.included and r.status in {"refused", "skipped"} for r in mine)
            gap = any(gap.holds(number) for gap in reader.gaps)
            assert including or number in owed or kept_out or not_sent or gap, f"{where} is lost"
