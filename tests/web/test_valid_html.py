"""Every page that a reader can see is valid HTML: the Nu HTML checker has nothing to say of any."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

import httpx
import jinja2
import pytest

from digest.core.notices import NoticeKind
from digest.flows import edit_briefing, readers
from digest.store.database import Database
from digest.web.pages import page
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, publish_news
from tests.flows.post_office import all_notices
from tests.mail_lint.checks.validity import EXCEPTIONS, messages
from tests.mail_lint.printing import LANGUAGES
from tests.mail_lint.tools import lacks_validator
from tests.stores import NewStore, opened
from tests.web.test_design import FOLDER
from tests.web.test_scanned import a_town, on_the_page
from tests.web.test_signing_up import PLAIN
from tests.web.visiting import TOKENS, choices, leaving, visitor

pytestmark = pytest.mark.anyio

TOKEN: Final = re.compile(r"[\w-]{32}")
HOSTILE: Final = '<script>alert(1)</script> & "quotes" </title>'


@asynccontextmanager
async def keeping(store: Database, pages: dict[str, str]) -> AsyncIterator[httpx.AsyncClient]:
    """A visitor who keeps every page that is answered."""

    met: set[str] = set()

    async def keep(answer: httpx.Response) -> None:
        await answer.aread()
        # what differs by its links alone is looked at once
        said = TOKEN.sub("", answer.text)
        if said.startswith("<!DOCTYPE") and said not in met:
            met.add(said)
            asked = answer.request
            pages[f"{len(pages):04} {asked.method} {asked.url.raw_path.decode()} {answer.status_code}"] = (
                answer.text
            )

    async with visitor(store, at(24, 9)) as client:
        client.event_hooks = {"response": [keep]}
        yield client


async def follow_all(client: httpx.AsyncClient, waiting: list[str]) -> None:
    """Open these, and all that their pages lead to."""
    seen = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = await client.get(path)
        if answer.status_code == 303:
            waiting.append(urlsplit(urljoin(str(answer.url), answer.headers["location"])).path)
        elif answer.headers["content-type"].startswith("text/html"):
            waiting += on_the_page(answer)


async def link(store: Database, kind: NoticeKind) -> str:
    """The path to the page of the first question of a kind."""
    purpose = Purpose.CONFIRM if kind is NoticeKind.CONFIRM else Purpose.ADDRESS
    first = (await all_notices(store, kind=kind))[0]
    return f"/{purpose}/{TOKENS.make(purpose, first.id)}"


async def look_at_everything(store: Database, language: str) -> dict[str, str]:
    """All pages of a town whose readers speak a language, by what was asked for."""
    pages: dict[str, str] = {}
    address = "The Harbour Letter\n12 Quay Street"
    logo = "https://harbour.example/logo.png"
    links: dict[str, Any] = {"postal_address": address, "logo_url": logo, "accent": "#0b5345"}
    await change_newsletter(store, title=HOSTILE, **links)
    town = await a_town(store, language=language, name="Ana <b>", topics="economy,energy")
    await publish_news(store, TUESDAY, item(HOSTILE, "economy", language="ar"), item("Gone", "energy"))
    await edit_briefing.retract(3, store=store, now=TUESDAY)
    gone = await join(store, "gone.too@example.org", TUESDAY, confirmed=False)
    await readers.erase("gone.too@example.org", store=store, now=TUESDAY)
    active, moving = town[0], town[8]
    confirm, yes, no = [
        await link(store, kind) for kind in (NoticeKind.CONFIRM, NoticeKind.MOVE, NoticeKind.MOVING)
    ]
    over = next(one.id for one in await all_notices(store) if one.subscription_id == gone.id)
    async with keeping(store, pages) as client:
        client.headers["Accept-Language"] = language
        own = [path for one in town for path in (leaving(one), choices(one))]
        single = [
            "/",
            "/archive",
            "/embed/daily",
            "/archive/daily/items/3",
            "/archive/daily/search?q=tariff",
            "/nowhere",
        ]
        single += [
            f"/confirm/{TOKENS.make(Purpose.CONFIRM, over)}",
            f"/issues/{TOKENS.make(Purpose.VIEW, 99)}",
        ]
        await follow_all(client, [*own, *single, confirm, yes, no])
        for entered in (PLAIN, PLAIN | {"email": HOSTILE, "at": "", "follow": "some", "name": HOSTILE}):
            await client.post("/subscribe", data=entered)
            await client.post("/links", data=entered)
        await client.post(choices(active), data=PLAIN | {"at": "noon", "max_items": HOSTILE})
        await client.post(f"{choices(active)}/effect", data=PLAIN | {"topic": "energy", "follow": "some"})
        await client.post(f"{choices(active)}/pause", data={"until": HOSTILE})
        await client.post(f"{choices(active)}/address", data={"address": HOSTILE})
        await client.post(f"{choices(active)}/issues/1", data={"number": "1", "said": "useful"})
        for done in ("saved", "slower", "paused", "resumed", "returned", "asked"):
            await client.get(choices(active), params={"done": done})
        await client.put(leaving(active))
        for path in (confirm, yes, yes, no, no, leaving(active), f"{leaving(active)}/undo"):
            await client.post(path)
        for path in (choices(moving), yes):
            await client.get(path)
        await client.post(f"{choices(active)}/erase")
    for name in ("too_many", "unavailable"):
        pages[f"{len(pages):04} {name}"] = bytes(page(name, language=language).body).decode()
    return pages


@pytest.mark.wide
@pytest.mark.skipif(lacks_validator() is not None, reason=str(lacks_validator()))
async def test_every_page_is_valid_html(
    new_store: NewStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    printed: set[str] = set()
    get = jinja2.Environment.get_template

    def noted(environment: jinja2.Environment, name: str, *values: Any, **named: Any) -> jinja2.Template:
        printed.add(name)
        return get(environment, name, *values, **named)

    monkeypatch.setattr(jinja2.Environment, "get_template", noted)
    named = {}
    for language in LANGUAGES:
        async with opened(await asyncio.to_thread(new_store, "sqlite", True)) as store:
            pages = await look_at_everything(store, language)
        for number, (asked, html) in enumerate(pages.items()):
            path = tmp_path / f"{language}-{number:04}.html"
            path.write_text(html, encoding="utf-8")
            named[path.name] = f"{language} {asked}"
    said = [
        f"{named[Path(one['url']).name]}, line {one.get('lastLine', '?')}: {one['message']}"
        for one in messages(str(tmp_path))
        # an issue is shown as it was mailed
        if not any(pattern.search(one["message"]) for pattern in EXCEPTIONS)
    ]
    assert not said, "\n".join(sorted({one.partition(": ")[2] for one in said})[:40]) + f"\n{said[:3]}"
    # a new page is looked at too
    assert {path.name for path in FOLDER.glob("[!_]*.html")} - printed == set()
