"""`digest families`: families of mailboxes, how much of their mail comes back, and which of them rest."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import (
    After,
    All,
    Config,
    Json,
    Limit,
    answer,
    parse_now,
    part,
    run,
    say,
    table,
    whole,
)
from digest.cli.doors import store_of
from digest.core.reputation import Measure, percent
from digest.flows import family_acts as flows
from digest.flows.family_acts import LONGEST_HOURS, USUAL_HOURS, Families, FamilyWatched, Rest
from digest.flows.shown import family_shown, pause_shown
from digest.store.family_pauses import Pause

families = typer.Typer(help="How much of the mail to each provider comes back; pause and resume.")

Family = Annotated[str, typer.Argument(metavar="FAMILY", help="Any of its domains, such as gmail.com.")]


def add_to(app: typer.Typer) -> None:
    """Hang the commands of this file into the tree."""
    app.add_typer(families, name="families")


@families.command("list")
def list_families(
    limit: Limit = 100,
    after: After = 0,
    everything: All = False,
    json: Json = False,
    config: Config = None,
) -> None:
    """List the rates of the last seven days against their lines; families with few copies are one."""
    now = parse_now(None)

    async def work() -> Families:
        async with store_of(config) as store:
            return await flows.families(store=store, now=now)

    found = run(work())
    shown, following = part([one for one in found.each if one.id > after], limit, everything)
    if json:
        items = [family_shown(one) for one in shown]
        return answer({"items": items, "next": following, "all": family_shown(found.all)})
    columns = ("family", "copies", "complaints (0.1 %)", "bad addresses (2 %)", "turned away", "state")
    rows = [_row(one) for one in ([] if after else [found.all]) + list(shown)]
    return table("", columns, rows, following=following)


@families.command("pause")
def pause(
    family: Family,
    hours: Annotated[
        int, typer.Option("--hours", metavar="N", parser=whole(1, LONGEST_HOURS), help="For so long at most.")
    ] = USUAL_HOURS,
    because: Annotated[str, typer.Option("--because", help="Why, for who looks at it later.")] = "",
    json: Json = False,
    config: Config = None,
) -> None:
    """Send nothing to a family for a while: its copies wait, and others get theirs."""
    wish = Rest(family, hours, because)

    async def work() -> Pause:
        async with store_of(config) as store:
            return await flows.pause_family(wish, by=at_the_shell(), store=store, now=parse_now(None))

    done = run(work())
    if json:
        return answer({"family": done.family, **pause_shown(done)})
    return say(f"nothing is sent to {done.family} until {done.until:%Y-%m-%d %H:%M} UTC")


@families.command("resume")
def resume(family: Family, json: Json = False, config: Config = None) -> None:
    """Send to a family again: what waits goes with the next run."""

    async def work() -> str:
        async with store_of(config) as store:
            return await flows.resume_family(family, by=at_the_shell(), store=store, now=parse_now(None))

    done = run(work())
    return answer({"resumed": done}) if json else say(f"{done} gets mail again, with the next run")


def _row(one: FamilyWatched) -> tuple[object, ...]:
    complaints, bounces = one.readings[Measure.COMPLAINTS], one.readings[Measure.BOUNCES]
    state = f"paused until {one.pause.until:%Y-%m-%d %H:%M} UTC" if one.pause else one.level
    return (
        one.family or "all",
        one.week.tried,
        f"{complaints.events} ({percent(complaints.rate)})",
        f"{bounces.events} ({percent(bounces.rate)})",
        one.week.blocked,
        state,
    )
