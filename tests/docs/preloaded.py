"""The `digest` command with its modules loaded: each call is a process forked from one that waits.

Most of what a short call takes is loading; pages of the documentation have a hundred calls. Started as
`python -m tests.docs.preloaded SOCKET`; CLIENT is what stands on the path as `digest`.
"""

from __future__ import annotations

import array
import json
import os
import shlex
import signal
import socket
import sys
from importlib import import_module
from pathlib import Path
from typing import Any, Final

#: Sends its words, its folder, its variables and its three streams, and ends with the status that it gets. It
#: begins as a script of the shell, since the path of Python may have spaces or be long.
CLIENT: Final = """\
#!/bin/sh
'''exec' {python} -IS "$0" "$@"
' '''
import json, os, socket, struct, sys
said = json.dumps([sys.argv, os.getcwd(), dict(os.environ)]).encode()
with socket.socket(socket.AF_UNIX) as to:
    to.connect({socket!r})
    socket.send_fds(to, [struct.pack("!I", len(said))], [0, 1, 2])
    to.sendall(said)
    answer = to.recv(1)
sys.exit(answer[0] if answer else 70)
"""
#: What nearly every command uses.
_LOADED: Final = (
    *("digest.cli.console", "digest.cli.doors", "digest.cli.briefings", "digest.cli.readers"),
    *("digest.cli.sending", "digest.cli.previews", "digest.cli.house", "digest.cli.reasons"),
    *("digest.cli.issues", "digest.cli.newsletters", "digest.cli.feeds", "digest.cli.topics"),
    *("digest.cli.main", "digest.cli.tree", "sqlalchemy.dialects.sqlite.aiosqlite", "premailer"),
)


def put_on_the_path(folder: Path, heard_at: Path) -> None:
    """Write the command into a folder."""
    command = folder / "digest"
    command.write_text(
        CLIENT.format(python=shlex.quote(sys.executable), socket=str(heard_at)), encoding="utf-8"
    )
    command.chmod(0o755)


def wait_for_calls(heard_at: str) -> None:
    """Load everything, then fork for each call, until the process is ended."""
    for module in _LOADED:
        import_module(module)
    # nobody waits for the children: their status goes over the socket
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    with socket.socket(socket.AF_UNIX) as hearing:
        hearing.bind(heard_at)
        hearing.listen()
        while True:
            caller, _ = hearing.accept()
            if os.fork() == 0:
                hearing.close()
                _do(caller)
            caller.close()


def _do(caller: socket.socket) -> None:
    """Be the command, and tell the caller how it ended."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    size, streams = _received(caller)
    said = bytearray()
    while len(said) < size:
        said += caller.recv(size - len(said))
    words, folder, variables = json.loads(said)
    for number, stream in enumerate(streams):
        os.dup2(stream, number)
    sys.stdin, sys.stdout, sys.stderr = (open(n, mode, encoding="utf-8") for n, mode in enumerate("rww"))  # noqa: SIM115, PTH123
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(variables)
    sys.argv = ["digest", *words[1:]]
    status = _status()
    sys.stdout.flush()
    sys.stderr.flush()
    caller.sendall(bytes([status]))
    os._exit(status)


def _received(caller: socket.socket) -> tuple[int, list[int]]:
    message, streams, _, _ = socket.recv_fds(caller, 4, 3)
    numbers = array.array("i", streams)
    return int.from_bytes(message, "big"), list(numbers)


def _status() -> int:
    run: Any = import_module("digest.cli.main").run
    try:
        run()
    except SystemExit as end:
        return int(end.code or 0)
    return 0


if __name__ == "__main__":
    wait_for_calls(sys.argv[1])
