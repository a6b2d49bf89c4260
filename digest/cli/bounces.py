"""`digest bounces`: what came back is read from files, listed, and settled where nothing proved it."""

from __future__ import annotations

from pathlib import Path
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
    counted,
    listing,
    note,
    parse_choice,
    parse_now,
    run,
    say,
    table,
    whole,
)
from digest.cli.dispatch import stopping
from digest.cli.doors import store_at, store_of
from digest.cli.incoming import intake_for, mailbox_reader_for
from digest.cli.statuses import DONE, FAILED_IN_PART
from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.errors import InputError, SettingsError
from digest.flows import returned_by_hand
from digest.flows.intake import Intake
from digest.flows.read_mailbox import MailboxRead
from digest.flows.returned_shown import looked_at, return_shown, settled_shown
from digest.flows.settle import TOGETHER, Mail, Settled
from digest.mail.mailfiles import MOST_OCTETS, Unreadable, mails_in
from digest.settings_file import load_settings
from digest.store import returned_mails
from subscribers.wishes import parse_address

bounces = typer.Typer(help="Bounces, complaints and answers: read, list and settle what came back.")

ReturnId = Annotated[int, typer.Argument(metavar="ID", parser=whole())]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(bounces, name="bounces")


@bounces.command("read")
def read(
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH...", help="Mails, mailboxes (mbox), Maildirs, folders, or - for one."),
    ],
    json: Json = False,
    config: Config = None,
) -> None:
    """Read returned mails and complaints, and do what follows from them."""
    settings = load_settings(config)

    async def work() -> tuple[list[dict[str, Any]], int, list[Unreadable]]:
        async with store_at(settings) as store:
            return await _read_all(paths, intake_for(settings, store))

    events, said_nothing, unreadable = run(work())
    unmatched = sum(one["effect"] == Effect.UNMATCHED for one in events)
    failed = [{"file": one.name, "reason": one.reason} for one in unreadable]
    counts = {"unmatched": unmatched, "said_nothing": said_nothing}
    document = {"events": events, **counts, "unreadable": failed}
    if json:
        answer(document)
    else:
        columns = ("file", "kind", "recipient", "code", "delivery", "effect", "text")
        table("", columns, [[one[name] for name in columns] for one in events])
        for one in unreadable:
            note(f"{one.name}: {one.reason}")
        say(f"{counted(len(events), 'event')}, {unmatched} unmatched; {said_nothing} of no interest")
    raise typer.Exit(FAILED_IN_PART if unreadable else DONE)


@bounces.command("poll")
def poll(json: Json = False, config: Config = None) -> None:
    """Read the mailbox that the settings name, once, and do what follows from what lies there."""
    settings = load_settings(config)

    async def work() -> MailboxRead:
        async with store_at(settings) as store, stopping() as stop:
            reader = mailbox_reader_for(settings, store)
            if reader is None:
                raise SettingsError(
                    "no mailbox is set: say DIGEST_RETURNS_MAILBOX=imaps://USER:PASSWORD@HOST"
                )
            return await reader.read_now(stop)

    found = run(work())
    events = [settled_shown(one) | {"file": None} for one in found.events]
    unmatched = sum(one["effect"] == Effect.UNMATCHED for one in events)
    if json:
        counts = {"unmatched": unmatched, "mails": found.mails, "aside": found.aside}
        answer({"events": events, **counts, "trouble": found.trouble or None})
    else:
        columns = ("kind", "recipient", "code", "delivery", "effect", "text")
        table("", columns, [[one[name] for name in columns] for one in events])
        say(f"{counted(found.mails, 'mail')}, {counted(len(events), 'event')}, {unmatched} unmatched")
        if found.trouble:
            note(found.trouble)
    raise typer.Exit(FAILED_IN_PART if found.trouble else DONE)


