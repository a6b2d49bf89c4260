"""What programs send to the form for subscribing is answered alike for all; what is kept was shown."""

from __future__ import annotations

from typing import Any

import pytest

from digest.store.database import Database
from subscribers import consents
from tests.flows.newsroom import TUESDAY, change_newsletter, join
from tests.web.test_signing_up import ANA, PLAIN, add_weekly, mine
from tests.web.visiting import said, visitor

pytestmark = pytest.mark.anyio


async def test_what_no_store_keeps_is_refused_whoever_reads(store: Database) -> None:
    """An answer of its own for who reads would tell that they do."""
    await join(store, ANA, TUESDAY)
    odd: dict[str, Any]
    for odd in (
        {"language": "en@" + "x" * 30},
        {"name": "x" * 300},
        {"max_items": "9" * 5000},
    ):
        async with visitor(store, TUESDAY) as client:
            answers = [
                await client.post("/subscribe", data=PLAIN | {"email": email} | odd)
                for email in (ANA, "nobody@example.org")
            ]
        assert [one.status_code for one in answers] == [422, 422], odd


async def test_what_is_kept_as_agreed_to_stood_on_the_page_whatever_is_ticked(store: Database) -> None:
    await add_weekly(store)
    async with visitor(store, TUESDAY) as client:
        page = said(await client.get("/subscribe"))
        await client.post("/subscribe", data=PLAIN | {"newsletter": ["daily", "weekly"]})
    for one in await mine(store):
        async with store.read() as connection:
            (kept,) = await consents.of_subscription(connection, one.id)
        assert kept.words == "Send me what I have chosen by e-mail. I can end it at any time."
        assert kept.words in page


async def test_where_no_newsletter_is_open_there_is_no_form_to_send(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, sign_up=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert (await client.get("/subscribe")).status_code == 404
        for path in ("/subscribe", "/subscribe/effect"):
            assert (await client.post(path, data={})).status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/archive/daily/sources/a%00b",
        "/archive/daily/topics/economy?before=2147483648",
        "/archive/daily/sources/The%20Post?after=2147483648",
    ],
)
async def test_words_and_numbers_that_no_store_keeps_are_no_fault(store: Database, path: str) -> None:
    async with visitor(store, TUESDAY) as client:
        assert (await client.get(path)).status_code in {200, 404, 422}
