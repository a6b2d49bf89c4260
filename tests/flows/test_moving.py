"""A reader moves to another address: nothing moves without its yes, and the old one can say no."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.core.notices import ANSWER_WITHIN, ASKED_TODAY, NoticeKind
from digest.flows import moving, readers
from digest.flows.moving import KEPT, MOVED, Move
from digest.store import wiped_notices
from digest.store.database import Database
from subscribers import store as shelf
from subscribers import unconfirmed
from tests.flows.newsroom import TUESDAY, add_newsletter, at, join, reader
from tests.flows.post_office import all_notices, send_notices
from tests.flows.test_forgetting import everything_in
from tests.walk.recording import recording
from tests.web.visiting import history
from tests.wire.transmission import texts_of

pytestmark = pytest.mark.anyio

OLD, NEW = "ana@old.example", "ana@new.example"
#: The numbers of the two notices: the question to the new address, the word to the old one.
QUESTION, WORD = 1, 2


async def ask(store: Database, address: str = NEW) -> None:
    mine = await join(store, OLD, TUESDAY, name="Ana")
    await moving.ask_to_move(mine.id, address, seen_from="192.0.2.7", store=store, now=TUESDAY)


async def answer(notice: int, *, store: Database, now: datetime) -> Move:
    found = await moving.answer(notice, store=store, now=now)
    assert found is not None
    return found.move


async def look(notice: int, *, store: Database, now: datetime) -> Move:
    found = await moving.look(notice, store=store, now=now)
    assert found is not None
    return found.move


async def addresses(store: Database) -> set[str]:
    return {one for one in (OLD, NEW) if await _is_a_reader(store, one)}


async def _is_a_reader(store: Database, address: str) -> bool:
    async with store.read() as connection:
        return await shelf.subscriber_id_of(connection, address) is not None


async def test_both_addresses_get_a_mail_and_nothing_moves_before_the_yes(
    store: Database, tmp_path: Path
) -> None:
    await ask(store)
    async with recording() as record:
        for _ in range(2):
            await send_notices(store, tmp_path, record.server, now=TUESDAY)
    new, old = sorted(record.accepted, key=lambda one: one.recipient)
    assert (new.recipient, old.recipient) == (NEW, OLD)
    words = " ".join(texts_of(new.content)["text/plain"].split())
    assert "Mail that goes to a…\u2060@old.example is to come to this address" in words
    assert OLD not in words
    words = " ".join(texts_of(old.content)["text/plain"].split())
    assert "Somebody asked that your mail go to a…\u2060@new.example" in words
    assert "If it was not, keep this address" in words
    assert await addresses(store) == {OLD}


async def test_the_yes_moves_the_reader_once_and_keeps_the_subscription(store: Database) -> None:
    await ask(store)
    before = await reader(store, OLD)
    answers = await asyncio.gather(*(answer(QUESTION, store=store, now=at(24, 8)) for _ in range(20)))
    assert set(answers) == {Move.DONE}
    after = await reader(store, NEW)
    assert (after.id, after.bookmark, after.standing) == (before.id, before.bookmark, before.standing)
    assert [one[2] for one in await history(store, after)] == ["added by a test", MOVED]
    assert await look(QUESTION, store=store, now=at(24, 9)) is Move.DONE


async def test_the_no_of_the_old_address_closes_the_question(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    assert await look(WORD, store=sqlite_store, now=TUESDAY) is Move.OPEN
    assert await answer(WORD, store=sqlite_store, now=TUESDAY) is Move.DONE
    assert await answer(QUESTION, store=sqlite_store, now=TUESDAY) is Move.OVER
    assert await addresses(sqlite_store) == {OLD}


async def test_the_no_of_the_old_address_takes_a_move_back(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    await answer(QUESTION, store=sqlite_store, now=TUESDAY)
    assert await answer(WORD, store=sqlite_store, now=at(25, 6)) is Move.DONE
    assert await addresses(sqlite_store) == {OLD}
    assert await answer(QUESTION, store=sqlite_store, now=at(25, 6)) is Move.OVER
    assert (await history(sqlite_store, await reader(sqlite_store, OLD)))[-1][2] == KEPT


async def test_a_question_is_open_for_thirty_days(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    late = TUESDAY + ANSWER_WITHIN + ANSWER_WITHIN / 1000
    assert await answer(QUESTION, store=sqlite_store, now=late) is Move.OVER
    assert await addresses(sqlite_store) == {OLD}


@pytest.mark.parametrize("kind", ["taken", "suppressed", "free"])
async def test_who_asks_learns_nothing_of_who_reads(store: Database, tmp_path: Path, kind: str) -> None:
    """A stranger's address is not asked; what the one who asked gets to see is the same."""
    mine = await join(store, OLD, TUESDAY)
    if kind != "free":
        await join(store, NEW, TUESDAY)
    if kind == "suppressed":
        await readers.erase(NEW, store=store, now=TUESDAY)
    for minute in range(3):
        await moving.ask_to_move(mine.id, NEW, seen_from="192.0.2.7", store=store, now=at(24, 6, minute))
    async with recording() as record:
        await send_notices(store, tmp_path, record.server, now=at(24, 7))
    got = {one.recipient: " ".join(texts_of(one.content)["text/plain"].split()) for one in record.accepted}
    assert set(got) == ({OLD, NEW} if kind == "free" else {OLD})
    assert len(record.accepted) == len(got)
    assert "Somebody asked that your mail go to a…\u2060@new.example" in got[OLD]
    word = next(one for one in await all_notices(store) if one.kind is NoticeKind.MOVING)
    assert await look(word.id, store=store, now=at(24, 8)) is Move.OPEN
    assert await answer(word.id, store=store, now=at(24, 8)) is Move.DONE
    if kind != "free":
        (question, _again) = await all_notices(store, kind=NoticeKind.MOVE)
        assert question.reason == f"address-{kind}"
        assert NEW not in {question.address, *question.data.values()}


