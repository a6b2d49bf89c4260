"""What is joined from fragments is, octet for octet, what the slow and straightforward way writes."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import pytest

from digest.flows.press import Press
from digest.render.quoted import quoted
from digest.store import facts, issues, newsletters, numbered, topics
from digest.store.database import Database
from tests.jobs.office import BASE_URL, KEY
from tests.stores import NewStore, opened
from tests.tiers import first_of
from tests.wire.conducting import Digest, digests_of, press_of
from tests.wire.newsrooms import newsroom
from tests.wire.rules import HTML_BUDGET, MESSAGE_BUDGET
from tests.wire.slow_way import House, Written, written
from tests.wire.transmission import Field, fields_of, head_of, parts_of, value_of
from tests.wire.words import read_mailbox, read_words

pytestmark = pytest.mark.anyio

#: What the press keeps free at most: for headers, with the longest titles; for a name and links in a part.
ROOM_FOR_HEAD, ROOM_FOR_NAMES = 12_000, 2_000
FOR_PEOPLE = {"From", "To", "Subject", "List-Id"}


async def house_of(store: Database, digests: list[Digest]) -> House:
    """What the slow way needs to know, read from the store."""
    async with store.read() as connection:
        revisions = await issues.pinned_revisions(connection, 1, 1)
        return House(
            newsletter=await newsletters.by_id(connection, 1),
            topics=await topics.every(connection),
            briefings=await numbered.by_numbers(connection, revisions),
            base_url=BASE_URL,
            key=KEY,
            store_name=(await facts.recall(connection, facts.STORE_NAME) or "").encode(),
        )


def assert_alike(content: bytes, wanted: Written) -> None:
    """Each field reads as it should, in the order of the fields, and each part decodes to the same octets."""
    fields = fields_of(head_of(content))
    assert {field.name: field.value for field in fields if field.name not in FOR_PEOPLE} == wanted.fields
    assert [field.name for field in fields] == _in_order(fields, wanted.fields)
    assert read_mailbox(value_of(fields, "From")) == (wanted.sender, [])
    assert read_mailbox(value_of(fields, "To")) == (wanted.reader, [])
    assert read_words(value_of(fields, "Subject"), phrase=False) == (wanted.subject, [])
    said, _, list_id = value_of(fields, "List-Id").rpartition("<")
    assert list_id == f"daily.{wanted.sender.address.rpartition('@')[2]}>"
    if said:
        assert read_mailbox(f"{said}<x@y.example>")[0].name == wanted.list_title
    _, parts, _ = parts_of(content)
    octets = [part.octets for part in parts]
    texts = [wanted.text] if wanted.html is None else [wanted.text, wanted.html]
    assert octets == [text.replace("\n", "\r\n").encode() for text in texts]


def _in_order(fields: tuple[Field, ...], machine: Mapping[str, str]) -> list[str]:
    """From, Subject and Date open, the reader's own comes between, what is the list's closes."""
    listed = list(machine)
    at = listed.index("List-Help")
    return ["From", "Subject", "Date", "To", *listed[1:at], "List-Id", *listed[at:]]


async def compare(seed: int, new_store: NewStore, *, most: int, items: int | None = None) -> int:
    """Compare digests of a newsroom with the slow way, at most so many; how many there were."""
    async with opened(await asyncio.to_thread(new_store, "sqlite", True)) as store:
        press: Press = press_of(store)
        digests = await digests_of(newsroom(seed, items=items), store, press)
        house = await house_of(store, digests)
    # claims come cohort by cohort: here and there one
    chosen = digests[:: max(1, len(digests) // most)][:most]
    wanted = [(digest.letter.content, written(house, digest.copy, digest.claimed)) for digest in chosen]
    whole = [(content, mail) for content, mail in wanted if not is_too_large(mail)]
    for content, mail in whole:
        assert_alike(content, mail)
    return len(whole)


def is_too_large(mail: Written) -> bool:
    """Whether Gmail would cut it, so that the press prints less of its items."""
    octets = [len(quoted(text)) for text in (mail.text, mail.html or "")]
    in_all = sum(octets) + ROOM_FOR_HEAD + len(octets) * ROOM_FOR_NAMES
    return in_all > MESSAGE_BUDGET or octets[1] > HTML_BUDGET - ROOM_FOR_NAMES


@pytest.mark.parametrize("seed", first_of(range(100, 107), 4))
async def test_digests_are_what_the_slow_way_writes(new_store: NewStore, seed: int) -> None:
    await compare(seed, new_store, most=3)


@pytest.mark.long
async def test_many_digests_are_what_the_slow_way_writes(new_store: NewStore) -> None:
    compared = 0
    for seed in range(2_000, 2_060):
        compared += await compare(seed, new_store, most=20, items=80 if seed % 20 == 0 else None)
    assert compared >= 1_000
