"""A one-off that is ordered is planned once, when its time has come, whatever is pressed how often."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.core.access import Actor, Via
from digest.errors import InputError
from digest.flows import readers
from digest.flows.by_hand import OneOff, rehearse
from digest.flows.orders import place, plan_due, take_back
from digest.flows.trials import send_trial, send_trial_of
from digest.store import changes, issues, orders
from digest.store.database import Database
from digest.store.one_off_tables import OrderStatus
from digest.store.orders import Order
from tests.flows.newsroom import TUESDAY, at, carried, copies, item, join, plan_all, publish_news
from tests.flows.post_office import all_notices
from tests.jobs.office import jobs_for, run
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

ANN, BOB = "ann@example.org", "bob@example.org"
HALF_PAST = at(24, 6, 30)
EDITOR = Actor("Anna", Via.DESK, None)
TUESDAY_0630 = at(24, 6, 30)


async def two_readers(store: Database) -> None:
    await join(store, ANN, TUESDAY, topics="economy")
    await join(store, BOB, TUESDAY, topics="energy", zone="Europe/Berlin")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"), item("Solar", "energy"))


async def order(
    store: Database, wish: OneOff, copies: int = 2, token: str = "t1", due_at: datetime = TUESDAY_0630
) -> Order:
    return await place(wish, copies, token=token, due_at=due_at, by=EDITOR, store=store, now=at(24, 6, 30))


async def the_order(store: Database) -> Order:
    async with store.read() as connection:
        found = await orders.by_id(connection, 1)
    assert found is not None
    return found


async def test_a_form_that_is_sent_twice_is_one_issue(store: Database, tmp_path: Path) -> None:
    await two_readers(store)
    wish = OneOff("daily", briefing_ids=(1,), subject="Look")
    first, second = await asyncio.gather(order(store, wish), order(store, wish))
    assert first.id == second.id
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 6, 31))).totals.sent == 2
    # sent again after it went out, it is still the same order
    assert (await order(store, wish)).status is OrderStatus.PLANNED
    assert (await run(jobs, at(24, 6, 32))).totals.sent == 0
    async with store.read() as connection:
        assert len(await issues.page(connection)) == 1
        assert [one.act for one in await changes.page(connection, kind="order")] == ["order.place"]


async def test_an_order_waits_for_its_time_and_takes_who_reads_then(store: Database, tmp_path: Path) -> None:
    await two_readers(store)
    await order(store, OneOff("daily", briefing_ids=(1,), audience="topic:economy"), 1, due_at=at(24, 6, 50))
    assert await plan_due(store=store, now=at(24, 6, 49)) == []
    await join(store, "eve@example.org", TUESDAY)
    assert (await run(jobs_for(store, tmp_path), at(24, 6, 50))).totals.sent == 2
    assert {copy.address for copy in await copies(store)} == {ANN, "eve@example.org"}
    assert await plan_due(store=store, now=at(24, 6, 51)) == []


async def test_readers_who_were_named_are_kept_by_number_and_may_be_erased_meanwhile(store: Database) -> None:
    await two_readers(store)
    placed = await order(store, OneOff("daily", to=(ANN, BOB), briefing_ids=(1,)))
    assert "example.org" not in str(placed.wish)
    await readers.erase(BOB, store=store, now=at(24, 6, 31))
    (planned,) = await plan_due(store=store, now=at(24, 6, 32))
    assert planned.copies == 1
    assert [copy.address for copy in await copies(store)] == [ANN]


async def test_a_number_that_is_not_the_one_agreed_to_is_refused(store: Database) -> None:
    await two_readers(store)
    with pytest.raises(InputError, match="3 mails were agreed to, and it would be 2"):
        await order(store, OneOff("daily", briefing_ids=(1,)), 3)
    with pytest.raises(InputError, match="is past, or more than a year away"):
        await order(store, OneOff("daily", briefing_ids=(1,)), due_at=at(20, 6))


async def test_an_order_of_which_nothing_can_be_made_says_why(store: Database) -> None:
    await two_readers(store)
    await order(store, OneOff("daily", briefing_ids=(1,)), due_at=at(24, 9))
    await plan_all(store, at(24, 7))
    await order(
        store, OneOff("daily", briefing_ids=(2,), ignore_bookmarks=True), token="t2", due_at=at(24, 9)
    )
    for address in (ANN, BOB):
        await readers.erase(address, store=store, now=at(24, 8))
    assert await plan_due(store=store, now=at(24, 9)) == []
    found = await the_order(store)
    assert (found.status, found.issue_id) == (OrderStatus.FAILED, None)
    assert "nothing would be sent" in found.words


async def test_an_order_can_be_taken_back_until_it_is_planned(store: Database) -> None:
    await two_readers(store)
    placed = await order(store, OneOff("daily", briefing_ids=(1,)))
    await take_back(placed.id, by=EDITOR, store=store, now=at(24, 6, 31))
    assert await plan_due(store=store, now=at(24, 7)) == []
    with pytest.raises(InputError, match="order 1 is cancelled"):
        await take_back(placed.id, by=EDITOR, store=store, now=at(24, 6, 32))


async def test_an_intro_alone_is_a_mail_and_moves_no_bookmark(store: Database, tmp_path: Path) -> None:
    await two_readers(store)
    wish = OneOff(
        "daily", subject="We move house", intro="From Monday we write from the harbour.", intro_only=True
    )
    await order(store, wish)
    jobs = jobs_for(store, tmp_path)
    assert (await run(jobs, at(24, 6, 31))).totals.sent == 2
    letters = [one.read_bytes() for one in (tmp_path / "outbox").glob("*.eml")]
    assert all(b"Subject: We move house" in one for one in letters)
    assert "From Monday we write from the harbour." in texts_of(letters[0])["text/plain"]
    assert (await run(jobs, at(24, 7))).totals.sent == 2
    assert await carried(store, ANN) == [(1,)]
    with pytest.raises(InputError, match="needs a subject and an intro"):
        await rehearse(OneOff("daily", intro_only=True), store=store)


async def test_a_test_of_an_issue_is_its_mail_with_a_sign_and_links_of_nobody(
    store: Database, tmp_path: Path
) -> None:
    await two_readers(store)
    await plan_all(store, at(24, 7))
    async with store.read() as connection:
        cohort = (await issues.cohorts_of(connection, 1))[0]
    told = {"by": EDITOR, "store": store, "now": at(24, 7, 1)}
    desk = ["desk@example.com", "chief@example.com"]
    for _ in range(2):
        await send_trial(cohort.id, desk, token="t1", **told)  # type: ignore[arg-type]
    jobs = jobs_for(store, tmp_path)
    notified = await jobs.notify(at(24, 7, 2), asyncio.Event())
    assert notified.by_status.total() == 2
    tests = [one.read_bytes() for one in (tmp_path / "outbox").glob("*test-*.eml")]
    assert len(tests) == 2
    await run(jobs, at(24, 7, 2))
    (real,) = [
        one.read_bytes()
        for one in (tmp_path / "outbox").glob(f"*{ANN if cohort.topics == ['economy'] else BOB}*")
    ]
    assert "[Test] " in _subject(tests[0])
    assert "[Test] " not in _subject(real)
    for kind in ("text/plain", "text/html"):
        test, mail = texts_of(tests[0])[kind], texts_of(real)[kind]
        assert _without_links(test) == _without_links(mail)
        assert test != mail
    assert {notice.kind for notice in await all_notices(store)} == {"test"}


async def test_a_test_of_a_one_off_that_is_not_ordered_is_sent_too(store: Database, tmp_path: Path) -> None:
    await two_readers(store)
    wish = OneOff("daily", briefing_ids=(1, 2), subject="Look", intro="A few words.")
    sent_to = await send_trial_of(
        wish, ["desk@example.com"], token="t1", by=EDITOR, store=store, now=at(24, 6, 30)
    )
    assert sent_to == 1
    await jobs_for(store, tmp_path).notify(at(24, 6, 31), asyncio.Event())
    (letter,) = [one.read_bytes() for one in (tmp_path / "outbox").glob("*.eml")]
    assert _subject(letter) == "[Test] Look"
    assert "Solar" in texts_of(letter)["text/plain"]
    assert await copies(store) == ()


async def test_a_test_goes_to_nobody_who_must_not_be_written_to(store: Database) -> None:
    await two_readers(store)
    await readers.erase(BOB, store=store, now=at(24, 6, 20))
    for to in ([BOB], ["desk@example.com", "BOB@example.org"]):
        with pytest.raises(InputError, match="must not be written to"):
            await send_trial_of(
                *(OneOff("daily", briefing_ids=(1,)), to),
                token="t1",
                by=EDITOR,
                store=store,
                now=at(24, 6, 30),
            )
    assert await all_notices(store) == ()


def _subject(letter: bytes) -> str:
    return str(message_from_bytes(letter, policy=default)["Subject"])


def _without_links(text: str) -> str:
    return re.sub(r"(preferences|unsubscribe|issues)/[\w-]{32}", r"\1/…", text)
