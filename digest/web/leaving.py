"""The page behind the way out of a mail: one button that ends it, and quieter ways beside it.

GET and HEAD only show; a POST writes rows through a flow.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Final

import structlog
from babel.dates import get_day_names
from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from starlette.routing import Route

from digest.core.timetable import local_day
from digest.flows import by_link, leaving
from digest.flows.by_link import Seen
from digest.flows.choosing import READING, is_faster_than_weekly
from digest.flows.leaving import Leavings
from digest.flows.remembered import Remembered
from digest.render.locales import locale_of
from digest.render.words import Words, words_for
from digest.store.database import Database
from digest.web.forms import Form, body_of, form_from
from digest.web.linked import nobody, subject_of
from digest.web.one_click import is_one_click
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.shown import others_shown, shown
from digest.web.wishing import Option
from subscribers.leaving import (
    BY_ONE_CLICK,
    FROM_EVERYTHING,
    MOST_SAID,
    ON_THE_PAGE,
    TAKEN_BACK,
    LeavingReason,
    said_on_leaving,
)
from subscribers.model import WEEKDAYS, Standing
from subscribers.tokens import Purpose, Tokens

log = structlog.get_logger(__name__)

#: From these, nothing more will be sent, whatever the reader does now.
_OVER: Final = frozenset({Standing.LEFT, Standing.COMPLAINED, Standing.SUPPRESSED})
#: How long the pause is that is offered to who wants to leave.
_REST: Final = timedelta(weeks=4)
#: The word of a form for all newsletters of a reader.
EVERYTHING: Final = "all"


class Leaving:
    """Answers for `/unsubscribe`; a token is looked at before the store is."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now
        self._leavings: Final = Leavings(store=store, now=now)
        self._remembered: Final = Remembered()

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        return [
            shows("/unsubscribe/{token}", self.ask),
            acts("/unsubscribe/{token}", self.leave),
            # who comes back to the address of that answer is asked like anybody
            shows("/unsubscribe/{token}/undo", self.ask_again),
            acts("/unsubscribe/{token}/undo", self.take_back),
        ]

    async def ask(self, token: str, request: Request) -> Response:
        """Say what would end, and for whom, with a button."""
        seen = await self._look(subject_of(self._tokens, Purpose.UNSUBSCRIBE, token))
        return self._unsubscribing(seen, token, request, up="../")

    async def ask_again(self, token: str, request: Request) -> Response:
        """The same, one step further down."""
        seen = await self._look(subject_of(self._tokens, Purpose.UNSUBSCRIBE, token))
        return self._unsubscribing(seen, token, request, up="../../")

    async def leave(self, token: str, request: Request) -> Response:
        """End the subscription: for a mail program in a word (RFC 8058), for a person with a page."""
        subscription = subject_of(self._tokens, Purpose.UNSUBSCRIBE, token)
        body = await body_of(request)
        if is_one_click(request.headers.get("content-type", ""), body):
            await self._leave(subscription, BY_ONE_CLICK, BY_ONE_CLICK, everything=False)
            return PlainTextResponse("You are unsubscribed.\n")
        form = form_from(body)
        everything = form.one("scope") == EVERYTHING
        begin = FROM_EVERYTHING if everything else ON_THE_PAGE
        reason = _reason_in(form)
        words = said_on_leaving(begin, reason, form.one("words"))
        # the words of the reader are kept in the history alone: a log outlives an erasure
        await self._leave(subscription, words, said_on_leaving(begin, reason), everything=everything)
        return self._unsubscribing(await self._look(subscription), token, request, up="../")

    async def take_back(self, token: str, request: Request) -> Response:
        """Undo a leaving."""
        subscription = subject_of(self._tokens, Purpose.UNSUBSCRIBE, token)
        if await by_link.take_back(subscription, reason=TAKEN_BACK, store=self._store, now=self._now()):
            log.info("a reader came back", subscription=subscription, reason=TAKEN_BACK)
        seen = await self._look(subscription)
        if seen is not None and seen.reader.standing is Standing.ACTIVE:
            return self._page("returned", seen, token=token, up="../../")
        return self._unsubscribing(seen, token, request, up="../../")

    async def _leave(self, subscription: int, words: str, told: str, *, everything: bool) -> None:
        if everything:
            done = await by_link.leave(
                subscription, reason=words, everything=True, store=self._store, now=self._now()
            )
        else:
            done = await self._leavings.end(leaving.Leaving(subscription, words))
        if done:
            log.info("a reader left", subscription=subscription, reason=told)

    async def _look(self, subscription: int) -> Seen | None:
        return await by_link.look(
            subscription, store=self._store, remembered=self._remembered, now=self._now()
        )

    def _unsubscribing(self, seen: Seen | None, token: str, request: Request, *, up: str) -> Response:
        """The question, or that it is done."""
        if seen is None:
            return nobody(request, up=up)
        return self._page("left" if seen.reader.standing in _OVER else "leave", seen, token=token, up=up)

    def _page(self, name: str, seen: Seen, *, token: str, up: str) -> Response:
        """A page about a subscription. Its links go `up` first: what stands before our paths is not ours."""
        reader, words = seen.reader, words_for(seen.reader.profile.language)
        reading = seen.reader.standing in READING
        return page(
            name,
            language=reader.profile.language,
            newsletter=seen.newsletter,
            shown=shown(seen, self._now(), words),
            token=token,
            choices=self._tokens.make(Purpose.PREFERENCES, reader.id),
            others=others_shown(seen, self._tokens, words, READING),
            reasons=_reasons(words),
            most_said=MOST_SAID,
            days=_days(reader.cadence.days[0], words.language)
            if reading and is_faster_than_weekly(reader)
            else (),
            rest_until=local_day(self._now(), reader.cadence.zone) + _REST,
            may_rest=reader.standing is Standing.ACTIVE,
            up=up,
        )


def _reason_in(form: Form) -> LeavingReason | None:
    """What was chosen; anything else is no reason to keep somebody here."""
    chosen = form.one("reason")
    return LeavingReason(chosen) if chosen in set(LeavingReason) else None


@lru_cache(maxsize=100)
def _reasons(words: Words) -> tuple[Option, ...]:
    _ = words.catalogue.gettext
    said = {
        LeavingReason.TOO_OFTEN: _("It comes too often"),
        LeavingReason.TOO_LONG: _("There is too much in it"),
        LeavingReason.NOT_FOR_ME: _("It is not about what interests me"),
        LeavingReason.NEVER_ASKED: _("I never asked for it"),
        LeavingReason.OTHER: _("Something else"),
    }
    return tuple(Option(reason, name, chosen=False) for reason, name in said.items())


@lru_cache(maxsize=500)
def _days(first: str, language: str) -> tuple[Option, ...]:
    """The days on which it could come once a week; the first of those on which it comes now is chosen."""
    names = get_day_names("wide", context="stand-alone", locale=locale_of(language))
    first = first if first in WEEKDAYS else WEEKDAYS[0]
    return tuple(Option(day, names[place], day == first) for place, day in enumerate(WEEKDAYS))
