"""Whatever a briefing comes in by, its title is one that readers see, of a length for a mail, and upright."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from digest.core.model import Briefing
from digest.errors import InputError
from digest.flows import edit_briefing
from digest.flows.collect import Collected, collect, rehearse
from digest.flows.edit_briefing import Edit, Flags
from digest.ingest.formats import read
from digest.ingest.gathered import Gathered
from digest.store import briefings
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, publish_news

pytestmark = pytest.mark.anyio

HIDDEN = "\u200b\u3164\ufeff"
SEEN = "title holds nothing that can be seen: write something"
SHORT = "title has 5000 characters: use at most 300"
TURNED = "\u202a Fees \u202eesir\u202c \u2067now \u2066"


def _page(*titles: str, source: str = "Harbour Post") -> str:
    return "\n\n".join(f"{one}\n\nWords of it.\n\nSource: {source}, May 4, 2026" for one in titles)


def _json(*titles: str) -> str:
    return json.dumps([{"title": one, "body": "Words of it."} for one in titles])


async def _taken(store: Database, text: str) -> Collected:
    return await collect(read(text.encode(), source="x"), store=store, now=TUESDAY)


async def _every(store: Database) -> Sequence[Briefing]:
    async with store.read() as connection:
        return await briefings.page(connection)


@pytest.mark.parametrize("written", [_page, _json])
async def test_a_title_that_is_none_is_refused_by_its_line_and_the_others_are_taken(
    written: Callable[..., str], sqlite_store: Database
) -> None:
    done = await _taken(sqlite_store, written("x" * 5000, "Bridge Closed"))
    assert [one.reason for one in done.rejected] == [SHORT]
    assert [one.title for one in await _every(sqlite_store)] == ["Bridge Closed"]


async def test_a_title_that_nobody_sees_is_refused_where_it_comes_in(sqlite_store: Database) -> None:
    gathered = Gathered((item(HIDDEN), item("Ports")), source="a page")
    rehearsal = await rehearse([gathered], store=sqlite_store, now=TUESDAY)
    done = await collect(gathered, store=sqlite_store, now=TUESDAY)
    assert [one.reason for one in done.rejected] == [one.reason for one in rehearsal.rejected] == [SEEN]
    assert len(done.added) == 1
    assert "title is missing or holds no letter" in str(await _taken(sqlite_store, _json(HIDDEN)))


@pytest.mark.parametrize("written", [_page, _json])
async def test_an_item_turns_no_other_words_round_and_is_known_again(
    written: Callable[..., str], sqlite_store: Database
) -> None:
    text = written(TURNED, "Ports \u2067נמל\u2069 here \u200e3%")
    await _taken(sqlite_store, text)
    assert [one.title for one in await _every(sqlite_store)] == [
        "Fees esir now",
        "Ports \u2067נמל\u2069 here \u200e3%",
    ]
    assert (await _taken(sqlite_store, text)).unchanged == 2


async def test_a_source_is_seen_and_upright_too(sqlite_store: Database) -> None:
    done = await _taken(sqlite_store, _page("Ports", source="\u202bHarbour Post"))
    assert [one.source for one in await _every(sqlite_store)] == ["Harbour Post"]
    done = await _taken(sqlite_store, _page("Fees", source="\u3164"))
    assert [one.reason for one in done.rejected] == ["source holds nothing that can be seen: write something"]


async def test_who_writes_or_changes_one_is_told(sqlite_store: Database) -> None:
    one = await edit_briefing.write(item(TURNED), Flags(), store=sqlite_store, now=TUESDAY)
    assert one.title == "Fees esir now"
    for wrong, words in ((HIDDEN, SEEN), ("x" * 5000, SHORT)):
        with pytest.raises(InputError, match=words):
            await edit_briefing.write(item(wrong), Flags(), store=sqlite_store, now=TUESDAY)
        with pytest.raises(InputError, match=words):
            await edit_briefing.edit(one.id, Edit(title=wrong), store=sqlite_store, now=TUESDAY)
    wish = Edit(title="\u202eFees fall", source="Coast\u2068 Radio")
    edited = await edit_briefing.edit(one.id, wish, store=sqlite_store, now=TUESDAY)
    assert (edited.title, edited.source) == ("Fees fall", "Coast Radio")


async def test_one_that_was_taken_with_a_longer_title_can_still_be_changed_elsewhere(
    sqlite_store: Database,
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Ports"))
    async with sqlite_store.write() as connection:
        await briefings.revise(connection, 1, item("x" * 500), TUESDAY)
    edited = await edit_briefing.edit(1, Edit(paragraphs=("New.",)), store=sqlite_store, now=at(25, 6))
    assert (len(edited.title), edited.paragraphs) == (500, ("New.",))
