"""The engine that we use: Procrastinate, whose jobs lie in tables beside our own (ADR 24).

It is asked for little: a job is handed in within our transaction, wakes a worker by NOTIFY, and is gone when
it was done. All that it keeps could be lost without harm.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

import psycopg
import structlog
from msgspec.structs import asdict
from procrastinate import App, PsycopgConnector
from procrastinate import jobs as their_jobs
from procrastinate.exceptions import ProcrastinateException
from psycopg_pool import PoolTimeout
from sqlalchemy import func, insert, select, text
from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.jobs.engine import Job, PlanSlots, SendSome
from digest.store.database import Database
from digest.store.postgres import kept_alive, noticed_there
from digest.store.worker_tables import engine_scripts

log = structlog.get_logger(__name__)

_QUEUE: Final = "digest"
_PLAN: Final = "plan"
_SEND: Final = "send"
#: Planning first: others send what it makes. What is one job alone waits behind no thousand of another.
_PRIORITIES: Final = {_PLAN: 2, _SEND: 0}
_PRIORITY_ALONE: Final = 1
#: The advisory lock of who looks at what is waiting; any number that nothing else in the database takes.
_LOOKING: Final = 0x6A6F_6273
#: Seconds until the engine is tried again: the first time, doubled up to the longest.
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 10.0
#: Seconds after which a worker of the engine that does not tell of itself is taken for dead.
_SILENT_AFTER: Final = 60

_WAITING: Final = text(
    "SELECT task_name, args, count(*) AS copies FROM procrastinate_jobs "
    "WHERE status = 'todo' AND queue_name = :queue GROUP BY task_name, args"
)
_STALLED: Final = text(
    "SELECT count(*) FROM ("
    "SELECT procrastinate_finish_job_v1(jobs.id, 'failed', true) FROM ("
    "SELECT job.id FROM procrastinate_jobs AS job LEFT JOIN procrastinate_workers AS worker "
    "ON worker.id = job.worker_id WHERE job.status = 'doing' AND job.queue_name = :queue "
    "AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :seconds)) "
    "FOR UPDATE OF job SKIP LOCKED) AS jobs) AS finished"
)


class OnProcrastinate:
    """Jobs on PostgreSQL."""

    def __init__(self, store: Database) -> None:
        """Open nothing yet; the store must be PostgreSQL."""
        self._store: Final = store
        self._manager: Final = App(connector=PsycopgConnector()).job_manager

    async def set_up(self) -> None:
        """Make its tables, or run the scripts of its makers that were not run yet."""
        async with self._store.write() as connection:
            await connection.execute(select(func.pg_advisory_xact_lock(_LOOKING)))
            done = set((await connection.execute(select(engine_scripts.c.name))).scalars())
            scripts = _scripts()
            if not done:
                await _run_script(
                    connection, (resources.files("procrastinate.sql") / "schema.sql").read_text()
                )
            else:
                for name, words in scripts.items():
                    if name not in done:
                        await _run_script(connection, words)
            new = [{"name": name, "run_at": datetime.now(UTC)} for name in scripts if name not in done]
            if new:
                await connection.execute(insert(engine_scripts), new)

    async def is_set_up(self) -> bool:
        """Whether its tables are those of the library that is installed."""
        async with self._store.read() as connection:
            done = set((await connection.execute(select(engine_scripts.c.name))).scalars())
        return done >= set(_scripts())

    async def hand_in(self, connection: AsyncConnection, jobs: Iterable[Job]) -> None:
        """Take jobs within the caller's transaction."""
        theirs = [
            _in_their_words(job, alone=count == 1)
            for job, count in Counter(jobs).items()
            for _ in range(count)
        ]
        if theirs:
            raw = await connection.get_raw_connection()
            await self._manager.batch_defer_jobs_async(jobs=theirs, connection=raw.driver_connection)

    async def waiting(self, connection: AsyncConnection) -> Counter[Job]:
        """The jobs that nobody has taken up yet; until commit nobody else gets an answer."""
        await connection.execute(select(func.pg_advisory_xact_lock(_LOOKING)))
        found: Counter[Job] = Counter()
        for row in await connection.execute(_WAITING, {"queue": _QUEUE}):
            found[_in_our_words(row.task_name, row.args)] += row.copies
        return found

    async def sweep(self) -> int:
        """Forget the jobs of workers that are gone: how many."""
        async with self._store.write() as connection:
            asked = {"queue": _QUEUE, "seconds": _SILENT_AFTER}
            swept: int = (await connection.execute(_STALLED, asked)).scalar_one()
        return swept

    async def work(self, do: Callable[[Job], Awaitable[None]], *, name: str, stop: asyncio.Event) -> None:
        """Do one job after the other until `stop` is set.

        A worker of the engine may end, with an error or without one, when PostgreSQL is away for a moment:
        whatever ends unasked begins anew.
        """
        pause = _FIRST_PAUSE
        with _told_in_one_line():
            while not stop.is_set():
                began = asyncio.get_running_loop().time()
                try:
                    await self._work_until(do, name, stop)
                except (ProcrastinateException, psycopg.Error, PoolTimeout, OSError) as error:
                    log.warning("the engine cannot be reached, which is tried again", error=_line(error))
                else:
                    if not stop.is_set():
                        log.warning("the engine stopped by itself, and is started again")
                if asyncio.get_running_loop().time() - began > 60:
                    pause = _FIRST_PAUSE
                await _sleep(stop, pause)
                pause = min(2 * pause, _LONGEST_PAUSE)

    async def _work_until(self, do: Callable[[Job], Awaitable[None]], name: str, stop: asyncio.Event) -> None:
        app = App(connector=_connector(self._store.url))

        @app.task(name=_PLAN, queue=_QUEUE)
        async def plan(newsletter_id: int, cadence_id: int) -> None:
            await do(PlanSlots(newsletter_id, cadence_id))

        @app.task(name=_SEND, queue=_QUEUE)
        async def send(issue_id: int) -> None:
            await do(SendSome(issue_id))

        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[_QUEUE],
                    name=name,
                    concurrency=1,
                    # what failed was told, and gets another job by the next round
                    delete_jobs="always",
                    install_signal_handlers=False,
                ),
                name="engine",
            )
            stopped = asyncio.create_task(stop.wait())
            await asyncio.wait({working, stopped}, return_when=asyncio.FIRST_COMPLETED)
            stopped.cancel()
            if stop.is_set():
                # the job under way comes to its end first
                working.cancel()
            await asyncio.gather(working, return_exceptions=True)
            if not working.cancelled() and (error := working.exception()) is not None:
                raise error


