"""Mails printed to be looked at, of what is not kept yet: made out to nobody, and nothing is changed."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from digest.core import timetable
from digest.core.beginnings import DEFAULT_CADENCE, DEFAULT_PROFILE
from digest.core.model import (
    GENERAL,
    Briefing,
    Copy,
    DueSlot,
    Group,
    Issue,
    IssueStatus,
    Newsletter,
    Topic,
    TopicGroup,
)
from digest.core.picturing import Embedded
from digest.core.selection import Selector
from digest.errors import NotFoundError
from digest.flows.editions import pictures_for
from digest.flows.publish import candidates_for, domain_of, issue_for, rules_of
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.store import counters, newsletters, numbered, topics
from digest.store.database import Database
from subscribers.model import Bookmark

#: Of the newest briefings so many are looked at: enough to see every part of a mail.
_BRIEFINGS: Final = 12
#: A sample is one part; this never stands in it.
_NO_PARTING: Final = "=_sample_="


async def newsletter_mail(
    newsletter: Newsletter, *, store: Database, now: datetime, own_themes: Path | None = None
) -> str | None:
    """The HTML of a mail with the newest briefings, for a reader of everything; None when there are none.

    What stands in `newsletter` holds, whatever the store has.
    """
    async with store.read() as connection:
        newest = await counters.newest_number(connection)
        bookmark, profile = Bookmark(max(0, newest - _BRIEFINGS)), DEFAULT_PROFILE
        group = Group(0, profile, 0, bookmark, 1, now.date())
        found = await candidates_for(connection, [group], newest)
        selection = Selector(found, await rules_of(connection, newsletter)).regular(profile, bookmark, newest)
        if selection.skip is not None:
            return None
        shown = {*selection.numbers, *selection.deferred}
        revisions = await numbered.current_revisions(connection, shown)
        items = await numbered.by_numbers(connection, revisions)
        topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
        brought = await pictures_for(connection, newsletter, items)
    slot = timetable.next_slot(DEFAULT_CADENCE, now, newsletter.quiet)
    issue = issue_for(DueSlot(newsletter.id, 0, DEFAULT_CADENCE, slot), newsletter, now)
    copy = Copy(
        cohort_id=0,
        issue=replace(issue, cadence_id=None),
        round=1,
        profile=profile,
        cadence=DEFAULT_CADENCE,
        groups=selection.groups,
        deferred=selection.deferred,
        covers_from=slot.day,
    )
    return await _printed(copy, newsletter, items, topic_by_slug, brought, own_themes)


async def item_mail(
    briefing: Briefing,
    newsletter_slug: str,
    *,
    store: Database,
    now: datetime,
    zone: str,
    own_themes: Path | None = None,
) -> str:
    """The HTML of a mail that holds one briefing alone.

    It is the mail of `newsletter_slug`, or of the first newsletter when that is empty.
    """
    async with store.read() as connection:
        every = await newsletters.every(connection)
        topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
        newsletter = next((one for one in every if one.slug == newsletter_slug or not newsletter_slug), None)
        if newsletter is None:
            raise NotFoundError(f"newsletter {newsletter_slug!r} does not exist")
        brought = await pictures_for(connection, newsletter, {1: briefing})
    day = now.astimezone(ZoneInfo(zone)).date()
    issue = Issue(
        id=0,
        newsletter_id=newsletter.id,
        cadence_id=None,
        slot="item",
        day=day,
        zone=zone,
        due_at=now,
        planned_at=now,
        status=IssueStatus.SENDING,
        domain=domain_of(newsletter.sender_address),
    )
    shown = replace(briefing, number=1, published_at=briefing.published_at or now)
    topic = next((mark.slug for mark in briefing.topics), GENERAL)
    copy = Copy(
        cohort_id=0,
        issue=issue,
        round=1,
        profile=DEFAULT_PROFILE,
        cadence=None,
        groups=(TopicGroup(topic, (1,)),),
        deferred=(),
        covers_from=day,
    )
    return await _printed(copy, newsletter, {1: shown}, topic_by_slug, brought, own_themes)


async def _printed(
    copy: Copy,
    newsletter: Newsletter,
    items: Mapping[int, Briefing],
    topic_by_slug: Mapping[str, Topic],
    brought: Mapping[int, Embedded],
    own_themes: Path | None,
) -> str:
    printer = Printer(
        *(copy.issue, newsletter, items, topic_by_slug), own_themes=own_themes, pictures=brought
    )
    # a tenth of a second of work: others are answered meanwhile
    rendition = await asyncio.to_thread(printer.rendition, copy, _NO_PARTING)
    nobody = Personal(name="", preferences_url="", unsubscribe_url="", note="")
    html = rendition.html_page(nobody)
    # the profile asks for HTML
    assert html is not None
    return html
