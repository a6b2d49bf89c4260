"""Calls that are repeated with the same word act once (draft-ietf-httpapi-idempotency-key-header-07).

The answer is kept in the transaction of the change: either both are there or neither, whatever happens to
the process in between. Who repeats a call gets the answer of the first one. A call that was refused changed
nothing and is not kept, so it may be mended and made again under the same word.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from enum import Enum, auto
from typing import Final

from fastapi import Request
from fastapi.responses import Response

from digest.store import calls
from digest.store.calls import Known
from digest.store.crossing import done_again
from digest.store.database import Database, checkpoint
from digest.store.joined import Joined
from digest.web.api.calls import Call
from digest.web.api.problems import RefusedError

#: A word that a program makes up, in quotation marks (RFC 9651, 3.3.3) or without. A short one is too easily
#: made up twice.
WORD_PATTERN: Final = '^"?[A-Za-z0-9_.:-]{8,200}"?$'

Handler = Callable[[Request], Awaitable[Response]]


class Repeatable(Enum):
    """How a call may be repeated."""

    #: it comes to the same how often it is made: the word is not looked at
    ANYWAY = auto()
    #: with a word of its own; change and answer are one transaction
    WHOLE = auto()
    #: the same, and the answer names a reader: it is forgotten when one is erased
    NAMES_READER = auto()
    #: the same, and the answer holds a secret: that the call was made is kept, the answer is not
    SECRET = auto()
    #: the change takes several transactions: a process that dies in between leaves a part of it done, and
    #: the call may be repeated after ten minutes, which does no harm
    IN_PARTS = auto()


class Once:
    """Sees to it that a call with a word acts once."""

    def __init__(self, store: Database) -> None:
        """Keep answers in this store."""
        self._store: Final = store
        #: in this process; another one waits for the transaction instead, and finds its answer
        self._under_way: Final[set[bytes]] = set()

    async def answer(
        self, request: Request, repeatable: Repeatable, word: str, call: Call, inner: Handler
    ) -> Response:
        """Carry the call out, or answer as before."""
        if not re.fullmatch(WORD_PATTERN, word):
            raise RefusedError(400, "Idempotency-Key is not one: take 8 to 200 letters, digits and hyphens")
        call_hash, asked_hash = await _hashes(request, word)
        with self._alone(call_hash):
            if repeatable is Repeatable.IN_PARTS:
                return await self._in_parts(request, call, inner, call_hash, asked_hash)
            return await self._whole(request, repeatable, call, inner, call_hash, asked_hash)

    @done_again
    async def _whole(
        self,
        request: Request,
        repeatable: Repeatable,
        call: Call,
        inner: Handler,
        call_hash: bytes,
        asked_hash: bytes,
    ) -> Response:
        names_reader = repeatable is Repeatable.NAMES_READER
        async with self._store.write() as connection:
            known = await calls.begin(connection, call_hash, asked_hash, call.now, names_reader=names_reader)
            if known is not None:
                return _again(known, asked_hash)
            joined = Joined(connection, self._store)
            request.state.call = call.within(joined)
            # what is refused is raised, and takes the whole transaction with it
            answer = await inner(request)
            kept = None if repeatable is Repeatable.SECRET else bytes(answer.body).decode()
            await calls.finish(
                connection, call_hash, answer.status_code, answer.headers.get("location"), kept
            )
        if joined.wants_folding:
            await checkpoint(self._store)
        return answer

    async def _in_parts(
        self, request: Request, call: Call, inner: Handler, call_hash: bytes, asked_hash: bytes
    ) -> Response:
        async with self._store.write() as connection:
            known = await calls.begin(connection, call_hash, asked_hash, call.now, names_reader=True)
        if known is not None:
            return _again(known, asked_hash)
        try:
            answer = await inner(request)
        except Exception:
            async with self._store.write() as connection:
                await calls.abandon(connection, call_hash)
            raise
        async with self._store.write() as connection:
            location, kept = answer.headers.get("location"), bytes(answer.body).decode()
            await calls.finish(connection, call_hash, answer.status_code, location, kept)
        return answer

    @contextmanager
    def _alone(self, call_hash: bytes) -> Iterator[None]:
        if call_hash in self._under_way:
            raise RefusedError(409, "this very call is under way: wait for its answer", {"Retry-After": "1"})
        self._under_way.add(call_hash)
        try:
            yield
        finally:
            self._under_way.discard(call_hash)


def _again(known: Known, asked_hash: bytes) -> Response:
    """What is answered to a call that was made before."""
    if known.asked_hash != asked_hash:
        raise RefusedError(422, "Idempotency-Key was used for another call: make up a new one for each")
    if known.status is None:
        raise RefusedError(409, "this very call is under way: wait for its answer", {"Retry-After": "10"})
    if known.answer is None:
        raise RefusedError(409, "this very call was carried out; its answer is not kept")
    headers = {"Idempotency-Replayed": "true"}
    if known.location is not None:
        headers["Location"] = known.location
    return Response(known.answer, known.status, headers, "application/json")


async def _hashes(request: Request, word: str) -> tuple[bytes, bytes]:
    """Of the word, and of all that is asked. The caller's key is part of both, so that nobody can try out
    whom a call was about.
    """
    who = hashlib.sha256(request.headers["authorization"].encode()).digest()
    asked = hashlib.sha256(who + b"asked\0")
    for part in (request.method, request.url.path, request.url.query):
        asked.update(part.encode() + b"\0")
    asked.update(await request.body())
    return hashlib.sha256(who + b"word\0" + word.strip('"').encode()).digest(), asked.digest()
