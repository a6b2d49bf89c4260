"""Whatever a newsroom writes and whoever reads it, each mail keeps every rule of the wire."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field

import pytest

from digest.mail.dkim import DkimKey
from digest.mail.identifiers import verify_return_path
from digest.render.characters import one_line
from digest.render.page import STUB_OCTETS
from digest.render.quoted import quoted, shortened_to_octets
from tests.jobs.office import KEY
from tests.stores import NewStore, opened
from tests.tiers import wide
from tests.wire.conducting import Digest, digests_of, press_of
from tests.wire.keys import records_of
from tests.wire.listening import over_the_wire
from tests.wire.newsrooms import Newsroom, newsroom
from tests.wire.rules import MESSAGE_BUDGET, sizes_of, violations_across, violations_of
from tests.wire.shown import letters_of, shown_by
from tests.wire.transmission import Transmission, parts_of

pytestmark = pytest.mark.anyio

#: What is kept free for the header with the longest titles, for names and links; what stands around a text.
FREE, MARKUP = 16_000, 2_500

#: Newsrooms of twenty readers each: these in every run, and the others in the long one.
FEW, MORE = range(5), range(5, 16)
MANY = range(1_000, 1_110)


@dataclass
class Tally:
    """What was looked at, and what was wrong, by the number of its newsroom."""

    digests: int = 0
    beyond_budget: int = 0
    wrong: list[str] = field(default_factory=list)

    def look_at(self, seed: int, sent: list[Transmission], records: dict[str, str] | None) -> None:
        self.digests += len(sent)
        self.beyond_budget += sum(not sizes_of(one).within_budget for one in sent)
        for one in sent:
            self.wrong += [
                f"{seed}: {one.recipient}: {violation}" for violation in violations_of(one, records)
            ]
        self.wrong += [f"{seed}: {violation}" for violation in violations_across(sent)]


async def printed(
    seed: int,
    new_store: NewStore,
    keys: tuple[DkimKey, ...],
    items: int | None = None,
    readers: int = 20,
) -> tuple[list[Digest], list[Transmission]]:
    """The digests of a newsroom and what arrives of them."""
    async with opened(await asyncio.to_thread(new_store, "sqlite", True)) as store:
        digests = await digests_of(newsroom(seed, items=items, readers=readers), store, press_of(store, keys))
    sent = await over_the_wire([digest.letter for digest in digests])
    assert [one.content for one in sent] == [digest.letter.content for digest in digests]
    return digests, sent


def assert_returns_are_known(digests: list[Digest], sent: list[Transmission]) -> None:
    """A returned mail tells whom it concerns, in whatever case it comes; with another id it tells nothing."""
    for digest, one in zip(digests, sent, strict=True):
        assert verify_return_path(one.sender.upper(), keys=[KEY]) == digest.claimed.delivery_id
        forged = re.sub(r"\+[0-9]+", lambda found: f"{found[0]}9", one.sender)
        assert verify_return_path(forged, keys=[KEY]) is None


def assert_words_arrive(room: Newsroom, digests: list[Digest]) -> None:
    """Each part shows every letter of the title and paragraphs of each item that was planned.

    A mail that would be too large shows less of some, the beginning of the title at the least.
    """
    for digest in digests:
        numbers = [number for group in digest.copy.groups for number in group.numbers]
        content = digest.letter.content
        room_left = MESSAGE_BUDGET - FREE - len(content)
        for kind, shown in shown_by(content).items():
            for draft in (room.drafts[number - 1] for number in numbers):
                lost = [one for one in (draft.title, *draft.paragraphs) if letters_of(one) not in shown]
                whole = sum(len(quoted(one)) for one in lost) * len(parts_of(content)[1])
                assert not lost or whole + MARKUP > room_left, f"{room.seed}: {kind}"
                assert letters_of(beginning_of(draft.title)) in shown, f"{room.seed}: {kind}"


def beginning_of(title: str) -> str:
    """What a mail shows of a title that has no room for more: a line of its encoding, less a word."""
    return shortened_to_octets(one_line(title), STUB_OCTETS).removesuffix("…")


@pytest.mark.parametrize("seed", [*FEW, *wide(*MORE)])
async def test_the_digests_of_a_newsroom_keep_the_rules(
    new_store: NewStore, keys: tuple[DkimKey, ...], seed: int
) -> None:
    tally, signing = Tally(), keys if seed % 10 == 0 else ()
    digests, sent = await printed(seed, new_store, signing)
    room = newsroom(seed)
    domain = room.sender_address.rpartition("@")[2]
    tally.look_at(seed, sent, records_of(signing, domain) if signing else None)
    assert tally.wrong == []
    assert_returns_are_known(digests, sent)
    assert_words_arrive(room, digests)


async def test_digests_of_three_hundred_items_keep_the_rules(new_store: NewStore) -> None:
    tally = Tally()
    _digests, sent = await printed(300, new_store, (), items=300, readers=6)
    tally.look_at(300, sent, None)
    assert tally.wrong == []
    assert tally.beyond_budget == 0


@pytest.mark.long
async def test_two_thousand_digests_keep_the_rules(new_store: NewStore, keys: tuple[DkimKey, ...]) -> None:
    tally = Tally()
    for seed in MANY:
        signing = keys if seed % 10 == 0 else ()
        items = {0: 0, 1: 300, 2: 120}.get(seed % 30)
        digests, sent = await printed(seed, new_store, signing, items)
        room = newsroom(seed, items=items)
        domain = room.sender_address.rpartition("@")[2]
        tally.look_at(seed, sent, records_of(signing, domain) if signing else None)
        assert_returns_are_known(digests, sent)
        assert_words_arrive(room, digests)
    assert tally.wrong == []
    assert tally.digests >= 2_000
    assert tally.beyond_budget == 0
