"""The entry of the `digest` command: whatever happens ends as an answer or one plain line, and a status."""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from typing import NoReturn

from digest.cli.statuses import DONE, FAILED_IN_PART, INTERRUPTED, REFUSED
from digest.errors import DigestError
from digest.remarks import REMARKS, give_up_remarks


def run() -> NoReturn:
    """Do what the command line says; no traceback reaches a user unless DIGEST_DEBUG is set."""
    _ready_streams()
    # modules stay for good: while they load, the collector would walk them again and again for nothing
    gc.disable()
    try:
        # imported here, so that Ctrl-C while the modules load is a stop like any other
        from digest.cli.tree import command_tree

        _remark_on_variables(sys.argv[1:])
        status = command_tree().main(sys.argv[1:] or ["--help"], "digest", standalone_mode=False) or DONE
    except KeyboardInterrupt:
        status = INTERRUPTED
    except Exception as error:
        status = _told(error)
    if status == INTERRUPTED:
        _say("stopped; nothing more was done", after_echo=True)
    status = status if _flushed() else status or FAILED_IN_PART
    give_up_remarks()
    sys.exit(status)


def _remark_on_variables(words: list[str]) -> None:
    """Say which variables are nearly settings, and are not read; who asks for help is not told."""
    seems_set = any(name.upper().startswith("DIGEST_") for name in os.environ)
    if not words or not seems_set or {"-h", "--help", "--version"} & set(words):
        return
    # imported here, since settings take their time, and most have them in a file
    from digest.settings_file import unread_variables

    for name, meant in unread_variables(os.environ):
        if meant and f"env:{name}" not in words:
            _say(f"the variable {name} is not a setting, and nothing reads it: did you mean {meant}?")


def _told(error: Exception) -> int:
    """Say what went wrong, and return the exit status that fits."""
    # imported here, since nothing but an error needs them
    from typer import Abort, TyperException

    from subscribers.wishes import WishError

    match error:
        case Abort():
            return INTERRUPTED
        case TyperException():
            context = getattr(error, "ctx", None)
            hint = f" (see {context.command_path} --help)" if context else ""
            _say(f"{error.format_message().rstrip('.')}{hint}")
            return REFUSED
        case DigestError() | WishError():
            _say(str(error))
            return REFUSED
        case OSError(errno=errno.ENOSPC):
            _say("the disk is full: what was to be written is not there as a whole")
            return FAILED_IN_PART
        case _:
            if os.environ.get("DIGEST_DEBUG"):
                raise error
            _say(
                f"unexpected {type(error).__name__}: {error} (set DIGEST_DEBUG=1 to see where, and report it)"
            )
            return FAILED_IN_PART


def _say(text: str, *, after_echo: bool = False) -> None:
    """One line on standard error, whatever signs a name or value in it holds."""
    if after_echo and sys.stderr.isatty():
        # the terminal has just written ^C, and stands behind it
        print(file=REMARKS)
    line = "".join(
        sign if sign.isprintable() else repr(sign)[1:-1] for sign in f"digest: {' '.join(text.split())}"
    )
    print(line, file=REMARKS)


def _ready_streams() -> None:
    """See to it that all three streams are open, and that no letter is unprintable."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            # else the next file opened gets the number of the closed stream, and prose lands in the store
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115, PTH123
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def _flushed() -> bool:
    """False when standard output cannot take the answer: a closed pipe, a full disk."""
    try:
        sys.stdout.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        if not isinstance(error, BrokenPipeError):
            _say(f"the answer cannot be written ({error.strerror})")
        return False
    return True
