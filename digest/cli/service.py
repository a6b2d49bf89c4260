"""`digest init`, `serve`, `status` and `demo`: a store is set up, looked at, and kept running."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Annotated, Any

import typer
import uvicorn

from digest.cli import demo
from digest.cli.console import Config, Json, Now, answer, note, parse_now, run, say, table
from digest.cli.doors import jobs_for, settings_from, stopping, store_of
from digest.config import secret_keys
from digest.flows.overview import Overview, overview
from digest.flows.seed import FIRST_NEWSLETTER, seed
from digest.ingest.taxonomy import default_topics
from digest.store import schema
from digest.web.app import build_app
from digest.wiring import open_store
from scheduler import Pulse, keep_time


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("init")(init)
    app.command("serve")(serve)
    app.command("status")(status)
    app.command("demo")(demo.demo)


def init(json: Json = False, config: Config = None) -> None:
    """Make or migrate the store, with the default topics and a first newsletter; safe to repeat."""

    async def work() -> dict[str, Any]:
        settings = settings_from(config)
        secret_keys(settings)
        async with open_store(settings, must_be_current=False) as store:
            await seed(store, default_topics())
            return {
                "store": store.url.render_as_string(hide_password=True),
                "version": schema.newest_revision(),
                "newsletter": FIRST_NEWSLETTER.slug,
            }

    document = run(work())
    return answer(document) if json else say(f"the store {document['store']} is ready")


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", min=0, max=65535)] = 8000,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Web pages only.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Serve the web pages and run the scheduler, until SIGTERM."""

    async def work() -> None:
        settings = settings_from(config)
        async with open_store(settings) as store, stopping() as stop:
            server = _Server(uvicorn.Config(build_app(), host=host, port=port, log_level="warning"))
            tasks = [asyncio.create_task(_serve(server, stop))]
            if not no_scheduler:
                jobs = await jobs_for(settings, store)
                ticking = keep_time(jobs, tick_seconds=settings.tick_seconds, stop=stop, pulse=Pulse())
                tasks.append(asyncio.create_task(ticking))
            note(f"serving on http://{host}:{port}, until Ctrl-C or SIGTERM")
            await asyncio.gather(*tasks)

    run(work())
    return answer({"stopped": True}) if json else note("stopped")


def status(now: Now = None, json: Json = False, config: Config = None) -> None:
    """Show what is due, under way and stuck."""
    instant = parse_now(now)

    async def work() -> Overview:
        async with store_of(config) as store:
            return await overview(store=store, now=instant)

    found = run(work())
    if json:
        return answer(found)
    return _tell(found, instant)


class _Server(uvicorn.Server):
    """A server that leaves signals to us: one SIGTERM stops the pages and the scheduler alike."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def _serve(server: uvicorn.Server, stop: asyncio.Event) -> None:
    """Answer requests until `stop`; when the port is taken, stop everything."""
    serving = asyncio.create_task(server.serve())
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving


def _tell(found: Overview, now: datetime) -> None:
    readers = ", ".join(f"{count} {standing}" for standing, count in sorted(found.subscriptions.items()))
    say(f"{now:%Y-%m-%d %H:%M} UTC: {found.newest_number} briefings published; readers: {readers or 'none'}")
    if found.due:
        rows = [(f"{one.due_at:%Y-%m-%d %H:%M}", one.newsletter, one.cadence) for one in found.due]
        table("due now", ("since (UTC)", "newsletter", "cadence"), rows)
    if found.upcoming:
        rows = [(f"{one.due_at:%Y-%m-%d %H:%M}", one.newsletter, one.cadence) for one in found.upcoming]
        table("next", ("at (UTC)", "newsletter", "cadence"), rows)
    if found.under_way:
        counted = [
            (one.issue, one.slot, ", ".join(f"{count} {word}" for word, count in sorted(one.copies.items())))
            for one in found.under_way
        ]
        table("under way", ("issue", "slot", "copies"), counted)
    if found.uncertain:
        say(f"{found.uncertain} copies are uncertain: see digest deliveries list --status uncertain")
