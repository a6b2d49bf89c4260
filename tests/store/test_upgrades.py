"""A store of every version there was becomes today's: no row is lost, all mean the same, and work goes on."""

from __future__ import annotations

from datetime import date

import pytest
from sqlalchemy import select

from digest.flows.deep_look import deep_look
from digest.flows.overview import overview
from digest.flows.press import Press
from digest.flows.preview import preview
from digest.flows.seed import seed
from digest.store import counters, facts, newsletters
from digest.store.database import Database
from digest.store.tables import issues
from subscribers import store as readers
from tests.flows.newsroom import carried, item, plan_all, publish_news
from tests.store.newsroom_of_before import (
    BOOKMARKS,
    CADENCES,
    ISSUES,
    NAMES,
    PROFILES,
    STANDS,
    story,
)
from tests.store.texts_of_before import at
from tests.store.versions import EARLIER, Contents, contents, make
from tests.stores import TOPICS
from tests.tiers import wide

pytestmark = pytest.mark.anyio

#: What migrations fill, from what was there: rows come on top of those of before.
FILLED = {"counters", "listings", "stemmers"}
#: Versions after which rows are made of other rows; from the others some columns or tables are missing.
CHANGED = {"0001", "0007", "0016", "0023"}
#: What stood in each subscription before readers formed groups, and stands in its group since.
MOVED = {"cadence_id", "profile_id", "bookmark_id", "served_day"}


@pytest.mark.parametrize(
    "version",
    [
        # the last one always: what a new version asks of the rows that are invented here shows at once
        *("0001", "0023", EARLIER[-1]),
        *wide("0007", "0016"),
        *(pytest.param(one, marks=pytest.mark.long) for one in EARLIER[:-1] if one not in CHANGED),
    ],
)
async def test_a_store_of_an_earlier_version_goes_on_as_it_was(version: str, blank_store: Database) -> None:
    await make(blank_store, version)
    before = await contents(blank_store)
    assert all(before.values()), "each table has rows"
    await seed(blank_store, TOPICS)
    await _every_row_is_as_it_was(before, await contents(blank_store))
    await _every_row_means_what_it_meant(blank_store)
    assert (await deep_look(store=blank_store)).differences == ()
    await _work_goes_on(blank_store)
    assert (await deep_look(store=blank_store)).differences == ()


async def _every_row_is_as_it_was(before: Contents, after: Contents) -> None:
    for table, rows in before.items():
        gone = rows.keys() - after[table].keys()
        assert not gone, f"{table} lost {gone}"
        assert table in FILLED or rows.keys() == after[table].keys(), table
        for key, row in rows.items():
            now = after[table][key]
            lost = row.keys() - now.keys()
            assert lost <= (MOVED if table == "subscriptions" else set()), f"{table} lost {lost}"
            assert {name: now[name] for name in row.keys() - lost} == {
                name: row[name] for name in row.keys() - lost
            }, f"{table} {key}"


async def _every_row_means_what_it_meant(store: Database) -> None:
    async with store.read() as connection:
        assert await facts.recall(connection, facts.STORE_NAME) == "0123456789abcdef"
        assert await facts.recall(connection, facts.SUPPRESSION_KEY) == "ab" * 32
        (one,) = await newsletters.every(connection)
        counted = {row.id: row for row in await connection.execute(select(issues))}
        page = await readers.page_of_subscriptions(connection)
    told = story()["newsletters"][0]
    assert (one.title, one.max_items, one.latest_start_minutes) == (told["title"], 12, 240)
    assert (one.approval, one.clicks, one.sign_up) == (False, False, False)
    for id_, (_, _, _, _, first, last, outcomes) in enumerate(ISSUES, 1):
        row = counted[id_]
        assert (row.first_copy, row.last_copy, row.outcomes) == (first, last, outcomes)
    # who was erased is no reader any more
    assert [one.address for one in page] == [f"{n.title()}@readers.example" for n in NAMES if n != "gus"]
    for reader in page:
        standing, cadence, profile, bookmark, day = STANDS[reader.name.lower()]
        assert reader.standing == standing
        assert reader.cadence == CADENCES[cadence - 1]
        assert reader.profile == PROFILES[profile - 1]
        assert reader.bookmark == BOOKMARKS[bookmark - 1]
        assert reader.served_day == date(2026, 3, day)


async def _work_goes_on(store: Database) -> None:
    """What is asked of it is answered, and the next issue has what each reader is owed."""
    seen = await overview(store=store, now=at(3, 12))
    assert seen.uncertain == 1
    published = await publish_news(store, at(4, 1), item("Copper mines", "economy"))
    async with store.read() as connection:
        newest = await counters.newest_number(connection)
    assert published.added
    press = Press(store=store, keys=[b"k" * 32], base_url="http://127.0.0.1:8000")
    shown = await preview("ann@readers.example", "daily", store=store, press=press, now=at(4, 8))
    assert "Copper mines" in str(shown)
    await plan_all(store, at(4, 8))
    news = {
        name: (await carried(store, f"{name}@readers.example"))[-1] for name in ("ann", "bob", "jon", "ivy")
    }
    # bob has one item a mail, and another one has waited longer; what ivy did not get comes again
    assert {name: sorted(numbers) for name, numbers in news.items()} == {
        "ann": [newest],
        "bob": [4],
        "jon": [newest],
        "ivy": [1, 2, 3, 4, 5, newest],
    }
    assert [len(await carried(store, f"{name}@readers.example")) for name in ("cem", "dora", "finn")] == [
        1,
        1,
        0,
    ]
