"""The tree of commands; the files that speak one are loaded when it is called, for most are heavy."""

from __future__ import annotations

import gc
import re
from functools import cache
from importlib import import_module
from typing import Annotated, Any, Final, NamedTuple

import typer
from typer.core import TyperCommand, TyperGroup

from digest import __version__
from digest.unasked import unloaded


class _Branch(NamedTuple):
    """A first word of the command."""

    #: modules of this room that speak it; the first one hangs it into the tree
    files: tuple[str, ...]
    #: what it does, for the overview
    help: str


#: After how many new objects the collector looks through them, and after how many rounds through older ones.
_COLLECT_AFTER: Final = (20_000, 20, 20)

_BRANCHES: Final = {
    "init": _Branch(("house",), "Make or migrate the store; safe to repeat."),
    "store": _Branch(("stores",), "Copy the store into another one; open a closed one."),
    "backup": _Branch(("backups",), "Write the whole store into a file, or check one."),
    "restore": _Branch(("backups",), "Put a backup back into an empty store."),
    "ingest": _Branch(("briefings",), "Take briefings in from files, and publish them."),
    "briefings": _Branch(("briefings",), "List, show, edit, publish, retract and discard briefings."),
    "archive": _Branch(("archive",), "Index the public archive anew."),
    "topics": _Branch(("topics",), "List, add, edit and remove topics."),
    "feeds": _Branch(("feeds",), "List, show, add, edit, poll and remove feeds."),
    "newsletters": _Branch(("newsletters",), "List, add and edit newsletters."),
    "subscribers": _Branch(
        ("readers", "standings", "rosters"), "Add, list, change, pause, remove and import readers."
    ),
    "suppressions": _Branch(("suppressions",), "Addresses that must not be written to."),
    "run": _Branch(("sending",), "Take news in, plan and send what is due: what cron calls."),
    "families": _Branch(("families",), "What comes back of mail to each provider; pause and resume."),
    "send": _Branch(("sending",), "Send a one-off issue by hand."),
    "preview": _Branch(("previews",), "Print a reader's next issue as it would be sent."),
    "issues": _Branch(("issues",), "List, show, hold, approve and cancel issues."),
    "deliveries": _Branch(("issues",), "List, retry and resolve deliveries."),
    "notices": _Branch(("notices",), "List, retry and resolve confirmations and the like."),
    "outbox": _Branch(("outbox",), "List and show mails that were written into a folder."),
    "bounces": _Branch(("bounces",), "Read, list and settle what came back."),
    "why": _Branch(("reasons",), "Say why a reader got a briefing, will get it, or does not."),
    "serve": _Branch(("serving",), "Serve the web pages and run the scheduler."),
    "worker": _Branch(("working",), "One of many machines that send together."),
    "status": _Branch(("house",), "Show what is due, under way and stuck."),
    "doctor": _Branch(("doctor",), "Say what is wrong: settings, store, servers, DNS, clock."),
    "tidy": _Branch(("tidying",), "Forget what is old, and bind copies of old issues."),
    "users": _Branch(("users",), "Who may enter the desk, and the keys of programs."),
    "webhooks": _Branch(("webhooks",), "Who elsewhere is told what happens."),
    "demo": _Branch(("demo",), "Run the main job on sample briefings, into the outbox."),
}


#: How typer 0.29 writes an argument that must be there in a line of usage: `{EMAIL}`, `{ID}...`.
_BRACED: Final = re.compile(r"\{(.+)\}(\.\.\.)?")
#: What it writes behind a name where no word of ours says what is put there: `<str>`, `<list[int]>`.
_PYTHON_TYPE: Final = re.compile(r" <\S+>")
_HELP: Final = ("-h", "--help")


class _Command(TyperCommand):
    """A command that writes its words as other programs do: `EMAIL`, `[FILE]`, `ID...`, `--title TITLE`."""

    def get_help_option_names(self, ctx: Any) -> list[str]:
        """The same wherever it is asked from: it is kept, and a context may know nothing of the root's."""
        ctx.help_option_names = list(_HELP)
        return super().get_help_option_names(ctx)

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words of the line of usage."""
        return [_BRACED.sub(r"\1\2", piece) for piece in super().collect_usage_pieces(ctx)]

    def format_options(self, ctx: Any, formatter: Any) -> None:
        """What each argument and each option is for."""
        for title, kind in (("Arguments", "argument"), ("Options", "option")):
            shown = [one for one in self.get_params(ctx) if one.param_type_name == kind]
            records = [_record(one, ctx) for one in shown if not getattr(one, "hidden", False)]
            if records:
                with formatter.section(title):
                    formatter.write_dl(records)


def _record(param: Any, ctx: Any) -> tuple[str, str]:
    """How an argument or an option is written, and what it is for."""
    written, told = param.get_help_record(ctx)
    word = "" if param.param_type_name == "argument" else f" {param.name.upper().replace('_', '-')}"
    return _PYTHON_TYPE.sub(word, written), told


class _Tree(TyperGroup):
    """The root: knows every branch by name, and grows the one that is called."""

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Load the command before it is looked up; a word that is none is left to the error."""
        if args[0] in _BRANCHES:
            self.commands[args[0]] = _grown(args[0])
            _leave_to_collector()
        return super().resolve_command(ctx, args)


def command_tree() -> TyperGroup:
    """The `digest` command."""
    root = typer.Typer(
        cls=_Tree,
        name="digest",
        help="Newsletter digests: every briefing reaches every reader who asked for it exactly once.",
        rich_markup_mode=None,
        add_completion=False,
        context_settings={"help_option_names": list(_HELP)},
    )
    root.callback()(_digest)
    tree = typer.main.get_group(root)
    for word, branch in _BRANCHES.items():
        tree.add_command(TyperCommand(word, help=branch.help, rich_markup_mode=None))
    return tree


def _tell_version(wanted: bool) -> None:
    if wanted:
        print(f"digest {__version__}")
        raise typer.Exit


def _digest(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_tell_version, help="Say which version this is."),
    ] = False,
) -> None:
    """What stands before the first word."""


@cache
def _grown(word: str) -> Any:
    part = typer.Typer(rich_markup_mode=None)
    # structlog takes it along for coloured tracebacks, a tenth of all that loads, and ours are plain; whoever
    # draws a table or a bar imports it when it comes to that
    with unloaded("rich"):
        modules = [import_module(f"digest.cli.{file}") for file in _BRANCHES[word].files]
    modules[0].add_to(part)
    _written_as_elsewhere(part)
    return typer.main.get_group(part).commands[word]


def _written_as_elsewhere(part: typer.Typer) -> None:
    """Have every command of a branch be one of ours."""
    for command in part.registered_commands:
        command.cls = _Command
    for group in part.registered_groups:
        if group.typer_instance is not None:
            _written_as_elsewhere(group.typer_instance)


def _leave_to_collector() -> None:
    """Look for garbage in cycles in what is made from now on only, and seldom: we make little of it."""
    gc.freeze()
    gc.set_threshold(*_COLLECT_AFTER)
    gc.enable()
