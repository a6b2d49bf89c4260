"""Send by hand: who, what, a rehearsal with the mail itself, a test, and the order, in one form."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi.responses import Response
from msgspec import Struct
from msgspec.structs import replace

from digest.core.access import Power
from digest.core.lines import parse_line, parse_text
from digest.core.model import BriefingStatus
from digest.errors import DigestError, InputError, words_for_all
from digest.flows.by_hand import OneOff, Plan, rehearse
from digest.flows.orders import place, take_back
from digest.flows.press import Press
from digest.flows.shown_mails import ShownMail, shown
from digest.flows.trials import copy_for, pins_by_hand, send_trial_of
from digest.store import briefings, newsletters, numbered, topics
from digest.store.database import Database
from digest.web.desk.briefings_found import found_by, titles_of
from digest.web.desk.entered import Entered
from digest.web.desk.frames import framed_mail, framed_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.issue_sheets import addresses_in
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from digest.web.preview_page import Measure, measures
from subscribers.wishes import WishError

#: Briefings to choose from.
_SHOWN: Final = 40
#: Rehearsed mails that are kept for their frames.
_KEPT: Final = 32
_COHORTS: Final = 20
#: Fields that belong to one choice among several: which one, the field, and what it says when filled in.
_MEANT: Final = (
    ("who", ("topics",), "topic", "topics are ticked"),
    ("who", ("filter",), "audience", "a filter is written"),
    ("who", ("addresses",), "addresses", "addresses are written"),
    ("what", ("since",), "since", "a day is said"),
    ("what", ("chosen",), "briefing", "briefings are ticked"),
    ("when", ("at", "local"), "at", "a time is said"),
)
#: What is wrong where something is tested or ordered.
_ALL_IS_WELL: Final[Mapping[str, str]] = {}
#: What was chosen instead, by the name of the choice.
_INSTEAD: Final = {"who": "other readers are", "what": "something else is", "when": "to send now is"}


class Rehearsal(Struct, frozen=True):
    """What would be sent, and the mail that most readers would get."""

    plan: Plan
    mail: ShownMail | None
    #: of the mail with the most items
    measures: tuple[Measure, ...]

    @property
    def cohorts(self) -> list[Any]:
        """Those of most readers."""
        return sorted(self.plan.cohorts, key=lambda one: -one.group.size)[:_COHORTS]


class SendByHand:
    """One-off issues."""

    def __init__(self, *, store: Database, press: Press | None) -> None:
        """Work on this store; mails are shown as `press` prints them."""
        self._store: Final = store
        self._press: Final = press
        #: by person and token of the form
        self._mails: Final[OrderedDict[tuple[int, str], ShownMail]] = OrderedDict()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/send", Power.SEND, self._show),
            gate.act("/admin/send", Power.SEND, self._do),
            gate.page("/admin/send/mail/{token}", Power.SEND, self._mail),
            gate.act("/admin/send/orders/{id:int}/cancel", Power.SEND, self._cancel),
        ]

    async def _show(self, visit: Visit) -> Response:
        first = Entered([("who", "all"), ("what", "wishes"), ("counts", "on"), ("when", "now")])
        return await self._shown(visit, first)

    async def _do(self, visit: Visit) -> Response:
        form, act = visit.form, visit.form.one("do")
        token = form.one("token")[:40] or visit.fresh
        if act == "find":
            return await self._shown(visit, form)
        said = ""
        wrong_there: dict[str, str] = {}
        try:
            wish = _wish(form)
            spot = "order"
            try:
                _require_its_choice(form, "when")
                if act == "order":
                    await self._order(visit, wish, token)
                    return see_other("./?done=ordered")
                spot = "test"
                said = await self._test(visit, wish, token) if act == "test" else ""
            except (InputError, WishError) as error:
                # what was rehearsed stays in sight, and the words stand where the slip was made
                wrong_there[spot] = words_for_all(error)
            rehearsal = await self._rehearsed(visit, wish, token)
        except (DigestError, WishError) as error:
            return await self._shown(visit, form, wrong=words_for_all(error), token=token)
        # where nobody gets anything, there is nothing to test or to order beside which it could stand
        wrong = "" if rehearsal.plan.counts.copies else next(iter(wrong_there.values()), "")
        return await self._shown(
            visit, form, wrong=wrong, wrong_there=wrong_there, said=said, token=token, rehearsal=rehearsal
        )

    async def _test(self, visit: Visit, wish: OneOff, token: str) -> str:
        addresses = addresses_in(visit.form.text("test_to"))
        count = await send_trial_of(
            *(wish, addresses), token=token, by=visit.actor, store=self._store, now=visit.now
        )
        return f"The test goes to {count} {'address' if count == 1 else 'addresses'} with the next run."

    async def _order(self, visit: Visit, wish: OneOff, token: str) -> None:
        typed = visit.form.one("confirm").replace(",", "")
        if not (typed.isascii() and typed.isdigit() and len(typed) < 12):
            raise InputError("type the number of mails to confirm it")
        local = visit.form.one("when") == "local"
        await place(
            *(wish, int(typed)),
            token=token,
            due_at=visit.now if local else _when(visit),
            local_at=_wall(visit) if local else None,
            by=visit.actor,
            store=self._store,
            now=visit.now,
        )

    async def _rehearsed(self, visit: Visit, wish: OneOff, token: str) -> Rehearsal:
        plan = await rehearse(wish, store=self._store)
        getting = [one for one in plan.cohorts if one.selection.skip is None]
        if not getting or self._press is None:
            return Rehearsal(plan, None, ())
        most_read = max(getting, key=lambda one: one.group.size)
        largest = max(getting, key=lambda one: len(one.selection.numbers))
        numbers = {*most_read.selection.numbers, *largest.selection.numbers}
        async with self._store.read() as connection:
            revisions = await numbered.current_revisions(connection, numbers)
            copies = [copy_for(plan, one, wish, visit.now) for one in (most_read, largest)]
            pins = await pins_by_hand(connection, copies[0], numbers)
        mail, heaviest = [await shown(copy, revisions, pins, press=self._press) for copy in copies]
        self._mails[visit.person.id, token] = mail
        while len(self._mails) > _KEPT:
            self._mails.popitem(last=False)
        return Rehearsal(plan, mail, measures(heaviest.letter))

    async def _mail(self, visit: Visit) -> Response:
        found = self._mails.get((visit.person.id, visit.word("token")))
        if found is None:
            return framed_words("Rehearse again to see the mail.")
        if found.html is None:
            return framed_words("Most readers get this in plain text, which stands below.")
        return framed_mail(found.html)

    async def _cancel(self, visit: Visit) -> Response:
        await take_back(visit.number("id"), by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../../?done=order-cancelled")

    async def _shown(
        self,
        visit: Visit,
        form: Entered,
        *,
        wrong: str = "",
        wrong_there: Mapping[str, str] = _ALL_IS_WELL,
        said: str = "",
        token: str = "",
        rehearsal: Rehearsal | None = None,
    ) -> Response:
        async with self._store.read() as connection:
            known = await newsletters.every(connection)
            names = await topics.every(connection)
            chosen = _ids(form)
            kept = [one for id_ in chosen if (one := await briefings.by_id(connection, id_)) is not None]
            published = BriefingStatus.PUBLISHED
            found = await found_by(connection, form.one("find"), limit=_SHOWN, status=published)
            titles = await titles_of(connection, _planned_in(rehearsal)) if rehearsal else {}
        return sheet(
            visit,
            "send",
            status=422 if wrong or wrong_there else 200,
            newsletters=known,
            topics=names,
            form=form,
            found=[one for one in found if one.id not in chosen],
            kept=kept,
            wrong=wrong,
            wrong_there=wrong_there,
            said=said,
            token=token or visit.fresh,
            rehearsal=rehearsal,
            titles=titles,
        )


def _wish(form: Entered) -> OneOff:
    """What the form asks for; raises InputError in the words of the form."""
    _require_no_more(form)
    wish = OneOff(
        newsletter=form.one("newsletter"),
        subject=parse_line(form.one("subject"), "subject") if form.one("subject") else None,
        intro=parse_text(form.text("intro"), "intro") if form.text("intro").strip() else None,
        ignore_bookmarks=not form.chosen("counts"),
    )
    return _with_briefings(_with_readers(wish, form), form)


def _require_no_more(form: Entered) -> None:
    """Refuse a form in which more is filled in than what is chosen: that was most likely meant."""
    for choice in ("who", "what"):
        _require_its_choice(form, choice)


def _require_its_choice(form: Entered, choice: str) -> None:
    for one, values, field, words in _MEANT:
        if one == choice and form.one(choice) not in values and form.all(field):
            instead = _INSTEAD[choice]
            raise InputError(f"{words}, but {instead} chosen: choose what is meant, and empty the other")


def _with_readers(wish: OneOff, form: Entered) -> OneOff:
    match form.one("who"):
        case "topics":
            if not form.all("topic"):
                raise InputError("choose the topics whose followers are meant")
            wish = replace(wish, topics=frozenset(form.all("topic")))
        case "addresses":
            named = addresses_in(form.text("addresses"))
            if not named:
                raise InputError("write the addresses of the readers who are meant")
            wish = replace(wish, to=tuple(named))
        case "filter":
            if not form.one("audience"):
                raise InputError("write a filter, such as topic:economy and zone:Europe/Berlin")
            wish = replace(wish, audience=form.one("audience"))
    return wish


def _with_briefings(wish: OneOff, form: Entered) -> OneOff:
    match form.one("what"):
        case "since":
            wish = replace(wish, since=_since(form.one("since")))
        case "chosen":
            if not _ids(form):
                raise InputError("choose at least one briefing")
            wish = replace(wish, briefing_ids=tuple(_ids(form)))
        case "intro":
            wish = replace(wish, intro_only=True)
    return wish


def _since(text: str) -> datetime:
    try:
        return datetime.combine(date.fromisoformat(text), time(), UTC)
    except ValueError:
        raise InputError("say since which day briefings are taken") from None


def _when(visit: Visit) -> datetime:
    """When to send: now, or a time on the newsroom's clocks."""
    if visit.form.one("when") != "at":
        return visit.now
    return _wall(visit).replace(tzinfo=ZoneInfo(visit.zone)).astimezone(UTC)


def _wall(visit: Visit) -> datetime:
    """The time that was typed, which names no zone."""
    try:
        typed = datetime.fromisoformat(visit.form.one("at")).replace(tzinfo=None)
    except ValueError:
        raise InputError("say on which day and at which time to send") from None
    if not 1970 <= typed.year <= 9000:
        # not every zone reaches further
        raise InputError("the time to send at is past, or more than a year away")
    return typed


def _ids(form: Entered) -> list[int]:
    """The briefings that are ticked, in their order and each once."""
    words = [one for one in form.all("briefing") if one.isascii() and one.isdigit() and len(one) < 10]
    return list(dict.fromkeys(map(int, words)))[:100]


def _planned_in(rehearsal: Rehearsal) -> set[int]:
    """The numbers of what the cohorts that are shown would get."""
    return {number for one in rehearsal.cohorts for number in one.selection.numbers}
