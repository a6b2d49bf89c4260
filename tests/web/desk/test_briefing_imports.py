"""A page of briefings is imported at the desk: rehearsed first, and then taken just so."""

from __future__ import annotations

import pytest

from digest.core.access import Role
from digest.core.model import Briefing, BriefingStatus
from digest.store import briefings
from digest.store.changes import page
from digest.store.database import Database
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio

_SOURCE = '"source": "The Post", "source_date": "2026-11-23"'
_PAGE = (
    f'[{{"title": "Tariffs rise", "body": "Exports are dear now.", {_SOURCE}}},'
    '{"title": "", "body": "Words without a title."},'
    f'{{"title": "Schools open", "body": "All schools open on Monday.", {_SOURCE}}}]'
)


async def _stored(store: Database, id_: int) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, id_)
    assert found is not None
    return found


async def _acts(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.act for one in await page(connection)]


async def test_an_import_is_rehearsed_before_anything_is_taken(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/import")
        asked = await submit(client, form, "import", page=_PAGE)
        assert "2 new" in says(asked)
        assert "1 refused" in says(asked)
        assert "Tariffs rise" in says(asked)
        assert await _acts(store) == []
        async with store.read() as connection:
            assert await briefings.page(connection) == ()
        await submit(client, asked, "import", then="take")
        known = await submit(client, form, "import", page=_PAGE.replace("dear", "cheap"))
        assert "1 changed" in says(known)
        assert "would be revision 2" in says(known)
    async with store.read() as connection:
        found = await briefings.page(connection)
    assert [(one.title, one.number, one.revision) for one in found] == [
        ("Tariffs rise", 1, 1),
        ("Schools open", 2, 1),
    ]
    assert await _acts(store) == ["briefing.ingest"]


async def test_a_file_is_imported_as_drafts(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/import")
        csrf = document(form.text).xpath("//input[@name='csrf']/@value")[0]
        asked = await client.post(
            "/admin/briefings/import",
            data={"csrf": csrf, "draft": "on", "topic": "society"},
            files={"file": ("day one.json", _PAGE.encode(), "application/json")},
        )
        assert "What would become of day one.json" in says(asked)
        await submit(client, asked, "import", then="take")
    for id_ in (1, 2):
        stored = await _stored(sqlite_store, id_)
        assert stored.status is BriefingStatus.DRAFT
        assert [mark.slug for mark in stored.topics] == ["society"]


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        (b"", "nothing to read"),
        (b"\xff\xfe\xff", "is not text"),
        (b"%PDF-1.7\n\xe2\xe3", "a.txt is a PDF: copy its words"),
        (b"\x89PNG\r\n\x1a\n", "a.txt is a picture (PNG): type what it shows"),
        (b"<html><p>words</p>", "looks like a web page"),
        (b"[" + b" " * 1_500_001, "larger than 1500 kB"),
    ],
)
async def test_what_cannot_be_read_is_refused_in_words(
    sqlite_store: Database, sent: bytes, words: str
) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/import")
        csrf = document(form.text).xpath("//input[@name='csrf']/@value")[0]
        files = {"file": ("a.txt", sent, "text/plain")} if sent else {"file": ("", b"", "text/plain")}
        answer = await client.post("/admin/briefings/import", data={"csrf": csrf}, files=files)
    assert answer.status_code == 422
    assert words in says(answer).replace("There is", "there is")
