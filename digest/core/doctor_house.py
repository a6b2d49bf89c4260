"""Clocks and time zones, folders and packages, and who works: what a look at the rest of the house finds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Final

from msgspec import Struct

from digest.core.doctor_findings import Finding, Found, Level, or_fine

#: By so much may clocks differ: leases are minutes, and what is due is due to the minute.
_MUCH: Final = timedelta(seconds=5)
_TOO_MUCH: Final = timedelta(seconds=60)
#: Governments change their clocks at short notice, and a few times a year somebody does.
_ZONES_AGE: Final = timedelta(days=500)
#: A scheduler looks every half minute, and a planning of many readers takes some.
_LATE: Final = timedelta(minutes=15)


class ClockSeen(Struct, frozen=True):
    """Two clocks, and what is known of time zones."""

    now: datetime
    #: of the store's server at the same moment; None for a file
    of_store: datetime | None = None
    #: such as 2026.1; empty when it is not known
    zones_version: str = ""
    #: by the name of a zone: who goes by it
    unknown_zones: Mapping[str, str] | None = None


def judge_clock(seen: ClockSeen) -> tuple[Finding, ...]:
    """All that is wrong with the time."""
    found = [*_of_clocks(seen), *_of_zones(seen)]
    data = f"time-zone data {seen.zones_version or 'of this machine'}"
    line = data if seen.of_store is None else f"the clocks agree; {data}"
    return or_fine(found, Finding(Found.CLOCK_FINE, Level.FINE, line))


def _of_clocks(seen: ClockSeen) -> Iterator[Finding]:
    if seen.of_store is None:
        return
    apart = abs(seen.now - seen.of_store)
    if apart > _MUCH:
        way = "ahead of" if seen.now > seen.of_store else "behind"
        yield Finding(
            Found.CLOCK_DIFFERS,
            Level.ERROR if apart > _TOO_MUCH else Level.WARNING,
            f"the clock of this machine is {apart.total_seconds():.0f} s {way} that of the store",
            "let both keep time by NTP (timedatectl says whether they do)",
        )


def _of_zones(seen: ClockSeen) -> Iterator[Finding]:
    for zone, whose in sorted((seen.unknown_zones or {}).items()):
        yield Finding(
            Found.ZONE_UNKNOWN,
            Level.ERROR,
            f"time zone {zone} is not known here, and {whose} go by it",
            "update the package tzdata, or give them another zone",
        )
    year = seen.zones_version[:4]
    # a release is known by its year alone; it may be of its last day
    if year.isdecimal() and date(int(year), 12, 31) + _ZONES_AGE < seen.now.date():
        yield Finding(
            Found.ZONES_OLD,
            Level.ADVICE,
            f"the time-zone data is of {year}: changes of clocks since then are not in it",
            "update the package tzdata",
        )


class OpenPlace(Struct, frozen=True):
    """A folder or a file of ours that every user of the machine may look into."""

    path: str
    is_folder: bool


def judge_folders(
    closed: Mapping[str, str], looked_at: int, open_: Iterable[OpenPlace] = ()
) -> tuple[Finding, ...]:
    """What becomes of folders that cannot be written to, by path why, and of what others may look into."""
    found = [
        Finding(
            Found.FILES_CLOSED,
            Level.ERROR,
            f"folder {path} cannot be written to: {why}",
            "make it, or let the user of this program write there",
        )
        for path, why in sorted(closed.items())
    ]
    found += map(_open, open_)
    line = f"{looked_at} {'folder' if looked_at == 1 else 'folders'} can be written to"
    return or_fine(found, Finding(Found.FILES_FINE, Level.FINE, line))


def _open(place: OpenPlace) -> Finding:
    what = "folder" if place.is_folder else "file"
    return Finding(
        Found.FILES_OPEN,
        Level.WARNING,
        f"{what} {place.path} may be read by every user of this machine: addresses of readers are in it, "
        "and secrets such as the links in their mails",
        f"chmod {700 if place.is_folder else 600} '{place.path}'",
    )


def judge_packages(clashes: Sequence[str]) -> tuple[Finding, ...]:
    """What else is installed under the names of our packages: each in words."""
    found = [
        Finding(
            Found.PACKAGES_CLASH,
            Level.WARNING,
            f"{one}: which of the two is imported is chance",
            "give this program an environment of its own (python -m venv)",
        )
        for one in clashes
    ]
    return or_fine(found, Finding(Found.PACKAGES_FINE, Level.FINE, "nothing else has our packages' names"))


class PluginSeen(Struct, frozen=True):
    """A plugin that is installed."""

    #: source, theme, transport or provider hook
    kind: str
    name: str
    package: str
    version: str
    #: why it cannot be used; empty when it can
    trouble: str = ""
    is_misnamed: bool = False


def judge_plugins(seen: Iterable[PluginSeen]) -> tuple[Finding, ...]:
    """A finding for each plugin: that it is there, or what is wrong with it."""
    return tuple(map(_of_plugin, seen))


def _of_plugin(seen: PluginSeen) -> Finding:
    whose = f"of {seen.package} {seen.version}".rstrip()
    if not seen.trouble:
        return Finding(Found.PLUGIN, Level.FINE, f"{seen.kind} {seen.name} {whose} is well")
    if seen.is_misnamed:
        mend = "ask who wrote it for another name, or uninstall the package that is not wanted"
        return Finding(
            Found.PLUGIN_NAME, Level.WARNING, f"{seen.kind} {whose} is left out: {seen.trouble}", mend
        )
    mend = f"update {seen.package} or uninstall it; all else goes on without it"
    return Finding(Found.PLUGIN_BROKEN, Level.WARNING, seen.trouble, mend)


class MachineSeen(Struct, frozen=True):
    """Somebody on the roll."""

    name: str
    sends: bool
    is_late: bool
    silent_seconds: float
    version: str


class LateSlot(Struct, frozen=True):
    """An appointed moment that nobody has served."""

    newsletter: str
    cadence: str
    due_at: datetime


class WorkSeen(Struct, frozen=True):
    """Who works, and what waits."""

    now: datetime
    version: str
    machines: tuple[MachineSeen, ...] = ()
    due: tuple[LateSlot, ...] = ()
    uncertain: int = 0
    #: the settings leave sending to workers alone
    workers_alone: bool = False


def judge_work(seen: WorkSeen) -> tuple[Finding, ...]:
    """Who is silent, and what is late."""
    found = [*_of_machines(seen), *_of_slots(seen)]
    if seen.uncertain:
        copies = "1 copy" if seen.uncertain == 1 else f"{seen.uncertain} copies"
        line = f"of {copies} nobody knows whether they arrived"
        mend = "see digest deliveries list --status uncertain, and settle them with digest deliveries resolve"
        found.append(Finding(Found.COPIES_UNCERTAIN, Level.ADVICE, line, mend))
    return or_fine(found, Finding(Found.WORK_FINE, Level.FINE, "nothing is late, and nobody is silent"))


def _of_machines(seen: WorkSeen) -> Iterator[Finding]:
    for one in seen.machines:
        if one.is_late:
            yield Finding(
                Found.WORKER_SILENT,
                Level.WARNING,
                f"{one.name} was not heard of for {one.silent_seconds:.0f} s",
                "see whether it runs and reaches the store; its copies are taken over when their lease ends",
            )
        if one.version != seen.version:
            yield Finding(
                Found.WORKER_VERSION,
                Level.WARNING,
                f"{one.name} runs version {one.version}, and this is {seen.version}",
                "bring all machines to one version",
            )
    if seen.workers_alone and not any(one.sends and not one.is_late for one in seen.machines):
        yield Finding(
            Found.NOBODY_SENDS,
            Level.ERROR,
            "sending is left to workers, and none is at work",
            "start digest worker, or set DIGEST_SENT_BY=auto",
        )


def _of_slots(seen: WorkSeen) -> Iterator[Finding]:
    late = [one for one in seen.due if seen.now - one.due_at > _LATE]
    if late:
        first = min(late, key=lambda one: one.due_at)
        others = f", and {len(late) - 1} more" if len(late) > 1 else ""
        yield Finding(
            Found.SLOT_LATE,
            Level.WARNING,
            f"{first.newsletter}, {first.cadence}, has been due since {first.due_at:%Y-%m-%d %H:%M} UTC"
            f"{others}",
            "see that digest serve runs, or cron calls digest run; digest status shows what is due",
        )
