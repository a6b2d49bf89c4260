"""One's own account: password, one-time codes, sessions, keys."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import segno
from fastapi.responses import Response
from markupsafe import Markup

from digest.core.access import SCOPES, Power
from digest.errors import InputError, words_for_all
from digest.flows import entering, proofs
from digest.flows import people as flows
from digest.flows.people import Pass
from digest.store import people as shelf
from digest.store.database import Database
from digest.web.desk.entry import browser_of, later_words
from digest.web.desk.gate import DeskRoute, Gate
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit
from digest.web.linked import see_other

#: How an authenticator app calls us.
_ISSUER: Final = "Digest"


class Account:
    """What everybody may do for themselves."""

    def __init__(self, *, store: Database, mail_in: Callable[[int], str] | None = None) -> None:
        """Work on this store; `mail_in` gives the address at which a person's stories come in."""
        self._store: Final = store
        self._mail_in: Final = mail_in

    def routes(self, gate: Gate) -> list[DeskRoute]:
        """The paths, and what answers on them."""
        return [
            gate.page("/admin/account", Power.OWN, self._show),
            gate.act("/admin/account/password", Power.OWN, self._password),
            gate.act("/admin/account/sessions", Power.OWN, self._end_sessions),
            gate.page("/admin/account/codes", Power.OWN, self._show_codes),
            gate.act("/admin/account/codes", Power.OWN, self._begin_codes),
            gate.act("/admin/account/codes/off", Power.OWN, self._end_codes),
            gate.act("/admin/account/keys", Power.OWN, self._make_key),
            gate.act("/admin/account/keys/{id:int}/revoke", Power.OWN, self._revoke_key),
        ]

    async def _show(self, visit: Visit) -> Response:
        async with self._store.read() as connection:
            sessions = await shelf.sessions_of(connection, visit.person.id, visit.now)
            keys = await shelf.keys_of(connection, visit.person.id)
            left = await shelf.recovery_codes_left(connection, visit.person.id)
        return sheet(
            visit,
            "account",
            sessions=sessions,
            this=proofs.hash_of(visit.token),
            keys=keys,
            codes_left=left,
            scopes=[one for one in Power if one in visit.powers & SCOPES],
            least=proofs.LEAST_PASSWORD,
            mail_in=self._mail_in(visit.person.id) if self._mail_in and Power.EDIT in visit.powers else "",
        )

    async def _password(self, visit: Visit) -> Response:
        await self._require_password(visit)
        new = visit.form.secret("new")
        if new != visit.form.secret("again"):
            raise InputError("the two new passwords differ: nothing was changed")
        allowed = Pass(visit.actor, visit.token)
        await flows.set_password(visit.person.id, new, allowed, store=self._store, now=visit.now)
        return see_other("../account?done=password")

    async def _require_password(self, visit: Visit) -> None:
        """A session that was left open is not enough to take an account over."""
        refused = await entering.ask_again(
            *(visit.person, visit.form.secret("current"), browser_of(visit.request)),
            store=self._store,
            now=visit.now,
        )
        if refused is not None:
            wrong = "your current password is another one: nothing was changed"
            raise InputError(later_words(refused.wait) if refused.wait else wrong)

    async def _end_sessions(self, visit: Visit) -> Response:
        async with self._store.write() as connection:
            await shelf.end_sessions(connection, visit.person.id, but=proofs.hash_of(visit.token))
        return see_other("../account?done=sessions")

    async def _show_codes(self, visit: Visit) -> Response:
        return _codes_sheet(visit, proofs.new_code_secret(), "")

    async def _begin_codes(self, visit: Visit) -> Response:
        secret = visit.form.one("secret")
        if not (len(secret) == 32 and secret.isascii() and secret.isalnum()):
            raise InputError("the form was cut short: load the page again")
        try:
            codes = await flows.begin_codes(
                *(visit.person.id, secret, visit.form.one("code"), Pass(visit.actor, visit.token)),
                store=self._store,
                now=visit.now,
            )
        except InputError as error:
            return _codes_sheet(visit, secret, words_for_all(error), status=422)
        return sheet(visit, "account_recovery", codes=codes)

    async def _end_codes(self, visit: Visit) -> Response:
        await self._require_password(visit)
        await flows.end_codes(visit.person.id, by=visit.actor, store=self._store, now=visit.now)
        return see_other("../../account?done=codes-off")

    async def _make_key(self, visit: Visit) -> Response:
        scopes = frozenset(one for one in SCOPES if one in visit.form.all("scope"))
        made, key = await flows.make_key(
            *(visit.person.id, visit.form.one("label"), scopes),
            by=visit.actor,
            store=self._store,
            now=visit.now,
        )
        return sheet(visit, "account_key", made=made, key=key)

    async def _revoke_key(self, visit: Visit) -> Response:
        await flows.revoke_key(
            visit.number("id"), by=visit.actor, store=self._store, now=visit.now, of_person=visit.person.id
        )
        return see_other("../../../account?done=revoked")


def _codes_sheet(visit: Visit, secret: str, wrong: str, *, status: int = 200) -> Response:
    uri = proofs.provisioning_uri(secret, visit.person.name, _ISSUER)
    # a picture made of numbers: the text in it is inside the dots
    drawn = segno.make(uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff")
    picture = Markup(drawn)  # noqa: S704
    return sheet(visit, "account_codes", status=status, secret=secret, picture=picture, wrong=wrong)
