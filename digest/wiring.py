"""The only place that builds engines, pools and clients: settings in, ready parts out."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from digest import __version__, logbook, tracing
from digest.config import LogLevel, Settings
from digest.core.families import family_of
from digest.core.overdue import Graces
from digest.core.pace import Limit, Limits
from digest.core.retention import Keep
from digest.core.warmup import WarmingUp, WarmUp
from digest.core.webhooks import AT_ONCE, MOST_WEBHOOKS
from digest.errors import InputError, SettingsError
from digest.ingest.folder import Folder
from digest.mail.dkim import DkimKey, load_key
from digest.mail.listen_at import ListenAt, parse_listen
from digest.mail.mailbox.address import MailboxAddress, parse_mailbox
from digest.mail.post import Post
from digest.mail.servers import Carrier, FileOutbox, Security, Server, parse_servers
from digest.reach.client import Reach
from digest.reach.places import networks_of
from digest.store import schema
from digest.store.database import Database
from digest.wellmade import check_store, split_family_limits, split_tokens
from subscribers.wishes import WishError, parse_address


@asynccontextmanager
async def open_store(settings: Settings, *, must_be_current: bool = True) -> AsyncIterator[Database]:
    """The store, checked to be set up unless the caller is about to do that."""
    async with opened(settings.database_url) as store:
        if must_be_current:
            await schema.require_current(store)
        yield store


@asynccontextmanager
async def opened(url: str) -> AsyncIterator[Database]:
    """A store by its URL, whatever state it is in."""
    store = Database(url)
    try:
        yield store
    finally:
        await store.close()


def store_named(word: str, settings: Settings, variables: Mapping[str, str]) -> str:
    """The URL of a store that a command names: a URL, `env:NAME`, or `settings` for theirs.

    What is typed on a command line can be seen by others on the machine, and a password may stand in a URL.
    Raises InputError, which repeats nothing of a URL.
    """
    if word == "settings":
        return settings.database_url
    variable = word.removeprefix("env:")
    if variable != word and variable not in variables:
        raise InputError(f"the variable {variable!r} is not set: let it hold the URL of a store")
    name = f"the variable {variable!r}" if variable != word else "a store"
    try:
        return check_store(word if variable == word else variables[variable])
    except ValueError as error:
        raise InputError(f"{name} {error}") from None


async def post_for(settings: Settings) -> Post:
    """The post; raises at once what is known without a word to a server.

    TransportError for an outbox that cannot be written to, PluginError for a transport that cannot be used,
    SettingsError for an address that it does not take.
    """
    target = parse_servers(settings.smtp_url.get_secret_value())
    post = Post(target)
    if isinstance(target, FileOutbox):
        await post.lane().open()
    elif any(isinstance(one, Carrier) for one in target):
        post.lane()
    return post


def event_loop_for(
    settings: Settings, *, sends: bool = True, serves: bool = False
) -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop's loop where it is installed and pays, else None for asyncio's own.

    It halves our own work for a message on a plain connection, and takes some off a page; under TLS it does
    more than asyncio.
    """
    target = parse_servers(settings.smtp_url.get_secret_value())
    if isinstance(target, FileOutbox) or not sends:
        pays = serves
    else:
        pays = all(isinstance(one, Server) and one.security is Security.PLAIN for one in target)
    if not pays:
        return None
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


def limits_of(settings: Settings) -> Limits:
    """How fast we may send at most: the server's connections, and for families no less unless told."""
    connections = settings.smtp_connections
    family = Limit(settings.family_connections or connections, settings.family_rate)
    named = {
        family_of(domain): Limit(most, family.rate if rate is None else rate)
        for domain, (most, rate) in split_family_limits(settings.family_limits).items()
    }
    return Limits(Limit(connections, settings.smtp_rate), family, named)


def metrics_tokens_of(settings: Settings) -> tuple[str, ...]:
    """What opens `/metrics`."""
    return split_tokens(settings.metrics_token.get_secret_value())


def warm_up_of(settings: Settings) -> WarmingUp | None:
    """The plan of daily ceilings of a new sender; None without one."""
    if settings.warm_up_since is None:
        return None
    plan = WarmUp(settings.warm_up_first, settings.warm_up_growth, settings.warm_up_goal)
    return WarmingUp(plan, settings.warm_up_since)


def leavings_folder_of(settings: Settings) -> Path:
    """Where the record of leavings lies."""
    return settings.leavings_dir or settings.var_dir / "leavings"


def keep_of(settings: Settings) -> Keep:
    """How long rows are kept."""
    return Keep.of_days(
        copies=settings.keep_copies_days,
        returns=settings.keep_returns_days,
        notices=settings.keep_notices_days,
        changes=settings.keep_changes_days,
    )


def dkim_keys_of(settings: Settings) -> tuple[DkimKey, ...]:
    """The keys that sign each mail, read from their files; raises SettingsError for a wrong one."""
    keys = []
    for entry in filter(None, map(str.strip, settings.dkim_keys.split(","))):
        selector, colon, path = entry.partition(":")
        if not colon or not path:
            raise SettingsError(f"DIGEST_DKIM_KEYS names {entry!r}: say SELECTOR:FILE, such as s1:dkim.pem")
        keys.append(load_key(Path(path), selector))
    return tuple(keys)


