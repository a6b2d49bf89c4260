"""The setting that says where we listen for mail servers, and what a listener asks of others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final
from urllib.parse import urlsplit

from msgspec import Struct

_SCHEMES: Final = frozenset({"lmtp", "smtp"})


class ListenAt(Struct, frozen=True):
    """Where to listen, and in which language."""

    lmtp: bool
    host: str = ""
    port: int = 0
    #: of a socket in the file system, instead of host and port
    path: str = ""

    def __str__(self) -> str:
        """The place, for people."""
        return self.path or f"{self.host}:{self.port}"


#: Takes in (mail, envelope recipient, envelope sender), durable when it returns; raises StoreError.
TakeIn = Callable[[bytes, str, str], Awaitable[None]]
IsOurs = Callable[[str], Awaitable[bool]]


def parse_listen(text: str) -> ListenAt:
    """Read `lmtp://127.0.0.1:8024`, `smtp://…` or `lmtp+unix:/path`; raises ValueError."""
    if text.startswith("lmtp+unix:/"):
        return ListenAt(lmtp=True, path=text.removeprefix("lmtp+unix:"))
    try:
        url = urlsplit(text)
        host, port = url.hostname, url.port
    except ValueError:
        host, port = None, None
    if not host or not port or url.scheme not in _SCHEMES or url.path.strip("/") or url.username:
        raise ValueError("should be lmtp://HOST:PORT, smtp://HOST:PORT or lmtp+unix:/PATH")
    return ListenAt(url.scheme == "lmtp", host, port)
