"""A desk at which readers act as they do in life: through the links in their mails, on the web pages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any, Final

import httpx

from digest.flows import confirming
from digest.flows.sign_up import SignUp, sign_up
from digest.store.database import Database
from digest.web.app import build_app
from subscribers.consents import Shown
from subscribers.tokens import Purpose, Tokens
from tests.walk.accounts import Account, Wish
from tests.walk.desk import Desk
from tests.walk.watch import Flow

_TOKENS: Final = Tokens([b"k" * 32])
_BASE_URL: Final = "http://127.0.0.1:8000"
_TOPICS: Final = ("economy", "energy", "society", "general")
Form = Mapping[str, Any]


class WebDesk(Desk):
    """The verbs of readers, said with a browser."""

    def rewish(self, account: Account, wish: Wish) -> None:
        """Save another choice on the page of preferences; trying it on before changes nothing."""
        if account.standing not in {"active", "paused"}:
            return super().rewish(account, wish)
        wish = _as_the_form_has_it(account, wish)
        assert not self.act(self._posting(account, "/effect", _form(account, wish)))
        if self.act(self._posting(account, "", _form(account, wish))):
            account.wish, account.steady_since = wish, self.now
        return self.audit()

    def resume(self, account: Account) -> None:
        """Go on now."""
        if self.act(self._posting(account, "/resume", {})):
            self.books.resume(account, self.books.newest)
            account.steady_since = max(self.now, self.high_water)
        self.audit()

    def leave_everything(self, account: Account) -> None:
        """All that this reader has ends at once."""
        ending = {"active", "paused", "pending", "bouncing"}
        theirs = [one for one in self._beside(account) if one.standing in ending]
        # two leavings are never in the same instant: what was left together is known by it
        self.pass_time(timedelta(seconds=1))
        if self.act(self._posting(account, "", {"scope": "all"}, Purpose.UNSUBSCRIBE)):
            for one in theirs:
                self.books.leave(one, self.now)
                one.left_together = tuple(other.id for other in theirs)
        self.audit()

    def take_back(self, account: Account) -> None:
        """Undo, of as much as was left together."""
        self._back(account, "/undo", Purpose.UNSUBSCRIBE)

    def return_(self, account: Account) -> None:
        """Subscribe again, or try again after mail came back, on the page of preferences."""
        if account.standing == "left" and account.may_take_back(self.now):
            return self._back(account, "/return", Purpose.PREFERENCES)
        meant = [account]
        if account.standing == "bouncing":
            meant = [one for one in self._beside(account) if one.standing == "bouncing"]
        if self.act(self._posting(account, "/return", {})):
            for one in meant:
                self.books.come_back(one, self._reach(one.paper.slug))
                one.steady_since = self.now
                self._came(one)
        return self.audit()

    def subscribe_again(self, account: Account, wish: Wish) -> None:
        """Fill in the form for subscribing, and say yes to the question, if it is asked.

        One is not asked twice in a day, nor more than thrice without an answer.
        """
        slug, form = account.paper.slug, Shown("/subscribe", "Send it to me.", "192.0.2.7")
        new = SignUp(account.address, [slug], self._wishes(wish), form)
        before = self._newest_question()
        self.act(lambda store: sign_up(new, store=store, now=self.now))
        self.audit()
        question = self._newest_question()
        if question == before:
            return
        undone = account.may_take_back(self.now)

        async def confirm(store: Database) -> None:
            await confirming.confirm(question, seen_from="192.0.2.7", store=store, now=self.now)

        if self.act(confirm):
            if undone:
                account.standing = "active"
            else:
                self.books.come_back(account, self._reach(slug))
            account.wish, account.steady_since = wish, max(self.now, self.high_water)
        self.audit()
        if account.standing == "active":
            if undone:
                self.books.take_back(account, self.seen)
            self._came(account)

    def _newest_question(self) -> int:
        query = "SELECT max(id) FROM notices WHERE kind = 'confirm' AND status != 'skipped'"
        (found,) = self.house.reading.execute(query).fetchone()
        return found or 0

    def _back(self, account: Account, path: str, purpose: Purpose) -> None:
        allowed = account.may_take_back(self.now)
        together = [self.books.accounts[one] for one in account.left_together or (account.id,)]
        meant = [one for one in together if one.left_at == account.left_at and one.may_take_back(self.now)]
        committed = self.act(self._posting(account, path, {}, purpose))
        if committed and allowed:
            for one in meant:
                one.standing, one.steady_since = "active", max(self.now, self.high_water)
        self.audit()
        if committed and allowed:
            for one in meant:
                self._came_back_whole(one)

    def _beside(self, account: Account) -> list[Account]:
        return [one for one in self.books.accounts.values() if one.address == account.address]

    def _pausing(self, account: Account, days: int | None, catch_up: bool) -> Flow:
        until = "" if days is None else (self.now.date() + timedelta(days=days)).isoformat()
        return self._posting(account, "/pause", {"until": until, "catch_up": "yes" if catch_up else "no"})

    def _leaving(self, account: Account) -> Flow:
        account.left_together = ()
        # the button of the page and that of the mail program, one as often as the other
        one_click = {"List-Unsubscribe": "One-Click"} if account.id % 2 else {"reason": "too-often"}
        return self._posting(account, "", one_click, Purpose.UNSUBSCRIBE)

    def _posting(
        self, account: Account, path: str, form: Form, purpose: Purpose = Purpose.PREFERENCES
    ) -> Flow:
        place = "unsubscribe" if purpose is Purpose.UNSUBSCRIBE else "preferences"
        link = f"/{place}/{_TOKENS.make(purpose, account.id)}{path}"

        async def post(store: Database) -> None:
            app = build_app(store=store, tokens=_TOKENS, base_url=_BASE_URL, now=lambda: self.now)
            browser = httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=_BASE_URL)
            async with browser:
                answer = await browser.post(link, data=form)
            assert answer.status_code in {200, 303}, answer.text

        return post


def _as_the_form_has_it(account: Account, wish: Wish) -> Wish:
    """What the form cannot say apart: days of who gets it at once, and all kinds from whatever is carried."""
    if wish.at_once:
        wish = replace(wish, days=account.wish.days)
    if wish.sections is not None and wish.sections >= account.paper.sections:
        wish = replace(wish, sections=None)
    return wish


def _form(account: Account, wish: Wish) -> Form:
    rhythm = "at-once" if wish.at_once else "monthly" if wish.days == ("monthly",) else "days"
    return {
        "follow": "all" if wish.topics is None else "some",
        "topic": list(_TOPICS if wish.topics is None else wish.topics),
        "rhythm": rhythm,
        "day": [day for day in wish.days if day != "monthly"],
        "at": f"{wish.at:%H:%M}",
        "timezone": wish.zone,
        "section": ["", *(account.paper.sections if wish.sections is None else wish.sections)],
        "max_items": "" if wish.cap is None else str(wish.cap),
        "format": "text",
        "language": "en",
    }
