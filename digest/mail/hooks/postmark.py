"""Postmark's webhooks: one event a call; a password, no signature.

https://postmarkapp.com/developer/webhooks/bounce-webhook and its neighbours have the documents.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from digest.core.returned import Clues, Kind, Returned
from digest.mail.hooks.called import Call, Told
from digest.mail.hooks.document import Part, address, clues, document_of, label, whole, word
from digest.mail.hooks.judging import FAILURES, event, numbered, reported
from digest.mail.hooks.passwords import check_password

#: Types of bounces -> what it is; None for what is none of ours. Words of the server go before.
_TYPES: Final[Mapping[str, Kind | None]] = {
    "HardBounce": Kind.HARD,
    "BadEmailAddress": Kind.HARD,
    # still tried
    "Transient": Kind.DELAYED,
    "SoftBounce": Kind.SOFT,
    "DnsError": Kind.SOFT,
    "Unknown": Kind.SOFT,
    "SMTPApiError": Kind.SOFT,
    "TemplateRenderingFailed": Kind.SOFT,
    # it arrived, and was sorted out: nobody complained
    "SpamNotification": Kind.BLOCKED,
    "VirusNotification": Kind.BLOCKED,
    "Blocked": Kind.BLOCKED,
    "DMARCPolicy": Kind.BLOCKED,
    # lists of Postmark's customer
    "ManuallyDeactivated": Kind.BLOCKED,
    "Unconfirmed": Kind.BLOCKED,
    "UnconfirmedBounce": Kind.BLOCKED,
    "SpamComplaint": Kind.COMPLAINT,
    "Unsubscribe": Kind.UNSUBSCRIBE,
    "AutoResponder": Kind.AUTO_REPLY,
    "AddressChange": Kind.AUTO_REPLY,
    "ChallengeVerification": Kind.CHALLENGE,
    "Subscribe": None,
    "OpenRelayTest": None,
    "InboundError": None,
}
#: Of these types the text is Postmark's own and not a server's.
_OWN_WORDS: Final = frozenset(
    {"BadEmailAddress", "ManuallyDeactivated", "Unconfirmed", "UnconfirmedBounce", "SMTPApiError"}
    | {"TemplateRenderingFailed", "DMARCPolicy"}
)
#: Why Postmark sends to an address no more -> what it is; by hand is for the one who did it.
_SUPPRESSED: Final[Mapping[str, Kind]] = {
    "HardBounce": Kind.HARD,
    "SpamComplaint": Kind.COMPLAINT,
}
#: As we write them (`mail/identifiers.py`); they stand in the returned mail that Postmark may hand on.
_RETURN_PATH: Final = re.compile(r"bounces\+[0-9]{1,19}\.[0-9a-f]{20}@[\w.-]{1,253}", re.IGNORECASE)
_MOST_CONTENT: Final = 200_000


def read(call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The event of a call; raises RefusedError. `secrets` are passwords that were chosen for it."""
    check_password(call, secrets)
    document = whole(document_of(call))
    found = numbered(_event(document), _number(document))
    return Told((found,) if found else (), passed=0 if found else 1)


def _number(told: Part) -> str:
    """Bounces have a number of their own; changes of Postmark's list have a time, and the mail at most."""
    if "ID" in told:
        return word(told, "ID", 40)
    changed = word(told, "ChangedAt", 40)
    return f"{word(told, 'MessageID', 100)} {changed}" if changed else ""


def _event(told: Part) -> Returned | None:
    sort = word(told, "RecordType")
    recipient = address(word(told, "Email")) or address(word(told, "Recipient"))
    found = _clues(told)
    if sort in {"Bounce", "SpamComplaint"}:
        return _bounce(told, word(told, "Type", 60) or sort, recipient, found)
    if sort == "SubscriptionChange":
        return _change(told, recipient, found)
    if sort == "Delivery":
        return event(Kind.DELIVERED, recipient, "postmark:Delivery", word(told, "Details"), found)
    return None


def _bounce(told: Part, sort: str, recipient: str, found: Clues) -> Returned | None:
    kind = _TYPES.get(sort, Kind.SOFT)
    if kind is None:
        return None
    rule = f"postmark:{label(sort)}"
    said = word(told, "Details") or word(told, "Description")
    own = sort in _OWN_WORDS or kind not in FAILURES | {Kind.DELAYED}
    return (event if own else reported)(kind, recipient, rule, said, found)


def _change(told: Part, recipient: str, found: Clues) -> Returned | None:
    """Postmark has put an address on its list; off the list again is no wish to read."""
    if told.get("SuppressSending") is not True:
        return None
    reason, origin = word(told, "SuppressionReason", 60), word(told, "Origin", 60)
    by_hand = Kind.UNSUBSCRIBE if origin == "Recipient" else Kind.BLOCKED
    kind = _SUPPRESSED.get(reason, by_hand)
    return event(kind, recipient, f"postmark:SubscriptionChange/{label(reason)}/{label(origin)}", "", found)


def _clues(told: Part) -> Clues:
    content = told.get("Content")
    paths = _RETURN_PATH.findall(content[:_MOST_CONTENT]) if isinstance(content, str) else []
    number = word(told, "MessageID", 100)
    # the Message-ID that Postmark gives to a mail, unless the header X-PM-KeepID keeps ours
    return clues(return_paths=tuple(paths), message_ids=(f"{number}@mtasv.net" if number else "",))
