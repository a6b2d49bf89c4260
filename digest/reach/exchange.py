"""One question and one answer over HTTP, at a number that was looked at before."""

from __future__ import annotations

import ssl
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import NamedTuple

import httpx2

from digest.reach.answers import KEPT_HEADERS, VALUE_LIMIT, Answer, Bounds, ReachError, Trouble
from digest.reach.places import Address, Place
from digest.reach.unpacking import ENCODINGS, TooLargeError, Unpacking


class Question(NamedTuple):
    """What is asked, whoever answers."""

    method: str
    headers: Mapping[str, str]
    body: bytes


async def ask(question: Question, place: Place, addresses: Sequence[Address], bounds: Bounds) -> Answer:
    """The answer of the first of these numbers that can be connected to; raises ReachError."""
    trouble = None
    for address in addresses:
        try:
            return await _ask_at(address, question, place, bounds)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            trouble = error
        except httpx2.TransportError as error:
            raise _broken(place, error) from None
    raise _broken(place, trouble) from None


async def _ask_at(address: Address, question: Question, place: Place, bounds: Bounds) -> Answer:
    request = httpx2.Request(
        question.method,
        place.at(address),
        headers={
            "Host": place.authority,
            "Accept-Encoding": "gzip, deflate",
            "Connection": "close",
            **question.headers,
        },
        content=question.body or None,
        extensions={
            "sni_hostname": place.host,
            "timeout": {
                "connect": bounds.connect_seconds,
                "read": bounds.seconds,
                "write": bounds.seconds,
            },
        },
    )
    async with httpx2.AsyncHTTPTransport(verify=_strict_tls(), trust_env=False) as transport:
        response = await transport.handle_async_request(request)
        try:
            content = await _body_of(response, place, bounds)
        finally:
            await response.aclose()
    kept = {
        name: value[:VALUE_LIMIT] for name, value in response.headers.items() if name.lower() in KEPT_HEADERS
    }
    return Answer(response.status_code, kept, content, place.url)


async def _body_of(response: httpx2.Response, place: Place, bounds: Bounds) -> bytes:
    """The body, unpacked; raises ReachError when there is too much of it, or it is not what it says."""
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding not in ENCODINGS:
        raise ReachError(
            Trouble.BROKEN, f"{place.url} is packed as {encoding[:40]!r}, which is not understood"
        )
    body = Unpacking(encoding, bounds)
    try:
        async for piece in response.aiter_raw():
            body.take(piece)
        return body.whole()
    except TooLargeError:
        raise ReachError(
            Trouble.TOO_LARGE,
            f"{place.url} is larger than {bounds.wire_bytes:,} bytes, or {bounds.body_bytes:,} unpacked",
        ) from None
    except zlib.error as error:
        raise ReachError(Trouble.BROKEN, f"{place.url} is not {encoding} as it says: {error}") from None


def _broken(place: Place, error: Exception | None) -> ReachError:
    if isinstance(error, httpx2.TimeoutException):
        return ReachError(Trouble.TOO_SLOW, f"{place.url} did not answer in time")
    said = " ".join(str(error or "").split())[:200]
    return ReachError(Trouble.BROKEN, f"{place.url} could not be reached" + (f": {said}" if said else ""))


@cache
def _strict_tls() -> ssl.SSLContext:
    # reading the system's roots takes its time
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context
