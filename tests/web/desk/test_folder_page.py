"""What came through the watched folder is seen at the desk, and what is the matter with it on Today."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.core.access import Role
from digest.store.database import Database
from digest.web.desk import folder_page
from tests.flows.inbox import Inbox, news
from tests.web.desk.newsroom import NOW, at_the_desk, says

pytestmark = pytest.mark.anyio


async def test_files_are_shown_with_their_counts_and_reasons(store: Database, tmp_path: Path) -> None:
    inbox = Inbox(store, tmp_path)
    inbox.put("good.json", news("Ferries", "Trains"))
    inbox.put("half.json", news("Trams")[:-1] + ', {"title": "Bare"}]')
    inbox.put("<b>.json", "[{")
    await inbox.take()
    async with at_the_desk(store, Role.VIEWER) as client:
        page = await client.get("/admin/files")
        shown, today = says(page), says(await client.get("/admin/"))
    assert "good.jsontaken/good.json" in shown
    assert "half.json, line 1: an item has either body or paragraphs" in shown
    assert "in part" in shown
    assert "<b>.json, line 1: <b>.json is not valid JSON" in shown
    assert "<b>.json is not" not in page.text
    assert "2 files from the watched folder of the last seven days were refused, whole or in part" in today


async def test_what_cannot_be_taken_is_told_on_both_pages_while_it_is_so(
    sqlite_store: Database, tmp_path: Path
) -> None:
    inbox = Inbox(sqlite_store, tmp_path)
    for number in range(5):
        (tmp_path / f"folder{number}").mkdir()
    await inbox.look()
    async with at_the_desk(sqlite_store) as client:
        shown, today = says(await client.get("/admin/files")), says(await client.get("/admin/"))
        assert f"{tmp_path}, folder4: is a folder: only plain files are read, since Tue 24 Nov" in shown
        assert "folder folder2: is a folder" in today
        assert "folder3:" not in today
        assert "2 more in the watched folder cannot be read or moved" in today
        for number in range(5):
            (tmp_path / f"folder{number}").rmdir()
        await inbox.look()
        assert "Needs a look" not in says(await client.get("/admin/files"))
        assert "watched folder" not in says(await client.get("/admin/"))


async def test_what_was_refused_long_ago_needs_nobody(sqlite_store: Database, tmp_path: Path) -> None:
    inbox = Inbox(sqlite_store, tmp_path)
    inbox.put("bad.json", "[{")
    await inbox.take()
    async with at_the_desk(sqlite_store, Role.ADMIN, lambda: NOW.replace(year=NOW.year + 1)) as client:
        assert "watched folder" not in says(await client.get("/admin/"))
        assert "bad.json" in says(await client.get("/admin/files"))


async def test_older_files_are_on_further_pages(
    sqlite_store: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_page, "_ON_A_PAGE", 2)
    inbox = Inbox(sqlite_store, tmp_path)
    for name in "abc":
        inbox.put(f"{name}.json", news(name))
    await inbox.take()
    async with at_the_desk(sqlite_store) as client:
        first = await client.get("/admin/files")
        assert 'href="files?before=2"' in first.text
        assert "a.json" not in says(first)
        last = await client.get("/admin/files?before=2")
        assert "a.json" in says(last)
        assert "Older" not in says(last)


async def test_a_desk_without_a_folder_says_how_one_is_named(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        assert "The setting ingest_dir names one" in says(await client.get("/admin/files"))
        assert 'href="files"' in (await client.get("/admin/feeds")).text
