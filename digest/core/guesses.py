"""How often a password or a code may be tried: guessing gets slow, and nobody else is locked out by it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from digest.core.limits import Counted, Limit, network_of, spans

#: From one network at one account: a slip is forgiven, a list of words is not. Each span counts for itself.
_AT_HOME: Final = (Limit(8, timedelta(minutes=10)), Limit(30, timedelta(days=1)))
#: At one account from everywhere: whoever rents a thousand machines gets no further. Its owner, who knows the
#: password, may be kept out meanwhile; an hour of that is the lesser evil.
_AT_AN_ACCOUNT: Final = (Limit(100, timedelta(hours=1)),)
#: From one network at all accounts together: one newsroom behind one address logs in on the same morning.
_FROM_A_NETWORK: Final = (Limit(300, timedelta(hours=1)),)


def counted_guess(what: str, account: str, seen_from: str, now: datetime) -> Iterator[Counted]:
    """All that one try counts for; `what` keeps passwords and codes apart."""
    network = network_of(seen_from)
    yield from spans(f"{what} of {account} from {network}", _AT_HOME, now)
    yield from spans(f"{what} of {account}", _AT_AN_ACCOUNT, now)
    yield from spans(f"{what} from {network}", _FROM_A_NETWORK, now)


def counted_wrong_link(seen_from: str, now: datetime) -> Counted:
    """What an entry link that is none counts for.

    It names no account, so it is one more wrong try of its network, beside all wrong passwords from there.
    """
    (found,) = spans(f"password from {network_of(seen_from)}", _FROM_A_NETWORK, now)
    return found


def seconds_to_wait(now: datetime) -> int:
    """How long until a refused try is of use again, at most: the end of the shortest span."""
    span = min(limit.span for limit in _AT_HOME)
    over = now.timestamp() % span.total_seconds()
    return math.ceil(span.total_seconds() - over)
