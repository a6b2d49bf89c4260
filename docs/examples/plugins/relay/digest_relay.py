"""A transport: each finished mail is one POST to a relay, which answers what became of it."""

from __future__ import annotations

import asyncio
import http.client
from contextlib import suppress
from urllib.parse import SplitResult, quote, unquote, urlsplit

from digest.plugins import Fate, Handed, Message

#: Seconds for connecting and for an answer.
PATIENCE = 30.0


class Relay:
    """The plugin: it makes connections, and keeps nothing else."""

    api = 1

    def connect(self, url: str) -> RelayConnection:
        """A connection to the relay of this address; what is wrong with it is said without repeating it."""
        place = urlsplit(url)
        if not place.hostname:
            raise ValueError("the address names no host: say relay+http://KEY@HOST:PORT/PATH")
        return RelayConnection(place)


class RelayConnection:
    """One connection, which is kept from mail to mail."""

    def __init__(self, place: SplitResult) -> None:
        """Read the address; nothing is opened yet."""
        assert place.hostname
        self._host, self._port = place.hostname, place.port or 80
        self._path = place.path or "/"
        self._key = unquote(place.username or "")
        self._http: http.client.HTTPConnection | None = None

    async def open(self) -> None:
        """Connect; an OSError says to people why that is not possible."""
        self._http = http.client.HTTPConnection(self._host, self._port, timeout=PATIENCE)
        await asyncio.to_thread(self._http.connect)

    async def send(self, message: Message) -> Handed:
        """Post one mail, and say what became of it."""
        return await asyncio.to_thread(self._post, message)

    async def close(self) -> None:
        """Take leave."""
        if self._http is not None:
            self._http.close()

    def _post(self, message: Message) -> Handed:
        assert self._http is not None
        headers = {
            "Authorization": f"Bearer {self._key}",
            "Content-Type": "message/rfc822",
            # a relay that has had this mail says so, and does not send it twice
            "Idempotency-Key": message.message_id,
            "X-Envelope-From": quote(message.sender, safe="@+"),
            "X-Envelope-To": quote(message.recipient, safe="@+"),
        }
        # whatever is raised from here on counts as "nobody knows": it may have arrived
        self._http.request("POST", self._path, message.content, headers)
        answer = self._http.getresponse()
        words = answer.read(2000).decode("utf-8", "replace")
        return handed(answer.status, words)


def handed(status: int, words: str) -> Handed:
    """What an answer of the relay means."""
    if 200 <= status < 300:
        return Handed(Fate.TAKEN, words)
    if status in (401, 403):
        # that is about us, and about none of the readers
        return Handed(Fate.NOT_TRIED, words)
    if status in (410, 422):
        code, enhanced = 550, ""
        with suppress(ValueError):
            # such as: 550 5.1.1 no such mailbox
            told, enhanced, words = words.split(" ", 2)
            code = int(told)
        return Handed(Fate.REFUSED, words, code, enhanced)
    return Handed(Fate.LATER, words)
