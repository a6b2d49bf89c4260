"""People and keys at the desk, and the log that says who changed what."""

from __future__ import annotations

import re

import pytest

from digest.core.access import PROGRAM, Power, Role
from digest.flows.proofs import hash_of
from digest.store import changes, people
from digest.store.database import Database
from digest.web.desk.people_pages import KINDS
from tests.cli.shell import ROOT
from tests.flows.newsroom import join
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, add_person, at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def test_an_admin_lets_somebody_in_and_the_log_says_so(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people")
        answer = await submit(
            *(client, page, "people"),
            name="Carla",
            role="editor",
            by="password",
            password="letters in a drawer",
        )
        assert "The account is made" in says(answer)
        log = says(await client.get("/admin/log"))
    assert re.search(r"the admin ?add ?person 2", log)
    async with store.read() as connection:
        (entry,) = await changes.page(connection)
    assert entry.after == {"name": "Carla", "role": "editor"}
    assert "drawer" not in repr(entry)


async def test_the_log_is_for_people(store: Database) -> None:
    await join(store, "ann@example.org", NOW, topics="economy,energy", max_items="3")
    told = {"after": {"published": True, "quiet_days": {}, "max_items": None}}
    async with store.write() as connection:
        await changes.note_change(connection, PROGRAM, "briefing.ingest", "monday.md", NOW, **told)
    async with at_the_desk(store) as client:
        log = await client.get("/admin/log")
        assert "published yes" in says(log)
        assert "quiet days –" in says(log)
        assert "topics economy, energy" in says(log)
        assert "max items 3" in says(log)
        assert "newsletter daily" in says(log)
        assert "until" not in says(log)
        readers = await client.get("/admin/log?kind=reader")
        assert "reader 1" in says(readers)
        assert "briefing monday.md" not in says(readers)
        one = await client.get("/admin/log?kind=reader&subject=1")
        (link,) = document(one.text).xpath("//main//p/a[.='reader 1']/@href")
        assert "ann@example.org" in says(await client.get(one.url.join(link)))


def test_the_log_can_be_asked_for_every_kind_of_change() -> None:
    kinds = set()
    for file in (ROOT / "digest").rglob("*.py"):
        text = file.read_text()
        if "note_change" in text or "note_reader" in text:
            kinds |= {found[1] for found in re.finditer(r'"([a-z]+)\.[a-z-]+"', text)}
    assert set(KINDS) >= kinds


@pytest.mark.parametrize(
    ("name", "role", "password", "words"),
    [
        ("", "editor", "letters in a drawer", "Name is empty"),
        ("Carla", "queen", "letters in a drawer", "is not known"),
        ("Carla", "editor", "short", "too short"),
        ("THE ADMIN", "editor", "letters in a drawer", "is taken"),
        ("x" * 61, "editor", "letters in a drawer", "at most 60"),
    ],
)
async def test_nobody_is_let_in_when(
    store: Database, name: str, role: str, password: str, words: str
) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people")
        answer = await submit(client, page, "people", name=name, role=role, by="password", password=password)
    assert answer.status_code == 422
    assert words in says(answer)
    async with store.read() as connection:
        assert len(await people.every(connection)) == 1
        assert await changes.page(connection) == ()


async def test_a_key_is_shown_once_and_kept_as_a_hash(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/account")
        assert "send by hand; approve, hold, cancel and settle send" in says(page)
        made = await submit(client, page, "account/keys", label="site", scope=["see", "edit"])
        (key,) = re.findall(r"\bdigest_[\w-]{43}\b", made.text)
        assert document(made.text).xpath("//input[@readonly and @id=//button/@data-copy]/@value") == [key]
        account = await client.get("/admin/account")
        assert key not in account.text
        assert key[:12] in account.text
        async with store.read() as connection:
            found = await people.key_by_hash(connection, hash_of(key))
        assert found is not None
        assert found[0].scopes == {Power.SEE, Power.EDIT}
        await submit(client, account, "revoke")
    async with store.read() as connection:
        assert await people.key_by_hash(connection, hash_of(key)) is None


@pytest.mark.parametrize("scopes", [["run"], ["see", "keep-readers"], ["own"], [], ["nonsense"]])
async def test_a_key_can_do_no_more_than_its_holder(store: Database, scopes: list[str]) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/account")
        answer = await submit(client, page, "account/keys", label="site", scope=scopes)
    assert answer.status_code == 422
    async with store.read() as connection:
        assert await people.keys_of(connection) == ()


async def test_nobody_revokes_the_key_of_somebody_else_from_the_own_account(store: Database) -> None:
    other = await add_person(store, "Bob", Role.EDITOR)
    async with store.write() as connection:
        key_id = await people.add_key(connection, other, "his", ("digest_x", b"h" * 32), {Power.SEE}, NOW)
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/account")
        csrf = re.search(r'name="csrf" value="(\w+)"', page.text)
        assert csrf is not None
        answer = await client.post(f"/admin/account/keys/{key_id}/revoke", data={"csrf": csrf[1]})
    assert answer.status_code == 404
    async with store.read() as connection:
        assert (await people.keys_of(connection))[0].revoked_at is None


async def test_names_are_shown_as_text_whatever_they_are(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/people")
        name = "<script>alert(1)</script>\"' {{ 7*7 }}"
        answer = await submit(
            client, page, "people", name=name, role="viewer", by="password", password="letters in a drawer"
        )
        assert answer.status_code == 200
        assert "<script>alert" not in answer.text
        assert "{{ 7*7 }}" in answer.text