def _scripts() -> dict[str, str]:
    """The scripts of its makers by name, in the order in which they are to be run."""
    folder = resources.files("procrastinate.sql") / "migrations"
    files = sorted(
        (file for file in folder.iterdir() if file.name.endswith(".sql")), key=lambda file: file.name
    )
    return {file.name: file.read_text() for file in files}


async def _run_script(connection: AsyncConnection, words: str) -> None:
    """Run several statements as they are, within the transaction."""
    raw = await connection.get_raw_connection()
    driver: Any = raw.driver_connection
    await driver.execute(words)


def _connector(url: URL) -> PsycopgConnector:
    words = url.set(drivername="postgresql").render_as_string(hide_password=False)

    async def prepare(connection: psycopg.AsyncConnection[Any]) -> None:
        await connection.execute(noticed_there(url).encode())
        await connection.commit()

    return PsycopgConnector(
        conninfo=words, kwargs=kept_alive(url), configure=prepare, min_size=1, max_size=4, timeout=10.0
    )


def _in_their_words(job: Job, *, alone: bool) -> their_jobs.Job:
    task = _SEND if isinstance(job, SendSome) else _PLAN
    priority = max(_PRIORITIES[task], _PRIORITY_ALONE if alone else 0)
    return their_jobs.Job(
        queue=_QUEUE,
        lock=None,
        queueing_lock=None,
        task_name=task,
        task_kwargs=asdict(job),
        priority=priority,
    )


def _in_our_words(task: str, args: dict[str, int]) -> Job:
    return SendSome(**args) if task == _SEND else PlanSlots(**args)


def _line(error: BaseException) -> str:
    words = str(error.__cause__ or error).strip()
    return words.splitlines()[0] if words else type(error).__name__


async def _sleep(stop: asyncio.Event, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await stop.wait()
    except TimeoutError:
        return


@contextmanager
def _told_in_one_line() -> Iterator[None]:
    """What goes wrong in the engine's own tasks, when PostgreSQL is away, is told in one line each."""
    # the pool tells each failed try to connect
    logging.getLogger("psycopg.pool").setLevel(logging.CRITICAL)
    loop = asyncio.get_running_loop()

    def tell(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if isinstance(error, ProcrastinateException):
            log.warning("the engine could not note something down, which does no harm", error=_line(error))
        else:
            loop.default_exception_handler(context)

    loop.set_exception_handler(tell)
    try:
        yield
    finally:
        loop.set_exception_handler(None)
