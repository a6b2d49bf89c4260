"""Addresses that must not be written to, through the API: looked up, put on the list, taken off it."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import Query

from digest.core.access import Power
from digest.errors import NotFoundError
from digest.flows import suppressing
from digest.web.api.asked import NewSuppressions
from digest.web.api.calls import Call, Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import Document, Email, Paths
from digest.web.api.told import Suppressed, SuppressionShown
from subscribers.wishes import parse_address

_ONE = "/suppressions/{email:address}"

Why = Annotated[
    str,
    Query(max_length=200, description="Why it may be written to again, without names.", examples=["A slip."]),
]


def add_to(paths: Paths) -> None:
    """Add what is about the suppression list."""
    paths.post(*("/suppressions", Power.KEEP_READERS, suppress, Suppressed), repeatable=Repeatable.IN_PARTS)
    paths.get(_ONE, Power.KEEP_READERS, show_suppression, SuppressionShown)
    paths.delete(_ONE, Power.KEEP_READERS, lift_suppression, SuppressionShown)


async def suppress(call: Made, body: NewSuppressions) -> Document:
    """Put addresses on the suppression list

    Who reads at one of them is suppressed everywhere. Only hashes of the addresses are kept; another list
    can be taken over by its hashes.
    """
    lines = "\n".join(" ".join(one.split()) for one in body.addresses)
    parts: dict[str, Any] = {"by": call.actor, "store": call.store, "now": call.now}
    if body.hashes is None:
        done = await suppressing.suppress_addresses(lines, note=body.note, **parts)
    else:
        done = await suppressing.suppress_hashes(lines, body.hashes, note=body.note, **parts)
    rejected = [{"line": one.line, "reason": one.reason} for one in done.rejected]
    return {"added": done.added, "known": done.known, "rejected": rejected}


async def show_suppression(call: Made, email: Email) -> Document:
    """Say whether an address is on the list, since when and why."""
    return await _entry(call, parse_address(email))


async def lift_suppression(call: Made, email: Email, note: Why = "") -> Document:
    """Take an address off the list

    One that was put on it by hand, or, with a `note` that says why, by a complaint. What a reader's own
    erasure brought about only the owner of the address lifts.
    """
    address = parse_address(email)
    before = await _entry(call, address)
    await suppressing.lift(address, by=call.actor, store=call.store, now=call.now, note=note)
    return before


async def _entry(call: Call, address: str) -> dict[str, Any]:
    found = await suppressing.look_up(address, store=call.store)
    if found is None:
        raise NotFoundError(f"address {address!r} is not on the list")
    return {name: getattr(found, name) for name in ("id", "reason", "at", "made_by", "note")}
