"""A newsroom on a real store whose processes can die between any two transactions."""

from __future__ import annotations

import asyncio
import os
import shutil
import sqlite3
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from random import Random
from typing import Any, Final, TypeVar

from msgspec.structs import replace
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.model import Topic
from digest.flows.press import Press
from digest.flows.seed import FIRST_NEWSLETTER, seed
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs
from digest.mail.lane import Lane
from digest.mail.post import Post
from digest.mail.servers import FileOutbox
from digest.store import newsletters
from digest.store.database import Database
from subscribers.model import Section
from tests.walk.mailserver import MailServer, ServerLane, Witness
from tests.walk.workshop import AtOnceExecutor, work_at_once

TOPICS: Final = tuple(
    Topic(slug, slug.title(), place, {f"{slug}word": 5})
    for place, slug in enumerate(("economy", "energy", "society", "general"), start=1)
)
#: A narrow newsletter beside the wide one: a cap of its own, and not every section.
BRIEF: Final = replace(
    FIRST_NEWSLETTER,
    slug="brief",
    title="The Brief",
    sections=frozenset({Section.BRIEFING, Section.ANALYSIS}),
    max_items=2,
    reach_back_days=1,
    give_up_minutes=6 * 60,
)
Result = TypeVar("Result")

#: The process that a task belongs to; tasks inherit it from the task that made them.
_LIFE: Final[ContextVar[Life | None]] = ContextVar("life", default=None)
_OPEN: Final[ContextVar[int]] = ContextVar("open transactions", default=0)


class Death(BaseException):
    """The process is gone: no handler for errors may stop this, as none stops `kill -9`."""


class Life:
    """One life of a process: its tasks, and the moment at which it ends."""

    def __init__(self, on_death: Callable[[], None]) -> None:
        #: boundaries still to be passed before the one at which it dies; None lives on
        self.fuse: int | None = None
        self.is_dead = False
        #: write transactions that were committed
        self.committed = 0
        self.tasks: set[asyncio.Task[Any]] = set()
        self._busy = 0
        self._ended: Final = asyncio.Event()
        self._quiet: Final = asyncio.Event()
        self._quiet.set()
        self._on_death: Final = on_death

    def burn(self, boundaries: int) -> None:
        """Die at this boundary, counted from 0."""
        self.fuse = boundaries

    def step(self) -> None:
        """A boundary between two acts: a dead process takes no further one."""
        if not self.is_dead and self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.is_dead = True
                self._on_death()
                self._ended.set()
        if self.is_dead:
            raise Death

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A transaction under way is not cut short: its last word may have reached the disk."""
        self._busy += 1
        self._quiet.clear()
        token = _OPEN.set(_OPEN.get() + 1)
        try:
            yield
        finally:
            _OPEN.reset(token)
            self._busy -= 1
            if not self._busy:
                self._quiet.set()

    def forget(self, task: asyncio.Task[Any]) -> None:
        """A task has ended; of what, nobody asks after a death."""
        self.tasks.discard(task)
        if self.is_dead and not task.cancelled():
            task.exception()

    async def live(self, work: Coroutine[Any, Any, Result]) -> Result | None:
        """Do the work as this process; None when it died over it."""
        token = _LIFE.set(self)
        doing = asyncio.create_task(work)
        _LIFE.reset(token)
        ended = asyncio.create_task(self._ended.wait())
        await asyncio.wait({doing, ended}, return_when=asyncio.FIRST_COMPLETED)
        ended.cancel()
        if not self.is_dead:
            return await doing
        await self._quiet.wait()
        for task in self.tasks:
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)
        return None


def prepare(loop: asyncio.AbstractEventLoop) -> None:
    """Have the loop note for every task which process it belongs to, and use no thread."""

    def factory(
        loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, Any], **options: Any
    ) -> asyncio.Task[Any]:
        task = asyncio.Task(work, loop=loop, **options)
        life = _LIFE.get()
        if life is not None:
            life.tasks.add(task)
            task.add_done_callback(life.forget)
        return task

    loop.set_task_factory(factory)  # type: ignore[arg-type]
    loop.set_default_executor(AtOnceExecutor())


class Pace:
    """How long each task pauses between two acts: drawn, so that a race can be run again."""

    def __init__(self) -> None:
        self._dice: Random | None = None
        #: SQLite's own lock of who writes, waited for without stopping everybody
        self.writing: Final = asyncio.Lock()

    def draw(self, seed: int) -> None:
        """From now on tasks overtake each other, in the order that this seed gives."""
        self._dice = Random(seed)

    async def pause(self) -> None:
        """Let others go first, maybe."""
        for _ in range(self._dice.randrange(4) if self._dice else 0):
            await asyncio.sleep(0)


class MortalStore(Database):
    """A store whose process may die before each transaction, before its commit, and after it.

    Engines keep the statements that they have compiled, so those of dead processes are used again.
    """

    def __init__(self) -> None:
        super().__init__("sqlite+aiosqlite:///any.sqlite3")
        work_at_once(self.engine.sync_engine, lambda: self._file)

    def enter(self, file: Path, life: Life, pace: Pace) -> MortalStore:
        """Become the store of a new process."""
        self._file, self._life, self._pace = file, life, pace
        return self

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        await self._pace.pause()
        self._life.step()
        with self._life.transaction():
            async with super().read() as connection:
                yield connection

    @asynccontextmanager
    async def glance(self) -> AsyncIterator[AsyncConnection]:
        async with self.read() as connection:
            yield connection

    @asynccontextmanager
    async def write(
        self, *, copies_known_ids: bool = False, of_any_version: bool = False
    ) -> AsyncIterator[AsyncConnection]:
        assert not of_any_version
        await self._pace.pause()
        self._life.step()
        with self._life.transaction():
            async with self._pace.writing, super().write(copies_known_ids=copies_known_ids) as connection:
                yield connection
                self._life.step()
            self._life.committed += 1
        self._life.step()

    async def write_apart(self, work: Callable[[Connection], Result]) -> Result:
        async with self.write() as connection:
            return await connection.run_sync(work)


class MortalLiveness(Liveness):
    """Names of senders whose locks go when the process goes, and stay lying about as they would."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._is_gone = False

    def sign_off(self, owner: str) -> None:
        if not self._is_gone:
            super().sign_off(owner)

    def go(self) -> None:
        """The kernel closes what the process had open."""
        self._is_gone = True
        for held in self._held.values():
            os.close(held)
        self._held.clear()