@bounces.command("list")
def list_returns(
    kind: Annotated[str | None, typer.Option("--kind", metavar="KIND", help="Of this kind only.")] = None,
    unmatched: Annotated[bool, typer.Option("--unmatched", help="What nobody was found behind.")] = False,
    waiting: Annotated[bool, typer.Option("--waiting", help="What waits for a person.")] = False,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List what came back, the newest first."""
    wanted = parse_choice(kind, Kind, "kind")

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            return await listing(
                lambda start, count: returned_mails.page(
                    connection,
                    before=start or None,
                    limit=count,
                    kind=wanted,
                    unmatched=unmatched,
                    waiting=waiting,
                ),
                Page(limit, after, everything),
                lambda one: one.id,
                return_shown,
            )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "at", "kind", "recipient", "code", "delivery", "effect", "text")
    rows = [[item[name] for name in columns] for item in document["items"]]
    return table("", columns, rows, following=document["next"])


@bounces.command("show")
def show(return_id: ReturnId, json: Json = False, config: Config = None) -> None:
    """Show what came back, with the mail itself if it is kept."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store:
            return looked_at(*await returned_by_hand.look(return_id, store=store))

    document = run(work())
    if json:
        return answer(document)
    mail = document.pop("mail")
    for name, value in document.items():
        if value not in {None, ""}:
            say(f"{name}: {value}")
    if mail is not None:
        say(f"\nfrom {mail['from']}: {mail['subject']}\n\n{mail['text']}")
    return None


@bounces.command("apply")
def apply(
    return_id: ReturnId,
    email: Annotated[str | None, typer.Option("--email", metavar="EMAIL", help="The reader.")] = None,
    delivery: Annotated[
        int | None, typer.Option("--delivery", metavar="ID", help="The copy.", parser=whole())
    ] = None,
    says: Annotated[
        str | None, typer.Option("--as", metavar="KIND", help="What it says, where no rule could read it.")
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Say whom an unmatched one is about; then what follows is done."""
    if (email is None) == (delivery is None):
        raise InputError("say whom it is about: either --email or --delivery")
    address = "" if email is None else parse_address(email)
    kind = parse_choice(says, Kind, "kind")

    async def work() -> Effect:
        async with store_of(config) as store:
            return await returned_by_hand.apply(
                return_id,
                by=at_the_shell(),
                store=store,
                now=parse_now(None),
                address=address,
                delivery_id=delivery,
                kind=kind,
            )

    effect = run(work())
    return answer({"id": return_id, "effect": effect}) if json else say(f"{return_id}: {effect}")


@bounces.command("done")
def done(return_id: ReturnId, json: Json = False, config: Config = None) -> None:
    """Say that a kept mail needs nobody any more."""

    async def work() -> bool:
        async with store_of(config) as store:
            return await returned_by_hand.be_done_with(
                return_id, by=at_the_shell(), store=store, now=parse_now(None)
            )

    changed = run(work())
    if json:
        return answer({"id": return_id, "changed": changed})
    return say(f"{return_id} is done with" if changed else f"{return_id} was done with before")


async def _read_all(paths: list[Path], intake: Intake) -> tuple[list[dict[str, Any]], int, list[Unreadable]]:
    """Events as shown, how many mails said nothing, and what could not be read."""
    events: list[dict[str, Any]] = []
    unreadable: list[Unreadable] = []
    waiting: list[Mail] = []
    said_nothing = 0

    async def settle() -> int:
        found = await intake.take_in(waiting)
        named: list[tuple[str, Settled]] = [
            (mail.name, one) for mail, of_mail in zip(waiting, found, strict=True) for one in of_mail or ()
        ]
        events.extend(settled_shown(one) | {"file": name} for name, one in named)
        waiting.clear()
        return sum(of_mail == () for of_mail in found)

    for path in paths:
        for found in mails_in(path):
            if isinstance(found, Unreadable):
                unreadable.append(found)
                continue
            waiting.append(Mail(found.raw, found.name, found.envelope_to, found.envelope_from))
            if len(waiting) == TOGETHER or sum(len(one.raw) for one in waiting) > MOST_OCTETS:
                said_nothing += await settle()
    said_nothing += await settle()
    return events, said_nothing, unreadable
