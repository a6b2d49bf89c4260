"""A mail scanner that opens every link it finds, and goes on through the pages, changes nothing."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from digest.flows import by_link, choosing, moving, readers
from digest.store.database import Database
from digest.web.app import build_app
from subscribers.subscription import Subscription
from subscribers.tokens import Purpose
from tests.flows.newsroom import (
    TUESDAY,
    add_newsletter,
    at,
    change_newsletter,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
)
from tests.flows.post_office import all_notices
from tests.web.test_leaving import set_standing
from tests.web.test_shield import paths_of
from tests.web.visiting import BASE_URL, TOKENS, all_rows, choices, leaving, tree, visitor

pytestmark = pytest.mark.anyio

#: What a scanner may add to a link, or a mail program by mistake.
QUERIES: Final[tuple[dict[str, str], ...]] = (
    {},
    {"List-Unsubscribe": "One-Click"},
    {"done": "saved", "scope": "all", "until": ""},
)


#: What readers have links to.
OUR_PATHS: Final = ("/unsubscribe/", "/preferences/", "/confirm/", "/address/")


async def a_town(store: Database, **wishes: Any) -> list[Subscription]:
    """A reader of every standing with these wishes, and mails on their way."""
    await change_newsletter(store, feedback=True)
    await add_newsletter(store, "weekly", title="The Weekend Reader")
    names = ("active", "two", "paused", "left", "gone", "bouncing", "complained", "suppressed", "moving")
    town = {name: await join(store, f"{name}@example.org", TUESDAY, **wishes) for name in names}
    town["weekly"] = await join(store, "two@example.org", TUESDAY, newsletter="weekly", **wishes)
    town["pending"] = await join(store, "pending@example.org", TUESDAY, confirmed=False, **wishes)
    await publish_news(store, TUESDAY, item("Tariffs rise", "economy"))
    await plan_all(store, at(24, 8))
    await mark_sent(store, "active@example.org", at(24, 8))
    await choosing.pause(
        town["paused"].id, until=None, catch_up=False, everything=True, store=store, now=TUESDAY
    )
    await by_link.leave(town["left"].id, reason="left", store=store, now=TUESDAY)
    await by_link.leave(town["gone"].id, reason="left", store=store, now=TUESDAY - timedelta(days=100))
    for name in ("bouncing", "complained", "suppressed"):
        await set_standing(store, f"{name}@example.org", town[name].standing.__class__(name))
    await moving.ask_to_move(
        town["moving"].id, "new@example.org", seen_from="192.0.2.7", store=store, now=TUESDAY
    )
    town["erased"] = await join(store, "erased@example.org", TUESDAY)
    await readers.erase("erased@example.org", store=store, now=TUESDAY)
    return list(town.values())


def on_the_page(answer: httpx.Response) -> Iterator[str]:
    """Every address of ours that a page speaks of, its forms' too."""
    root = tree(answer)
    for said in root.xpath("//@href | //@action | //@formaction | //@data-hx-post | //@src"):
        found = urljoin(str(answer.url), str(said))
        if found.startswith(BASE_URL):
            yield urlsplit(found).path


async def test_whoever_opens_all_there_is_changes_nothing(sqlite_store: Database) -> None:
    town = await a_town(sqlite_store)
    waiting = ["/", *(path for one in town for path in (leaving(one), choices(one)))]
    for notice in await all_notices(sqlite_store):
        for purpose, place in ((Purpose.CONFIRM, "confirm"), (Purpose.ADDRESS, "address")):
            waiting.append(f"/{place}/{TOKENS.make(purpose, notice.id)}")
    before = await all_rows(sqlite_store)
    seen: set[str] = set()
    async with visitor(sqlite_store, at(24, 9)) as client:
        while waiting:
            path = waiting.pop()
            if path in seen:
                continue
            seen.add(path)
            for method in ("HEAD", "GET"):
                for query in QUERIES:
                    answer = await client.request(method, path, params=query)
                    assert answer.status_code in {200, 303, 404, 405}, (method, path)
            if answer.status_code == 303:
                waiting.append(urlsplit(urljoin(str(answer.url), answer.headers["location"])).path)
            elif answer.headers["content-type"].startswith("text/html"):
                waiting += on_the_page(answer)
    assert await all_rows(sqlite_store) == before
    # nothing of ours for readers was left out, so that a new path is looked at too
    app = build_app(store=sqlite_store, tokens=TOKENS, base_url=BASE_URL)
    ours = {path for path in paths_of(app.routes) if path.startswith(OUR_PATHS)}
    shapes = {path: re.compile(re.sub(r"\{\w+\}", "[^/]+", path)) for path in ours}
    assert [path for path, shape in shapes.items() if not any(map(shape.fullmatch, seen))] == []
