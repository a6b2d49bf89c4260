"""An export of another system is taken in: who reads there reads here, and who left there is not written to.

export -> what becomes of each member -> some hundred of them a transaction -> what was done
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.access import Actor
from digest.core.arrivals import Arrival, Choices, LeftOut, MoveIn, Unconfirmed, move_in, stays
from digest.core.exports import Export, There
from digest.core.label_mapping import LabelCount, parse_mapping
from digest.core.model import Newsletter
from digest.errors import DigestError, missing
from digest.flows.consequences import COMPLAINED
from digest.flows.notices import ask_to_confirm
from digest.flows.readers import Enrolment, suppression_key, topic_names
from digest.flows.rosters import LINES_AT_A_TIME
from digest.flows.seed import FIRST_NEWSLETTER
from digest.flows.suppressing import suppress_within
from digest.flows.taking_in import Lines
from digest.store import newsletters, topics
from digest.store.changes import note_change
from digest.store.database import Database
from subscribers import consents, together
from subscribers.consents import BY_IMPORT, TakenOver
from subscribers.model import AWAY, Standing
from subscribers.roster import RefusedLine
from subscribers.subscription import TRANSITIONS, Event, Subscription
from subscribers.suppressions import suppress
from subscribers.wishes import address_key

#: Standings that end mail, and what brings them about; who has one keeps it.
_ENDS: Final = {
    Standing.LEFT: Event.LEFT,
    Standing.BOUNCING: Event.BOUNCED_HARD,
    Standing.COMPLAINED: Event.COMPLAINED,
}


class Wanted(Struct, frozen=True):
    """How somebody wants an export to be taken."""

    #: of whom nothing else says it
    newsletter: str | None = None
    #: `LABEL=TARGET` each
    mapping: Sequence[str] = ()
    unconfirmed: Unconfirmed = Unconfirmed.LEAVE
    #: what everybody in it is, whatever it says
    status: Standing | None = None
    #: write what the export says over the wishes of who reads here already
    update: bool = False
    #: why they may be written to, in the words of who takes them in
    grounds: str = ""


class Taken(Struct):
    """What became of an export."""

    export: Export
    labels: tuple[LabelCount, ...]
    remarks: tuple[tuple[str, int, str], ...]
    #: who came in, by the standing they have now
    added: Counter[Standing] = field(default_factory=Counter)
    updated: int = 0
    #: who read here and does no more, since they left there
    ended: Counter[Standing] = field(default_factory=Counter)
    #: who is here already, and was left as they are
    known: int = 0
    #: not taken, by a rule
    left_out: list[LeftOut] = field(default_factory=list)
    #: not taken, since something is wrong with them
    rejected: list[LeftOut] = field(default_factory=list)


async def take_export(
    export: Export, wanted: Wanted, *, store: Database, now: datetime, dry_run: bool, by: Actor
) -> Taken:
    """Take an export in; a rehearsal does the same and rolls it back. Repeating it does no harm."""
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
        by_slug = {one.slug: one for one in await newsletters.every(connection)}
    decided = move_in(export, choices_for(wanted, names, by_slug))
    taken = Taken(export, decided.labels, decided.remarks, left_out=list(decided.left_out))
    taken.rejected += [LeftOut(one.line, one.reason, one.file) for one in export.unfit]
    for some in _some(decided.arrivals):
        async with store.write() as connection:
            lines = await take_arrivals(connection, some, wanted, by_slug, taken, now)
            await lines.note_changes(by, _an_export(taken))
            if dry_run:
                await connection.rollback()
    for some in _some(decided.blocked):
        async with store.write() as connection:
            await block(connection, some, taken, by, now)
            if dry_run:
                await connection.rollback()
    if not dry_run:
        await _note(taken, decided, store, by, now)
    return taken


def choices_for(wanted: Wanted, names: Mapping[str, str], by_slug: Mapping[str, Newsletter]) -> Choices:
    """What somebody wants, with what there is here; raises InputError and NotFoundError."""
    if wanted.newsletter is not None and wanted.newsletter not in by_slug:
        raise missing(f"newsletter {wanted.newsletter!r}", "newsletters list")
    return Choices(
        topics=names,
        newsletter=wanted.newsletter,
        first_newsletter=FIRST_NEWSLETTER.slug,
        mapped=parse_mapping(wanted.mapping, names, by_slug),
        unconfirmed=wanted.unconfirmed,
        status=wanted.status,
    )


def _some(arrivals: Sequence[Arrival]) -> list[Sequence[Arrival]]:
    return [arrivals[start : start + LINES_AT_A_TIME] for start in range(0, len(arrivals), LINES_AT_A_TIME)]


async def take_arrivals(
    connection: AsyncConnection,
    some: Sequence[Arrival],
    wanted: Wanted,
    by_slug: Mapping[str, Newsletter],
    taken: Taken,
    now: datetime,
) -> Lines:
    """Take some in, within a transaction; what was written is in the lines."""
    reason = f"imported from {taken.export.system}"
    lines = await Lines.of(connection, [one.row for one in some], by_slug, now, reason)
    yes_here = await consents.said_yes_here(connection, [one.id for one in lines.known.values()])
    page = _Page(lines, yes_here, wanted, taken)
    for arrival in some:
        await page.take(arrival)
    await lines.write_down()
    await page.write_down(await suppression_key(connection))
    return lines


class _Page:
    """Some of the arrivals: decided one by one, written down together."""

    def __init__(self, lines: Lines, yes_here: Mapping[int, datetime], wanted: Wanted, taken: Taken) -> None:
        self._lines: Final = lines
        self._yes_here: Final = yes_here
        self._wanted: Final = wanted
        self._taken: Final = taken
        #: by folded address and newsletter id
        self._arrived: Final[dict[tuple[str, int], Arrival]] = {}
        self._ending: Final[dict[int, tuple[Subscription, Arrival]]] = {}
        self._complained: Final[set[str]] = set()

    async def take(self, arrival: Arrival) -> None:
        """Decide one of them."""
        newsletter = self._lines.newsletters.get(arrival.row.newsletter or "")
        if newsletter is None:
            self._leave_out(arrival, f"newsletter {arrival.row.newsletter!r} does not exist: make it first")
            return
        key = address_key(arrival.row.email), newsletter.id
        known = self._lines.known.get(key)
        try:
            if known is None:
                await self._begin(arrival)
                self._arrived[key] = arrival
            elif arrival.standing in _ENDS:
                self._end(known, arrival)
            else:
                await self._meet(known, arrival, key)
        except DigestError as error:
            self._leave_out(arrival, str(error))

    async def _begin(self, arrival: Arrival) -> None:
        row, standing = arrival.row, arrival.standing
        if standing in {Standing.ACTIVE, Standing.PENDING}:
            if not await self._is_taken(arrival):
                return
        else:
            new = Enrolment(row.email, row.newsletter or "", row.wishes, True, arrival.reason)
            self._lines.begin_as(new, standing)
            if standing is Standing.COMPLAINED:
                self._complained.add(row.email)
        self._taken.added[standing] += 1

    async def _meet(self, known: Subscription, arrival: Arrival, key: tuple[str, int]) -> None:
        """Somebody who reads there is here already."""
        if known.standing in AWAY:
            self._leave_out(arrival, f"is {known.standing} here: who left comes back by their own word")
        elif known.standing is Standing.PENDING and arrival.there is There.READS:
            # the yes that was waited for was given there
            if await self._is_taken(arrival):
                self._arrived[key] = arrival
                self._taken.added[Standing.ACTIVE] += 1
        elif self._wanted.update and arrival.there is There.READS:
            self._taken.updated += await self._is_taken(arrival)
        else:
            self._taken.known += 1

    async def _is_taken(self, arrival: Arrival) -> bool:
        """Take the line as one of a roster; it is left out when that refuses it."""
        refused: list[RefusedLine] = []
        await self._lines.take_all([arrival.row], refused)
        for one in refused:
            self._leave_out(arrival, one.reason)
        return not refused

    def _end(self, known: Subscription, arrival: Arrival) -> None:
        """Somebody who is gone there is known here."""
        standing = arrival.standing
        if standing is Standing.COMPLAINED:
            self._complained.add(known.address)
        elif stays(arrival.gone_at, self._yes_here.get(known.id)):
            self._leave_out(arrival, f"is {arrival.there} there, and said yes here since: reads on")
            return
        if (known.standing, _ENDS[standing]) not in TRANSITIONS or known.standing in AWAY:
            self._taken.known += 1
            return
        self._ending[known.id] = known, arrival
        self._taken.ended[standing] += 1

    async def write_down(self, key: bytes) -> None:
        """What the lines themselves do not write."""
        connection, now = self._lines.connection, self._lines.now
        for standing in _ENDS:
            ending = {id_: one for id_, one in self._ending.items() if one[1].standing is standing}
            before = [known for known, _ in ending.values()]
            reasons = {id_: arrival.reason for id_, (_, arrival) in ending.items()}
            await together.take_out(connection, list(ending), standing)
            await together.note_standings(connection, before, standing, reasons, now)
        for address in sorted(self._complained):
            await suppress(connection, address, key, COMPLAINED, now)
        await self._keep_agreements()
        if self._wanted.unconfirmed is Unconfirmed.ASK:
            await self._ask()

    async def _keep_agreements(self) -> None:
        """Keep what is known of the consents of those who came in."""
        lines, system = self._lines, self._taken.export.system
        ids = {
            (address_key(one.address), one.newsletter_id): id_
            for id_, one in [
                *zip(lines.new_ids, lines.begun, strict=True),
                *((one.id, one) for one in lines.back),
            ]
            if one.standing in {Standing.ACTIVE, Standing.PENDING, Standing.PAUSED}
        }
        there = [
            _taken_over(ids[key], arrival, lines.now) for key, arrival in self._arrived.items() if key in ids
        ]
        words = self._wanted.grounds or f"taken over from {system}"
        await consents.note_taken_over(lines.connection, there, f"{BY_IMPORT}from {system}", words)

    async def _ask(self) -> None:
        lines = self._lines
        pending = [
            id_
            for id_, one in zip(lines.new_ids, lines.begun, strict=True)
            if one.standing is Standing.PENDING
        ]
        by_id = {one.id: one for one in lines.newsletters.values()}
        for one in await together.subscriptions_by_id(lines.connection, pending):
            await ask_to_confirm(lines.connection, one, by_id[one.newsletter_id], lines.now)

    def _leave_out(self, arrival: Arrival, reason: str) -> None:
        self._taken.left_out.append(LeftOut(arrival.row.line, reason, arrival.file))


def _taken_over(subscription_id: int, arrival: Arrival, now: datetime) -> TakenOver:
    agreed = arrival.agreement
    return TakenOver(
        subscription_id,
        agreed.asked_at or agreed.confirmed_at or now,
        agreed.asked_from,
        agreed.confirmed_at,
        agreed.confirmed_from,
    )


async def block(
    connection: AsyncConnection, some: Sequence[Arrival], taken: Taken, by: Actor, now: datetime
) -> None:
    """Put addresses on the list of those that are not written to; whoever reads there is suppressed."""
    addresses = [one.row.email for one in some]
    note = f"blocked at {taken.export.system}"
    new, ended = await suppress_within(connection, addresses, note=note, by=by, now=now)
    taken.ended[Standing.SUPPRESSED] += ended
    taken.added[Standing.SUPPRESSED] += new
    taken.known += len(addresses) - new


async def _note(taken: Taken, decided: MoveIn, store: Database, by: Actor, now: datetime) -> None:
    counts = {
        "added": dict(taken.added),
        "updated": taken.updated,
        "ended": dict(taken.ended),
        "left_out": len(taken.left_out),
        "refused": len(taken.rejected),
    }
    async with store.write() as connection:
        await note_change(connection, by, "reader.import", _an_export(taken), now, after=counts)


def _an_export(taken: Taken) -> str:
    """What the log calls it."""
    return f"an export of {taken.export.system}"
