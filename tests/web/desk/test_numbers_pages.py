"""The newsroom in numbers: charts for people, CSV for their spreadsheets, nobody's address in either."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import update

from digest.core.access import PROGRAM, Role
from digest.flows.by_link import UNDO_WITHIN, leave, take_back
from digest.flows.counting import count_families
from digest.flows.readers import Enrolment, subscribe, unsubscribe
from digest.flows.suppressing import suppress_addresses
from digest.store import provider_figures
from digest.store.database import Database
from digest.store.tables import deliveries
from digest.web.desk.charts import HEIGHT, WIDTH, columns
from subscribers.leaving import ON_THE_PAGE, TAKEN_BACK
from subscribers.wishes import Wishes
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.jobs.office import jobs_for, run
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, at_the_desk, says

pytestmark = pytest.mark.anyio
LATER = NOW + timedelta(minutes=2)


async def readers(store: Database, count: int, wishes: Wishes | None = None, *, begin: int = 0) -> None:
    for number in range(begin, begin + count):
        new = Enrolment(f"r{number}@readers.example", "daily", wishes or Wishes(), True, "added")
        await subscribe(new, store=store, now=NOW - timedelta(days=3))


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_readers_are_counted_by_what_they_want_and_when(store: Database) -> None:
    await readers(store, 3)
    await readers(store, 2, Wishes({"at_once": True}, {"topics": frozenset({"economy"})}), begin=10)
    await unsubscribe("r0@readers.example", None, reason="too much", store=store, now=NOW)
    async with at_the_desk(store, Role.VIEWER) as client:
        page = await client.get("/admin/numbers")
        topics = rows((await client.get("/admin/numbers/topics.csv")).text)
        growth = rows((await client.get("/admin/numbers/growth.csv")).text)
        hours = rows((await client.get("/admin/numbers/hours.csv")).text)
    said = says(page)
    assert "4 active subscriptions" in said
    assert "2 readers at once" in said
    assert "readers.example" not in page.text
    by_slug = {row["topic"]: int(row["readers"]) for row in topics}
    assert (by_slug["economy"], by_slug["energy"]) == (4, 2)
    assert len(growth) == 91
    assert [(row["joined"], row["left"]) for row in growth if row["joined"] + row["left"] != "00"] == [
        ("5", "0"),
        ("0", "1"),
    ]
    assert hours[7] == {"hour": "7", "readers": "2"}


async def test_a_leaving_that_is_undone_is_no_leaving_and_no_joining(store: Database) -> None:
    clock = [NOW]
    ann = await join(store, "ann@example.org", NOW - timedelta(days=30))
    bob = await join(store, "bob@example.org", NOW - timedelta(days=30))
    for one, after in ((ann, timedelta(minutes=5)), (bob, UNDO_WITHIN + timedelta(days=2))):
        await leave(one.id, reason=ON_THE_PAGE, everything=False, store=store, now=NOW - after)
    async with at_the_desk(store, Role.VIEWER, lambda: clock[0]) as client:

        async def figures() -> list[tuple[str, str]]:
            found = rows((await client.get("/admin/numbers/growth.csv")).text)
            return [(one["joined"], one["left"]) for one in found if one["joined"] + one["left"] != "00"]

        assert await figures() == [("2", "0"), ("0", "1"), ("0", "1")]
        assert await take_back(ann.id, reason=TAKEN_BACK, store=store, now=NOW)
        # too late to be undone: that is another beginning
        await join(store, "bob@example.org", NOW)
        clock[0] = LATER
        assert await figures() == [("2", "0"), ("0", "1"), ("1", "0")]
        assert rows((await client.get("/admin/numbers/leavings.csv")).text) == [
            {"reason": "on the page, without a word", "readers": "1"}
        ]


async def test_who_is_lost_is_called_by_all_that_is_counted(store: Database) -> None:
    await readers(store, 2)
    await suppress_addresses("r0@readers.example", note="asked by phone", store=store, now=NOW, by=PROGRAM)
    async with at_the_desk(store, Role.VIEWER) as client:
        said = says(await client.get("/admin/numbers"))
    assert "−1 bounced, complained or suppressed" in said
    assert "lost to bounces" not in said


async def test_hours_stand_under_their_bars(store: Database) -> None:
    async with at_the_desk(store, Role.VIEWER) as client:
        page = await client.get("/admin/numbers")
    hours = document(page.text).xpath("//p[@class='hours']/span/text()")
    assert hours == [str(hour) for hour in range(24)]


async def test_an_empty_newsroom_has_its_page(store: Database) -> None:
    async with at_the_desk(store, Role.VIEWER) as client:
        said = says(await client.get("/admin/numbers"))
    assert "0 active subscriptions" in said
    assert "Nobody left in 90 days" in said


async def test_figures_are_fresh_after_a_minute(store: Database) -> None:
    clock = [NOW]
    async with at_the_desk(store, Role.VIEWER, clock=lambda: clock[0]) as client:
        assert "0 active" in says(await client.get("/admin/numbers"))
        await readers(store, 1)
        clock[0] = LATER
        assert "1 active" in says(await client.get("/admin/numbers"))


async def test_outcomes_are_told_by_who_runs_the_mailboxes(store: Database, tmp_path: Path) -> None:
    for address in ("a@gmail.com", "b@GoogleMail.com", "c@hotmail.fr", "d@small.example"):
        await join(store, address, TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    jobs = jobs_for(store, tmp_path)
    await run(jobs, at(24, 7))
    async with store.write() as connection:
        await connection.execute(update(deliveries).where(deliveries.c.id == 3).values(status="refused"))
    # counted by the run after the one that settled it
    await run(jobs, at(24, 7, 1))
    async with at_the_desk(store, Role.VIEWER, lambda: at(24, 9)) as client:
        page = await client.get("/admin/numbers")
        found = rows((await client.get("/admin/numbers/providers.csv")).text)
    by_provider = {row["provider"]: (row["sent"], row["refused"]) for row in found}
    assert by_provider == {"gmail.com": ("2", "0"), "outlook.com": ("0", "1"), "small.example": ("1", "0")}
    assert "100.0 %" in says(page)
    assert 'aria-label="1 refused or given up"' in page.text


async def test_what_changes_of_a_settled_issue_is_counted_again(store: Database, tmp_path: Path) -> None:
    await join(store, "a@gmail.com", TUESDAY)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    jobs = jobs_for(store, tmp_path)
    await run(jobs, at(24, 7))
    assert await count_families(store=store, now=at(24, 7, 1)) == 1
    assert await count_families(store=store, now=at(24, 7, 2)) == 0
    await join(store, "b@gmail.com", TUESDAY)
    await run(jobs, at(24, 7, 3))
    assert await count_families(store=store, now=at(24, 7, 4)) == 1
    async with store.read() as connection:
        found = await provider_figures.since(connection, at(24, 0))
    assert found == {"gmail.com": {"sent": 2}}


async def test_figures_that_are_none_are_not_there(store: Database) -> None:
    async with at_the_desk(store, Role.VIEWER) as client:
        assert (await client.get("/admin/numbers/secrets.csv")).status_code == 404


def test_columns_stand_side_by_side_above_and_below_one_line() -> None:
    chart = columns(
        ["Mon", "Tue"],
        [("in", "good", [6, 0]), ("more", "busy", [2, 0]), ("out", "bad", [0, 2])],
        below=["out"],
    )
    assert (chart.most, chart.least, chart.ground) == (8, 2, HEIGHT * 0.8)
    first, second, hanging = chart.blocks
    assert first.y + first.height == chart.ground
    assert second.y + second.height == first.y
    assert second.y == 0
    assert (hanging.y, hanging.y + hanging.height) == (chart.ground, HEIGHT)
    assert all(one.x >= 0 and one.x + one.width <= WIDTH for one in chart.blocks)
    assert first.title == "Mon: 6 in"


def test_a_chart_of_nothing_is_an_empty_line() -> None:
    assert columns(["Mon"], [("in", "good", [0])]).blocks == ()
    assert columns([], []).most == 0
