"""What was written is not lost at the gate: it is shown again to who sent it, and nothing else is."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

import httpx
import pytest

from digest.core.access import Role
from digest.render.environment import templates_folder
from digest.store.database import Database
from digest.web.desk.gate import COOKIE
from digest.web.desk.written import MOST_BYTES, is_written
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.render.pages import document
from tests.web.desk.newsroom import add_person, at_the_desk, says, stranger, submit, token_of
from tests.web.visiting import BASE_URL, all_rows

pytestmark = pytest.mark.anyio

TYPED: Final = {
    "title": "Ports <b>close</b>",
    "text": "\r\nWords that took an hour.\r\n\r\n</textarea><script>alert(1)</script>",
    "csrf": "a-csrf-token",
    "token": "a-token",
    "password": "a password",
    "current": "a second password",
    "code": "123456",
    "topic": "economy",
    "then": "publish",
}


def shown(answer: httpx.Response) -> list[str]:
    """The texts that a page shows to be copied."""
    boxes = document(answer.text).xpath("//textarea[@readonly]")
    return [(one.text or "").removeprefix("\n") for one in boxes]


async def test_who_is_not_in_any_more_is_shown_what_was_written_and_nothing_is_done(store: Database) -> None:
    await add_person(store, "Anna", Role.ADMIN)
    before = await all_rows(store)
    async with stranger(store) as client:
        where = {"Referer": f"{BASE_URL}/admin/briefings/new?done=x"}
        answer = await client.post("/admin/briefings/new", data=TYPED, headers=where)
    assert answer.status_code == 401
    assert shown(answer) == [TYPED["title"], TYPED["text"].replace("\r\n", "\n")]
    assert "Copy what you wrote before you log in." in says(answer)
    for name in ("csrf", "token", "password", "current", "code"):
        assert TYPED[name] not in answer.text, name
    assert "<script>alert" not in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (door,) = document(answer.text).xpath("//main//a")
    assert str(answer.url.join(door.get("href"))) == f"{BASE_URL}/admin/enter?to=briefings/new"
    assert door.get("target") == "_blank", "the text stays where it is"
    assert await all_rows(store) == before


@pytest.mark.parametrize(
    ("referer", "to"),
    [
        ("https://news.example/under/admin/briefings/7", "?to=briefings/7"),
        ("https://news.example/admin/", ""),
        ("https://news.example/", ""),
        ("https://news.example/admin//elsewhere.example/", ""),
        ("https://news.example/admin/..%2f..%2f", ""),
        ("https://[news.example/admin/briefings", ""),
        ("", ""),
    ],
)
async def test_the_door_leads_back_to_a_page_of_the_desk_or_to_none(
    sqlite_store: Database, referer: str, to: str
) -> None:
    async with stranger(sqlite_store) as client:
        answer = await client.post("/admin/briefings/7", data=TYPED, headers={"Referer": referer})
    (door,) = document(answer.text).xpath("//main//a/@href")
    assert door == f"../enter{to}"


async def test_what_stands_on_a_page_of_others_is_not_shown_on_ours(sqlite_store: Database) -> None:
    async with stranger(sqlite_store) as client:
        for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
            answer = await client.post("/admin/briefings/new", data=TYPED, headers=headers)
            assert answer.status_code == 403
            assert "Words that took an hour" not in answer.text


async def test_what_is_too_large_or_no_form_is_not_read_of_who_is_not_in(sqlite_store: Database) -> None:
    large = {"text": "a" * MOST_BYTES}
    async with stranger(sqlite_store) as client:
        for answer in (
            await client.post("/admin/briefings/new", data=large),
            await client.post("/admin/briefings/import", files={"file": b"a" * MOST_BYTES}),
            await client.post("/admin/briefings/import", content=b"\xff" * 100),
        ):
            assert answer.status_code == 401
            assert shown(answer) == []
            assert "Copy what you wrote" not in answer.text
        form = {"page": "A page\n\nthat was pasted."}
        pasted = await client.post("/admin/briefings/import", data=form, files={"file": b"secret"})
        assert shown(pasted) == [form["page"]]
        assert "secret" not in pasted.text


async def test_of_a_very_long_text_the_page_shows_the_beginning(sqlite_store: Database) -> None:
    form = {"title": "Long", "text": "a" * 700_000}
    async with stranger(sqlite_store) as client:
        answer = await client.post("/admin/briefings/new", data=form)
    assert [len(one) for one in shown(answer)] == [4, 499_996]


async def test_who_has_logged_in_anew_meanwhile_is_shown_what_was_written(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        fresh = await token_of(sqlite_store, "the editor")
        client.cookies.set(COOKIE, fresh, domain="news.example", path="/")
        answer = await submit(client, form, "new", title="Ports", text="Words.")
    assert answer.status_code == 403
    assert "was made for another session" in says(answer)
    assert shown(answer) == ["Ports", "Words."]


async def test_what_is_refused_on_a_page_of_its_own_shows_what_was_written(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        page = await client.get("/admin/briefings/1")
        answer = await submit(client, page, "1", title="Mine", note="Why.", take="economy", tell="")
        assert answer.status_code == 200
        csrf = document(page.text).xpath("//input[@name='csrf']/@value")[0]
        gone = await client.post("/admin/briefings/77", data={"csrf": csrf, "title": "Mine", "text": "All."})
    assert gone.status_code == 404
    assert "What you wrote stands below." in says(gone)
    assert shown(gone) == ["Mine", "All."]


def test_every_field_of_the_desk_that_takes_many_words_is_known_and_none_that_is_secret() -> None:
    folder = Path(str(templates_folder())) / "web" / "admin"
    pages = "\n".join(one.read_text() for one in folder.glob("*.html"))
    secret = re.findall(r'<input type="(?:password|hidden|file)"[^>]* name="([^"{]+)"', pages)
    secret += re.findall(r'<input [^>]*name="([^"{]+)"[^>]*autocomplete="one-time-code"', pages)
    assert {"csrf", "password", "new", "current", "again", "token", "secret", "code"} <= set(secret)
    assert [name for name in secret if is_written(name)] == []
    many = re.findall(r'<textarea [^>]*name="([^"]+)"', pages)
    # of the fields that a macro draws, the name is told to it
    many.remove("{{ name }}")
    many += re.findall(r'parts\.lines\(faults, labels, "([^"]+)"', pages)
    known = [re.sub(r"\{\{.*?\}\}", "fr", name) for name in many]
    assert [name for name in known if not is_written(name)] == []
