"""A visitor of the public archive, and three days of news to be found in it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import httpx

from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.web.visiting import said, tree, visitor

HOME: Final = "/archive/daily"
HOSTILE: Final = '<script>alert(1)</script> & "quotes" <img src=x onerror=y>'


async def get(store: Database, path: str, **options: Any) -> httpx.Response:
    zone = options.pop("zone", "UTC")
    async with visitor(store, TUESDAY, zone=zone) as client:
        return await client.get(path, **options)


async def shown(store: Database, path: str, **options: Any) -> str:
    answer = await get(store, path, **options)
    assert answer.status_code == 200, path
    return said(answer)


def links(answer: httpx.Response, within: str = "//main") -> list[str]:
    """Where the links of a page lead, as a browser resolves them."""
    return [answer.url.join(href).raw_path.decode() for href in tree(answer).xpath(f"{within}//a/@href")]


def titles(answer: httpx.Response) -> list[str]:
    return [" ".join(node.text_content().split()) for node in tree(answer).xpath("//main//article//h2")]


async def three_days(store: Database) -> None:
    """Two items on Monday, one on Tuesday, one on the last day of October."""
    await publish_news(store, TUESDAY - timedelta(days=24), item("An old tariff", "economy"))
    await publish_news(
        store, TUESDAY - timedelta(days=1), item("Solar grows", "energy"), item("Tariffs rise", "economy")
    )
    await publish_news(store, TUESDAY, item("Schools open", "society", url="https://post.example/schools"))
