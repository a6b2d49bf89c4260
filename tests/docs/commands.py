"""The reference of commands, from the tree of commands itself: what docs/reference/commands.md says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from digest.cli.tree import command_tree
from tests.docs.blocks import DOCS

PAGE: Final = DOCS / "reference" / "commands.md"
#: Told once for all commands.
_EVERYWHERE: Final = frozenset({"json", "config", "help"})


def text() -> str:
    """The whole page, as of today."""
    return "\n".join(_lines()) + "\n"


def every_command() -> Iterator[tuple[str, Any]]:
    """(words, command) of each command that does something, in the order of the overview."""
    tree: Any = command_tree()
    root = typer.Context(tree, info_name="digest")
    for word in list(tree.commands):
        _, grown, _ = tree.resolve_command(root, [word])
        context = typer.Context(grown, parent=root, info_name=word)
        deeper = getattr(grown, "commands", None)
        if deeper is None:
            yield word, grown
            continue
        for name in grown.list_commands(context):
            yield f"{word} {name}", grown.get_command(context, name)


def _lines() -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "Written by `make reference` from the commands themselves; `digest COMMAND --help` says the same."
    yield ""
    yield (
        "Every command takes `--json` (one JSON document on standard output, and nothing else there), "
        "`--config FILE` (instead of\n`digest.toml` in the working directory) and `--help`. "
        "The status is 0 when all is well, 1 when the work was done and something in it failed, 2\n"
        "when the call or the settings are wrong and nothing was changed. "
        "Lists take `--limit`, `--after` and `--all`."
    )
    tree = command_tree()
    before = ""
    for words, command in every_command():
        branch = words.split()[0]
        if branch != before:
            yield f"\n## {branch}\n"
            yield tree.commands[branch].help or ""
            before = branch
        yield from _command(words, command)


def _command(words: str, command: Any) -> Iterator[str]:
    shown = [one for one in command.params if one.name not in _EVERYWHERE and not one.hidden]
    arguments = [one for one in shown if one.param_type_name == "argument"]
    names = " ".join(_argument(one) for one in arguments)
    if " " in words:
        yield f"\n### {words}\n"
        yield _sentence(command.help)
    yield f"\n`digest {words}{' ' if names else ''}{names}`\n"
    rows = [(_argument(one), one) for one in arguments if one.help]
    rows += [(_option(one), one) for one in shown if one.param_type_name == "option"]
    if rows:
        yield "| | |"
        yield "|---|---|"
    for name, one in rows:
        yield f"| `{_cell(name)}` | {_cell(_sentence(one.help))}{_default(one)} |"


def _argument(one: Any) -> str:
    name = (one.metavar or one.name).strip("[]{}").removesuffix("...").upper()
    name = f"{name}…" if one.nargs == -1 else name
    return name if one.required else f"[{name}]"


def _option(one: Any) -> str:
    names = ", ".join(one.opts)
    if one.secondary_opts:
        return f"{names} / {', '.join(one.secondary_opts)}"
    if one.is_flag:
        return names
    words = one.metavar or one.name.upper().replace("_", "-")
    return f"{names} {words}"


def _default(one: Any) -> str:
    if one.param_type_name == "argument" or one.is_flag or one.default in (None, "", (), []):
        return ""
    return f" Default: `{getattr(one.default, 'value', one.default)}`."


def _sentence(words: str | None) -> str:
    return " ".join((words or "").split())


def _cell(words: str) -> str:
    return words.replace("|", "\\|")


def write() -> Path:
    """Write the page anew."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
