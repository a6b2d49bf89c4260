"""`digest issues` and `digest deliveries`: what was planned, and what became of each copy."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Mapping
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
    parse_choice,
    parse_now,
    run,
    say,
    table,
    whole,
)
from digest.cli.dispatch import press_for
from digest.cli.doors import store_at, store_of
from digest.core.model import DeliveryStatus, Issue, IssueStatus
from digest.errors import InputError, NotFoundError, missing
from digest.flows import issue_acts, settling
from digest.flows.anew import plan_anew
from digest.flows.shown import cohort_shown, delivery_shown, issue_shown, state_words
from digest.flows.trials import send_trial
from digest.settings_file import load_settings
from digest.store import issues as issue_shelf
from digest.store import ledger, newsletters
from subscribers.wishes import parse_address

Id = Annotated[int, typer.Argument(metavar="ID", parser=whole())]

issues = typer.Typer(help="List, show, hold, approve and cancel issues.")
deliveries = typer.Typer(help="List, retry and resolve deliveries.")


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(issues, name="issues")
    app.add_typer(deliveries, name="deliveries")


@issues.command("list")
def list_issues(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List issues by id."""
    now = parse_now(None)

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            slugs = await newsletters.slugs(connection)
            document = await listing(
                lambda start, count: issue_shelf.page(connection, after=start, limit=count),
                Page(limit, after, everything),
                lambda issue: issue.id,
                lambda issue: issue_shown(issue, slugs, now),
            )
            for item in document["items"]:
                item["outcomes"] = await issue_shelf.outcome_counts(connection, item["id"])
            return document

    document = run(work())
    if json:
        return answer(document)
    rows = [
        (item["id"], item["newsletter"], item["slot_words"], _state(item), _counted(item["outcomes"]))
        for item in document["items"]
    ]
    return table("", ("id", "newsletter", "slot", "status", "copies"), rows, following=document["next"])


