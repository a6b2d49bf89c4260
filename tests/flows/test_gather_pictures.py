"""Pictures are fetched before issues are planned; what cannot be had has a reason, and holds nothing up."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from digest.core.model import Pictures
from digest.core.picturing import KEEP, MOST_OCTETS, PictureFault, PictureRecord, PictureState
from digest.flows.edit_briefing import Edit, edit, retract
from digest.flows.gather_pictures import Gathered, Gatherer
from digest.flows.tidy import tidy
from digest.ingest.lighter import Lightener
from digest.store import pictures as shelf
from digest.store.database import Database
from digest.store.picture_tables import picture_places, pictures
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news
from tests.ingest.picture_samples import JPEG, LOSSY, gif, png, png_header, png_of
from tests.reach.httpd import Asked, Httpd, Reply, httpd, reaching

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def newsroom(
    store: Database, *paths: str, rule: Pictures = Pictures.EMBEDDED, **options: Any
) -> AsyncIterator[tuple[Httpd, Gatherer]]:
    """An item for each picture of a server, and who fetches them."""
    await change_newsletter(store, pictures=rule)
    async with httpd() as server, reaching() as reach:
        drafts = [item(f"News of {path}", "economy", picture=f"{server.url}/{path}") for path in paths]
        await publish_news(store, TUESDAY, *drafts)
        yield server, Gatherer(store=store, reach=reach, **options)


async def known(store: Database, server: Httpd, path: str) -> PictureRecord | None:
    async with store.read() as connection:
        return await shelf.record_of(connection, f"{server.url}/{path}")


async def rows(store: Database) -> tuple[int, int]:
    """How many pictures are kept, and of how many addresses something is known."""
    async with store.read() as connection:
        counts = [
            await connection.scalar(select(func.count()).select_from(one))
            for one in (pictures, picture_places)
        ]
    return int(counts[0] or 0), int(counts[1] or 0)


async def pinned(store: Database, issue_id: int = 1, round_: int = 1) -> dict[int, str]:
    async with store.read() as connection:
        return await shelf.pinned(connection, issue_id, round_)


@pytest.mark.parametrize("rule", [Pictures.NONE, Pictures.LINKED])
async def test_nothing_is_asked_for_without_the_rule(store: Database, rule: Pictures) -> None:
    async with newsroom(store, "a.png", rule=rule) as (server, gatherer):
        assert await gatherer.gather(TUESDAY) == Gathered()
    assert server.asked == []
    assert await rows(store) == (0, 0)


async def test_each_picture_is_fetched_once_and_kept_by_what_it_is(store: Database) -> None:
    async with newsroom(store, "a.png", "same.png", "b.jpg") as (server, gatherer):
        server.pages = {"/a.png": Reply(png()), "/same.png": Reply(png()), "/b.jpg": Reply(JPEG)}
        assert await gatherer.gather(TUESDAY) == Gathered(kept=3)
        assert await gatherer.gather(at(25, 6)) == Gathered()
        found = await known(store, server, "b.jpg")
    assert len(server.asked) == 3
    assert await rows(store) == (2, 3)
    assert found is not None
    assert (found.state, found.content_type, found.width, found.height, found.octets, found.next_at) == (
        *(PictureState.KEPT, "image/jpeg", 160, 100, len(JPEG)),
        None,
    )


async def test_it_is_asked_for_by_programs_that_say_who_they_are_and_nothing_of_readers(
    store: Database,
) -> None:
    async with newsroom(store, "a.png") as (server, gatherer):
        server.pages = {"/a.png": Reply(png())}
        await gatherer.gather(TUESDAY)
    (asked,) = server.asked
    assert asked.headers["user-agent"].startswith("tests/1")
    assert asked.headers["accept"].startswith("image/jpeg")
    assert not {"cookie", "referer", "authorization"} & asked.headers.keys()


@pytest.mark.parametrize(
    ("page", "fault"),
    [
        (Reply(b"gone", 410), PictureFault.NO_ANSWER),
        (Reply(b"", 500), PictureFault.NO_ANSWER),
        (Reply(b"<svg/>", headers={"Content-Type": "image/svg+xml"}), PictureFault.NO_PICTURE),
        (Reply(png(), headers={"Content-Type": "text/html"}), PictureFault.NO_PICTURE),
        (Reply(b"<html>", headers={"Content-Type": "image/png"}), PictureFault.NO_PICTURE),
        (Reply(png()[:-3]), PictureFault.CUT_OFF),
        (Reply(gif() + b"<script>"), PictureFault.TWO_THINGS),
        (Reply(png_of(png_header(30_000, 30_000))), PictureFault.TOO_MANY_PIXELS),
        (Reply(png(1, 1)), PictureFault.TOO_SMALL),
        (Reply(bytes(5_000_001)), PictureFault.TOO_LARGE),
        (Reply(status=302, headers={"Location": "/a.png"}), PictureFault.NO_ANSWER),
        (Reply(status=302, headers={"Location": "http://10.0.0.1/keys"}), PictureFault.NOT_OPEN),
        (Reply(status=302, headers={"Location": "file:///etc/passwd"}), PictureFault.NOT_OPEN),
    ],
    ids=[
        *("gone", "fault", "svg", "page", "lies", "cut-off", "two-things", "bomb", "dot", "large", "circle"),
        *("inside", "file"),
    ],
)
async def test_what_no_mail_can_bring_along_has_a_reason(
    sqlite_store: Database, page: Reply, fault: PictureFault
) -> None:
    async with newsroom(sqlite_store, "a.png", "b.png") as (server, gatherer):
        server.pages = {"/a.png": page, "/b.png": Reply(png())}
        assert await gatherer.gather(TUESDAY) == Gathered(kept=1, missed=1)
        found = await known(sqlite_store, server, "a.png")
    assert found is not None
    assert (found.fault, found.digest, found.tries, found.tried_at) == (fault, None, 1, TUESDAY)
    assert found.words
    passes = fault in {PictureFault.NO_ANSWER, PictureFault.NOT_OPEN, PictureFault.CUT_OFF}
    assert (found.next_at is not None) is passes


async def test_nobody_sends_us_into_our_own_network(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, pictures=Pictures.EMBEDDED)
    async with httpd() as server, reaching(own=()) as reach:
        await publish_news(sqlite_store, TUESDAY, item("Keys", "economy", picture=f"{server.url}/a.png"))
        await Gatherer(store=sqlite_store, reach=reach).gather(TUESDAY)
        found = await known(sqlite_store, server, "a.png")
    assert server.connections == 0
    assert found is not None
    assert found.fault is PictureFault.NOT_OPEN


async def test_what_may_pass_is_asked_for_again_with_growing_waits_and_then_no_more(store: Database) -> None:
    now, waits = TUESDAY, []
    found: PictureRecord | None = None
    async with newsroom(store, "a.png") as (server, gatherer):
        while (await gatherer.gather(now)).missed:
            found = await known(store, server, "a.png")
            assert found is not None
            if found.next_at is None:
                break
            waits.append(found.next_at - now)
            assert await gatherer.gather(found.next_at - timedelta(seconds=1)) == Gathered()
            now = found.next_at
        assert found is not None
        assert found.state is PictureState.REFUSED
        assert await gatherer.gather(now + timedelta(days=30)) == Gathered()
    assert waits == sorted(set(waits))
    assert len(server.asked) == len(waits) + 1 == found.tries


async def test_a_server_that_comes_back_is_heard(store: Database) -> None:
    async with newsroom(store, "a.png") as (server, gatherer):
        await gatherer.gather(TUESDAY)
        server.pages["/a.png"] = Reply(png())
        assert await gatherer.gather(at(24, 12)) == Gathered(kept=1)
        found = await known(store, server, "a.png")
    assert found is not None
    assert (found.state, found.fault, found.words, found.tries) == (PictureState.KEPT, None, "", 2)


async def test_a_slow_server_holds_nothing_up_for_long(store: Database) -> None:
    async def slow(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with newsroom(store, "a.png", "b.png", seconds=1.5) as (server, gatherer):
        server.pages = {"/a.png": slow, "/b.png": Reply(png())}
        begun = time.monotonic()
        assert await gatherer.gather(TUESDAY) == Gathered(kept=1, missed=1)
        assert time.monotonic() - begun < 5
        found = await known(store, server, "a.png")
        assert found is not None
        assert (found.fault, found.state) == (PictureFault.TOO_SLOW, PictureState.WAITING)
        await join(store, "ann@example.org", TUESDAY)
        await plan_all(store, at(24, 7))
    assert list(await pinned(store)) == [2]


async def test_when_it_is_time_to_stop_it_stops_and_nothing_is_held_against_a_picture(
    sqlite_store: Database,
) -> None:
    stop = asyncio.Event()

    async def slow(_asked: Asked, _writer: asyncio.StreamWriter) -> None:
        stop.set()
        await asyncio.sleep(60)

    async with newsroom(sqlite_store, "a.png") as (server, gatherer):
        server.pages = {"/a.png": slow}
        async with asyncio.timeout(5):
            assert await gatherer.gather(TUESDAY, stop) == Gathered()
        assert await known(sqlite_store, server, "a.png") is None


async def test_a_few_at_a_time_are_asked_for(sqlite_store: Database) -> None:
    async def unhurried(_asked: Asked, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(0.05)
        writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    paths = [f"{number}.png" for number in range(30)]
    async with newsroom(sqlite_store, *paths) as (server, gatherer):
        server.pages = {f"/{path}": unhurried for path in paths}
        assert await gatherer.gather(TUESDAY) == Gathered(missed=30)
    assert 1 < server.most_open <= 8


async def test_a_heavy_picture_is_told_of_where_nothing_makes_it_lighter(sqlite_store: Database) -> None:
    store, heavy = sqlite_store, png(200, 200, seed=1)
    assert len(heavy) > MOST_OCTETS
    async with newsroom(store, "a.png", lightener=Lightener(is_able=False)) as (server, gatherer):
        server.pages = {"/a.png": Reply(heavy)}
        await gatherer.gather(TUESDAY)
        found = await known(store, server, "a.png")
        assert found is not None
        assert (found.fault, found.next_at) == (PictureFault.TOO_HEAVY, None)
        assert "Pillow" in found.words
        assert await gatherer.gather(at(25, 6)) == Gathered()
        # once something is installed, it is asked for again by itself
        server.pages = {"/a.png": Reply(LOSSY)}
        async with reaching() as reach:
            able = Gatherer(store=store, reach=reach, lightener=Lightener(is_able=True))
            assert await able.gather(at(25, 7)) == Gathered(kept=1)


async def test_what_breaks_the_process_that_makes_it_lighter_is_refused(sqlite_store: Database) -> None:
    # without Pillow the process breaks at once, with it by what the picture holds
    broken = png_of(png_header(3_000, 3_000), (b"IDAT", b"no stream that could be unpacked"))
    async with newsroom(sqlite_store, "a.png", lightener=Lightener(is_able=True)) as (server, gatherer):
        server.pages = {"/a.png": Reply(broken)}
        assert await gatherer.gather(TUESDAY) == Gathered(missed=1)
        found = await known(sqlite_store, server, "a.png")
    assert found is not None
    assert found.fault is PictureFault.NOT_LIGHTER


async def test_an_issue_carries_what_was_here_when_it_was_planned(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    async with newsroom(store, "a.png", "b.png") as (server, gatherer):
        server.pages = {"/a.png": Reply(png())}
        await gatherer.gather(TUESDAY)
        await plan_all(store, at(24, 7))
        server.pages["/b.png"] = Reply(JPEG)
        assert await gatherer.gather(at(24, 12)) == Gathered(kept=1)
    assert list(await pinned(store)) == [1]


async def test_a_new_picture_and_a_new_rule_are_fetched_too(store: Database) -> None:
    async with newsroom(store, "a.png", rule=Pictures.LINKED) as (server, gatherer):
        server.pages = {"/a.png": Reply(png()), "/b.png": Reply(JPEG)}
        await gatherer.gather(TUESDAY)
        assert server.asked == []
        await change_newsletter(store, pictures=Pictures.EMBEDDED)
        assert await gatherer.gather(TUESDAY) == Gathered(kept=1)
        await edit(1, Edit(picture=f"{server.url}/b.png"), store=store, now=TUESDAY)
        assert await gatherer.gather(TUESDAY) == Gathered(kept=1)


async def test_a_corrected_item_carries_its_picture_under_the_number_of_the_correction(
    store: Database,
) -> None:
    await join(store, "ann@example.org", TUESDAY)
    async with newsroom(store, "a.png", "b.png") as (server, gatherer):
        server.pages = {"/a.png": Reply(png()), "/b.png": Reply(JPEG), "/c.png": Reply(gif())}
        await gatherer.gather(TUESDAY)
        await plan_all(store, at(24, 7))
        before = await pinned(store)
        # copies that have not begun move to a round of their own, with the new text
        await edit(1, Edit(paragraphs=("Another text.",)), store=store, now=at(24, 8))
        assert await pinned(store, round_=2) == before
        assert len(before) == 2
        await retract(2, store=store, now=at(24, 9))
    assert list(await pinned(store, round_=3)) == [1]


async def test_pictures_are_forgotten_when_nothing_can_show_them_any_more(store: Database) -> None:
    await join(store, "ann@example.org", TUESDAY)
    async with newsroom(store, "a.png", "b.png") as (server, gatherer):
        server.pages = {"/a.png": Reply(png()), "/b.png": Reply(JPEG)}
        await gatherer.gather(TUESDAY)
        await plan_all(store, at(24, 7))

    async def tidied(now: datetime) -> tuple[int, int]:
        await tidy(store=store, now=now, keep_unconfirmed=timedelta(days=30))
        return await rows(store)

    assert await tidied(TUESDAY + KEEP - timedelta(hours=1)) == (2, 2)
    # the issue was planned an hour after the items came out
    assert await tidied(TUESDAY + KEEP + timedelta(minutes=1)) == (2, 0)
    assert await tidied(TUESDAY + KEEP + timedelta(hours=2)) == (0, 0)
