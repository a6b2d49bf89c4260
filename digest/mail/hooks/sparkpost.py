"""SparkPost's event webhooks: a batch of events, each wrapped by its class; a password, no signature.

https://support.sparkpost.com/docs/deliverability/bounce-classification-codes has the classes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from digest.core.returned import Clues, Kind, Returned
from digest.mail.hooks.called import Call, Told
from digest.mail.hooks.document import Part, address, clues, document_of, label, part, parts_of, word
from digest.mail.hooks.judging import FAILURES, NO_COMPLAINT, event, numbered, reported
from digest.mail.hooks.passwords import check_password

#: Classes of bounces -> what it is; None for what is none of ours. Words of the server go before.
_CLASSES: Final[Mapping[str, Kind | None]] = {
    "1": Kind.SOFT,  # undetermined
    "10": Kind.HARD,  # no such recipient
    "20": Kind.SOFT,
    "21": Kind.SOFT,  # no answer from name servers
    "22": Kind.FULL,
    "23": Kind.SOFT,  # too large
    "24": Kind.SOFT,  # tried for as long as SparkPost does
    "25": Kind.BLOCKED,  # by rules of SparkPost
    "26": Kind.BLOCKED,  # held back as likely unwanted
    "30": Kind.HARD,  # no recipient, says the server
    "40": Kind.SOFT,
    "50": Kind.BLOCKED,
    "51": Kind.BLOCKED,  # a known source of spam
    "52": Kind.BLOCKED,  # spam
    "53": Kind.BLOCKED,  # an attachment
    "54": Kind.BLOCKED,  # relaying denied
    "60": Kind.AUTO_REPLY,
    "70": Kind.SOFT,
    "80": None,  # a request to subscribe
    "90": Kind.UNSUBSCRIBE,
    "100": Kind.CHALLENGE,
}
_BOUNCES: Final = frozenset({"bounce", "out_of_band"})
#: What says all by its name.
_PLAIN: Final[Mapping[str, Kind]] = {
    "delivery": Kind.DELIVERED,
    "delay": Kind.DELAYED,
    "list_unsubscribe": Kind.UNSUBSCRIBE,
    "link_unsubscribe": Kind.UNSUBSCRIBE,
    # SparkPost's own refusals: what it says of them are no words of the reader's server
    "policy_rejection": Kind.BLOCKED,
    "generation_failure": Kind.BLOCKED,
    "generation_rejection": Kind.BLOCKED,
}


def read(call: Call, secrets: Sequence[str], now: datetime) -> Told:
    """The events of a call; raises RefusedError. `secrets` are passwords that were chosen for it."""
    check_password(call, secrets)
    wrapped = parts_of(document_of(call))
    told = [inner for one in wrapped for inner in part(one, "msys").values() if isinstance(inner, dict)]
    events = tuple(
        found for one in told if (found := numbered(_event(one), word(one, "event_id", 100))) is not None
    )
    return Told(events, passed=len(told) - len(events))


def _event(one: Part) -> Returned | None:
    name = word(one, "type").lower()
    recipient = address(word(one, "raw_rcpt_to")) or address(word(one, "rcpt_to"))
    found = _clues(one)
    said = word(one, "raw_reason") or word(one, "reason")
    if name in _BOUNCES:
        sort = word(one, "bounce_class", 10)
        kind = _CLASSES.get(sort, Kind.SOFT)
        rule = f"sparkpost:{name}/{label(sort)}"
        code = word(one, "error_code")
        return None if kind is None else reported(kind, recipient, rule, said, found, reply=code)
    if name == "spam_complaint":
        sort = word(one, "fbtype", 40).lower()
        rule = "sparkpost:spam_complaint"
        return None if sort in NO_COMPLAINT else event(Kind.COMPLAINT, recipient, rule, sort, found)
    plain = _PLAIN.get(name)
    if plain is None:
        return None
    rule = f"sparkpost:{name}"
    return (event if plain in FAILURES else reported)(plain, recipient, rule, said, found)


def _clues(one: Part) -> Clues:
    own = word(one, "message_id", 100)
    return clues(
        return_paths=(word(one, "msg_from"),),
        # SparkPost's number for the copy: it tells one event from the next of the same words
        message_ids=(f"{own}@sparkpost" if own else "",),
    )
