"""Issues of none to five hundred items keep Gmail's limits on the wire, signed, and no item is lost."""

from __future__ import annotations

import asyncio
import re
from datetime import date, timedelta

import pytest

from digest.core.model import DraftBriefing
from digest.mail.dkim import DkimKey
from digest.render.characters import one_line
from digest.render.page import STUB_OCTETS
from digest.render.quoted import shortened_to_octets
from tests.flows.newsroom import SLUGS
from tests.stores import NewStore, opened
from tests.wire.conducting import Digest, digests_of, press_of
from tests.wire.keys import records_of
from tests.wire.listening import over_the_wire
from tests.wire.newsrooms import Newsroom, Person
from tests.wire.rules import HTML_BUDGET, MESSAGE_BUDGET, sizes_of, violations_of
from tests.wire.shown import letters_of, shown_by
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

WORDS = {
    "English": (
        "Harbour council number {} votes on the ferries, the tolls and the old lamp",
        "The vote was close: nine to seven. Nobody had expected it. The ferries go on until spring. ",
        "The Harbour Post",
    ),
    "Chinese": (
        "港务委员会第{}号决议：渡船、过路费和旧灯塔都要重新讨论",
        "表决结果十分接近，九比七。谁也没有料到会这样。渡船将一直开到春天。",
        "海岸晚报",
    ),
}
SIGNED_BY = "newsroom.example"


def draft(number: int, language: str) -> DraftBriefing:
    title, sentences, source = WORDS[language]
    return DraftBriefing(
        title=title.format(number),
        paragraphs=(sentences * 3 + f"({number})", sentences * 2, sentences),
        topics=(SLUGS[number % len(SLUGS)],),
        source=source,
        source_date=date(2026, 11, 20) - timedelta(days=number % 9),
        url=f"https://harbour.example/news/2026/11/{number}" if number % 4 else None,
        language="en" if language == "English" else "zh-Hans",
    )


def newsroom_of(count: int, language: str) -> Newsroom:
    spoken = "en" if language == "English" else "zh-Hans"
    return Newsroom(
        seed=count,
        title="The Tide Table",
        sender_name="The Tide Table",
        sender_address=f"digest@{SIGNED_BY}",
        description="What the papers of the coast report.",
        postal_address="12 Quay Street\nPorthaven",
        topic_titles={slug: slug.title() for slug in SLUGS},
        drafts=tuple(draft(number, language) for number in range(1, count + 1)),
        readers=(
            Person("ada@readers.example", "Ada Lindqvist", {"language": spoken, "format": "html"}),
            Person("bo@readers.example", "", {"language": spoken, "format": "text"}),
            Person("cy@readers.example", "Cy", {"language": spoken, "format": "html", "max_items": "9"}),
        ),
        by_hand=count == 0,
        subject=None,
        intro="No news today." if count == 0 else None,
    )


def assert_all_is_there(room: Newsroom, digest: Digest) -> None:
    """Both parts name every item, and of each the source, the day and the address either both or neither."""
    content = digest.letter.content
    shown, texts = shown_by(content), texts_of(content)
    numbers = [number for group in digest.copy.groups for number in group.numbers]
    for item in (room.drafts[number - 1] for number in numbers):
        title = shortened_to_octets(one_line(item.title), STUB_OCTETS).removesuffix("…")
        assert all(letters_of(title) in part for part in shown.values())
        linked = {re.search(rf"{item.url}\b", part) is not None for part in texts.values()}
        assert len(linked) == 1
    for said in (room.drafts[0].source or "", "20", "2026") if numbers else ():
        assert all(said in part for part in texts.values())


#: What takes long to print.
_LARGE = [(300, "Chinese"), (500, "English"), (500, "Chinese")]


@pytest.mark.parametrize(
    ("count", "language"),
    [
        (0, "English"),
        (1, "Chinese"),
        (20, "English"),
        (20, "Chinese"),
        (100, "English"),
        *(pytest.param(*one, marks=pytest.mark.wide) for one in _LARGE),
    ],
)
async def test_an_issue_of_any_size_is_shown_whole(
    new_store: NewStore, keys: tuple[DkimKey, ...], count: int, language: str
) -> None:
    room = newsroom_of(count, language)
    async with opened(await asyncio.to_thread(new_store, "sqlite", True)) as store:
        digests = await digests_of(room, store, press_of(store, keys))
    assert len(digests) == len(room.readers)
    sent = await over_the_wire([digest.letter for digest in digests])
    for digest, one in zip(digests, sent, strict=True):
        sizes = sizes_of(one)
        assert sizes.html <= HTML_BUDGET
        assert sizes.message <= MESSAGE_BUDGET
        assert violations_of(one, records_of(keys, SIGNED_BY)) == []
        assert_all_is_there(room, digest)
