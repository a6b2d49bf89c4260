"""When silence is an alarm: played with time, look after look."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from digest.core.overdue import GATHERED_FOR, Graces, Late, Lateness, Watched, judge, late_words

EIGHT = datetime(2026, 11, 24, 8, tzinfo=UTC)
GRACES = Graces.of_minutes(15, 60)


def test_graces_are_set_in_minutes_and_none_is_for_ever() -> None:
    graces = Graces.of_minutes(15, 60)
    assert (graces.of(Lateness.SLOT), graces.of(Lateness.ISSUE)) == (
        timedelta(minutes=15),
        timedelta(minutes=60),
    )
    assert Graces.of_minutes(0, 0) == Graces(None, None)


def slot(whose: str = "1 1", label: str = "2026-11-24T08:00", at: datetime = EIGHT, **more: object) -> Late:
    return replace(Late(Lateness.SLOT, whose, label, at), **more)


def issue(left: int, number: int = 7, **more: object) -> Late:
    made = Late(Lateness.ISSUE, f"issue {number}", "2026-11-24T08:00", EIGHT, left)
    return replace(made, **more)


@dataclass
class Rows:
    """What is kept between looks, as the store keeps it."""

    known: list[Watched] = field(default_factory=list)
    made: int = 0

    def look(
        self, minutes: float, found: Iterable[Late], graces: Graces = GRACES
    ) -> tuple[list[str], list[str]]:
        """Look so many minutes after eight: what is raised, what is cleared."""
        now = EIGHT + timedelta(minutes=minutes)
        steps = judge(found, self.known, graces, now)
        raised = {one.id for one in steps.raised}
        gone = {one.id for one in (*steps.forgotten, *steps.cleared)}
        moved = {one.id: seen.left for one, seen in steps.moved}
        self.known = [
            replace(
                one,
                told_at=now if one.id in raised else one.told_at,
                since=now if one.id in moved else one.since,
                left=moved.get(one.id, one.left),
            )
            for one in self.known
            if one.id not in gone
        ]
        for one in steps.begun:
            self.made += 1
            self.known.append(Watched(self.made, one.kind, one.whose, one.slot, now, one.left, None, {}))
        return [one.slot or one.whose for one in steps.raised], [
            one.slot or one.whose for one in steps.cleared
        ]


def test_slot_without_an_issue_is_told_once_after_its_grace_and_once_when_it_was_served() -> None:
    rows, told = Rows(), []
    for minute in range(90):
        told.append(rows.look(minute, [slot()]))
    assert [minute for minute, (raised, _) in enumerate(told) if raised] == [15]
    assert rows.look(90, []) == ([], ["2026-11-24T08:00"])
    assert (rows.look(91, []), rows.known) == (([], []), [])


def test_slot_that_is_served_within_its_grace_is_never_told() -> None:
    rows = Rows()
    for minute in (0, 5, 14):
        assert rows.look(minute, [slot()]) == ([], [])
    assert (rows.look(16, []), rows.known) == (([], []), [])


def test_slot_that_came_to_be_owed_hours_after_its_time_has_the_whole_grace() -> None:
    """A reader changes times at noon, and is served by the next round: nobody is woken."""
    rows = Rows()
    assert rows.look(240, [slot()]) == ([], [])
    assert rows.look(241, []) == ([], [])
    assert rows.look(300, [slot()]) == ([], [])
    assert rows.look(315, [slot()])[0] == ["2026-11-24T08:00"]


def test_what_is_excused_is_not_watched_and_has_its_grace_afterwards() -> None:
    """Copies are sent, slowly: the slots that come meanwhile wait their turn."""
    rows = Rows()
    for minute in range(0, 180, 10):
        assert rows.look(minute, [slot(excused=True)]) == ([], [])
        assert rows.known == []
    rows.look(180, [slot()])
    assert rows.look(194, [slot()]) == ([], [])
    assert rows.look(195, [slot()])[0] == ["2026-11-24T08:00"]
    # what was told is not over because something moves again
    assert rows.look(196, [slot(excused=True)]) == ([], [])
    assert rows.look(200, []) == ([], ["2026-11-24T08:00"])


def test_slot_that_was_overtaken_is_not_over_before_the_later_one_is() -> None:
    rows = Rows()
    monday, tuesday = slot(), slot(label="2026-11-25T08:00", at=EIGHT + timedelta(days=1))
    rows.look(0, [monday])
    assert rows.look(20, [monday])[0] == ["2026-11-24T08:00"]
    day = 24 * 60
    assert rows.look(day, [tuesday]) == ([], [])
    assert rows.look(day + 15, [tuesday]) == (["2026-11-25T08:00"], [])
    raised, cleared = rows.look(day + 20, [])
    assert (raised, sorted(cleared)) == ([], ["2026-11-24T08:00", "2026-11-25T08:00"])


def test_outage_of_many_slots_is_told_at_once_and_then_gathered() -> None:
    rows, told = Rows(), []
    for minute in range(24 * 60):
        # each quarter of an hour another zone's slot comes, and none is served
        found = [
            slot(f"1 {number}", f"slot {number}", EIGHT + timedelta(minutes=15 * number))
            for number in range(minute // 15 + 1)
        ]
        raised, cleared = rows.look(minute, found)
        assert cleared == []
        if raised:
            told.append((minute, len(raised)))
    assert told[0] == (15, 1)
    assert all(count == 4 for _minute, count in told[1:])
    assert len(told) == 24
    (_, cleared) = rows.look(24 * 60, [])
    assert len(cleared) == sum(count for _minute, count in told)
    assert rows.known == []


def test_what_is_over_while_the_rest_is_not_is_gathered_too() -> None:
    rows = Rows()
    found = [slot("1 1", "a"), slot("1 2", "b"), slot("1 3", "c")]
    rows.look(0, found)
    assert len(rows.look(15, found)[0]) == 3
    assert rows.look(20, found[1:]) == ([], [])
    assert rows.look(30, found[2:]) == ([], [])
    assert rows.look(15 + GATHERED_FOR / timedelta(minutes=1), found[2:]) == ([], ["a", "b"])
    assert rows.look(80, []) == ([], ["c"])


def test_issue_that_does_not_move_is_told_after_its_longer_grace() -> None:
    rows = Rows()
    assert rows.look(0, [issue(100)]) == ([], [])
    assert rows.look(59, [issue(100)]) == ([], [])
    assert rows.look(60, [issue(100)])[0] == ["2026-11-24T08:00"]
    assert rows.look(120, [issue(100)]) == ([], [])
    # it moves again: that is told, and from then on it is as new
    assert rows.look(121, [issue(99)]) == ([], ["2026-11-24T08:00"])
    assert rows.look(122, [issue(99)]) == ([], [])
    assert rows.look(182, [issue(99)])[0] == ["2026-11-24T08:00"]


def test_issue_that_moves_however_slowly_is_never_told() -> None:
    rows = Rows()
    for hour in range(100):
        assert rows.look(hour * 59, [issue(1000 - hour)]) == ([], [])


def test_issue_that_waits_for_tomorrow_is_never_told() -> None:
    """The ceiling of a warm-up is reached: the rest stays as it is until midnight."""
    rows = Rows()
    for hour in range(16):
        assert rows.look(hour * 60, [issue(1000, excused=True)]) == ([], [])


@pytest.mark.parametrize(("kind", "graces"), [("slot", (0, 60)), ("issue", (15, 0))])
def test_what_is_not_to_be_told_is_not_watched(kind: str, graces: tuple[int, int]) -> None:
    rows = Rows()
    found = [slot() if kind == "slot" else issue(3)]
    for minute in range(0, 6000, 60):
        assert rows.look(minute, found, Graces.of_minutes(*graces)) == ([], [])
    assert rows.known == []


@pytest.mark.parametrize("back", [1, 60, 600])
def test_clock_that_goes_back_raises_nothing(back: int) -> None:
    rows = Rows()
    rows.look(10, [slot()])
    assert rows.look(10 - back, [slot()]) == ([], [])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (
            {"newsletter": "daily", "slot": "2026-11-24T08:00", "cadence": "every day at 08:00, UTC"},
            "daily, 2026-11-24, 08:00 (every day at 08:00, UTC)",
        ),
        ({"newsletter": "daily", "slot": "", "cadence": "at once"}, "daily, news at once (at once)"),
        (
            {"newsletter": "daily", "slot": "2026-11-24T08:00", "issue": 7, "left": 120},
            "daily, 2026-11-24, 08:00: issue 7, 120 copies left",
        ),
    ],
    ids=["slot", "at-once", "issue"],
)
def test_what_is_late_in_words(data: dict[str, object], words: str) -> None:
    assert late_words(data) == words
