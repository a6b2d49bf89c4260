"""`digest doctor`: what is wrong with settings, store, mail servers, DNS records, clocks and the rest."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from ipaddress import ip_address
from itertools import groupby
from typing import Annotated

import typer

from digest.cli import doctor_deep as deep_look
from digest.cli.console import Config, Json, answer, counted, parse_choice, parse_now, run, say
from digest.cli.doctor_parts import parts_for
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.doctor_findings import Finding, Group, Level, is_well
from digest.errors import InputError
from digest.flows.checkup import checkup
from digest.reach.records import parse_resolver
from digest.settings_file import load_settings

Only = Annotated[
    str | None,
    typer.Option(
        "--only", metavar="GROUPS", help=f"Look at these alone, comma-separated: {', '.join(Group)}."
    ),
]
Resolver = Annotated[
    str | None,
    typer.Option(
        "--resolver", metavar="ADDRESS[:PORT]", help="Ask this one for DNS records, not this machine's."
    ),
]
Address = Annotated[
    list[str] | None,
    typer.Option("--address", metavar="ADDRESS", help="From where mail reaches the internet; repeat it."),
]
Deep = Annotated[
    bool,
    typer.Option("--deep", help="Look at every row of the store, and at nothing else; it may take minutes."),
]
_SIGNS = {Level.FINE: "ok", Level.ADVICE: "advice", Level.WARNING: "warning", Level.ERROR: "ERROR"}


def add_to(app: typer.Typer) -> None:
    """Hang the command of this file into the tree."""
    app.command("doctor")(doctor)


def doctor(
    only: Only = None,
    resolver: Resolver = None,
    address: Address = None,
    deep: Deep = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Say what is wrong with settings, store, mail servers, DNS records, clocks and workers.

    It sends no mail and changes nothing. The status is 1 when there is a warning or an error.
    """
    if deep:
        if only is not None or resolver is not None or address:
            raise InputError("--deep looks at the rows of the store alone: call it without the other options")
        return deep_look.look(json=json, config=config)
    groups = _groups(only)
    server = None if resolver is None else _resolver(resolver)
    leaves_from = tuple(_address(one) for one in address or ())

    async def work() -> tuple[Finding, ...]:
        parts = parts_for(load_settings(config), config, server, leaves_from, parse_now(None).date())
        return await checkup(parts, groups)

    found = run(work())
    if json:
        answer({"findings": found, "ok": is_well(found)})
    else:
        _tell(found)
    raise typer.Exit(DONE if is_well(found) else FAILED_IN_PART)


def _groups(only: str | None) -> frozenset[Group]:
    words = [] if only is None else [word.strip() for word in only.split(",")]
    chosen = (parse_choice(word, Group, "group") for word in words)
    return frozenset(one for one in chosen if one is not None)


def _resolver(text: str) -> tuple[str, int]:
    try:
        return parse_resolver(text)
    except ValueError as error:
        raise InputError(f"resolver {text!r} {error}") from None


def _address(text: str) -> str:
    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise InputError(f"address {text!r} is not one of a machine, such as 192.0.2.25") from None


def tell_findings(found: Iterable[Finding], tell: Callable[[str], None]) -> None:
    """Each finding with how bad it is, and how to mend it."""
    for one in found:
        tell(f"  {_SIGNS[one.level]:8}{one.line} [{one.id}]")
        if one.mend:
            tell(f"          -> {one.mend}")


def _tell(found: tuple[Finding, ...]) -> None:
    for group, findings in groupby(found, key=lambda one: one.group):
        say(group)
        tell_findings(findings, say)
    errors, warnings = (sum(one.level is level for one in found) for level in (Level.ERROR, Level.WARNING))
    if errors or warnings:
        say(f"{counted(errors, 'error')}, {counted(warnings, 'warning')}: docs/doctor.md tells more of each")
    else:
        say("all is well")
