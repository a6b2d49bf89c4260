"""Briefings through the API: listed, taken in, corrected, published and taken back."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Query

from digest.core.access import Power
from digest.core.corrections import Telling
from digest.core.lines import MOST_TITLE, parse_line
from digest.core.model import Briefing, BriefingStatus, DraftBriefing
from digest.core.weblinks import is_web_link
from digest.errors import InputError, NotFoundError
from digest.flows.collect import Collected as Harvest
from digest.flows.collect import collect
from digest.flows.correcting import BY_RULE, Word
from digest.flows.discarding import discard, restore
from digest.flows.edit_briefing import NOTHING, Edit, Nothing, edit, publish, retract
from digest.flows.shown import briefing_in_a_list, briefing_in_full, corrections_shown, picture_shown
from digest.ingest.gathered import Gathered
from digest.ingest.pictures import parse_picture, parse_picture_alt
from digest.ingest.plaintext import clean, trimmed
from digest.store import briefings as shelf
from digest.store import corrections, pictures
from digest.store.opinions import tally
from digest.web.api.answered import BriefingInAList, BriefingInFull, Collected
from digest.web.api.asked import BriefingEdit, NewBriefing, NewBriefings
from digest.web.api.calls import Call, Made
from digest.web.api.ingest import rejected_items
from digest.web.api.paths import After, Document, Id, Limit, Listing, Paths, part
from digest.web.api.times import instant
from subscribers.wishes import parse_language


def add_to(paths: Paths) -> None:
    """Add what is about briefings."""
    paths.get("/briefings", Power.SEE, list_briefings, Listing[BriefingInAList])
    paths.post("/briefings", Power.EDIT, add_briefings, Collected)
    paths.get("/briefings/{id}", Power.SEE, show_briefing, BriefingInFull)
    paths.patch("/briefings/{id}", Power.EDIT, edit_briefing, BriefingInFull)
    paths.act("/briefings/{id}/publish", Power.EDIT, publish_briefing, BriefingInFull)
    paths.act("/briefings/{id}/retract", Power.EDIT, retract_briefing, BriefingInFull)
    paths.act("/briefings/{id}/discard", Power.EDIT, discard_briefing, BriefingInFull)
    paths.act("/briefings/{id}/restore", Power.EDIT, restore_briefing, BriefingInFull)


async def list_briefings(
    call: Made,
    status: Annotated[BriefingStatus | None, Query(examples=["published"])] = None,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """List briefings by id."""
    async with call.store.read() as connection:
        found = await shelf.page(connection, after=after, limit=limit + 1, status=status)
    return part(found, limit, lambda one: one.id, briefing_in_a_list)


async def show_briefing(call: Made, id: Id) -> Document:
    """Show a briefing with its text and the reasons of its topics."""
    async with call.store.read() as connection:
        found = await shelf.by_id(connection, id)
    if found is None:
        raise NotFoundError(f"briefing {id} does not exist")
    return await _in_full(call, found)


async def add_briefings(call: Made, body: NewBriefings) -> Document:
    """Take one or many items in

    What is known already is left alone, or becomes a new revision. An item that cannot be taken is named in
    `rejected`, with its place in the body as `line`; the others are taken.
    """
    drafts = tuple(_draft(item, place) for place, item in enumerate(body.items, 1))
    return await _collect(call, Gathered(drafts, source="api"), publish_new=body.publish)


async def edit_briefing(call: Made, id: Id, body: BriefingEdit) -> Document:
    """Change a briefing

    A changed title, text, link or picture is a new revision of the same briefing. Those who have had the old
    text are told in their next issue, as `tell` says.
    """
    wish = Edit(
        title=body.title,
        paragraphs=None if body.paragraphs is None else _paragraphs(body.paragraphs),
        topics=None if body.topics is None else tuple(body.topics),
        section=body.section,
        url=None if body.url is None else _link(body.url),
        picture=None if body.picture is None else parse_picture(body.picture) or "",
        picture_alt=None if body.picture_alt is None else parse_picture_alt(body.picture_alt),
        lead=body.lead,
        weight=body.weight,
        must_not_miss=body.must_not_miss,
        publish_at=_appointed(body),
        source=body.source,
        source_date=NOTHING
        if "source_date" in body.model_fields_set and body.source_date is None
        else body.source_date,
        language=None if body.language is None else parse_language(body.language),
        on_revision=body.on_revision,
        word=Word(body.tell, "" if body.note is None else " ".join(clean(body.note).split())),
    )
    return await _in_full(call, await edit(id, wish, store=call.store, now=call.now, by=call.actor))


async def publish_briefing(call: Made, id: Id) -> Document:
    """Publish a draft, or a retracted briefing again under the number it had."""
    return await _in_full(call, await publish(id, store=call.store, now=call.now, by=call.actor))


async def retract_briefing(
    call: Made,
    id: Id,
    tell: Annotated[Telling, Query(description="Whether those who have had it are told.")] = BY_RULE.telling,
    note: Annotated[str, Query(max_length=600, description="What they are told.", examples=["A hoax."])] = "",
) -> Document:
    """Take a briefing back

    No copy that has not begun to be sent carries it. Those who have had it are told in their next issue.
    """
    word = Word(tell, " ".join(clean(note).split()))
    return await _in_full(call, await retract(id, word, store=call.store, now=call.now, by=call.actor))


async def discard_briefing(call: Made, id: Id) -> Document:
    """Throw a draft away

    It was never published, and is kept: the same item that comes in again does not bring it back.
    """
    (after,) = await discard([id], store=call.store, now=call.now, by=call.actor)
    return await _in_full(call, after)


async def restore_briefing(call: Made, id: Id) -> Document:
    """Let a discarded briefing be a draft again."""
    (after,) = await restore([id], store=call.store, now=call.now, by=call.actor)
    return await _in_full(call, after)


async def _in_full(call: Call, briefing: Briefing) -> Document:
    async with call.store.read() as connection:
        said = await tally(connection, briefing.number or 0)
        history = await corrections.of_briefing(connection, briefing.id)
        record = await pictures.record_of(connection, briefing.picture)
    return {
        **briefing_in_full(briefing),
        **said._asdict(),
        "corrections": corrections_shown(history),
        "picture_in_mails": picture_shown(record),
    }


async def _collect(call: Call, gathered: Gathered, *, publish_new: bool) -> Document:
    done: Harvest = await collect(
        gathered, store=call.store, now=call.now, publish=publish_new, by=call.actor
    )
    return {
        "added": list(done.added),
        "updated": list(done.updated),
        "unchanged": done.unchanged,
        "rejected": rejected_items(done.rejected),
    }


def _draft(item: NewBriefing, place: int) -> DraftBriefing:
    picture = parse_picture(item.picture or "")
    alt = parse_picture_alt(item.picture_alt or "")
    if alt and picture is None:
        raise InputError(f"items.{place - 1}.picture_alt stands without picture: give both, or picture alone")
    return DraftBriefing(
        title=parse_line(clean(item.title), f"items.{place - 1}.title", MOST_TITLE),
        paragraphs=_paragraphs(item.paragraphs),
        section=item.section,
        topics=tuple(item.topics),
        source=None if item.source is None else " ".join(clean(item.source).split()) or None,
        source_date=item.source_date,
        url=None if item.url is None else _link(item.url) or None,
        language=parse_language(item.language),
        line=place,
        picture=picture,
        picture_alt=alt,
    )


def _appointed(body: BriefingEdit) -> datetime | Nothing | None:
    if body.publish_at is None:
        return NOTHING if "publish_at" in body.model_fields_set else None
    return instant(body.publish_at)


def _paragraphs(texts: list[str]) -> tuple[str, ...]:
    found = tuple(filter(None, (trimmed(clean(text)) for text in texts)))
    if not found:
        raise InputError("paragraphs are empty: write at least one")
    return found


def _link(text: str) -> str:
    """An address that a reader can follow; empty takes the link away."""
    url = text.strip()
    if url and (not url.isprintable() or not is_web_link(url)):
        raise InputError(f"url {text!r} is not an absolute http or https address: say https://HOST/PATH")
    return url
