"""The house as a newsroom has opened it: settings and store, and what every method needs of them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any, Final

import structlog
from msgspec.structs import replace

from digest.api import answers, shown
from digest.api.given import OneOff as Said
from digest.api.given import Wishes, listed, require_known, words_of
from digest.cli.company import on_the_roll, set_up_engine
from digest.cli.dispatch import jobs_for, press_for
from digest.cli.doors import new_store_at, store_at
from digest.config import Settings
from digest.core.lines import parse_line, parse_text
from digest.errors import InputError
from digest.flows.by_hand import OneOff
from digest.flows.press import Press
from digest.flows.readers import topic_names
from digest.flows.seed import seed
from digest.ingest.taxonomy import default_topics
from digest.jobs.local import LocalJobs
from digest.settings_file import load_settings, secret_keys
from digest.store import newsletters, topics
from digest.store.database import Database
from digest.store.openness import require_open
from digest.store.workers import Kind
from digest.wiring import set_up_telemetry
from subscribers import wishes as typed
from subscribers.subscription import Subscription


class House:
    """What is open between the beginning of a newsroom and its end."""

    def __init__(self, settings: Settings, store: Database) -> None:
        """Take what was opened."""
        self.settings: Final = settings
        self.store: Final = store
        self._one_at_a_time: Final = asyncio.Lock()

    @property
    def press(self) -> Press:
        """What prints; it makes the key that signs when there is none."""
        return press_for(self.settings, self.store)

    @asynccontextmanager
    async def jobs(self) -> AsyncIterator[LocalJobs]:
        """What plans and sends, for one call at a time; on PostgreSQL it stands on the roll meanwhile."""
        async with self._one_at_a_time:
            await require_open(self.store)
            with _log_left_alone():
                async with on_the_roll(self.settings, self.store, Kind.SENDER) as roll:
                    jobs = await jobs_for(self.settings, self.store, roll=roll)
                    try:
                        yield jobs
                    finally:
                        await jobs.end()

    async def slugs(self) -> Mapping[int, str]:
        """The slugs of newsletters by id."""
        async with self.store.read() as connection:
            return await newsletters.slugs(connection)

    async def shown(self, some: Iterable[Subscription]) -> tuple[answers.Reader, ...]:
        """Readers as they are answered."""
        slugs = await self.slugs()
        return tuple(shown.reader(one, slugs) for one in some)

    async def wishes(self, said: Wishes) -> typed.Wishes:
        """Wishes as the house has them; raises WishError and InputError."""
        require_known(said, Wishes, "wish of a reader")
        words = words_of(said)
        found = typed.parse_wishes(words, await self._topic_names())
        return replace(found, name="") if words.get("name") == "" else found

    async def topics(self, names: Iterable[str] | str) -> tuple[str, ...]:
        """The slugs of topics by any of their names; raises WishError for one that is not known."""
        words = listed(names)
        if not words:
            return ()
        return tuple(sorted(typed.parse_topics(",".join(words), await self._topic_names()) or ()))

    async def one_off(self, newsletter: str, said: Said) -> OneOff:
        """What somebody wants to send by hand; whom to is said in exactly one way."""
        require_known(said, Said, "word of a one-off")
        to, topics = listed(said.get("to", ())), await self.topics(said.get("topics", ()))
        if sum((bool(said.get("everybody")), bool(to), bool(topics))) != 1:
            raise InputError("say whom to send to: one of everybody=True, to=[addresses], topics=[slugs]")
        since = said.get("since")
        if since is not None and since.tzinfo is None:
            raise InputError("since has no time zone: give it one")
        return OneOff(
            newsletter=newsletter,
            to=tuple(map(typed.parse_address, to)),
            topics=frozenset(topics),
            briefing_ids=tuple(said.get("briefings", ())),
            since=since,
            subject=parse_line(said["subject"], "subject") if "subject" in said else None,
            intro=parse_text(said["intro"], "intro") if "intro" in said else None,
            intro_only=said.get("intro_only", False),
            ignore_bookmarks=said.get("ignore_bookmarks", False),
        )

    async def _topic_names(self) -> Mapping[str, str]:
        async with self.store.read() as connection:
            return topic_names(await topics.every(connection))


@asynccontextmanager
async def opened(config: Path | None, given: Mapping[str, Any], *, create: bool) -> AsyncIterator[House]:
    """Open the house that settings name, and close it at the end; with `create` it is made or migrated."""
    settings = load_settings(config, given)
    if not structlog.is_configured():
        set_up_telemetry(settings)
    if create:
        secret_keys(settings)
        async with new_store_at(settings) as store:
            await seed(store, default_topics())
            await set_up_engine(store)
    async with store_at(settings) as store:
        yield House(settings, store)


@contextmanager
def _log_left_alone() -> Iterator[None]:
    """Where a program has set up its log, ours goes there; else it is set up as for a command."""
    before = structlog.get_config() if structlog.is_configured() else None
    try:
        yield
    finally:
        if before is not None:
            structlog.configure(**before)
