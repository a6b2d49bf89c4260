"""An export of another system in the import wizard: what it was taken for, and what its labels are here."""

from __future__ import annotations

import asyncio

from fastapi.responses import Response

from digest.core.arrivals import Unconfirmed
from digest.core.label_mapping import NOTHING
from digest.flows import exports_at_desk
from digest.ingest.exports import find_export
from digest.store import newsletters, topics
from digest.store.database import Database
from digest.store.imports import Import
from digest.web.desk.sheets import sheet
from digest.web.desk.visit import Visit


async def handed_over(data: bytes, source: str, visit: Visit, store: Database) -> int | None:
    """The number of an import, when bytes are an export; None for a roster, whose columns are to be named."""
    most_bytes = exports_at_desk.MOST_BYTES
    export = await asyncio.to_thread(find_export, data, source=source, most_bytes=most_bytes)
    if export is None:
        return None
    return await exports_at_desk.hand_over_export(export, by=visit.actor, store=store, now=visit.now)


async def labels_page(visit: Visit, one: Import, wrong: str, store: Database) -> Response:
    """The labels of an export, each with what it may be here."""
    async with store.read() as connection:
        known = await newsletters.every(connection)
        every_topic = await topics.every(connection)
    assert one.export is not None
    form, export = visit.form, one.export
    said = dict(pair.rpartition("=")[::2] for pair in export["mapping"])
    has_form = "basis" in form
    rows = [
        (*label, form.one(f"target-{place}") if has_form else said.get(label[1], ""))
        for place, label in enumerate(export["labels"])
    ]
    return sheet(
        visit,
        "import_export",
        status=422 if wrong else 200,
        export=export,
        rows=rows,
        nothing=NOTHING,
        topics=every_topic,
        newsletters=known,
        choices=list(Unconfirmed),
        newsletter=form.one("newsletter") if has_form else _chosen(one, known[0].slug),
        unconfirmed=form.one("unconfirmed") if has_form else export["unconfirmed"],
        update=form.chosen("update") if has_form else export["update"],
        basis=form.text("basis") or one.basis,
        wrong=wrong,
    )


async def name_labels(visit: Visit, one: Import, store: Database) -> None:
    """Take what the form says of the labels; raises InputError."""
    assert one.export is not None
    form = visit.form
    chosen = [(label[1], form.one(f"target-{place}")) for place, label in enumerate(one.export["labels"])]
    await exports_at_desk.name_labels(
        one.id,
        [f"{key}={target}" for key, target in chosen if target],
        newsletter=form.one("newsletter"),
        unconfirmed=form.one("unconfirmed"),
        update=form.chosen("update"),
        basis=form.text("basis"),
        by=visit.actor,
        store=store,
        now=visit.now,
    )


def _chosen(one: Import, first: str) -> str:
    """What was chosen; before that the first newsletter, unless there are lists to be told apart."""
    assert one.export is not None
    has_lists = sum(label[4] for label in one.export["labels"]) > 1
    return one.newsletter if one.basis else "" if has_lists else first
