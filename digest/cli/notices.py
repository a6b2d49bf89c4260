"""`digest notices`: mails to one person that are no issue, what became of them, and what is to."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    Page,
    answer,
    listing,
    parse_choice,
    parse_now,
    run,
    say,
    table,
    whole,
)
from digest.cli.dispatch import press_for
from digest.cli.doors import store_at, store_of
from digest.core.model import DeliveryStatus
from digest.core.notices import Notice, NoticeKind
from digest.errors import InputError
from digest.flows import settling_notices
from digest.flows.shown import notice_shown
from digest.settings_file import load_settings
from digest.store import newsletters
from digest.store import notices as shelf

notices = typer.Typer(help="List, retry and resolve mails that are no issue.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(notices, name="notices")


@notices.command("list")
def list_notices(
    status: Annotated[str | None, typer.Option("--status", help="Such as sent or refused.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help=", ".join(NoticeKind))] = None,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List notices by id."""
    wanted = parse_choice(status, DeliveryStatus)
    about = parse_choice(kind, NoticeKind, "kind")

    async def work() -> dict[str, Any]:
        settings = load_settings(config)
        async with store_at(settings) as store:
            message_id = await press_for(settings, store).notices.message_ids()
            async with store.read() as connection:
                slugs = await newsletters.slugs(connection)
                return await listing(
                    lambda start, count: shelf.page(
                        connection, after=start, limit=count, status=wanted, kind=about
                    ),
                    Page(limit, after, everything),
                    lambda notice: notice.id,
                    lambda notice: notice_shown(notice, slugs, message_id(notice)),
                )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "kind", "newsletter", "email", "status", "attempts", "reason", "due_at", "sent_at")
    rows = [[item[name] for name in columns] for item in document["items"]]
    return table("", columns, rows, following=document["next"])


@notices.command("retry")
def retry(
    ids: Annotated[list[int], typer.Argument(metavar="ID", parser=whole())],
    json: Json = False,
    config: Config = None,
) -> None:
    """Try notices again with the next run that were refused, deferred or given up."""

    async def work() -> list[Notice]:
        async with store_of(config) as store:
            return await settling_notices.retry(ids, store=store, now=parse_now(None), by=at_the_shell())

    _tell(run(work()), json)


@notices.command("resolve")
def resolve(
    notice_id: Annotated[int, typer.Argument(metavar="ID", parser=whole())],
    as_: Annotated[str, typer.Option("--as", metavar="sent|again", help="What is to be taken as true.")],
    json: Json = False,
    config: Config = None,
) -> None:
    """Settle a notice in doubt: it was sent, or it shall be sent again."""
    if as_ not in {"sent", "again"}:
        raise InputError(f"--as {as_!r} is not known: say sent or again")

    async def work() -> Notice:
        async with store_of(config) as store:
            return await settling_notices.resolve(
                notice_id, was_sent=as_ == "sent", store=store, now=parse_now(None), by=at_the_shell()
            )

    _tell([run(work())], json)


def _tell(done: list[Notice], json: bool) -> None:
    if json:
        return answer({"items": [{"id": one.id, "status": one.status} for one in done], "next": None})
    return say("; ".join(f"notice {one.id} is {one.status.value}" for one in done))
