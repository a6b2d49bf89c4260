"""One call of a provider, what it comes to, and the reasons for which it is not listened to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from msgspec import Struct

from digest.core.returned import Returned

#: A call signed longer ago, or so far ahead of our clock, is a replay or a clock gone wrong. Who calls again
#: under the first signature is listened to for longer: each of them says for how long.
FRESH_FOR: Final = timedelta(minutes=5)


class Provider(StrEnum):
    """Who may call; the word is the last part of the path."""

    SES = "ses"
    POSTMARK = "postmark"
    SENDGRID = "sendgrid"
    MAILGUN = "mailgun"
    SPARKPOST = "sparkpost"
    #: any program that signs as our own webhooks do
    GENERIC = "generic"


class Refusal(StrEnum):
    """Why a call is not listened to, in words for who made it."""

    NO_SECRET = "no secret of this provider is in the settings (hook_secrets)"  # noqa: S105 - words for people
    FORGED = "the signature or the secret is wrong"
    STALE = "the signature is too old or from the future: look at both clocks"
    REPLAYED = "this signature came before, with something else"
    UNREADABLE = "this is not what the provider is known to send"
    #: cryptography comes with the extra `dkim`
    NO_LIBRARY = (
        "signatures of this provider need the package cryptography: pip install 'newsroom-digest[dkim]'"
    )
    #: of a provider whose hook is a plugin
    BROKEN = "the plugin for this provider cannot be used: digest doctor says why"
    #: what the call has to be verified with, or answered by, is out of reach for now
    LATER = "the provider cannot be reached: come again"


class RefusedError(Exception):
    """A call that changes nothing."""

    def __init__(self, why: Refusal) -> None:
        """Carry the reason; its words are the message."""
        super().__init__(str(why))
        self.why: Final = why


@dataclass(frozen=True, slots=True)
class Call:
    """One POST, as it came."""

    #: names in lower case
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


class Told(Struct, frozen=True):
    """What a genuine call comes to."""

    events: tuple[Returned, ...] = ()
    #: things told besides that are no concern of ours, such as opens
    passed: int = 0
    #: a word that one body alone may come with, where the signature does not cover the body
    once: str = ""
    #: what is fetched to say that we do want these calls
    confirm_at: str = ""


def check_fresh(signed_at: datetime, now: datetime, *, fresh_for: timedelta = FRESH_FOR) -> None:
    """Refuse what was signed too long ago, or later than now."""
    if not now - fresh_for <= signed_at <= now + FRESH_FOR:
        raise RefusedError(Refusal.STALE)
