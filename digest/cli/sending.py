"""`digest run`, `send`, `preview` and `why`: what goes out, what would, and for what reason."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Annotated, Any

import typer

from digest.cli.console import (
    DONE,
    FAILED_IN_PART,
    Config,
    Json,
    Now,
    answer,
    confirmed,
    note,
    parse_day,
    parse_now,
    run,
    say,
    table,
)
from digest.cli.doors import jobs_for, press_for, settings_from, stopping, store_of
from digest.core.model import RunTotals
from digest.errors import InputError
from digest.flows.by_hand import OneOff, Plan, plan_by_hand, readers_by_copy, rehearse
from digest.flows.explain import Explanation, explain
from digest.flows.preview import Preview, preview
from digest.flows.readers import topic_names
from digest.jobs.local import RunReport, totals_of
from digest.store import topics
from digest.store.database import Database
from digest.wiring import open_store
from subscribers.wishes import parse_address, parse_topics


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.command("run")(run_once)
    app.command("send")(send)
    app.command("preview")(preview_for)
    app.command("why")(why)


def run_once(now: Now = None, json: Json = False, config: Config = None) -> None:
    """Plan and send everything that is due, then end: what cron calls."""
    instant = parse_now(now)

    async def work() -> RunReport:
        settings = settings_from(config)
        async with open_store(settings) as store, stopping() as stop:
            jobs = await jobs_for(settings, store)
            return await jobs.run(instant, stop)

    _end(run(work()), json)


def send(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    everybody: Annotated[bool, typer.Option("--all", help="To all its active readers.")] = False,
    to: Annotated[list[str] | None, typer.Option("--to", metavar="EMAIL", help="To these readers.")] = None,
    topic_list: Annotated[str | None, typer.Option("--topics", help="To readers who follow these.")] = None,
    briefing: Annotated[
        list[int] | None, typer.Option("--briefing", metavar="ID", help="These briefings, to all addressed.")
    ] = None,
    since: Annotated[str | None, typer.Option("--since", metavar="DATE", help="Published since.")] = None,
    subject: Annotated[str | None, typer.Option("--subject")] = None,
    intro: Annotated[str | None, typer.Option("--intro", help="A few words above the briefings.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show who would get what.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    ignore_bookmarks: Annotated[
        bool, typer.Option("--ignore-bookmarks", help="Also send what readers have had.")
    ] = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """Send a one-off issue by hand; readers get only what is new to them, and not again later."""
    if sum((everybody, bool(to), topic_list is not None)) != 1:
        raise InputError("say whom to send to: one of --all, --to EMAIL or --topics a,b")

    async def work() -> tuple[Plan, RunReport | None]:
        settings = settings_from(config)
        async with open_store(settings) as store, stopping() as stop:
            wish = OneOff(
                newsletter=newsletter,
                to=tuple(parse_address(address) for address in to or ()),
                topics=await _known_topics(store, topic_list),
                briefing_ids=tuple(briefing or ()),
                since=None if since is None else datetime.combine(parse_day(since, "since"), time(), UTC),
                subject=subject,
                intro=intro,
                ignore_bookmarks=ignore_bookmarks,
            )
            plan = await rehearse(wish, store=store)
            copies = plan.counts.copies
            if dry_run or (not yes and not confirmed(f"Send {copies} mails of {plan.newsletter.title}?")):
                return plan, None
            now = parse_now(None)
            jobs = await jobs_for(settings, store)
            planned = await plan_by_hand(wish, store=store, now=now)
            tally = await jobs.send(planned.issue_id, now, stop)
            return plan, RunReport(totals_of([planned], [planned.issue_id], tally), tally.whole_trouble)

    plan, report = run(work())
    if report is not None:
        return _end(report, json)
    return _tell_plan(plan, json)


def preview_for(
    newsletter: Annotated[str, typer.Argument(metavar="NEWSLETTER")],
    reader: Annotated[str, typer.Option("--for", metavar="EMAIL", help="Whose mail.")],
    now: Now = None,
    out: Annotated[Path, typer.Option("--out", metavar="FOLDER", help="Where the files are written.")] = Path(
        "var/preview"
    ),
    json: Json = False,
    config: Config = None,
) -> None:
    """Print a reader's next issue as it would be sent: subject.txt, body.html, body.txt, message.eml."""
    instant = parse_now(now)

    async def work() -> Preview:
        settings = settings_from(config)
        async with open_store(settings) as store:
            press = press_for(settings, store)
            return await preview(parse_address(reader), newsletter, store=store, press=press, now=instant)

    found = run(work())
    files = [] if found.letter is None else _write_preview(out, found)
    if json:
        return answer(
            {
                "subject": found.subject or None,
                "due_at": found.slot.due_at,
                "skip": found.selection.skip,
                "files": files,
            }
        )
    if found.letter is None:
        return say(f"nothing would be sent: {found.selection.skip}")
    say(f"{found.subject} (due {found.slot.due_at:%Y-%m-%d %H:%M} UTC)")
    for file in files:
        say(f"  {file}")
    return None


