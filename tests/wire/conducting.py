"""A newsroom of a test goes the whole way: into the store, planned, claimed, printed, addressed."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from digest.core.model import Claimed, Copy, DraftBriefing, Issue, IssueStatus
from digest.errors import InputError
from digest.flows import readers
from digest.flows.by_hand import OneOff, plan_by_hand
from digest.flows.collect import keys_of
from digest.flows.press import Press
from digest.flows.publish import domain_of
from digest.flows.readers import Enrolment
from digest.flows.stories import join_new
from digest.ingest.topics import TopicRules
from digest.mail.dkim import DkimKey
from digest.mail.lane import Letter
from digest.store import briefings, issues, topics
from digest.store.briefings import New
from digest.store.database import Database
from subscribers.model import Profile
from tests.flows.newsroom import TUESDAY, at, change_newsletter, claim_all, plan_all, wishes
from tests.jobs.office import BASE_URL, KEY
from tests.wire.newsrooms import Newsroom

#: When the mails of these newsrooms are due.
SEVEN: Final[datetime] = at(24, 7)
#: Half a surrogate pair, which no encoding can write.
_HALF: Final = "\ud83d"


@dataclass(frozen=True, slots=True)
class Digest:
    """One reader's digest: what was planned, for whom, and the letter that came of it."""

    copy: Copy
    claimed: Claimed
    letter: Letter


def press_of(store: Database, keys: Sequence[DkimKey] = ()) -> Press:
    """A press as the commands make one, with keys that sign or without."""
    return Press(store=store, keys=[KEY], base_url=BASE_URL, dkim_keys=keys)


async def digests_of(room: Newsroom, store: Database, press: Press) -> list[Digest]:
    """Every digest of the newsroom's next issue; one without items is made of the editors' words alone."""
    await _settle_in(room, store)
    if not room.drafts:
        return await _empty_ones(room, store, press)
    if room.by_hand:
        wish = OneOff("daily", subject=room.subject, intro=room.intro)
        with suppress(InputError):
            # nobody asked for any of it
            await plan_by_hand(wish, store=store, now=SEVEN)
    else:
        await plan_all(store, SEVEN)
    claim = await claim_all(store, SEVEN)
    async with store.read() as connection:
        found = await issues.copies_of(connection, {copy.cohort_id for copy in claim.copies})
    copies = {copy.cohort_id: copy for copy in found}
    await press.prepare(claim.copies)
    return [Digest(copies[one.cohort_id], one, await press.letter(one)) for one in claim.copies]


async def _settle_in(room: Newsroom, store: Database) -> None:
    await change_newsletter(
        store,
        title=room.title,
        sender_name=room.sender_name,
        sender_address=room.sender_address,
        description=room.description,
        postal_address=room.postal_address,
    )
    async with store.write() as connection:
        for topic in await topics.every(connection):
            await topics.save(connection, replace(topic, title=room.topic_titles[topic.slug]))
    await _publish(room.drafts, store)
    async with store.write() as connection:
        for person in room.readers:
            wished = replace(wishes(**person.words), name=person.name)
            new = Enrolment(person.address, "daily", wished, True, "added by a test")
            await readers.enrol(connection, new, now=TUESDAY)


async def _publish(drafts: tuple[DraftBriefing, ...], store: Database) -> None:
    """Into the store with any title: it may hold some from before there were rules for them."""
    async with store.write() as connection:
        rules = TopicRules.of(await topics.every(connection))
        new = [New(one, keys_of(one), rules.assign(one.title, one.paragraphs, one.topics)) for one in drafts]
        added = await briefings.add_many(connection, new, TUESDAY, by="a test")
        await briefings.publish(connection, added, TUESDAY)
        await join_new(connection, added, TUESDAY)


async def _empty_ones(room: Newsroom, store: Database, press: Press) -> list[Digest]:
    """No flow plans an issue without items, but a preview may print one; the press takes it as any other.

    Nothing of it goes through a store, so that halves of characters come as far as the press.
    """
    issue = Issue(
        id=1,
        newsletter_id=1,
        cadence_id=None,
        slot="by hand",
        day=SEVEN.date(),
        zone="UTC",
        due_at=SEVEN,
        planned_at=SEVEN,
        status=IssueStatus.SENDING,
        subject=room.subject and f"{room.subject} {_HALF}",
        intro=f"{room.intro}\n\n{_HALF}",
        domain=domain_of(room.sender_address),
    )
    found = []
    edition = await press.edition(issue, {})
    for number, person in enumerate(room.readers, 1):
        profile = replace(Profile(), **wishes(**person.words).profile)
        copy = Copy(number, issue, 1, profile, None, (), (), issue.day)
        claimed = Claimed(number, number, 1, number, person.address, person.name + _HALF * (number % 2), 0)
        found.append(Digest(copy, claimed, press.addressed(await press.printed(copy, edition), claimed)))
    return found
