"""How often an address may be asked, and who may still get a notice when its turn comes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from digest.core.notices import (
    ADDRESS_CHANGED,
    ASKED_OFTEN,
    ASKED_TODAY,
    ERASED,
    Asked,
    Notice,
    NoticeKind,
    when_to_ask,
    when_to_remind,
    why_not,
)
from subscribers.model import Standing

NOW = datetime(2026, 11, 24, 6, 0, tzinfo=UTC)


def asked(hours_ago: float, *, same: bool = True, answered: bool = False) -> Asked:
    return Asked(NOW - timedelta(hours=hours_ago), same, answered)


@pytest.mark.parametrize(
    ("before", "found"),
    [
        ([], NOW),
        ([asked(23)], ASKED_TODAY),
        ([asked(24)], NOW),
        # another newsletter waits for its day
        ([asked(23, same=False)], NOW + timedelta(hours=1)),
        ([asked(-2, same=False)], NOW + timedelta(hours=26)),
        ([asked(48), asked(24)], NOW),
        ([asked(72), asked(48), asked(24)], ASKED_OFTEN),
        ([asked(72), asked(48, same=False), asked(24)], ASKED_OFTEN),
        # who said yes may be asked again another day, and is not counted
        ([asked(72, answered=True), asked(48), asked(24)], NOW),
        ([asked(1, answered=True)], NOW + timedelta(hours=23)),
    ],
)
def test_an_address_is_asked_once_a_day_and_three_times_in_all(
    before: list[Asked], found: datetime | str
) -> None:
    assert when_to_ask(before, NOW) == found


def test_whatever_is_entered_an_address_gets_three_questions() -> None:
    questions: list[Asked] = []
    for minute in range(0, 60 * 24 * 10, 7):
        now = NOW + timedelta(minutes=minute)
        known = [Asked(one.at, minute % 2 == 0, one.answered) for one in questions]
        found = when_to_ask(known, now)
        if isinstance(found, datetime):
            questions.append(Asked(found, True, answered=False))
    assert len(questions) == 3
    days = [later.at - earlier.at for earlier, later in pairwise(questions)]
    assert min(days) >= timedelta(days=1)


@pytest.mark.parametrize(
    ("kind", "standing", "theirs", "reason"),
    [
        (NoticeKind.CONFIRM, Standing.PENDING, True, ""),
        (NoticeKind.CONFIRM, Standing.ACTIVE, True, "active"),
        (NoticeKind.CONFIRM, Standing.LEFT, True, "left"),
        (NoticeKind.CONFIRM, Standing.PENDING, False, ADDRESS_CHANGED),
        (NoticeKind.CONFIRM, None, False, ERASED),
        (NoticeKind.WELCOME, Standing.ACTIVE, True, ""),
        (NoticeKind.WELCOME, Standing.SUPPRESSED, True, "suppressed"),
        (NoticeKind.GOODBYE, Standing.LEFT, True, ""),
        (NoticeKind.GOODBYE, Standing.ACTIVE, True, "active"),
        (NoticeKind.GOODBYE, Standing.COMPLAINED, True, "complained"),
        (NoticeKind.MOVE, Standing.ACTIVE, False, ""),
        (NoticeKind.MOVING, Standing.LEFT, True, "left"),
        (NoticeKind.PROBE, Standing.ACTIVE, True, ""),
        (NoticeKind.PROBE, Standing.BOUNCING, True, "bouncing"),
        (NoticeKind.PROBE, Standing.ACTIVE, False, ADDRESS_CHANGED),
        (NoticeKind.ANSWER, None, False, ""),
        (NoticeKind.ALERT, None, False, ""),
    ],
)
def test_standing_is_asked_when_the_turn_comes(
    kind: NoticeKind, standing: Standing | None, theirs: bool, reason: str
) -> None:
    assert why_not(kind, standing, is_their_address=theirs) == reason


def test_only_the_question_whether_to_begin_again_goes_to_who_is_gone() -> None:
    asked = {
        standing: why_not(NoticeKind.CONFIRM, standing, is_their_address=True, begins_again=True)
        for standing in Standing
    }
    assert {standing for standing, reason in asked.items() if not reason} == {
        *(Standing.PENDING, Standing.LEFT, Standing.BOUNCING)
    }
    moved = why_not(NoticeKind.CONFIRM, Standing.LEFT, is_their_address=False, begins_again=True)
    assert moved == ADDRESS_CHANGED


def test_nobody_who_must_not_be_written_to_gets_a_notice() -> None:
    # these go to the newsroom, whoever reads there
    for kind in set(NoticeKind) - {NoticeKind.ALERT, NoticeKind.ANSWER, NoticeKind.TEST}:
        for standing in (Standing.COMPLAINED, Standing.SUPPRESSED):
            assert why_not(kind, standing, is_their_address=True) == standing


@pytest.mark.parametrize(
    ("hours_ago", "reason"),
    [
        ([], ""),
        ([23.9], ASKED_TODAY),
        ([24], ""),
        ([24, 48, 72, 96], ""),
        ([24, 48, 72, 96, 120], ASKED_OFTEN),
        ([23, 48, 72, 96, 120], ASKED_TODAY),
        # a month later it is forgotten
        ([24, 48, 72, 96, 30 * 24], ""),
        ([24, 48, 72, 96, 30 * 24 - 1], ASKED_OFTEN),
    ],
)
def test_an_address_is_sent_its_links_once_a_day_and_five_times_a_month(
    hours_ago: list[float], reason: str
) -> None:
    assert when_to_remind([asked(hours) for hours in hours_ago], NOW) == reason


def test_a_question_can_be_answered_for_thirty_days() -> None:
    question = Notice(
        *(1, NoticeKind.CONFIRM, 1, 1, "ann@news.example", "", NOW, NOW, "news.example", {}),
    )
    assert question.can_be_answered(NOW + timedelta(days=30))
    assert not question.can_be_answered(NOW + timedelta(days=30, seconds=1))
