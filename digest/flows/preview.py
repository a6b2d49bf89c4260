"""What a reader's next issue would be, printed exactly as it would be sent; nothing is changed."""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from digest.core import timetable
from digest.core.model import Claimed, Copy, DueSlot, Group, Newsletter, Selection, Slot
from digest.core.selection import Selector
from digest.errors import NotFoundError, missing
from digest.flows.beside import beside_now
from digest.flows.press import Press
from digest.flows.publish import candidates_for, first_days, issue_for, rules_of
from digest.mail.lane import Letter
from digest.store import counters, newsletters, numbered
from digest.store.database import Database
from subscribers import store as readers
from subscribers.model import Standing
from subscribers.subscription import Subscription


class Preview(Struct, frozen=True):
    """A letter that was not sent; None when the reader would get none, with the reason in the selection."""

    reader: Subscription
    newsletter: Newsletter
    slot: Slot
    selection: Selection
    subject: str = ""
    html: str | None = None
    text: str = ""
    letter: Letter | None = None


async def preview(
    address: str, newsletter_slug: str, *, store: Database, press: Press, now: datetime
) -> Preview:
    """Decide and print the reader's issue of the slot that is due at `now`, or of the next one."""
    async with store.read() as connection:
        newsletter = await newsletters.by_slug(connection, newsletter_slug)
        if newsletter is None:
            raise missing(f"newsletter {newsletter_slug!r}", "newsletters list")
        mine = await readers.subscriptions_of(connection, address)
        reader = next((one for one in mine if one.newsletter_id == newsletter.id), None)
        if reader is None:
            raise NotFoundError(
                f"subscriber {address!r} does not read {newsletter_slug}",
                at_shell="see digest subscribers list",
            )
        newest = await counters.newest_number(connection)
        due = DueSlot(newsletter.id, 0, reader.cadence, slot_for(reader, newsletter, newest, now))
        group = Group(0, reader.profile, 0, reader.bookmark, 1, reader.served_day)
        found = await candidates_for(connection, [group], newest)
        selector = Selector(found, await rules_of(connection, newsletter))
        selection = selector.regular(reader.profile, reader.bookmark, newest)
        shown = {*selection.numbers, *selection.deferred}
        (covers_from,) = await first_days(connection, due, [group])
        revisions = await numbered.current_revisions(connection, shown)
        issue = issue_for(due, newsletter, now)
        pins = await beside_now(connection, issue, newsletter, reader.cadence, shown, upto=newest)
    if selection.skip is not None:
        return Preview(reader, newsletter, due.slot, selection)
    copy = Copy(
        cohort_id=0,
        issue=issue,
        round=1,
        profile=reader.profile,
        cadence=reader.cadence,
        groups=selection.groups,
        deferred=selection.deferred,
        covers_from=covers_from,
    )
    printed = await press.printed(copy, await press.edition(copy.issue, revisions, pins))
    claimed = Claimed(0, 0, 0, reader.id, reader.address, reader.name, 0)
    mine_alone = press.personal(claimed)
    return Preview(
        reader=reader,
        newsletter=newsletter,
        slot=due.slot,
        selection=selection,
        subject=printed.rendition.subject,
        html=printed.rendition.html_page(mine_alone),
        text=printed.rendition.plain_text(mine_alone),
        letter=press.addressed(printed, claimed),
    )


def next_due(reader: Subscription, newsletter: Newsletter, newest: int, now: datetime) -> datetime | None:
    """When the next issue of this reader is due; None when it comes with the news, or when none will come.

    On a quiet day, news at once is due when the day is over.
    """
    if reader.standing is Standing.PAUSED and reader.paused_until is not None:
        # the pause will end as if the slots before it had been served
        until = max(reader.paused_until, now)
        served = timetable.served_day_on_return(reader.cadence, reader.paused_until)
        awake = replace(
            reader, standing=Standing.ACTIVE, paused_until=None, served_day=max(served, reader.served_day)
        )
        return next_due(awake, newsletter, newest, until)
    if reader.standing is not Standing.ACTIVE:
        return None
    due_at = slot_for(reader, newsletter, newest, now).due_at
    return None if reader.cadence.at_once and due_at <= now else due_at


def slot_for(reader: Subscription, newsletter: Newsletter, newest: int, now: datetime) -> Slot:
    """The slot that is due for this reader of the newsletter at `now`, else the next one."""
    cadence, quiet = reader.cadence, newsletter.quiet
    if cadence.at_once:
        when = timetable.when_not_quiet(now, cadence.zone, quiet)
        return timetable.at_once_slot(newest, when, cadence.zone)
    latest = timetable.latest_slot(cadence, now, quiet)
    if latest is not None and latest.day > reader.served_day:
        return latest
    return timetable.next_unserved(cadence, now, reader.served_day, quiet)
