"""An editor at the desk: logs in, asks for each page there is some dozens of times, and notes the time."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import perf_counter
from typing import Any, Final

from argon2 import PasswordHasher
from sqlalchemy import text

from benchmarks.alone import peak_megabytes
from benchmarks.newsroom import BRIEFINGS
from benchmarks.readers import CADENCES
from benchmarks.stores import opened_at, prepare_at, spelled
from digest.config import Settings
from digest.core.access import Actor, Role, Via
from digest.flows import entering, importing
from digest.flows.entering import Browser, Entered
from digest.jobs.seldom import Rosters
from digest.store import people
from digest.store.database import Database
from digest.web.desk.desk import desk_routes
from digest.web.desk.gate import COOKIE

EDITOR: Final = "editor"
PASSWORD: Final = "four words that rhyme not"
_EACH: Final = 24
#: Issues that were sent to every reader.
_PAST: Final = 3
#: Paths that are not pages of their own: what comes without an end, or leads elsewhere.
_NOT_PAGES: Final = {"/admin", "/admin/running", "/admin/account/codes", "/admin/enter", "/admin/code"}
_BY: Final = Actor("benchmark", Via.PROGRAM)
#: What else is looked for among readers and briefings.
_SEARCHES: Final = (
    "/admin/readers?before={reader}",
    "/admin/readers?part=reader{reader}",
    "/admin/readers?part=mail{small}.example",
    "/admin/readers?part=Number+{reader}",
    "/admin/readers?part=ad",
    "/admin/readers?topic=economy",
    "/admin/readers?topic=farming&standing=active",
    "/admin/readers?standing=bouncing",
    "/admin/readers?standing=left&part=mail{small}",
    "/admin/readers?cadence={cadence}",
    "/admin/briefings?words=harbour",
    "/admin/issues?before=20",
)


async def prepare(url: str, readers: int) -> dict[str, float]:
    """A store with readers of every standing, issues that were sent to them, and an editor's account."""
    url = _with_driver(url)
    done = await prepare_at(url, readers, past=_PAST)
    async with opened_at(url) as store:
        async with store.write() as connection:
            for statement in _LIVED_IN:
                await connection.execute(text(spelled(statement, store)))
            sent = {"sent": json.dumps({"sent": {"": readers // len(CADENCES)}})}
            await connection.execute(text(spelled("UPDATE issues SET outcomes = {sent}", store)), sent)
            await people.add(connection, EDITOR, Role.ADMIN, PasswordHasher().hash(PASSWORD), _now())
        async with store.write() as connection:
            await connection.execute(text("ANALYZE"))
    return {"seconds": done["seconds"]}


async def visit(url: str, port: int) -> dict[str, float]:
    """Milliseconds of each page, as `page|median`, `page|p95` and `page|worst`."""
    async with opened_at(_with_driver(url)) as store:
        cookie = await log_in(store)
        paths = [*_pages(store), *_SEARCHES]
        known = await _ids(store)
    waits: dict[str, list[float]] = {path: [] for path in paths}
    chance = random.Random(5)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=120)
    # in turns, so that a slow second does not fall on one page alone; the first round compiles templates
    for turn in range(_EACH + 2):
        for path in paths:
            began = perf_counter()
            status = _get(connection, _filled(path, known, chance), cookie)
            wait = 1000 * (perf_counter() - began)
            if status not in {200, 404}:
                raise RuntimeError(f"{path} answered with {status}")
            if turn >= 2:
                waits[path].append(wait)
    figures = {}
    for path, of_one in waits.items():
        in_order = sorted(of_one)
        figures[f"{path}|median"] = in_order[len(in_order) // 2]
        figures[f"{path}|p95"] = in_order[round(0.95 * (len(in_order) - 1))]
        figures[f"{path}|worst"] = in_order[-1]
    return figures


async def export(url: str, port: int, process: int) -> dict[str, float]:
    """All readers as CSV: how long it took, and by how much the server's peak memory grew for it."""
    async with opened_at(_with_driver(url)) as store:
        cookie = await log_in(store)
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=600)
    before, began, octets = _peak_of(process), perf_counter(), 0
    connection.request("GET", "/admin/readers/export.csv", headers={"Cookie": cookie})
    answer = connection.getresponse()
    while piece := answer.read(1 << 16):
        octets += len(piece)
    return {
        "wall": perf_counter() - began,
        "megabytes": octets / 2**20,
        "growth": _peak_of(process) - before,
    }


async def take_in(url: str, lines: int, readers: int) -> dict[str, float]:
    """A roster tried and taken, as the desk's wizard has it done: a tenth of its readers are known."""
    first = readers - lines // 10
    rows = (
        f"reader{number}@mail{number % 97}.example,Reader {number},economy;finance,weekdays,08:00,Europe/Rome"
        for number in range(first, first + lines)
    )
    roster = "\n".join(["email,name,topics,days,at,timezone", *rows])
    async with opened_at(_with_driver(url)) as store:
        number = await importing.hand_over(roster, raw=False, by=_BY, store=store, now=_now())
        columns = ("email", "name", "topics", "days", "at", "timezone")
        told: dict[str, Any] = {"by": _BY, "store": store, "now": _now()}
        began = perf_counter()
        await importing.name_columns(number, columns, newsletter="daily", basis="they asked for it", **told)
        await Rosters(store).work(_now(), asyncio.Event())
        tried = perf_counter()
        await importing.take(number, **told)
        await Rosters(store).work(_now(), asyncio.Event())
        taken = perf_counter()
        async with store.read() as connection:
            one = await importing.require(connection, number)
        if one.added + one.updated + one.refused != lines or one.added < lines // 2:
            raise RuntimeError(f"of {lines} lines {one.added} were added, {one.updated} updated")
    return {"tried": tried - began, "taken": taken - tried, "peak": peak_megabytes()}


def _pages(store: Database) -> Iterator[str]:
    routes = desk_routes(store=store, base_url="http://127.0.0.1", zone="UTC", now=_now)
    for route in routes:
        if (
            "GET" in (route.methods or ())
            and route.path not in _NOT_PAGES
            and not route.path.endswith((".csv", ".json"))
        ):
            yield re.sub(r"\{(\w+)(:int)?\}", lambda found: "{" + found[1] + "}", route.path)


def _filled(path: str, known: dict[str, Sequence[Any]], chance: random.Random) -> str:
    """The path with numbers of what there is; which, the word before the place says."""

    if "{subscription}" in path:
        # each reader has one subscription, of the same number
        reader = str(chance.choice(known["reader"]))
        path = path.replace("{id}", reader).replace("{subscription}", reader)

    def chosen(found: re.Match[str]) -> str:
        before = path[: found.start()].rstrip("/").rpartition("/")[2]
        of_one = known.get(f"{before}/{found[1]}") or known.get(found[1]) or ["0"]
        return str(chance.choice(of_one))

    return re.sub(r"\{(\w+)\}", chosen, path)


async def _ids(store: Database) -> dict[str, Sequence[Any]]:
    async with store.read() as connection:

        async def one(statement: str) -> list[Any]:
            return list((await connection.execute(text(statement))).scalars())

        most = (await one("SELECT max(id) FROM subscribers"))[0]
        issue = (await one("SELECT min(id) FROM issues"))[0]
        return {
            "readers/id": range(1, most + 1),
            "reader": range(1, most + 1),
            "small": range(97),
            "issues/id": [issue],
            "copies/copy": await one(
                f"SELECT id FROM deliveries WHERE issue_id = {issue} ORDER BY id LIMIT 50"
            ),
            "cohorts/cohort": await one(
                f"SELECT id FROM cohorts WHERE issue_id = {issue} ORDER BY id LIMIT 50"
            ),
            "cadence": await one("SELECT id FROM cadences"),
            "briefings/id": range(1, BRIEFINGS + 1),
            "newsletters/slug": ["daily"],
            "topics/slug": ["economy", "farming", "security"],
            "people/id": [1],
        }


def _get(connection: http.client.HTTPConnection, path: str, cookie: str) -> int:
    connection.request("GET", path, headers={"Cookie": cookie})
    answer = connection.getresponse()
    answer.read()
    return answer.status


async def log_in(store: Database) -> str:
    """The header `Cookie` of an editor who is in."""
    found = await entering.log_in(
        EDITOR, PASSWORD, Browser("127.0.0.1", "measuring"), store=store, now=_now()
    )
    if not isinstance(found, Entered):
        raise TypeError("the editor was not let in")
    return f"{COOKIE}={found.token}"


def _peak_of(process: int) -> float:
    """Megabytes that a process had resident at most so far (Linux)."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1024  # type: ignore[index]


def _with_driver(url: str) -> str:
    return Settings(database_url=url).database_url


def _now() -> datetime:
    return datetime.now(UTC)


#: What weeks of sending leave behind: some left, some bounced, outcomes of issues are known.
_LIVED_IN: Final = (
    """
    INSERT INTO groups (newsletter_id, cadence_id, profile_id, bookmark_id, served_day, is_active)
    SELECT newsletter_id, cadence_id, profile_id, bookmark_id, served_day, {no} FROM groups
    """,
    "UPDATE subscriptions SET standing = 'left' WHERE id % 20 = 7",
    "UPDATE subscriptions SET standing = 'bouncing' WHERE id % 101 = 7",
    """
    INSERT INTO standing_changes (subscription_id, at, before, after, reason, untold)
    SELECT id, '2026-11-02', 'active', standing, 'measured', {no} FROM subscriptions
    WHERE standing IN ('left', 'bouncing')
    """,
    """
    UPDATE subscriptions SET group_id = (
        SELECT resting.id FROM groups resting JOIN groups active
        ON resting.newsletter_id = active.newsletter_id AND resting.cadence_id = active.cadence_id
        AND resting.profile_id = active.profile_id AND resting.bookmark_id = active.bookmark_id
        AND resting.served_day = active.served_day
        WHERE active.id = subscriptions.group_id AND NOT resting.is_active
    ) WHERE standing IN ('left', 'bouncing')
    """,
    "UPDATE deliveries SET sent_at = '2026-11-01'",
    """
    UPDATE issues SET first_copy = (SELECT min(id) FROM deliveries d WHERE d.issue_id = issues.id),
                      last_copy = (SELECT max(id) FROM deliveries d WHERE d.issue_id = issues.id)
    """,
)
