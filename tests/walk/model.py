"""The small model: what each subscription is owed, kept in books of its own from what was asked for."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from tests.walk.accounts import Account, Change, Item, Paper
from tests.walk.accounts import Wish as Wish
from tests.walk.records import INCLUDING, Reader, Row, Snapshot

#: Near a change of clocks a slot may come a little later than its wall time says.
_PATIENCE: Final = timedelta(hours=2)


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
        self.changes: Final[dict[int, Change]] = {}
        self.accounts: Final[dict[int, Account]] = {}
        self.statuses: Final[dict[int, str]] = {}
        #: revision by number, of each delivery as it was planned
        self.pinned: Final[dict[int, dict[int, int]]] = {}
        self.one_off: OneOffAsked | None = None
        #: so many minutes after its slot an issue is too late, by newsletter
        self.too_late: Final[dict[str, int]] = {}
        #: local days on which the newsletters do not come
        self.quiet: frozenset[date] = frozenset()
        #: refused deliveries that a person had tried again
        self.retried: Final[set[int]] = set()
        #: deliveries that were made anew after they had been planned
        self.rewritten: Final[set[int]] = set()
        #: skipped deliveries of readers who took their leaving back
        self.returned: set[int] = set()

    @property
    def newest(self) -> int:
        return len(self.items) + len(self.changes)

    def item_of(self, number: int) -> Item:
        """The item that comes, or is told of, under a number."""
        return self.changes[number].item if number in self.changes else self.items[number]

    def numbers_of(self, item: Item) -> set[int]:
        """Every number under which the item was printed."""
        return {item.number, *(n for n, change in self.changes.items() if change.item is item)}

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
        cut = account.anew_upto = max(account.cut, reach)
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
            mine = {n for n, change in self.changes.items() if account.id in change.readers}
            owed = self.owed(account, newest) - mine
            # the changes of what the reader has not had only pass by
            missed = {n for n in owed if n > account.away_after or n in self.changes}
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

    # --- what editors do

    def changed(self, item: Item, kind: str, seen: Snapshot) -> None:
        """The text of an item is another from now on, or withdrawn: who may have had the old one is told."""
        if kind == "withdrawn":
            item.retracted, item.taken_back_at = True, item.revision
            # such a copy named it among what comes later
            self.rewritten.update(r.id for r in seen.deliveries.values() if item.number in r.deferred)
        numbers = self.numbers_of(item)
        had: set[int] = set()
        for row in seen.deliveries.values():
            pinned = self.pinned[row.id]
            old = {n for n in numbers & pinned.keys() if kind == "withdrawn" or pinned[n] < item.revision}
            if old and row.may_have_come:
                had.add(row.subscription)
            if old and row.can_change and kind == "corrected":
                # a correction that waits is not told in new words: the next one is told in its place
                pinned.update(dict.fromkeys(old & self.items.keys(), item.revision))
                self.rewritten.add(row.id)
        if had:
            number = self.newest + 1
            self.changes[number] = Change(number, item, kind, had)

    def came_back(self, item: Item, seen: Snapshot) -> None:
        """What was withdrawn is public again, perhaps in another text."""
        was_retracted, item.retracted = item.retracted, False
        if not was_retracted:
            return
        if item.revision > item.taken_back_at:
            self.changed(item, "corrected", seen)
        told = [n for n, change in self.changes.items() if change.item is item and change.kind == "corrected"]
        for number in (item.number, *told[-1:]):
            self._owe_again(number, seen)

    def told_no_more(self, gone: Item, seen: Snapshot, among: Set[int] | None = None) -> None:
        """What had told of an event for others that are public again is out of the copies that can change."""
        for number, item in self.items.items():
            if item.story is not None and item.story == gone.story and not item.retracted:
                self._owe_again(number, seen, beside={gone.number}, among=among)

    def did_not_come(self, delivery: int, seen: Snapshot) -> None:
        """A copy in doubt has not arrived: what it lost meanwhile is no longer excused by it."""
        reasons = seen.deliveries[delivery].left_out
        for number in [n for n, reason in reasons.items() if reason == "retracted-in-doubt"]:
            if self.item_of(number).retracted:
                self.told_no_more(self.item_of(number), seen, {delivery})
            else:
                self._owe_again(number, seen, among={delivery})

    def _owe_again(
        self, number: int, seen: Snapshot, beside: Set[int] = frozenset(), among: Set[int] | None = None
    ) -> None:
        """Whose copy left it out while it was taken back, and has it in no other, gets it after all.

        With `beside`, where the copy left that out as well; with `among` if it is one of these.
        """
        brought = {
            row.subscription
            for row in seen.deliveries.values()
            # what was refused may be tried again
            if number in row.included and (row.status in INCLUDING | {"refused"} or row.doubts)
        }
        for row in seen.deliveries.values():
            if among is not None and row.id not in among:
                continue
            account = self.accounts[row.subscription]
            is_over = number <= account.anew_upto
            is_told = number in self.items and self._told_already(number, row)
            passed = {number, *beside} <= row.taken_out and not row.ignores_bookmarks
            if passed and not is_over and not is_told and account.id not in brought:
                account.out.pop(number, None)

    def texts_of(self, delivery: int) -> dict[int, int]:
        """The revision of each text that a copy prints, by the number under which the item came out."""
        pinned = self.pinned[delivery]
        withdrawn = {n for n, change in self.changes.items() if change.kind == "withdrawn"}
        return {self.item_of(n).number: revision for n, revision in pinned.items() if n not in withdrawn}

    def why_not_told(self, change: Change, row: Row, account: Account) -> set[str]:
        """Every reason for which a change is not told in a copy."""
        others = [self.changes[n] for n in self.numbers_of(change.item) & self.changes.keys()]
        # of a withdrawal that was undone nobody is told
        standing = [one for one in others if one.kind != "withdrawn" or change.item.retracted]
        later = any(one.number > change.number for one in standing)
        back = change.kind == "withdrawn" and not change.item.retracted
        reasons = {
            "text-not-had": account.id not in change.readers or change.item.number in row.decided,
            "corrected-again": later or back,
            "retracted": change.item.retracted and change.kind == "corrected",
        }
        return {reason for reason, holds in reasons.items() if holds}

    # --- what the store says

    def audit(self, seen: Snapshot, *, now: datetime, denied: set[str]) -> None:
        """Take the new rows into the books and see that store and books agree in everything."""
        numbers = sorted(number for number, _status in seen.briefings.values() if number is not None)
        numbers = sorted([*numbers, *seen.corrections])
        assert numbers == list(range(1, self.newest + 1)), f"numbers have gaps: {numbers}"
        for number, (briefing, kind, _readers) in seen.corrections.items():
            change = self.changes[number]
            assert (briefing, kind) == (change.item.id, change.kind)
        assert seen.readers.keys() == self.accounts.keys()
        for account in self.accounts.values():
            account.wishes.add(account.wish)
            self._stand(account, seen.readers[account.id], now, denied)
        for row in seen.deliveries.values():
            if row.id not in self.statuses:
                self._planned(row, seen)
            elif self.pinned[row.id].keys() != set(row.included):
                self._pulled(row, seen)
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
        self.pinned[row.id] = {n: self.item_of(n).revision for n in row.included}
        assert row.skip != "too-late" or row.ignores_bookmarks or self._is_late(row), row
        if row.ignores_bookmarks or row.skip == "too-late" or (row.skip == "cancelled" and not row.at_once):
            return
        # what an earlier copy gave back in the same step was free again for this one
        for number in sorted(row.decided):
            if number not in account.carriers:
                continue
            earlier = seen.deliveries[account.carriers[number]]
            assert earlier.gave_back, f"{number} is in delivery {earlier.id} and again in {row.id}"
            self._moved_on(earlier)
        if row.cadence is None:
            self._check_one_off(account, row)
            account.out |= dict.fromkeys(row.same_story, "left out")
        else:
            self._check_regular(account, row)
            account.out |= dict.fromkeys(row.left_out, "left out")
            account.cut = row.cut
        account.carriers |= dict.fromkeys(row.included, row.id)

    def _pulled(self, row: Row, seen: Snapshot) -> None:
        """What was taken back is not in the copy any more, and the copy says so."""
        gone = self.pinned[row.id].keys() - set(row.included)
        assert gone, f"{row} has more than was planned"
        account = self.accounts[row.subscription]
        for heir in set(row.included) - self.pinned[row.id].keys():
            same = {self.items[n].story for n in gone & self.items.keys()}
            assert self.items[heir].story in same - {None}, f"{heir} came into {row} in the place of nothing"
            self.pinned[row.id][heir] = self.items[heir].revision
            if not row.ignores_bookmarks:
                assert account.out.pop(heir) == "left out"
                account.carriers[heir] = row.id
        for number in gone:
            retracted = {"retracted", *(["retracted-in-doubt"] if row.doubts else [])}
            reasons = {"corrected-again"} | (retracted if self.item_of(number).retracted else set())
            assert row.left_out[number] in reasons, f"{number} vanished from {row}"
            if row.left_out[number] == "corrected-again":
                change = self.changes[number]
                assert "corrected-again" in self.why_not_told(change, row, account), f"{number} of {row}"
            del self.pinned[row.id][number]
            if account.carriers.get(number) == row.id:
                del account.carriers[number]
                account.out[number] = "left out"
        for number in gone & self.items.keys():
            # it may have been on the wire, and so have lost it later than others
            self.told_no_more(self.items[number], seen, {row.id})
        self.rewritten.add(row.id)

    def _is_late(self, row: Row) -> bool:
        minutes = self.too_late.get(self.accounts[row.subscription].paper.slug)
        return minutes is not None and row.planned_at - row.due_at > timedelta(minutes=minutes)

    def _check_regular(self, account: Account, row: Row) -> None:
        # in another round of a cancelled issue nothing comes: its day may have become quiet since
        assert row.skip == "cancelled" or row.day not in self.quiet, f"{row} came on a quiet day"
        assert row.at_once or not self._is_late(row), f"{row} went out too late"
        owed = self.owed(account, row.cut)
        assert row.decided == owed, f"{row} decides {row.decided}, owed were {owed}"
        assert account.cut <= row.cut <= self.newest
        wishes = [w for w in account.wishes if (w.topics, w.sections, w.cap) == _profile(row)]
        assert wishes, f"{row} was planned for wishes that the reader did not have"
        wish = wishes[0]
        for number in (*row.included, *row.deferred):
            assert not self._why_not(number, row, account, wish), f"{row} has {number} against the wish"
        for number, reason in row.left_out.items():
            assert reason in self._why_not(number, row, account, wish), f"{row}: {number} {reason}"
        cap = account.paper.cap_for(wish)
        news = len(self.items.keys() & set(row.included))
        if row.skip == "cancelled" and not news:
            return
        assert news == min(cap, news + len(row.deferred)), row
        passing = {n for n, reason in row.left_out.items() if reason == "text-not-had"}
        skip = None if row.included else "nothing-wanted" if owed - passing else "nothing-new"
        assert row.skip == skip, row
        if row.takes_the_day:
            assert row.day > account.last_day, f"a second issue on the local day {row.day}: {row}"
            account.last_day = row.day

    def _why_not(self, number: int, row: Row, account: Account, wish: Wish) -> set[str]:
        if number in self.changes:
            return self.why_not_told(self.changes[number], row, account)
        return account.paper.why_not(self.items[number], wish) or self._told_already(number, row)

    def _told_already(self, number: int, row: Row) -> set[str]:
        """That another item of its story is in the copy."""
        story = self.items[number].story
        others = self.items.keys() & set(row.included) - {number}
        is_told = story is not None and any(self.items[n].story == story for n in others)
        return {"same-story"} if is_told else set()

    def _check_one_off(self, account: Account, row: Row) -> None:
        asked = self.one_off
        assert asked is not None
        owed = {n for n in self.owed(account) & self.items.keys() if n > asked.since}
        owed = {n for n in owed if not self.items[n].retracted}
        if asked.chosen is not None:
            wanted = owed & asked.chosen
        else:
            wanted = {n for n in owed if not account.paper.why_not(self.items[n], account.wish)}
            assert all(self._told_already(n, row) for n in row.same_story), row
            assert not any(self._told_already(n, row) for n in row.included), row
            wanted -= row.same_story
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
            today = now.astimezone(ZoneInfo(account.wish.zone)).date()
            if account.wish.at_once and account.cut < self.newest and today not in self.quiet:
                found.append(f"news at once did not come to {account}")
            day = account.wish.newest_slot_day(now - _PATIENCE, account.steady_since, self.quiet)
            mine = [row for row in seen.deliveries.values() if row.subscription == account.id]
            days = {row.day for row in mine if row.takes_the_day}
            if not account.wish.at_once and day is not None and max(days, default=date.min) < day:
                found.append(f"the slot of {day} has no row for {account}")
        return found


def _profile(row: Row) -> tuple[frozenset[str] | None, frozenset[str] | None, int | None]:
    return row.topics, row.sections, row.max_items
