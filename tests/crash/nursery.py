"""Gives birth to processes that run the `digest` command: forked from one that has loaded it, so in no time.

Each is a process of its own, with its own memory, connections and locks, and dies like one. What it is told
beyond its command line is where to kill itself, and which waits are shorter than in production.

`python -m tests.crash.nursery SOCKET` serves one birth for each connection: a JSON line comes in, the pid
goes out, and when the child has ended its wait status.
"""

from __future__ import annotations

import importlib
import json
import os
import pkgutil
import selectors
import signal
import socket
import sys
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Final, NoReturn

import digest
from digest.render.printer import print_sheet
from tests.crash.points import FREEZING, OF_COPIES, OF_NOTICES, POINTS
from tests.render.samples import EIGHT, NEWSLETTER, TOPICS, issue

#: What the program loads when it is needed, and nearly every child needs.
_LOADED_LATE: Final = (
    *("aiosqlite", "apscheduler.executors.asyncio", "apscheduler.triggers.interval", "babel.numbers"),
    *("premailer", "snowballstemmer", "sqlalchemy.dialects.postgresql.psycopg", "typer._adapters"),
    *("uvicorn.lifespan.off", "uvloop"),
)


def main(address: str) -> None:
    """Serve until standard input is closed."""
    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        # the scripts of a migration are for its tool alone
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    for name in _LOADED_LATE:
        with suppress(ImportError):
            importlib.import_module(name)
    # what Jinja2 and premailer have read of the templates is known to every child
    print_sheet(issue(), NEWSLETTER, EIGHT, TOPICS, NEWSLETTER.theme, "en")
    waker, wakes = os.pipe()
    os.set_blocking(wakes, False)
    signal.set_wakeup_fd(wakes)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    children: dict[int, socket.socket] = {}
    with socket.socket(socket.AF_UNIX) as listener, selectors.DefaultSelector() as selector:
        listener.bind(address)
        listener.listen()
        for source in (listener, waker, sys.stdin):
            selector.register(source, selectors.EVENT_READ)
        print("ready", flush=True)
        while True:
            for key, _ in selector.select():
                if key.fileobj is sys.stdin:
                    for pid in children:
                        os.kill(pid, signal.SIGKILL)
                    return
                if key.fileobj is listener:
                    _give_birth(listener.accept()[0], children)
                else:
                    os.read(waker, 512)
                    _tell_ends(children)


def _give_birth(parent: socket.socket, children: dict[int, socket.socket]) -> None:
    with parent.makefile("rb") as lines:
        told = json.loads(lines.readline())
    pid = os.fork()
    if pid == 0:
        _live(told)
    children[pid] = parent
    parent.sendall(b"%d\n" % pid)


def _tell_ends(children: dict[int, socket.socket]) -> None:
    while children:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if pid == 0:
            return
        # a test that failed does not wait for its children
        with children.pop(pid) as parent, suppress(OSError):
            parent.sendall(b"%d\n" % os.waitstatus_to_exitcode(status))


def _live(told: dict[str, Any]) -> NoReturn:
    """The life of a child: it never returns to what its mother does."""
    status = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number, path in enumerate((os.devnull, told["out"], told["err"])):
            handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
            os.dup2(handle, number)
        # the sockets of the mother and of her other children
        os.closerange(3, 256)
        os.chdir(told["folder"])
        os.environ.clear()
        os.environ.update(told["environment"])
        sys.argv = ["digest", *told["words"]]
        for name, value in told["shorter"].items():
            _shorten(name, value)
        if told["ahead"] or told["jump"]:
            _set_clock(told["ahead"], told["jump"])
        if told["point"]:
            (POINTS | FREEZING | OF_NOTICES | OF_COPIES)[told["point"]].arm(told["time"])
        from digest.cli.main import run

        run()
    except SystemExit as end:
        status = int(end.code or 0)
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _set_clock(ahead: float, jump: float) -> None:
    """Let the clock of the day be wrong, as where nobody sets it right, and jump with each SIGUSR1."""
    import time_machine

    def travel(seconds: float) -> None:
        time_machine.travel(datetime.now(UTC) + timedelta(seconds=seconds), tick=True).start()

    travel(ahead)
    signal.signal(signal.SIGUSR1, lambda _number, _frame: travel(jump))


def _shorten(name: str, value: float) -> None:
    """Set a wait that a module names: seconds, or a number as it stands."""
    where, _, what = name.rpartition(".")
    module = importlib.import_module(where)
    was = getattr(module, what)
    setattr(module, what, timedelta(seconds=value) if isinstance(was, timedelta) else type(was)(value))


if __name__ == "__main__":
    main(sys.argv[1])
