"""How a command that prints or sends gets its parts, and how it is stopped."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from digest import wiring
from digest.config import Settings, Uncertain
from digest.flows.gather_pictures import Gatherer
from digest.flows.hand_over import Messenger
from digest.flows.hooks import Hooks
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.poll import Poller
from digest.flows.press import Press
from digest.flows.read_mailbox import MailboxReader
from digest.flows.reputation import Watch
from digest.flows.roll import Roll
from digest.flows.settle import Mail, Settling
from digest.flows.tally import Progress
from digest.flows.watch import Watcher
from digest.ingest.feed_room import ReadingRoom
from digest.jobs.here import Here
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs
from digest.jobs.place import Place
from digest.mail.hooks.secrets import secrets_of
from digest.mail.listener import listening
from digest.mail.mail_in import address_for
from digest.settings_file import secret_keys
from digest.store.database import Database
from subscribers.tokens import Tokens

_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)


class Stop(asyncio.Event):
    """Set by SIGTERM and Ctrl-C: what is in flight ends well, nothing new begins."""

    #: True after Ctrl-C: a person wants the terminal back
    interrupted = False


def liveness_of(settings: Settings) -> Liveness:
    """Who sends on this machine."""
    return Liveness(settings.var_dir / "senders")


def press_for(settings: Settings, store: Database) -> Press:
    """A press that signs with the settings' keys."""
    return Press(
        store=store,
        keys=secret_keys(settings),
        base_url=settings.base_url,
        dkim_keys=wiring.dkim_keys_of(settings),
        own_themes=settings.themes_dir,
    )


def settling_for(settings: Settings, store: Database) -> Settling:
    """What settles returned mail, under the keys with which mails are sent, with its log set up."""
    wiring.set_up_logging(settings)
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
async def polling(settings: Settings, store: Database) -> AsyncIterator[Poller]:
    """Who asks feeds, with the guarded way out and the room in which they are read."""
    room = ReadingRoom()
    try:
        async with wiring.reach_of(settings) as reach:
            yield Poller(store=store, reach=reach, room=room)
    finally:
        await room.close()


@asynccontextmanager
async def listening_to_providers(settings: Settings, store: Database) -> AsyncIterator[Hooks]:
    """Who takes what mail providers post, with a guarded way out to what verifies Amazon's calls."""
    secrets = secrets_of(settings.hook_secrets.get_secret_value())
    async with wiring.reach_of(settings) as reach:
        settling = settling_for(settings, store)
        yield Hooks(secrets=secrets, settling=settling, reach=reach, now=lambda: datetime.now(UTC))


async def jobs_for(
    settings: Settings,
    store: Database,
    progress: Progress | None = None,
    *,
    poller: Poller | None = None,
    watches: bool = False,
    roll: Roll | None = None,
    place: Callable[[Here], Place] | None = None,
) -> LocalJobs:
    """The work of this process, with its log set up; `progress` watches how it goes.

    It `watches` the folder for files where it also asks feeds. Raises SettingsError for a wrong one. On a
    `roll` it keeps limits together with others; `place` says where issues are sent, when that is not here.
    """
    wiring.set_up_logging(settings)
    return LocalJobs(
        store=store,
        press=press_for(settings, store),
        post=await wiring.post_for(settings),
        liveness=liveness_of(settings),
        lanes=settings.smtp_connections,
        resend_uncertain=settings.uncertain is Uncertain.AGAIN,
        limits=wiring.limits_of(settings),
        warm_up=wiring.warm_up_of(settings),
        alerts_to=wiring.alerts_to_of(settings),
        pause_families=settings.pause_families,
        keep_unconfirmed=timedelta(days=settings.unconfirmed_days),
        keep=wiring.keep_of(settings),
        messenger=Messenger(store=store, reach=wiring.reach_to_webhooks(settings)),
        progress=progress,
        poller=poller,
        roll=roll,
        place=place,
        mailbox=mailbox_reader_for(settings, store),
        pictures=Gatherer(store=store, reach=wiring.reach_to_pictures(settings)),
        watcher=Watcher(store=store, folder=wiring.ingest_folder_of(settings, store)) if watches else None,
    )


@asynccontextmanager
async def stopping() -> AsyncIterator[Stop]:
    """Signals ask for a gentle stop while the block runs; a second Ctrl-C does not wait for it."""
    stop = Stop()
    loop = asyncio.get_running_loop()

    def interrupt() -> None:
        stop.interrupted = True
        stop.set()
        loop.remove_signal_handler(signal.SIGINT)

    loop.add_signal_handler(signal.SIGTERM, stop.set)
    loop.add_signal_handler(signal.SIGINT, interrupt)
    try:
        yield stop
    finally:
        for one in _SIGNALS:
            loop.remove_signal_handler(one)
        if stop.is_set() and not stop.interrupted:
            # on the way out already: one more may not cut off the last words and the exit status
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
