"""Families of mailboxes through the API: how much of their mail comes back, and which of them rest."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from digest.core.access import Power
from digest.flows import family_acts as flows
from digest.flows.shown import family_shown, pause_shown
from digest.web.api.calls import Made
from digest.web.api.family_documents import FamiliesShown, FamilyPaused, FamilyRest, FamilyResumed
from digest.web.api.paths import After, Document, Limit, Paths, part

Family = Annotated[
    str,
    Path(
        max_length=255,
        pattern=r"^[^\s@/:?#\[\]]+\.[^\s@/:?#\[\].]+$",
        description="Any of its domains.",
        examples=["gmail.com"],
    ),
]


def add_to(paths: Paths) -> None:
    """Add what is about families of mailboxes."""
    paths.get("/families", Power.SEE, list_families, FamiliesShown)
    paths.post("/families/{family}/pause", Power.SEND, pause_family, FamilyPaused)
    paths.act("/families/{family}/resume", Power.SEND, resume_family, FamilyResumed)


async def list_families(call: Made, after: After = 0, limit: Limit = 100) -> Document:
    """List families of mailboxes with the rates of the last seven days

    Those that rest come first, then those with most copies. Families with few copies are one, `others`.
    """
    found = await flows.families(store=call.store, now=call.now)
    shown = part([one for one in found.each if one.id > after], limit, lambda one: one.id, family_shown)
    return {**shown, "all": family_shown(found.all)}


async def pause_family(call: Made, family: Family, body: FamilyRest) -> Document:
    """Send nothing to a family of mailboxes for a while

    Its copies wait, and others get theirs.
    """
    wish = flows.Rest(family, body.hours, body.because or "")
    done = await flows.pause_family(wish, by=call.actor, store=call.store, now=call.now)
    return {"family": done.family, **pause_shown(done)}


async def resume_family(call: Made, family: Family) -> Document:
    """Send to a family of mailboxes again

    What waits goes with the next run.
    """
    return {"resumed": await flows.resume_family(family, by=call.actor, store=call.store, now=call.now)}
