"""The page behind an entry link, and how admins make one: shown once, good once, one page for void ones."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta
from typing import Any, Final

import httpx
import pytest
from structlog.testing import capture_logs

from digest.core.access import PROGRAM, Role
from digest.flows import entering
from digest.flows.entering import Entered
from digest.flows.entry_links import add_with_link
from digest.flows.people import Pass, begin_codes, shut_out
from digest.store import changes, people
from digest.store.database import Database
from tests.render.pages import document
from tests.web.desk.newsroom import (
    BROWSER,
    NOW,
    PASSWORD,
    add_person,
    at_the_desk,
    says,
    stranger,
    submit,
    token_of,
)
from tests.web.desk.test_entry import SECRET, code_at
from tests.web.visiting import BASE_URL, all_rows

pytestmark = pytest.mark.anyio

NEW: Final = "a kettle of seven swans"


async def path_for(store: Database, name: str = "Carla") -> str:
    """The path of a link for somebody who is let in by it."""
    made = await add_with_link(name, Role.EDITOR, base_url=BASE_URL, by=PROGRAM, store=store, now=NOW)
    return made.link.removeprefix(BASE_URL)


async def choose(client: httpx.AsyncClient, path: str, new: str = NEW, again: str = NEW) -> httpx.Response:
    return await client.post(path, data={"new": new, "again": again})


def link_in(answer: httpx.Response) -> str:
    (link,) = document(answer.text).xpath("//input[@readonly]/@value")
    return str(link)


async def test_an_admin_lets_somebody_in_who_chooses_the_password(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people")
        made = await submit(client, page, "people", name="Carla", role="editor")
        link = link_in(made)
        assert re.fullmatch(rf"{BASE_URL}/admin/begin/[\w-]{{43}}", link)
        assert "once, until Fri 27 Nov 2026, 09:30" in says(made)
        assert "It is shown only now" in says(made)
        for path in ("people", "people/2", "log"):
            assert link[-43:] not in (await client.get(f"/admin/{path}")).text
        assert "no password yet" in says(await client.get("/admin/people"))
        assert "is good until Fri 27 Nov 2026, 09:30" in says(await client.get("/admin/people/2"))
    async with stranger(store) as client:
        page = await client.get(link)
        assert "This is the account of Carla" in says(page)
        done = await client.post(link, data={"new": NEW, "again": NEW}, follow_redirects=True)
        assert done.url.path == "/admin/enter"
        assert "Your password is set" in says(done)
        inside = await submit(client, done, "enter", name="Carla", password=NEW)
        assert (inside.status_code, inside.url.path) == (200, "/admin/")
    async with at_the_desk(store) as client:
        assert "no password yet" not in says(await client.get("/admin/people"))
        log = says(await client.get("/admin/log"))
        assert re.search(r"Carla ?password ?person 2 by link", log)
        assert re.search(r"the admin ?link ?person 2", log)


async def test_who_forgot_a_password_gets_a_link_from_the_own_page_at_the_desk(store: Database) -> None:
    bob = await add_person(store, "Bob", Role.EDITOR)
    before = await token_of(store, "Bob")
    async with at_the_desk(store) as client:
        page = await client.get(f"/admin/people/{bob}")
        first = link_in(await submit(client, page, f"{bob}/link"))
        made = await submit(client, page, f"{bob}/link")
        assert "The password of before is good until then" in says(made)
        link = link_in(made)
    async with stranger(store) as client:
        assert (await client.get(first)).status_code == 404
        assert (await choose(client, link)).status_code == 303
    assert await entering.who_is(before, store=store, now=NOW) is None
    assert isinstance(await entering.log_in("Bob", NEW, BROWSER, store=store, now=NOW), Entered)


async def test_who_is_shut_out_is_offered_no_link(store: Database) -> None:
    bob = await add_person(store, "Bob", Role.EDITOR)
    async with at_the_desk(store) as client:
        page = await client.get(f"/admin/people/{bob}")
        await shut_out(bob, by=PROGRAM, store=store, now=NOW)
        answer = await submit(client, page, f"{bob}/link")
        assert answer.status_code == 422
        assert "Bob is shut out: let them in first" in says(answer)
        assert "New link" not in says(await client.get(f"/admin/people/{bob}"))
        missing = await client.post("/admin/people/99/link", data=csrf_of(page))
    assert missing.status_code == 404


def csrf_of(page: httpx.Response) -> dict[str, Any]:
    return {"csrf": document(page.text).xpath("//input[@name='csrf']/@value")[0]}


@pytest.mark.parametrize(
    ("name", "role", "words"),
    [
        ("", "editor", "Name is empty"),
        ("THE ADMIN", "editor", "is taken"),
        ("Carla", "queen", "is not known"),
    ],
    ids=["empty", "taken", "queen"],
)
async def test_nobody_gets_a_link_when(store: Database, name: str, role: str, words: str) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people")
        answer = await submit(client, page, "people", name=name, role=role, by="link")
    assert answer.status_code == 422
    assert words in says(answer)
    async with store.read() as connection:
        assert len(await people.every(connection)) == 1
        assert await changes.page(connection) == ()


async def test_all_void_links_are_answered_alike(store: Database) -> None:
    used, old, out, cut = [await path_for(store, name) for name in ("Ulla", "Olga", "Otto", "Carl")]
    async with store.read() as connection:
        otto = await people.by_name(connection, "Otto")
    assert otto is not None
    await shut_out(otto.id, by=PROGRAM, store=store, now=NOW)
    async with stranger(store, lambda: NOW + timedelta(days=3)) as client:
        answers = [await client.get(old), await choose(client, old)]
    async with stranger(store) as client:
        await choose(client, used)
        for path in (
            used,
            out,
            cut[:-1],
            "/admin/begin/x",
            "/admin/begin/%ff%00",
            f"/admin/begin/{'x' * 3000}",
        ):
            answers += [
                await client.get(path),
                await choose(client, path),
                await choose(client, path, "no", ""),
            ]
    assert {one.status_code for one in answers} == {404}
    assert len({one.text for one in answers}) == 1
    assert "Ask an admin for a new link" in says(answers[0])
    assert {one.headers["cache-control"] for one in answers} == {"no-store"}


@pytest.mark.parametrize(
    ("new", "again", "words"),
    [
        ("short", "short", "too short"),
        ("aaaaaaaaaaaaaaaa", "aaaaaaaaaaaaaaaa", "too simple"),
        ("", "", "too short"),
        (NEW, f"{NEW}!", "The two passwords differ"),
    ],
    ids=["short", "simple", "empty", "differ"],
)
async def test_a_password_is_not_taken_when(store: Database, new: str, again: str, words: str) -> None:
    path = await path_for(store)
    async with stranger(store) as client:
        answer = await choose(client, path, new, again)
        assert answer.status_code == 422
        assert words in says(answer)
        assert "account of Carla" in says(answer)
        assert (await choose(client, path)).status_code == 303


async def test_of_two_forms_that_are_sent_at_once_one_wins(store: Database) -> None:
    path = await path_for(store)
    async with stranger(store) as client:
        answers = await asyncio.gather(choose(client, path), choose(client, path))
    assert sorted(one.status_code for one in answers) == [303, 404]


async def test_looking_uses_no_link_up_and_nothing_is_kept_of_the_page(store: Database) -> None:
    path = await path_for(store)
    before = await all_rows(store)
    async with stranger(store) as client:
        for _ in range(3):
            page = await client.get(path)
            await client.head(path)
        assert await all_rows(store) == before
        assert page.headers["cache-control"] == "no-store"
        assert page.headers["x-robots-tag"] == "noindex, nofollow"
        assert page.headers["referrer-policy"] == "same-origin"
        assert (await choose(client, path)).status_code == 303


async def test_codes_are_asked_for_after_a_new_password_all_the_same(store: Database) -> None:
    anna = await add_person(store, "Anna", Role.ADMIN)
    earlier = NOW - timedelta(hours=1)
    await begin_codes(anna, SECRET, code_at(earlier), Pass(PROGRAM), store=store, now=earlier)
    async with at_the_desk(store) as client:
        made = await submit(client, await client.get(f"/admin/people/{anna}"), f"{anna}/link")
        assert "A code from the app is asked for all the same" in says(made)
    async with stranger(store) as client:
        await choose(client, link_in(made))
        answer = await client.post("/admin/enter", data={"name": "Anna", "password": NEW})
        assert answer.headers["location"] == "code"
        assert (await client.get("/admin/people")).status_code == 303


async def test_who_guesses_links_is_slowed(store: Database) -> None:
    path = await path_for(store)
    async with stranger(store) as client:
        found = [(await client.get(f"/admin/begin/{guess}")).status_code for guess in range(300)]
        assert set(found) == {404}
        for answer in (await client.get("/admin/begin/x"), await choose(client, "/admin/begin/x")):
            assert answer.status_code == 429
            assert 0 < int(answer.headers["retry-after"]) <= 3600
            assert "Too many tries" in says(answer)
        assert (
            await client.post("/admin/enter", data={"name": "a", "password": PASSWORD})
        ).status_code == 429
        assert (await client.get(path)).status_code == 200


async def test_no_token_is_in_the_log(store: Database) -> None:
    path = await path_for(store)
    with capture_logs() as lines:
        async with stranger(store, logs_requests=True) as client:
            await client.get(path)
            await choose(client, path)
            await client.get(path)
    told = [(one["route"], one["status"]) for one in lines if one["event"] == "a request was answered"]
    assert told == [("/admin/begin/{token}", status) for status in (200, 303, 404)]
    assert path.rpartition("/")[2] not in repr(lines)
