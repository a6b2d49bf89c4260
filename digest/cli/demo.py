"""`digest demo`: two days of a small invented newsroom, from pages of briefings to mails in the outbox."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

import typer
from msgspec import Struct

from digest.cli.console import Config, Json, answer, counted, note, run, say, table
from digest.cli.dispatch import jobs_for
from digest.cli.doors import new_store_at
from digest.config import LogLevel, Settings
from digest.errors import InputError
from digest.flows.collect import collect
from digest.flows.readers import Enrolment, subscribe
from digest.flows.seed import seed
from digest.ingest.formats import read
from digest.ingest.taxonomy import default_topics
from digest.settings_file import load_settings
from digest.store import briefings as shelf
from digest.store import ledger, topics
from digest.store.database import Database
from digest.store.ledger import Entry
from subscribers.model import Section
from subscribers.wishes import parse_wishes


class _Guest(Struct, frozen=True):
    """A reader of the demo."""

    address: str
    wishes: dict[str, str]
    #: the wishes as a person would say them
    words: str


_GUESTS: Final = (
    _Guest(
        "amelie@readers.example",
        {"name": "Amélie", "timezone": "Europe/Paris", "at": "07:30"},
        "everything, daily 07:30 in Paris",
    ),
    _Guest(
        "kenji@readers.example",
        {"name": "Kenji", "topics": "technology,energy", "timezone": "Asia/Tokyo", "at": "08:00"},
        "technology and energy, daily 08:00 in Tokyo",
    ),
    _Guest(
        "grace@readers.example",
        {
            "name": "Grace",
            "topics": "economy,finance",
            "timezone": "America/New_York",
            "at": "18:00",
            "format": "text",
        },
        "economy and finance as plain text, daily 18:00 in New York",
    ),
    _Guest(
        "omar@readers.example",
        {"name": "Omar", "topics": "international,military,politics", "timezone": "Africa/Cairo"}
        | {"at_once": "yes"},
        "world, military and politics, at once",
    ),
    _Guest(
        "mei@readers.example",
        {"name": "梅", "timezone": "Asia/Shanghai", "at": "09:00", "max_items": "3", "days": "weekdays"},
        "everything, at most 3 items, weekdays 09:00 in Shanghai",
    ),
    _Guest(
        "ines@readers.example",
        {"name": "Inês", "sections": "analysis,report", "timezone": "Europe/Lisbon", "at": "08:00"},
        "analyses and reports only, daily 08:00 in Lisbon",
    ),
)
#: Monday noon, in the week of the samples: the first page is published; the second a day later.
_FIRST_PAGE: Final = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
_DAY: Final = timedelta(days=1)


def add_to(app: typer.Typer) -> None:
    """Hang the command of this file into the tree."""
    app.command("demo")(demo)


def demo(json: Json = False, config: Config = None) -> None:
    """Run the main job on sample briefings: six readers, two simulated days, mails in the outbox."""
    settings = _demo_settings(load_settings(config))
    entries, titles = run(_two_days(settings))
    if json:
        return answer({"items": [_shown(entry) for entry in entries], "next": None})
    return _tell(settings, entries, titles)


def _demo_settings(settings: Settings) -> Settings:
    """The demo has a store of its own, made anew each time, and never talks to a mail server."""
    target = settings.smtp_url.get_secret_value()
    if not target.startswith("file:"):
        raise InputError("the demo writes into a folder only: unset DIGEST_SMTP_URL, or say file:FOLDER")
    file = _file(settings)
    try:
        for leftover in (file, Path(f"{file}-wal"), Path(f"{file}-shm")):
            leftover.unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"file {str(file)!r} cannot be replaced ({error.strerror})") from error
    store = f"sqlite+aiosqlite:///{file.as_posix()}"
    return settings.model_copy(update={"database_url": store, "log_level": LogLevel.WARNING})


def _file(settings: Settings) -> Path:
    return settings.var_dir / "demo.sqlite3"


async def _two_days(settings: Settings) -> tuple[tuple[Entry, ...], dict[int, str]]:
    async with new_store_at(settings) as store:
        await seed(store, default_topics())
        await _welcome(store)
        jobs = await jobs_for(settings, store)
        never = asyncio.Event()
        pages = {_FIRST_PAGE: "day-one.txt", _FIRST_PAGE + _DAY: "day-two.txt"}
        for hour in range(48):
            now = _FIRST_PAGE + timedelta(hours=hour)
            if now in pages:
                await _publish(store, pages[now], now)
            for minute in (0, 30):
                report = await jobs.run(now + timedelta(minutes=minute), never)
                if report.totals.sent:
                    note(f"{now:%a %d %b %H}:{minute:02} UTC  {report.totals.sent} sent")
        async with store.read() as connection:
            found = await shelf.page(connection, limit=100)
            entries = await ledger.page(connection, limit=1000)
    return entries, {briefing.id: briefing.title for briefing in found}


async def _welcome(store: Database) -> None:
    async with store.read() as connection:
        known = [topic.slug for topic in await topics.every(connection)]
    for guest in _GUESTS:
        new = Enrolment(guest.address, "daily", parse_wishes(guest.wishes, known), True, "guest of the demo")
        await subscribe(new, store=store, now=_FIRST_PAGE)


async def _publish(store: Database, name: str, now: datetime) -> None:
    data = files("digest.cli").joinpath("samples", name).read_bytes()
    gathered = read(data, source=name, format="page", section=Section.BRIEFING, topics=())
    done = await collect(gathered, store=store, now=now)
    counts = f"{counted(len(done.added), 'briefing')} published, {len(done.updated)} corrected"
    note(f"{now:%a %d %b %H:%M} UTC  {name}: {counts}")


def _tell(settings: Settings, entries: tuple[Entry, ...], titles: dict[int, str]) -> None:
    say("")
    table("The readers", ("who", "wants"), [(guest.address, guest.words) for guest in _GUESTS])
    rows = [
        (
            f"{entry.due_at:%a %H:%M}",
            entry.address,
            entry.status,
            _carried(entry) or _why_not(entry),
            f"{len(entry.deferred)} more" if entry.deferred else "",
        )
        for entry in entries
    ]
    say("")
    table("Who got what (UTC)", ("due", "reader", "copy", "briefings", "comes next"), rows)
    say("")
    table("The briefings", ("id", "title"), list(titles.items()))
    outbox = settings.smtp_url.get_secret_value().removeprefix("file:")
    sent = sum(entry.status == "sent" for entry in entries)
    say(f"\n{counted(sent, 'mail')} lie in {outbox}: look at the newest with digest outbox show --latest.")
    say("The pages for readers and the desk show it in a browser:")
    # before each, and not for the shell: whoever begins with a store of their own next is not led here
    store = f"DIGEST_DATABASE_URL=sqlite:///{_file(settings).as_posix()}"
    say(f"  {store} digest users add YOUR-NAME --role admin")
    say(f"  {store} digest serve")
    say(f"The store of the demo is {_file(settings)}; run digest init to begin with one of your own.")


def _carried(entry: Entry) -> str:
    """Ids of the briefings, and of those that are told anew to who has had them."""
    return ", ".join([*map(str, entry.briefing_ids), *(f"{id_} corrected" for id_ in entry.corrected_ids)])


def _why_not(entry: Entry) -> str:
    counts = ", ".join(f"{len(numbers)} {reason}" for reason, numbers in entry.left_out.items())
    return f"{entry.reason}: {counts}" if counts else entry.reason


def _shown(entry: Entry) -> dict[str, Any]:
    return {
        "email": entry.address,
        "due_at": entry.due_at,
        "status": entry.status,
        "reason": entry.reason,
        "briefings": entry.briefing_ids,
        "corrections": entry.corrected_ids,
        "deferred": len(entry.deferred),
    }
