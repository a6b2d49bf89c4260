"""How a command works together with others on one store: on the roll, with the engine that brings jobs."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final

from structlog.contextvars import bind_contextvars

from digest import wiring
from digest.cli.dispatch import jobs_for, liveness_of, press_for
from digest.config import SentBy, Settings, Uncertain
from digest.errors import SettingsError
from digest.flows.poll import Poller
from digest.flows.reputation import Watch
from digest.flows.roll import Roll
from digest.jobs.elsewhere import Elsewhere, WhereWorkersAre
from digest.jobs.here import Here
from digest.jobs.local import LocalJobs
from digest.jobs.place import Place
from digest.jobs.worker import Worker, announcing
from digest.mail.kept import KeptLanes
from digest.store.database import Database
from digest.store.workers import Kind, State

if TYPE_CHECKING:
    from digest.jobs.on_procrastinate import OnProcrastinate

#: What the extra brings that workers need.
_NEEDED: Final = ("procrastinate", "psycopg_pool")


@asynccontextmanager
async def on_the_roll(
    settings: Settings, store: Database, kind: Kind, name: str = "", elsewhere: Elsewhere | None = None
) -> AsyncIterator[Roll | None]:
    """Stand on the roll of those who work on this store; None on SQLite, which is for one machine.

    What is taken back from others is handed in again `elsewhere`.
    """
    if store.is_sqlite:
        yield None
        return
    wiring.set_up_telemetry(settings)
    roll = Roll(
        store=store,
        kind=kind,
        name=name or socket.gethostname(),
        names=liveness_of(settings),
        limits=wiring.limits_of(settings),
        when_freed=None if elsewhere is None else elsewhere.hand_in_again,
    )
    # in every line from here on, those of its own beats among them
    bind_contextvars(worker=roll.name)
    async with roll:
        if kind is not Kind.WORKER:
            roll.is_at(State.IDLE)
        yield roll


@asynccontextmanager
async def scheduling(
    settings: Settings, store: Database, poller: Poller, *, wanted: bool
) -> AsyncIterator[LocalJobs | None]:
    """The work of a process that goes on: it sends by itself, or has workers send."""
    if not wanted:
        yield None
        return
    sent_by = _by_whom(settings, store)
    kind, elsewhere = Kind.SENDER, None
    if sent_by is not SentBy.HERE:
        kind, elsewhere = Kind.SCHEDULER, _elsewhere(settings, store, engine_of(store))
    async with on_the_roll(settings, store, kind, elsewhere=elsewhere) as roll:
        place = None
        if roll is not None and elsewhere is not None:
            place = partial(_place, store, roll, elsewhere, sent_by)
        yield await jobs_for(settings, store, poller=poller, watches=True, roll=roll, place=place)


def _place(store: Database, roll: Roll, elsewhere: Elsewhere, sent_by: SentBy, here: Here) -> Place:
    if sent_by is SentBy.WORKERS:
        return elsewhere
    return WhereWorkersAre(store=store, here=here, elsewhere=elsewhere, roll=roll)


@asynccontextmanager
async def working(settings: Settings, store: Database, name: str) -> AsyncIterator[Worker]:
    """One of many who send; raises SettingsError for a store that is for one machine."""
    if store.is_sqlite:
        raise SettingsError(
            "workers need PostgreSQL, and DIGEST_DATABASE_URL names a SQLite file: "
            "digest store copy moves it, or leave the sending to digest serve"
        )
    engine = engine_of(store)
    if not await engine.is_set_up():
        raise SettingsError("the tables of the engine are not there, or old: run digest init")
    post = await wiring.post_for(settings)
    kept = KeptLanes(post.lane)
    alerts_to = wiring.alerts_to_of(settings)
    elsewhere = _elsewhere(settings, store, engine)
    async with on_the_roll(settings, store, Kind.WORKER, name, elsewhere) as roll:
        assert roll is not None
        here = Here(
            store=store,
            press=press_for(settings, store),
            post=post,
            names=liveness_of(settings),
            watch=Watch(store=store, acts=settings.pause_families, alerts_to=alerts_to),
            lanes=settings.smtp_connections,
            resend_uncertain=settings.uncertain is Uncertain.AGAIN,
            limits=wiring.limits_of(settings),
            warm_up=wiring.warm_up_of(settings),
            progress=roll,
            roll=roll,
            kept=kept,
            announce=announcing(engine),
        )
        yield Worker(
            store=store,
            here=here,
            engine=engine,
            roll=roll,
            kept=kept,
            alerts_to=alerts_to,
        )


def engine_of(store: Database) -> OnProcrastinate:
    """The engine of a store on PostgreSQL; raises SettingsError when it is not installed."""
    if not has_engine():
        raise SettingsError("workers need the extra cluster: pip install newsroom-digest[cluster]")
    from digest.jobs.on_procrastinate import OnProcrastinate

    return OnProcrastinate(store)


async def set_up_engine(store: Database) -> None:
    """Make the engine's tables, where there may be workers."""
    if not store.is_sqlite and has_engine():
        await engine_of(store).set_up()


def _by_whom(settings: Settings, store: Database) -> SentBy:
    if store.is_sqlite:
        if settings.sent_by is SentBy.WORKERS:
            raise SettingsError(
                "DIGEST_SENT_BY=workers needs PostgreSQL, and DIGEST_DATABASE_URL names a SQLite file"
            )
        return SentBy.HERE
    if settings.sent_by is SentBy.AUTO and not has_engine():
        return SentBy.HERE
    return settings.sent_by


def has_engine() -> bool:
    """Whether the packages that workers need are installed."""
    return all(find_spec(name) is not None for name in _NEEDED)


def _elsewhere(settings: Settings, store: Database, engine: OnProcrastinate) -> Elsewhere:
    return Elsewhere(store=store, engine=engine, resend_uncertain=settings.uncertain is Uncertain.AGAIN)
