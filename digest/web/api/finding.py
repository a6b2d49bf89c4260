"""Briefings found by words through the API, and how they once were."""

from __future__ import annotations

from typing import Annotated

from fastapi import Query

from digest.core.access import Power
from digest.core.model import BriefingStatus
from digest.core.seeking import wanted
from digest.errors import NotFoundError
from digest.flows.shown import briefing_in_a_list
from digest.store import briefings as shelf
from digest.store import editing, searching
from digest.store.editing import Filter
from digest.web.api.answered import BriefingInAList
from digest.web.api.calls import Made
from digest.web.api.desk_documents import RevisionShown
from digest.web.api.paths import After, Document, Id, Limit, Listing, Paths, part
from subscribers.model import Section


def add_to(paths: Paths) -> None:
    """Add both."""
    paths.get("/search", Power.SEE, search_briefings, Listing[BriefingInAList])
    paths.get("/briefings/{id}/revisions", Power.SEE, list_revisions, Listing[RevisionShown])


async def search_briefings(
    call: Made,
    words: Annotated[
        str,
        Query(
            max_length=200,
            pattern=r"^[^\x00-\x1f\x7f]*$",
            description="All of them must stand in the title or text; words in quotation marks together.",
            examples=["steel exports"],
        ),
    ] = "",
    status: Annotated[BriefingStatus | None, Query(examples=["published"])] = None,
    section: Annotated[Section | None, Query(examples=["briefing"])] = None,
    topic: Annotated[
        str | None,
        Query(
            max_length=60,
            pattern=r"^(-|[a-z0-9]+(-[a-z0-9]+)*)$",
            description="A slug, or `-` for those that no rule gave one.",
            examples=["economy"],
        ),
    ] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """Find briefings by words, in any of their forms, newest first; drafts as well."""
    async with call.store.read() as connection:
        stemmers = await searching.stemmers_in_use(connection)
        said = wanted(words, stemmers) if words.strip() else None
        filters = Filter(status=status, section=section, topic=topic, words=said)
        found = await editing.page(connection, filters, before=after or None, limit=limit + 1)
    return part(found, limit, lambda one: one.id, briefing_in_a_list)


async def list_revisions(call: Made, id: Id, after: After = 0, limit: Limit = 100) -> Document:
    """List a briefing as it was and is, newest first; what readers got stays what it was."""
    async with call.store.read() as connection:
        if await shelf.by_id(connection, id) is None:
            raise NotFoundError(f"briefing {id} does not exist")
        every = await editing.revisions_of(connection, id)
    found = [one for one in every if not after or one.revision < after]
    return part(found, limit, lambda one: one.revision, lambda one: one._asdict())
