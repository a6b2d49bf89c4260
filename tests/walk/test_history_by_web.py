"""The same random histories with readers who act on the web pages: nothing repeated, nothing lost."""

from __future__ import annotations

from datetime import timedelta
from typing import cast

import pytest
from hypothesis import seed
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.walk.accounts import Wish
from tests.walk.by_web import WebDesk
from tests.walk.chances import NEWS, PAUSES, WISHES
from tests.walk.desk import Kind
from tests.walk.history import History, play

_ONE = st.integers(0, 30)


class WebHistory(History):
    """Readers save, try out, pause, go on, leave and come back by the links in their mails."""

    kind_of_desk = WebDesk

    @precondition(lambda self: self.standing("active", "paused", "pending", "bouncing"))
    @rule(one=_ONE, more=st.booleans(), comes_back=st.booleans())
    def leave_everything(self, one: int, more: bool, comes_back: bool) -> None:
        account = self.account(one, "active", "paused", "pending", "bouncing")
        if more and account in self.with_one_paper():
            other = "brief" if account.paper.slug == "daily" else "daily"
            self.done(self.desk.add_reader, None, paper=other, address=account.address)
        self.done(cast("WebDesk", self.desk).leave_everything, account)
        if comes_back and account.standing == "left":
            self.done(self.desk.take_back, account)

    @precondition(lambda self: self.standing("left", "bouncing"))
    @rule(one=_ONE)
    def come_back_by_the_link(self, one: int) -> None:
        self.done(cast("WebDesk", self.desk).return_, self.account(one, "left", "bouncing"))

    @precondition(lambda self: self.standing("active"))
    @rule(
        news=NEWS,
        leap=st.sampled_from([timedelta(days=1), timedelta(days=2)]),
        later=PAUSES,
        one=_ONE,
        everything=st.booleans(),
        how=st.sampled_from(["undo", "page", "form"]),
        wish=WISHES,
    )
    def leave_before_the_mail_and_come_back(
        self,
        news: list[Kind],
        leap: timedelta,
        later: timedelta,
        one: int,
        everything: bool,
        how: str,
        wish: Wish,
    ) -> None:
        """The copy that was planned is skipped, and owed again."""
        desk = cast("WebDesk", self.desk)
        self.done(desk.publish, *news)
        desk.pass_time(leap)
        desk.house.server.is_down = True
        self.done(desk.run)
        if self.standing("active"):
            account = self.account(one, "active")
            self.done(desk.leave_everything if everything else desk.leave, account)
        desk.house.server.heal()
        self.done(desk.run)
        desk.pass_time(later)
        if not self.standing("left"):
            return
        account = self.account(one, "left")
        if how == "undo":
            self.done(desk.take_back, account)
        elif how == "page":
            self.done(desk.return_, account)
        else:
            self.done(desk.subscribe_again, account, wish)

    @precondition(lambda self: self.standing("left", "bouncing"))
    @rule(one=_ONE, wish=WISHES)
    def subscribe_again(self, one: int, wish: Wish) -> None:
        account = self.account(one, "left", "bouncing")
        self.done(cast("WebDesk", self.desk).subscribe_again, account, wish)


@pytest.mark.wide
def test_twenty_histories_on_the_pages_keep_the_promise() -> None:
    play(seed(7)(type("WebHistory", (WebHistory,), {})), histories=20, steps=10)


@pytest.mark.long
@pytest.mark.parametrize("part", range(4))
def test_hundreds_of_histories_on_the_pages_keep_the_promise(part: int) -> None:
    play(type(f"WebHistory{part}", (WebHistory,), {}), histories=150, steps=15)
