"""A provider hook: Beacon signs each call by HMAC over its time and its body, in one header.

Beacon-Signature: t=1764412800,v1=5257a869e7ecebeda32affa62cdca3fa51cad7e77a0e56ff536d0ce8e108d8bd
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from digest.plugins import Call, CallRefusedError, Event, EventKind, Heard, Why

api = 1
FRESH_FOR = timedelta(minutes=5)
KINDS = {
    "delivered": EventKind.DELIVERED,
    "bounced": EventKind.HARD,
    "deferred": EventKind.DELAYED,
    "spam": EventKind.COMPLAINT,
}


def read(call: Call, secrets: Sequence[str], now: datetime) -> Heard:
    """Verify a call, and read its events."""
    check(call, secrets, now)
    try:
        told = json.loads(call.body)["events"]
        events = tuple(_events(told))
    except (ValueError, KeyError, TypeError, AttributeError):
        raise CallRefusedError(Why.UNREADABLE) from None
    return Heard(events, passed=len(told) - len(events))


def check(call: Call, secrets: Sequence[str], now: datetime) -> None:
    """Refuse what none of the secrets has signed, and what was signed at another time."""
    parts = dict(part.partition("=")[::2] for part in call.headers.get("beacon-signature", "").split(","))
    stamp, given = parts.get("t", ""), parts.get("v1", "")
    made = [signature(secret, stamp, call.body) for secret in secrets]
    # all are compared, each in constant time
    if not stamp.isascii() or sum(hmac.compare_digest(given.encode(), one.encode()) for one in made) == 0:
        raise CallRefusedError(Why.FORGED)
    if abs(now - datetime.fromtimestamp(int(stamp), UTC)) > FRESH_FOR:
        raise CallRefusedError(Why.STALE)


def signature(secret: str, stamp: str, body: bytes) -> str:
    """What Beacon writes behind v1=."""
    return hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()


def _events(told: Sequence[dict[str, Any]]) -> Iterator[Event]:
    for one in told:
        kind = KINDS.get(str(one.get("event")))
        # opens and clicks are no concern of the digest
        if kind is not None:
            yield Event(
                kind=kind,
                recipient=str(one["to"]),
                text=str(one.get("reply", "")),
                rule=str(one["event"]),
                message_ids=(str(one.get("message_id", "")),),
            )
