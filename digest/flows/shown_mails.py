"""A mail as it was or will be sent, for who looks at it: printed by the press of issues, links of nobody."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import Struct

from digest.core.model import Claimed, Copy
from digest.core.telling_once import Pin
from digest.errors import InputError, NotFoundError
from digest.flows.press import Press
from digest.mail.lane import Letter
from digest.store import beside, issues, pictures
from digest.store.database import Database

#: Where a mail that is only looked at goes.
_NOBODY = "reader@reader.example"


class ShownMail(Struct, frozen=True):
    """One mail, with all that a mail program would get."""

    copy: Copy
    subject: str
    #: None for readers of plain text
    html: str | None
    text: str
    letter: Letter


async def shown_cohort(
    cohort_id: int, *, store: Database, press: Press, name: str = "", address: str = _NOBODY
) -> ShownMail:
    """What a cohort was or will be mailed, from the revisions that are pinned.

    With a name and an address it is made out to a reader; the links that act for one are nobody's all the
    same: who looks at a mail is not its reader.
    """
    async with store.read() as connection:
        found = await issues.copies_of(connection, [cohort_id])
        if not found:
            raise NotFoundError(f"cohort {cohort_id} does not exist")
        copy = found[0]
        revisions = await issues.pinned_revisions(connection, copy.issue.id, copy.round)
        pins = await beside.pinned(connection, copy.issue.id, copy.round)
        digests = await pictures.pinned(connection, copy.issue.id, copy.round)
    return await shown(copy, revisions, pins, digests, press=press, name=name, address=address)


async def shown(
    copy: Copy,
    revisions: Mapping[int, int],
    pins: Sequence[Pin] = (),
    digests: Mapping[int, str] | None = None,
    *,
    press: Press,
    name: str = "",
    address: str = _NOBODY,
) -> ShownMail:
    """A copy of which nothing need be in the store but its briefings."""
    if not copy.groups and not copy.issue.intro:
        raise InputError("readers of this cohort get no mail")
    printed = await press.printed(copy, await press.edition(copy.issue, revisions, pins, digests))
    reader = Claimed(0, copy.cohort_id, copy.issue.id, 0, address, name, 0)
    personal = press.personal(reader)
    letter = press.addressed(printed, reader)
    await letter.sealed()
    return ShownMail(
        copy=copy,
        subject=printed.rendition.subject,
        html=printed.rendition.html_page(personal),
        text=printed.rendition.plain_text(personal),
        letter=letter,
    )
