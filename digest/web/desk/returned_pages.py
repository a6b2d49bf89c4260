"""Returned mail: what came back, what followed from it, and what waits for a person."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from fastapi.responses import Response

from digest.core.access import Power
from digest.core.returned import Kind
from digest.core.settling import PROBE_AT, STOP_AT, WARN_AT
from digest.errors import InputError, NotFoundError, words_for_all
from digest.flows import returned_by_hand
from digest.flows.overview import returned_mail
from digest.flows.readers import newsletter_id_of
from digest.mail.peek import MOST_TEXT, header, readable
from digest.store import ledger, listed, newsletters, returned_mails, risks
from digest.store.database import Database
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.returned_words import EFFECTS, KINDS, PROOFS, WOULD_FOLLOW
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other
from subscribers.wishes import WishError, parse_address

#: On one page.
_LINES: Final = 50
#: More than any store counts to.
_LARGEST: Final = 2**63 - 1
_MARKS: Final = {"warn_at": WARN_AT, "probe_at": PROBE_AT, "stop_at": STOP_AT}


class ReturnedMail:
    """The list, each of it with its mail, and the addresses from which mail keeps coming back."""

    def __init__(self, *, store: Database) -> None:
        """Work on this store."""
        self._store: Final = store

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        one = "/admin/returned/{id:int}"
        return [
            gate.page("/admin/returned", Power.SEE_READERS, self._list),
            gate.page("/admin/returned/at-risk", Power.SEE_READERS, self._at_risk),
            gate.page(one, Power.SEE_READERS, self._show),
            gate.page(f"{one}/mail.eml", Power.SEE_READERS, self._raw),
            gate.act(f"{one}/apply", Power.KEEP_READERS, self._apply),
            gate.act(f"{one}/done", Power.KEEP_READERS, self._be_done),
        ]

    async def _list(self, visit: Visit) -> Response:
        asked = {name: visit.asked(name) for name in ("kind", "newsletter", "reader", "waiting")}
        if asked["kind"] and asked["kind"] not in set(Kind):
            raise InputError(f"kind {asked['kind']!r} is not known: choose among {', '.join(Kind)}")
        async with self._store.read() as connection:
            known = await newsletters.every(connection)
            subscriber_id = visit.asked_number("reader")
            found = await returned_mails.page(
                connection,
                before=visit.asked_number("before"),
                limit=_LINES + 1,
                kind=Kind(asked["kind"]) if asked["kind"] else None,
                waiting=bool(asked["waiting"]),
                newsletter_id=newsletter_id_of(
                    asked["newsletter"] or None, {one.id: one.slug for one in known}
                ),
                subscriber_id=subscriber_id,
            )
            reader = None if subscriber_id is None else await listed.by_id(connection, subscriber_id)
            state = await returned_mail(connection)
        return sheet(
            visit,
            "returned",
            found=found[:_LINES],
            more=found[_LINES - 1].id if len(found) > _LINES else None,
            asked=asked,
            query=urlencode({name: word for name, word in asked.items() if word}),
            is_filtered=any(asked.values()),
            reader=reader,
            waiting=state.waiting,
            unkept=state.unkept,
            mailboxes=state.mailboxes,
            newsletters=known,
            kinds=KINDS,
            effects=EFFECTS,
        )

    async def _at_risk(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            found = await risks.at_risk(connection, visit.now)
        return sheet(visit, "returned_risks", found=found, most=risks.MOST, **_MARKS)

    async def _show(self, visit: Visit) -> Response:
        return await self._shown(visit)

    async def _shown(self, visit: Visit, *, wrong: str = "", about: str = "", says: str = "") -> Response:
        one, mail = await returned_by_hand.look(_number(visit), store=self._store)
        async with self._store.read() as connection:
            copy = None if one.delivery_id is None else await ledger.by_id(connection, one.delivery_id)
        text = "" if mail is None else readable(mail.raw)
        return sheet(
            visit,
            "returned_one",
            status=422 if wrong else 200,
            one=one,
            copy=copy,
            mail=mail,
            text=text,
            header="" if mail is None else header(mail.raw),
            is_cut=len(text) >= MOST_TEXT or (mail is not None and len(mail.raw) < mail.octets),
            kinds=KINDS,
            effects=EFFECTS,
            proofs=PROOFS,
            would_follow=WOULD_FOLLOW,
            wrong=wrong,
            about=about,
            says=says,
        )

    async def _raw(self, visit: Visit) -> Response:
        one, mail = await returned_by_hand.look(_number(visit), store=self._store)
        if mail is None:
            raise NotFoundError("the mail is not kept any more")
        return Response(
            mail.raw,
            media_type="message/rfc822",
            headers={
                "Content-Disposition": f'attachment; filename="returned-{one.id}.eml"',
                # whatever it is, no browser looks into it
                "Content-Security-Policy": "sandbox; default-src 'none'",
                "X-Content-Type-Options": "nosniff",
            },
        )

    async def _apply(self, visit: Visit) -> Response:
        word = visit.form.one("about")
        try:
            await returned_by_hand.apply(
                _number(visit), by=visit.actor, store=self._store, now=visit.now, **_meant(visit, word)
            )
        except (InputError, NotFoundError, WishError) as error:
            wrong = words_for_all(error)
            return await self._shown(visit, wrong=wrong, about=word[:320], says=visit.form.one("says"))
        return see_other(f"../{visit.number('id')}?done=applied")

    async def _be_done(self, visit: Visit) -> Response:
        await returned_by_hand.be_done_with(_number(visit), by=visit.actor, store=self._store, now=visit.now)
        return see_other(f"../{visit.number('id')}?done=done")


def _number(visit: Visit) -> int:
    """The number in the path; raises NotFoundError for one that no row can have."""
    found = visit.number("id")
    if found >= _LARGEST:
        raise NotFoundError("there is no such returned mail")
    return found


def _meant(visit: Visit, word: str) -> dict[str, Any]:
    """What a person says that it is about: a copy by its number, or a reader by the address; and its kind."""
    said = visit.form.one("says")
    if said and said not in set(Kind):
        raise InputError(f"kind {said!r} is not known: choose among {', '.join(Kind)}")
    kind = {"kind": Kind(said)} if said else {}
    if word.isascii() and word.isdigit() and len(word) < 19:
        return {"delivery_id": int(word), **kind}
    return {"address": parse_address(word), **kind}