async def test_nobody_has_many_strangers_asked(sqlite_store: Database) -> None:
    mine = await join(sqlite_store, OLD, TUESDAY)
    for number in range(10):
        await moving.ask_to_move(
            mine.id,
            f"someone{number}@x{number}.example",
            seen_from="192.0.2.7",
            store=sqlite_store,
            now=TUESDAY,
        )
    kinds = [one.kind for one in await all_notices(sqlite_store) if not one.reason]
    assert sorted(kinds) == sorted([NoticeKind.MOVE, NoticeKind.MOVING] * 3)
    await moving.ask_to_move(
        mine.id,
        "next@day.example",
        seen_from="192.0.2.7",
        store=sqlite_store,
        now=TUESDAY + timedelta(days=1, minutes=1),
    )
    assert len([one for one in await all_notices(sqlite_store) if not one.reason]) == 8


async def test_the_old_address_is_told_of_each_question(sqlite_store: Database) -> None:
    mine = await join(sqlite_store, OLD, TUESDAY)
    # a day ends with each hour for what may be asked, and at midnight on the calendar
    night = TUESDAY.replace(hour=0, minute=0) + timedelta(days=2)
    for number, after in enumerate((-1380, -1370, 5, 65)):
        when = night + timedelta(minutes=after)
        address = f"someone{number}@x{number}.example"
        await moving.ask_to_move(mine.id, address, seen_from="192.0.2.7", store=sqlite_store, now=when)
    told = await all_notices(sqlite_store)
    asked = [one.data["new"] for one in told if one.kind is NoticeKind.MOVE and not one.reason]
    assert len(asked) == 4
    assert [one.data["new"] for one in told if one.kind is NoticeKind.MOVING] == asked


