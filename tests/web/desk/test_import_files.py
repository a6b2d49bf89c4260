"""Files of every kind are imported at the desk as they are: archives, mails, UTF-16, tables of others."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import httpx
import pytest

from digest.core.access import Role
from digest.core.model import Briefing
from digest.store import briefings
from digest.store.database import Database
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says

pytestmark = pytest.mark.anyio

_FOREIGN = "Schlagzeile;Text;Kürzel;Datum;Quelle\nNight trains;They return.;ab;2026-11-23;The Post\n"
_MAIL = (
    "From: =?gb18030?b?v8nQxQ==?= <ke@news.example>\nDate: Mon, 23 Nov 2026 08:00:00 +0800\n"
    "Subject: =?gb18030?b?uNu/2g==?=\nMIME-Version: 1.0\nContent-Type: text/plain; charset=gb18030\n"
    "Content-Transfer-Encoding: 8bit\n\n港口今天开放。\n"
)


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


async def _hand_over(client: httpx.AsyncClient, name: str, data: bytes) -> httpx.Response:
    form = await client.get("/admin/briefings/import")
    csrf = document(form.text).xpath("//input[@name='csrf']/@value")[0]
    return await client.post(
        "/admin/briefings/import", data={"csrf": csrf}, files={"file": (name, data, "text/plain")}
    )


async def _go_on(client: httpx.AsyncClient, answer: httpx.Response, **entered: str) -> httpx.Response:
    """Send the form on the page as a browser does, in parts (RFC 7578)."""
    form = next(one for one in document(answer.text).xpath("//main//form") if one.action == "import")
    fields: dict[str, Any] = dict(form.form_values()) | entered
    parts = {name: (None, value) for name, value in fields.items()}
    return await client.post("/admin/briefings/import", files=parts, follow_redirects=True)


async def _titles(store: Database) -> list[str]:
    return [one.title for one in await _stored(store)]


async def _stored(store: Database) -> tuple[Briefing, ...]:
    async with store.read() as connection:
        return await briefings.page(connection)


async def test_an_archive_is_read_file_by_file_and_taken_as_it_was_shown(store: Database) -> None:
    packed = _zip(
        {
            "a.eml": _MAIL.encode("gb18030"),
            "b.txt": "Ferry Sails\n\nIt sails.\n\nSource: Bay News, May 3, 2024\n".encode("utf-16"),
            "c.csv": b"title,body\nTable,Words.\n,none\n",
            "d.bin": b"\xff\0",
            "e.md": b"# Table\n\nWords.\n",
            "f.txt": b"",
        }
    )
    async with at_the_desk(store, Role.EDITOR) as client:
        asked = await _hand_over(client, "all.zip", packed)
        said = says(asked)
        assert "3 new" in said
        assert "1 known as they are" in said
        assert "all.zip/c.csv3title is missing or holds no letter" in said
        assert "all.zip/d.bin1all.zip/d.bin is not text in UTF-8" in said
        assert "Nothing was found in all.zip/f.txt." in said
        assert await _titles(store) == []
        taken = await _go_on(client, asked, then="take")
        assert "Taken in: 3 new, 0 changed, 2 refused." in says(taken)
    found = await _stored(store)
    assert [one.title for one in found] == ["港口", "Ferry Sails", "Table"]
    assert (found[0].paragraphs, found[0].source) == (("港口今天开放。",), "可信")


async def test_columns_of_others_are_asked_for_with_a_guess_before_items_are_shown(
    sqlite_store: Database,
) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        asked = await _hand_over(client, "desk.csv", _FOREIGN.encode("utf-16"))
        assert "What the columns of desk.csv are" in says(asked)
        chosen = document(asked.text).xpath("//select/option[@selected]/@value")
        assert chosen == ["body", "source_date", "source"]
        wrong = await _go_on(client, asked)
        assert wrong.status_code == 422
        assert "desk.csv: no column holds title: say which one does" in says(wrong)
        tried = await _go_on(client, wrong, **{"column-0": "title"})
        assert "1 new" in says(tried)
        again = await _go_on(client, tried, then="columns")
        assert again.status_code == 200
        assert document(again.text).xpath("//select/option[@selected]/@value")[0] == "title"
        await _go_on(client, tried, then="take")
    (one,) = await _stored(sqlite_store)
    assert (one.title, one.paragraphs, one.source) == ("Night trains", ("They return.",), "The Post")


async def test_columns_hold_for_the_tables_of_an_archive_and_one_may_be_left_out(
    sqlite_store: Database,
) -> None:
    files = {
        "a.csv": _FOREIGN.encode(),
        "b.csv": b"Name,Phone\nAna,123\n",
        "c.txt": b"Ferry Sails\n\nIt sails.\n\nSource: Bay News, May 3, 2024\n",
    }
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        asked = await _hand_over(client, "all.zip", _zip(files))
        headings = document(asked.text).xpath("//tbody//input/@value")
        assert headings == ["Schlagzeile", "Text", "Kürzel", "Datum", "Quelle", "Name", "Phone"]
        tried = await _go_on(client, asked, **{"column-0": "title"})
        assert "all.zip/b.csv: all of its columns are left out" in says(tried)
        await _go_on(client, tried, then="take")
    assert await _titles(sqlite_store) == ["Night trains", "Ferry Sails"]


async def test_the_largest_file_goes_the_whole_way(sqlite_store: Database) -> None:
    lines = "".join(f"Item {n},{'Words. ' * 200}\n" for n in range(2000))
    data = f"title,body\n{lines}".encode()[:1_500_000]
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        tried = await _hand_over(client, "large.csv", data)
        taken = await _go_on(client, tried, then="take")
        assert taken.status_code == 200
        assert "Taken in: 10" in says(taken)
        refused = await _hand_over(client, "larger.csv", data + b"x")
        assert "larger.csv is larger than 1500 kB: use digest ingest for it" in says(refused)


@pytest.mark.parametrize("data", ["no base64", "QUJ", "4pyT✓"])
async def test_a_form_that_was_changed_on_its_way_is_refused(sqlite_store: Database, data: str) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        tried = await _hand_over(client, "a.csv", b"title,body\nA,b\n")
        answer = await _go_on(client, tried, data=data, then="take")
    assert answer.status_code == 422
    assert "The form was changed on its way" in says(answer)
    assert await _titles(sqlite_store) == []


async def test_names_of_files_are_shown_as_words_and_decide_the_same_twice(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        tried = await _hand_over(client, "<b>\u200b notes.md", b"# Ports\n\nAgree.\n")
        assert "What would become of <b> notes.md" in says(tried)
        await _go_on(client, tried, then="take")
    assert await _titles(sqlite_store) == ["Ports"]


async def test_a_table_with_too_many_columns_is_refused(sqlite_store: Database) -> None:
    head = ",".join(f"c{n}" for n in range(101))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await _hand_over(client, "wide.csv", f"{head}\n1\n".encode())
    assert answer.status_code == 422
    assert "wide.csv has 101 columns" in says(answer)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (_zip({"a.txt": b"Night trains\n\nThey return.\n\n" * 200_000}), "unpacks to more than 5 MB"),
        (b"title,body\n" + b"".join(b"Item %d,Words.\n" % n for n in range(5001)), "holds 5,001 items"),
    ],
    ids=["unpacked", "items"],
)
async def test_what_would_keep_others_waiting_is_left_to_the_shell(
    sqlite_store: Database, data: bytes, words: str
) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await _hand_over(client, "large.csv", data)
    assert answer.status_code == 422
    assert words in says(answer)
