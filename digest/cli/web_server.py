"""How a command answers requests: a socket that listens, and a server that leaves signals to us."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn
from starlette.types import ASGIApp

from digest.errors import InputError
from digest.web.hearing import Hearing


class _Server(uvicorn.Server):
    """A server that leaves signals to us: one SIGTERM stops the pages and the scheduler alike."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def listening(host: str, port: int, options: str = "--host or --port") -> socket.socket:
    """A socket that listens there; a name that stands for several addresses means the first.

    Raises InputError, which names the `options` by which another place is chosen.
    """
    try:
        if not host:
            raise OSError("no host is named")
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        # the library adds the address, which the line names already
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
        raise InputError(
            f"nothing can listen at host {host!r}, port {port} ({reason}): choose another {options}"
        ) from None


def address_of(heard: socket.socket) -> str:
    """Where it is heard."""
    host, port = heard.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def leads_elsewhere(base_url: str, heard: socket.socket) -> bool:
    """True when links of mails lead to another port of this machine than the one that is heard.

    Where they lead to another machine there is a proxy, or will be one.
    """
    where = urlsplit(base_url)
    port = where.port or {"http": 80, "https": 443}[where.scheme]
    is_here = where.hostname in {"127.0.0.1", "localhost", "::1"}
    found: int = heard.getsockname()[1]
    return is_here and port != found


async def serve_until(stop: asyncio.Event, app: ASGIApp, heard: socket.socket) -> None:
    """Answer requests until `stop`; should the server end by itself, everything does."""
    server = _Server(
        uvicorn.Config(
            app,
            http=Hearing,
            ws="none",
            lifespan="off",
            # it makes lines for people by itself, unless it is told nothing of lines
            log_config=None,
            access_log=False,
            # the application asks the proxies itself, for more than uvicorn does
            proxy_headers=False,
        )
    )
    # what is here now stays: the collector need not look through it while somebody waits for a page
    gc.collect()
    gc.freeze()
    serving = asyncio.create_task(server.serve([heard]))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving
