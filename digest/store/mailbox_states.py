"""The shelf of mailboxes of returned mail: how it stands with each, whichever process reads it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from msgspec import Struct
from sqlalchemy import delete, select
from sqlalchemy.ext.asyncio import AsyncConnection

from digest.store.return_tables import mailbox_states
from subscribers.interning import insert_into

#: So many times in a row it has to fail before somebody is told: servers are restarted now and then.
WORTH_TELLING: Final = 3
_LONGEST: Final = 400


class MailboxSeen(Struct, frozen=True):
    """How it stands with a mailbox."""

    #: who enters it, where, and the folder; without the password
    name: str
    #: when it was gone to last
    tried_at: datetime
    #: when it was last read to its end; None when it never was
    read_at: datetime | None
    #: mails that were taken in, and of those how many nobody could make anything of
    mails: int
    aside: int
    #: mails that its server named last and did not give
    withheld: int
    #: what was wrong last; empty when nothing was
    trouble: str
    #: how many times in a row something was
    failures: int

    @property
    def worth_telling(self) -> bool:
        """Whether its trouble does not look like a passing one."""
        return self.failures >= WORTH_TELLING


async def note(connection: AsyncConnection, seen: MailboxSeen) -> None:
    """Write down how it stands now; `mails` and `aside` are added to those of before, `failures` too."""
    mine = mailbox_states.c
    values = {
        "tried_at": seen.tried_at,
        "withheld": seen.withheld,
        "trouble": seen.trouble,
        "read_at": seen.read_at,
        "mails": seen.mails,
        "aside": seen.aside,
        "failures": seen.failures,
    }
    query = insert_into(connection, mailbox_states).values(name=seen.name[:_LONGEST], **values)
    added = {
        "mails": mine.mails + seen.mails,
        "aside": mine.aside + seen.aside,
        "failures": mine.failures + 1 if seen.trouble else 0,
        "read_at": seen.read_at or mine.read_at,
    }
    await connection.execute(query.on_conflict_do_update(index_elements=["name"], set_={**values, **added}))


async def every(connection: AsyncConnection) -> tuple[MailboxSeen, ...]:
    """All that were gone to of late."""
    mine = mailbox_states.c
    query = select(
        *(mine.name, mine.tried_at, mine.read_at, mine.mails, mine.aside, mine.withheld),
        *(mine.trouble, mine.failures),
    )
    return tuple(MailboxSeen(*row) for row in await connection.execute(query.order_by(mine.name)))


async def forget(connection: AsyncConnection, before: datetime) -> None:
    """Forget those that nobody has gone to since then: the settings name another."""
    await connection.execute(delete(mailbox_states).where(mailbox_states.c.tried_at < before))
