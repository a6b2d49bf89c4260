"""Admins have programs told what happens, see with what answer, and stop it."""

from __future__ import annotations

import re

import pytest

from digest.core.access import Role
from digest.core.webhooks import Answered, EventKind, judge
from digest.store import events
from digest.store import webhooks as shelf
from digest.store.database import Database
from digest.store.webhooks import Webhook
from tests.flows.newsroom import join
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio

URL = "https://shop.example/hooks/digest"


async def known(store: Database) -> tuple[Webhook, ...]:
    async with store.read() as connection:
        return await shelf.every(connection)


async def test_an_admin_adds_one_and_sees_its_secret_once(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        people = await client.get("/admin/people")
        assert "Webhooks" in says(people)
        page = await client.get("/admin/people/webhooks")
        kinds = ["issue.sent", "reader.joined"]
        made = await submit(client, page, "webhooks", url=URL, kind=kinds, label="Shop")
        (one,) = await known(sqlite_store)
        to_copy = "//input[@readonly and @id=//button/@data-copy]/@value"
        assert document(made.text).xpath(to_copy) == [one.secret]
        assert (one.url, one.label, one.kinds) == (
            URL,
            "Shop",
            (EventKind.ISSUE_SENT, EventKind.READER_JOINED),
        )
        for path in ("/admin/people/webhooks", f"/admin/people/webhooks/{one.id}", "/admin/log"):
            assert "whsec_" not in (await client.get(path)).text
        again = await submit(client, await client.get(f"/admin/people/webhooks/{one.id}"), "/secret")
        (new,) = await known(sqlite_store)
        assert document(again.text).xpath(to_copy) == [new.secret]
        assert new.secrets(NOW) == (new.secret, one.secret)


async def test_what_cannot_be_is_said_beside_the_form_and_stays_entered(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        page = await client.get("/admin/people/webhooks")
        answer = await submit(client, page, "webhooks", url="ftp://shop.example/", kind=["reader.left"])
    assert answer.status_code == 422
    assert "“Address” 'ftp://shop.example/' is not an absolute http or https address" in says(answer)
    assert document(answer.text).xpath("//*[@role='alert']//a/@href") == ["#field-url"]
    assert document(answer.text).xpath("//*[@autofocus]/@name") == ["url"]
    assert 'value="ftp://shop.example/"' in answer.text
    assert re.search(r'value="reader.left" checked', answer.text)
    assert await known(sqlite_store) == ()


async def test_it_is_changed_tried_turned_off_and_on_and_removed(sqlite_store: Database) -> None:
    store = sqlite_store
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people/webhooks")
        await submit(client, page, "webhooks", url=URL, kind=["reader.joined"])
        await join(store, "ana@example.org", NOW)
        here = "/admin/people/webhooks/1"
        page = await submit(client, await client.get(here), "1", label="The shop")
        assert "It is changed" in says(page)
        page = await submit(client, page, "/test")
        assert "A test is on its way" in says(page)
        assert "1 event waits" in says(page)
        page = await submit(client, page, "/off")
        assert "It is told nothing" in says(page)
        assert not (await known(store))[0].is_on
        page = await submit(client, page, "/on")
        assert "It is told again" in says(page)
        page = await submit(client, page, "/remove")
        assert "Nobody is told anything yet" in says(page)
    assert await known(store) == ()


async def test_answers_are_shown_and_readers_are_numbers(sqlite_store: Database) -> None:
    store = sqlite_store
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people/webhooks")
        await submit(client, page, "webhooks", url=URL, kind=["reader.joined"], with_addresses="on")
        for number in range(3):
            await join(store, f"reader{number}@example.org", NOW)
        async with store.write() as connection:
            await events.gather(connection, NOW)
            some = await events.claim(connection, 1, limit=10, now=NOW, until=NOW)
            for one, (status, attempts) in zip(some, ((204, 1), (500, 1), (404, 99)), strict=True):
                verdict = judge(Answered(status), attempts, 1, NOW, 0)
                await events.record(connection, one, verdict, status=status, words="", now=NOW)
        page = await client.get("/admin/people/webhooks/1")
    said = says(page)
    assert all(words in said for words in ("taken 204", "again 500", "given up 404", "subscription 1, daily"))
    assert "example.org" not in said.replace("shop.example", "")


@pytest.mark.parametrize("role", [Role.EDITOR, Role.VIEWER])
async def test_only_admins_see_them(sqlite_store: Database, role: Role) -> None:
    async with at_the_desk(sqlite_store, role) as client:
        assert (await client.get("/admin/people/webhooks")).status_code == 403