def ingest_folder_of(settings: Settings, store: Database) -> Folder | None:
    """The watched folder; raises SettingsError for what is none, or holds what is our own.

    One that is not there may come again, as a disk that is away does: no mail waits for that.
    """
    path = settings.ingest_dir
    if path is None:
        return None
    if path.exists() and not path.is_dir():
        raise SettingsError(f"DIGEST_INGEST_DIR names {str(path)!r}, which is no folder: name another one")
    # all that lies there is read and moved away: our settings, keys and rows would be as well
    ours = [Path(), settings.var_dir]
    if store.is_sqlite and store.url.database:
        ours.append(Path(store.url.database).parent)
    if path.resolve() in {one.resolve() for one in ours}:
        raise SettingsError(
            f"DIGEST_INGEST_DIR names {str(path)!r}, where this program has its files: name another folder"
        )
    return Folder(path)


@asynccontextmanager
async def reach_of(settings: Settings) -> AsyncIterator[Reach]:
    """The guarded way out to feeds and receivers; one for a process."""
    agent = f"newsroom-digest/{__version__} (+{settings.base_url})"
    reach = Reach(agent=agent, own=networks_of(settings.reach_private))
    try:
        yield reach
    finally:
        await reach.close()


def reach_to_webhooks(settings: Settings) -> Reach:
    """The guarded way out to receivers of events: each has connections of its own, and waits for no other."""
    most = MOST_WEBHOOKS * AT_ONCE
    agent = f"newsroom-digest/{__version__} (+{settings.base_url})"
    return Reach(agent=agent, own=networks_of(settings.reach_private), connections=most, per_host=most)


def reach_to_pictures(settings: Settings) -> Reach:
    """The guarded way out to pictures of items: of one newsroom, most lie on one host."""
    agent = f"newsroom-digest/{__version__} (+{settings.base_url})"
    return Reach(agent=agent, own=networks_of(settings.reach_private), connections=8, per_host=4)


def reach_to_heartbeat(settings: Settings) -> Reach:
    """The guarded way out to who listens whether we live."""
    agent = f"newsroom-digest/{__version__} (+{settings.base_url})"
    return Reach(agent=agent, own=networks_of(settings.reach_private), connections=1, per_host=1)


def graces_of(settings: Settings) -> Graces:
    """How late is too late."""
    return Graces.of_minutes(settings.alarm_after_minutes, settings.stalled_after_minutes)


def alerts_to_of(settings: Settings) -> tuple[str, ...]:
    """Who is told of what an admin should look at; raises SettingsError for what is no address."""
    try:
        return tuple(
            parse_address(one) for one in filter(None, map(str.strip, settings.alerts_to.split(",")))
        )
    except WishError as error:
        raise SettingsError(f"DIGEST_ALERTS_TO: {error}") from None


def mailbox_of(settings: Settings) -> MailboxAddress | None:
    """The mailbox of returned mail, if there is one; raises SettingsError."""
    text = settings.returns_mailbox.get_secret_value().strip()
    try:
        return parse_mailbox(text) if text else None
    except ValueError as error:
        raise SettingsError(f"DIGEST_RETURNS_MAILBOX {error}") from None


def listen_of(settings: Settings) -> ListenAt | None:
    """Where to listen for returned mail, if anywhere; raises SettingsError."""
    text = settings.returns_listen.strip()
    try:
        return parse_listen(text) if text else None
    except ValueError as error:
        raise SettingsError(f"DIGEST_RETURNS_LISTEN is {text!r}, but {error}") from None


def replies_to_of(settings: Settings) -> str:
    """Who gets what readers write, or nothing; raises SettingsError for what is not one address."""
    text = settings.replies_to.strip()
    if "," in text:
        raise SettingsError("DIGEST_REPLIES_TO: one address is wanted, such as desk@newsroom.example")
    try:
        return parse_address(text) if text else ""
    except WishError as error:
        raise SettingsError(f"DIGEST_REPLIES_TO: {error}") from None


def set_up_telemetry(settings: Settings, *, beside_a_bar: bool = False) -> None:
    """Log lines go to standard error, for standard output belongs to answers; spans to a collector, if named.

    Who watches a bar grow is told what is wrong alone, unless a level is set.
    """
    is_quiet = beside_a_bar and "log_level" not in settings.model_fields_set
    level = LogLevel.WARNING if is_quiet else settings.log_level
    logbook.set_up(level=level, written_as=settings.log_format, secrets=secrets_in(settings))
    if settings.traces_to and not tracing.is_told():
        tracing.begin(settings.traces_to, __version__)


def hush_logging(settings: Settings) -> None:
    """The same for a command that tells by itself what it does: it logs what is wrong, unless all is wanted.

    Who has set up the log already keeps it.
    """
    if not logbook.is_set_up():
        level = settings.log_level if settings.log_level is LogLevel.DEBUG else LogLevel.ERROR
        logbook.set_up(level=level, written_as=settings.log_format, secrets=secrets_in(settings))


def secrets_in(settings: Settings) -> Iterator[str]:
    """What stands in settings and in no line of the log: keys, passwords, in each way they are written."""
    beat = settings.heartbeat_url.get_secret_value()
    # the whole address is the secret
    yield from (beat, beat.partition("://")[2].partition("/")[2])
    secret = [value.get_secret_value() for _name, value in settings if isinstance(value, SecretStr)]
    for text in filter(None, (settings.database_url, *secret)):
        # a comma within a password is written %2C
        for part in map(str.strip, text.split(",")):
            if part.startswith("file:"):
                continue
            if "://" in part:
                with suppress(ValueError):
                    password = urlsplit(part).password or ""
                    yield from (password, unquote(password))
            else:
                # alone, or behind the name of whom it is from
                yield from (part, part.partition(":")[2])
