"""`digest worker`: one of many who send, until it is told to stop."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Final

import typer

from digest.cli.allocator import share_one_heap
from digest.cli.company import working
from digest.cli.console import Config, Json, answer, parse_line, run, tell, whole
from digest.cli.dispatch import stopping
from digest.cli.doors import store_to_act_on
from digest.config import Settings
from digest.errors import InputError
from digest.jobs.worker import Worker
from digest.settings_file import load_settings
from digest.store.database import Database
from digest.wiring import event_loop_for, metrics_tokens_of, set_up_telemetry

_OPTIONS: Final = "--metrics-host or --metrics-port"


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("worker")(worker)


def worker(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Its name; else this machine's.")] = "",
    metrics_port: Annotated[
        int | None,
        typer.Option(
            "--metrics-port",
            metavar="P",
            parser=whole(0, 65535),
            help="Port for /healthz, /readyz and /metrics; without it nothing listens.",
        ),
    ] = None,
    metrics_host: Annotated[
        str, typer.Option("--metrics-host", metavar="H", help="Address to listen on there.")
    ] = "127.0.0.1",
    json: Json = False,
    config: Config = None,
) -> None:
    """Plan and send what is due together with others, until SIGTERM: on PostgreSQL, on any machine."""
    called = parse_line(name, "name") if name else ""
    if len(called) > 140:
        raise InputError(f"--name is {len(called)} signs long, and may have 140")
    settings = load_settings(config)
    set_up_telemetry(settings)

    async def work() -> int:
        async with (
            store_to_act_on(settings) as store,
            stopping() as stop,
            working(settings, store, called) as one,
        ):
            tell(f"worker {one.name} is at work, until Ctrl-C or SIGTERM")
            if metrics_port is None:
                await one.work(stop)
            else:
                await _work_watched(one, settings, store, stop, metrics_host, metrics_port)
            return one.copies

    share_one_heap()
    copies = run(work(), event_loop_for(settings))
    return answer({"stopped": True, "copies": copies}) if json else tell(f"stopped; copies: {copies:,}")


async def _work_watched(
    one: Worker, settings: Settings, store: Database, stop: asyncio.Event, host: str, port: int
) -> None:
    """Work, and answer who watches."""
    # only here: most workers listen to nobody
    from digest.cli.web_server import address_of, listening, serve_until
    from digest.web.operations import Operated, build_operations

    operated = Operated(
        metrics_tokens=metrics_tokens_of(settings),
        stopwatch=one.stopwatch,
        is_stopping=stop.is_set,
        tells_of_store=False,
    )
    app = build_operations(store=store, operated=operated, now=lambda: datetime.now(UTC))
    with listening(host, port, _OPTIONS) as heard:
        tell(f"tells its figures at {address_of(heard)}")
        telling = asyncio.create_task(serve_until(stop, app, heard))
        try:
            await one.work(stop)
        finally:
            stop.set()
            await telling
