"""`digest webhooks`: who elsewhere is told what happens."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final

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
    parse_now,
    part,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_at, store_of
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.webhooks import ASKED_FOR
from digest.errors import InputError
from digest.flows import webhooks as flows
from digest.flows.hand_over import Messenger
from digest.flows.shown import handover_shown, webhook_shown
from digest.flows.webhooks import WebhookEdit
from digest.settings_file import load_settings
from digest.store import webhooks as shelf
from digest.store.database import Database
from digest.store.events import Handover
from digest.store.webhooks import Webhook
from digest.wiring import reach_to_webhooks

webhooks = typer.Typer(help="Who elsewhere is told what happens.")

_EVENTS: Final = f"Some of {','.join(ASKED_FOR)}, or all."

Number = Annotated[int, typer.Argument(metavar="ID", parser=whole())]
Addresses = Annotated[
    bool | None,
    typer.Option("--addresses/--no-addresses", help="Name readers' addresses; over https only."),
]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(webhooks, name="webhooks")


@webhooks.command("list")
def list_webhooks(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List webhooks, and how they are."""

    async def work() -> list[Webhook]:
        async with store_of(config) as store, store.read() as connection:
            return [one for one in await shelf.every(connection) if one.id > after]

    found, following = part(run(work()), limit, everything)
    if json:
        return answer({"items": [webhook_shown(one) for one in found], "next": following})
    rows = [(one.id, one.label, one.url, ", ".join(one.kinds), _state(one)) for one in found]
    return table("", ("id", "label", "url", "events", "state"), rows, following=following)


@webhooks.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Where events are posted to.")],
    events: Annotated[str, typer.Option("--events", metavar="LIST", help=_EVENTS)] = "all",
    label: Annotated[str | None, typer.Option("--label", help="What it is for; the host else.")] = None,
    addresses: Addresses = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Tell a program what happens from now on, and show once the secret with which events are signed."""
    wish = WebhookEdit(url, label, _kinds(events), addresses)

    async def do(store: Database, now: datetime) -> Webhook:
        return await flows.add_webhook(wish, by=at_the_shell(), store=store, now=now)

    _tell_secret(_done(do, config), json)


@webhooks.command("edit")
def edit(
    webhook_id: Number,
    url: Annotated[str | None, typer.Option("--url", help="Where events are posted to.")] = None,
    events: Annotated[str | None, typer.Option("--events", metavar="LIST", help=_EVENTS)] = None,
    label: Annotated[str | None, typer.Option("--label")] = None,
    addresses: Addresses = None,
    on: Annotated[bool | None, typer.Option("--on/--off", help="Whether it is told what happens.")] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Change a webhook, or turn it off or on: what waits for one that is off is told once it is on again."""
    if all(given is None for given in (url, events, label, addresses, on)):
        raise InputError("nothing is to be changed: say what, see digest webhooks edit --help")
    wish = WebhookEdit(url, label, None if events is None else _kinds(events), addresses, on)

    async def do(store: Database, now: datetime) -> Webhook:
        return await flows.edit_webhook(webhook_id, wish, by=at_the_shell(), store=store, now=now)

    _tell(_done(do, config), json)


@webhooks.command("secret")
def secret(webhook_id: Number, json: Json = False, config: Config = None) -> None:
    """Make another secret, and show it this once; the old one signs as well for two days."""

    async def do(store: Database, now: datetime) -> Webhook:
        return await flows.rotate_secret(webhook_id, by=at_the_shell(), store=store, now=now)

    _tell_secret(_done(do, config), json)


@webhooks.command("remove")
def remove(webhook_id: Number, json: Json = False, config: Config = None) -> None:
    """Tell a program nothing any more."""

    async def do(store: Database, now: datetime) -> Webhook:
        return await flows.remove_webhook(webhook_id, by=at_the_shell(), store=store, now=now)

    removed = _done(do, config)
    if json:
        return answer(webhook_shown(removed))
    return say(f"webhook {removed.id} ({removed.label}) is removed")


@webhooks.command("test")
def try_out(webhook_id: Number, json: Json = False, config: Config = None) -> None:
    """Hand over an event that says nothing, and show the answer; status 1 when it is not taken."""
    settings = load_settings(config)

    async def work() -> Handover:
        async with store_at(settings) as store:
            now = parse_now(None)
            noted = await flows.test_webhook(webhook_id, by=at_the_shell(), store=store, now=now)
            return await Messenger(store=store, reach=reach_to_webhooks(settings)).hand_one(noted)

    done = run(work())
    if json:
        answer(handover_shown(done))
    elif done.taken_at:
        say(f"it was taken: {done.status}")
    else:
        say(f"it was not taken: {' '.join(filter(None, (str(done.status or ''), done.words)))}")
    raise typer.Exit(DONE if done.taken_at else FAILED_IN_PART)


def _done(do: Callable[[Database, datetime], Awaitable[Webhook]], config: Config) -> Webhook:
    async def work() -> Webhook:
        async with store_of(config) as store:
            return await do(store, parse_now(None))

    return run(work())


def _kinds(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    return tuple(ASKED_FOR) if words == ("all",) else words


def _state(one: Webhook) -> str:
    if not one.is_on:
        return f"off: {one.off_because}"
    return "failing" if one.failing_since else "on"


def _tell(one: Webhook, json: bool) -> None:
    if json:
        return answer(webhook_shown(one))
    return say(f"webhook {one.id} ({one.label}) is {_state(one)}")


def _tell_secret(one: Webhook, json: bool) -> None:
    if json:
        return answer(webhook_shown(one) | {"secret": one.secret})
    say(one.secret)
    return note(f"webhook {one.id} ({one.label}) signs with this: keep it now, it is shown only once")
