"""Does what the table of `core/settling` asks for: to a copy, to its reader, and for those who watch."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from typing import Final

from msgspec.structs import replace
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.core.families import family_of
from digest.core.model import DeliveryStatus
from digest.core.notices import NoticeKind
from digest.core.returned import Kind
from digest.core.settling import TABLE, Consequence, Effect, Reader, counted, step_of
from digest.flows.answers import hand_on
from digest.flows.leaving import HAD_AGREED, end_all
from digest.flows.matching import Matched, subscriptions_meant
from digest.flows.notices import goodbyes, notice_for
from digest.flows.readers import suppression_key
from digest.store import newsletters, notices, returned
from digest.store.recounting import Move, recount
from digest.store.returned import Mailed
from subscribers import together
from subscribers.model import Standing
from subscribers.subscription import TRANSITIONS, Event
from subscribers.suppressions import suppress

#: Why an address is on the list, and the beginning of the reason in the history of a standing.
COMPLAINED: Final = "complained"
#: The reason in the history of who asked by mail.
BY_MAIL: Final = "asked by mail"


class Consequences:
    """What follows from some things that came back, in one transaction."""

    def __init__(self, connection: AsyncConnection, now: datetime, *, replies_to: str = "") -> None:
        """`replies_to` gets what readers write, if it is given."""
        self._connection: Final = connection
        self._now: Final = now
        self._replies_to: Final = replies_to
        self._moves: Final[dict[int, Counter[Move]]] = {}

    async def follow(self, one: Matched) -> Effect:
        """Do what follows from this one."""
        row = TABLE[one.event.kind]
        if row.reader is Reader.FORWARD:
            return await self._hand_on(one)
        if one.proof is None or one.event.kind is Kind.UNKNOWN:
            # whatever copy it came to: what it says of that is for a person to tell
            return Effect.UNMATCHED
        if row.reader is Reader.LEAVE:
            return await self._leave(one)
        if row.reader is Reader.COMPLAIN:
            return await self._complain(one)
        if one.mailed is None:
            return await self._act_without_copy(one, row)
        news = await self._change_copy(one, one.mailed, row)
        if not one.mailed.is_for_its_reader or not news:
            return Effect.REFUSED if news and row.refused else Effect.ARRIVED if news else Effect.NOTED
        if not row.refused:
            return Effect.ARRIVED
        if await returned.has_moved_on(self._connection, one.mailed):
            return Effect.STALE
        return await self._act(one, one.mailed, row)

    async def finish(self) -> None:
        """Have what was counted of issues follow."""
        for issue_id, moves in sorted(self._moves.items()):
            await recount(self._connection, issue_id, moves)

    async def _hand_on(self, one: Matched) -> Effect:
        """Hand a person's words on to the newsroom, whoever they are."""
        if self._replies_to and await hand_on(self._connection, one, self._replies_to, self._now):
            return Effect.FORWARDED
        return Effect.UNMATCHED if one.proof is None else Effect.NOTED

    async def _change_copy(self, one: Matched, mailed: Mailed, row: Consequence) -> bool:
        """Say of the copy what is known now; True when that is news."""
        if row.refused:
            text = one.event.text
            # most servers write their code before their words, too
            codes = [code for code in (one.event.reply, one.event.enhanced) if code and code not in text]
            said = " ".join([*codes, text]).strip()
            news = await returned.refuse(self._connection, mailed, row.refused, f"came back: {said}"[:500])
            self._note(mailed, DeliveryStatus.REFUSED, row.refused, changed=news)
            # what a server refused at once stays refused, and its reader may not have been stopped for it
            news = news or (row.reader is Reader.STOP and mailed.status is DeliveryStatus.REFUSED)
        elif row.arrived:
            news = await returned.arrive(self._connection, mailed, self._now)
            self._note(mailed, DeliveryStatus.SENT, "", changed=news)
        else:
            news = False
        return news

    def _note(self, mailed: Mailed, after: DeliveryStatus, reason: str, *, changed: bool) -> None:
        if changed and mailed.issue_id is not None:
            family = family_of(mailed.address.rpartition("@")[2].lower())
            move = Move(family, mailed.status, after, reason)
            self._moves.setdefault(mailed.issue_id, Counter())[move] += 1

    async def _act_without_copy(self, one: Matched, row: Consequence) -> Effect:
        """What is proved of a reader and of no copy stops mail, or is only kept."""
        mine = await together.subscriptions_by_id(self._connection, one.subscription_ids)
        if row.reader is not Reader.STOP or not mine:
            return Effect.NOTED
        return await self._stop(mine[0].address, one.event.text or one.event.rule)

    async def _act(self, one: Matched, mailed: Mailed, row: Consequence) -> Effect:
        if row.reader is Reader.STOP:
            return await self._stop(mailed.address, one.event.text or one.event.rule)
        counts = row.reader in {Reader.COUNT, Reader.COUNT_SELDOM}
        if counts and mailed.kind is NoticeKind.PROBE:
            return await self._stop(mailed.address, "the mail that asked whether it lives came back")
        if counts:
            return await self._count(mailed, seldom=row.reader is Reader.COUNT_SELDOM)
        return Effect.REFUSED

    async def _count(self, mailed: Mailed, *, seldom: bool) -> Effect:
        assert mailed.subscriber_id is not None
        before = await returned.score_of(self._connection, mailed.subscriber_id)
        good = await returned.good_days(self._connection, mailed.subscriber_id, before, self._now)
        after = counted(before, self._now, good_days=good, seldom=seldom)
        step = step_of(before, after, self._now)
        if step is Effect.STOPPED:
            return await self._stop(
                mailed.address, f"mail came back on {after.points} days, and so did a probe"
            )
        if step is Effect.PROBED:
            if await self._probe(mailed):
                after = replace(after, probed_at=self._now)
            else:
                step = Effect.COUNTED
        if after != before:
            await returned.save_score(self._connection, mailed.subscriber_id, after)
        return step

    async def _probe(self, mailed: Mailed) -> bool:
        """Ask the mailbox, by one mail, whether it lives; False when its reader gets none just now."""
        mine = await together.subscriptions_among(self._connection, [mailed.address])
        active = [one for one in mine if one.standing is Standing.ACTIVE]
        if not active:
            return False
        # it speaks of what came back, as far as that is still read
        one = min(active, key=lambda one: (one.id != mailed.subscription_id, one.id))
        newsletter = await newsletters.by_id(self._connection, one.newsletter_id)
        occasion = f"probe {mailed.subscriber_id} {self._now:%Y-%m-%d}"
        question = notice_for(one, newsletter, NoticeKind.PROBE, occasion, due_at=self._now)
        return await notices.plan(self._connection, question) is not None

    async def _stop(self, address: str, words: str) -> Effect:
        mine = await together.subscriptions_among(self._connection, [address])
        stopped = [one for one in mine if (one.standing, Event.BOUNCED_HARD) in TRANSITIONS]
        await together.take_out(self._connection, [one.id for one in stopped], Standing.BOUNCING)
        reasons = {one.id: f"mail came back: {words}"[:500] for one in stopped}
        await together.note_standings(self._connection, stopped, Standing.BOUNCING, reasons, self._now)
        return Effect.STOPPED if stopped else Effect.REFUSED

    async def _complain(self, one: Matched) -> Effect:
        """Leave everything, and remember the address until its owner asks for mail."""
        address = await self._address_of(one)
        if address is None:
            return Effect.NOTED
        mine = await together.subscriptions_among(self._connection, [address])
        ending = [one for one in mine if one.standing is not Standing.COMPLAINED]
        await together.take_out(self._connection, [one.id for one in ending], Standing.COMPLAINED)
        reasons = {one.id: "the mail was called spam" for one in ending}
        await together.note_standings(self._connection, ending, Standing.COMPLAINED, reasons, self._now)
        await suppress(
            self._connection, address, await suppression_key(self._connection), COMPLAINED, self._now
        )
        return Effect.COMPLAINED

    async def _leave(self, one: Matched) -> Effect:
        if one.mailed is not None and not one.mailed.is_for_its_reader:
            # who was asked whether a reader may move there has nothing to leave
            return Effect.NOTED
        meant = await subscriptions_meant(self._connection, one)
        mine = await together.subscriptions_by_id(self._connection, meant)
        ended = await end_all(self._connection, mine, dict.fromkeys(meant, BY_MAIL), self._now)
        await goodbyes(self._connection, [each for each in ended if each.standing in HAD_AGREED], self._now)
        return Effect.LEFT if ended else Effect.NOTED

    async def _address_of(self, one: Matched) -> str | None:
        if one.mailed is not None:
            return one.mailed.address if one.mailed.is_for_its_reader else None
        mine = await together.subscriptions_by_id(self._connection, one.subscription_ids)
        return mine[0].address if mine else None
