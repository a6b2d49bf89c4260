"""A reader's own data: all of it in one file, and none of it after an erasure."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from sqlalchemy import insert, select

from digest.core.model import DeliveryStatus, Verdict
from digest.core.returned import Kind, Returned
from digest.flows import moving
from digest.flows.matching import Origin
from digest.store import deliveries, newsletters
from digest.store.database import Database
from digest.store.deliveries import Recorded
from digest.store.tables import opinions
from subscribers.subscription import Subscription
from subscribers.tables import consents
from subscribers.tokens import Purpose
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    claim_all,
    item,
    join,
    plan_all,
    publish_news,
    reader,
)
from tests.flows.post_office import all_notices
from tests.flows.returning import report, settling, take
from tests.flows.test_forgetting import everything_in
from tests.web.visiting import (
    ONE_CLICK,
    TOKENS,
    all_rows,
    choices,
    headline,
    leaving,
    press,
    said,
    visitor,
)

pytestmark = pytest.mark.anyio

ANA, NAME = "ana.quist@example.org", "Ana Quist"


async def a_full_life(store: Database) -> tuple[Subscription, Subscription]:
    """A reader of whom there is something in every table that can hold anything of a reader."""
    await add_newsletter(store, "weekly", title="The Weekend Reader")
    ana = await join(store, ANA, TUESDAY, name=NAME, max_items="1", topics="economy,energy")
    weekly = await join(store, ANA, TUESDAY, newsletter="weekly", confirmed=False)
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))
    await plan_all(store, at(24, 7))
    claim = await claim_all(store, at(24, 7))
    async with store.write() as connection:
        results = [Recorded(copy.delivery_id, Verdict(DeliveryStatus.SENT)) for copy in claim.copies]
        await deliveries.record(connection, "sender", results, at(24, 7))
        for one in await newsletters.every(connection):
            await newsletters.save(connection, replace(one, goodbye=True))
        said_so = {"subscription_id": ana.id, "number": 1, "useful": True, "at": at(24, 8)}
        await connection.execute(insert(opinions), [said_so])
        agreed = {"asked_from": "192.0.2.7", "confirmed_from": "192.0.2.8", "form": "/subscribe"}
        agreed |= {"version": "abc", "words": "Send me the digest."}
        times = {"asked_at": TUESDAY, "confirmed_at": TUESDAY}
        await connection.execute(insert(consents), [{"subscription_id": ana.id, **agreed, **times}])
    # a report about a copy of hers, and one that proves nothing
    slow = Returned(Kind.DELAYED, ANA, text=f"the mailbox of {ANA} is slow")
    await settling(store, at(24, 8)).settle([slow], Origin("postmark", vouched=True))
    await take(store, report(ANA), report("else@example.org", original=f"X-For: {ANA.upper()}\r\n"))
    await moving.ask_to_move(ana.id, "a.quist@new.example", seen_from="192.0.2.7", store=store, now=at(24, 9))
    async with visitor(store, at(24, 9)) as client:
        await client.post(f"{choices(ana)}/pause", data={"catch_up": "no"})
        await publish_news(store, at(24, 10), item("Meanwhile", "economy"))
        await client.post(f"{choices(ana)}/resume")
        told = {"scope": "all", "reason": "other", "words": "Mrs Quist has moved"}
        await client.post(leaving(ana), data=told)
    return ana, weekly


async def handed_out(client: httpx.AsyncClient, who: Subscription) -> Any:
    answer = await press(client, await client.get(choices(who)), "Download my data")
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-disposition"] == 'attachment; filename="my-data.json"'
    assert answer.headers["cache-control"] == "no-store"
    return answer.json()


async def test_all_that_is_kept_is_handed_out(store: Database) -> None:
    ana, weekly = await a_full_life(store)
    before = await all_rows(store)
    async with visitor(store, at(24, 11)) as client:
        found = await handed_out(client, ana)
        # the same by each of the reader's links
        assert await handed_out(client, weekly) == found
    assert await all_rows(store) == before
    assert (found["address"], found["name"]) == (ANA, NAME)
    daily, other = found["subscriptions"]
    assert daily["wishes"]["topics"] == ["economy", "energy"]
    assert daily["wishes"]["max_items"] == 1
    assert daily["bookmark"]["still_to_come"] == ["Solar"]
    assert [one["reason"] for one in daily["history"]][-1].endswith("other — Mrs Quist has moved")
    assert (other["newsletter"], other["standing"]) == ("weekly", "left")
    (slow,) = found["came_back"]
    assert (slow["kind"], slow["effect"]) == ("delayed", "noted")
    assert slow["text"] == f"the mailbox of {ANA} is slow"
    (issue,) = found["issues"]
    assert (issue["status"], issue["briefings"]) == ("sent", ["Tariffs"])
    (consent,) = found["consents"]
    assert (consent["asked_from"], consent["confirmed_from"]) == ("192.0.2.7", "192.0.2.8")
    assert found["opinions"] == [
        {"newsletter": "daily", "briefing": "Tariffs", "useful": True, "at": "2026-11-24T08:00:00Z"}
    ]
    assert [(gap["after"], gap["upto"], gap["reason"]) for gap in found["left_out"]] == [(2, 3, "paused")]
    assert {mail["kind"] for mail in found["other_mails"]} == {"confirm", "move", "moving", "goodbye"}


async def test_nothing_of_others_is_handed_out(sqlite_store: Database) -> None:
    ana, _weekly = await a_full_life(sqlite_store)
    await join(sqlite_store, "bob@example.org", TUESDAY, name="Bob")
    async with visitor(sqlite_store, at(24, 11)) as client:
        found = await handed_out(client, ana)
        assert found["address"] == ANA
        assert "bob" not in str(found).lower()


async def test_every_column_that_can_hold_a_reader_is_looked_at(sqlite_store: Database) -> None:
    """Whatever says something of a reader in any table is in the file: nothing is kept in silence."""
    ana, _weekly = await a_full_life(sqlite_store)
    async with visitor(sqlite_store, at(24, 11)) as client:
        found = str(await handed_out(client, ana)).lower()
    for telling in ("quist@new.example", "192.0.2.7", "192.0.2.8", "mrs quist", NAME.lower()):
        assert telling in found
        assert telling in (await everything_in(sqlite_store)).lower()


async def test_who_is_erased_stands_nowhere_any_more(sqlite_store: Database) -> None:
    ana, weekly = await a_full_life(sqlite_store)
    for number in range(30):
        await join(sqlite_store, f"reader{number}@example.org", TUESDAY, name=f"Reader {number}")
    notices = [one.id for one in await all_notices(sqlite_store)]
    async with visitor(sqlite_store, at(24, 12)) as client:
        page = await client.get(f"{choices(ana)}/erase")
        assert headline(page) == "Erase your data?"
        done = await press(client, page)
        assert headline(done) == "Your data is erased"
        rows = (await everything_in(sqlite_store)).lower()
        assert not [telling for telling in ("quist", "192.0.2.", "has moved") if telling in rows]
        async with sqlite_store.read() as connection:
            assert (await connection.execute(select(opinions))).all() == []
        # every link of old mails is as good as ever, and leads to nobody
        before = await all_rows(sqlite_store)
        paths = [leaving(ana), f"{leaving(ana)}/undo", choices(ana), f"{choices(ana)}/erase"]
        acts = ["", "/effect", "/pause", "/resume", "/slower", "/return", "/address", "/data", "/erase"]
        for path in (*paths, choices(weekly)):
            answer = await client.get(path)
            assert (answer.status_code, headline(answer)) == (200, "You are unsubscribed")
        for path in (*paths[:2], *(f"{choices(ana)}{act}" for act in acts)):
            answer = await client.post(path, follow_redirects=True, data={"address": "x@y.example"})
            assert (path, answer.status_code, headline(answer)) == (path, 200, "You are unsubscribed")
        assert (await client.post(leaving(ana), data=ONE_CLICK)).status_code == 200
        for number in notices:
            for purpose, place in ((Purpose.ADDRESS, "address"), (Purpose.CONFIRM, "confirm")):
                answer = await client.post(f"/{place}/{TOKENS.make(purpose, number)}")
                assert answer.status_code in {200, 404}
                assert "quist" not in said(answer).lower()
        assert await all_rows(sqlite_store) == before
    assert sqlite_store.url.database
    file = Path(sqlite_store.url.database)
    for part in file.parent.glob(f"{file.name}*"):
        content = part.read_bytes().lower()
        assert b"quist" not in content
        assert b"192.0.2." not in content


async def test_looking_at_the_question_erases_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        for method in ("GET", "HEAD"):
            assert (await client.request(method, f"{choices(ana)}/erase")).status_code == 200
    assert await all_rows(sqlite_store) == before


async def test_fifty_at_once_erase_once(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY)
    bob = await join(store, "bob@example.org", TUESDAY)
    async with visitor(store, TUESDAY) as client:
        answers = await asyncio.gather(*(client.post(f"{choices(ana)}/erase") for _ in range(50)))
    assert {answer.status_code for answer in answers} == {200}
    assert sorted({headline(answer) for answer in answers}) == ["You are unsubscribed", "Your data is erased"]
    assert [headline(answer) for answer in answers].count("Your data is erased") == 1
    assert await reader(store, "bob@example.org") == bob
