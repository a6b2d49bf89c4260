"""A newsletter's mail as it would look to a reader of everything, with settings that are not kept yet."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from digest.core import timetable
from digest.core.model import Copy, DueSlot, Group, Newsletter
from digest.core.selection import Selector
from digest.flows.publish import candidates_for, issue_for, rules_of
from digest.flows.readers import DEFAULT_CADENCE
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.store import briefings, counters, topics
from digest.store.database import Database
from subscribers.model import Bookmark, Profile

#: Of the newest briefings so many are looked at: enough to see every part of a mail.
_BRIEFINGS: Final = 12
#: A sample is one part; this never stands in it.
_NO_PARTING: Final = "=_sample_="


async def sample_mail(
    newsletter: Newsletter, *, store: Database, now: datetime, own_themes: Path | None = None
) -> str | None:
    """The HTML of a mail with the newest briefings, made out to nobody; None when nothing is published.

    What stands in `newsletter` holds, whatever the store has: nothing is changed.
    """
    async with store.read() as connection:
        newest = await counters.newest_number(connection)
        bookmark, profile = Bookmark(max(0, newest - _BRIEFINGS)), Profile()
        group = Group(0, profile, 0, bookmark, 1, now.date())
        found = await candidates_for(connection, [group], newest)
        selection = Selector(found, await rules_of(connection, newsletter)).regular(profile, bookmark, newest)
        if selection.skip is not None:
            return None
        shown = {*selection.numbers, *selection.deferred}
        revisions = await briefings.current_revisions(connection, shown)
        items = await briefings.by_numbers(connection, revisions)
        topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
    slot = timetable.next_slot(DEFAULT_CADENCE, now)
    due = DueSlot(newsletter.id, 0, DEFAULT_CADENCE, slot)
    issue = replace(issue_for(due, newsletter, now), cadence_id=None)
    copy = Copy(
        cohort_id=0,
        issue=issue,
        round=1,
        profile=profile,
        cadence=DEFAULT_CADENCE,
        groups=selection.groups,
        deferred=selection.deferred,
        covers_from=slot.day,
    )
    printer = Printer(issue, newsletter, items, topic_by_slug, own_themes=own_themes)
    await asyncio.to_thread(printer.prepare, profile.language, profile.format)
    nobody = Personal(name="", preferences_url="", unsubscribe_url="", note="")
    return printer.rendition(copy, _NO_PARTING, "").html_text(nobody)
