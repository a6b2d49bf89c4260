"""A newsroom that a program has opened: briefings in, readers, issues planned, printed and sent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Protocol, Self, TypeVar, Unpack

from digest.api import answers, shown
from digest.api.given import GivenSettings, OneOff, Wishes, at, in_one_family, one_of
from digest.api.house import House, opened
from digest.cli.files import bytes_of
from digest.core.model import Briefing, BriefingStatus, DeliveryStatus
from digest.errors import InputError, NotFoundError
from digest.flows import newsletters as newsletter_flows
from digest.flows import readers as reader_flows
from digest.flows.addressed import addressed_by
from digest.flows.by_hand import plan_by_hand, rehearse
from digest.flows.collect import collect_all
from digest.flows.explain import explain
from digest.flows.grounds import grounds_for
from digest.flows.preview import preview
from digest.flows.publish import due_slots
from digest.flows.seed import FIRST_NEWSLETTER
from digest.ingest.packed import read_all
from digest.jobs.local import RunReport, totals_of
from digest.store import briefings, ledger, newsletters, numbered
from digest.store.ledger import Entry
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.subscription import Subscription
from subscribers.wishes import parse_address, parse_section

#: Rows of a listing that are read at a time.
_AT_A_TIME: Final = 500
_DAILY: Final = FIRST_NEWSLETTER.slug


class Newsroom:
    """A newsroom, opened by `async with`; every method raises `DigestError` for what somebody can mend.

    What is due is decided by `now`, an aware time, and by our clock when none is given. Several tasks may use
    a newsroom at a time; what plans and sends waits for its turn.
    """

    def __init__(
        self, config: Path | str | None = None, *, create: bool = False, **settings: Unpack[GivenSettings]
    ) -> None:
        """Open nothing yet; settings are those of a file (`digest.toml`), the environment, and what is given.

        With `create` the store is made, or brought to today's form, when the newsroom is opened.
        """
        self._config: Final = None if config is None else Path(config)
        self._given: Final[Mapping[str, Any]] = dict(settings)
        self._create: Final = create
        self._stack: Final = AsyncExitStack()
        self._is_open: House | None = None

    async def __aenter__(self) -> Self:
        """Open the store; raises SettingsError and StoreError."""
        if self._is_open is not None:
            raise InputError("this newsroom is open already: make another one")
        way_in = opened(self._config, self._given, create=self._create)
        self._is_open = await self._stack.enter_async_context(way_in)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close the store."""
        self._is_open = None
        await self._stack.aclose()

    @property
    def _house(self) -> House:
        if self._is_open is None:
            raise InputError("this newsroom is not open: use it within async with Newsroom(...) as newsroom")
        return self._is_open

    # --- what comes in --------------------------------------------------------------------------------------

    async def ingest(
        self,
        source: Path | str | bytes,
        *,
        name: str = "",
        format: str | None = None,
        section: str = "briefing",
        topics: Iterable[str] | str = (),
        draft: bool = False,
        now: datetime | None = None,
    ) -> answers.Ingested:
        """Take briefings in from a file (a path), a text or bytes, and publish them unless they are drafts.

        `format` is recognised when not given; `name` stands in messages for what is no file.
        """
        with in_one_family():
            kind = parse_section(section)
            data, called = await asyncio.to_thread(_bytes_of, source, name)
            given = await self._house.topics(topics)
            gathered = await asyncio.to_thread(
                read_all, data, source=called, format=format, section=kind, topics=given
            )
            done = await collect_all(gathered, store=self._house.store, now=at(now), publish=not draft)
        return shown.ingested(done)

    async def briefing(self, briefing_id: int) -> answers.Briefing:
        """One briefing; raises NotFoundError."""
        async with self._house.store.read() as connection:
            found = await briefings.by_id(connection, briefing_id)
        if found is None:
            raise NotFoundError(f"briefing {briefing_id} does not exist")
        return shown.briefing(found)

    async def briefings(self, *, status: str | None = None) -> AsyncIterator[answers.Briefing]:
        """All briefings by id, or those that are draft, published, retracted or discarded."""
        wanted = one_of(BriefingStatus, status, "status")

        async def page(after: int) -> Sequence[Briefing]:
            async with self._house.store.read() as connection:
                return await briefings.page(connection, after=after, limit=_AT_A_TIME, status=wanted)

        async for some in _pages(page):
            for one in some:
                yield shown.briefing(one)

    # --- newsletters ----------------------------------------------------------------------------------------

    async def newsletters(self) -> tuple[answers.Newsletter, ...]:
        """All newsletters."""
        async with self._house.store.read() as connection:
            return tuple(map(shown.newsletter, await newsletters.every(connection)))

    async def add_newsletter(self, slug: str, **said: Any) -> answers.Newsletter:
        """Add a newsletter; what is said has the names and forms of the API's newsletters."""
        with in_one_family():
            themes, now = self._house.settings.themes_dir, at(None)
            made = await newsletter_flows.add_newsletter(
                slug, said, store=self._house.store, now=now, own_themes=themes
            )
        return shown.newsletter(made)

    async def edit_newsletter(self, slug: str, **said: Any) -> answers.Newsletter:
        """Change a newsletter, such as `sender_address`; what is not said stays."""
        with in_one_family():
            themes, now = self._house.settings.themes_dir, at(None)
            made = await newsletter_flows.edit_newsletter(
                slug, said, store=self._house.store, now=now, own_themes=themes
            )
        return shown.newsletter(made)

    # --- readers --------------------------------------------------------------------------------------------

    async def subscribe(
        self,
        email: str,
        newsletter: str = _DAILY,
        *,
        confirmed: bool = True,
        grounds: str = "",
        now: datetime | None = None,
        **wishes: Unpack[Wishes],
    ) -> answers.Reader:
        """Make a reader of a newsletter; one who left before returns.

        Who is not `confirmed` is asked by mail. `grounds` say why they may be written to; they are kept.
        """
        with in_one_family():
            said = await self._house.wishes(wishes)
            new = reader_flows.Enrolment(
                parse_address(email), newsletter, said, confirmed, "added by a program"
            )
            agreed = grounds_for(grounds)
            made = await reader_flows.subscribe(new, store=self._house.store, now=at(now), grounds=agreed)
            return (await self._house.shown([made]))[0]

    async def change(
        self,
        email: str,
        newsletter: str | None = None,
        *,
        new_email: str | None = None,
        now: datetime | None = None,
        **wishes: Unpack[Wishes],
    ) -> tuple[answers.Reader, ...]:
        """Change what a reader wants, of all newsletters or one; nothing is repeated or lost by it."""
        with in_one_family():
            moved_to = None if new_email is None else parse_address(new_email)
            changed = await reader_flows.edit(
                parse_address(email),
                newsletter,
                await self._house.wishes(wishes),
                store=self._house.store,
                now=at(now),
                new_address=moved_to,
            )
            return await self._house.shown(changed)

    async def pause(
        self,
        email: str,
        newsletter: str | None = None,
        *,
        until: date | None = None,
        catch_up: bool = False,
        now: datetime | None = None,
    ) -> tuple[answers.Reader, ...]:
        """Send nothing until a day, or until `resume`; with `catch_up` what they missed comes then."""
        with in_one_family():
            address, store = parse_address(email), self._house.store
            changed = await reader_flows.pause(
                address, newsletter, until=until, catch_up=catch_up, store=store, now=at(now)
            )
            return await self._house.shown(changed)

    async def resume(
        self, email: str, newsletter: str | None = None, *, now: datetime | None = None
    ) -> tuple[answers.Reader, ...]:
        """Send again, from the next slot on."""
        with in_one_family():
            address, store = parse_address(email), self._house.store
            return await self._house.shown(
                await reader_flows.resume(address, newsletter, store=store, now=at(now))
            )

    async def unsubscribe(
        self,
        email: str,
        newsletter: str | None = None,
        *,
        reason: str = "by a program",
        now: datetime | None = None,
    ) -> tuple[answers.Reader, ...]:
        """End subscriptions; copies already planned are skipped. Safe to repeat."""
        with in_one_family():
            address, store = parse_address(email), self._house.store
            changed = await reader_flows.unsubscribe(
                address, newsletter, reason=reason, store=store, now=at(now)
            )
            return await self._house.shown(changed)

    async def reader(self, email: str) -> tuple[answers.Reader, ...]:
        """What an address reads or read; raises NotFoundError for who never did."""
        with in_one_family():
            address = parse_address(email)
            async with self._house.store.read() as connection:
                mine = await shelf.subscriptions_of(connection, address)
            if not mine:
                raise NotFoundError(f"subscriber {address!r} does not exist")
            return await self._house.shown(mine)

    async def readers(
        self, newsletter: str | None = None, *, status: str | None = None
    ) -> AsyncIterator[answers.Reader]:
        """All readers by the order of their coming, of one newsletter or one status."""
        standing = one_of(Standing, status, "status")
        wanted = reader_flows.newsletter_id_of(newsletter, await self._house.slugs())

        async def page(after: int) -> Sequence[Subscription]:
            async with self._house.store.read() as connection:
                return await shelf.page_of_subscriptions(
                    connection, after=after, limit=_AT_A_TIME, newsletter_id=wanted, standing=standing
                )

        async for some in _pages(page):
            for one in await self._house.shown(some):
                yield one

    # --- planning, printing, sending ------------------------------------------------------------------------

    async def due(self, now: datetime | None = None) -> tuple[answers.Due, ...]:
        """What is due and not planned, the earliest first; changes nothing."""
        slugs = await self._house.slugs()
        return tuple(shown.due(one, slugs) for one in await due_slots(store=self._house.store, now=at(now)))

    async def plan(
        self, now: datetime | None = None, *, stop: asyncio.Event | None = None
    ) -> tuple[answers.Planned, ...]:
        """Write down who gets what of all that is due; nothing is sent, and planning twice does no harm."""
        async with self._house.jobs() as jobs:
            return tuple(map(shown.planned, await jobs.plan(at(now), stop or asyncio.Event())))

    async def deliver(
        self, now: datetime | None = None, *, stop: asyncio.Event | None = None
    ) -> answers.Report:
        """Send what is planned, until nothing is left that can be sent now, or `stop` is set."""
        async with self._house.jobs() as jobs:
            return shown.report(await jobs.deliver(at(now), stop or asyncio.Event()))

    async def run(self, now: datetime | None = None, *, stop: asyncio.Event | None = None) -> answers.Report:
        """Plan and send all that is due, confirmations and the like included: `digest run` without feeds.

        Neither feeds nor the watched folder nor the mailbox of returned mail are looked at.
        """
        async with self._house.jobs() as jobs:
            return shown.report(await jobs.run(at(now), stop or asyncio.Event()))

    async def preview(
        self, email: str, newsletter: str = _DAILY, *, now: datetime | None = None
    ) -> answers.Preview:
        """Print a reader's next issue exactly as it would be sent; changes nothing."""
        with in_one_family():
            store, press = self._house.store, self._house.press
            found = await preview(parse_address(email), newsletter, store=store, press=press, now=at(now))
            async with store.read() as connection:
                ids = await numbered.ids_by_number(connection, found.selection.numbers)
            return shown.previewed(found, ids)

    async def rehearse(self, newsletter: str = _DAILY, **one_off: Unpack[OneOff]) -> answers.Rehearsal:
        """Say who would get what of the one-off that `send` would send; changes nothing."""
        with in_one_family():
            wish = await self._house.one_off(newsletter, one_off)
            plan = await rehearse(wish, store=self._house.store)
            return shown.rehearsal(plan, await addressed_by(plan, self._house.store))

    async def send(
        self,
        newsletter: str = _DAILY,
        *,
        now: datetime | None = None,
        stop: asyncio.Event | None = None,
        **one_off: Unpack[OneOff],
    ) -> answers.Report:
        """Send a one-off issue by hand; readers get only what is new to them, and not again later."""
        instant, halt, store = at(now), stop or asyncio.Event(), self._house.store
        with in_one_family():
            wish = await self._house.one_off(newsletter, one_off)
            async with self._house.jobs() as jobs:
                await jobs.gather_pictures(instant, halt)
                planned = await plan_by_hand(wish, store=store, now=instant)
                tally = await jobs.send(planned.issue_id, instant, halt)
        totals = totals_of([planned], [planned.issue_id], tally)
        return shown.report(RunReport(totals, tally.whole_trouble, tally.waiting))

    # --- what became of it ----------------------------------------------------------------------------------

    async def deliveries(
        self, *, issue: int | None = None, email: str | None = None, status: str | None = None
    ) -> AsyncIterator[answers.Delivery]:
        """What became of copies, by id."""
        wanted = one_of(DeliveryStatus, status, "status")
        with in_one_family():
            address = None if email is None else parse_address(email)
        message_id = await self._house.press.message_ids()

        async def page(after: int) -> Sequence[Entry]:
            async with self._house.store.read() as connection:
                return await ledger.page(
                    connection,
                    after=after,
                    limit=_AT_A_TIME,
                    issue_id=issue,
                    status=wanted,
                    address=address,
                )

        async for some in _pages(page):
            for one in some:
                yield shown.delivery(one, message_id(one.issue_id, one.id, one.domain))

    async def why(
        self, email: str, briefing_id: int, *, now: datetime | None = None
    ) -> tuple[answers.Explanation, ...]:
        """Every rule that let a briefing in or kept it out, for each newsletter that the address reads."""
        with in_one_family():
            found = await explain(parse_address(email), briefing_id, store=self._house.store, now=at(now))
        return tuple(map(shown.explanation, found))


class _Numbered(Protocol):
    @property
    def id(self) -> int: ...


N = TypeVar("N", bound=_Numbered)


async def _pages(page: Callable[[int], Awaitable[Sequence[N]]]) -> AsyncIterator[Sequence[N]]:
    """One page after the other, by the id after which it begins; none holds the store for the next."""
    after = 0
    while some := await page(after):
        yield some
        after = some[-1].id


def _bytes_of(source: Path | str | bytes, name: str) -> tuple[bytes, str]:
    """What is to be read, and what it is called in messages."""
    if isinstance(source, Path):
        return bytes_of(source), name or str(source)
    return (source.encode() if isinstance(source, str) else source), name or "text"
