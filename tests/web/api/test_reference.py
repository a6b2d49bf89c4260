"""The reference is what the API says of itself: a page that loads nothing from elsewhere, and a text."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from typing import Final

import httpx
import pytest

from digest.store.database import Database
from digest.web.api.reference import text_of
from tests.render.pages import document
from tests.stores import NewStore, opened
from tests.web.api.programs import a_key, api_app, routes_of
from tests.web.api.referenced import WRITTEN, reference
from tests.web.api.serving import Serving
from tests.web.visiting import BASE_URL

pytestmark = pytest.mark.anyio

APP: Final = api_app(Database("sqlite+aiosqlite://"))


async def page() -> httpx.Response:
    """As somebody gets it who has no key."""
    transport = httpx.ASGITransport(APP)
    async with httpx.AsyncClient(transport=transport, base_url=BASE_URL) as client:
        return await client.get("/api/")


def test_the_text_of_the_docs_is_current() -> None:
    assert text_of(reference()) == WRITTEN.read_text(encoding="utf-8"), "write it anew: make reference"


async def test_the_page_has_every_call_and_every_link_leads_somewhere() -> None:
    answer = await page()
    assert answer.status_code == 200
    found = document(answer.text)
    ids = [str(one) for one in found.xpath("//@id")]
    assert len(set(ids)) == len(ids)
    assert {route.operation_id for route in routes_of(APP)} <= set(ids)
    targets = {str(one) for one in found.xpath("//a/@href")}
    assert {one[1:] for one in targets if one.startswith("#")} <= set(ids)
    assert {one for one in targets if not one.startswith("#")} == {"openapi.json"}


async def test_the_page_loads_a_style_of_ours_and_nothing_else() -> None:
    answer = await page()
    found = document(answer.text)
    assert found.xpath("//script") == []
    loaded = {str(one) for one in found.xpath("//link/@href | //@src")}
    assert all(one.startswith("../static/") for one in loaded)
    assert "script-src" not in answer.headers["content-security-policy"]
    async with httpx.AsyncClient(transport=httpx.ASGITransport(APP), base_url=BASE_URL) as client:
        for one in loaded:
            assert (await client.get(f"/api/{one}")).status_code == 200


async def test_the_page_says_what_each_call_needs_and_takes() -> None:
    (one,) = document((await page()).text).xpath("//article[@id='add_webhook']")
    said = " ".join(one.text_content().split())
    assert "Needs run" in said
    assert "Body: NewWebhook" in said
    assert "201: WebhookWithSecret" in said
    assert 'curl -s -X POST "$API/webhooks" -H "Authorization: Bearer $KEY"' in said


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_call_that_only_looks_can_be_tried_as_it_stands_there(new_store: NewStore) -> None:
    url = new_store("sqlite", True)

    async def key() -> str:
        async with opened(url) as store:
            return await a_key(store)

    # docs/api-reference.md has the same lines
    calls = [one.curl for group in reference().groups for one in group.operations if one.method == "GET"]
    assert len(calls) > 20
    with Serving(url) as address:
        lines = [f"API={address}/api/v1", f"KEY={asyncio.run(key())}"]
        lines += [one.replace("curl -s", 'curl -s -o /dev/null -w "%{http_code}\\n"', 1) for one in calls]
        done = subprocess.run(
            ["sh", "-c", "\n".join(lines)], capture_output=True, text=True, timeout=120, check=True
        )
    # the examples name things that need not be there
    assert set(done.stdout.split()) <= {"200", "404"}, done.stdout
    assert len(re.findall("200", done.stdout)) > 10
