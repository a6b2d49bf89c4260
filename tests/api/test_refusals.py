"""What somebody can mend is an error of one family, in one line, and nothing was changed."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pytest

import digest
from digest import DigestError, InputError, Newsroom, NotFoundError, SettingsError, StoreError, TransportError
from tests.api.conftest import ANA, DAY_ONE, NOON, is_there, write

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("settings", "error", "words"),
    [
        ({}, StoreError, "is not set up: run digest init"),
        ({"smtp_url": "gopher://x"}, SettingsError, "smtp_url should be file:FOLDER"),
        ({"smtp_port": 25}, SettingsError, "'smtp_port' is not a setting: did you mean smtp_"),
        ({"tick_seconds": 0}, SettingsError, "tick_seconds is 0, but should be"),
        ({"database_url": "mysql://x/y"}, SettingsError, "database_url should be sqlite:///FILE"),
        ({"config": "missing.toml"}, SettingsError, "missing.toml does not exist"),
    ],
    ids=["no-store", "scheme", "unknown", "value", "store", "file"],
)
async def test_newsroom_that_cannot_be_opened_says_why(
    settings: dict[str, Any], error: type[DigestError], words: str
) -> None:
    with pytest.raises(error) as refused:
        async with Newsroom(**settings):
            pytest.fail("it was opened")
    assert words in str(refused.value)
    assert not is_there("var")


REFUSED: Final[dict[str, tuple[str, dict[str, Any], type[DigestError], str]]] = {
    "address": ("subscribe", {"email": "ana"}, InputError, "address 'ana' is not valid"),
    "topic": ("subscribe", {"email": ANA, "topics": ["gossip"]}, InputError, "topic 'gossip' is not known"),
    "no-topics": ("subscribe", {"email": ANA, "topics": []}, InputError, "topics is empty"),
    "day": ("subscribe", {"email": ANA, "days": ["doomsday"]}, InputError, "days 'doomsday' are not known"),
    "time": ("subscribe", {"email": ANA, "at": "8"}, InputError, "time '8' is not a time of day"),
    "zone": ("subscribe", {"email": ANA, "timezone": "Mars"}, InputError, "time zone 'Mars' is not known"),
    "cap": ("subscribe", {"email": ANA, "max_items": 0}, InputError, "is not a cap"),
    "wish": ("subscribe", {"email": ANA, "color": "red"}, InputError, "'color' is no wish of a reader"),
    "object": ("subscribe", {"email": ANA, "language": 1.5}, InputError, "language is 1.5"),
    "letter": (
        "subscribe",
        {"email": ANA, "newsletter": "x"},
        NotFoundError,
        "newsletter 'x' does not exist",
    ),
    "stranger": ("change", {"email": ANA}, NotFoundError, "does not exist"),
    "nobody": ("reader", {"email": ANA}, NotFoundError, "does not exist"),
    "previewed": ("preview", {"email": ANA}, NotFoundError, "does not read daily"),
    "naive": ("due", {"now": datetime(2026, 11, 23)}, InputError, "without a time zone"),  # noqa: DTZ001
    "briefing": ("briefing", {"briefing_id": 99}, NotFoundError, "briefing 99 does not exist"),
    "section": ("ingest", {"source": "x", "section": "gossip"}, InputError, "section 'gossip'"),
    "format": ("ingest", {"source": "x", "format": "doc"}, InputError, "format 'doc' is not known"),
    "file": ("ingest", {"source": Path("none.txt")}, InputError, "file 'none.txt' cannot be read"),
    "bytes": ("ingest", {"source": b"\x89PNG\r\n\x1a\n\0\0"}, InputError, "text"),
    "for-nobody": ("send", {}, InputError, "say whom to send to"),
    "for-all": ("send", {"to": ANA, "everybody": True}, InputError, "say whom to send to"),
    "one-off": ("send", {"everybody": True, "attach": 1}, InputError, "'attach' is no word of a one-off"),
    "since": (
        *("rehearse", {"everybody": True, "since": datetime(2026, 1, 1)}),  # noqa: DTZ001
        *(InputError, "since has no time zone"),
    ),
    "setting": ("edit_newsletter", {"slug": "daily", "colour": "red"}, InputError, "'colour' is no setting"),
    "theme": ("edit_newsletter", {"slug": "daily", "theme": "x"}, SettingsError, "theme 'x' is not known"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_somebody_can_mend_is_an_error_of_one_family(case: str, newsroom: Newsroom) -> None:
    method, given, error, words = REFUSED[case]
    with pytest.raises(error) as refused:
        await getattr(newsroom, method)(**given)
    assert words in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("listing", ["briefings", "readers", "deliveries"])
async def test_status_that_there_is_not_is_refused(listing: str, newsroom: Newsroom) -> None:
    with pytest.raises(InputError, match="status 'lost' is not known: say "):
        [one async for one in getattr(newsroom, listing)(status="lost")]


async def test_outbox_that_cannot_be_written_to_is_refused_before_anything_is_planned() -> None:
    write("in-the-way", "")
    async with Newsroom(create=True, smtp_url="file:in-the-way/outbox") as newsroom:
        await newsroom.ingest(DAY_ONE, now=NOON)
        await newsroom.subscribe(ANA, at_once=True, now=NOON)
        with pytest.raises(TransportError, match="cannot be written to"):
            await newsroom.run(NOON)
        assert [one async for one in newsroom.deliveries()] == []


def test_answers_are_frozen_and_hold_plain_values() -> None:
    kinds = [getattr(digest, name) for name in digest.__all__ if name != "__version__"]
    answers = [kind for kind in kinds if dataclasses.is_dataclass(kind)]
    assert len(answers) == 13
    for kind in answers:
        assert getattr(kind, "__dataclass_params__").frozen  # noqa: B009
        for field in dataclasses.fields(kind):
            assert "digest.core" not in str(field.type)
