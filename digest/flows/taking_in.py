"""Lines of a roster become readers, or change them: decided one by one, written down together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Final

from msgspec import Struct, field
from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.model import Newsletter
from digest.errors import DigestError, InputError, missing
from digest.flows.noted import BY_IMPORT, note_lines
from digest.flows.notices import ask_to_confirm
from digest.flows.readers import (
    Enrolment,
    beginning,
    enrol,
    reach_of,
    refusal_of,
    rewished,
    suppression_key,
)
from digest.store import ledger
from subscribers import consents, together
from subscribers import store as shelf
from subscribers.entering import hold_addresses
from subscribers.model import Standing
from subscribers.roster import RefusedLine, RosterRow
from subscribers.subscription import Subscription
from subscribers.suppressions import suppression_reasons
from subscribers.wishes import address_key

#: Where a roster does not say which newsletter.
FIRST_NEWSLETTER: Final = "daily"
#: How a reader came, for the history.
IMPORTED: Final = "imported"
#: Standings with which a line may come in.
_WELCOME: Final = frozenset({None, Standing.ACTIVE, Standing.PENDING})


class Lines(Struct):
    """Lines that are decided one by one, as for a single reader, and written down together."""

    connection: AsyncConnection
    now: datetime
    newsletters: Mapping[str, Newsletter]
    #: by newsletter id: the number after which a first issue reaches
    reach: Mapping[int, int]
    #: by folded address and newsletter id
    known: Mapping[tuple[str, int], Subscription]
    #: by folded address
    subscriber_ids: Mapping[str, int]
    #: the newest day whose slot was planned, by subscription id
    last_days: Mapping[int, date]
    #: reasons by folded address
    suppressed: Mapping[str, str]
    #: how they came, for the history
    reason: str = IMPORTED
    #: of a line that does not say which
    newsletter: str = FIRST_NEWSLETTER
    #: of those who came in with one of their own, by folded address and newsletter id
    reasons: dict[tuple[str, int], str] = field(default_factory=dict)
    begun: list[Subscription] = field(default_factory=list)
    changed: list[Subscription] = field(default_factory=list)
    #: by subscriber id
    names: dict[int, str] = field(default_factory=dict)
    #: who left or bounced and is taken back, as before
    back: list[Subscription] = field(default_factory=list)
    #: what was wished before, by subscription id
    before: dict[int, Subscription] = field(default_factory=dict)
    #: who is asked to confirm, by folded address and newsletter id
    to_ask: set[tuple[str, int]] = field(default_factory=set)
    #: the new subscriptions, once they are written down
    new_ids: list[int] = field(default_factory=list)

    @property
    def added(self) -> int:
        """How many readers come in."""
        return len(self.begun) + len(self.back)

    @classmethod
    async def of(
        cls,
        connection: AsyncConnection,
        rows: Sequence[RosterRow],
        by_slug: Mapping[str, Newsletter],
        now: datetime,
        reason: str = IMPORTED,
        *,
        newsletter: str = FIRST_NEWSLETTER,
    ) -> Lines:
        """All that the decisions look at, read at once."""
        addresses = {row.email for row in rows}
        await hold_addresses(connection, addresses)
        known = await together.subscriptions_among(connection, addresses)
        key = await suppression_key(connection)
        return cls(
            connection,
            now,
            by_slug,
            {one.id: await reach_of(connection, one, now) for one in by_slug.values()},
            {(address_key(one.address), one.newsletter_id): one for one in known},
            {address_key(one.address): one.subscriber_id for one in known},
            await ledger.last_days(connection, [one.id for one in known], now),
            await suppression_reasons(connection, addresses, key),
            reason,
            newsletter,
        )

    async def take_all(self, rows: Sequence[RosterRow], rejected: list[RefusedLine]) -> None:
        """Add or change a reader for each line; a refusal is noted and leaves no trace in the store."""
        for row in rows:
            try:
                await self._take(row)
            except DigestError as error:
                rejected.append(RefusedLine(row.line, str(error)))

    def begin_as(self, new: Enrolment, standing: Standing) -> None:
        """Take somebody in who is not to be written to; raises what `take_all` notes."""
        newsletter = self.newsletters[new.newsletter]
        self._begin(new, newsletter)
        begun = self.begun.pop()
        away_after = begun.began_after if standing is Standing.PAUSED else None
        self.begun.append(replace(begun, standing=standing, away_after=away_after))
        self.reasons[_key(begun)] = new.reason

    async def write_down(self) -> None:
        """A handful of statements, whatever the number of lines."""
        await shelf.set_names(self.connection, self.names)
        await shelf.save_all(self.connection, self.changed)
        ids = await shelf.add_subscriptions(self.connection, await self._with_subscribers())
        self.new_ids = ids
        begun = {
            id_: (one.standing, self.reasons.get(_key(one), self.reason))
            for id_, one in zip(ids, self.begun, strict=True)
        }
        await shelf.note_beginnings(self.connection, begun, self.now)
        await self._ask([id_ for id_, one in zip(ids, self.begun, strict=True) if _key(one) in self.to_ask])

    async def note_basis(self, shown: consents.Shown) -> None:
        """Keep what those who came in agreed to, in the words of who took them in."""
        ids = [*self.new_ids, *(one.id for one in self.back)]
        await consents.note_bases(self.connection, ids, shown, self.now)

    @property
    def rewished(self) -> list[tuple[Subscription, Subscription]]:
        """Who had wishes already, before and after."""
        return [
            (self.before[one.id], replace(one, name=self.names.get(one.subscriber_id, one.name)))
            for one in self.changed
        ]

    async def note_changes(self, by: Actor, source: int | str) -> None:
        """Write into the log what became of the wishes of those who had some; `source` says which import."""
        await note_lines(self.connection, by, BY_IMPORT, self.rewished, self.now, source=source)

    async def _take(self, row: RosterRow) -> None:
        newsletter = self._newsletter(row)
        known = self.known.get((address_key(row.email), newsletter.id))
        if known is not None and known.standing in {Standing.ACTIVE, Standing.PAUSED}:
            self._change(known, row)
            return
        _require_welcome(row, known)
        confirmed = row.status is not Standing.PENDING and not row.unconfirmed
        new = Enrolment(row.email, newsletter.slug, row.wishes, confirmed, self.reason)
        if known is not None:
            await enrol(self.connection, new, now=self.now)
            self.back.append(known)
        else:
            self._begin(new, newsletter)
            if row.unconfirmed:
                self.to_ask.add(_key(self.begun[-1]))

    def _newsletter(self, row: RosterRow) -> Newsletter:
        slug = row.newsletter or self.newsletter
        if slug not in self.newsletters:
            raise missing(f"newsletter {slug!r}", "newsletters list")
        return self.newsletters[slug]

    def _change(self, known: Subscription, row: RosterRow) -> None:
        last_day = self.last_days.get(known.id, date.min)
        self.before[known.id] = known
        self.changed.append(rewished(known, row.wishes, last_day=last_day, now=self.now))
        if row.name is not None:
            self.names[known.subscriber_id] = row.name

    def _begin(self, new: Enrolment, newsletter: Newsletter) -> None:
        folded = address_key(new.address)
        if folded in self.suppressed:
            raise refusal_of(new.address, self.suppressed[folded])
        subscriber_id = self.subscriber_ids.get(folded, 0)
        self.begun.append(beginning(new, newsletter, subscriber_id, self.reach[newsletter.id], self.now))
        if subscriber_id and new.wishes.name is not None:
            self.names[subscriber_id] = new.wishes.name

    async def _ask(self, ids: Sequence[int]) -> None:
        by_id = {one.id: one for one in self.newsletters.values()}
        for one in await together.subscriptions_by_id(self.connection, ids):
            await ask_to_confirm(self.connection, one, by_id[one.newsletter_id], self.now)

    async def _with_subscribers(self) -> list[Subscription]:
        """What begins, each with its reader; those who are new are made."""
        strangers: dict[str, Subscription] = {}
        for one in self.begun:
            if not one.subscriber_id:
                strangers.setdefault(address_key(one.address), one)
        names = {one.address: one.name for one in strangers.values()}
        ids = await shelf.add_subscribers(self.connection, names, self.now)
        known = {**self.subscriber_ids, **dict(zip(strangers, ids, strict=True))}
        return [replace(one, subscriber_id=known[address_key(one.address)]) for one in self.begun]


def _key(one: Subscription) -> tuple[str, int]:
    return address_key(one.address), one.newsletter_id


def _require_welcome(row: RosterRow, known: Subscription | None) -> None:
    """Refuse a line that would bring somebody in with another standing, or back without saying so."""
    if row.status not in _WELCOME:
        raise InputError(f"{row.email} is {row.status}: only active or pending readers are taken in")
    if row.unconfirmed and row.status is Standing.ACTIVE:
        raise InputError(f"{row.email} is active, and unconfirmed: leave one of the two out")
    is_silent = row.status is None and not row.unconfirmed
    if known is not None and known.standing in {Standing.LEFT, Standing.BOUNCING} and is_silent:
        raise InputError(
            f"{row.email} is {known.standing}: say active in the column status to take the reader back"
        )
