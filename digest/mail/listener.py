"""Listens for mail servers that hand over what comes back, by LMTP (RFC 2033) or SMTP.

Only mail to addresses of ours is taken, and it is acknowledged once it is durable: until then the server that
brings it keeps it, and comes again. Whatever goes wrong here is said to pass: a refusal would lose the mail.
"""

from __future__ import annotations

import asyncio
import socket
import stat
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

import structlog

from digest.errors import SettingsError
from digest.mail.listen_at import IsOurs, ListenAt, TakeIn

log = structlog.get_logger(__name__)

#: Seconds for mails that are being recorded when we stop; who is not answered comes again.
_LAST_SECONDS: Final = 5.0


@asynccontextmanager
async def listening(
    at: ListenAt, *, is_ours: IsOurs, take_in: TakeIn, **bounds: Any
) -> AsyncIterator[asyncio.Server]:
    """Listen while the block runs, within other `bounds` than a `Door`'s own if they are given.

    Raises SettingsError when that cannot be.
    """
    try:
        from digest.mail.listener_talk import Door
    except ImportError:
        raise SettingsError(
            "DIGEST_RETURNS_LISTEN needs: pip install 'newsroom-digest[listen]' (aiosmtpd)"
        ) from None
    door = Door(lmtp=at.lmtp, is_ours=is_ours, take_in=take_in, **bounds)
    try:
        server = await _opened(at, door.talk)
    except OSError as error:
        raise SettingsError(
            f"DIGEST_RETURNS_LISTEN: nothing can listen at {at} ({error.strerror or error})"
        ) from None
    log.info("returned mail is taken in", at=str(at))
    try:
        yield server
    finally:
        server.close()
        await door.shut(within=_LAST_SECONDS)
        if at.path:
            await asyncio.to_thread(Path(at.path).unlink, missing_ok=True)


async def _opened(at: ListenAt, talk: Callable[[], asyncio.Protocol]) -> asyncio.Server:
    loop = asyncio.get_running_loop()
    if not at.path:
        return await loop.create_server(talk, at.host, at.port, family=socket.AF_UNSPEC)
    path = Path(at.path)
    await asyncio.to_thread(_make_way, path)
    server = await loop.create_unix_server(talk, at.path)
    # a mail server runs as a user of its own; the folder says who gets here
    await asyncio.to_thread(path.chmod, 0o666)
    return server


def _make_way(path: Path) -> None:
    """Take away the socket of a process that ended without doing so, and nothing else."""
    with suppress(FileNotFoundError):
        if not stat.S_ISSOCK(path.stat().st_mode):
            raise FileExistsError(0, "there is a file that is no socket")
        with socket.socket(socket.AF_UNIX) as tried:
            tried.settimeout(5)
            if tried.connect_ex(str(path)) == 0:
                raise FileExistsError(0, "another process listens there")
        path.unlink()
