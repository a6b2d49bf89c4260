"""Members of an export as lines of text, as an import keeps them until they are taken, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from digest.core.exports import Agreement, Label, Member, There
from subscribers.model import Format
from subscribers.wishes import address_key

#: The headings of such lines, for people who look at those that were refused.
HEADINGS: Final = (
    *("email", "name", "there", "list", "labels", "timezone", "language", "format"),
    *("asked-at", "asked-from", "confirmed-at", "confirmed-from", "gone-at", "because", "file"),
)


def cells_of(member: Member) -> list[str]:
    """The member in the order of the headings."""
    agreed = member.agreement
    return [
        member.address,
        member.name,
        member.there,
        member.list,
        json.dumps([[label.group, label.name] for label in member.labels], ensure_ascii=False),
        member.zone or "",
        member.language or "",
        member.format or "",
        _printed(agreed.asked_at),
        agreed.asked_from,
        _printed(agreed.confirmed_at),
        agreed.confirmed_from,
        _printed(member.gone_at),
        member.because,
        member.file,
    ]


def member_from(line: int, cells: Sequence[str]) -> Member:
    """The member that `cells_of` made these of."""
    said = dict(zip(HEADINGS, cells, strict=True))
    return Member(
        address=said["email"],
        there=There(said["there"]),
        line=line,
        file=said["file"],
        name=said["name"],
        list=said["list"],
        labels=tuple(Label(group, name) for group, name in json.loads(said["labels"])),
        zone=said["timezone"] or None,
        language=said["language"] or None,
        format=Format(said["format"]) if said["format"] else None,
        agreement=Agreement(
            _instant(said["asked-at"]),
            said["asked-from"],
            _instant(said["confirmed-at"]),
            said["confirmed-from"],
        ),
        gone_at=_instant(said["gone-at"]),
        because=said["because"],
    )


def address_by_address(members: Iterable[Member], most: int) -> Iterable[list[Member]]:
    """Pieces of about `most` members, none of which parts what is said of one address."""
    by_address: dict[str, list[Member]] = {}
    for member in members:
        by_address.setdefault(address_key(member.address), []).append(member)
    piece: list[Member] = []
    for mine in by_address.values():
        if piece and len(piece) + len(mine) > most:
            yield piece
            piece = []
        piece += mine
    if piece:
        yield piece


def _printed(instant: datetime | None) -> str:
    return "" if instant is None else instant.isoformat()


def _instant(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
