"""A mail to a return path of ours that says nothing waits for a person, and a flood of them is bounded."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from digest.core.access import PROGRAM
from digest.core.model import DeliveryStatus
from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.core.unread import KEPT_OCTETS, MOST_MAILS, MOST_OCTETS, MOST_OF_ONE, Lying, Room
from digest.errors import InputError
from digest.flows import returned_by_hand
from digest.flows.readers import erase
from digest.flows.settle import Mail, Settled
from digest.flows.tidy import KEEP_MAILS, tidy
from digest.mail.listen_at import ListenAt
from digest.mail.listener import listening
from digest.store import returned_mails, unread
from digest.store.database import Database
from digest.store.return_tables import returned_mails as mails_table
from digest.store.return_tables import returns
from subscribers.model import Standing
from tests.flows.newsroom import copies, reader
from tests.flows.returning import NINE, back_to, report, sent_to, settling
from tests.mail.test_listener import talk

pytestmark = pytest.mark.anyio

ANA, BO = "ana@readers.example", "bo@readers.example"


def advert(number: int = 0, *, words: str = "Cheap.", way: str = "") -> bytes:
    """Bulk mail; `way` is what servers put above it."""
    return (
        f"{way}From: Shop <shop@else.example>\r\nTo: <you@else.example>\r\nSubject: Buy now {number}\r\n"
        f"List-Id: <shop.else.example>\r\n\r\n{words}\r\n"
    ).encode()


async def bring(store: Database, to: str, *raws: bytes) -> list[Settled]:
    """Hand mails over that came to this address."""
    done = await settling(store, NINE).take_in([Mail(raw, envelope_to=to) for raw in raws])
    return [one for of_mail in done for one in of_mail]


async def rows(store: Database, **wanted: Any) -> tuple[returned_mails.Return, ...]:
    async with store.read() as connection:
        return await returned_mails.page(connection, limit=20_000, **wanted)


async def test_it_waits_with_its_sender_subject_and_size_and_changes_nothing(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    (done,) = await bring(store, back_to(copy), advert())
    assert (done.event.kind, done.effect, done.delivery_id) == (Kind.UNKNOWN, Effect.UNMATCHED, copy.id)
    (one,) = await rows(store, unmatched=True, waiting=True)
    assert (one.sender, one.text, one.size, one.at) == ("shop@else.example", "Buy now 0", len(advert()), NINE)
    _, mail = await returned_by_hand.look(one.id, store=store)
    assert mail is not None
    assert mail.raw == advert()
    assert (await reader(store, ANA)).standing is Standing.ACTIVE
    assert (await copies(store))[0].status is DeliveryStatus.SENT


async def test_it_waits_when_only_its_header_says_where_it_came_to(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, "", advert(way=f"Delivered-To: {back_to(copy)}\r\n"))
    assert [one.delivery_id for one in await rows(store, waiting=True)] == [copy.id]


@pytest.mark.parametrize("to", ["bounces@news.example", "bounces+1.0123456789abcdef0123@news.example"])
async def test_what_came_to_no_return_path_of_ours_is_not_kept(to: str, store: Database) -> None:
    await sent_to(store, ANA)
    assert await bring(store, to, advert()) == []
    assert await rows(store) == ()


async def test_the_same_mail_twice_is_one_row_whichever_way_it_comes(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, back_to(copy), advert(), advert())
    again = advert(way="Return-Path: <x@else.example>\r\nReceived: from mx by mail; today\r\n")
    (done,) = await bring(store, back_to(copy), again.replace(b"\r\n", b"\n"))
    assert done.effect is Effect.SEEN
    assert len(await rows(store)) == 1


async def test_answers_of_machines_and_reports_are_what_they_were(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    away = f"From: {ANA}\r\nSubject: Out of office\r\nAuto-Submitted: auto-replied\r\n\r\nI am away.\r\n"
    done = await bring(store, back_to(copy), away.encode(), report(ANA, to=back_to(copy)))
    assert [(one.event.kind, one.effect) for one in done] == [
        (Kind.AUTO_REPLY, Effect.NOTED),
        (Kind.HARD, Effect.STOPPED),
    ]


async def test_a_flood_from_many_senders_is_bounded_in_rows_and_bytes_and_counted(store: Database) -> None:
    sent = await sent_to(store, *(f"r{number}@readers.example" for number in range(40)))
    words = ["x" * (90_000 if number % 40 == 0 else 9) for number in range(10_000)]
    mails = [
        Mail(advert(number, words=said), envelope_to=back_to(sent[number % 29]))
        for number, said in enumerate(words)
    ]
    done = await settling(store, NINE).take_in(mails)
    async with store.read() as connection:
        count, octets = (
            await connection.execute(select(func.count(), func.sum(func.length(mails_table.c.raw))))
        ).one()
        beyond = await unread.unkept(connection)
        recorded = (await connection.execute(select(func.count()).select_from(returns))).scalar_one()
    assert count == recorded == MOST_MAILS
    assert octets <= MOST_OCTETS
    assert beyond.mails == 10_000 - count
    assert beyond.octets > 5_000_000
    assert beyond.day == NINE.date()
    assert sum(one.effect is Effect.NOT_KEPT for of_mail in done for one in of_mail) == beyond.mails
    assert {(await reader(store, one.address or "")).standing for one in sent} == {Standing.ACTIVE}


async def test_one_return_path_that_leaked_leaves_room_for_the_others(store: Database) -> None:
    leaked, other = await sent_to(store, ANA, BO)
    await bring(store, back_to(leaked), *(advert(number) for number in range(MOST_OF_ONE + 5)))
    (done,) = await bring(store, back_to(other), advert(99))
    assert done.effect is Effect.UNMATCHED
    assert len(await rows(store)) == MOST_OF_ONE + 1


async def test_a_person_who_is_done_with_some_makes_room(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, back_to(copy), *(advert(number) for number in range(MOST_OF_ONE)))
    (before,) = await bring(store, back_to(copy), advert(77))
    await returned_by_hand.be_done_with(1, by=PROGRAM, store=store, now=NINE)
    (after,) = await bring(store, back_to(copy), advert(77))
    assert (before.effect, after.effect) == (Effect.NOT_KEPT, Effect.UNMATCHED)


async def test_a_person_says_what_it_says_and_the_same_follows(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, back_to(copy), advert())

    async def apply(kind: Kind | None) -> Effect:
        about = {"delivery_id": copy.id, "kind": kind}
        return await returned_by_hand.apply(1, by=PROGRAM, store=store, now=NINE, **about)  # type: ignore[arg-type]

    for missing in (None, Kind.UNKNOWN):
        with pytest.raises(InputError, match="no rule knows what this mail says: say one of delivered"):
            await apply(missing)
    assert await apply(Kind.HARD) is Effect.STOPPED
    assert (await reader(store, ANA)).standing is Standing.BOUNCING
    (one,) = await rows(store)
    assert (one.kind, one.permanent, one.proof, one.waits) == (Kind.HARD, True, "by-hand", False)


async def test_what_says_itself_what_it_is_is_not_called_otherwise(store: Database) -> None:
    await sent_to(store, ANA)
    await bring(store, "", report(ANA, status="5.2.2", said="552 full"))
    with pytest.raises(InputError, match=r"it says itself what it is \(mailbox-full\)"):
        await returned_by_hand.apply(1, by=PROGRAM, store=store, now=NINE, address=ANA, kind=Kind.HARD)
    assert (await reader(store, ANA)).standing is Standing.ACTIVE


async def test_it_is_forgotten_in_time_and_so_is_what_was_counted(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, back_to(copy), *(advert(number) for number in range(MOST_OF_ONE + 3)))
    await tidy(store=store, now=NINE + KEEP_MAILS, keep_unconfirmed=timedelta(days=1))
    assert len(await rows(store)) == MOST_OF_ONE
    await tidy(store=store, now=NINE + KEEP_MAILS + timedelta(days=1), keep_unconfirmed=timedelta(days=1))
    assert await rows(store) == ()
    async with store.read() as connection:
        assert await unread.unkept(connection) == unread.Unkept()


async def test_an_erasure_takes_it_along(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await bring(store, back_to(copy), advert())
    await erase(ANA, store=store, now=NINE)
    assert await rows(store) == ()


@pytest.mark.parametrize("lmtp", [True, False], ids=["lmtp", "smtp"])
async def test_a_mail_server_hands_it_over_and_it_waits(lmtp: bool, sqlite_store: Database) -> None:
    (copy,) = await sent_to(sqlite_store, ANA)
    work = settling(sqlite_store, NINE)

    async def take_in(raw: bytes, recipient: str, sender: str) -> None:
        await work.take_in([Mail(raw, envelope_to=recipient, envelope_from=sender)])

    at = ListenAt(lmtp, "127.0.0.1", 0)
    async with listening(at, is_ours=work.is_ours, take_in=take_in) as server:
        port = server.sockets[0].getsockname()[1]
        answers = await asyncio.to_thread(talk, port, back_to(copy), lmtp=lmtp, mail=advert())
    assert answers == [250, 250]
    assert [one.sender for one in await rows(sqlite_store, waiting=True)] == ["shop@else.example"]


def test_room_counts_mails_octets_and_copies() -> None:
    room = Room([Lying(None, None, KEPT_OCTETS)])
    kept = sum(room.take(Lying(number, None, KEPT_OCTETS)) for number in range(1000))
    assert kept == MOST_OCTETS // KEPT_OCTETS - 1
    small = Room()
    assert sum(small.take(Lying(number, None, 1)) for number in range(1000)) == MOST_MAILS
