"""How forms for readers begin: what is ticked, and that editors' words keep their own direction."""

from __future__ import annotations

import pytest

from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, add_newsletter, change_newsletter, join
from tests.web.visiting import choices, said_by, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def test_nothing_is_ticked_for_who_chooses_but_what_the_newsletter_begins_with(
    sqlite_store: Database,
) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        ticked = "//input[@name='follow' or @name='topic'][@checked]/@value"
        assert tree(await client.get("/subscribe")).xpath(ticked) == ["all"]
    await change_newsletter(sqlite_store, first_wishes=(("topics", "energy,society"),))
    async with visitor(sqlite_store, TUESDAY) as client:
        assert tree(await client.get("/subscribe")).xpath(ticked) == ["some", "energy", "society"]


async def test_what_editors_wrote_keeps_its_full_stops_on_a_page_that_runs_the_other_way(
    sqlite_store: Database,
) -> None:
    await add_newsletter(sqlite_store, "weekly", title="The Weekly Review", description="Once a week.")
    ana = await join(sqlite_store, ANA, TUESDAY, language="ar")
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly", language="ar")
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get("/subscribe", headers={"Accept-Language": "ar"})
        own = await client.get(choices(ana))
    meant = [said_by(one) for one in tree(page).xpath("//input[@name='newsletter']/following-sibling::span")]
    assert meant[1] == "\u2068The Weekly Review\u2069\u2068Once a week.\u2069"
    for answer in (page, own):
        topics = tree(answer).xpath("//input[@name='topic']/following-sibling::span")
        assert said_by(topics[0]).startswith("\u2068Economy and trade\u2069")
    scopes = tree(own).xpath("//input[@name='scope']/following-sibling::span")
    assert said_by(scopes[0]) == "\u2068The Daily Digest\u2069"
    assert "\u2068The Weekly Review\u2069" in said_by(
        tree(own).xpath("//section[@aria-labelledby='others']")[0]
    )
