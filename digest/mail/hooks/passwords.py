"""Calls that bring a password instead of a signature: Postmark and SparkPost sign nothing.

It comes as basic authentication (RFC 7617, any user name), as a bearer token (RFC 6750) or in a header of its
own, whatever the provider lets its customers set.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Iterator, Sequence
from typing import Final

from digest.mail.hooks.called import Call, Refusal, RefusedError

HEADER: Final = "x-hook-secret"


def check_password(call: Call, secrets: Sequence[str]) -> None:
    """Refuse a call that brings none of the secrets."""
    brought = list(_brought(call))
    # all are compared, so that the time says nothing
    matches = [
        hmac.compare_digest(one.encode(), secret.encode("utf-8", "replace"))
        for one in brought
        for secret in secrets
    ]
    if not any(matches):
        raise RefusedError(Refusal.FORGED)


def _brought(call: Call) -> Iterator[str]:
    own = call.headers.get(HEADER, "")
    if own:
        yield own
    scheme, _, value = call.headers.get("authorization", "").strip().partition(" ")
    if scheme.lower() == "bearer" and value.strip():
        yield value.strip()
    if scheme.lower() == "basic":
        try:
            pair = base64.b64decode(value.strip(), validate=True).decode()
        except (binascii.Error, ValueError):
            return
        yield pair.partition(":")[2]
