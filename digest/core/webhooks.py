"""Outgoing webhooks: what is told, how it is signed, when it is tried again, and when one is given up.

The rules are those of Standard Webhooks (https://www.standardwebhooks.com/): three headers, a signature over
id, time and body, and the same id for every try of one event.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from digest.core.model import DeliveryStatus
from digest.core.weblinks import is_web_link
from digest.errors import InputError
from subscribers.model import Standing


class EventKind(StrEnum):
    """What a webhook can tell of."""

    #: an issue is settled, and something of it went out
    ISSUE_SENT = "issue.sent"
    #: somebody reads from now on, for the first time or again
    READER_JOINED = "reader.joined"
    #: somebody reads no more
    READER_LEFT = "reader.left"
    #: an address was found bad
    READER_BOUNCED = "reader.bounced"
    #: a reader called our mail unwanted
    READER_COMPLAINED = "reader.complained"
    #: a slot is without an issue for too long, or an issue does not move
    ALARM_RAISED = "alarm.raised"
    #: that is over
    ALARM_CLEARED = "alarm.cleared"
    #: somebody of the newsroom wants to see whether it works
    TEST = "webhook.test"


#: What can be asked for; a test goes to whom it is for.
ASKED_FOR: Final = tuple(kind for kind in EventKind if kind is not EventKind.TEST)
ABOUT_READERS: Final = frozenset(kind for kind in EventKind if kind.startswith("reader."))


class WhyOff(StrEnum):
    """Why a webhook is told nothing any more."""

    BY_HAND = "by-hand"
    #: nothing was taken for days
    FAILING = "failing"
    #: its receiver said that there is none any more (410)
    GONE = "gone"


#: Waits after the first failed try and each further one. Their sum is a little over three days.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
#: A receiver that does not answer is not asked more often than this, whatever waits for it; nor less often.
LONGEST_REST: Final = timedelta(hours=1)
#: The longest that a receiver may ask us to wait.
LONGEST_RETRY_AFTER: Final = timedelta(days=1)
#: A webhook of which nothing was taken for so long is turned off.
FAILING_FOR: Final = timedelta(days=5)
#: So long after a change of the secret the old one signs as well.
OLD_SECRET_FOR: Final = timedelta(days=2)
#: What was told is kept so long, and what waits for a webhook that is off.
KEEP_EVENTS: Final = timedelta(days=30)
#: At most so many webhooks: each gets connections of its own, so that none waits for another.
MOST_WEBHOOKS: Final = 25
#: Events to one receiver at once.
AT_ONCE: Final = 4

_READS: Final = frozenset({Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING})
_SECRET: Final = re.compile(r"whsec_[A-Za-z0-9+/]+={0,2}")
#: Standard Webhooks asks for 24 to 64 bytes.
_SECRET_BYTES: Final = range(24, 65)
#: What went out, or may have.
_TRIED: Final = (
    DeliveryStatus.SENT,
    DeliveryStatus.REFUSED,
    DeliveryStatus.EXPIRED,
    DeliveryStatus.UNCERTAIN,
)


class Answered(Struct, frozen=True):
    """What came of one try."""

    #: None when there was no answer
    status: int | None
    #: why there was none, or what the answer began with
    words: str = ""
    #: seconds after which the receiver wants to be asked again (RFC 9110, 10.2.3)
    retry_after: int | None = None


class Verdict(Struct, frozen=True):
    """What is done about it."""

    taken: bool
    #: when it is tried again; None when it is not
    again_at: datetime | None = None
    #: until when nothing else is tried with this receiver; None for no rest
    rest_until: datetime | None = None
    #: the receiver is no more
    gone: bool = False


def event_of_move(before: Standing | None, after: Standing) -> EventKind | None:
    """What a change of standing is to others; None for what is none of their business."""
    if after is Standing.ACTIVE:
        return None if before in _READS else EventKind.READER_JOINED
    if before not in _READS:
        # who was asked and never said yes has not read
        return None
    return {
        Standing.LEFT: EventKind.READER_LEFT,
        Standing.SUPPRESSED: EventKind.READER_LEFT,
        Standing.BOUNCING: None if before is Standing.BOUNCING else EventKind.READER_BOUNCED,
        Standing.COMPLAINED: EventKind.READER_COMPLAINED,
    }.get(after)


def went_out(outcomes: Mapping[str, int]) -> bool:
    """True for an issue of which a copy was tried: one whose copies were all skipped was not sent."""
    return any(outcomes.get(status) for status in _TRIED)


def judge(answer: Answered, attempts: int, failures: int, now: datetime, chance: float) -> Verdict:
    """What is done after a try; `attempts` counts it, and so does `failures` of the receiver, if it failed.

    Any status but 2xx is a failure, redirects among them. What looks like the receiver's own trouble - no
    answer, 5xx, 429 - rests the webhook: `min(WAITS[failures - 1], LONGEST_REST)`, or what it asks for. The
    event itself waits `WAITS[attempts - 1]`. Waits grow by up to a fifth, by `chance` (0 to 1), so that not
    all come back at once.
    """
    status = answer.status
    if status is not None and 200 <= status < 300:
        return Verdict(taken=True)
    if status == 410:
        return Verdict(taken=False, gone=True)
    longer = 1 + chance / 5
    again_at = now + WAITS[attempts - 1] * longer if attempts <= len(WAITS) else None
    if status is not None and status < 500 and status != 429:
        return Verdict(taken=False, again_at=again_at)
    rest = min(WAITS[min(failures, len(WAITS)) - 1], LONGEST_REST) * longer
    if answer.retry_after is not None:
        rest = max(rest, min(timedelta(seconds=answer.retry_after), LONGEST_RETRY_AFTER))
    return Verdict(taken=False, again_at=again_at, rest_until=now + rest)


def parse_url(text: str, *, with_addresses: bool) -> str:
    """Where events go; raises InputError for what is no address, and for readers' addresses in the clear."""
    url = text.strip()
    if not url.isprintable() or len(url) > 1000 or not is_web_link(url):
        raise InputError(
            f"url {text[:200]!r} is not an absolute http or https address: say https://HOST/PATH"
        )
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise InputError(f"url {text[:200]!r} has no port that can be: say https://HOST/PATH") from None
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise InputError("url holds a name, a password or a fragment: leave it out, for events are signed")
    if with_addresses and parts.scheme.lower() != "https" and parts.hostname not in {"127.0.0.1", "::1"}:
        raise InputError("readers' addresses are told over https only: say https://HOST/PATH")
    return url


