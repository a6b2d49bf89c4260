"""The small model: what each subscription is owed, kept in books of its own from what was asked for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.walk.records import INCLUDING, Reader, Row, Snapshot

DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WEEK: Final = timedelta(days=7)
#: Near a change of clocks a slot may come a little later than its wall time says.
_PATIENCE: Final = timedelta(hours=2)


@dataclass
class Item:
    """A published briefing."""

    id: int
    number: int
    section: str
    topics: frozenset[str]
    published_at: datetime
    #: of its text
    revision: int = 1
    retracted: bool = False


@dataclass(frozen=True)
class Wish:
    """What a reader asked for; None takes everything."""

    topics: frozenset[str] | None = None
    sections: frozenset[str] | None = None
    cap: int | None = None
    days: tuple[str, ...] = DAYS
    at: time = time(7)
    zone: str = "UTC"
    at_once: bool = False


@dataclass(frozen=True)
class Paper:
    """What a newsletter carries."""

    slug: str
    sections: frozenset[str]
    cap: int | None
    reach_back: timedelta

    def cap_for(self, wish: Wish) -> int:
        return min(self.cap or 10**6, wish.cap or 10**6)

    def why_not(self, item: Item, wish: Wish) -> set[str]:
        """Every reason for which this item is not for this wish."""
        reasons = {
            "retracted": item.retracted,
            "section-not-carried": item.section not in self.sections,
            "section-not-chosen": wish.sections is not None and item.section not in wish.sections,
            "topic-not-followed": wish.topics is not None and not item.topics & wish.topics,
        }
        return {reason for reason, holds in reasons.items() if holds}


@dataclass
class Account:
    """One subscription: all it was promised is owed, until a copy includes it or a reason keeps it out."""

    id: int
    paper: Paper
    address: str
    standing: str
    wish: Wish
    began_after: int
    #: nothing about its calendar or standing has changed since
    steady_since: datetime
    #: all up to here was decided by a regular issue or a gap
    cut: int
    #: delivery by number
    carriers: dict[int, int] = field(default_factory=dict)
    #: reason by number
    out: dict[int, str] = field(default_factory=dict)
    away_after: int | None = None
    paused_until: datetime | None = None
    #: wishes that held at some time during the last step
    wishes: set[Wish] = field(default_factory=set)
    last_day: date = date.min
    #: the standing before leaving, and when that was
    left_from: str = ""
    left_at: datetime | None = None
    #: when it last began, or came back in any way but out of a pause
    came_at: datetime | None = None
    #: the subscriptions that were left with it at one word
    left_together: tuple[int, ...] = ()

    def may_take_back(self, now: datetime) -> bool:
        """True for a week after leaving, for one who had agreed to mail."""
        agreed = self.left_from in {"active", "paused", "bouncing"}
        return self.standing == "left" and agreed and self.left_at is not None and now - self.left_at <= WEEK


@dataclass(frozen=True)
class OneOffAsked:
    """What an editor sent by hand."""

    chosen: frozenset[int] | None
    since: int


class Books:
    """The accounts of all subscriptions; every word of the store is checked against them."""

    def __init__(self, papers: Iterable[Paper]) -> None:
        self.papers: Final = {paper.slug: paper for paper in papers}
        self.items: Final[dict[int, Item]] = {}
        self.accounts: Final[dict[int, Account]] = {}
        self.statuses: Final[dict[int, str]] = {}
        #: revision by number, of each delivery as it was planned
        self.pinned: Final[dict[int, dict[int, int]]] = {}
        self.one_off: OneOffAsked | None = None
        #: so many minutes after its slot an issue is too late, by newsletter
        self.too_late: Final[dict[str, int]] = {}
        #: refused deliveries that a person had tried again
        self.retried: Final[set[int]] = set()
        #: skipped deliveries of readers who took their leaving back
        self.returned: set[int] = set()

    @property
    def newest(self) -> int:
        return len(self.items)

    def newest_before(self, instant: datetime) -> int:
        return max((i.number for i in self.items.values() if i.published_at < instant), default=0)

    def owed(self, account: Account, upto: int | None = None) -> set[int]:
        """What this subscription was promised and neither got nor was told why not."""
        last = self.newest if upto is None else upto
        promised = range(account.began_after + 1, last + 1)
        return {n for n in promised if n not in account.carriers and n not in account.out}

    # --- what readers do

    def begin(self, account: Account) -> None:
        self.accounts[account.id] = account

    def come_back(self, account: Account, reach: int) -> None:
        """What had been decided, or is older than a first issue would reach, is not owed any more."""
        cut = max(account.cut, reach)
        account.out |= dict.fromkeys(self.owed(account, cut), f"gap: {account.standing}")
        account.cut, account.standing = cut, "active"
        account.away_after = account.paused_until = None

    def pause(self, account: Account, until: datetime | None, *, catch_up: bool) -> None:
        kept = account.away_after if account.away_after is not None else self.newest
        account.away_after = None if catch_up else kept
        account.standing, account.paused_until = "paused", until

    def resume(self, account: Account, newest: int) -> None:
        """Without catching up, what was published during the pause is left out; the rest stays owed."""
        if account.away_after is not None and newest > account.away_after:
            missed = {n for n in self.owed(account, newest) if n > account.away_after}
            account.out |= dict.fromkeys(missed, "gap: paused")
            account.cut = max(account.cut, newest)
        account.standing = "active"
        account.away_after = account.paused_until = None

    def leave(self, account: Account, now: datetime) -> None:
        account.left_from, account.left_at = account.standing, now
        account.standing = "left"
        account.away_after = account.paused_until = None

    def take_back(self, account: Account, seen: Snapshot) -> None:
        """The reader is back as if not gone: no copy stays skipped for the leaving."""
        mine = [row for row in seen.deliveries.values() if row.subscription == account.id]
        kept = [row for row in mine if (row.status, row.reason) == ("skipped", "left")]
        since = account.came_at
        wrong = [row for row in kept if since is not None and row.planned_at >= since]
        assert not wrong, f"{wrong} is not owed again, though the leaving was undone"

    # --- what the store says

    def audit(self, seen: Snapshot, *, now: datetime, denied: set[str]) -> None:
        """Take the new rows into the books and see that store and books agree in everything."""
        numbers = sorted(number for number, _status in seen.briefings.values() if number is not None)
        assert numbers == list(range(1, self.newest + 1)), f"numbers have gaps: {numbers}"
        assert seen.readers.keys() == self.accounts.keys()
        for account in self.accounts.values():
            account.wishes.add(account.wish)
            self._stand(account, seen.readers[account.id], now, denied)
        for row in seen.deliveries.values():
            if row.id not in self.statuses:
                self._planned(row, seen)
        for row in seen.deliveries.values():
            self._moved_on(row)
        for account in self.accounts.values():
            self._agree(account, seen.readers[account.id])
            account.wishes = {account.wish}

    def _stand(self, account: Account, reader: Reader, now: datetime, denied: set[str]) -> None:
        until = account.paused_until
        # who bounces now was sent to again, so the pause had ended before
        is_back = reader.standing in {"active", "bouncing"}
        if account.standing == "paused" and is_back and until and until <= now:
            self.resume(account, self.newest_before(until))
            # slots since then are owed, however late the pause was seen to be over
            account.steady_since = max(account.steady_since, until)
        if reader.standing == "bouncing" and account.standing in {"active", "paused"}:
            assert account.address in denied, f"{account.address} bounces, but the server never said so"
            account.standing = "bouncing"
        assert reader.standing == account.standing, (reader, account)

    def _planned(self, row: Row, seen: Snapshot) -> None:
        """A new copy: it decides exactly what was owed, and rightly so."""
        account = self.accounts[row.subscription]
        self.statuses[row.id] = "planned"
        self.pinned[row.id] = {n: self.items[n].revision for n in row.included}
        if row.skip == "too-late" or row.ignores_bookmarks:
            assert row.ignores_bookmarks or self._is_late(row), row
            return
        for number in row.decided & account.carriers.keys():
            # what an earlier copy gave back in the same step was free again for this one
            earlier = seen.deliveries[account.carriers[number]]
            assert earlier.gave_back, f"{number} is in delivery {earlier.id} and again in {row.id}"
            self._moved_on(earlier)
        if row.cadence is None:
            self._check_one_off(account, row)
        else:
            self._check_regular(account, row)
            account.out |= dict.fromkeys(row.left_out, "left out")
            account.cut = row.cut
        account.carriers |= dict.fromkeys(row.included, row.id)

    def _is_late(self, row: Row) -> bool:
        minutes = self.too_late.get(self.accounts[row.subscription].paper.slug)
        return minutes is not None and row.planned_at - row.due_at > timedelta(minutes=minutes)

    def _check_regular(self, account: Account, row: Row) -> None:
        assert row.at_once or not self._is_late(row), f"{row} went out too late"
        owed = self.owed(account, row.cut)
        assert row.decided == owed, f"{row} decides {row.decided}, owed were {owed}"
        assert account.cut <= row.cut <= self.newest
        wishes = [w for w in account.wishes if (w.topics, w.sections, w.cap) == _profile(row)]
        assert wishes, f"{row} was planned for wishes that the reader did not have"
        wish = wishes[0]
        for number in (*row.included, *row.deferred):
            assert not account.paper.why_not(self.items[number], wish), f"{row} has {number} against the wish"
        for number, reason in row.left_out.items():
            assert reason in account.paper.why_not(self.items[number], wish), f"{row}: {number} {reason}"
        cap = account.paper.cap_for(wish)
        assert len(row.included) == min(cap, len(row.included) + len(row.deferred)), row
        skip = None if row.included else "nothing-wanted" if owed else "nothing-new"
        assert row.skip == skip, row
        if row.takes_the_day:
            assert row.day > account.last_day, f"a second issue on the local day {row.day}: {row}"
            account.last_day = row.day

    def _check_one_off(self, account: Account, row: Row) -> None:
        asked = self.one_off
        assert asked is not None
        owed = {n for n in self.owed(account) if n > asked.since and not self.items[n].retracted}
        if asked.chosen is not None:
            wanted = owed & asked.chosen
        else:
            wanted = {n for n in owed if not account.paper.why_not(self.items[n], account.wish)}
        assert set(row.included) == wanted, f"{row} by hand, wanted were {wanted}"

    def _moved_on(self, row: Row) -> None:
        before, after = self.statuses[row.id], row.status
        returned = after == "skipped" and row.reason == "left-and-came-back"
        if before == after and not (returned and row.id not in self.returned):
            return
        self.statuses[row.id] = after
        self.returned |= {row.id} if returned else set()
        again = before == "refused" and row.id in self.retried
        assert before in INCLUDING - {"sent"} or again or returned, f"{row} was settled as {before}"
        if row.skip is not None or row.ignores_bookmarks:
            return
        account = self.accounts[row.subscription]
        if returned and row.gave_back:
            account.out = {n: why for n, why in account.out.items() if n not in row.included}
        if again:
            account.carriers |= dict.fromkeys(row.included, row.id)
            account.out = {n: why for n, why in account.out.items() if n not in row.included}
        if after not in INCLUDING:
            account.carriers = {n: d for n, d in account.carriers.items() if d != row.id}
        if after not in INCLUDING and not row.gave_back:
            account.out |= dict.fromkeys(row.included, f"{after}: {row.reason}")

    def _agree(self, account: Account, reader: Reader) -> None:
        owed = self.owed(account)
        said = reader.owes(self.newest)
        assert said == owed, f"{reader} owes {said}, by the books {owed}: {account}"
        assert reader.cut == account.cut, (reader, account)
        assert reader.address == account.address
        assert reader.began_after == account.began_after

    def overdue(self, seen: Snapshot, now: datetime) -> list[str]:
        """Readers whose newest slot came and who have no row for it, after a run in which all went well."""
        found = []
        for account in self.accounts.values():
            if account.standing != "active":
                continue
            if account.wish.at_once and account.cut < self.newest:
                found.append(f"news at once did not come to {account}")
            day = _newest_slot_day(account.wish, now - _PATIENCE, account.steady_since)
            mine = [row for row in seen.deliveries.values() if row.subscription == account.id]
            days = {row.day for row in mine if row.takes_the_day}
            if not account.wish.at_once and day is not None and max(days, default=date.min) < day:
                found.append(f"the slot of {day} has no row for {account}")
        return found


def judge(seen: Snapshot, newest: int) -> None:
    """The rule itself, from rows alone: included exactly once, or still owed, or left out for a reason."""
    for reader in seen.readers.values():
        mine = [r for r in seen.deliveries.values() if r.subscription == reader.id]
        mine = [r for r in mine if not r.ignores_bookmarks]
        owed = reader.owes(newest)
        for number in range(reader.began_after + 1, newest + 1):
            including = [r.id for r in mine if number in r.included and r.status in INCLUDING]
            where = f"number {number} of {reader}"
            assert len(including) <= 1, f"{where} is in {including}"
            assert not (including and number in owed), f"{where} is in {including} and owed again"
            kept_out = any(number in r.left_out and r.cadence is not None for r in mine)
            not_sent = any(number in r.included and r.status in {"refused", "skipped"} for r in mine)
            gap = any(gap.holds(number) for gap in reader.gaps)
            assert including or number in owed or kept_out or not_sent or gap, f"{where} is lost"


def _profile(row: Row) -> tuple[frozenset[str] | None, frozenset[str] | None, int | None]:
    return row.topics, row.sections, row.max_items


def _newest_slot_day(wish: Wish, now: datetime, after: datetime) -> date | None:
    """The local day of the last slot in (after, now], counted back day by day on the wall calendar."""
    zone = ZoneInfo(wish.zone)
    day = now.astimezone(zone).date() + timedelta(days=1)
    for _ in range(70):
        due = datetime.combine(day, wish.at, zone).astimezone(UTC)
        falls = day.day == 1 if wish.days == ("monthly",) else DAYS[day.weekday()] in wish.days
        if falls and due <= now:
            return day if due > after else None
        day -= timedelta(days=1)
    return None
