"""Who may do what at the desk and through the API: roles are sets of powers, a key holds some of them."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from msgspec import Struct


class Role(StrEnum):
    """What somebody is in the newsroom."""

    ADMIN = "admin"
    EDITOR = "editor"
    VIEWER = "viewer"


class Power(StrEnum):
    """What a page or a call needs; each needs exactly one."""

    #: one's own account: password, codes, sessions
    OWN = "own"
    #: look at briefings, topics, newsletters, issues and numbers; nobody's address among them
    SEE = "see"
    #: look at readers: addresses, preferences, what each was sent
    SEE_READERS = "see-readers"
    #: write, correct, publish and retract briefings; order topics
    EDIT = "edit"
    #: one-off issues, tests, approval, retries, what is in doubt
    SEND = "send"
    #: add, change, pause, suppress, import, export and erase readers
    KEEP_READERS = "keep-readers"
    #: newsletters, people, keys, webhooks, the log of changes, what the doctor finds
    RUN = "run"


_VIEWER: Final = frozenset({Power.OWN, Power.SEE})
_EDITOR: Final = _VIEWER | {Power.SEE_READERS, Power.EDIT, Power.SEND}
POWERS_OF: Final[Mapping[Role, frozenset[Power]]] = {
    Role.VIEWER: _VIEWER,
    Role.EDITOR: _EDITOR,
    Role.ADMIN: frozenset(Power),
}
#: What a key may be given. A program has no password to change.
SCOPES: Final = frozenset(Power) - {Power.OWN}


def powers_of_key(role: Role, scopes: frozenset[Power]) -> frozenset[Power]:
    """What a key can do now: never more than its holder, whose role may have changed since."""
    return POWERS_OF[role] & scopes & SCOPES


class Via(StrEnum):
    """The way by which a change came in."""

    COMMAND = "command"
    DESK = "desk"
    API = "api"
    #: a mail to somebody's own address
    MAIL = "mail"
    #: nobody asked: a rule, a feed or the set-up did it
    PROGRAM = "program"


class Actor(Struct, frozen=True):
    """Who changes something, for the log of changes."""

    #: a person's name, a key's holder and label, or the account at a shell
    name: str
    via: Via
    #: None for who has no account here
    person_id: int | None = None


PROGRAM: Final = Actor("digest", Via.PROGRAM)
