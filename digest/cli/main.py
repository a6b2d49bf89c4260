"""The `digest` command: its tree of subcommands, and how an error becomes one line and an exit status."""

from __future__ import annotations

import os
import sys
from typing import NoReturn

import typer

from digest.cli import briefings, issues, newsletters, readers, sending, service, topics
from digest.cli.console import FAILED_IN_PART, REFUSED
from digest.errors import DigestError
from subscribers.wishes import WishError

app = typer.Typer(
    name="digest",
    help="Newsletter digests: every briefing reaches every reader who asked for it exactly once.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
service.add_to(app)
briefings.add_to(app)
topics.add_to(app)
newsletters.add_to(app)
readers.add_to(app)
sending.add_to(app)
issues.add_to(app)


def run() -> NoReturn:
    """Entry point: no traceback reaches a user unless DIGEST_DEBUG is set."""
    try:
        sys.exit(app(standalone_mode=False) or 0)
    except typer.TyperException as error:
        _end(error.format_message(), REFUSED)
    except (typer.Abort, KeyboardInterrupt):
        _end("stopped; nothing more was done", 130)
    except (DigestError, WishError) as error:
        _end(str(error), REFUSED)
    except BrokenPipeError:
        # whoever read our output went away; there is nobody to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED_IN_PART)
    except Exception as error:
        if os.environ.get("DIGEST_DEBUG"):
            raise
        _end(
            f"unexpected {type(error).__name__}: {error} (set DIGEST_DEBUG=1 to see where, and report it)",
            FAILED_IN_PART,
        )


def _end(line: str, status: int) -> NoReturn:
    print(f"digest: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(status)
