"""A mail that brings pictures along arrives whole: from a server of pictures to a server of mails."""

from __future__ import annotations

import base64
import email
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email import policy
from pathlib import Path

import pytest

from digest.core.model import Pictures
from digest.flows.gather_pictures import Gatherer
from digest.flows.preview import preview
from digest.flows.reprints import Reprints
from digest.mail.dkim import DkimKey
from digest.store.database import Database
from digest.web.preview_page import measures
from tests.flows.newsroom import TUESDAY, at, change_newsletter, claim_all, item, join, plan_all, publish_news
from tests.ingest.picture_samples import JPEG, SEEN_THROUGH, gif, png
from tests.jobs.office import jobs_for, press_for, run
from tests.reach.httpd import Httpd, Reply, httpd, reaching
from tests.walk.recording import recording
from tests.wire.conducting import press_of
from tests.wire.keys import records_of
from tests.wire.listening import over_the_wire
from tests.wire.pictures import MOST_PICTURES
from tests.wire.rules import sizes_of, violations_of

pytestmark = pytest.mark.anyio

ANN, BEN, TEXT = "ann@example.org", "ben@example.org", "text@example.org"
SERVED = {"/a.jpg": JPEG, "/b.png": png(), "/c.gif": gif(), "/d.webp": SEEN_THROUGH}


@asynccontextmanager
async def newsroom(store: Database) -> AsyncIterator[tuple[Httpd, Gatherer]]:
    """Four items with pictures and one whose picture is away; readers of HTML and of text."""
    await change_newsletter(store, pictures=Pictures.EMBEDDED, sender_address="desk@news.example")
    await join(store, ANN, TUESDAY, name="Ann Lee")
    await join(store, BEN, TUESDAY)
    await join(store, TEXT, TUESDAY, format="text")
    async with httpd() as server, reaching() as reach:
        server.pages = {path: Reply(content) for path, content in SERVED.items()}
        paths = (*SERVED, "/away.png")
        drafts = [
            item(f"News {path}", "economy", picture=f"{server.url}{path}", picture_alt=f"Seen: {path}")
            for path in paths
        ]
        await publish_news(store, TUESDAY, *drafts)
        yield server, Gatherer(store=store, reach=reach)


async def test_it_arrives_signed_and_keeps_every_rule(
    sqlite_store: Database, keys: tuple[DkimKey, ...]
) -> None:
    store, press = sqlite_store, press_of(sqlite_store, keys)
    async with newsroom(store) as (_server, gatherer):
        await gatherer.gather(TUESDAY)
    await plan_all(store, at(24, 7))
    claimed = (await claim_all(store, at(24, 7))).copies
    await press.prepare(claimed)
    sent = await over_the_wire([await press.letter(one) for one in claimed])
    assert len(sent) == 3
    for one in sent:
        assert violations_of(one, records_of(keys, "news.example")) == []
        assert sizes_of(one).within_budget
        assert (b"Content-ID:" in one.content) is (one.recipient != TEXT)


async def test_a_run_fetches_plans_and_sends_and_each_program_finds_the_pictures(
    store: Database, tmp_path: Path
) -> None:
    async with newsroom(store) as (server, gatherer), recording() as record:
        report = await run(jobs_for(store, tmp_path, record.server, pictures=gatherer), at(24, 7))
        assert report.trouble == ""
        assert len(server.asked) == len(SERVED) + 1
    assert len(record.accepted) == 3
    for one in record.accepted:
        message = email.message_from_bytes(one.content, policy=policy.default)
        pictures = [part for part in message.walk() if part.get_content_maintype() == "image"]
        assert message.defects == []
        if one.recipient == TEXT:
            assert not pictures
            continue
        assert len(pictures) == MOST_PICTURES
        assert {part.get_payload(decode=True) for part in pictures} < set(SERVED.values())
        html = message.get_body(("html",))
        assert html is not None
        page = html.get_content()
        for part in pictures:
            assert f'src="cid:{str(part["Content-ID"]).strip("<>")}"' in page
        assert server.url not in page


async def test_a_preview_holds_what_is_sent_and_the_page_in_a_browser_shows_the_same(
    store: Database, tmp_path: Path
) -> None:
    async with newsroom(store) as (_server, gatherer), recording() as record:
        await gatherer.gather(TUESDAY)
        seen = await preview(ANN, "daily", store=store, press=press_for(store), now=at(24, 7))
        await run(jobs_for(store, tmp_path, record.server), at(24, 7))
    assert seen.letter is not None
    assert seen.html is not None
    (mine,) = (one.content for one in record.accepted if one.recipient == ANN)

    def pictures_of(content: bytes) -> list[tuple[str, bytes]]:
        parts = email.message_from_bytes(content, policy=policy.default).walk()
        return [
            (str(part["Content-ID"]), part.get_payload(decode=True))  # type: ignore[misc]
            for part in parts
            if part.get_content_maintype() == "image"
        ]

    assert pictures_of(seen.letter.content) == pictures_of(mine)
    in_html, whole = measures(seen.letter)
    assert whole.octets == len(seen.letter.content)
    assert [one.name for one in whole.portions] == ["Headers", "Plain text", "HTML", "Pictures"]
    carried = sum(len(base64.encodebytes(content)) for _id, content in pictures_of(mine))
    assert carried <= whole.portions[3].octets <= carried * 1.03 + 3 * 300
    assert in_html.octets < whole.octets - carried
    assert seen.html.count('src="data:image/') == MOST_PICTURES
    assert "cid:" not in seen.html
    page = await Reprints(store=store).page(1, view_url="https://news.example/issues/x")
    assert (page or "").count('src="data:image/') == MOST_PICTURES


async def test_each_try_is_the_same_letter_whatever_came_meanwhile(sqlite_store: Database) -> None:
    store = sqlite_store
    async with newsroom(store) as (server, gatherer):
        server.pages["/b.png"] = Reply(b"", 503)
        await gatherer.gather(TUESDAY)
        await plan_all(store, at(24, 7))
        (copy, *_others) = (await claim_all(store, at(24, 7))).copies
        first = (await press_for(store).letter(copy)).content
        server.pages["/b.png"] = Reply(png())
        assert (await gatherer.gather(at(24, 8))).kept == 1
    assert (await press_for(store).letter(copy)).content == first
