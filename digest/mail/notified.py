"""What SES tells by mail: a topic of SNS with an address as its subscriber sends the same JSON, unsigned.

https://docs.aws.amazon.com/sns/latest/dg/sns-email-notifications.html. Anybody can write such a mail: it
proves no more than a report of any other server does, and a copy is found by what we signed ourselves.
"""

from __future__ import annotations

import json
from typing import Any, Final

from msgspec.structs import replace

from digest.core.returned import Returned
from digest.mail.bounces.mime import read_mail
from digest.mail.hooks.ses import events_in, is_notification
from digest.mail.hooks.sns import NOTIFICATION

#: Both name it, in the header or in the document; most mails need no second look.
_NAMES: Final = (b"amazon", b"AMAZON", b"Amazon")
_START: Final = 20_000
_JSON: Final = json.JSONDecoder()


def read_notified(raw: bytes) -> tuple[Returned, ...] | None:
    """What a notification says, for each recipient; None for a mail that is none, whatever bytes it is."""
    if not any(name in raw[:_START] for name in _NAMES):
        return None
    text = next((part.text for part in read_mail(raw).walk() if part.type.startswith("text/")), "")
    told = _document_at_the_start(text)
    if told.get("Type") == NOTIFICATION and isinstance(told.get("Message"), str):
        # "email-json" sends the message of the topic as it is, and ours stands in it as text
        told = _document_at_the_start(told["Message"])
    if not is_notification(told):
        return None
    return tuple(replace(one, hearsay=True) for one in events_in(told))


def _document_at_the_start(text: str) -> dict[str, Any]:
    """The document with which a text begins; below it stands how to be told no more."""
    text = text.lstrip("\ufeff \t\r\n")
    if not text.startswith("{"):
        return {}
    try:
        found, _end = _JSON.raw_decode(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
