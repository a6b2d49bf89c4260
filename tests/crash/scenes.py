"""The scenes of the crash tests: what is done until a process dies, and how the others go on after it."""

from __future__ import annotations

import json
import signal
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from digest.core.model import DeliveryStatus
from digest.store import briefings, taken_files
from digest.store.database import Database
from tests.crash.children import Born
from tests.crash.judgement import judge
from tests.flows.newsroom import TUESDAY, copies, item, join, join_many, publish_news
from tests.walk.process import ended
from tests.walk.recording import Accepted, Record

NOW: Final = "2026-11-24T07:00:00Z"
#: Nobody gets a copy of that morning any more, and the next issue has come and found nothing new.
TOO_LATE: Final = "2026-11-25T07:00:00Z"
NEXT_ISSUE: Final = "2026-11-26T07:00:00Z"
LANES: Final = 4
NEWS: Final = 3
#: Readers who are planned in one transaction.
ONE_BY_ONE: Final = ("digest.flows.publish.IN_A_FILE", "digest.flows.publish.ON_A_SERVER")
#: A part of the times by which those on the roll of a PostgreSQL miss each other: a newcomer waits for less.
SOON_MISSED: Final = {
    "digest.flows.roll.BEAT": 0.3,
    "digest.flows.roll.FRESH_FOR": 1.5,
    "digest.core.shares.LOOKS_BACK": 2.0,
    "digest.core.shares.SILENT_FOR": 3.0,
}


@dataclass
class Stage:
    """A store with readers, a server, and the command."""

    store: Database
    record: Record
    command: Born
    readers: int
    kills: int = 0

    async def run(self, *words: str, now: str = NOW) -> int:
        """A run that nobody disturbs; its exit status."""
        status, _, err = await self.command.run("run", "--now", now, *words)
        assert "Traceback" not in err, err
        return status

    async def die(self, point: str, *words: str, time: int = 1, now: str = NOW) -> None:
        """A process that reaches the point, and ends there."""
        process = await self.command.dying_at(point, time).start(*(words or ("run", "--now", now)))
        await self.see_it_die(process)

    async def see_it_die(self, process: object) -> None:
        """It was killed, and nobody but itself can have done that: so the point was reached."""
        status, out, err = await ended(process)  # type: ignore[arg-type]
        assert status == -signal.SIGKILL, f"the point was not reached: {status} {out} {err}"
        self.kills += 1

    async def judge(self, *, doubts: int | None = None) -> None:
        """Nothing is lost, and no more than the kills allow came twice."""
        await judge(
            self.store,
            self.record,
            doubts=self.kills * LANES if doubts is None else doubts,
            news=NEWS,
            readers=self.readers,
            held=self.command.uncertain == "hold",
        )


async def readers_of(store: Database, count: int) -> int:
    """Readers in several cohorts, some of them due at another time; how many in all."""
    await join_many(store, count, TUESDAY)
    early = max(count // 20, 2)
    for number in range(early):
        await join(store, f"early{number}@example.org", TUESDAY, at="06:30", max_items=str(1 + number % 3))
    return count + early


async def news_for(store: Database) -> None:
    """What is to be sent."""
    await publish_news(store, TUESDAY, *(item(f"Story {number}", "economy") for number in range(NEWS)))


async def sending(stage: Stage, point: str, time: int) -> None:
    """An ordinary run."""
    await news_for(stage.store)
    await stage.die(point, time=time)
    await rest(stage)


async def in_pieces(stage: Stage, point: str, time: int) -> None:
    """A run that plans one reader after the other, as far as they want different things."""
    stage.command = replace(stage.command, shorter=dict.fromkeys(ONE_BY_ONE, 1))
    await sending(stage, point, time)


async def sweeping(stage: Stage, point: str, time: int) -> None:
    """A run after one that died with messages on the wire."""
    await news_for(stage.store)
    await stage.die("wire: after the final dot, before the reply", time=5)
    await stage.die(point, time=time)
    await rest(stage)


async def stopping(stage: Stage, point: str, time: int) -> None:
    """A run that was asked to stop gives back what it claimed."""
    await news_for(stage.store)
    process = await stage.command.dying_at(point, time).start("run", "--now", NOW)

    async def ask(_message: Accepted) -> None:
        process.send_signal(signal.SIGTERM)

    stage.record.at_data = ask
    await stage.see_it_die(process)
    stage.record.at_data = None
    assert 1 <= len(stage.record.accepted) < stage.readers
    await rest(stage)


async def expiring(stage: Stage, point: str, time: int) -> None:
    """The server was away until the issue was too old; its briefings come with the next one."""
    await news_for(stage.store)
    away = replace(stage.command, server=replace(stage.record.server, port=1))
    assert (await away.run("run", "--now", NOW))[0] == 1
    await stage.die(point, time=time, now=TOO_LATE)
    await stage.run(now=TOO_LATE)
    expired = await copies(stage.store, status=DeliveryStatus.EXPIRED)
    assert len(expired) == stage.readers
    await rest(stage, now=NEXT_ISSUE)


def write_news(page: Path) -> None:
    """What is to be sent, as a file."""
    page.write_text(
        json.dumps(
            [
                {
                    "title": f"Story {number}",
                    "paragraphs": ["All of it."],
                    "source": "The Harbour Post",
                    "source_date": "2026-11-23",
                    "topics": ["economy"],
                }
                for number in range(NEWS)
            ]
        )
    )


async def news(stage: Stage, point: str, time: int) -> None:
    """Briefings come in from a file, and again by whoever saw the command die."""
    page = stage.command.folder / "news.json"
    write_news(page)
    await stage.die(point, "ingest", str(page), time=time)
    status, _, err = await stage.command.run("ingest", str(page))
    assert status == 0, err
    await rest(stage, now="2027-11-24T07:00:00Z")


async def folder(stage: Stage, point: str, time: int) -> None:
    """A file lies in the watched folder: the run that dies there has sent nothing, and the next one does."""
    inbox = stage.command.folder / "inbox"
    inbox.mkdir()
    write_news(inbox / "news.json")
    settings = {"DIGEST_INGEST_DIR": str(inbox)}
    stage.command = replace(stage.command, settings=settings, shorter={"digest.flows.watch.SETTLES": 0.05})
    await stage.die(point, time=time)
    await rest(stage)
    assert kept_in(inbox) == ["taken/news.json"]
    async with stage.store.read() as connection:
        assert len(await briefings.page(connection, limit=100)) == NEWS
        assert len(await taken_files.newest(connection, limit=100)) == 1


def kept_in(inbox: Path) -> list[str]:
    """The files of a watched folder, by their paths from it."""
    return sorted(str(one.relative_to(inbox)) for one in inbox.rglob("*.*"))


async def by_hand(stage: Stage, point: str, time: int) -> None:
    """An editor sends; what was planned goes out with the next run, what was not is sent by hand again."""
    await news_for(stage.store)
    words = ("send", "daily", "--all", "--yes")
    await stage.die(point, *words, time=time)
    await rest(stage, now="2026-11-24T06:00:00Z")
    if not stage.record.accepted:
        status, _, err = await stage.command.run(*words)
        assert status in {0, 1}, err
    await rest(stage)


SCENES: Final[dict[str, Callable[[Stage, str, int], Awaitable[None]]]] = {
    "sending": sending,
    "in pieces": in_pieces,
    "sweeping": sweeping,
    "stopping": stopping,
    "expiring": expiring,
    "news": news,
    "folder": folder,
    "by hand": by_hand,
}


async def rest(stage: Stage, *, now: str = NOW) -> None:
    """A run that nobody disturbs."""
    await stage.run(now=now)
