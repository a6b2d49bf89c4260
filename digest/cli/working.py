"""`digest worker`: one of many who send, until it is told to stop."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.company import working
from digest.cli.console import Config, Json, answer, parse_line, run, tell
from digest.cli.dispatch import stopping
from digest.cli.doors import store_to_act_on
from digest.errors import InputError
from digest.settings_file import load_settings
from digest.wiring import event_loop_for, set_up_logging


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("worker")(worker)


def worker(
    name: Annotated[str, typer.Option("--name", metavar="NAME", help="Its name; else this machine's.")] = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Plan and send what is due together with others, until SIGTERM: on PostgreSQL, on any machine."""
    called = parse_line(name, "name") if name else ""
    if len(called) > 140:
        raise InputError(f"--name is {len(called)} signs long, and may have 140")
    settings = load_settings(config)
    set_up_logging(settings)

    async def work() -> int:
        async with (
            store_to_act_on(settings) as store,
            stopping() as stop,
            working(settings, store, called) as one,
        ):
            tell(f"worker {one.name} is at work, until Ctrl-C or SIGTERM")
            await one.work(stop)
            return one.copies

    copies = run(work(), event_loop_for(settings))
    return answer({"stopped": True, "copies": copies}) if json else tell(f"stopped; copies: {copies:,}")
