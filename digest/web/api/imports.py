"""Rosters that are taken in as a job, through the API: handed over, tried, taken, followed, taken back."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from fastapi import Request, Response

from digest.core.access import Power
from digest.errors import InputError
from digest.flows import importing
from digest.store import imports as shelf
from digest.store.imports import Import
from digest.web.api.calls import Call, Made
from digest.web.api.desk_documents import ImportColumns, ImportShown, RefusedCells
from digest.web.api.once import Repeatable
from digest.web.api.paths import ROOT, After, Document, Id, Limit, Listing, Paths
from digest.web.api.rosters import BODY, CSV, Raw
from subscribers.headings import guessed

#: More lines than a piece has: what a cursor counts pieces by.
_A_PIECE: Final = 100_000


def add_to(paths: Paths) -> None:
    """Add what is about imports."""
    paths.get("/imports", Power.KEEP_READERS, list_imports, Listing[ImportShown])
    paths.post(
        *("/imports", Power.KEEP_READERS, hand_over, ImportShown),
        repeatable=Repeatable.IN_PARTS,
        takes=CSV,
        status_code=201,
        openapi_extra={"requestBody": BODY},
    )
    one = "/imports/{id}"
    paths.get(one, Power.KEEP_READERS, show_import, ImportShown)
    paths.delete(one, Power.KEEP_READERS, drop_import, ImportShown)
    paths.post(f"{one}/columns", Power.KEEP_READERS, name_columns, ImportShown)
    paths.act(f"{one}/take", Power.KEEP_READERS, take_import, ImportShown)
    paths.act(f"{one}/undo", Power.KEEP_READERS, undo_import, ImportShown)
    paths.get(f"{one}/refused", Power.KEEP_READERS, list_refused, Listing[RefusedCells])


async def list_imports(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List rosters that were handed over, newest first."""
    async with call.store.read() as connection:
        found = await shelf.page(connection, before=after or None, limit=limit + 1)
    shown = [_shown(one) for one in found[:limit]]
    return {"items": shown, "next": shown[-1]["id"] if len(found) > limit else None}


async def hand_over(call: Made, request: Request, answer: Response, raw: Raw = False) -> Document:
    """Hand a roster over, to be taken in as a job

    Its first line names the columns, in any words. Nothing is looked at yet: say with `columns` what they
    are; every line is tried then. Whoever keeps time does the work, and goes on where a process ended.
    """
    text = await asyncio.to_thread(importing.text_of, await request.body())
    if "\0" in text:
        raise InputError("the body holds bytes that no text has: save it as CSV in UTF-8")
    number = await importing.hand_over(text, raw=raw, by=call.actor, store=call.store, now=call.now)
    answer.headers["Location"] = f"{ROOT}/imports/{number}"
    return await _import(call, number)


async def show_import(call: Made, id: Id) -> Document:
    """Show how far a roster has come."""
    return await _import(call, id)


async def name_columns(call: Made, id: Id, body: ImportColumns) -> Document:
    """Say what the columns of a roster are, and have every line tried

    Nothing is taken. Ask for the import until it is `rehearsed`, and look at what was refused.
    """
    async with call.store.read() as connection:
        one = await importing.require(connection, id)
    columns: Any = guessed(one.headings) if body.columns is None else body.columns
    await importing.name_columns(
        *(id, columns),
        newsletter=body.newsletter,
        basis=body.basis,
        by=call.actor,
        store=call.store,
        now=call.now,
    )
    return await _import(call, id)


async def take_import(call: Made, id: Id) -> Document:
    """Take a roster in, as it was tried."""
    await importing.take(id, by=call.actor, store=call.store, now=call.now)
    return await _import(call, id)


async def undo_import(call: Made, id: Id) -> Document:
    """Take an import back, as far as nothing came of it since; it can be done once."""
    await importing.undo(id, by=call.actor, store=call.store, now=call.now)
    return await _import(call, id)


async def drop_import(call: Made, id: Id) -> Document:
    """Put a roster away before anything of it was taken; its lines are forgotten."""
    await importing.drop(id, by=call.actor, store=call.store, now=call.now)
    return await _import(call, id)


async def list_refused(call: Made, id: Id, after: After = 0, limit: Limit = 100) -> Document:
    """List the lines that were refused, with what stood in them, in the order of the file."""
    number, place = divmod(after, _A_PIECE)
    items: list[Document] = []
    async with call.store.read() as connection:
        await importing.require(connection, id)
        # a number that a store can hold
        while number < 2**31 and (piece := await shelf.piece(connection, id, number)) is not None:
            for line, reason, cells in piece.refused[place:]:
                if len(items) == limit:
                    return {"items": items, "next": number * _A_PIECE + place}
                items.append({"line": line, "reason": reason, "cells": cells})
                place += 1
            number, place = number + 1, 0
    return {"items": items, "next": None}


async def _import(call: Call, id_: int) -> Document:
    async with call.store.read() as connection:
        return _shown(await importing.require(connection, id_))


def _shown(one: Import) -> Document:
    counts = ("lines", "added", "updated", "refused", "removed", "restored", "kept")
    return {
        "id": one.id,
        "status": one.status,
        "at": one.at,
        "by": one.by.name,
        "headings": one.headings,
        "columns": one.columns,
        "newsletter": one.newsletter,
        "basis": one.basis,
        "done": min(1.0, one.position / one.pieces) if one.is_under_way and one.pieces else 1.0,
        **{name: getattr(one, name) for name in counts},
    }
