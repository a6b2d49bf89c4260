"""Titles and names at the doors of the web: what nobody sees or is too long is refused."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.access import Role
from digest.store import briefings, topics
from digest.store.database import Database
from tests.render.pages import document
from tests.web.api.programs import program
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio

HIDDEN = "\u200b\u3164\u2060"
TURNED = "Fees \u202eesir\u202c \u2067now"
WORDS = {"text": "Words of it."}
WRONG = [
    (HIDDEN, "holds nothing that can be seen: write something"),
    ("x" * 5000, "has 5000 characters: use at most 300"),
]


async def _titles(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.title for one in await briefings.page(connection)]


@pytest.mark.parametrize(("title", "words"), WRONG)
async def test_the_desk_says_what_is_wrong_beside_the_title(
    title: str, words: str, sqlite_store: Database
) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await submit(client, await client.get("/admin/briefings/new"), "new", title=title, **WORDS)
        assert answer.status_code == 422
        assert words in says(answer)
        (field,) = document(answer.text).xpath("//input[@aria-invalid='true']")
        assert (field.get("name"), field.get("maxlength")) == ("title", "300")
        await submit(client, answer, "new", title=TURNED)
    assert await _titles(sqlite_store) == ["Fees esir now"]


async def _told(client: Any, **item: Any) -> str:
    answer = await client.post("briefings", json={"items": [{"paragraphs": ["Words of it."], **item}]})
    assert answer.status_code == 422, answer.text
    return str(answer.text)


async def test_the_api_says_what_is_wrong_with_a_title(sqlite_store: Database) -> None:
    async with program(sqlite_store, role=Role.EDITOR) as client:
        assert "items.0.title holds nothing that can be seen" in await _told(client, title=HIDDEN)
        assert "at most 300" in await _told(client, title="x" * 5000)
        good = {"title": TURNED, "paragraphs": ["Words of it."]}
        assert (await client.post("briefings", json={"items": [good]})).json()["added"] == [1]
        assert await _titles(sqlite_store) == ["Fees esir now"]
        for title in (HIDDEN, "x" * 301):
            assert (await client.patch("briefings/1", json={"title": title})).status_code == 422
        changed = await client.patch("briefings/1", json={"title": "\u202dFees fall\u2069"})
        assert changed.json()["title"] == "Fees fall"


async def test_names_of_topics_and_newsletters_are_seen_and_upright(sqlite_store: Database) -> None:
    async with program(sqlite_store, role=Role.ADMIN) as client:
        for place in ("topics", "newsletters"):
            hidden = await client.post(place, json={"slug": "ports", "title": HIDDEN})
            assert hidden.status_code == 422
            assert "title holds nothing that can be seen" in hidden.text
            made = await client.post(place, json={"slug": "ports", "title": "\u202ePorts"})
            assert made.json()["title"] == "Ports", made.text
    async with sqlite_store.read() as connection:
        assert "Ports" in {one.title for one in await topics.every(connection)}