async def test_each_of_several_moves_can_be_taken_back(sqlite_store: Database) -> None:
    await ask(sqlite_store, "first@one.example")
    mine = await reader(sqlite_store, OLD)
    await moving.ask_to_move(mine.id, NEW, seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY)
    second, word = [one for one in await all_notices(sqlite_store) if one.data["new"] == NEW]
    assert await answer(second.id, store=sqlite_store, now=TUESDAY) is Move.DONE
    assert await addresses(sqlite_store) == {NEW}
    assert await answer(word.id, store=sqlite_store, now=TUESDAY) is Move.DONE
    assert await addresses(sqlite_store) == {OLD}


async def test_all_that_a_reader_has_moves(sqlite_store: Database) -> None:
    await add_newsletter(sqlite_store, "weekly")
    await add_newsletter(sqlite_store, "later")
    await ask(sqlite_store)
    other = await join(sqlite_store, OLD, TUESDAY, newsletter="weekly")
    await join(sqlite_store, OLD, TUESDAY, newsletter="later", confirmed=False)
    assert await answer(QUESTION, store=sqlite_store, now=TUESDAY) is Move.DONE
    async with sqlite_store.read() as connection:
        mine = await shelf.subscriptions_of(connection, NEW)
    assert [one.standing for one in mine] == ["active", "active", "pending"]
    assert (await history(sqlite_store, other))[-1][2] == MOVED
    # whoever has still to confirm is asked at the new address
    asked = [one.address for one in await all_notices(sqlite_store, kind=NoticeKind.CONFIRM)]
    assert asked == [OLD, NEW]


async def test_somebody_else_who_took_the_address_meanwhile_keeps_it(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    await join(sqlite_store, NEW, TUESDAY)
    assert await answer(QUESTION, store=sqlite_store, now=TUESDAY) is Move.OVER
    assert await addresses(sqlite_store) == {OLD, NEW}


async def test_a_question_to_a_reader_who_was_removed_is_over(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    mine = [(await reader(sqlite_store, OLD)).id]
    async with sqlite_store.write() as connection:
        await wiped_notices.detach(connection, mine)
        await unconfirmed.remove(connection, mine)
    for number in (QUESTION, WORD):
        assert await look(number, store=sqlite_store, now=TUESDAY) is Move.OVER
        assert await answer(number, store=sqlite_store, now=TUESDAY) is Move.OVER


async def test_an_address_is_not_asked_again_and_again(sqlite_store: Database) -> None:
    await ask(sqlite_store)
    mine = await reader(sqlite_store, OLD)
    for minute in range(5):
        await moving.ask_to_move(
            mine.id, NEW, seen_from="192.0.2.7", store=sqlite_store, now=at(24, 7, minute)
        )
    asked, held_back = await all_notices(sqlite_store, kind=NoticeKind.MOVE)
    assert (asked.reason, held_back.reason) == ("", ASKED_TODAY)
    assert await answer(held_back.id, store=sqlite_store, now=TUESDAY) is Move.OVER


async def test_whoever_is_erased_takes_both_addresses_along(store: Database) -> None:
    await ask(store)
    await answer(QUESTION, store=store, now=TUESDAY)
    await readers.erase(NEW, store=store, now=TUESDAY)
    rows = (await everything_in(store)).lower()
    assert OLD not in rows
    assert NEW not in rows
    assert await look(WORD, store=store, now=TUESDAY) is Move.OVER


async def test_whoever_is_erased_leaves_no_trace_in_the_rows_of_others(store: Database) -> None:
    """Somebody asked to move to an address that was free then; later its owner came, and went."""
    await ask(store)
    await join(store, NEW, TUESDAY)
    await readers.erase(NEW, store=store, now=TUESDAY)
    assert NEW not in (await everything_in(store)).lower()
    assert await addresses(store) == {OLD}
    for notice in (QUESTION, WORD):
        assert await look(notice, store=store, now=TUESDAY) is Move.OVER
        assert await answer(notice, store=store, now=TUESDAY) is Move.OVER
