"""What `digest doctor` looks at, made of the settings; what cannot be made of them is a finding as well."""

from __future__ import annotations

import asyncio
import os
import stat
import sys
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, date, datetime
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

from msgspec.structs import replace
from sqlalchemy.engine import URL, make_url

from digest import tracing, wiring
from digest.cli.company import engine_of, has_engine
from digest.config import SentBy, Settings
from digest.core.doctor_findings import Finding
from digest.core.doctor_records import KeyWanted
from digest.core.doctor_settings import PlainServer, SettingsSeen
from digest.core.pace import Limits
from digest.core.warmup import WarmingUp
from digest.errors import SettingsError
from digest.flows.checkup import Parts, checkup
from digest.flows.looking import Look
from digest.logbook import Hiding
from digest.mail.dkim import DkimKey
from digest.mail.listen_at import ListenAt
from digest.mail.mailbox.address import MailboxAddress
from digest.mail.servers import Carrier, FileOutbox, Security, Server, parse_servers
from digest.reach.records import Records
from digest.settings_file import DEFAULT_FILE, key_file, secret_keys, unread_variables
from digest.store.database import Database

T = TypeVar("T")


class _Read:
    """What the settings give; what is refused is noted down, and goes on without."""

    def __init__(self, settings: Settings) -> None:
        """Build each part once."""
        self.refused: list[str] = []
        nowhere: tuple[Server | Carrier, ...] | FileOutbox = ()
        target = self._tried(lambda: parse_servers(settings.smtp_url.get_secret_value()), nowhere)
        self.outbox = target.folder if isinstance(target, FileOutbox) else None
        every = () if isinstance(target, FileOutbox) else target
        self.servers = tuple(one for one in every if isinstance(one, Server))
        self.carriers = tuple(str(one) for one in every if isinstance(one, Carrier))
        self.keys: tuple[bytes, ...] = self._tried(lambda: secret_keys(settings, made_when_missing=False), ())
        told = len(self.refused)
        self.dkim: tuple[DkimKey, ...] = self._tried(lambda: wiring.dkim_keys_of(settings), ())
        #: why there are none, though some are set
        self.no_dkim = "".join(self.refused[told:])
        self.limits: Limits | None = self._tried(lambda: wiring.limits_of(settings), None)
        self.warm_up: WarmingUp | None = self._tried(lambda: wiring.warm_up_of(settings), None)
        self.has_alerts = self._tried(lambda: bool(wiring.alerts_to_of(settings)), otherwise=False)
        mailbox: MailboxAddress | None = self._tried(lambda: wiring.mailbox_of(settings), None)
        listen: ListenAt | None = self._tried(lambda: wiring.listen_of(settings), None)
        self._tried(lambda: wiring.replies_to_of(settings), "")
        self._tried(lambda: tracing.require() if settings.traces_to else None, None)
        self.listens = listen is not None
        self.has_returns = bool(mailbox or listen or settings.hook_secrets.get_secret_value())

    def _tried(self, make: Callable[[], T], otherwise: T) -> T:
        try:
            return make()
        except (SettingsError, ValueError) as error:
            self.refused.append(str(error))
            return otherwise


def parts_for(
    settings: Settings,
    config: Path | None,
    resolver: tuple[str, int] | None,
    leaves_from: tuple[str, ...],
    today: date,
) -> Parts:
    """Everything that is looked at, by these settings."""
    read = _Read(settings)
    url = make_url(settings.database_url)
    is_sqlite = url.get_backend_name() == "sqlite"
    folders = [settings.var_dir, read.outbox, settings.ingest_dir, settings.leavings_dir]
    engine = None if is_sqlite else has_engine()
    return Parts(
        settings=_settings_seen(settings, config, read, today),
        store_url=url,
        opened=lambda: wiring.opened(settings.database_url),
        servers=read.servers,
        outbox=read.outbox,
        carriers=read.carriers,
        keys=tuple(KeyWanted(key.selector, key.record) for key in read.dkim),
        no_keys=read.no_dkim,
        records=partial(Records, resolver),
        leaves_from=leaves_from,
        folders=tuple(dict.fromkeys(one for one in folders if one is not None)),
        private=tuple(_private(settings, url, read.outbox)),
        path=tuple(one for one in sys.path if one),
        zone=settings.timezone,
        now=lambda: datetime.now(UTC),
        workers_alone=settings.sent_by is SentBy.WORKERS,
        has_engine=engine,
        engine_is_set_up=_engine_is_set_up if engine else None,
    )


