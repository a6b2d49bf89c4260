"""A call of a program: who makes it, what they may do, and the store as this call sees it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from msgspec import Struct
from msgspec.structs import replace

from digest.core.access import Actor, Power, Via
from digest.store.database import Database
from digest.store.people import ApiKey, Person
from digest.web.api.problems import RefusedError


class Call(Struct, frozen=True):
    """One request of somebody who may make it."""

    key: ApiKey
    person: Person
    powers: frozenset[Power]
    now: datetime
    #: where the call reads and writes: a part of one transaction when it is a repeatable one
    store: Database

    @property
    def actor(self) -> Actor:
        """Who does it, for the log of changes."""
        return Actor(f"{self.person.name} ({self.key.label})", Via.API, self.person.id)

    def may(self, power: Power) -> bool:
        """True when the key has this power now."""
        return power in self.powers

    def require_no_more(self, powers: frozenset[Power]) -> None:
        """Refuse to hand out what the key itself has not: a narrow key may not make a wide one."""
        beyond = powers - self.powers - {Power.OWN}
        if beyond:
            words = ", ".join(one for one in Power if one in beyond)
            raise RefusedError(403, f"this key cannot give what it has not itself: {words}")

    def within(self, store: Database) -> Call:
        """The same call on another sight of the store."""
        return replace(self, store=store)


def call_of(request: Request) -> Call:
    """The call that the gate let through."""
    found: Call = request.state.call
    return found


#: What each answering function asks for.
Made = Annotated[Call, Depends(call_of)]
