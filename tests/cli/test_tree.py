"""The tree of commands: all that this version has and none of a later one, each explaining itself."""

from __future__ import annotations

import re
import subprocess
import sys

import pytest
import typer

from digest import __version__
from digest.cli.tree import command_tree
from tests.cli.commands import CALLS
from tests.cli.shell import Shell

#: Slow to load, and needed by few commands.
HEAVY = (
    "alembic",
    "apscheduler",
    "babel",
    "cssutils",
    "fastapi",
    "premailer",
    "rich",
    "sqlalchemy",
    "uvicorn",
)
#: Words that look at the store, or write a row into it.
LIGHT = ("init", "ingest", "briefings", "topics", "subscribers", "why", "status")


def every_command() -> set[str]:
    tree = command_tree()
    found = set()
    for word in list(tree.commands):
        _, command, _ = tree.resolve_command(typer.Context(tree), [word])
        deeper = getattr(command, "commands", None)
        found |= {word} if deeper is None else {f"{word} {name}" for name in deeper}
    return found


def test_every_command_is_known_to_these_tests() -> None:
    assert every_command() == CALLS.keys() | {"serve", "worker", "demo", "bounces poll"}


@pytest.mark.parametrize("command", sorted({*CALLS, "serve", "worker", "demo", "bounces poll"}))
def test_command_explains_itself_and_takes_json_and_config(command: str, shell: Shell) -> None:
    answer = shell.ok(*command.split(), "--help")
    assert f"Usage: digest {command} " in answer.out
    assert "--json" in answer.out
    assert "--config FILE" in answer.out
    assert answer.err == ""
    # bounds that nobody reaches are no help
    assert not re.search(r"\d{10}", answer.out)


@pytest.mark.parametrize("command", sorted({*CALLS, "serve", "worker", "demo", "bounces poll"}))
def test_no_command_shows_braces_or_types_of_python(command: str, shell: Shell) -> None:
    told = shell.ok(*command.split(), "--help").out
    assert not re.search(r"[{}<>]", told.splitlines()[0])
    assert not re.search(r"<(str|int|float|path|list.*)>", told)


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        ("subscribers add", "digest subscribers add [OPTIONS] EMAIL"),
        ("ingest", "digest ingest [OPTIONS] SOURCE..."),
        ("backup", "digest backup [OPTIONS] [FILE]"),
        ("deliveries retry", "digest deliveries retry [OPTIONS] ID..."),
    ],
)
def test_arguments_are_written_as_in_other_programs(command: str, usage: str, shell: Shell) -> None:
    assert shell.ok(*command.split(), "--help").out.startswith(f"Usage: {usage}\n")


@pytest.mark.parametrize("word", ["nonsense"])
def test_word_that_is_no_command_yet_is_refused(word: str, shell: Shell) -> None:
    assert shell(word).complaint.startswith(f"No such command '{word}'")


def test_overview_names_every_command_and_loads_none() -> None:
    overview, loaded = loaded_by("command_tree().main(['--help'], 'digest', standalone_mode=False)")
    assert loaded == set()
    commands = overview[overview.index("Commands:") + 1 :]
    assert {line.split()[0] for line in commands} == {name.split()[0] for name in every_command()}
    assert not [line for line in commands if line.endswith("...")]


def test_command_that_looks_at_the_store_loads_nothing_that_prints_or_serves() -> None:
    grow = "command_tree().resolve_command(Context(command_tree()), [word])"
    _, loaded = loaded_by(f"for word in {LIGHT!r}: {grow}")
    assert not loaded & {"apscheduler", "fastapi", "premailer", "uvicorn"}


def loaded_by(call: str) -> tuple[list[str], set[str]]:
    """What a new Python says to this, and the heavy modules that it has then."""
    names = "import sys; from typer import Context; from digest.cli.tree import command_tree"
    report = f"print(*(name for name in {HEAVY!r} if name in sys.modules))"
    code = "\n".join([names, call, report])
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    *said, loaded = done.stdout.splitlines()
    return said, set(loaded.split())


def test_bare_command_shows_the_overview(shell: Shell) -> None:
    assert shell.ok().out == shell.ok("--help").out


def test_version_is_said(shell: Shell) -> None:
    assert shell.ok("--version").out == f"digest {__version__}\n"


def test_help_has_a_short_name_at_every_command(shell: Shell) -> None:
    assert shell.ok("-h").out == shell.ok("--help").out
    assert shell.ok("run", "-h").out == shell.ok("run", "--help").out


def test_group_without_a_command_says_where_to_look(shell: Shell) -> None:
    assert shell("subscribers").complaint == "Missing command (see digest subscribers --help)"
