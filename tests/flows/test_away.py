"""Whoever comes back from a pause is told which days the first issue makes up for."""

from __future__ import annotations

from datetime import date
from email import message_from_bytes, policy
from pathlib import Path

import pytest

from digest.flows import readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.preview import preview
from digest.store.database import Database
from tests.flows.newsroom import at, item, join, publish_news
from tests.jobs.office import jobs_for, press_for, run

pytestmark = pytest.mark.anyio

ANN = "ann@example.org"


async def mails_of(store: Database, folder: Path, day: int, hour: int = 7) -> list[str]:
    """Run, and read the text parts of what is in the outbox after it."""
    await run(jobs_for(store, folder), at(day, hour))
    parts = []
    for path in sorted((folder / "outbox").glob("*.eml")):
        plain = message_from_bytes(path.read_bytes(), policy=policy.default).get_body(("plain",))
        assert plain is not None
        parts.append(plain.get_content().replace("\u2009", " "))
    return parts


async def away(store: Database, folder: Path, *, until: date | None, catch_up: bool) -> None:
    """One issue is read on the 3rd; then a pause, and a piece of news on each of three days."""
    await join(store, ANN, at(2, 8))
    await publish_news(store, at(2, 12), item("Read before"))
    (first,) = await mails_of(store, folder, 3)
    assert "Covers" not in first
    await readers.pause(ANN, None, until=until, catch_up=catch_up, store=store, now=at(3, 9))
    for day in (4, 6, 9):
        await publish_news(store, at(day, 12), item(f"News of {day} November"))
        assert len(await mails_of(store, folder, day + 1)) == 1


async def test_the_first_issue_after_a_pause_with_catching_up_names_its_days(
    store: Database, tmp_path: Path
) -> None:
    await away(store, tmp_path, until=None, catch_up=True)
    await readers.resume(ANN, None, store=store, now=at(14, 12))
    # what the pause wrote off is not owed at once
    assert len(await mails_of(store, tmp_path, 14, 13)) == 1
    found = await preview(ANN, "daily", store=store, press=press_for(store), now=at(15, 7))
    _, back = await mails_of(store, tmp_path, 15)
    assert "Covers Nov 5 – 15" in back
    assert "Covers Nov 5 – 15" in found.text.replace("\u2009", " ")
    assert all(f"News of {day} November" in back for day in (4, 6, 9))
    await publish_news(store, at(15, 12), item("As ever"))
    *_, next_day = await mails_of(store, tmp_path, 16)
    assert "As ever" in next_day
    assert "Covers" not in next_day


async def test_a_pause_that_ends_by_itself_does_so_too(store: Database, tmp_path: Path) -> None:
    await away(store, tmp_path, until=date(2026, 11, 12), catch_up=True)
    _, back = await mails_of(store, tmp_path, 12)
    assert "Covers Nov 5 – 12" in back


async def test_a_pause_without_catching_up_has_no_days_to_name(store: Database, tmp_path: Path) -> None:
    await away(store, tmp_path, until=None, catch_up=False)
    await readers.resume(ANN, None, store=store, now=at(14, 12))
    await publish_news(store, at(14, 15), item("After the pause"))
    _, back = await mails_of(store, tmp_path, 15)
    assert "After the pause" in back
    assert "News of" not in back
    assert "Covers" not in back


async def test_an_issue_by_hand_makes_up_for_nothing(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, ANN, at(2, 8))
    await publish_news(sqlite_store, at(4, 6), item("Extra"))
    await plan_by_hand(OneOff("daily", briefing_ids=(1,)), store=sqlite_store, now=at(4, 6))
    (extra, *_) = await mails_of(sqlite_store, tmp_path, 4, 6)
    assert "Extra" in extra
    assert "Covers" not in extra
