"""Readers as files through the API: a roster comes in, and all of them go out as they are read."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated, Final, Literal

from fastapi import Query, Request
from fastapi.responses import StreamingResponse

from digest.core.access import Power
from digest.errors import InputError
from digest.flows.grounds import grounds_for
from digest.flows.handing_out import as_csv, as_json
from digest.flows.readers import newsletter_id_of
from digest.flows.rosters import import_roster
from digest.ingest.plaintext import read_as_text
from digest.store import newsletters
from digest.store.database import Database
from digest.store.listed import Wanted
from digest.web.api.answered import Imported
from digest.web.api.asked import Grounds
from digest.web.api.calls import Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import Document, Paths
from digest.web.api.subscribers import Newsletter

CSV: Final = "text/csv"
_ROSTER: Final = "email,newsletter,name,topics,days,at\ngrace@example.org,daily,Grace,all,weekdays,07:30\n"
#: What a roster looks like, for descriptions.
BODY: Final = {"required": True, "content": {CSV: {"schema": {"type": "string"}, "example": _ROSTER}}}

Raw = Annotated[bool, Query(description="For machines: cells are not guarded against formulas.")]


def add_to(paths: Paths) -> None:
    """Add both ways."""
    paths.post(
        *("/subscribers/import", Power.KEEP_READERS, import_subscribers, Imported),
        repeatable=Repeatable.IN_PARTS,
        takes=CSV,
        openapi_extra={"requestBody": BODY},
    )
    paths.get(
        *("/subscribers/export", Power.KEEP_READERS, export_subscribers, None),
        response_class=StreamingResponse,
        responses={
            200: {
                "description": "All readers.",
                "content": {
                    CSV: {"schema": {"type": "string"}, "example": _ROSTER},
                    "application/json": {
                        "schema": {"type": "array", "items": {"type": "object"}},
                        "example": [{"email": "grace@example.org", "newsletter": "daily"}],
                    },
                },
            }
        },
    )


async def import_subscribers(
    call: Made,
    request: Request,
    dry_run: Annotated[bool, Query(description="Check every line, change nothing.")] = False,
    raw: Raw = False,
    grounds: Annotated[
        Grounds,
        Query(
            description="Why new ones may be written to; kept as evidence.",
            examples=["They signed a list at the fair in March."],
        ),
    ] = "",
) -> Document:
    """Add or change readers from a CSV file

    Columns are named as the fields of a reader. Refused lines are reported, the rest is taken. Lines are
    taken some hundred at a time: a call that was cut off may have been carried out in part, and can be
    repeated.
    """
    try:
        text = read_as_text(await request.body())
    except UnicodeDecodeError:
        raise InputError("the body is not UTF-8 text: save it as CSV in UTF-8") from None
    if "\0" in text:
        raise InputError("the body holds bytes that no text has: save it as CSV in UTF-8")
    done = await import_roster(
        text,
        store=call.store,
        now=call.now,
        raw=raw,
        dry_run=dry_run,
        by=call.actor,
        grounds=grounds_for(grounds),
    )
    rejected = [{"line": one.line, "reason": one.reason} for one in done.rejected]
    return {"added": done.added, "updated": done.updated, "rejected": rejected}


async def export_subscribers(
    call: Made,
    format: Annotated[Literal["csv", "json"], Query(description="CSV, or one JSON array.")] = "csv",
    newsletter: Newsletter = None,
    raw: Raw = False,
) -> StreamingResponse:
    """Hand out all readers as a file

    It is written while it is read, in memory that does not grow with the readers.
    """
    async with call.store.read() as connection:
        slugs = await newsletters.slugs(connection)
    wanted = Wanted(newsletter_id=newsletter_id_of(newsletter, slugs))
    pieces = _csv(call.store, wanted, raw=raw) if format == "csv" else as_json(wanted, store=call.store)
    kind = f"{CSV}; charset=utf-8" if format == "csv" else "application/json"
    name = f'attachment; filename="subscribers.{format}"'
    return StreamingResponse(pieces, media_type=kind, headers={"Content-Disposition": name})


async def _csv(store: Database, wanted: Wanted, *, raw: bool) -> AsyncIterator[str]:
    async for piece, _count in as_csv(wanted, store=store, raw=raw):
        yield piece
