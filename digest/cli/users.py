"""`digest users`: who may enter the desk, and the keys of programs."""

from __future__ import annotations

import getpass
import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    answer,
    note,
    parse_choice,
    parse_now,
    part,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_at, store_of
from digest.core.access import POWERS_OF, SCOPES, Power, Role
from digest.errors import InputError
from digest.flows import entry_links as links
from digest.flows import people as flows
from digest.flows.entry_links import EntryLink
from digest.flows.people import Pass, person_named
from digest.flows.proofs import checked_password
from digest.flows.shown import key_shown, link_shown, person_shown
from digest.settings_file import load_settings
from digest.store import people as shelf
from digest.store.people import ApiKey, Person

users = typer.Typer(help="Who may enter the desk, and the keys of programs.")

#: A password is one line; whoever pipes a file in by mistake is told before it fills the memory.
_MOST_PASSWORD_BYTES: Final = 10_000

Name = Annotated[str, typer.Argument(metavar="NAME")]
FromInput = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from standard input, not the terminal.")
]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(users, name="users")


@users.command("add")
def add(
    name: Name,
    role: Annotated[str, typer.Option("--role", metavar="admin|editor|viewer")] = "viewer",
    password_stdin: FromInput = False,
    link: Annotated[
        bool, typer.Option("--link", help="Ask for no password: print a link by which they choose it.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Let somebody enter the desk; asks for a password, unless they choose it by a link."""
    chosen = parse_choice(role, Role, "role") or Role.VIEWER
    name = flows.parse_name(name)
    if link:
        if password_stdin:
            raise InputError("--link and --password-stdin: choose one, who has a link chooses the password")
        return _add_with_link(name, chosen, json, config)
    password = _password(password_stdin, name)

    async def work() -> Person:
        async with store_of(config) as store:
            now = parse_now(None)
            return await flows.add_person(name, chosen, password, by=at_the_shell(), store=store, now=now)

    return _tell(run(work()), json)


@users.command("link")
def link(name: Name, json: Json = False, config: Config = None) -> None:
    """Make a link by which NAME chooses a new password, and show it this once.

    It is good once and for three days; links before it are void.
    """

    async def work() -> EntryLink:
        settings = load_settings(config)
        async with store_at(settings) as store:
            async with store.read() as connection:
                person = await person_named(connection, name)
            parts: dict[str, Any] = {"base_url": settings.base_url, "by": at_the_shell(), "store": store}
            return await links.make_link(person.id, **parts, now=parse_now(None))

    _tell_link(run(work()), json)


@users.command("list")
def list_users(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List everybody who has an account."""

    async def work() -> list[Person]:
        async with store_of(config) as store, store.read() as connection:
            return [one for one in await shelf.every(connection) if one.id > after]

    found, following = part(run(work()), limit, everything)
    if json:
        return answer({"items": [person_shown(one) for one in found], "next": following})
    rows = [(one.name, one.role, "yes" if one.code_secret else "", one.shut_out_at) for one in found]
    return table("", ("name", "role", "codes", "shut out"), rows, following=following)


@users.command("edit")
def edit(
    name: Name,
    role: Annotated[str | None, typer.Option("--role", metavar="admin|editor|viewer")] = None,
    password: Annotated[bool, typer.Option("--password", help="Ask for a new password.")] = False,
    password_stdin: FromInput = False,
    no_codes: Annotated[
        bool, typer.Option("--no-codes", help="Ask for one-time codes no more: the device is lost.")
    ] = False,
    shut_out: Annotated[
        bool | None, typer.Option("--shut-out/--let-in", help="Sessions and keys are of no use any more.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change somebody's role or password, or shut them out."""
    chosen = parse_choice(role, Role, "role")
    wants_password = password or password_stdin
    if chosen is None and shut_out is None and not (wants_password or no_codes):
        raise InputError("nothing is to be changed: say what, see digest users edit --help")
    new = _password(password_stdin, name) if wants_password else ""

    async def work() -> Person:
        async with store_of(config) as store:
            now, by = parse_now(None), at_the_shell()
            async with store.read() as connection:
                person = await person_named(connection, name)
            if chosen is not None:
                await flows.change_role(person.id, chosen, by=by, store=store, now=now)
            if wants_password:
                await flows.set_password(person.id, new, Pass(by), store=store, now=now)
            if no_codes:
                await flows.end_codes(person.id, by=by, store=store, now=now)
            if shut_out is not None:
                act = flows.shut_out if shut_out else flows.let_in
                await act(person.id, by=by, store=store, now=now)
            async with store.read() as connection:
                return await person_named(connection, name)

    _tell(run(work()), json)


@users.command("key")
def key(
    name: Name,
    label: Annotated[str, typer.Option("--label", help="What it is for.")] = "api",
    scopes: Annotated[
        str | None,
        typer.Option("--scopes", help=f"Some of {','.join(one for one in Power if one in SCOPES)}."),
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Make a key for a program, and show it this once; it can do what NAME can, or less."""

    async def work() -> tuple[ApiKey, str]:
        async with store_of(config) as store:
            async with store.read() as connection:
                person = await person_named(connection, name)
            wanted = POWERS_OF[person.role] & SCOPES if scopes is None else _scopes(scopes)
            now, by = parse_now(None), at_the_shell()
            return await flows.make_key(person.id, label, wanted, by=by, store=store, now=now)

    made, secret = run(work())
    if json:
        return answer(key_shown(made) | {"key": secret})
    say(secret)
    return note(f"key {made.id} of {name}: keep it now, it is shown only once")


@users.command("keys")
def keys(
    name: Name,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List somebody's keys."""

    async def work() -> tuple[ApiKey, ...]:
        async with store_of(config) as store, store.read() as connection:
            mine = await shelf.keys_of(connection, (await person_named(connection, name)).id)
            return tuple(one for one in reversed(mine) if one.id > after)

    found, following = part(run(work()), limit, everything)
    if json:
        return answer({"items": [key_shown(one) for one in found], "next": following})
    columns = ("id", "label", "beginning", "scopes", "made_at", "used_at", "revoked_at")
    rows = [
        [", ".join(v) if isinstance(v := key_shown(one)[c], list) else v for c in columns] for one in found
    ]
    return table("", columns, rows, following=following)


@users.command("revoke")
def revoke(
    key_id: Annotated[int, typer.Argument(metavar="KEY-ID", parser=whole())],
    json: Json = False,
    config: Config = None,
) -> None:
    """Revoke a key for good."""

    async def work() -> ApiKey:
        async with store_of(config) as store:
            return await flows.revoke_key(key_id, by=at_the_shell(), store=store, now=parse_now(None))

    revoked = run(work())
    if json:
        return answer(key_shown(revoked))
    return say(f"key {revoked.id} ({revoked.label}) is revoked")


def _add_with_link(name: str, role: Role, json: bool, config: Path | None) -> None:
    async def work() -> EntryLink:
        settings = load_settings(config)
        async with store_at(settings) as store:
            parts: dict[str, Any] = {"base_url": settings.base_url, "by": at_the_shell(), "store": store}
            return await links.add_with_link(name, role, **parts, now=parse_now(None))

    made = run(work())
    if not json:
        _tell(made.person, json)
    _tell_link(made, json)


def _tell_link(made: EntryLink, json: bool) -> None:
    if json:
        return answer(link_shown(made))
    say(made.link)
    until = f"{made.until:%Y-%m-%d %H:%M} UTC"
    return note(f"good once, until {until}: hand it to {made.person.name} now, it is shown only once")


def _tell(person: Person, json: bool) -> None:
    if json:
        return answer(person_shown(person))
    state = "is shut out" if person.shut_out_at else f"may enter as {person.role}"
    return say(f"{person.name} {state}")


def _scopes(text: str) -> frozenset[Power]:
    words = [word.strip() for word in text.split(",") if word.strip()]
    return frozenset(parse_choice(word, Power, "scope") or Power.SEE for word in words)


def _password(from_input: bool, name: str) -> str:
    """A password from the terminal, typed twice, or from standard input up to the end of its first line."""
    if from_input:
        read = sys.stdin.buffer.readline(_MOST_PASSWORD_BYTES).decode("utf-8", "replace")
        return checked_password(read.rstrip("\r\n"), name)
    if not sys.stdin.isatty():
        raise InputError("there is no terminal to ask on: hand the password over with --password-stdin")
    password = checked_password(getpass.getpass("Password: "), name)
    if getpass.getpass("Again: ") != password:
        raise InputError("the two passwords differ: nothing was changed")
    return password