def parse_kinds(words: Collection[str]) -> tuple[EventKind, ...]:
    """What a webhook is told of, in our order; raises InputError for what is not told."""
    wanted = {word.strip().lower() for word in words} - {""}
    unknown = wanted - set(ASKED_FOR)
    if unknown or not wanted:
        what = f"event {sorted(unknown)[0]!r} is not known" if unknown else "no event is chosen"
        raise InputError(f"{what}: choose among {', '.join(ASKED_FOR)}")
    return tuple(kind for kind in ASKED_FOR if kind in wanted)


def key_of(secret: str) -> bytes:
    """The key in a secret such as `whsec_…`; raises ValueError for what is none."""
    if not _SECRET.fullmatch(secret):
        raise ValueError("a secret is whsec_ and base64")
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except binascii.Error as error:
        raise ValueError("a secret is whsec_ and base64") from error
    if len(key) not in _SECRET_BYTES:
        raise ValueError("a secret has 24 to 64 bytes")
    return key


def signature(secret: str, word: str, at: datetime, body: bytes) -> str:
    """One signature of an event, `v1,BASE64`: HMAC-SHA256 over `id.timestamp.body`."""
    signed = b".".join((word.encode(), str(int(at.timestamp())).encode(), body))
    made = hmac.new(key_of(secret), signed, hashlib.sha256).digest()
    return f"v1,{base64.b64encode(made).decode()}"


def headers_for(word: str, at: datetime, body: bytes, secrets: Collection[str]) -> dict[str, str]:
    """What goes with a body; with two secrets, as after a change of them, there are two signatures."""
    return {
        "content-type": "application/json",
        "webhook-id": word,
        "webhook-timestamp": str(int(at.timestamp())),
        "webhook-signature": " ".join(signature(one, word, at, body) for one in secrets),
    }


def document(kind: EventKind, at: datetime, data: Mapping[str, Any]) -> dict[str, Any]:
    """The body of an event, before it is written as JSON."""
    moment = at.isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"type": str(kind), "timestamp": moment, "data": dict(data)}
