"""`digest why`: every rule that let a briefing into a reader's mail, or kept it out."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.console import Config, Json, Now, answer, parse_now, run, say, whole
from digest.cli.doors import store_of
from digest.flows.explain import Explanation, explain
from digest.flows.shown import explanation_shown
from subscribers.wishes import parse_address


def add_to(app: typer.Typer) -> None:
    """Hang the command of this file into the tree."""
    app.command("why")(why)


def why(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    briefing_id: Annotated[int, typer.Argument(metavar="BRIEFING-ID", parser=whole())],
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
        items = [explanation_shown(one) for one in explanations]
        return answer({"email": parse_address(email), "briefing": briefing_id, "items": items})
    for one in explanations:
        say(f"{one.newsletter}: {one.answer}")
        for reason in one.reasons:
            say(f"  {reason}")
    return None
