"""A visit to the desk: one request of somebody who may make it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import datetime

from fastapi import Request

from digest.core.access import Actor, Power, Via
from digest.store.people import Person
from digest.web.desk.entered import Entered


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks for what, and what they may do."""

    request: Request
    person: Person
    powers: frozenset[Power]
    #: the session's token, and what its forms carry
    token: str = field(repr=False)
    csrf: str = field(repr=False)
    now: datetime
    #: the newsroom's time zone, in which times are shown
    zone: str
    #: empty for a request that only looks
    form: Entered

    @property
    def actor(self) -> Actor:
        """Who does it, for the log of changes."""
        return Actor(self.person.name, Via.DESK, self.person.id)

    @property
    def up(self) -> str:
        """From this page to the first one of the desk: what stands before our paths is not ours to know."""
        path: str = self.request.scope["path"]
        return "../" * (path.count("/") - 2)

    @property
    def fresh(self) -> str:
        """A word that no other form has, so that what is sent twice is known again."""
        return secrets.token_hex(12)

    def may(self, power: Power | str) -> bool:
        """True when the person has this power."""
        return power in self.powers

    def number(self, name: str) -> int:
        """A number in the path."""
        return int(self.request.path_params[name])

    def word(self, name: str) -> str:
        """A word in the path."""
        return str(self.request.path_params[name])

    def asked(self, name: str) -> str:
        """A word of the query, on one line; empty when there is none."""
        return " ".join(self.request.query_params.get(name, "").split())[:500]

    def asked_number(self, name: str) -> int | None:
        """A number of the query; None when there is none, or it is no number."""
        word = self.asked(name)
        return int(word) if word.isascii() and word.isdigit() and len(word) < 19 else None
