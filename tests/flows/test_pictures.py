"""A picture belongs to the text: a new one is a new revision, of which no reader is told."""

from __future__ import annotations

import pytest

from digest.core.model import Briefing
from digest.flows.correcting import history
from digest.flows.edit_briefing import Edit, edit
from digest.store import briefings
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, carried, item, join, mark_sent, plan_all, publish_news

pytestmark = pytest.mark.anyio

CRANE = "https://news.example/crane.jpg"
FERRY = "https://news.example/ferry.jpg"


async def _stored(store: Database) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, 1)
    assert found is not None
    return found


async def _change(store: Database, wish: Edit) -> tuple[int, str | None, str]:
    found = await edit(1, wish, store=store, now=at(24, 10))
    assert found == await _stored(store)
    return found.revision, found.picture, found.picture_alt


async def test_a_new_picture_is_a_new_revision_and_no_correction(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    await publish_news(store, TUESDAY, item("Ports"))
    await plan_all(store, at(24, 7))
    await mark_sent(store, "ann@example.org", at(24, 7))
    assert await _change(store, Edit(picture=CRANE, picture_alt="A crane")) == (2, CRANE, "A crane")
    await plan_all(store, at(25, 7))
    assert await carried(store, "ann@example.org") == [(1,)]
    assert await history(1, store=store) == ()


async def test_the_words_of_a_picture_go_with_it(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Ports", picture=CRANE, picture_alt="A crane"))
    assert await _change(store, Edit(lead=True)) == (1, CRANE, "A crane")
    assert await _change(store, Edit(picture_alt="A yellow crane")) == (2, CRANE, "A yellow crane")
    assert await _change(store, Edit(picture=FERRY)) == (3, FERRY, "")
    assert await _change(store, Edit(picture="", picture_alt="Nothing")) == (4, None, "")


async def test_what_comes_in_again_without_a_picture_leaves_the_one_that_an_editor_chose(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Ports"))
    await _change(store, Edit(picture=CRANE, picture_alt="A crane"))
    await publish_news(store, at(24, 11), item("Ports", paragraphs=("Another text.",)))
    found = await _stored(store)
    assert (found.revision, found.picture, found.picture_alt) == (3, CRANE, "A crane")
    again = item("Ports", paragraphs=("Another text.",), picture=FERRY)
    await publish_news(store, at(24, 12), again)
    await publish_news(store, at(24, 13), again)
    found = await _stored(store)
    assert (found.revision, found.picture, found.picture_alt) == (4, FERRY, "")
