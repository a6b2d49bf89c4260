"""Pages on which anybody may subscribe, or ask for a lost link. What they answer tells nobody who reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Final

import structlog
from fastapi import Request
from fastapi.responses import Response
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.core.model import Archive, Newsletter
from digest.flows.coming import Title
from digest.flows.offers import Offer, Offers
from digest.flows.sign_up import Came, SignUp, send_links, sign_up
from digest.render.characters import one_line
from digest.render.words import Words, words_for
from digest.store.database import Database
from digest.web.effects import effect
from digest.web.entered import as_entered
from digest.web.forms import Form, form_of, seen_from
from digest.web.linked import language_of, too_many
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.wishing import Option, read_wishes, wish_form
from subscribers.consents import Shown
from subscribers.model import Section
from subscribers.wishes import WishError, Wishes, parse_address

log = structlog.get_logger(__name__)

#: Hidden from people, filled in by programs that fill in everything.
TRAP: Final = "website"
#: Answers take a whole number of these seconds: how long the work took would tell who reads already.
_STEP: Final = 0.3


class Entered(Struct, frozen=True):
    """A form for subscribing that holds together."""

    address: str
    newsletters: tuple[Newsletter, ...]
    wishes: Wishes


class SigningUp:
    """Answers for `/`, `/subscribe` and `/links`."""

    def __init__(self, *, store: Database, now: Callable[[], datetime], step: float = _STEP) -> None:
        """Take the parts."""
        self._store: Final = store
        self._now: Final = now
        self._step: Final = step
        self._offers: Final = Offers(store=store, now=now)

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        return [
            shows("/", self.home),
            shows("/subscribe", self.form),
            acts("/subscribe", self.subscribe),
            acts("/subscribe/effect", self.effect),
            shows("/links", self.lost),
            acts("/links", self.send_links),
        ]

    async def home(self, request: Request) -> Response:
        """Which newsletters there are."""
        found = await self.offer()
        only = _only(found.newsletters)
        lately: tuple[Title, ...] = ()
        if only is not None:
            _reader, first = await self._offers.first_mail(only, Wishes())
            lately = first.held.titles
        return page(
            "home",
            language=language_of(request),
            newsletter=only,
            lately=lately,
            in_archive=only is not None and only.archive is not Archive.NONE,
            newsletters=found.newsletters,
            up="",
        )

    async def form(self, request: Request) -> Response:
        """The form, with what the link to it says already filled in."""
        found = await self.offer()
        asked = request.query_params.getlist("newsletter")
        if not found.newsletters or (asked and not found.named(asked)):
            raise HTTPException(404)
        wanted = found.named(asked) or found.newsletters[:1]
        form = Form({"email": (request.query_params.get("email", "")[:320],)})
        return await self._form(found, wanted, form, Wishes(), {}, request)

    async def subscribe(self, request: Request) -> Response:
        """Take the form in; the answer is the same whoever owns the address."""
        form = await form_of(request)
        found = await self.offer()
        if not found.newsletters:
            raise HTTPException(404)
        words = words_for(language_of(request))
        wanted, wishes, errors = _read(form, found, words)
        address, wrong = _address(form, words)
        if errors or wrong:
            return await self._form(found, wanted, form, wishes, {**errors, **wrong}, request, status=422)
        if form.one(TRAP):
            log.info("a form was filled in by a program", form="/subscribe")
            return self._sent(wanted, request)
        shown = Shown("/subscribe", _consent_on(found, words), seen_from(request))
        new = SignUp(address, [one.slug for one in wanted], in_language(wishes, words), shown)
        came = await self.steadily(sign_up(new, store=self._store, now=self._now()))
        log.info("an address was entered", form="/subscribe", came=came)
        if came is Came.TOO_MANY:
            return too_many(language_of(request))
        return self._sent(wanted, request)

    async def effect(self, request: Request) -> Response:
        """What the first mail would be: a part of the form, made anew when the form changes."""
        form = await form_of(request)
        found = await self.offer()
        if not found.newsletters:
            raise HTTPException(404)
        words = words_for(language_of(request))
        wanted, wishes, errors = _read(form, found, words)
        if not wanted:
            raise HTTPException(404)
        if errors:
            return page("_wrong", status=422, language=words.language, errors=list(errors.values()))
        reader, next_one = await self._offers.first_mail(wanted[0], wishes)
        return page("_effect", language=words.language, effect=effect(next_one, reader, words))

    async def lost(self, request: Request) -> Response:
        """The question for an address."""
        return self._lost(request, Form(), {})

    async def send_links(self, request: Request) -> Response:
        """Send the link to who reads there, if anybody does."""
        form = await form_of(request)
        address, wrong = _address(form, words_for(language_of(request)))
        if wrong:
            return self._lost(request, form, wrong, status=422)
        if not form.one(TRAP):
            sending = send_links(address, seen_from=seen_from(request), store=self._store, now=self._now())
            came = await self.steadily(sending)
            log.info("links were asked for", came=came)
            if came is Came.TOO_MANY:
                return too_many(language_of(request))
        return page("links_sent", language=language_of(request), up="")

    async def steadily(self, work: Awaitable[Came]) -> Came:
        """Do the work, and end after a whole number of steps."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        came = await work
        if self._step:
            took = loop.time() - began
            await asyncio.sleep(self._step * (int(took / self._step) + 1) - took)
        return came

    async def offer(self) -> Offer:
        """What is open to sign-up."""
        return await self._offers.open_now()

    async def _form(
        self,
        found: Offer,
        wanted: Sequence[Newsletter],
        form: Form,
        wishes: Wishes,
        errors: dict[str, str],
        request: Request,
        *,
        status: int = 200,
    ) -> Response:
        words = words_for(language_of(request))
        first = wanted[0] if wanted else found.newsletters[0]
        wishes = in_language(wishes, words)
        cadence, profile = wishes.applied_to(*first.beginning)
        reader, next_one = await self._offers.first_mail(first, wishes)
        blank = wish_form(
            *(cadence, profile),
            name="",
            newsletter=first,
            topics=found.topics,
            per_week=found.per_week,
            words=words,
            guesses_zone="timezone" not in form,
        )
        return page(
            "subscribe",
            status=status,
            language=words.language,
            newsletter=first,
            scripts=True,
            choices=_choices(found.newsletters, wanted),
            title=one_line(first.title) if len(found.newsletters) == 1 else "",
            email=form.one("email"),
            wishes=as_entered(blank, form, errors),
            effect=effect(next_one, reader, words),
            consent=_consent_on(found, words),
            trap=TRAP,
            up="",
        )

    def _sent(self, wanted: Sequence[Newsletter], request: Request) -> Response:
        return page("subscribe_sent", language=language_of(request), newsletter=_only(wanted), up="")

    def _lost(self, request: Request, form: Form, errors: dict[str, str], *, status: int = 200) -> Response:
        return page(
            "links",
            status=status,
            language=language_of(request),
            email=form.one("email"),
            errors=errors,
            trap=TRAP,
            up="",
        )


