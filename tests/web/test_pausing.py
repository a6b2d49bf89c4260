"""A pause by the page, of one newsletter or of all; and how who gets nothing comes back by the same link."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from digest.flows import by_link, readers
from digest.flows.recover import recover
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.suppressions import suppress
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    carried,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
    reader,
)
from tests.web.test_leaving import set_standing
from tests.web.test_preferences import wrong_with
from tests.web.visiting import all_rows, choices, headline, history, leaving, press, said, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def standings(store: Database, address: str = ANA) -> list[str]:
    async with store.read() as connection:
        return [one.standing.value for one in await shelf.subscriptions_of(connection, address)]


async def get_mail(store: Database, now: Any) -> list[tuple[int, ...]]:
    """Plan and send what is due; all that the reader has got so far."""
    await recover(store=store, is_dead=lambda _: False, now=now, wall=now)
    await plan_all(store, now)
    await mark_sent(store, ANA, now)
    return await carried(store, ANA)


@pytest.mark.parametrize(("catch_up", "comes"), [("yes", [(1, 2)]), ("no", [(1,)])])
async def test_a_pause_ends_by_itself_with_or_without_what_was_missed(
    store: Database, catch_up: str, comes: list[tuple[int, ...]]
) -> None:
    ana = await join(store, ANA, TUESDAY)
    await publish_news(store, TUESDAY, item("Before", "economy"))
    async with visitor(store, TUESDAY) as client:
        page = await press(
            client, await client.get(choices(ana)), "Pause", until="2026-11-27", catch_up=catch_up
        )
    assert "Paused: nothing comes until the pause is over." in said(page)
    assert "The Daily Digest is paused until Nov 27." in said(page)
    assert "The next mail: Nov 27, 07:00 (UTC)." in said(page)
    await publish_news(store, at(25, 12), item("Meanwhile", "economy"))
    assert await get_mail(store, at(26, 8)) == []
    found = await get_mail(store, at(27, 8))
    assert [tuple(sorted(one)) for one in found] == comes


async def test_what_the_pause_leaves_out_is_not_in_the_next_mail(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("Before", "economy"))
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(f"{choices(ana)}/pause", data={"catch_up": "no"})
        await publish_news(sqlite_store, at(24, 6, 30), item("Meanwhile", "economy"))
        page = said(await client.get(choices(ana)))
        assert "No mail comes before you end the pause." in page
        assert ("Before" in page, "Meanwhile" in page) == (True, False)


async def test_it_goes_on_at_a_word(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(choices(ana)), "Pause")
        assert await standings(sqlite_store) == ["paused"]
        page = await press(client, await client.get(choices(ana)), "Go on now")
    assert "The pause is over: mail comes again." in said(page)
    assert [one[1:] for one in await history(sqlite_store, ana)] == [
        ("active", "added by a test"),
        ("paused", "paused on the page"),
        ("active", "resumed on the page"),
    ]


@pytest.mark.parametrize(
    ("until", "words"),
    [
        ("2026-11-24", "Choose a day after today, or leave it empty."),
        ("1999-01-01", "Choose a day after today, or leave it empty."),
        ("2031-01-01", "That is too far away: choose a day within two years, or leave it empty."),
        ("9999-12-31", "That is too far away: choose a day within two years, or leave it empty."),
        ("soon", "Say a day such as 2026-11-25, or leave it empty."),
        ("2026-02-30", "Say a day such as 2026-11-25, or leave it empty."),
    ],
)
async def test_a_day_that_cannot_be_is_said_beside_the_field(
    sqlite_store: Database, until: str, words: str
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await press(client, await client.get(choices(ana)), "Pause", until=until, catch_up="no")
    assert (page.status_code, wrong_with(page)) == (422, {"until": words})
    (field,) = tree(page).xpath("//input[@name='until']")
    # a field for days can hold nothing else, and a page with another value in it would not be valid
    kept = until if until[:4].isdigit() and until != "2026-02-30" else ""
    assert (field.get("value"), field.get("aria-invalid")) == (kept, "true")
    assert "autofocus" in field.attrib
    assert [(link.get("href"), link.text) for link in tree(page).xpath("//*[@role='alert']//a")] == [
        ("#until", words)
    ]
    assert tree(page).xpath("//input[@name='catch_up'][@checked]/@value") == ["no"]
    assert await all_rows(sqlite_store) == before


async def test_today_is_that_of_the_reader(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY, timezone="Pacific/Kiritimati")
    async with visitor(sqlite_store, at(24, 12)) as client:
        # it is the 25th there
        page = await press(client, await client.get(choices(ana)), "Pause", until="2026-11-25")
        assert page.status_code == 422
        page = await press(client, await client.get(choices(ana)), "Pause", until="2026-11-26")
        assert page.status_code == 200


async def test_one_newsletter_or_all_of_them(sqlite_store: Database) -> None:
    await add_newsletter(sqlite_store, "weekly")
    ana = await join(sqlite_store, ANA, TUESDAY)
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly")
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(choices(ana)), "Pause")
        assert await standings(sqlite_store) == ["paused", "active"]
        await press(client, await client.get(choices(ana)), "Change the pause", scope="all")
        assert await standings(sqlite_store) == ["paused", "paused"]
        await press(client, await client.get(choices(ana)), "Go on now", scope="all")
    assert await standings(sqlite_store) == ["active", "active"]


# --- who gets nothing ---------------------------------------------------------------------------------------


async def test_who_left_comes_back_by_the_link_and_gets_nothing_twice(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    await publish_news(store, TUESDAY, item("One", "economy"))
    await get_mail(store, at(24, 7))
    await by_link.leave(ana.id, reason="enough", store=store, now=at(24, 8))
    late = at(24, 8) + timedelta(days=30)
    await publish_news(store, late - timedelta(days=29), item("Long ago", "economy"))
    await publish_news(store, late - timedelta(hours=1), item("New", "economy"))
    async with visitor(store, late) as client:
        page = await client.get(choices(ana))
        assert headline(page) == "You are unsubscribed"
        page = await press(client, page, "Subscribe again")
        assert "Welcome back: mail comes again, and nothing comes twice." in said(page)
        before = await all_rows(store)
        assert "Welcome back" not in said(await client.post(f"{choices(ana)}/return", follow_redirects=True))
        assert await all_rows(store) == before
    assert (await history(store, ana))[-1] == ("left", "active", "came back on the page")
    assert await get_mail(store, late + timedelta(days=1)) == [(1,), (3,)]


async def test_who_left_just_now_comes_back_as_if_nothing_had_happened(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana))
        await press(client, await client.get(choices(ana)), "Subscribe again")
    assert await reader(sqlite_store, ANA) == ana


async def test_mail_that_came_back_is_tried_again_for_all_newsletters(sqlite_store: Database) -> None:
    await add_newsletter(sqlite_store, "weekly")
    ana = await join(sqlite_store, ANA, TUESDAY)
    await join(sqlite_store, ANA, TUESDAY, newsletter="weekly")
    async with sqlite_store.write() as connection:
        await shelf.mark_bouncing(connection, ana.id, "550 unknown", TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        assert headline(page) == "Your mail came back"
        # another address may be the better answer
        assert tree(page).xpath("//input[@name='address']")
        page = await press(client, page, "Try again")
    assert "Welcome back" in said(page)
    assert await standings(sqlite_store) == ["active", "active"]


@pytest.mark.parametrize("standing", [Standing.COMPLAINED, Standing.SUPPRESSED, Standing.PENDING])
async def test_who_must_not_be_written_to_does_not_come_back_by_a_link(
    sqlite_store: Database, standing: Standing
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await set_standing(sqlite_store, ANA, standing)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        assert "Subscribe again" not in said(page)
        assert headline(page) in {"Nothing is sent to you", "Not confirmed yet"}
        for path in ("/return", "/pause", "/resume", "/slower", ""):
            await client.post(f"{choices(ana)}{path}", data={"at": "09:00"})
    assert await all_rows(sqlite_store) == before


async def test_an_address_that_is_suppressed_stays_so(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await by_link.leave(ana.id, reason="enough", store=sqlite_store, now=TUESDAY)
    await join(sqlite_store, "other@example.org", TUESDAY)
    async with sqlite_store.write() as connection:
        await suppress(connection, ANA, await readers.suppression_key(connection), "complained", TUESDAY)
    async with visitor(sqlite_store, TUESDAY + timedelta(days=30)) as client:
        await client.post(f"{choices(ana)}/return")
    assert await standings(sqlite_store) == ["left"]


async def test_an_old_page_changes_nothing_for_who_left_meanwhile(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        await client.post(leaving(ana))
        before = await all_rows(sqlite_store)
        for button in ("Save", "Pause"):
            assert headline(await press(client, page, button, at="09:00")) == "You are unsubscribed"
    assert await all_rows(sqlite_store) == before
    assert replace(await reader(sqlite_store, ANA), standing=Standing.ACTIVE) == ana
