"""The desk shows how much comes back by provider, and lets one rest and go on."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from pathlib import Path

import pytest

from digest.core.access import Role
from digest.flows.issue_acts import hold_by_rule
from digest.store import changes, family_pauses
from digest.store.database import Database
from digest.web.desk.charts import RateLines
from tests.jobs.office import jobs_for, run
from tests.walk.recording import recording
from tests.walk.test_sending_paced import OTHER, SLOW, readers_at
from tests.walk.test_sending_watched import SEVEN, complain, turned_away
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def something_came_back(store: Database, folder: Path) -> None:
    await readers_at(store, *[SLOW] * 150, *[OTHER] * 50)
    async with recording() as record:
        record.at_data = turned_away(OTHER, words="550 5.1.1 No such user")
        await run(jobs_for(store, folder, record.server, pause_families=False), SEVEN)
    await complain(store, 3, NOW)


async def test_rates_are_shown_against_their_lines_and_can_be_downloaded(
    store: Database, tmp_path: Path
) -> None:
    await something_came_back(store, tmp_path)
    async with at_the_desk(store, Role.VIEWER) as client:
        page = await client.get("/admin/numbers")
        text = (await client.get("/admin/numbers/families.csv")).text
        today = says(await client.get("/admin/"))
    said = says(page)
    assert "3 (2.00 %)" in said
    assert "50 (100.00 %)" in said
    assert 'aria-label="2.00 %; lines at 0.1 %, 0.3 %"' in page.text
    assert "over the line" in said
    # who only looks pauses nothing
    assert "families/pause" not in page.text
    rows = {row["family"]: row for row in csv.DictReader(io.StringIO(text))}
    assert list(rows) == ["all", SLOW, OTHER]
    assert (rows[SLOW]["complaints"], rows[SLOW]["complaint rate"]) == ("3", "0.02000")
    assert (rows[OTHER]["tried"], rows[OTHER]["bad addresses"]) == ("50", "50")
    assert f"over the line {SLOW}: 3 complaints of 150 copies" in today


async def test_a_family_is_paused_and_let_go_on_and_the_log_says_by_whom(
    store: Database, tmp_path: Path
) -> None:
    await something_came_back(store, tmp_path)
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/numbers")
        wish = {"family": "GoogleMail.com", "hours": "48", "because": "they asked"}
        page = await submit(client, page, "families/pause", **wish)
        assert "Nothing more is sent there" in says(page)
        today = says(await client.get("/admin/"))
        assert "gmail.com: nothing is sent there until Thu 26 Nov 2026, 09:30: they asked" in today
        async with store.read() as connection:
            (pause,) = await family_pauses.under_way(connection, NOW)
        assert (pause.family, pause.until, pause.made_by) == (
            "gmail.com",
            NOW + timedelta(hours=48),
            "the editor",
        )
        page = await submit(client, page, "families/resume")
        assert "What waits goes with the next run." in says(page)
    async with store.read() as connection:
        assert await family_pauses.under_way(connection, NOW) == ()
        acts = [one.act for one in await changes.page(connection, kind="family")]
    assert acts == ["family.resume", "family.pause"]


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"family": "gmail"}, "names no family of mailboxes"),
        ({"family": "gmail.com", "hours": "0"}, "A family rests 1 to 720 hours"),
        ({"family": "gmail.com", "hours": "many"}, "is no number"),
        ({"family": "gmail.com", "because": "x" * 300}, "Reason has 300 characters"),
    ],
    ids=["family", "none", "word", "long"],
)
async def test_what_cannot_be_is_said(entered: dict[str, str], words: str, sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        page = await submit(client, await client.get("/admin/numbers"), "families/pause", **entered)
    assert page.status_code == 422
    assert words in says(page)


async def test_an_issue_that_a_rule_holds_says_why(sqlite_store: Database, tmp_path: Path) -> None:
    await readers_at(sqlite_store, SLOW)
    async with recording() as record:
        record.at_data = turned_away(SLOW, words="451 4.3.0 Later")
        await run(jobs_for(sqlite_store, tmp_path, record.server), SEVEN)
    async with sqlite_store.write() as connection:
        assert await hold_by_rule(connection, 1, "40 of 100 copies went astray", NOW)
    async with at_the_desk(sqlite_store) as client:
        said = says(await client.get("/admin/"))
    assert "1 copy until it is released: 40 of 100 copies went astray" in said


def test_a_rate_beyond_the_scale_lies_at_its_end() -> None:
    scale = RateLines(0.005, (0.001, 0.003))
    assert [scale.at(rate) for rate in (0.0, *scale.lines, 0.2)] == [0, 20, 60, 100]
