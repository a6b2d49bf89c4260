"""The page of a reader's preferences: what comes, when and how; changed, tried out, paused, taken up again.

GET and HEAD only show; a POST writes rows through a flow and sends the browser back to the page.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from starlette.routing import Route

from digest.errors import InputError
from digest.flows import choosing, moving
from digest.flows.by_link import Seen
from digest.flows.choosing import MAY_COME_BACK, READING, Choice
from digest.flows.remembered import Remembered
from digest.render.words import Words, words_for
from digest.store.database import Database
from digest.web.choice_page import Entered, choice_page, done_in_words
from digest.web.forms import Errors, Form, form_of, seen_from
from digest.web.leaving import EVERYTHING
from digest.web.linked import nobody, see_other, subject_of, too_many
from digest.web.pages import page
from digest.web.paths import Answer, acts, shows
from digest.web.pausing import read_pause
from digest.web.wishing import read_wishes
from subscribers.model import WEEKDAYS
from subscribers.tokens import Purpose, Tokens
from subscribers.wishes import WishError, Wishes, address_key, parse_address

log = structlog.get_logger(__name__)

#: From a page one step further down.
_HIGHER: Final = "../../"


class Preferences:
    """Answers for `/preferences`; a token is looked at before the store is."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now
        self._remembered: Final = Remembered()

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        under = "/preferences/{token}"
        steps: dict[str, Answer] = {
            "effect": self.effect,
            "slower": self.slow_down,
            "pause": self.pause,
            "resume": self.resume,
            "return": self.come_back,
            "address": self.move,
        }
        return [
            shows(under, self.show),
            acts(under, self.save),
            *(shows(f"{under}/{name}", self.show_above) for name in steps),
            *(acts(f"{under}/{name}", step) for name, step in steps.items()),
        ]

    async def show(self, token: str, request: Request) -> Response:
        """Say in plain words what the reader gets, and when, with all that can be changed."""
        choice = await self._look(self._subject(token))
        if choice is None:
            return nobody(request, up="../")
        return self._page(choice, token, up="../", done=request.query_params.get("done", ""))

    async def show_above(self, token: str) -> Response:
        """Who comes back to the address of an answer finds the page."""
        self._subject(token)
        return see_other(f"../{token}")

    async def save(self, token: str, request: Request) -> Response:
        """Write the wishes down, or say what is wrong with them."""
        subscription, form = self._subject(token), await form_of(request)
        choice = await self._look(subscription)
        if choice is None:
            return nobody(request, up="../")
        wishes, wrong = self._wishes(form, choice.seen)
        if wrong:
            return self._page(choice, token, up="../", entered=Entered(form, wishes=wrong))
        saved = await choosing.save(subscription, wishes, store=self._store, now=self._now())
        return see_other(f"{token}?done=saved" if saved else token)

    async def effect(self, token: str, request: Request) -> Response:
        """What the wishes would bring; changes nothing. For scripts a part of the page, else all of it."""
        subscription, form = self._subject(token), await form_of(request)
        wrong: dict[str, str] = {}

        def read(seen: Seen) -> Wishes:
            wishes, found = self._wishes(form, seen)
            wrong.update(found)
            return Wishes() if found else wishes

        choice = await self._look(subscription, read)
        if choice is None:
            return nobody(request, up=_HIGHER)
        entered = Entered(form, wishes=wrong)
        part = request.headers.get("hx-request") == "true"
        return self._page(choice, token, up=_HIGHER, entered=entered, part=part)

    async def slow_down(self, token: str, request: Request) -> Response:
        """One mail a week."""
        subscription, form = self._subject(token), await form_of(request)
        day = form.one("day")
        done = await choosing.slow_down(
            subscription, day if day in WEEKDAYS else None, store=self._store, now=self._now()
        )
        return self._back(token, "slower" if done else "")

    async def pause(self, token: str, request: Request) -> Response:
        """Nothing for a while."""
        subscription, form = self._subject(token), await form_of(request)
        choice = await self._look(subscription)
        if choice is None:
            return nobody(request, up=_HIGHER)
        words = _words_of(choice.seen)
        entered, until = read_pause(form, choice.seen.reader, self._now(), words)
        if entered.errors:
            return self._page(choice, token, up=_HIGHER, entered=Entered(form, pause=entered.errors))
        try:
            done = await choosing.pause(
                subscription,
                until=until,
                catch_up=entered.catch_up,
                everything=entered.everything,
                store=self._store,
                now=self._now(),
            )
        except InputError:
            # another newsletter is kept by a clock where the day has begun
            wrong = {"until": words.catalogue.gettext("Choose a day after today, or leave it empty.")}
            return self._page(choice, token, up=_HIGHER, entered=Entered(form, pause=wrong))
        return self._back(token, "paused" if done else "")

    async def resume(self, token: str, request: Request) -> Response:
        """An end to the pause."""
        subscription, form = self._subject(token), await form_of(request)
        everything = form.one("scope") == EVERYTHING
        done = await choosing.resume(subscription, everything=everything, store=self._store, now=self._now())
        return self._back(token, "resumed" if done else "")

    async def come_back(self, token: str) -> Response:
        """Take back who left, or whose mail came back."""
        subscription = self._subject(token)
        done = await choosing.come_back_by_link(subscription, store=self._store, now=self._now())
        if done:
            log.info("a reader came back", subscription=subscription, reason=choosing.CAME_BACK)
        return self._back(token, "returned" if done else "")

    async def move(self, token: str, request: Request) -> Response:
        """Ask another address; the answer is the same whoever has it."""
        subscription, form = self._subject(token), await form_of(request)
        choice = await self._look(subscription)
        if choice is None:
            return nobody(request, up=_HIGHER)
        address, wrong = _new_address(form, choice.seen)
        if wrong:
            return self._page(choice, token, up=_HIGHER, entered=Entered(form, address=wrong))
        reason = await moving.ask_to_move(
            subscription, address, seen_from=seen_from(request), store=self._store, now=self._now()
        )
        log.info("a reader asked for another address", subscription=subscription, not_asked=reason)
        if reason == moving.TOO_MANY:
            return too_many(choice.seen.reader.profile.language)
        return self._back(token, "asked")

    def _subject(self, token: str) -> int:
        return subject_of(self._tokens, Purpose.PREFERENCES, token)

    async def _look(self, subscription: int, read: Callable[[Seen], Wishes] | None = None) -> Choice | None:
        return await choosing.look(
            subscription, store=self._store, remembered=self._remembered, now=self._now(), read=read
        )

    def _wishes(self, form: Form, seen: Seen) -> tuple[Wishes, dict[str, str]]:
        slugs = [topic.slug for topic in seen.topics]
        return read_wishes(form, slugs, _words_of(seen), seen.newsletter.sections)

    def _back(self, token: str, done: str) -> Response:
        """To the page itself, from one step further down."""
        return see_other(f"../{token}?done={done}" if done else f"../{token}")

    def _page(
        self,
        choice: Choice,
        token: str,
        *,
        up: str,
        done: str = "",
        entered: Entered | None = None,
        part: bool = False,
    ) -> Response:
        """The page that fits how the reader stands; `part` is the panel about the next mail alone."""
        seen = choice.seen
        values = choice_page(choice, self._now(), _words_of(seen), self._tokens, entered)
        name = "preferences" if seen.reader.standing in READING else "stopped"
        return page(
            "_tried" if part else name,
            status=422 if entered is not None and entered.errors else 200,
            language=seen.reader.profile.language,
            newsletter=seen.newsletter,
            scripts=name == "preferences",
            token=token,
            up=up,
            done=done_in_words(done, seen, _words_of(seen)),
            may_come_back=seen.reader.standing in MAY_COME_BACK,
            **values,
        )


def _words_of(seen: Seen) -> Words:
    return words_for(seen.reader.profile.language)


def _new_address(form: Form, seen: Seen) -> tuple[str, Errors]:
    """The address that was entered, and what is wrong with it."""
    _ = _words_of(seen).catalogue.gettext
    try:
        address = parse_address(form.one("address"))
    except WishError:
        return "", {"address": _("That is no address: check it for a typing error.")}
    if address_key(address) == address_key(seen.reader.address):
        return "", {"address": _("Your mail goes to this address already.")}
    return address, {}
