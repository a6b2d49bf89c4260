"""One briefing as it looks in a mail, printed by what prints mails, before anybody is sent it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

from digest.core.model import GENERAL, Briefing, Copy, Issue, IssueStatus, TopicGroup
from digest.errors import NotFoundError
from digest.flows.publish import domain_of
from digest.render.page import Personal
from digest.render.printer import Printer
from digest.store import newsletters, topics
from digest.store.database import Database
from subscribers.model import Format, Profile

#: It stands in no text.
_PARTING: Final = "=_item_="


async def item_mail(
    briefing: Briefing,
    newsletter_slug: str,
    *,
    store: Database,
    now: datetime,
    zone: str,
    own_themes: Path | None = None,
) -> str:
    """The HTML of a mail that holds it alone, made out to nobody; nothing is kept.

    It is the mail of `newsletter_slug`, or of the first newsletter when that is empty.
    """
    async with store.read() as connection:
        every = await newsletters.every(connection)
        topic_by_slug = {topic.slug: topic for topic in await topics.every(connection)}
    newsletter = next((one for one in every if one.slug == newsletter_slug or not newsletter_slug), None)
    if newsletter is None:
        raise NotFoundError(f"newsletter {newsletter_slug!r} does not exist")
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
        profile=Profile(format=Format.HTML),
        cadence=None,
        groups=(TopicGroup(topic, (1,)),),
        deferred=(),
        covers_from=day,
    )
    printer = Printer(issue, newsletter, {1: shown}, topic_by_slug, own_themes=own_themes)
    # a tenth of a second of work: others are answered meanwhile
    printed = await asyncio.to_thread(printer.rendition, copy, _PARTING)
    nobody = Personal(name="", preferences_url="", unsubscribe_url="", note="")
    return printed.html_text(nobody) or ""
