"""Mailgun's webhooks: one event a call, signed within the document by HMAC over a time and a token.

The signature says nothing of the event beside it, so a token may come with one body only.
https://documentation.mailgun.com/docs/mailgun/user-manual/webhooks/securing-webhooks
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from digest.core.returned import Clues, Kind, Returned
from digest.mail.hooks.called import Call, Refusal, RefusedError, Told, check_fresh
from digest.mail.hooks.document import (
    Part,
    address,
    clues,
    document_of,
    label,
    links_in,
    moment,
    part,
    whole,
    word,
)
from digest.mail.hooks.judging import event, numbered, reported

#: Mailgun calls again for eight hours, under the first signature as it seems: what was told while nobody
#: listened would be lost.
FRESH_FOR: Final = timedelta(hours=9)

#: Why it failed for good -> what it is. Words and codes of the server go before, where there was one.
_FAILED: Final[Mapping[str, Kind]] = {
    "bounce": Kind.HARD,
    "hardfail": Kind.HARD,
    "no-mx": Kind.HARD,
    "generic": Kind.SOFT,
    # tried for as long as Mailgun does
    "old": Kind.SOFT,
    "greylisted": Kind.SOFT,
    "espblock": Kind.BLOCKED,
}
#: Not even tried, since the address is on a list of Mailgun's.
_SUPPRESSED: Final[Mapping[str, Kind]] = {
    "suppress-bounce": Kind.HARD,
    "suppress-complaint": Kind.COMPLAINT,
    "suppress-unsubscribe": Kind.UNSUBSCRIBE,
}
_PLAIN: Final[Mapping[str, Kind]] = {
    "delivered": Kind.DELIVERED,
    "complained": Kind.COMPLAINT,
    "unsubscribed": Kind.UNSUBSCRIBE,
}


def read(call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The event of a call; raises RefusedError. `secrets` are webhook signing keys."""
    document = whole(document_of(call))
    signature = part(document, "signature")
    stamp, token = word(signature, "timestamp"), word(signature, "token", 200)
    given = [word(signature, name, 200) for name in ("signature", "parent-signature")]
    if not token or not _is_signed(stamp + token, given, secrets):
        raise RefusedError(Refusal.FORGED)
    check_fresh(moment(stamp), now, fresh_for=FRESH_FOR)
    data = part(document, "event-data")
    found = numbered(_event(data), word(data, "id", 100))
    return Told((found,) if found else (), passed=0 if found else 1, once=token)


def _is_signed(text: str, given: Sequence[str], secrets: Sequence[str]) -> bool:
    """Whether one of the signatures is right under one of the keys; all are compared."""
    made = [hmac.new(one.encode(), text.encode(), hashlib.sha256).hexdigest() for one in secrets]
    return sum(hmac.compare_digest(one.encode(), right.encode()) for one in given for right in made) > 0


def _event(data: Part) -> Returned | None:
    name = word(data, "event").lower()
    recipient = address(word(data, "recipient"))
    found = _clues(data)
    if name == "failed":
        return _failure(data, recipient, found)
    if name == "rejected":
        reason = word(part(data, "reject"), "reason")
        return event(Kind.BLOCKED, recipient, "mailgun:rejected", reason, found)
    kind = _PLAIN.get(name)
    if kind is None:
        return None
    return reported(kind, recipient, f"mailgun:{name}", _said(data), found)


def _failure(data: Part, recipient: str, found: Clues) -> Returned:
    reason, severity = word(data, "reason", 60).lower(), word(data, "severity", 60).lower()
    rule = f"mailgun:{label(severity)}/{label(reason)}"
    if reason in _SUPPRESSED:
        return event(_SUPPRESSED[reason], recipient, rule, _said(data), found)
    kind = Kind.DELAYED if severity == "temporary" else _FAILED.get(reason, Kind.SOFT)
    status = part(data, "delivery-status")
    return reported(
        kind,
        recipient,
        rule,
        _said(data),
        found,
        reply=word(status, "code"),
        enhanced=word(status, "enhanced-code"),
    )


def _said(data: Part) -> str:
    status = part(data, "delivery-status")
    return word(status, "message") or word(status, "description")


def _clues(data: Part) -> Clues:
    headers = part(part(data, "message"), "headers")
    return clues(
        return_paths=(word(part(data, "envelope"), "sender"),),
        message_ids=(word(headers, "message-id"),),
        links=links_in(word(headers, "list-unsubscribe", 2000)),
    )
