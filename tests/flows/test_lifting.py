"""A complaint that was a slip: lifted when somebody says why, and its reader comes back by a yes alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.core.access import PROGRAM
from digest.core.notices import NoticeKind
from digest.core.settling import Effect
from digest.errors import InputError, NotFoundError
from digest.flows import confirming, readers, returned_by_hand, suppressing
from digest.flows.sign_up import Came, SignUp, sign_up
from digest.store import changes
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.consents import Shown
from subscribers.model import Standing
from tests.flows.newsroom import add_newsletter, join, wishes
from tests.flows.post_office import all_notices
from tests.flows.returning import NINE, complaint, sent_to, take

pytestmark = pytest.mark.anyio

ANA = "ana@readers.example"
LATER = NINE + timedelta(days=3)


async def complain(store: Database) -> None:
    await sent_to(store, ANA)
    await add_newsletter(store, "weekly", title="The Weekly Review")
    await join(store, ANA, NINE, newsletter="weekly")
    await take(store, complaint("Subject: News"))
    effect = await returned_by_hand.apply(1, by=PROGRAM, store=store, now=NINE, address=ANA)
    assert effect is Effect.COMPLAINED


async def standings(store: Database) -> list[Standing]:
    async with store.read() as connection:
        return [one.standing for one in await shelf.subscriptions_of(connection, ANA)]


async def lift(store: Database, note: str) -> None:
    await suppressing.lift(ANA, by=PROGRAM, store=store, now=LATER, note=note)


async def enter(store: Database) -> Came:
    form = SignUp(ANA, ("daily",), wishes(), Shown("/subscribe", "Send it to me.", "192.0.2.7"))
    return await sign_up(form, store=store, now=LATER)


@pytest.mark.parametrize("note", ["", "  \n "])
async def test_a_complaint_is_not_lifted_without_a_word_why(store: Database, note: str) -> None:
    await complain(store)
    with pytest.raises(InputError, match="say in a note, without names, why it may be written to again"):
        await lift(store, note)
    assert (await suppressing.look_up(ANA, store=store)) is not None
    assert await standings(store) == [Standing.COMPLAINED] * 2
    assert await enter(store) is Came.NOTHING


async def test_once_it_is_lifted_its_reader_comes_back_by_a_yes_and_not_before(store: Database) -> None:
    await complain(store)
    await lift(store, "wrote to us that it was a slip")
    assert await suppressing.look_up(ANA, store=store) is None
    assert await standings(store) == [Standing.LEFT] * 2
    async with store.read() as connection:
        (entry,) = [one for one in await changes.page(connection) if one.act == "suppression.lift"]
    assert entry.after == {"note": "wrote to us that it was a slip"}
    assert await enter(store) is Came.ASKED
    assert await standings(store) == [Standing.LEFT] * 2
    (question,) = await all_notices(store, kind=NoticeKind.CONFIRM)
    await confirming.confirm(question.id, seen_from="192.0.2.7", store=store, now=LATER)
    assert await standings(store) == [Standing.ACTIVE, Standing.LEFT]
    with pytest.raises(NotFoundError):
        await lift(store, "once more")


async def test_who_was_erased_is_lifted_with_no_note(store: Database) -> None:
    await join(store, ANA, NINE)
    await readers.erase(ANA, store=store, now=NINE)
    with pytest.raises(InputError, match="only its owner can lift that"):
        await lift(store, "asked for it by phone")
