"""Random histories on real parts, and how they are played."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.walk.accounts import Account, Item, Wish
from tests.walk.chances import (
    DAY,
    DEATHS,
    EDITS,
    HOUR,
    KINDS,
    LEAPS,
    MOODS,
    NEWS,
    ONE,
    PAPERS,
    PAUSES,
    QUIET,
    STOPS,
    WISHES,
    Death,
)
from tests.walk.desk import Desk, Kind
from tests.walk.mailserver import Mood


class History(RuleBasedStateMachine):
    """One newsroom, its readers, its schedulers, a mail server and a clock; anything may happen next."""

    desk: Desk
    #: at which all of it is played
    kind_of_desk: Callable[..., Desk] = Desk

    @initialize(
        resend=st.sampled_from([True, True, False]),
        lanes=st.integers(1, 3),
        html=st.sampled_from([False] * 19 + [True]),
        first=st.lists(st.tuples(PAPERS, WISHES), min_size=2, max_size=4),
        news=NEWS,
        dice=st.integers(0, 2**16),
        limit=st.sampled_from([None, None, 180]),
    )
    def begin(
        self,
        resend: bool,
        lanes: int,
        html: bool,
        first: list[tuple[str, Wish]],
        news: list[Kind],
        dice: int,
        limit: int | None,
    ) -> None:
        self.desk = self.kind_of_desk(resend_uncertain=resend, lanes=lanes, html=html)
        self.desk.house.pace.draw(dice)
        self.desk.limit_lateness(limit)
        self.sound = True
        for paper, wish in first:
            self.done(self.desk.add_reader, wish, paper=paper)
        self.done(self.desk.publish, *news)

    def teardown(self) -> None:
        """However the history went, it comes to rest."""
        if not hasattr(self, "desk"):
            return
        try:
            if self.sound:
                self.desk.come_to_rest()
        finally:
            self.desk.close()

    def done(self, act: Callable[..., Any], *values: Any, **named: Any) -> None:
        self.sound = False
        act(*values, **named)
        self.sound = True

    # --- days

    @rule(news=NEWS, leap=LEAPS)
    def a_good_day(self, news: list[Kind], leap: timedelta) -> None:
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.done(self.desk.run)

    @rule(news=NEWS, leap=LEAPS, moods=MOODS, later=PAUSES, then=st.just([]) | MOODS, one=st.none() | ONE)
    def a_day_of_trouble(
        self,
        news: list[Kind],
        leap: timedelta,
        moods: list[Mood],
        later: timedelta,
        then: list[Mood],
        one: int | None,
    ) -> None:
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.desk.expect(*moods, account=None if one is None else self.account(one))
        self.done(self.desk.run)
        self.desk.pass_time(later)
        self.desk.house.server.is_down = False
        self.desk.expect(*then)
        self.done(self.desk.run)
        self.desk.house.server.heal()

    @rule(
        news=NEWS,
        leap=LEAPS,
        act=st.sampled_from(["pause", "leave", "readdress", "rewish", "come and go", "nothing"]),
        one=ONE,
        later=PAUSES,
        wish=WISHES,
        catch_up=st.booleans(),
    )
    def a_day_when_the_server_is_down(
        self,
        news: list[Kind],
        leap: timedelta,
        act: str,
        one: int,
        later: timedelta,
        wish: Wish,
        catch_up: bool,
    ) -> None:
        """What happens to readers between the planning of their copies and the sending."""
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.desk.house.server.is_down = True
        self.done(self.desk.run)
        if act != "nothing" and self.standing("active"):
            account = self.account(one, "active")
            if act == "pause":
                self.done(self.desk.pause, account, catch_up=catch_up)
            if act in {"leave", "come and go"}:
                self.done(self.desk.leave, account)
            if act == "readdress":
                self.done(self.desk.readdress, account)
            if act == "rewish":
                self.done(self.desk.rewish, account, wish)
        self.desk.pass_time(later)
        self.desk.house.server.heal()
        self.done(self.desk.run)
        if act == "come and go" and self.standing("left"):
            self.done(self.desk.take_back, self.account(one, "left"))

    @rule(news=NEWS, leap=LEAPS, moods=st.just([]) | MOODS, death=DEATHS, stop=st.none() | st.integers(1, 3))
    def a_day_of_crashes(
        self, news: list[Kind], leap: timedelta, moods: list[Mood], death: Death, stop: int | None
    ) -> None:
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.desk.expect(*moods)
        self.doom(death, 0)
        self.done(self.desk.run, stop_after=stop)
        self.desk.house.server.heal()

    @rule(news=NEWS, leap=LEAPS, deaths=st.tuples(DEATHS, DEATHS))
    def a_day_with_two_schedulers(
        self, news: list[Kind], leap: timedelta, deaths: tuple[Death, Death]
    ) -> None:
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.doom(deaths[0], 0)
        self.doom(deaths[1], 1)
        self.done(self.desk.run_two)

    @rule(
        leap=LEAPS,
        moods=st.just([]) | MOODS,
        aside=st.sampled_from(["publishing", "leaving", "pausing", "rewishing"]),
        one=ONE,
        wish=WISHES,
        news=NEWS,
        catch_up=st.booleans(),
    )
    def a_day_of_races(
        self,
        leap: timedelta,
        moods: list[Mood],
        aside: str,
        one: int,
        wish: Wish,
        news: list[Kind],
        catch_up: bool,
    ) -> None:
        self.desk.pass_time(leap)
        self.desk.expect(*moods)
        if aside == "publishing" or not self.standing("active"):
            return self.done(self.desk.run_two_while_publishing, *news)
        account = self.account(one, "active")
        if aside == "leaving":
            return self.done(self.desk.run_two_while_leaving, account)
        if aside == "pausing":
            return self.done(self.desk.run_two_while_pausing, account, catch_up=catch_up)
        return self.done(self.desk.run_two_while_rewishing, account, wish)

    @rule(leap=LEAPS)
    def pass_time(self, leap: timedelta) -> None:
        self.desk.pass_time(leap)

    @rule()
    def run_again(self) -> None:
        self.done(self.desk.run)

    # --- the newsroom

    @rule(one=ONE, what=st.sampled_from(EDITS), kind=KINDS, lead=st.booleans())
    def edit(self, one: int, what: str, kind: Kind, lead: bool) -> None:
        if not self.desk.books.items:
            return
        item = self.item(one)
        if what == "revise":
            self.done(self.desk.revise, item.number)
        elif what == "move":
            self.done(self.desk.move, item.number, kind)
        elif what == "join":
            self.done(self.desk.join_or_split, item.number, one // 7)
        elif what == "lift":
            self.done(self.desk.lift, item.number, lead=lead, weight=one % 3)
        else:
            self.done(self.desk.bring_back if item.retracted else self.desk.retract, item.number)

    @rule(
        paper=PAPERS,
        whom=st.lists(ONE, max_size=2),
        chosen=st.lists(ONE, max_size=3),
        reach=st.none() | st.sampled_from([HOUR, 2 * DAY]),
        ignore=st.sampled_from([False, False, False, True]),
        runs=st.booleans(),
    )
    def send_by_hand(
        self,
        paper: str,
        whom: list[int],
        chosen: list[int],
        reach: timedelta | None,
        ignore: bool,
        runs: bool,
    ) -> None:
        active = [account for account in self.standing("active") if account.paper.slug == paper]
        self.done(
            self.desk.send_by_hand,
            paper=paper,
            to=[active[one % len(active)] for one in whom] if active else [],
            chosen={self.item(one).number for one in chosen} if self.desk.books.items else set(),
            since=None if reach is None else self.desk.now - reach,
            ignore_bookmarks=ignore,
        )
        if runs:
            self.done(self.desk.run)

    @rule(news=NEWS, leap=LEAPS, act=STOPS, one=ONE, later=PAUSES, on=st.booleans())
    def a_day_that_is_stopped(
        self, news: list[Kind], leap: timedelta, act: str, one: int, later: timedelta, on: bool
    ) -> None:
        """What a person does to an issue whose copies wait for a server."""
        self.done(self.desk.publish, *news)
        self.desk.pass_time(leap)
        self.desk.house.server.is_down = True
        self.done(self.desk.run)
        if under_way := self.desk.standing_as("sending"):
            self.done(getattr(self.desk, act), under_way[one % len(under_way)])
        self.desk.pass_time(later)
        self.desk.house.server.heal()
        self.done(self.desk.run)
        if on:
            self.let_all_go_on()

    @rule()
    def let_all_go_on(self) -> None:
        for issue in self.desk.standing_as("held"):
            self.done(self.desk.release, issue)

    @precondition(lambda self: self.desk.standing_as("sending", "held"))
    @rule(one=ONE)
    def cancel(self, one: int) -> None:
        found = self.desk.standing_as("sending", "held")
        self.done(self.desk.cancel, found[one % len(found)])

    @rule(quiet=st.just(frozenset()) | QUIET)
    def keep_another_calendar(self, quiet: frozenset[int]) -> None:
        self.done(self.desk.keep_quiet, quiet)

    # --- readers

    @precondition(lambda self: len(self.desk.books.accounts) < 6)
    @rule(paper=PAPERS, wish=WISHES, confirmed=st.sampled_from([True, True, True, False]))
    def add_reader(self, paper: str, wish: Wish, confirmed: bool) -> None:
        self.done(self.desk.add_reader, wish, paper=paper, confirmed=confirmed)

    @precondition(lambda self: self.with_one_paper())
    @rule(one=ONE, wish=WISHES)
    def read_the_other_paper_too(self, one: int, wish: Wish) -> None:
        found = self.with_one_paper()
        mine = found[one % len(found)]
        other = "brief" if mine.paper.slug == "daily" else "daily"
        self.done(self.desk.add_reader, wish, paper=other, address=mine.address)

    @precondition(lambda self: self.desk.books.accounts)
    @rule(one=ONE, wish=WISHES, moves=st.booleans())
    def change(self, one: int, wish: Wish, moves: bool) -> None:
        if moves:
            return self.done(self.desk.readdress, self.account(one))
        return self.done(self.desk.rewish, self.account(one), wish)

    @precondition(lambda self: self.standing("active", "paused"))
    @rule(one=ONE, days=st.sampled_from([None, 2, 5, 20]), catch_up=st.booleans())
    def pause(self, one: int, days: int | None, catch_up: bool) -> None:
        account = self.account(one, "active", "paused")
        self.done(self.desk.pause, account, days=days, catch_up=catch_up)

    @precondition(lambda self: self.standing("paused"))
    @rule(one=ONE)
    def resume(self, one: int) -> None:
        self.done(self.desk.resume, self.account(one, "paused"))

    @precondition(lambda self: self.standing("active", "paused", "pending", "bouncing"))
    @rule(one=ONE)
    def leave(self, one: int) -> None:
        self.done(self.desk.leave, self.account(one, "active", "paused", "pending", "bouncing"))

    @precondition(lambda self: self.standing("left", "pending", "bouncing"))
    @rule(one=ONE, wish=WISHES, confirmed=st.sampled_from([True, True, False]))
    def come_back(self, one: int, wish: Wish, confirmed: bool) -> None:
        account = self.account(one, "left", "pending", "bouncing")
        self.done(self.desk.come_back, account, wish, confirmed=confirmed)

    @precondition(lambda self: self.standing("left"))
    @rule(one=ONE)
    def take_back(self, one: int) -> None:
        self.done(self.desk.take_back, self.account(one, "left"))

    # --- a person's hands

    @rule(fuse=st.integers(0, 3))
    def die_over_the_next_act(self, fuse: int) -> None:
        self.desk.doom(fuse)

    @precondition(lambda self: self.rows("uncertain"))
    @rule()
    def resolve_doubts(self) -> None:
        self.done(self.desk.resolve_doubts)

    @precondition(lambda self: self.rows("refused"))
    @rule()
    def retry_refused(self) -> None:
        self.done(self.desk.retry_refused)

    # --- picking

    def doom(self, death: Death, which: int) -> None:
        if death is not None:
            letters, boundaries = death
            self.desk.doom(boundaries, letters=letters, which=which)

    def item(self, one: int) -> Item:
        items = self.desk.books.items
        return items[sorted(items)[one % len(items)]]

    def account(self, one: int, *standings: str) -> Account:
        found = self.standing(*standings)
        return found[one % len(found)]

    def standing(self, *standings: str) -> list[Account]:
        accounts = self.desk.books.accounts.values()
        return [account for account in accounts if not standings or account.standing in standings]

    def with_one_paper(self) -> list[Account]:
        """Readers of one newsletter only."""
        addresses = [account.address for account in self.desk.books.accounts.values()]
        return [one for one in self.desk.books.accounts.values() if addresses.count(one.address) == 1]

    def rows(self, status: str) -> bool:
        return any(row.status == status for row in self.desk.seen.deliveries.values())


def play(machine: type[RuleBasedStateMachine], *, histories: int, steps: int) -> None:
    """Play so many histories; each ends when all has come to rest."""
    usual = settings(deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)
    run_state_machine_as_test(
        machine, settings=settings(usual, max_examples=histories, stateful_step_count=steps)
    )
