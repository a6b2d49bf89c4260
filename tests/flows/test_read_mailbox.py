"""A mailbox at a real Dovecot is emptied: recorded first, then put away, whatever happens in between."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any, Final

import pytest

from digest.core.settling import Effect
from digest.errors import StoreError
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.read_mailbox import MailboxReader
from digest.flows.settle import Mail, Settled
from digest.flows.tidy import tidy
from digest.mail.mailbox.address import parse_mailbox
from digest.store import mailbox_states, returned_mails
from digest.store.database import Database
from digest.store.mailbox_states import WORTH_TELLING
from subscribers.model import Standing
from tests.flows.newsroom import at, reader
from tests.flows.returning import KEY, back_to, bulk_mail, report, sent_to, settling
from tests.mail.dovecot import Dovecot, running

pytestmark = pytest.mark.anyio

NOW = at(24, 9)
USERS = itertools.count()
SCHEMES = ["imap", "imaps", "imap+starttls", "pop3", "pop3s", "pop3+starttls"]


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with running() as one:
        yield one


@pytest.fixture
def dovecot(server: Dovecot) -> Dovecot:
    return server.of(f"user{next(USERS)}")


def reading(store: Database, dovecot: Dovecot, scheme: str = "imaps", **changes: Any) -> MailboxReader:
    mail_in = MailIn(store=store, mailbox="", keys=[KEY])
    intake = Intake(settling=settling(store, NOW), mail_in=mail_in, now=lambda: NOW)
    parts = {"address": parse_mailbox(dovecot.url(scheme)), "intake": intake, "context": dovecot.context}
    return MailboxReader(**{**parts, **changes})


@pytest.mark.parametrize("scheme", SCHEMES)
async def test_what_lies_there_is_settled_and_put_away(
    scheme: str, sqlite_store: Database, dovecot: Dovecot
) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    dovecot.lay("bounce", report("ana@readers.example", to=back_to(copy)))
    dovecot.lay("advert", b"From: shop@else.example\r\nList-Id: <shop>\r\nSubject: Buy now\r\n\r\nCheap.\r\n")
    found = await reading(sqlite_store, dovecot, scheme).read(asyncio.Event())
    assert (found.mails, found.aside, found.trouble) == (2, 1, "")
    assert [one.effect for one in found.events] == [Effect.STOPPED]
    assert (await reader(sqlite_store, "ana@readers.example")).standing is Standing.BOUNCING
    # POP3 has no folders
    place = "Unmatched" if scheme.startswith("imap") else ""
    assert [b"Buy now" in one for one in dovecot.lying(place)] == [True]
    assert dovecot.lying() == dovecot.lying(place) * (place == "")


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
async def test_bulk_mail_to_a_copy_of_ours_waits_for_a_person_wherever_it_lies(
    scheme: str, sqlite_store: Database, dovecot: Dovecot
) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    dovecot.lay("advert", bulk_mail(back_to(copy)))
    found = await reading(sqlite_store, dovecot, scheme).read(asyncio.Event())
    assert (found.mails, found.aside, found.trouble) == (1, 1, "")
    async with sqlite_store.read() as connection:
        (kept,) = await returned_mails.page(connection, waiting=True)
    assert (kept.sender, kept.delivery_id) == ("shop@else.example", copy.id)
    # what is kept need not lie there, but IMAP has a folder for it
    assert [b"Buy now" in one for one in dovecot.lying("Unmatched")] == [True] * (scheme == "imaps")
    assert dovecot.lying() == []


async def test_nothing_is_put_away_before_it_is_recorded(sqlite_store: Database, dovecot: Dovecot) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    dovecot.lay("bounce", report("ana@readers.example", to=back_to(copy)))

    class StoreIsAway(Intake):
        async def take_in(self, mails: Any) -> Any:
            raise StoreError("the store is away")

    mail_in = MailIn(store=sqlite_store, mailbox="", keys=[KEY])
    away = StoreIsAway(settling=settling(sqlite_store), mail_in=mail_in, now=lambda: NOW)
    with pytest.raises(StoreError):
        await reading(sqlite_store, dovecot, intake=away).read(asyncio.Event())
    assert len(dovecot.lying()) == 1
    assert (await reading(sqlite_store, dovecot).read(asyncio.Event())).mails == 1


async def test_a_mail_that_was_recorded_and_not_put_away_is_recorded_once(
    sqlite_store: Database, dovecot: Dovecot
) -> None:
    (copy,) = await sent_to(sqlite_store, "ana@readers.example")
    raw = report("ana@readers.example", to=back_to(copy))
    dovecot.lay("bounce", raw)
    # as if the process had died in between
    await settling(sqlite_store, NOW).take_in([Mail(raw)])
    found = await reading(sqlite_store, dovecot).read(asyncio.Event())
    assert [one.effect for one in found.events] == [Effect.SEEN]
    assert dovecot.lying() == []
    async with sqlite_store.read() as connection:
        assert len(await returned_mails.page(connection)) == 1


async def test_a_large_mailbox_is_emptied_by_and_by(sqlite_store: Database, dovecot: Dovecot) -> None:
    for number in range(130):
        dovecot.lay(f"n{number}", report(f"r{number}@readers.example", said=f"550 no such user {number}"))
    found = await reading(sqlite_store, dovecot).read(asyncio.Event())
    assert (found.mails, found.aside, dovecot.lying()) == (130, 130, [])
    assert len(dovecot.lying("Unmatched")) == 130


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ("password", "refuses"),
        ("folder", "no folder"),
        ("certificate", "safely"),
        ("nobody", "cannot be reached"),
    ],
)
async def test_a_mailbox_that_cannot_be_read_is_told_in_a_line_and_left_alone_for_a_while(
    changed: str, words: str, sqlite_store: Database, dovecot: Dovecot
) -> None:
    url = dovecot.url("imaps", "/No%20such" if changed == "folder" else "")
    if changed == "password":
        url = dovecot.url("imaps", password="wrong")
    if changed == "nobody":
        url = url.replace(str(dovecot.ports["imaps"]), "1")
    clock = [NOW]
    parts: dict[str, Any] = {"address": parse_mailbox(url), "wall": lambda: clock[0]}
    if changed == "certificate":
        parts["context"] = None
    reader_ = reading(sqlite_store, dovecot, **parts)
    found = await reader_.read_when_due(asyncio.Event())
    assert words in found.trouble
    assert "\n" not in found.trouble
    assert "wrong" not in found.trouble
    # not before a minute, then not before two
    clock[0] += timedelta(seconds=59)
    assert (await reader_.read_when_due(asyncio.Event())).trouble == ""
    clock[0] += timedelta(seconds=2)
    assert words in (await reader_.read_when_due(asyncio.Event())).trouble
    clock[0] += timedelta(seconds=61)
    assert (await reader_.read_when_due(asyncio.Event())).trouble == ""


class Books:
    """Who takes mails in, and remembers what came when."""

    def __init__(self) -> None:
        self.came: list[list[str]] = []
        self.then: Callable[[], Awaitable[None]] | None = None

    async def take_in(self, mails: Sequence[Mail]) -> list[tuple[Settled, ...] | None]:
        self.came.append([mail.name for mail in mails])
        if self.then is not None:
            await self.then()
        # a story is understood, whatever it says
        return [None if b"Subject: story" in mail.raw else () for mail in mails]


def by_books(dovecot: Dovecot, books: Books, scheme: str = "imaps", **changes: Any) -> MailboxReader:
    parts = {"address": parse_mailbox(dovecot.url(scheme)), "intake": books, "context": dovecot.context}
    return MailboxReader(**{**parts, **changes})


def story(number: int) -> bytes:
    return b"Subject: story %d\r\n\r\nIt is told.\r\n" % number


ADVERT: Final = b"From: shop@else.example\r\nList-Id: <shop>\r\nSubject: Buy now\r\n\r\nCheap.\r\n"


async def test_pop3_lets_go_of_some_mails_after_the_other(dovecot: Dovecot) -> None:
    for number in range(7):
        dovecot.lay(f"n{number}", story(number))
    dovecot.lay("advert", ADVERT)
    books = Books()
    found = await by_books(dovecot, books, "pop3", in_session=3).read(asyncio.Event())
    assert [len(some) for some in books.came] == [3, 3, 2]
    assert (found.mails, found.aside, found.trouble) == (8, 1, "")
    assert dovecot.lying() == [ADVERT]


async def test_what_nobody_understood_is_fetched_by_pop3_once(dovecot: Dovecot) -> None:
    dovecot.lay("advert", ADVERT)
    books = Books()
    reader_ = by_books(dovecot, books, "pop3s")
    assert (await reader_.read(asyncio.Event())).aside == 1
    assert (await reader_.read(asyncio.Event())).mails == 0
    dovecot.lay("story", story(1))
    assert (await reader_.read(asyncio.Event())).mails == 1
    assert (len(books.came), dovecot.lying()) == (2, [ADVERT])


@pytest.mark.parametrize("scheme", ["imaps", "pop3s"])
async def test_a_connection_that_breaks_after_the_record_loses_nothing(scheme: str, dovecot: Dovecot) -> None:
    dovecot.lay("story", story(1))
    books = Books()

    async def break_off() -> None:
        await asyncio.to_thread(dovecot.throw_out)

    books.then = break_off
    reader_ = by_books(dovecot, books, scheme)
    found = await reader_.read(asyncio.Event())
    assert found.trouble
    assert (found.mails, len(dovecot.lying())) == (1, 1)
    books.then = None
    assert (await reader_.read(asyncio.Event())).trouble == ""
    # it came twice, under the same name, and is put away
    assert (books.came[0], dovecot.lying()) == (books.came[1], [])


async def test_a_person_who_must_make_room_is_told_and_the_others_go_on(dovecot: Dovecot) -> None:
    dovecot.lay("advert", ADVERT)
    for number in range(60):
        dovecot.lay(f"n{number}", story(number))
    found = await by_books(dovecot, Books(), aside="no/such.name").read(asyncio.Event())
    assert (found.mails, dovecot.lying()) == (61, [ADVERT])
    assert "does not make a folder no/such.name" in found.trouble


async def test_what_could_not_be_put_aside_lies_there_until_it_can_be(
    sqlite_store: Database, dovecot: Dovecot
) -> None:
    dovecot.lay("unproved", report("nobody@readers.example"))
    for _ in range(2):
        found = await reading(sqlite_store, dovecot, aside="no/such.name").read(asyncio.Event())
        assert "does not make a folder no/such.name" in found.trouble
        assert len(dovecot.lying()) == 1
    assert {one.effect for one in found.events} == {Effect.SEEN}
    found = await reading(sqlite_store, dovecot).read(asyncio.Event())
    assert (found.trouble, found.aside, dovecot.lying()) == ("", 1, [])


async def test_stopping_does_not_wait_for_a_server_that_says_nothing() -> None:
    async def greet_and_be_silent(lines: asyncio.StreamReader, answers: asyncio.StreamWriter) -> None:
        for answer in (b"+OK ready", b"+OK", b"+OK", b"+OK list\r\n1 5\r\n.", b"+OK uidl\r\n1 a\r\n."):
            answers.write(answer + b"\r\n")
            await lines.readline()
        await lines.read()

    server = await asyncio.start_server(greet_and_be_silent, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    stop = asyncio.Event()
    reader_ = MailboxReader(address=parse_mailbox(f"pop3://me:word@127.0.0.1:{port}"), intake=Books())
    begun = time.monotonic()
    asyncio.get_running_loop().call_later(0.5, stop.set)
    found = await reader_.read_when_due(stop)
    assert 0.4 < time.monotonic() - begun < 10
    assert (found.mails, found.trouble) == (0, "")
    server.close()


async def test_a_store_that_is_away_is_no_reason_to_log_in_again_and_again(dovecot: Dovecot) -> None:
    dovecot.lay("story", story(1))
    books, clock = Books(), [NOW]

    async def be_away() -> None:
        raise StoreError("the store is away")

    books.then = be_away
    reader_ = by_books(dovecot, books, wall=lambda: clock[0])
    for seconds, came in ((0, 1), (59, 1), (2, 2), (61, 3)):
        clock[0] += timedelta(seconds=seconds)
        with suppress(StoreError):
            await reader_.read_when_due(asyncio.Event())
        assert len(books.came) == came
    assert (reader_.state.trouble, len(dovecot.lying())) == ("what lies there could not be recorded", 1)
    assert (reader_.state.failures, reader_.state.worth_telling) == (3, reader_.state.trouble)
    books.then = None
    clock[0] += timedelta(hours=1)
    await reader_.read_when_due(asyncio.Event())
    assert (reader_.state.failures, reader_.state.worth_telling, dovecot.lying()) == (0, "", [])


async def test_admins_see_how_it_stands(dovecot: Dovecot) -> None:
    dovecot.lay("advert", ADVERT)
    dovecot.lay("story", story(1))
    reader_ = by_books(dovecot, Books(), wall=lambda: NOW)
    assert reader_.state.read_at is None
    await reader_.read_when_due(asyncio.Event())
    state = reader_.state
    assert (state.read_at, state.mails, state.aside, state.trouble) == (NOW, 2, 1, "")
    assert state.again_at == NOW + timedelta(minutes=1)


async def test_other_processes_see_how_it_stands_too(sqlite_store: Database, dovecot: Dovecot) -> None:
    dovecot.lay("advert", ADVERT)
    clock = [NOW]
    parts: dict[str, Any] = {"store": sqlite_store, "wall": lambda: clock[0]}
    await by_books(dovecot, Books(), **parts).read_when_due(asyncio.Event())
    wrong = parse_mailbox(dovecot.url("imaps", password="wrong"))
    for _ in range(WORTH_TELLING):
        clock[0] += timedelta(hours=2)
        # a process each, as cron begins them
        await by_books(dovecot, Books(), address=wrong, **parts).read_when_due(asyncio.Event())
    async with sqlite_store.read() as connection:
        (seen,) = await mailbox_states.every(connection)
    assert (seen.read_at, seen.tried_at, seen.mails, seen.aside) == (NOW, clock[0], 1, 1)
    assert (seen.failures, seen.worth_telling, "refuses" in seen.trouble) == (3, True, True)
    assert seen.name == f"{dovecot.user} at localhost, INBOX"
    await by_books(dovecot, Books(), **parts).read_now(asyncio.Event())
    async with sqlite_store.read() as connection:
        (seen,) = await mailbox_states.every(connection)
    assert (seen.failures, seen.trouble, seen.read_at) == (0, "", clock[0])
    await tidy(store=sqlite_store, now=clock[0] + timedelta(days=8), keep_unconfirmed=timedelta(days=1))
    async with sqlite_store.read() as connection:
        assert await mailbox_states.every(connection) == ()


async def test_two_who_read_at_the_same_time_do_no_harm(sqlite_store: Database, dovecot: Dovecot) -> None:
    copies = await sent_to(sqlite_store, *(f"r{number}@readers.example" for number in range(20)))
    for copy in copies:
        dovecot.lay(str(copy.id), report(copy.address or "", to=back_to(copy)))
    readers = [reading(sqlite_store, dovecot) for _ in range(2)]
    found = await asyncio.gather(*(one.read(asyncio.Event()) for one in readers))
    effects = [one.effect for of_one in found for one in of_one.events]
    assert effects.count(Effect.STOPPED) == 20
    assert set(effects) <= {Effect.STOPPED, Effect.SEEN}
    assert ([one.trouble for one in found], dovecot.lying()) == (["", ""], [])
