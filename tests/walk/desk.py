"""The desk at which a history is played: every act is done in the real house and entered in the books."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from contextlib import suppress
from datetime import UTC, datetime, time, timedelta
from itertools import count
from typing import Final
from zoneinfo import ZoneInfo

from digest.core.model import DraftBriefing
from digest.errors import InputError
from digest.flows import by_hand, by_link, edit_briefing, readers, stories
from digest.flows.collect import collect
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from subscribers.model import Format, Section
from subscribers.wishes import Wishes
from tests.walk.accounts import Account, Item, Wish
from tests.walk.house import Process
from tests.walk.mailserver import Mood
from tests.walk.model import OneOffAsked
from tests.walk.records import snapshot
from tests.walk.stopping import Stopping
from tests.walk.watch import Flow, Work

#: An item to publish: its section and its topics.
Kind = tuple[str, Collection[str]]
NEWS: Final[Kind] = ("briefing", ("economy",))


class Desk(Stopping):
    """Verbs of a history; each ends with a look at everything."""

    def __init__(self, *, resend_uncertain: bool = True, lanes: int = 2, html: bool = False) -> None:
        super().__init__(resend_uncertain=resend_uncertain, lanes=lanes)
        self._html: Final = html
        self._counted: Final = count(1)
        self._marks: Final[dict[int, int]] = {}

    # --- the newsroom

    def publish(self, *kinds: Kind) -> None:
        """Publish items in one batch."""
        marks = [next(self._counted) for _ in kinds]
        self._published(marks, kinds, self.do(self._publishing(marks, kinds))[1])

    def revise(self, number: int) -> None:
        """The same item comes in again with another text."""
        item = self.books.items[number]
        draft = _draft(self._marks[number], item.section, item.topics, item.revision + 1)
        if self.act(lambda store: collect(Gathered((draft,)), store=store, now=self.now)):
            item.revision += 1
            if not item.retracted:
                self.books.changed(item, "corrected", self.seen)
        self.audit()

    def lift(self, number: int, *, lead: bool, weight: int) -> None:
        """An editor says how much an item matters."""
        self._edited(number, edit_briefing.Edit(lead=lead, weight=weight))
        self.audit()

    def move(self, number: int, kind: Kind) -> None:
        """An editor changes what kind of item it is and what it is about."""
        section, topics = kind
        item = self.books.items[number]
        wish = edit_briefing.Edit(section=Section(section), topics=tuple(sorted(topics)))
        if self._edited(number, wish):
            item.section, item.topics = section, frozenset(topics)
        self.audit()

    def retract(self, number: int) -> None:
        """An editor takes an item back."""
        item = self.books.items[number]
        done = self.act(lambda store: edit_briefing.retract(item.id, store=store, now=self.now))
        if done and not item.retracted:
            self.books.changed(item, "withdrawn", self.seen)
        if done:
            self.books.told_no_more(item, snapshot(self.house.reading))
        self.audit()

    def bring_back(self, number: int) -> None:
        """An editor publishes a retracted item again."""
        id_ = self.books.items[number].id
        if self.act(lambda store: edit_briefing.publish(id_, store=store, now=self.now)):
            # it may tell of the same as what came out meanwhile
            self._see_stories()
            self.books.came_back(self.books.items[number], self.seen)
        self.audit()

    def join_or_split(self, number: int, dice: int) -> None:
        """An editor takes an item out of its story, or says that it tells of the same as some other."""
        # numbers of corrections lie between those of items
        others = list(self.books.items.values())
        item, other = self.books.items[number], others[dice % len(others)]
        if item.story is not None and dice % 3 == 0:
            self.act(lambda store: stories.split(item.id, store=store, now=self.now))
        elif item is not other:
            self.act(lambda store: stories.join([item.id, other.id], store=store, now=self.now))
        self._see_stories()
        self.audit()

    # --- readers

    def add_reader(
        self, wish: Wish | None = None, *, paper: str = "daily", address: str = "", confirmed: bool = True
    ) -> Account | None:
        """Somebody subscribes; None when the process died over it."""
        wish = wish or Wish()
        address = address or f"reader{next(self._counted)}@readers.example"
        new = readers.Enrolment(address, paper, self._wishes(wish), confirmed, "walk")
        if not self.act(lambda store: readers.subscribe(new, store=store, now=self.now)):
            return None
        reach = self._reach(paper)
        (id_,) = self.house.reading.execute("SELECT max(id) FROM subscriptions").fetchone()
        account = Account(
            id=id_,
            paper=self.books.papers[paper],
            address=address,
            standing="active" if confirmed else "pending",
            wish=wish,
            began_after=reach,
            steady_since=self.now,
            cut=reach,
            came_at=self.now if confirmed else None,
        )
        self.books.accounts[id_] = account
        self.audit()
        return account

    def come_back(self, account: Account, wish: Wish, *, confirmed: bool = True) -> None:
        """A reader who left, bounced or never confirmed subscribes again."""
        slug, words = account.paper.slug, self._wishes(wish)
        new = readers.Enrolment(account.address, slug, words, confirmed, "walk again")
        if self.act(lambda store: readers.subscribe(new, store=store, now=self.now)):
            if account.standing != "pending":
                self.books.come_back(account, self._reach(slug))
            account.standing = "active" if confirmed else "pending"
            account.wish, account.steady_since = wish, self.now
            self._came(account, confirmed=confirmed)
        self.audit()

    def rewish(self, account: Account, wish: Wish) -> None:
        """A reader wants something else, or at another time."""
        where, words = (account.address, account.paper.slug), self._wishes(wish)
        if self.act(lambda store: readers.edit(*where, words, store=store, now=self.now)):
            account.wish, account.steady_since = wish, self.now
        self.audit()

    def readdress(self, account: Account) -> None:
        """A reader gets another address, in all newsletters."""
        before, after = account.address, f"moved{next(self._counted)}@readers.example"
        if self.act(
            lambda store: readers.edit(before, None, Wishes(), store=store, now=self.now, new_address=after)
        ):
            for one in self.books.accounts.values():
                one.address = after if one.address == before else one.address
        self.audit()

    def pause(self, account: Account, *, days: int | None = None, catch_up: bool = False) -> None:
        """No mail for some days, or until the reader resumes."""
        if self.act(self._pausing(account, days, catch_up)):
            self._paused(account, days, catch_up)
        self.audit()

    def resume(self, account: Account) -> None:
        """Mail again."""
        where = account.address, account.paper.slug
        if self.act(lambda store: readers.resume(*where, store=store, now=self.now)):
            self.books.resume(account, self.books.newest)
            # a clock that went back owes no day again that counted as served before
            account.steady_since = max(self.now, self.high_water)
        self.audit()

    def leave(self, account: Account) -> None:
        """Unsubscribe."""
        if self.act(self._leaving(account)):
            self.books.leave(account, self.now)
        self.audit()

    def take_back(self, account: Account) -> None:
        """A reader who left undoes that within a week, by the link in the last mail."""
        allowed = account.may_take_back(self.now)
        words: list[bool] = []

        async def undo(store: Database) -> None:
            words.append(await by_link.take_back(account.id, reason="undone", store=store, now=self.now))

        committed = self.act(undo)
        # who died over it after the commit has no answer left to give
        assert words in ([], [allowed])
        if committed and allowed:
            account.standing, account.steady_since = "active", max(self.now, self.high_water)
        self.audit()
        if committed and allowed:
            self._came_back_whole(account)

    # --- clocks, trouble, several at once

    def pass_time(self, leap: timedelta) -> None:
        """The clock goes on, or back."""
        self.now += leap

    def expect(self, *moods: Mood, account: Account | None = None) -> None:
        """How the server treats the next letters, to one reader or to whoever comes."""
        self.house.server.moods["*" if account is None else account.address].extend(moods)

    def doom(self, boundaries: int | None, *, letters: int = 0, which: int = 0) -> None:
        """The process of this place dies between two acts; None lets it live.

        Boundary 0 is the next one, counted from now, or from when so many letters have been sent.
        """
        life = self.house.process(which).life
        if not letters or boundaries is None:
            life.fuse = boundaries
        else:
            self.house.server.alarms.append((letters, lambda: life.burn(boundaries)))

    def run_two(self, aside: Work | None = None) -> bool:
        """Two schedulers at once, and maybe something beside them: whether that was committed."""
        committed = self.runner.run(self._all_at_once(aside))
        if aside is None:
            self.audit()
        return committed

    def run_two_while_publishing(self, *kinds: Kind) -> None:
        """News comes in, item by item, while two schedulers work."""
        marks = [next(self._counted) for _ in kinds]
        one_by_one = [self._publishing([mark], [kind]) for mark, kind in zip(marks, kinds, strict=True)]

        async def publish_all(process: Process) -> None:
            for publish in one_by_one:
                await publish(process)

        self.run_two(publish_all)
        (newest,) = self.house.reading.execute(
            "SELECT value FROM counters WHERE name = 'briefings'"
        ).fetchone()
        came = newest - self.books.newest
        self._published(marks[:came], kinds[:came], True)

    def run_two_while_leaving(self, account: Account) -> None:
        """A reader leaves while two schedulers work."""
        leaving = self._leaving(account)
        if self.run_two(lambda process: leaving(process.store)):
            self.books.leave(account, self.now)
        self.audit()

    def run_two_while_pausing(self, account: Account, *, catch_up: bool) -> None:
        """A reader pauses while two schedulers work."""
        pausing = self._pausing(account, None, catch_up)
        if self.run_two(lambda process: pausing(process.store)):
            self._paused(account, None, catch_up)
        self.audit()

    def run_two_while_rewishing(self, account: Account, wish: Wish) -> None:
        """A reader changes wishes while two schedulers work: they plan by the old ones or the new."""
        where, words = (account.address, account.paper.slug), self._wishes(wish)
        account.wishes.add(account.wish)
        if self.run_two(lambda process: readers.edit(*where, words, store=process.store, now=self.now)):
            account.wish, account.steady_since = wish, self.now
        self.audit()

    # --- editors' hands

    def send_by_hand(
        self,
        *,
        paper: str = "daily",
        to: Sequence[Account] = (),
        chosen: Collection[int] = (),
        since: datetime | None = None,
        ignore_bookmarks: bool = False,
    ) -> None:
        """An editor writes a one-off down; the next run sends it."""
        wish = by_hand.OneOff(
            newsletter=paper,
            to=tuple(account.address for account in to),
            briefing_ids=tuple(self.books.items[number].id for number in sorted(chosen)),
            since=since,
            ignore_bookmarks=ignore_bookmarks,
        )
        first = 0 if since is None else self.books.newest_before(since)
        self.books.one_off = OneOffAsked(frozenset(chosen) if chosen else None, first)
        # refused when nobody would get anything
        with suppress(InputError):
            self.act(lambda store: by_hand.plan_by_hand(wish, store=store, now=self.now))
        self.audit()

    # --- how it is done

    def _came(self, account: Account, *, confirmed: bool = True) -> None:
        if confirmed:
            account.came_at = max(self.now, account.came_at or self.now)

    def _came_back_whole(self, account: Account) -> None:
        """A leaving was undone, and the store has been looked at since."""
        self.books.take_back(account, self.seen)
        self._came(account)

    def _publishing(self, marks: Sequence[int], kinds: Sequence[Kind]) -> Work:
        drafts = tuple(_draft(mark, *kind, 1) for mark, kind in zip(marks, kinds, strict=True))
        return lambda process: collect(Gathered(drafts), store=process.store, now=self.now)

    def _published(self, marks: Sequence[int], kinds: Sequence[Kind], committed: bool) -> None:
        if committed:
            for mark, (section, topics) in zip(marks, kinds, strict=True):
                number = self.books.newest + 1
                query = "SELECT id FROM briefings WHERE number = ?"
                (id_,) = self.house.reading.execute(query, (number,)).fetchone()
                self.books.items[number] = Item(id_, number, section, frozenset(topics), self.now)
                self.numbers[mark], self._marks[number] = number, mark
        self._see_stories()
        self.audit()

    def _see_stories(self) -> None:
        """Enter which items tell of the same event."""
        rows = self.house.reading.execute("SELECT number, story_id FROM briefings WHERE number IS NOT NULL")
        for number, story in rows.fetchall():
            if number in self.books.items:
                self.books.items[number].story = story

    def _edited(self, number: int, wish: edit_briefing.Edit) -> bool:
        id_ = self.books.items[number].id
        self.touched.add(number)
        return self.act(lambda store: edit_briefing.edit(id_, wish, store=store, now=self.now))

    def _wishes(self, wish: Wish) -> Wishes:
        cadence = {"days": wish.days, "at": wish.at, "zone": wish.zone, "at_once": wish.at_once}
        profile = {
            "topics": wish.topics,
            "sections": wish.sections and frozenset(Section(name) for name in wish.sections),
            "max_items": wish.cap,
            "format": Format.HTML if self._html else Format.TEXT,
        }
        return Wishes(cadence, profile)

    def _reach(self, paper: str) -> int:
        return self.books.newest_before(self.now - self.books.papers[paper].reach_back)

    def _pausing(self, account: Account, days: int | None, catch_up: bool) -> Flow:
        until = None if days is None else self.now.date() + timedelta(days=days)
        where = account.address, account.paper.slug
        return lambda store: readers.pause(*where, until=until, catch_up=catch_up, store=store, now=self.now)

    def _paused(self, account: Account, days: int | None, catch_up: bool) -> None:
        until = None
        if days is not None:
            day = self.now.date() + timedelta(days=days)
            until = datetime.combine(day, time.min, ZoneInfo(account.wish.zone)).astimezone(UTC)
        self.books.pause(account, until, catch_up=catch_up)

    def _leaving(self, account: Account) -> Flow:
        where = account.address, account.paper.slug
        return lambda store: readers.unsubscribe(*where, reason="enough", store=store, now=self.now)

    async def _all_at_once(self, aside: Work | None) -> bool:
        runs = [
            self.house.do(lambda process: process.jobs.run(self.now, asyncio.Event()), which)
            for which in (0, 1)
        ]
        others = [] if aside is None else [self.house.do(aside, 2)]
        found = await asyncio.gather(*runs, *others, return_exceptions=True)
        for one in found:
            if isinstance(one, BaseException):
                raise one
        return bool(others) and bool(found[-1][1])  # type: ignore[index]


def _draft(mark: int, section: str, topics: Collection[str], revision: int) -> DraftBriefing:
    """An item that carries its mark in the text, where only its own mail shows it.

    Some tell in two newspapers of the same event.
    """
    title, first = f"Item {mark}", ""
    if mark % 4 < 2:
        event = "".join("abcdefghij"[int(figure)] * 2 for figure in str(mark // 4))
        title = f"Fire in Port-{event} stops {117 + 13 * (mark // 4)} ships of Kel{event} Lines"
        first = f"{title}. "
    return DraftBriefing(
        title=title,
        paragraphs=(f"{first}Mark{mark}r{revision}m is what this one says.",),
        section=Section(section),
        topics=tuple(sorted(topics)),
        source=("The Gazette", "The Courier")[mark % 2],
    )
