"""`digest subscribers pause`, `resume`, `unsubscribe` and `erase`: whether a reader may be written to."""

from __future__ import annotations

from typing import Annotated

import typer

from digest.cli.actor import at_the_shell
from digest.cli.console import Config, Json, answer, parse_day, parse_line, parse_now, run, say
from digest.cli.doors import store_of
from digest.cli.readers import Email, NewsletterName, change, subscribers
from digest.flows import readers as flows
from subscribers.wishes import parse_address


@subscribers.command("pause")
def pause(
    email: Email,
    until: Annotated[str | None, typer.Option("--until", metavar="DATE", help="Resume on this day.")] = None,
    catch_up: Annotated[
        bool, typer.Option("--catch-up/--no-catch-up", help="Send afterwards what came meanwhile.")
    ] = True,
    newsletter: NewsletterName = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """Send nothing for a while."""
    day = None if until is None else parse_day(until, "until")
    address = parse_address(email)
    change(
        lambda store: flows.pause(
            address,
            newsletter,
            until=day,
            catch_up=catch_up,
            store=store,
            now=parse_now(None),
            by=at_the_shell(),
        ),
        json,
        config,
    )


@subscribers.command("resume")
def resume(
    email: Email, newsletter: NewsletterName = None, json: Json = False, config: Config = None
) -> None:
    """End a pause."""
    address = parse_address(email)
    change(
        lambda store: flows.resume(address, newsletter, store=store, now=parse_now(None), by=at_the_shell()),
        json,
        config,
    )


@subscribers.command("unsubscribe")
def unsubscribe(
    email: Email,
    reason: Annotated[str, typer.Option("--reason", help="Why; it is kept.")] = "asked an admin",
    newsletter: NewsletterName = None,
    json: Json = False,
    config: Config = None,
) -> None:
    """End subscriptions; it holds from the next mail on."""
    address = parse_address(email)
    words = parse_line(reason, "reason", most=1000)
    change(
        lambda store: flows.unsubscribe(
            address, newsletter, reason=words, store=store, now=parse_now(None), by=at_the_shell()
        ),
        json,
        config,
    )


@subscribers.command("erase")
def erase(email: Email, json: Json = False, config: Config = None) -> None:
    """Forget a reader; only a keyed hash remains, so that no import brings the address back."""
    address = parse_address(email)

    async def work() -> None:
        async with store_of(config) as store:
            await flows.erase(address, store=store, now=parse_now(None), by=at_the_shell())

    run(work())
    return answer({"erased": address}) if json else say(f"{address} is erased")
