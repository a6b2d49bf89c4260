"""SendGrid's signed event webhook: a batch of events, ECDSA over its timestamp and its body.

https://www.twilio.com/docs/sendgrid/for-developers/tracking-events/event
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from digest.core.returned import Kind, Returned
from digest.mail.hooks.called import Call, Refusal, RefusedError, Told, check_fresh
from digest.mail.hooks.document import Part, address, clues, document_of, label, moment, parts_of, word
from digest.mail.hooks.judging import event, numbered, reported
from digest.mail.hooks.keys import check_library, is_signed_by_curve, unpacked

SIGNATURE: Final = "x-twilio-email-event-webhook-signature"
TIMESTAMP: Final = "x-twilio-email-event-webhook-timestamp"

#: SendGrid calls again for a day, and does not say whether it signs anew. The signature covers all that is
#: said, and what comes twice is recorded once.
FRESH_FOR: Final = timedelta(hours=25)

#: How a bounce is classified -> what it is. Words and codes of the server go before.
_CLASSES: Final[Mapping[str, Kind]] = {
    "invalid address": Kind.HARD,
    "technical": Kind.SOFT,
    "content": Kind.BLOCKED,
    "reputation": Kind.BLOCKED,
    "frequency or volume too high": Kind.BLOCKED,
    "mailbox unavailable": Kind.SOFT,
    "unclassified": Kind.SOFT,
}
#: What a bounce without a class is, by its type.
_TYPES: Final[Mapping[str, Kind]] = {"bounce": Kind.HARD, "blocked": Kind.BLOCKED, "expired": Kind.SOFT}
#: Why SendGrid did not even try, in its own words.
_DROPS: Final[Mapping[str, Kind]] = {
    "bounced address": Kind.HARD,
    "invalid": Kind.HARD,
    "unsubscribed address": Kind.UNSUBSCRIBE,
    "spam reporting address": Kind.COMPLAINT,
    "spam content": Kind.BLOCKED,
}
#: What says all by its name; text is told under `response`.
_PLAIN: Final[Mapping[str, Kind]] = {
    "delivered": Kind.DELIVERED,
    "deferred": Kind.DELAYED,
    "spamreport": Kind.COMPLAINT,
    "unsubscribe": Kind.UNSUBSCRIBE,
    "group_unsubscribe": Kind.UNSUBSCRIBE,
}


def read(call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The events of a call; raises RefusedError. `secrets` are verification keys, as SendGrid shows them."""
    check_library()
    stamp = call.headers.get(TIMESTAMP, "")
    signature = unpacked(call.headers.get(SIGNATURE, ""))
    signed = stamp.encode("utf-8", "replace") + call.body
    if not any(is_signed_by_curve(one, signature, signed) for one in secrets):
        raise RefusedError(Refusal.FORGED)
    check_fresh(moment(stamp), now, fresh_for=FRESH_FOR)
    told = parts_of(document_of(call))
    events = tuple(
        found for one in told if (found := numbered(_event(one), word(one, "sg_event_id", 100))) is not None
    )
    return Told(events, passed=len(told) - len(events))


def _event(one: Part) -> Returned | None:
    name = word(one, "event").lower()
    recipient = address(word(one, "email"))
    found = clues(message_ids=(word(one, "smtp-id"),))
    if name == "bounce":
        kind, rule = _bounce(one)
        reason = word(one, "reason")
        return reported(kind, recipient, rule, reason, found, enhanced=word(one, "status", 11))
    if name == "dropped":
        reason = word(one, "reason")
        kind = _DROPS.get(reason.lower(), Kind.SOFT)
        return event(kind, recipient, f"sendgrid:dropped/{label(reason)}", reason, found)
    plain = _PLAIN.get(name)
    if plain is None:
        return None
    return reported(plain, recipient, f"sendgrid:{name}", word(one, "response"), found)


def _bounce(one: Part) -> tuple[Kind, str]:
    kind, sort = word(one, "type").lower(), word(one, "bounce_classification").lower()
    by_type = _TYPES.get(kind, Kind.SOFT if kind else Kind.HARD)
    if sort in _CLASSES:
        return _CLASSES[sort], f"sendgrid:{label(kind or 'bounce')}/{label(sort)}"
    return by_type, f"sendgrid:{label(kind or 'bounce')}"
