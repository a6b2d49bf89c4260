"""The whole way and back: our mails go out through a real Postfix, and what it returns ends as it should.

It relays to a server that refuses some readers, and returns by LMTP to our listener or into the mailbox of a
real Dovecot, which we read.
"""

from __future__ import annotations

import asyncio
import pwd
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final

import pytest
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest.core.model import DeliveryStatus
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.read_mailbox import MailboxReader
from digest.flows.settle import Mail, Settling
from digest.mail.listen_at import ListenAt
from digest.mail.listener import listening
from digest.mail.mailbox.address import parse_mailbox
from digest.mail.servers import Server
from digest.store.database import Database
from subscribers.model import Standing
from subscribers.tokens import Tokens
from tests.flows.newsroom import TUESDAY, at, change_newsletter, copies, item, join, publish_news, reader
from tests.jobs.office import KEY, jobs_for, run
from tests.mail.dovecot import Dovecot
from tests.mail.dovecot import running as running_dovecot
from tests.wire.postfix import Postfix, running_postfix

pytestmark = pytest.mark.anyio

#: What the readers' server says to each, how the copy ends, and how its reader.
CASES: Final = {
    "well@readers.example": ("250 OK", DeliveryStatus.SENT, "", Standing.ACTIVE),
    "gone@readers.example": (
        *("550 5.1.1 No such user here", DeliveryStatus.REFUSED, "no-such-address"),
        Standing.BOUNCING,
    ),
    "full@readers.example": (
        *("552 5.2.2 Mailbox full", DeliveryStatus.REFUSED, "mailbox-full", Standing.ACTIVE),
    ),
    "blocked@readers.example": (
        *("554 5.7.1 Your mail is blocked by policy", DeliveryStatus.REFUSED, "policy", Standing.ACTIVE),
    ),
    "later@readers.example": (
        *("451 4.3.0 Come back later", DeliveryStatus.REFUSED, "returned", Standing.ACTIVE),
    ),
}
#: Of Postfix: it gives up after seconds instead of days. Looking for a cache of connections that is not there
#: takes a second, and a mail that is due again within it would wait for minutes.
_MAIN: Final = """
virtual_mailbox_domains =
relayhost = [127.0.0.1]:{readers}
smtp_dns_support_level = disabled
smtp_host_lookup = native
maximal_queue_lifetime = 2s
bounce_queue_lifetime = 60s
minimal_backoff_time = 1s
maximal_backoff_time = 1s
queue_run_delay = 1s
smtp_connection_cache_on_demand = no
lmtp_connection_cache_on_demand = no
"""
_BY_LMTP: Final = "transport_maps = inline:{{ news.example=lmtp:inet:127.0.0.1:{port} }}\n"
_TO_DOVECOT: Final = """
virtual_mailbox_domains = news.example
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:mail/returns/
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
"""
_MASTER: Final = "smtp unix - - n - - smtp\nlmtp unix - - n - - lmtp\n"


class _Readers:
    """Answers each recipient as its case says."""

    async def handle_RCPT(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: Any
    ) -> str:
        said = CASES[address][0]
        if said.startswith("250"):
            envelope.rcpt_tos.append(address)
        return said

    async def handle_DATA(self, _server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        return "250 2.0.0 OK"


@asynccontextmanager
async def readers_server() -> AsyncIterator[int]:
    """The server behind Postfix: its port."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(_Readers(), loop=loop), "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


def intake_of(store: Database) -> Intake:
    """What takes in what comes back, under the keys with which mails were sent."""
    settling = Settling(store=store, tokens=Tokens([KEY]), return_keys=[KEY], now=lambda: at(24, 12))
    mail_in = MailIn(store=store, mailbox="", keys=[KEY])
    return Intake(settling=settling, mail_in=mail_in, now=lambda: at(24, 12))


async def send_to_all(store: Database, folder: Path, postfix: Postfix) -> None:
    """One issue to a reader of each case, handed to Postfix, which takes all of it."""
    await change_newsletter(store, sender_address="desk@news.example")
    for address in CASES:
        await join(store, address, TUESDAY)
    await publish_news(store, at(24, 6, 30), item("Tariffs fall", "economy"))
    report = await run(jobs_for(store, folder, Server("127.0.0.1", postfix.port)), at(24, 8))
    assert report.totals.sent == len(CASES)


async def ended(store: Database) -> dict[str, tuple[DeliveryStatus, str, Standing]]:
    """How each copy and its reader stand."""
    found = {}
    for copy in await copies(store):
        assert copy.address is not None
        standing = (await reader(store, copy.address)).standing
        found[copy.address] = copy.status, copy.reason, standing
    return found


async def assert_all_end_well(
    store: Database, postfix: Postfix, look: Callable[[], Awaitable[object]]
) -> None:
    """Look again and again until every case is as it should be, or nothing comes any more."""
    expected = {address: case[1:] for address, case in CASES.items()}
    for _ in range(90):
        await look()
        if await ended(store) == expected:
            return
        await asyncio.sleep(0.5)
    assert await ended(store) == expected, postfix.log[-3000:]


async def test_what_postfix_hands_over_ends_at_each_reader_as_it_should(
    sqlite_store: Database, tmp_path: Path
) -> None:
    intake = intake_of(sqlite_store)

    async def take_in(raw: bytes, recipient: str, sender: str) -> None:
        await intake.take_in([Mail(raw, envelope_to=recipient, envelope_from=sender)])

    async def nothing_to_do() -> None:
        """Mail comes by itself."""

    at_a_port = ListenAt(True, "127.0.0.1", 0)
    async with (
        readers_server() as readers,
        listening(at_a_port, is_ours=intake.is_ours, take_in=take_in) as heard,
    ):
        back = _BY_LMTP.format(port=heard.sockets[0].getsockname()[1])
        with running_postfix(_MAIN.format(readers=readers) + back, _MASTER) as postfix:
            await send_to_all(sqlite_store, tmp_path, postfix)
            await assert_all_end_well(sqlite_store, postfix, nothing_to_do)


async def test_what_postfix_puts_into_a_mailbox_is_read_there(sqlite_store: Database, tmp_path: Path) -> None:
    with running_dovecot() as dovecot:
        async with readers_server() as readers:
            me = pwd.getpwnam("mail")
            back = _TO_DOVECOT.format(folder=dovecot.folder, uid=me.pw_uid, gid=me.pw_gid)
            # the minimum that Postfix delivers as is for people, not for this
            back += f"virtual_minimum_uid = {min(1, me.pw_uid)}\n"
            with running_postfix(_MAIN.format(readers=readers) + back, _MASTER) as postfix:
                await send_to_all(sqlite_store, tmp_path, postfix)
                reading = _reading(sqlite_store, dovecot)
                await assert_all_end_well(sqlite_store, postfix, lambda: reading.read(asyncio.Event()))
        assert dovecot.lying() == []
        assert dovecot.lying("Unmatched") == []


def _reading(store: Database, dovecot: Dovecot) -> MailboxReader:
    address = parse_mailbox(dovecot.url("imaps"))
    return MailboxReader(address=address, intake=intake_of(store), context=dovecot.context)