def why(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    briefing_id: Annotated[int, typer.Argument(metavar="BRIEFING-ID")],
    now: Now = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Say why a reader got a briefing, will get it, or does not."""
    instant = parse_now(now)

    async def work() -> tuple[Explanation, ...]:
        async with store_of(config) as store:
            return await explain(parse_address(email), briefing_id, store=store, now=instant)

    explanations = run(work())
    if json:
        items = [_explained(one) for one in explanations]
        return answer({"email": parse_address(email), "briefing": briefing_id, "items": items})
    for one in explanations:
        say(f"{one.newsletter}: {one.answer}")
        for reason in one.reasons:
            say(f"  {reason}")
    return None


def _end(report: RunReport, json: bool) -> None:
    """Tell the totals; the exit status says whether all went well."""
    totals = report.totals
    if json:
        answer(totals)
    else:
        say(in_words(totals))
    if report.trouble:
        note(f"stopped: {report.trouble}; what was not sent stays planned and no attempt is counted")
    failed = report.trouble or totals.refused or totals.expired or totals.uncertain
    raise typer.Exit(FAILED_IN_PART if failed else DONE)


def in_words(totals: RunTotals) -> str:
    """The totals as one line."""
    counts = {name: value for name, value in asdict(totals).items() if isinstance(value, int) and value}
    words = [f"{value} {name}" for name, value in counts.items()]
    words += [f"{count} skipped ({reason})" for reason, count in sorted(totals.skipped.items())]
    return f"{len(totals.issues)} issues: {', '.join(words) or 'nothing to do'}"


async def _known_topics(store: Database, words: str | None) -> frozenset[str]:
    if words is None:
        return frozenset()
    async with store.read() as connection:
        names = topic_names(await topics.every(connection))
    return parse_topics(words, names) or frozenset(names.values())


def _tell_plan(plan: Plan, json: bool) -> None:
    rows = readers_by_copy(plan.cohorts)
    if json:
        copies: list[dict[str, Any]] = [
            {"readers": size, "briefings": [plan.ids[n] for n in numbers], "skip": skip or None}
            for size, numbers, skip in rows
        ]
        return answer({"planned": plan.counts.copies, "skipped": plan.counts.skipped, "copies": copies})
    shown = [
        (size, ", ".join(str(plan.ids[n]) for n in numbers) or f"nothing: {skip}")
        for size, numbers, skip in rows
    ]
    table(f"{plan.counts.copies} mails would be sent", ("readers", "briefings"), shown)
    return None


def _write_preview(folder: Path, found: Preview) -> list[Path]:
    assert found.letter is not None
    contents = {
        "subject.txt": found.subject.encode() + b"\n",
        "body.html": None if found.html is None else found.html.encode(),
        "body.txt": found.text.encode(),
        "message.eml": found.letter.content,
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in contents.items():
            if content is None:
                (folder / name).unlink(missing_ok=True)
            else:
                (folder / name).write_bytes(content)
    except OSError as error:
        raise InputError(f"folder {str(folder)!r} cannot be written to ({error.strerror})") from error
    return [folder / name for name, content in contents.items() if content is not None]


def _explained(one: Explanation) -> dict[str, Any]:
    return {
        "newsletter": one.newsletter,
        "answer": one.answer,
        "reasons": one.reasons,
        "next_slot": one.next_slot,
        "deliveries": [
            {"id": copy.id, "issue": copy.issue_id, "status": copy.status, "sent_at": copy.sent_at}
            for copy in one.deliveries
        ],
    }
