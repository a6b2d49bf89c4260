"""One reader: what they want, what they were sent and why, and all that may be done for them."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Sequence
from contextlib import nullcontext
from datetime import date
from pathlib import Path
from typing import Any, Final

from fastapi.responses import HTMLResponse, Response
from markupsafe import escape
from msgspec import Struct
from pydantic_core import to_json
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Power
from digest.core.settling import PROBE_AT, STOP_AT, WARN_AT
from digest.errors import DigestError, InputError, NotFoundError
from digest.flows import my_data, returned_by_hand, suppressing
from digest.flows import readers as flows
from digest.flows.asking_again import ask_again
from digest.flows.coming import coming
from digest.flows.explain import Explanation, explain
from digest.flows.press import Press
from digest.flows.preview import preview
from digest.store import (
    briefings,
    changes,
    kept,
    listed,
    newsletters,
    reader_copies,
    returned,
    returned_mails,
    topics,
)
from digest.store.database import Database
from digest.store.ledger import Entry
from digest.store.listed import Listed
from digest.store.returned_mails import Return
from digest.web.desk.briefings_found import found_by, titles_of
from digest.web.desk.faults import Faults, FormError, Reading, faults_of
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.reader_list import TONES
from digest.web.desk.returned_words import KINDS
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.desk.wish_form import LABELS, said_in, said_of, wishes_in
from digest.web.linked import see_other
from subscribers import store as shelf
from subscribers.model import Standing
from subscribers.wishes import WishError, address_key, parse_address

#: Copies on one page of the timeline.
_COPIES: Final = 25
#: Briefings to choose from, for who asks why.
_CHOICES: Final = 20
#: A mail as it was printed: its style stands in its elements, and nothing of it runs or leads anywhere.
_MAIL_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'self'; sandbox"
)
#: How the status of a copy looks.
_COPY_TONES: Final = {
    "sent": "good",
    "refused": "bad",
    "expired": "bad",
    "uncertain": "warn",
    "deferred": "warn",
    "planned": "busy",
    "sending": "busy",
    "skipped": "",
}


class _Wrong(Struct, frozen=True):
    """What was wrong with a form of the page, and in which box of it that stands."""

    place: str = ""
    faults: Faults = Faults()


class Readers:
    """The page of one reader, and what its buttons do."""

    def __init__(self, *, store: Database, base_url: str, own_themes: Path | None = None) -> None:
        """Work on this store; previews are printed with links that lead nowhere."""
        self._store: Final = store
        # a key that nobody has: who looks at a preview gets no link that would speak for the reader
        self._press: Final = Press(
            store=store, keys=[secrets.token_bytes(32)], base_url=base_url, own_themes=own_themes
        )
        self._one_prints: Final = asyncio.Lock()

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/readers/{id:int}"
        acts = {
            "edit": self._edit,
            "pause": self._pause,
            "resume": self._resume,
            "ask": self._ask,
            "unsubscribe": self._unsubscribe,
            "suppress": self._suppress,
            "erase": self._erase,
            "clear-score": self._clear_score,
        }
        return [
            gate.page(one, Power.SEE_READERS, self._show),
            gate.page(f"{one}/why", Power.SEE_READERS, self._why),
            gate.page(f"{one}/next/{{subscription:int}}", Power.SEE_READERS, self._next),
            gate.page(f"{one}/next/{{subscription:int}}/mail", Power.SEE_READERS, self._mail),
            gate.page(f"{one}/data.json", Power.KEEP_READERS, self._data),
            *(gate.act(f"{one}/{name}", Power.KEEP_READERS, do) for name, do in acts.items()),
        ]

    async def _show(self, visit: Visit) -> Response:
        return await self._shown(visit)

    async def _shown(self, visit: Visit, wrong: _Wrong | None = None) -> Response:
        before = visit.asked_number("before")
        async with self._store.read() as connection:
            reader = await _require(connection, visit)
            ids = [one.id for one in reader.subscriptions]
            person = await kept.person(connection, reader.id)
            copies = await reader_copies.newest_of(connection, ids, before=before, limit=_COPIES + 1)
            score = await returned.score_of(connection, reader.id)
            known = await newsletters.every(connection)
            values = {
                "reader": reader,
                "known_since": person.created_at,
                "cards": [await self._card(connection, one, visit, wrong) for one in reader.subscriptions],
                "consents": await kept.consents_of(connection, ids),
                "gaps": await kept.gaps_of(connection, ids),
                "other_mails": await kept.notices_of(connection, ids),
                "came_back": await _came_back(connection, copies),
                "returned_lately": await returned_mails.page(connection, subscriber_id=reader.id, limit=1),
                "score": score,
                "good_days": await returned.good_days(connection, reader.id, score, visit.now),
                "topics": await topics.every(connection),
                "entries": await changes.page(connection, limit=10, kind="reader", subject=str(reader.id)),
                # what the log calls a newsletter
                "slugs": {one.id: one.slug for one in known},
                "titles": {one.slug: one.title for one in known},
            }
            carried = {number for one in copies[:_COPIES] for number in (*one.numbers, *one.deferred)}
            headlines = await titles_of(connection, carried)
        return sheet(
            visit,
            "reader",
            status=422 if wrong else 200,
            copies=copies[:_COPIES],
            more=copies[_COPIES - 1].issue_id if len(copies) > _COPIES else None,
            before=before,
            headlines=headlines,
            tones=TONES,
            copy_tones=_COPY_TONES,
            kinds=KINDS,
            marks=(WARN_AT, PROBE_AT, STOP_AT),
            wrong=wrong or _Wrong(),
            nothing=Faults(),
            labels=LABELS,
            **values,
        )

    async def _card(
        self, connection: AsyncConnection, one: Any, visit: Visit, wrong: _Wrong | None
    ) -> dict[str, Any]:
        """A subscription as the page shows it."""
        newsletter = await newsletters.by_id(connection, one.newsletter_id)
        active = one.standing is Standing.ACTIVE
        # what was typed stands beside what is wrong with it
        is_back = wrong is not None and wrong.place == f"edit {newsletter.slug}"
        return {
            "one": one,
            "newsletter": newsletter,
            "said": said_in(visit.form) if is_back else said_of(one),
            "history": await shelf.standing_history(connection, one.id),
            "next": await coming(connection, one, newsletter, visit.now) if active else None,
        }

    async def _why(self, visit: Visit) -> Response:
        number, asked = visit.asked_number("briefing"), visit.asked("q")
        async with self._store.read() as connection:
            reader = await _require(connection, visit)
            item = None if number is None else await briefings.by_id(connection, number)
            choices = await found_by(connection, asked, limit=_CHOICES)
            titles = {one.slug: one.title for one in await newsletters.every(connection)}
        found: tuple[Explanation, ...] = ()
        wrong = ""
        if number is not None:
            try:
                found = await explain(reader.address, number, store=self._store, now=visit.now)
            except NotFoundError:
                wrong = f"There is no briefing {number}."
        status = 404 if wrong else 200
        return sheet(
            visit,
            "reader_why",
            status=status,
            reader=reader,
            item=item,
            found=found,
            titles=titles,
            asked=asked,
            choices=choices,
            wrong=wrong,
        )

    async def _next(self, visit: Visit) -> Response:
        reader, found = await self._preview(visit)
        return sheet(visit, "reader_next", reader=reader, found=found)

    async def _mail(self, visit: Visit) -> Response:
        _, found = await self._preview(visit)
        if found.letter is None:
            raise NotFoundError("nothing would be sent")
        html = found.html if found.html is not None else _as_page(found.text)
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})

    async def _preview(self, visit: Visit) -> tuple[Listed, Any]:
        async with self._store.read() as connection:
            reader = await _require(connection, visit)
            wanted = visit.number("subscription")
            mine = next((one for one in reader.subscriptions if one.id == wanted), None)
            if mine is None:
                raise NotFoundError("there is no such subscription")
            slug = (await newsletters.by_id(connection, mine.newsletter_id)).slug
        async with self._one_prints:
            return reader, await preview(
                reader.address, slug, store=self._store, press=self._press, now=visit.now
            )

    async def _data(self, visit: Visit) -> Response:
        reader = await self._reader(visit)
        document = await my_data.all_of(reader.address, store=self._store)
        return Response(
            to_json(document, indent=2) + b"\n",
            media_type="application/json",
            headers={"Content-Disposition": f'attachment; filename="reader-{reader.id}.json"'},
        )

    async def _edit(self, visit: Visit) -> Response:
        form, reader = visit.form, await self._reader(visit)
        slug, word = form.one("newsletter") or None, form.one("email")
        reading, moved = Reading(LABELS), None
        try:
            wishes = await wishes_in(form, reading, store=self._store)
            with reading.of("email"):
                is_other = word and address_key(word) != address_key(reader.address)
                moved = parse_address(word) if is_other else None
            reading.done()
            # of what is refused from here on, all is about the address
            with reading.of("email") if moved else nullcontext():
                await flows.edit(
                    *(reader.address, slug, wishes),
                    store=self._store,
                    now=visit.now,
                    new_address=moved,
                    by=visit.actor,
                )
            reading.done()
        except (DigestError, WishError, FormError) as error:
            return await self._shown(visit, _Wrong(f"edit {slug or ''}".strip(), faults_of(error)))
        return see_other(f"../{reader.id}?done=edited")

    async def _pause(self, visit: Visit) -> Response:
        form, reader = visit.form, await self._reader(visit)
        reading = Reading(LABELS)
        try:
            with reading.of("until") if form.one("until") else nullcontext():
                await flows.pause(
                    *(reader.address, form.one("newsletter") or None),
                    until=_day(form.one("until")),
                    catch_up=form.chosen("catch_up"),
                    store=self._store,
                    now=visit.now,
                    by=visit.actor,
                )
            reading.done()
        except (DigestError, FormError) as error:
            return await self._refused(visit, error)
        return see_other(f"../{reader.id}?done=paused")

    async def _refused(self, visit: Visit, error: Exception) -> Response:
        """The page, with what is wrong in the box of one subscription."""
        place = f"standing {visit.form.one('newsletter')}"
        return await self._shown(visit, _Wrong(place, faults_of(error)))

    async def _resume(self, visit: Visit) -> Response:
        reader = await self._reader(visit)
        slug = visit.form.one("newsletter") or None
        try:
            await flows.resume(reader.address, slug, store=self._store, now=visit.now, by=visit.actor)
        except DigestError as error:
            return await self._refused(visit, error)
        return see_other(f"../{reader.id}?done=resumed")

    async def _ask(self, visit: Visit) -> Response:
        reader = await self._reader(visit)
        slug = visit.form.one("newsletter") or None
        try:
            await ask_again(reader.address, slug, store=self._store, now=visit.now, by=visit.actor)
        except DigestError as error:
            return await self._refused(visit, error)
        return see_other(f"../{reader.id}?done=asked")

    async def _unsubscribe(self, visit: Visit) -> Response:
        form, reader = visit.form, await self._reader(visit)
        reason = form.one("reason")[:1000] or "asked an admin"
        try:
            await flows.unsubscribe(
                *(reader.address, form.one("newsletter") or None),
                reason=reason,
                store=self._store,
                now=visit.now,
                by=visit.actor,
            )
        except DigestError as error:
            return await self._refused(visit, error)
        return see_other(f"../{reader.id}?done=unsubscribed")

    async def _suppress(self, visit: Visit) -> Response:
        reader = await self._reader(visit)
        await suppressing.suppress_addresses(
            reader.address,
            note=visit.form.one("note"),
            by=visit.actor,
            store=self._store,
            now=visit.now,
        )
        return see_other(f"../{reader.id}?done=suppressed")

    async def _clear_score(self, visit: Visit) -> Response:
        reader = await self._reader(visit)
        await returned_by_hand.clear_score(reader.id, by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{reader.id}?done=cleared")

    async def _erase(self, visit: Visit) -> Response:
        reader, reading = await self._reader(visit), Reading(LABELS)
        with reading.of("address"):
            if address_key(visit.form.one("address")) != address_key(reader.address):
                raise InputError("that is not the address of this reader: type it as it stands above")
        if reading.faults:
            return await self._shown(visit, _Wrong("erase", reading.faults))
        await flows.erase(reader.address, store=self._store, now=visit.now, by=visit.actor)
        return see_other("../../readers?done=erased")

    async def _reader(self, visit: Visit) -> Listed:
        async with self._store.read() as connection:
            return await _require(connection, visit)


async def _require(connection: AsyncConnection, visit: Visit) -> Listed:
    found = await listed.by_id(connection, visit.number("id"))
    if found is None or not found.subscriptions:
        raise NotFoundError("there is no such reader, or the reader was erased")
    return found


async def _came_back(connection: AsyncConnection, copies: Sequence[Entry]) -> dict[int, list[Return]]:
    """What was said of these copies, by their numbers, oldest first."""
    found: dict[int, list[Return]] = {}
    some = [copy.id for copy in copies if copy.id]
    for one in await returned_mails.page(connection, delivery_ids=some, limit=10 * len(some)):
        found.setdefault(one.delivery_id or 0, []).insert(0, one)
    return found


def _day(word: str) -> date | None:
    if not word:
        return None
    try:
        return date.fromisoformat(word)
    except ValueError:
        raise InputError(f"date {word!r} is not a day: write it as 2026-12-31") from None


def _as_page(text: str) -> str:
    return f"<!DOCTYPE html><title>Text</title><pre>{escape(text)}</pre>"
