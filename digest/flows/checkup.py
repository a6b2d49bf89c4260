"""A look at everything that mails depend on: side by side, within half a minute, changing nothing.

the store from outside -> what stands in it -> settings, clocks, work, DNS of its newsletters' senders
mail servers, folders, packages                meanwhile
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from msgspec import Struct
from msgspec.structs import replace
from sqlalchemy.engine import URL

from digest import __version__
from digest.core.doctor_findings import Finding, Found, Group, Level
from digest.core.doctor_house import (
    ClockSeen,
    LateSlot,
    MachineSeen,
    WorkSeen,
    judge_clock,
    judge_folders,
    judge_packages,
    judge_plugins,
    judge_work,
)
from digest.core.doctor_records import KeyWanted
from digest.core.doctor_servers import judge_carrier, judge_server
from digest.core.doctor_settings import SettingsSeen, judge_settings
from digest.core.doctor_store import judge_store
from digest.flows.checkup_house import (
    closed_folders,
    name_clashes,
    open_places,
    plugins_seen,
    unknown_zones,
    zones_version,
)
from digest.flows.checkup_names import Named, look_up
from digest.flows.checkup_store import Inside, Looked, look_into
from digest.mail.called_on import call_on
from digest.mail.servers import Server
from digest.reach.records import Records, found_by_machine
from digest.store.database import Database

#: Seconds for one group; the store comes before some of them.
_SECONDS: Final = 12.0
_FOR_A_NAME: Final = 5.0
#: Groups that have to know what stands in the store.
_NEED_THE_STORE: Final = frozenset({Group.SETTINGS, Group.STORE, Group.DNS, Group.CLOCK, Group.WORK})

Look = Coroutine[object, object, tuple[Finding, ...]]


class Parts(Struct, frozen=True):
    """What is looked at, in plain values, and how to get to it."""

    settings: SettingsSeen
    store_url: URL
    opened: Callable[[], AbstractAsyncContextManager[Database]]
    #: where mail goes: servers, or a folder
    servers: tuple[Server, ...]
    outbox: Path | None
    keys: tuple[KeyWanted, ...]
    #: why they could not be read; empty where they could
    no_keys: str
    #: gives who is asked for names; raises ValueError when there is nobody
    records: Callable[[], Records]
    #: addresses from which mail leaves; those of the servers when there are none
    leaves_from: tuple[str, ...]
    folders: tuple[Path, ...]
    #: folders and files in which addresses of readers or secrets lie
    private: tuple[Path, ...]
    path: tuple[str, ...]
    #: the newsroom's own
    zone: str
    now: Callable[[], datetime]
    workers_alone: bool = False
    #: the packages for workers are there; None where there can be none
    has_engine: bool | None = None
    engine_is_set_up: Callable[[Database], Awaitable[bool]] | None = None
    #: where transports of plugins take mail, fit to be told
    carriers: tuple[str, ...] = ()
    seconds: float = _SECONDS


async def checkup(parts: Parts, only: Collection[Group] = ()) -> tuple[Finding, ...]:
    """Everything that was found, by groups in their order; `only` some groups, or all."""
    wanted = frozenset(only or Group)
    servers = asyncio.ensure_future(_found_servers(parts))
    store = asyncio.ensure_future(_into_store(parts)) if wanted & _NEED_THE_STORE else None
    looks: dict[Group, Look] = {
        Group.SMTP: _servers(parts, servers),
        Group.FILES: _files(parts),
        Group.PACKAGES: _packages(parts),
    }
    if store is not None:
        looks |= {
            Group.SETTINGS: _settings(parts, store),
            Group.STORE: _store(store),
            Group.DNS: _names(parts, store, servers, asked=Group.DNS in only),
            Group.CLOCK: _clock(parts, store),
            Group.WORK: _work(parts, store),
        }
    for group in looks.keys() - wanted - ({Group.STORE} if store is not None else set()):
        looks.pop(group).close()
    found = await asyncio.gather(*(_within(group, look, 2 * parts.seconds) for group, look in looks.items()))
    await _ended(servers, store)
    by_group = dict(zip(looks, found, strict=True))
    if Group.STORE not in wanted:
        # what was asked for may rest on a store that cannot be looked into
        by_group[Group.STORE] = tuple(
            one for one in by_group.get(Group.STORE, ()) if one.level is Level.ERROR
        )
    return tuple(one for group in Group for one in by_group.get(group, ()))


async def _within(group: Group, look: Look, seconds: float) -> tuple[Finding, ...]:
    """A look that ends in time, and whose own faults are a finding as well."""
    try:
        return await asyncio.wait_for(look, seconds)
    except TimeoutError:
        line = f"the look at {group} came to no end within {seconds:g} s"
        mend = f"say digest doctor --only {group}; something there takes very long to answer"
        return (Finding(Found.LOOK_CUT_SHORT, Level.WARNING, line, mend, group),)
    except Exception as error:
        line = f"the look at {group} broke off: {type(error).__name__}: {error}"
        return (Finding(Found.LOOK_BROKE, Level.WARNING, line, "report it, with this line", group),)


async def _ended(*tasks: asyncio.Future[Any] | None) -> None:
    """Nothing is left behind, whoever waited for it."""
    left = [task for task in tasks if task is not None]
    for task in left:
        task.cancel()
    await asyncio.gather(*left, return_exceptions=True)


# --- what needs no store ------------------------------------------------------------------------------------


Addresses = dict[str, tuple[str, ...]]


async def _found_servers(parts: Parts) -> Addresses:
    """The addresses of the mail servers, by host."""
    hosts = list(dict.fromkeys(server.host for server in parts.servers))
    found = await asyncio.gather(*(found_by_machine(host, _FOR_A_NAME) for host in hosts))
    return dict(zip(hosts, found, strict=True))


async def try_servers(
    servers: Sequence[Server], now: datetime, seconds: float = _SECONDS
) -> tuple[Finding, ...]:
    """Call on mail servers as the doctor does, up to the login; nothing is sent."""
    known = await asyncio.gather(*(found_by_machine(server.host, _FOR_A_NAME) for server in servers))
    calls = [_called(one, at, seconds, now) for one, at in zip(servers, known, strict=True)]
    return tuple(one for found in await asyncio.gather(*calls) for one in found)


async def _servers(parts: Parts, addresses: asyncio.Future[Addresses]) -> tuple[Finding, ...]:
    if parts.outbox is not None:
        line = f"mails are written into the folder {parts.outbox}, and none leaves"
        mend = "name a mail server in DIGEST_SMTP_URL when readers are to get them"
        return (Finding(Found.SMTP_FOLDER, Level.ADVICE, line, mend),)
    known = await asyncio.shield(addresses)
    calls = [_called(one, known[one.host], parts.seconds, parts.now()) for one in parts.servers]
    found = tuple(one for found in await asyncio.gather(*calls) for one in found)
    return (*found, *map(judge_carrier, parts.carriers))


async def _called(
    server: Server, addresses: tuple[str, ...], seconds: float, now: datetime
) -> tuple[Finding, ...]:
    try:
        seen = await asyncio.wait_for(call_on(server, addresses), seconds)
    except TimeoutError:
        line = f"{server} answers so slowly that the call was given up"
        return (Finding(Found.SMTP_UNREACHABLE, Level.ERROR, line, "ask who runs the server"),)
    return judge_server(seen, now)


async def _files(parts: Parts) -> tuple[Finding, ...]:
    closed = await asyncio.to_thread(closed_folders, parts.folders)
    open_ = await asyncio.to_thread(open_places, parts.private)
    return judge_folders(closed, len(parts.folders), open_)


async def _packages(parts: Parts) -> tuple[Finding, ...]:
    clashes = judge_packages(await asyncio.to_thread(name_clashes, parts.path))
    return (*clashes, *judge_plugins(await asyncio.to_thread(plugins_seen)))


# --- what needs it ------------------------------------------------------------------------------------------


async def _into_store(parts: Parts) -> Looked:
    look = look_into(
        parts.store_url, parts.opened, now=parts.now, seconds=parts.seconds, is_set_up=parts.engine_is_set_up
    )
    found = await look
    seen = replace(found.seen, has_engine=parts.has_engine, workers_alone=parts.workers_alone)
    return Looked(seen, found.inside)


async def _store(store: asyncio.Future[Looked]) -> tuple[Finding, ...]:
    return judge_store((await asyncio.shield(store)).seen)


async def _inside(store: asyncio.Future[Looked]) -> Inside:
    """What stands in the store; as if it were empty where it cannot be looked into."""
    return (await asyncio.shield(store)).inside or Inside()


async def _settings(parts: Parts, store: asyncio.Future[Looked]) -> tuple[Finding, ...]:
    return judge_settings(replace(parts.settings, senders=(await _inside(store)).senders))


async def _clock(parts: Parts, store: asyncio.Future[Looked]) -> tuple[Finding, ...]:
    inside = await _inside(store)
    named = {zone: f"{count} of the times that readers chose" for zone, count in inside.zones.items()}
    unknown = await asyncio.to_thread(unknown_zones, {parts.zone: "the editions of the archive"} | named)
    now, of_store = inside.clocks or (parts.now(), None)
    return judge_clock(ClockSeen(now, of_store, zones_version(), unknown))


async def _work(parts: Parts, store: asyncio.Future[Looked]) -> tuple[Finding, ...]:
    inside = await _inside(store)
    if inside.overview is None:
        return ()
    return judge_work(
        WorkSeen(
            parts.now(),
            __version__,
            machines=tuple(
                MachineSeen(one.name, one.kind != "scheduler", one.is_late, one.silent_seconds, one.version)
                for one in inside.overview.machines
            ),
            due=tuple(LateSlot(one.newsletter, one.cadence, one.due_at) for one in inside.overview.due),
            uncertain=inside.overview.uncertain,
            workers_alone=parts.workers_alone,
        )
    )


async def _names(
    parts: Parts, store: asyncio.Future[Looked], servers: asyncio.Future[Addresses], *, asked: bool
) -> tuple[Finding, ...]:
    if not (parts.servers or parts.carriers) and not asked:
        # nothing leaves, and the names may well be made up
        return ()
    inside = await _inside(store)
    known = await asyncio.shield(servers)
    return await look_up(
        Named(
            domains=tuple(dict.fromkeys(sender.domain for sender in inside.senders)),
            keys=parts.keys,
            no_keys=parts.no_keys,
            leaves_from=parts.leaves_from,
            servers=tuple(address for addresses in known.values() for address in addresses),
        ),
        parts.records,
    )