@issues.command("show")
def show(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Show an issue with its cohorts: who gets what, and why."""

    async def work() -> dict[str, Any]:
        async with store_of(config) as store, store.read() as connection:
            issue = await issue_shelf.by_id(connection, issue_id)
            if issue is None:
                raise missing(f"issue {issue_id}", "issues list")
            slugs = await newsletters.slugs(connection)
            document = issue_shown(issue, slugs, parse_now(None))
            document["outcomes"] = await issue_shelf.outcome_counts(connection, issue_id)
            document["cohorts"] = [
                cohort_shown(row) for row in await issue_shelf.cohorts_of(connection, issue_id)
            ]
            return document

    document = run(work())
    if json:
        return answer(document)
    say(f"issue {issue_id} of {document['newsletter']}, {document['slot_words']}: {_state(document)}")
    say(f"copies: {_counted(document['outcomes'])}\n")
    rows = [
        (
            cohort["readers"],
            "all" if cohort["topics"] is None else ", ".join(cohort["topics"]),
            cohort["skip"]
            or "; ".join(f"{topic.removeprefix('~')} {numbers}" for topic, numbers in cohort["groups"]),
            cohort["deferred"],
            "; ".join(f"{reason} {numbers}" for reason, numbers in cohort["left_out"].items()),
        )
        for cohort in document["cohorts"]
    ]
    return table("", ("readers", "follow", "get (publication numbers)", "deferred", "left out"), rows)


@issues.command("hold")
def hold(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Send no more copies of an issue until it is released; what a sender has in hand goes out."""
    _act(issue_id, issue_acts.hold, IssueStatus.HELD, config, json)


@issues.command("release")
def release(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Let an issue go on that was held."""
    _act(issue_id, issue_acts.release, IssueStatus.SENDING, config, json)


@issues.command("approve")
def approve(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Let an issue go that waits for approval."""
    _act(issue_id, issue_acts.approve, IssueStatus.SENDING, config, json)


@issues.command("plan-anew")
def plan_issue_anew(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Plan an issue that waits for approval from what is published now."""
    _act(issue_id, plan_anew, IssueStatus.WAITING, config, json)


@issues.command("cancel")
def cancel(issue_id: Id, json: Json = False, config: Config = None) -> None:
    """Take an issue back: what is not sent yet is skipped, and its readers get the briefings later."""

    async def work() -> issue_acts.Cancelled:
        async with store_of(config) as store:
            return await issue_acts.cancel(issue_id, by=at_the_shell(), store=store, now=parse_now(None))

    done = run(work())
    status = IssueStatus.CANCELLED if done.settled else IssueStatus.CANCELLING
    if json:
        return answer({"id": issue_id, "status": status, "withdrawn": done.withdrawn})
    return say(f"{status}: issue {issue_id}; {counted(done.withdrawn, 'copy')} will not be sent")


@issues.command("test")
def send_test(
    issue_id: Id,
    to: Annotated[list[str], typer.Argument(metavar="EMAIL...", help="Of the newsroom.")],
    cohort: Annotated[
        int | None,
        typer.Option("--cohort", metavar="ID", parser=whole(), help="Whose copy; else that of most readers."),
    ] = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Send what a cohort gets to the newsroom, with [Test] before its subject; the next run sends it."""
    addresses = [parse_address(one) for one in to]

    async def work() -> int:
        async with store_of(config) as store:
            async with store.read() as connection:
                found = await issue_shelf.cohorts_of(connection, issue_id)
            ids = [one.id for one in found if one.skip is None and cohort in {None, one.id}]
            if not ids:
                raise NotFoundError(
                    f"issue {issue_id} has no such cohort that gets mail", at_shell="see digest issues show"
                )
            return await send_trial(
                *(ids[0], addresses),
                token=secrets.token_hex(8),
                by=at_the_shell(),
                store=store,
                now=parse_now(None),
            )

    made = run(work())
    if json:
        return answer({"id": issue_id, "tests": made})
    return say(f"{counted(made, 'test')} of issue {issue_id} will be sent with the next run")


def _act(
    issue_id: int,
    act: Callable[..., Awaitable[object]],
    status: IssueStatus,
    config: Path | None,
    json: bool,
) -> None:
    now = parse_now(None)

    async def work() -> Issue | None:
        async with store_of(config) as store:
            await act(issue_id, by=at_the_shell(), store=store, now=now)
            async with store.read() as connection:
                return await issue_shelf.by_id(connection, issue_id)

    found = run(work())
    if json:
        return answer({"id": issue_id, "status": status})
    goes_out_at = None if found is None else found.goes_out_at(now)
    return say(f"{state_words(status, goes_out_at)}: issue {issue_id}")


@deliveries.command("list")
def list_deliveries(
    issue: Annotated[int | None, typer.Option("--issue", metavar="ID", parser=whole())] = None,
    status: Annotated[str | None, typer.Option("--status", help="Such as sent or uncertain.")] = None,
    email: Annotated[str | None, typer.Option("--email", metavar="E")] = None,
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List deliveries by id."""
    wanted = parse_choice(status, DeliveryStatus)
    address = None if email is None else parse_address(email)

    async def work() -> dict[str, Any]:
        settings = load_settings(config)
        async with store_at(settings) as store:
            message_id = await press_for(settings, store).message_ids()
            async with store.read() as connection:
                return await listing(
                    lambda start, count: ledger.page(
                        connection, after=start, limit=count, issue_id=issue, status=wanted, address=address
                    ),
                    Page(limit, after, everything),
                    lambda entry: entry.id,
                    lambda entry: delivery_shown(entry, message_id(entry.issue_id, entry.id, entry.domain)),
                )

    document = run(work())
    if json:
        return answer(document)
    columns = ("id", "issue", "email", "status", "attempts", "reason", "briefings", "sent_at")
    rows = [
        [_joined(item[name]) if name == "briefings" else item[name] for name in columns]
        for item in document["items"]
    ]
    return table("", columns, rows, following=document["next"])


@deliveries.command("retry")
def retry(
    ids: Annotated[list[int], typer.Argument(metavar="ID", parser=whole())],
    json: Json = False,
    config: Config = None,
) -> None:
    """Try refused or deferred copies again with the next run."""

    async def work() -> None:
        async with store_of(config) as store:
            await settling.retry(ids, by=at_the_shell(), store=store, now=parse_now(None))

    run(work())
    _tell(ids, "planned", json)


@deliveries.command("resolve")
def resolve(
    delivery_id: Id,
    as_: Annotated[str, typer.Option("--as", metavar="sent|again", help="What is to be taken as true.")],
    json: Json = False,
    config: Config = None,
) -> None:
    """Settle an uncertain copy: it was sent, or it shall be sent again."""
    if as_ not in {"sent", "again"}:
        raise InputError(f"--as {as_!r} is not known: say sent or again")

    async def work() -> DeliveryStatus:
        async with store_of(config) as store:
            was_sent, now = as_ == "sent", parse_now(None)
            return await settling.resolve(
                delivery_id, was_sent=was_sent, by=at_the_shell(), store=store, now=now
            )

    _tell([delivery_id], run(work()), json)


def _tell(ids: list[int], status: str, json: bool) -> None:
    if json:
        return answer({"items": [{"id": id_, "status": status} for id_ in ids], "next": None})
    return say(f"{status}: {', '.join(f'delivery {id_}' for id_ in ids)}")


def _state(document: Mapping[str, Any]) -> str:
    return state_words(document["status"], document["goes_out_at"])


def _counted(counts: dict[str, int]) -> str:
    return ", ".join(f"{count} {status}" for status, count in sorted(counts.items())) or "none"


def _joined(values: Any) -> str:
    return ", ".join(str(value) for value in values)