def consent_to(wanted: Sequence[Newsletter], words: Words) -> str:
    """What somebody agrees to who sends the form: kept as evidence, so it stands there word for word."""
    named = words.listed(one_line(one.title) for one in wanted)
    said = words.catalogue.gettext("Send me %(newsletters)s by e-mail. I can end it at any time.")
    return said % {"newsletters": named}


def _consent_on(found: Offer, words: Words) -> str:
    """The same on a page where newsletters can be chosen: what stands there holds whatever is ticked."""
    if len(found.newsletters) == 1:
        return consent_to(found.newsletters, words)
    return words.catalogue.gettext("Send me what I have chosen by e-mail. I can end it at any time.")


def in_language(wishes: Wishes, words: Words) -> Wishes:
    """The wishes, with the language of the page where none was chosen."""
    return Wishes(wishes.cadence, {"language": words.language, **wishes.profile}, wishes.name)


def _read(form: Form, found: Offer, words: Words) -> tuple[tuple[Newsletter, ...], Wishes, dict[str, str]]:
    wanted = found.named(form.all("newsletter") or [one.slug for one in found.newsletters[:1]])
    carried = frozenset[Section]().union(*(one.sections for one in wanted))
    wishes, errors = read_wishes(form, [topic.slug for topic in found.topics], words, carried)
    if not wanted:
        errors["newsletter"] = words.catalogue.gettext("Choose one newsletter at least.")
    return wanted, wishes, errors


def _address(form: Form, words: Words) -> tuple[str, dict[str, str]]:
    try:
        return parse_address(form.one("email")), {}
    except WishError:
        wrong = words.catalogue.gettext("That is no e-mail address: it looks like name@example.org.")
        return "", {"email": wrong}


def _choices(offered: Sequence[Newsletter], wanted: Sequence[Newsletter]) -> list[Option]:
    """The newsletters to choose among; none where there is one only."""
    if len(offered) < 2:
        return []
    return [
        Option(one.slug, one_line(one.title), one in wanted, one_line(one.description)) for one in offered
    ]


def _only(found: Sequence[Newsletter]) -> Newsletter | None:
    """The one whose colours a page has; none where there are several."""
    return found[0] if len(found) == 1 else None