class PlayedPost(Post):
    """Gives out lanes to the played server."""

    def __init__(self, server: MailServer, witness: Witness) -> None:
        super().__init__(FileOutbox(Path()))
        self._server, self._witness = server, witness

    def lane(self) -> Lane:
        return ServerLane(self._server, self._witness)


@dataclass
class Process:
    """All that one process holds in memory."""

    life: Life
    store: MortalStore
    jobs: LocalJobs
    press: Press


#: Stores without a process.
_IDLE: Final[list[MortalStore]] = []


class House:
    """The store's file, the mail server, and the processes of today; dead ones make room for new ones."""

    def __init__(self, *, resend_uncertain: bool, lanes: int) -> None:
        self.folder: Final = Path(tempfile.mkdtemp(prefix="walk-"))
        self.file: Final = self.folder / "store.sqlite3"
        self.server: Final = MailServer()
        self.pace: Final = Pace()
        self.resend_uncertain = resend_uncertain
        self.lanes: Final = lanes
        shutil.copy(seeded_file(), self.file)
        self.reading: Final = sqlite3.connect(self.file, isolation_level=None)
        self.reading.row_factory = sqlite3.Row
        self._processes: dict[int, Process] = {}

    def process(self, which: int = 0) -> Process:
        """The living process of this place; a new one when the last one died."""
        found = self._processes.get(which)
        if found is None or found.life.is_dead:
            found = self._processes[which] = self._new_process()
        return found

    async def do(
        self, work: Callable[[Process], Coroutine[Any, Any, Result]], which: int = 0
    ) -> tuple[Result | None, bool]:
        """Have a process do something: (what came of it, whether a change was committed)."""
        process = self.process(which)
        before = process.life.committed
        found = await process.life.live(work(process))
        if process.life.is_dead:
            await _put_away(process.store)
        return found, process.life.committed > before

    async def close(self) -> None:
        """End all processes and take the files away."""
        self.reading.close()
        for process in self._processes.values():
            if not process.life.is_dead:
                await _put_away(process.store)
        shutil.rmtree(self.folder)

    def _new_process(self) -> Process:
        liveness = MortalLiveness(self.folder / "senders")
        life = Life(lambda: self._bury(liveness, witness))
        witness = Witness(life.step, self.pace.pause, _no_transaction, self._committed)
        store = (_IDLE.pop() if _IDLE else MortalStore()).enter(self.file, life, self.pace)
        press = Press(store=store, keys=[b"k" * 32], base_url="http://127.0.0.1:8000")
        jobs = LocalJobs(
            store=store,
            press=press,
            post=PlayedPost(self.server, witness),
            liveness=liveness,
            lanes=self.lanes,
            resend_uncertain=self.resend_uncertain,
            # minutes pass between any two looks, so that nobody waits for the pace
            clock=count(0, 100).__next__,
        )
        return Process(life, store, jobs, press)

    def _bury(self, liveness: MortalLiveness, witness: Witness) -> None:
        """The locks go; what was taken and not recorded may rightly come again."""
        liveness.go()
        for taken in witness.unrecorded.values():
            if self._committed(taken.delivery_id)[0] != "sent":
                taken.doubtful = True

    def _committed(self, delivery_id: int) -> tuple[str, str | None]:
        query = "SELECT status, started_at FROM deliveries WHERE id = ?"
        row = self.reading.execute(query, (delivery_id,)).fetchone()
        return row["status"], row["started_at"]


async def _put_away(store: MortalStore) -> None:
    await store.close()
    _IDLE.append(store)


def _no_transaction() -> None:
    assert _OPEN.get() == 0, "a transaction is open while the mail server is being talked to"


@cache
def seeded_file() -> Path:
    """A store with topics and two newsletters, migrated once and copied for every history."""
    file = Path(tempfile.mkdtemp(prefix="walk-seed-")) / "seed.sqlite3"

    async def make() -> None:
        store = Database(f"sqlite+aiosqlite:///{file}")
        await seed(store, TOPICS)
        async with store.write() as connection:
            await newsletters.add(connection, BRIEF)
        await store.close()

    asyncio.run(make())
    with sqlite3.connect(file) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return file
