"""`digest serve`: the web pages and the scheduler in one process, until it is told to stop."""

from __future__ import annotations

import asyncio
import gc
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
import uvicorn
from fastapi import FastAPI

from digest.cli.company import scheduling
from digest.cli.console import Config, Json, answer, note, run, whole
from digest.cli.dispatch import polling, press_for, stopping
from digest.cli.doors import store_to_act_on
from digest.cli.incoming import listening_for, listening_to_providers, mail_in_addresses
from digest.errors import InputError
from digest.settings_file import load_settings, secret_keys
from digest.web.app import build_app
from digest.web.hearing import Hearing
from digest.web.operations import Operated
from digest.wiring import event_loop_for, metrics_tokens_of, set_up_logging
from scheduler import Pulse, keep_time
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
    set_up_logging(settings)

    async def work() -> None:
        async with (
            store_to_act_on(settings) as store,
            listening_for(settings, store),
            stopping() as stop,
            polling(settings, store) as poller,
            listening_to_providers(settings, store) as hooks,
            scheduling(settings, store, poller, wanted=not no_scheduler) as jobs,
        ):
            tokens = Tokens(secret_keys(settings))
            pulse = None if jobs is None else Pulse()
            app = build_app(
                store=store,
                tokens=tokens,
                base_url=settings.base_url,
                own_themes=settings.themes_dir,
                zone=settings.timezone,
                press=press_for(settings, store),
                hooks=hooks,
                mail_in=mail_in_addresses(settings),
                operated=Operated(
                    metrics_tokens=metrics_tokens_of(settings),
                    pulse=pulse,
                    stopwatch=None if jobs is None else jobs.stopwatch,
                    is_stopping=stop.is_set,
                ),
            )
            with _listening(host, port) as heard:
                note(f"serving on {_address(heard)}, until Ctrl-C or SIGTERM")
                tasks = [_serve(app, heard, stop, settings.trusted_proxies)]
                if jobs is not None and pulse is not None:
                    ticks = settings.tick_seconds
                    tasks.append(keep_time(jobs, tick_seconds=ticks, stop=stop, pulse=pulse))
                await asyncio.gather(*tasks)

    run(work(), event_loop_for(settings, sends=not no_scheduler, serves=True))
    return answer({"stopped": True}) if json else note("stopped")


class _Server(uvicorn.Server):
    """A server that leaves signals to us: one SIGTERM stops the pages and the scheduler alike."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


def _listening(host: str, port: int) -> socket.socket:
    """A socket that listens there; a name that stands for several addresses means the first."""
    try:
        if not host:
            raise OSError("no host is named")
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server(address[:2], family=family, backlog=2048)
    except (OSError, UnicodeError) as error:
        # the library adds the address, which the line names already
        reason = (getattr(error, "strerror", None) or str(error)).partition(" (while")[0]
        raise InputError(
            f"nothing can listen at host {host!r}, port {port} ({reason}): choose another --host or --port"
        ) from None


def _address(heard: socket.socket) -> str:
    host, port = heard.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


async def _serve(app: FastAPI, heard: socket.socket, stop: asyncio.Event, proxies: str) -> None:
    """Answer requests until `stop`; should the server end by itself, everything does."""
    server = _Server(
        uvicorn.Config(
            app,
            http=Hearing,
            ws="none",
            lifespan="off",
            log_level="warning",
            access_log=False,
            forwarded_allow_ips=proxies,
        )
    )
    # what is here now stays: the collector need not look through it while somebody waits for a page
    gc.collect()
    gc.freeze()
    serving = asyncio.create_task(server.serve([heard]))
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait({serving, stopped}, return_when=asyncio.FIRST_COMPLETED)
    server.should_exit = True
    stop.set()
    await serving
