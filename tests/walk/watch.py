"""The watch over a history: after every act the store, the server's record and the books must agree."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from msgspec.structs import replace

from digest.core.access import Actor, Via
from digest.core.quiet import QuietDay
from digest.flows import settling
from digest.flows.explain import explain
from digest.flows.seed import FIRST_NEWSLETTER
from digest.jobs.local import RunReport
from digest.store import newsletters
from digest.store.database import Database
from tests.walk.accounts import Account, Paper
from tests.walk.house import BRIEF, House, Process, prepare
from tests.walk.mailserver import Accepted
from tests.walk.model import Books
from tests.walk.records import INCLUDING, Snapshot, judge, snapshot

MONDAY: Final = datetime(2026, 3, 23, 6, 0, tzinfo=UTC)
PAPERS: Final = tuple(
    Paper(paper.slug, frozenset(paper.sections), paper.max_items, timedelta(days=paper.reach_back_days))
    for paper in (FIRST_NEWSLETTER, BRIEF)
)
#: More days than any cadence of the histories lets pass between two slots.
_LONG: Final = timedelta(days=33)
_MOST_ROUNDS: Final = 80
Flow = Callable[[Database], Coroutine[Any, Any, Any]]
Work = Callable[[Process], Coroutine[Any, Any, Any]]


class Watch:
    """A house, its books, and a clock that goes as it is told."""

    def __init__(self, *, resend_uncertain: bool, lanes: int) -> None:
        self.runner: Final = asyncio.Runner()
        prepare(self.runner.get_loop())
        self.house: Final = House(resend_uncertain=resend_uncertain, lanes=lanes)
        self.books: Final = Books(PAPERS)
        self.now = MONDAY
        #: the latest instant at which anything was done: days up to it may count as served
        self.high_water = MONDAY
        self.seen: Snapshot = snapshot(self.house.reading)
        #: number by the mark in its text
        self.numbers: Final[dict[int, int]] = {}
        #: addresses that a delivery may have gone to, by subscription
        self.addresses: Final[defaultdict[int, set[str]]] = defaultdict(set)
        #: numbers whose section or rank was edited: both are printed as they are now, not as they were
        self.touched: Final[set[int]] = set()
        self._checked = 0

    def close(self) -> None:
        """End the processes and take the files away."""
        self.runner.run(self.house.close())
        self.runner.close()

    def act(self, flow: Flow) -> bool:
        """Let the first process do something in one transaction; True when that was committed."""
        return self.do(lambda process: flow(process.store))[1]

    def do(self, work: Callable[[Process], Coroutine[Any, Any, Any]], which: int = 0) -> tuple[Any, bool]:
        """Let a process do something: what came of it, and whether a change was committed."""
        return self.runner.run(self.house.do(work, which))

    def audit(self) -> None:
        """Look at everything."""
        self.seen = snapshot(self.house.reading)
        self.books.audit(self.seen, now=self.now, denied=self.house.server.denied)
        judge(self.seen, self.books.newest)
        self._check_mail()
        self.high_water = max(self.high_water, self.now)

    def check_run(self, report: RunReport, healthy: bool) -> None:
        """After a run that came to its end: nobody was forgotten, and nothing was left that could go."""
        if self.now >= self.high_water:
            assert not self.books.overdue(self.seen, self.now)
        if healthy:
            assert not report.trouble, report.trouble
            open_ones = [r for r in self.seen.deliveries.values() if r.status in {"planned", "sending"}]
            held = self.standing_as("held")
            left = [r for r in open_ones if r.issue not in held]
            assert not left, f"left unsent: {left}"

    def come_to_rest(self) -> None:
        """When the server is well and time goes on, all that is owed and wanted arrives."""
        self.end_all_trouble()
        self.now = max(self.now, self.high_water)
        for _ in range(_MOST_ROUNDS):
            self.now += _LONG
            self.run()
            self.resolve_doubts()
            active = [a for a in self.books.accounts.values() if a.standing == "active"]
            open_copies = [r for r in self.seen.deliveries.values() if r.status in INCLUDING - {"sent"}]
            if not open_copies and not any(self.books.owed(a) for a in active):
                break
        else:
            raise AssertionError(f"it never comes to rest: {open_copies}, {active}")
        self._check_arrivals()
        assert self.standing_as("sending", "held", "cancelling") == []
        self._check_explanations()

    def end_all_trouble(self) -> None:
        """The server is well, no process is to die, and nothing is too late."""
        self.house.server.heal()
        for which in (0, 1, 2):
            self.house.process(which).life.fuse = None
        self.limit_lateness(None)

    def standing_as(self, *statuses: str) -> list[int]:
        """The issues that stand so, by id."""
        rows = self.house.reading.execute("SELECT id, status FROM issues ORDER BY id").fetchall()
        return [id_ for id_, status in rows if status in statuses]

    def limit_lateness(self, minutes: int | None, paper: str = "brief") -> None:
        """An issue of this newsletter that is later waits for the next slot; None waits never."""

        async def limit(store: Database) -> None:
            async with store.write() as connection:
                found = await newsletters.by_slug(connection, paper)
                assert found is not None
                await newsletters.save(connection, replace(found, latest_start_minutes=minutes))

        if self.act(limit):
            self.books.too_late.pop(paper, None)
            if minutes is not None:
                self.books.too_late[paper] = minutes

    def keep_quiet(self, ahead: frozenset[int]) -> None:
        """The newsletters do not come on local days so far ahead, and on no others."""
        days = frozenset(self.now.date() + timedelta(days=count) for count in ahead)
        calendar = tuple(QuietDay(day, "A day off") for day in sorted(days))

        async def keep(store: Database) -> None:
            async with store.write() as connection:
                for found in await newsletters.every(connection):
                    await newsletters.save(connection, replace(found, quiet_days=calendar))

        if self.act(keep):
            self.books.quiet = days
            # mails say when the next one is due, so what is printed again says it anew
            self.touched.update(self.books.items)
            for account in self.books.accounts.values():
                # a day that is not quiet any more is owed when it is not past
                account.steady_since = max(account.steady_since, self.now)
        self.audit()

    def run(self, *, stop_after: int | None = None) -> RunReport | None:
        """One run of the first scheduler, stopped gently after some letters; None when it died."""
        healthy = self.house.server.is_healthy
        stop = asyncio.Event()
        if stop_after is not None:
            self.house.server.alarms.append((stop_after, stop.set))
        report: RunReport | None
        report, _ = self.do(lambda process: process.jobs.run(self.now, stop))
        self.audit()
        if report is not None and not stop.is_set():
            self.check_run(report, healthy)
        return report

    def resolve_doubts(self) -> None:
        """A person looks into the server's record and settles every uncertain copy by it."""
        arrived = {taken.delivery_id for taken in self.house.server.accepted}
        for row in self.seen.deliveries.values():
            if row.status == "uncertain":
                came = row.id in arrived
                if self.act(_settling(row.id, came, self.now)) and not came:
                    self.books.did_not_come(row.id, snapshot(self.house.reading))
        self.audit()

    def _check_mail(self) -> None:
        """The server's own record: each mail holds what was planned, and nothing came twice without doubt."""
        for account in self.books.accounts.values():
            self.addresses[account.id].add(account.address)
        accepted = self.house.server.accepted
        for taken in accepted[self._checked :]:
            self._check_content(taken)
        if len(accepted) > self._checked:
            self._check_repeats(accepted)
        self._checked = len(accepted)
        arrived = {taken.delivery_id for taken in accepted}
        for row in self.seen.deliveries.values():
            assert row.status != "sent" or row.id in arrived, f"{row} is sent, the server never took it"

    def _check_content(self, taken: Accepted) -> None:
        row = self.seen.deliveries[taken.delivery_id]
        assert taken.issue_id == row.issue
        marks = {self.numbers[mark]: revision for mark, revision in taken.marks.items()}
        assert marks == self.books.texts_of(row.id), f"the mail of {row} holds {marks}"
        assert taken.recipient in self.addresses[row.subscription]

    def _check_repeats(self, accepted: list[Accepted]) -> None:
        copies: defaultdict[str, list[Accepted]] = defaultdict(list)
        for taken in accepted:
            copies[taken.message_id].append(taken)
        ids: defaultdict[tuple[int, int], set[str]] = defaultdict(set)
        for message_id, same in copies.items():
            assert all(taken.doubtful for taken in same[:-1]), f"{message_id} came again without a doubt"
            row = self.seen.deliveries[same[0].delivery_id]
            bodies = {(taken.recipient, taken.content) for taken in same}
            untouched = not self.touched & {*row.included, *row.deferred}
            untouched = untouched and row.id not in self.books.rewritten
            assert len(bodies) == 1 or len(dict(bodies)) > 1 or not untouched, f"{message_id} changed"
            if not row.ignores_bookmarks:
                for number in row.included:
                    ids[row.subscription, number].add(message_id)
        twice = {key: found for key, found in ids.items() if len(found) > 1}
        assert not twice, f"(subscription, number) came in several mails: {twice}"

    def _check_arrivals(self) -> None:
        """All that the books call included lies in the reader's mailbox."""
        arrived = {taken.delivery_id for taken in self.house.server.accepted}
        for account in self.books.accounts.values():
            for number, delivery in account.carriers.items():
                status = self.seen.deliveries[delivery].status
                assert status == "sent", f"{number} of {account} is {status}"
                assert delivery in arrived

    def _check_explanations(self) -> None:
        """`digest why` says the same as the books, for the first reader and the first items."""
        for account in list(self.books.accounts.values())[:1]:
            for item in list(self.books.items.values())[:5]:
                found, _ = self.do(_explaining(account.address, item.id, self.now))
                mine = next(one for one in found if one.newsletter == account.paper.slug)
                if item.number > account.began_after:
                    assert mine.answer in self._answers(account, item.number), (mine, account)

    def _answers(self, account: Account, number: int) -> set[str]:
        mine = [r for r in self.seen.deliveries.values() if r.subscription == account.id]
        if any(number in row.included and row.status == "sent" for row in mine):
            return {"sent"}
        if number in account.out:
            return {"left-out", "not-delivered"}
        return {"waiting", "left-out", "not-delivered"}


def _settling(delivery_id: int, was_sent: bool, now: datetime) -> Flow:
    by = Actor("Ines", Via.DESK)
    return lambda store: settling.resolve(delivery_id, was_sent=was_sent, by=by, store=store, now=now)


def _explaining(address: str, briefing_id: int, now: datetime) -> Work:
    return lambda process: explain(address, briefing_id, store=process.store, now=now)
