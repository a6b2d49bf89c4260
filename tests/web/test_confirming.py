"""Saying yes through the link of a question: one effect, for what was asked, and in time."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from digest.core.notices import ANSWER_WITHIN
from digest.flows import readers
from digest.flows.tidy import tidy
from digest.store.database import Database
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, join, reader, wishes
from tests.flows.post_office import all_notices
from tests.web.visiting import TOKENS, all_rows, headline, history, press, said, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
NO_LONGER = "This question is no longer open"


def question(number: int = 1) -> str:
    """The path of the link in a question."""
    return f"/confirm/{TOKENS.make(Purpose.CONFIRM, number)}"


async def test_the_page_asks_and_its_button_begins_the_subscription(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY, confirmed=False, topics="economy")
    async with visitor(store, at(24, 8)) as client:
        asked = await client.get(question())
        assert headline(asked) == "Shall we write to you?"
        assert "The Daily Digest would come to a…\u2060@example.org every day at 07:00 (UTC)." in said(asked)
        assert "Economy and trade" in said(asked)
        done = await press(client, asked)
    assert (done.status_code, headline(done)) == (200, "You are subscribed")
    assert "Your next issue: Nov 25, 07:00 (UTC)" in said(done)
    assert (await reader(store, ANA)).standing == "active"
    assert (await history(store, ana))[-1] == (
        "pending",
        "active",
        "confirmed on the page, from 127.0.0.1: question 1",
    )
    (notice,) = await all_notices(store, kind="confirm")
    assert notice.answered_at == at(24, 8)


async def test_looking_changes_nothing(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        for _ in range(2):
            assert (await client.get(question())).status_code == 200
            assert (await client.head(question())).status_code == 200
    assert await all_rows(sqlite_store) == before


async def test_fifty_at_once_have_one_effect_and_a_second_time_none(store: Database) -> None:
    ana = await join(store, ANA, TUESDAY, confirmed=False)
    async with visitor(store, TUESDAY) as client:
        answers = await asyncio.gather(*(client.post(question()) for _ in range(50)))
        assert {(one.status_code, headline(one)) for one in answers} == {(200, "You are subscribed")}
        assert len(await history(store, ana)) == 2
        rows = await all_rows(store)
        assert headline(await client.post(question())) == "You are subscribed"
        assert headline(await client.get(question())) == "You are subscribed"
    assert await all_rows(store) == rows


async def test_what_the_mail_said_is_what_is_confirmed(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False, topics="economy", at="08:30")
    # somebody enters the address once more, and wants it otherwise
    await join(sqlite_store, ANA, TUESDAY, confirmed=False, topics="society", at="03:00")
    async with visitor(sqlite_store, TUESDAY) as client:
        asked = await client.get(question())
        assert "every day at 08:30 (UTC)" in said(asked)
        await press(client, asked)
    mine = await reader(sqlite_store, ANA)
    assert (mine.profile.topics, f"{mine.cadence.at:%H:%M}") == (frozenset({"economy"}), "08:30")


@pytest.mark.parametrize(("late", "found"), [(False, "You are subscribed"), (True, NO_LONGER)])
async def test_a_question_can_be_answered_for_thirty_days(
    sqlite_store: Database, late: bool, found: str
) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with visitor(sqlite_store, TUESDAY + ANSWER_WITHIN + timedelta(seconds=late)) as client:
        assert headline(await client.post(question())) == found
    assert (await reader(sqlite_store, ANA)).standing == ("pending" if late else "active")


async def test_a_question_to_another_address_is_not_answered_for_the_new_one(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await readers.edit(ANA, None, wishes(), store=sqlite_store, now=TUESDAY, new_address="eve@example.org")
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post(question())
        assert headline(answer) == NO_LONGER
        assert "eve@" not in answer.text
    assert await all_rows(sqlite_store) == before


async def test_an_old_yes_does_not_bring_back_who_left(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(question())
        await readers.unsubscribe(ANA, None, reason="enough", store=sqlite_store, now=TUESDAY)
        assert headline(await client.post(question())) == NO_LONGER
        # nor does it answer for whoever enters the address afterwards
        await join(sqlite_store, ANA, at(26, 6), confirmed=False)
        assert headline(await client.post(question())) == NO_LONGER
    assert (await reader(sqlite_store, ANA)).standing == "pending"


async def test_an_erased_reader_is_not_named(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    await readers.erase(ANA, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        for answer in (await client.get(question()), await client.post(question())):
            assert headline(answer) == NO_LONGER
            assert "example.org" not in answer.text


async def test_a_question_to_somebody_who_was_forgotten_meanwhile_is_over(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    after = TUESDAY + timedelta(days=10)
    await tidy(store=sqlite_store, now=after, keep_unconfirmed=timedelta(days=7))
    async with visitor(sqlite_store, after) as client:
        for answer in (await client.get(question()), await client.post(question())):
            assert (answer.status_code, headline(answer)) == (200, NO_LONGER)


async def test_a_link_copied_from_the_encoded_mail_opens_the_page(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with visitor(sqlite_store, at(24, 8)) as client:
        asked = await client.get(f"{question()}=")
        assert headline(asked) == "Shall we write to you?"
        assert headline(await press(client, asked)) == "You are subscribed"


async def test_other_tokens_open_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY, confirmed=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        for token in (
            TOKENS.make(Purpose.UNSUBSCRIBE, ana.id),
            TOKENS.make(Purpose.CONFIRM, 99),
            "x" * 32,
            f"{TOKENS.make(Purpose.CONFIRM, 1)}==",
        ):
            for answer in (await client.get(f"/confirm/{token}"), await client.post(f"/confirm/{token}")):
                assert (answer.status_code, headline(answer)) == (404, "This link does not work")
    assert (await reader(sqlite_store, ANA)).standing == "pending"