def look_by(settings: Settings, config: Path | None) -> Look:
    """A look at everything that a process takes again and again, for people who do not have its secrets."""
    hiding = Hiding(wiring.secrets_in(settings))

    async def look() -> tuple[Finding, ...]:
        # keys are read from files, and the shelves of Python's packages looked through
        parts = await asyncio.to_thread(parts_for, settings, config, None, (), datetime.now(UTC).date())
        # a server may repeat what it was told when we logged in
        return tuple(
            replace(one, line=hiding.of_ours(one.line), mend=hiding.of_ours(one.mend))
            for one in await checkup(parts)
        )

    return look


def _engine_is_set_up(store: Database) -> Awaitable[bool]:
    return engine_of(store).is_set_up()


def _settings_seen(settings: Settings, config: Path | None, read: _Read, today: date) -> SettingsSeen:
    refused = list(read.refused)
    if settings.sent_by is SentBy.WORKERS and settings.database_url.startswith("sqlite"):
        refused.append("DIGEST_SENT_BY=workers needs PostgreSQL, and DIGEST_DATABASE_URL names a SQLite file")
    if settings.ingest_dir is not None and not settings.ingest_dir.is_dir():
        refused.append(f"DIGEST_INGEST_DIR names {str(settings.ingest_dir)!r}, which is no folder")
    if read.listens and find_spec("aiosmtpd") is None:
        refused.append("DIGEST_RETURNS_LISTEN needs: pip install 'newsroom-digest[listen]' (aiosmtpd)")
    return SettingsSeen(
        base_url=settings.base_url,
        sends=bool(read.servers or read.carriers),
        today=today,
        refused=tuple(refused),
        unread=unread_variables(os.environ),
        shortest_key=min(map(len, read.keys), default=None),
        readable=tuple(str(path) for path in _secret_files(settings, config) if _is_open(path)),
        dkim_keys=len(read.dkim),
        plain_logins=tuple(
            PlainServer(str(server), server.host)
            for server in read.servers
            if server.username and server.security is Security.PLAIN
        ),
        limits=read.limits,
        warm_up=read.warm_up,
        has_alerts=read.has_alerts,
        has_returns=read.has_returns,
    )


def _private(settings: Settings, url: URL, outbox: Path | None) -> Iterator[Path]:
    """Where addresses of readers and what only they should have lie; most of it within the first one."""
    yield settings.var_dir
    if outbox is not None:
        yield outbox
    if url.get_backend_name() == "sqlite" and url.database and url.database != ":memory:":
        yield Path(url.database)


def _secret_files(settings: Settings, config: Path | None) -> Iterator[Path]:
    """Files in which a secret stands, as far as they exist."""
    kept_in = key_file(settings)
    if kept_in is not None:
        yield kept_in
    yield from (
        Path(entry.partition(":")[2])
        for entry in map(str.strip, settings.dkim_keys.split(","))
        if ":" in entry
    )
    file = config or DEFAULT_FILE
    if _tells_a_secret(file):
        yield file


def _tells_a_secret(file: Path) -> bool:
    """Whether a file of settings sets one of those in which secrets stand."""
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError):
        return False
    named = (line.partition("=") for line in text.splitlines())
    return any(
        name.strip() in {"secret_key", "hook_secrets", "returns_mailbox", "metrics_token"}
        or (name.strip() in {"smtp_url", "database_url"} and "@" in value)
        for name, _, value in named
    )


def _is_open(path: Path) -> bool:
    """Whether every user of the machine may read a file."""
    try:
        return bool(path.stat().st_mode & stat.S_IROTH)
    except OSError:
        return False
