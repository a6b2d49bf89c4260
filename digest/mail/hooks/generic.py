"""The form that is our own: what came back in our words, signed as our webhooks are (`core/webhooks.py`).

For programs that know what came back, and for a second store of this program, whose events of readers are
taken as well. docs/hooks.md has an example.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from digest.core.returned import Clues, Kind, Returned
from digest.core.webhooks import EventKind, signature
from digest.mail.hooks.called import Call, Refusal, RefusedError, Told, check_fresh
from digest.mail.hooks.document import (
    Part,
    address,
    clues,
    document_of,
    label,
    message_id,
    moment,
    part,
    parts,
    whole,
    word,
)
from digest.mail.hooks.judging import FAILURES, event, numbered, reported

#: What a document of this form says under `type`.
RETURNED: Final = "mail.returned"
#: What another store tells of a reader -> what it is here.
_OF_READERS: Final[Mapping[str, Kind]] = {
    EventKind.READER_BOUNCED: Kind.HARD,
    EventKind.READER_COMPLAINED: Kind.COMPLAINT,
    EventKind.READER_LEFT: Kind.UNSUBSCRIBE,
}


def read(call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The events of a call; raises RefusedError. `secrets` are such as `digest webhooks add` shows."""
    _check_signature(call, secrets, now)
    document = whole(document_of(call))
    sort, data = word(document, "type"), part(document, "data")
    if sort in _OF_READERS:
        recipient = address(word(data, "email"))
        # without the address nobody here is meant
        if not recipient:
            return Told(passed=1)
        number = clues(message_ids=(call.headers.get("webhook-id", ""),))
        return Told((event(_OF_READERS[sort], recipient, f"generic:{sort}", "", number),))
    if sort != RETURNED:
        return Told(passed=1)
    told = list(parts(data, "events"))
    # a call that comes again has its number still, and all in it the same place
    name = call.headers.get("webhook-id", "")
    found = (numbered(_event(one), f"{name} {place}") for place, one in enumerate(told))
    events = tuple(one for one in found if one is not None)
    return Told(events, passed=len(told) - len(events))


def _check_signature(call: Call, secrets: Sequence[str], now: datetime) -> None:
    name, stamp = call.headers.get("webhook-id", ""), call.headers.get("webhook-timestamp", "")
    given = call.headers.get("webhook-signature", "").split()[:10]
    if not name or not given:
        raise RefusedError(Refusal.FORGED)
    signed_at = moment(stamp)
    made = [signature(secret, name, signed_at, call.body) for secret in secrets]
    if sum(hmac.compare_digest(one.encode(), right.encode()) for one in given for right in made) == 0:
        raise RefusedError(Refusal.FORGED)
    check_fresh(signed_at, now)


def _event(one: Part) -> Returned | None:
    sort = word(one, "kind", 40)
    # who says nothing need not say it
    if sort not in set(Kind) - {Kind.UNKNOWN}:
        return None
    kind = Kind(sort)
    recipient, said = address(word(one, "recipient")), word(one, "text")
    rule = f"generic:{label(word(one, 'rule') or sort)}"
    found = _clues(one)
    if kind not in FAILURES:
        return event(kind, recipient, rule, said, found)
    reply, enhanced = word(one, "reply"), word(one, "enhanced")
    return reported(kind, recipient, rule, said, found, reply=reply, enhanced=enhanced)


def _clues(one: Part) -> Clues:
    return clues(return_paths=(word(one, "return_path"),), message_ids=(message_id(word(one, "message_id")),))
