"""How a command that prints or sends gets its parts, and how it is stopped."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Final

from digest import wiring
from digest.config import Settings, Uncertain
from digest.flows.gather_pictures import Gatherer
from digest.flows.hand_over import Messenger
from digest.flows.poll import Poller
from digest.flows.press import Press
from digest.flows.read_mailbox import MailboxReader
from digest.flows.record_leavings import LeavingRecord
from digest.flows.roll import Roll
from digest.flows.tally import Progress
from digest.flows.watch import Watcher
from digest.ingest.feed_room import ReadingRoom
from digest.jobs.here import Here
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs
from digest.jobs.place import Place
from digest.settings_file import secret_keys
from digest.store.database import Database

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


@asynccontextmanager
async def polling(settings: Settings, store: Database) -> AsyncIterator[Poller]:
    """Who asks feeds, with the guarded way out and the room in which they are read."""
    room = ReadingRoom()
    try:
        async with wiring.reach_of(settings) as reach:
            yield Poller(store=store, reach=reach, room=room)
    finally:
        await room.close()


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
    wiring.set_up_telemetry(settings, beside_a_bar=progress is not None and sys.stderr.isatty())
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
        mailbox=_mailbox_reader(settings, store),
        leavings=LeavingRecord(store=store, folder=wiring.leavings_folder_of(settings)),
        pictures=Gatherer(store=store, reach=wiring.reach_to_pictures(settings)),
        watcher=Watcher(store=store, folder=wiring.ingest_folder_of(settings, store)) if watches else None,
    )


def _mailbox_reader(settings: Settings, store: Database) -> MailboxReader | None:
    if wiring.mailbox_of(settings) is None:
        return None
    # imported here: what understands returned mail takes a fifth of the time that a command needs to start
    from digest.cli.incoming import mailbox_reader_for

    return mailbox_reader_for(settings, store)


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
