"""How a command gets the parts that take in mail: what comes back, what readers answer, what writers send."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial

from digest import wiring
from digest.config import Settings
from digest.flows.hooks import Hooks
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.read_mailbox import MailboxReader
from digest.flows.reputation import Watch
from digest.flows.settle import Mail, Settling
from digest.mail.hooks.secrets import secrets_of
from digest.mail.listener import listening
from digest.mail.mail_in import address_for
from digest.settings_file import secret_keys
from digest.store.database import Database
from subscribers.tokens import Tokens


def settling_for(settings: Settings, store: Database) -> Settling:
    """What settles returned mail, under the keys with which mails are sent, with its log set up."""
    wiring.set_up_telemetry(settings)
    keys = secret_keys(settings)
    return Settling(
        store=store,
        tokens=Tokens(keys),
        return_keys=keys,
        now=lambda: datetime.now(UTC),
        replies_to=wiring.replies_to_of(settings),
        watch=Watch(store=store, acts=settings.pause_families, alerts_to=wiring.alerts_to_of(settings)),
    )


def intake_for(settings: Settings, store: Database) -> Intake:
    """What takes in all mail that reaches us."""
    mail_in = MailIn(store=store, mailbox=settings.mail_in, keys=secret_keys(settings))
    return Intake(settling=settling_for(settings, store), mail_in=mail_in, now=lambda: datetime.now(UTC))


def mailbox_reader_for(settings: Settings, store: Database) -> MailboxReader | None:
    """Who reads the mailbox of returned mail, if there is one."""
    address = wiring.mailbox_of(settings)
    if address is None:
        return None
    return MailboxReader(
        address=address,
        intake=intake_for(settings, store),
        aside=settings.returns_aside or settings.returns_done,
        done=settings.returns_done,
        every=timedelta(seconds=settings.returns_poll_seconds),
        store=store,
    )


@asynccontextmanager
async def listening_for(settings: Settings, store: Database) -> AsyncIterator[None]:
    """Listen for mail servers that hand over what comes back, if the settings ask for it."""
    at = wiring.listen_of(settings)
    if at is None:
        yield
        return
    intake = intake_for(settings, store)

    async def take_in(raw: bytes, recipient: str, sender: str) -> None:
        await intake.take_in([Mail(raw, envelope_to=recipient, envelope_from=sender)])

    async with listening(at, is_ours=intake.is_ours, take_in=take_in):
        yield


def mail_in_addresses(settings: Settings) -> Callable[[int], str] | None:
    """Gives the address at which a person's stories come in; None when they do not come by mail."""
    if not settings.mail_in:
        return None
    return partial(address_for, mailbox=settings.mail_in, key=secret_keys(settings)[0])


@asynccontextmanager
async def listening_to_providers(settings: Settings, store: Database) -> AsyncIterator[Hooks]:
    """Who takes what mail providers post, with a guarded way out to what verifies Amazon's calls."""
    secrets = secrets_of(settings.hook_secrets.get_secret_value())
    async with wiring.reach_of(settings) as reach:
        settling = settling_for(settings, store)
        yield Hooks(secrets=secrets, settling=settling, reach=reach, now=lambda: datetime.now(UTC))
