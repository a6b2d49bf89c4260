"""`digest serve`: the web pages and the scheduler in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
from typing import Annotated

import typer

from digest.cli.allocator import share_one_heap
from digest.cli.company import scheduling
from digest.cli.console import Config, Json, answer, run, tell, whole
from digest.cli.dispatch import polling, press_for, stopping
from digest.cli.doctor_parts import look_by
from digest.cli.doors import store_to_act_on
from digest.cli.incoming import listening_for, listening_to_providers, mail_in_addresses
from digest.cli.lookouts import on_watch
from digest.cli.web_server import address_of, leads_elsewhere, listening, serve_until
from digest.settings_file import load_settings, secret_keys
from digest.web.app import build_app
from digest.web.operations import Operated
from digest.wiring import event_loop_for, metrics_tokens_of, set_up_telemetry
from scheduler import Pulse, keep_time, keep_watch
from subscribers.tokens import Tokens


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("serve")(serve)


def serve(
    host: Annotated[str, typer.Option("--host", metavar="H", help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option("--port", metavar="P", parser=whole(0, 65535))] = 8000,
    no_scheduler: Annotated[bool, typer.Option("--no-scheduler", help="Web pages only.")] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Serve the web pages and run the scheduler, until SIGTERM."""

    settings = load_settings(config)
    set_up_telemetry(settings)

    async def work() -> None:
        pulse = Pulse()
        async with (
            store_to_act_on(settings) as store,
            listening_for(settings, store),
            stopping() as stop,
            polling(settings, store) as poller,
            listening_to_providers(settings, store) as hooks,
            scheduling(settings, store, poller, wanted=not no_scheduler) as jobs,
            on_watch(settings, store, jobs, lambda: pulse.trouble) as watch,
        ):
            tokens = Tokens(secret_keys(settings))
            app = build_app(
                store=store,
                tokens=tokens,
                base_url=settings.base_url,
                own_themes=settings.themes_dir,
                zone=settings.timezone,
                press=press_for(settings, store),
                hooks=hooks,
                mail_in=mail_in_addresses(settings),
                look=look_by(settings, config),
                proxies=settings.trusted_proxies,
                logs_requests=settings.log_requests,
                operated=Operated(
                    metrics_tokens=metrics_tokens_of(settings),
                    pulse=None if jobs is None else pulse,
                    stopwatch=None if jobs is None else jobs.stopwatch,
                    is_stopping=stop.is_set,
                ),
            )
            with listening(host, port) as heard:
                tell(f"serving on {address_of(heard)}, until Ctrl-C or SIGTERM")
                if leads_elsewhere(settings.base_url, heard):
                    tell(
                        f"links in mails and feeds lead to {settings.base_url} (base_url), which is not here"
                    )
                tasks = [serve_until(stop, app, heard)]
                if jobs is not None:
                    ticks = settings.tick_seconds
                    tasks.append(
                        keep_time(
                            jobs, tick_seconds=ticks, stop=stop, pulse=pulse, watch=watch, clock=jobs.wall
                        )
                    )
                else:
                    tasks.append(keep_watch(watch, stop=stop))
                await asyncio.gather(*tasks)

    share_one_heap()
    run(work(), event_loop_for(settings, sends=not no_scheduler, serves=True))
    return answer({"stopped": True}) if json else tell("stopped")
