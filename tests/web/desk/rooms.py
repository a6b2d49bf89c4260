"""All paths of the desk, read from the application itself, and a store in which something is behind each."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from starlette.routing import BaseRoute, Route

from digest.core.access import PROGRAM, Role
from digest.flows import importing
from digest.flows.by_hand import OneOff
from digest.flows.edit_feeds import FeedWish, add_feed
from digest.flows.orders import place
from digest.flows.proofs import hash_of
from digest.flows.webhooks import WebhookEdit, add_webhook
from digest.store import people
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.flows.returning import take
from tests.jobs.office import jobs_for, run
from tests.web.desk.newsroom import NOW
from tests.web.desk.returned_mail import FORGED


def routes_in(app: FastAPI) -> list[Route]:
    """All paths of the desk."""
    found: list[BaseRoute] = [one for one in app.routes if getattr(one, "path", "").startswith("/admin")]
    assert all(isinstance(one, Route) for one in found)
    return [one for one in found if isinstance(one, Route)]


def named(route: Route) -> tuple[str, str]:
    """The method and the path."""
    return ("POST" if "POST" in (route.methods or ()) else "GET", route.path)


async def at_work(store: Database, folder: Path) -> None:
    """Something is there behind each path: a reader, a briefing, an issue, an import, an order and so on."""
    await join(store, "ann@example.org", TUESDAY, topics="economy")
    await publish_news(store, TUESDAY, item("Tariffs", "economy"))
    await run(jobs_for(store, folder), at(24, 7))
    await publish_news(store, at(24, 8), item("Exports fall", "economy"))
    await importing.hand_over("email\nbob@example.org\n", raw=True, by=PROGRAM, store=store, now=NOW)
    await take(store, FORGED)
    wish = OneOff("daily", topics=frozenset({"economy"}), intro="Look", ignore_bookmarks=True)
    await add_feed("https://harbour.example/feed.xml", FeedWish(), store=store, now=NOW)
    told: Any = {"by": PROGRAM, "store": store, "now": NOW}
    await place(wish, 1, token="t1", due_at=NOW + timedelta(hours=2), **told)
    hook = WebhookEdit(url="https://shop.example/hooks", kinds=("issue.sent",), label="Shop")
    await add_webhook(hook, **told)
    async with store.write() as connection:
        newcomer = await people.add(connection, "Newcomer", Role.VIEWER, people.NO_PASSWORD, NOW)
        await people.replace_link(connection, newcomer, hash_of("t1"), NOW + timedelta(days=1))


def made_up(path: str, number: str = "1") -> str:
    """A path with what there is in each place, or with a number that is nothing's."""
    slug = "economy" if path.startswith("/admin/topics") else "daily"
    words = {"slug": slug, "name": "growth", "token": "t1", "rest": "no-such-page"}
    return re.sub(r"\{(\w+)(:int)?(?::path)?\}", lambda found: number if found[2] else words[found[1]], path)
