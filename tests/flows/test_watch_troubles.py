"""Whatever lies in the watched folder, and whoever else looks into it: nothing comes twice or in silence."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest.flows.watch import AGAIN_AFTER, Looked, Watcher
from digest.ingest.folder import Folder, Kept
from digest.store.database import Database
from tests.flows.inbox import Inbox, news, without_privileges
from tests.flows.newsroom import TUESDAY

pytestmark = pytest.mark.anyio


# --- what is no file ----------------------------------------------------------------------------------------


async def test_links_folders_and_pipes_are_told_once_and_never_read(inbox: Inbox) -> None:
    (inbox.path / "passwd.csv").symlink_to("/etc/passwd")
    (inbox.path / "archive").mkdir()
    (inbox.path / "archive" / "old.json").write_text(news("Trams"))
    os.mkfifo(inbox.path / "pipe")
    inbox.put("news.json", news("Ferries"))
    async with asyncio.timeout(20):
        with capture_logs() as told:
            await inbox.take()
            await inbox.take()
    assert await inbox.titles() == ["Ferries"]
    assert inbox.lying() == ["archive/old.json", "passwd.csv", "pipe", "taken/news.json"]
    assert await inbox.troubles() == [
        ("archive", "is a folder: only plain files are read"),
        ("passwd.csv", "is a symbolic link: only plain files are read"),
        ("pipe", "is a pipe, socket or device: only plain files are read"),
    ]
    assert [line["file"] for line in told if line["log_level"] == "warning"] == [
        "archive",
        "passwd.csv",
        "pipe",
    ]
    (inbox.path / "passwd.csv").unlink()
    await inbox.look()
    assert len(await inbox.troubles()) == 2


async def test_a_file_that_became_a_link_meanwhile_is_neither_followed_nor_moved(inbox: Inbox) -> None:
    folder = Folder(inbox.path)
    file = inbox.put("news.json", news("Ferries"))
    (lying,) = folder.look()
    assert lying.sight is not None
    file.unlink()
    file.symlink_to("/etc/passwd")
    with pytest.raises(OSError, match="symbolic links"):
        folder.read("news.json", lying.sight)
    assert folder.keep("news.json", lying.sight, Kept.TAKEN) is None
    assert file.is_symlink()


async def test_files_are_not_moved_through_a_link(inbox: Inbox, tmp_path: Path) -> None:
    (inbox.path / "taken").symlink_to(tmp_path)
    inbox.put("news.json", news("Ferries"))
    await inbox.take()
    assert inbox.lying() == ["news.json", "taken"]
    assert Inbox(inbox.store, tmp_path).lying() == []
    assert await inbox.troubles() == [("news.json", "cannot be read or moved (Not a directory)")]


# --- what cannot be done ------------------------------------------------------------------------------------


async def test_a_file_that_cannot_be_moved_is_taken_once_told_once_and_not_tried_all_the_time(
    inbox: Inbox,
) -> None:
    (inbox.path / "taken").write_text("in the way")
    inbox.put("a.json", news("Ferries"))
    inbox.put("b.json", "[")
    with capture_logs() as told:
        assert await inbox.take() == Looked(taken=1, refused=1, added=1)
        for _ in range(5):
            assert await inbox.look(after=3) == Looked()
        await inbox.look(after=AGAIN_AFTER.total_seconds())
    words = "cannot be read or moved (Not a directory)"
    assert [(line["file"], line["words"]) for line in told if "words" in line] == [("a.json", words)]
    assert inbox.lying() == ["a.json", "refused/b.json", "refused/b.json.reasons.txt", "taken"]
    assert await inbox.troubles() == [("a.json", words)]
    (inbox.path / "taken").unlink()
    assert await inbox.look(after=AGAIN_AFTER.total_seconds()) == Looked()
    assert "taken/a.json" in inbox.lying()
    assert await inbox.troubles() == []
    assert await inbox.titles() == ["Ferries"]


async def test_another_process_knows_what_was_told_and_taken(
    store: Database, second_store: Database, folder: Path
) -> None:
    inbox = Inbox(store, folder)
    (folder / "taken").write_text("in the way")
    inbox.put("a.json", news("Ferries"))
    await inbox.take()
    inbox.watcher = inbox.watching(second_store)
    with capture_logs() as told:
        assert await inbox.take() == Looked()
    assert [line for line in told if line["log_level"] != "info"] == []
    assert await inbox.titles() == ["Ferries"]


async def test_in_a_folder_that_may_not_be_written_files_are_taken_once_and_told_of(
    postgres_store: Database, folder: Path
) -> None:
    inbox = Inbox(postgres_store, folder)
    inbox.put("a.json", news("Ferries"))
    inbox.put("closed.json", news("Trains"))
    inbox.permit(0, "closed.json")
    inbox.permit(0o555)
    await inbox.look()
    with without_privileges():
        assert await inbox.look(after=10) == Looked(taken=1, added=1)
        assert await inbox.look(after=10) == Looked()
    assert inbox.lying() == ["a.json", "closed.json"]
    words = "cannot be read or moved (Permission denied)"
    assert await inbox.troubles() == [("a.json", words), ("closed.json", words)]
    inbox.permit(0o755)
    inbox.permit(0o644, "closed.json")
    # whoever mends it need not wait: a change is seen
    assert (await inbox.take()).added == 1
    assert await inbox.look(after=AGAIN_AFTER.total_seconds()) == Looked()
    assert inbox.lying() == ["taken/a.json", "taken/closed.json"]
    assert await inbox.troubles() == []


async def test_a_folder_that_vanishes_is_told_once_and_goes_on_when_it_is_back(
    inbox: Inbox, tmp_path: Path
) -> None:
    inbox.path.rename(tmp_path / "away")
    trouble = "the folder cannot be looked into (No such file or directory)"
    with capture_logs() as told:
        for _ in range(3):
            assert await inbox.look(after=3) == Looked(trouble=trouble)
    assert [line["words"] for line in told] == [trouble]
    assert await inbox.troubles() == [("", told[0]["words"])]
    (tmp_path / "away").rename(inbox.path)
    inbox.put("news.json", news("Ferries"))
    assert (await inbox.take()).added == 1
    assert await inbox.troubles() == []


async def test_a_folder_that_is_not_watched_any_more_has_no_troubles(inbox: Inbox) -> None:
    (inbox.path / "link").symlink_to("/etc/passwd")
    await inbox.look()
    assert len(await inbox.troubles()) == 1
    await Watcher(store=inbox.store, folder=None).look(TUESDAY, inbox.stop)
    assert await inbox.troubles() == []


async def test_a_wrong_folder_full_of_folders_is_told_in_a_hundred_lines(inbox: Inbox) -> None:
    for number in range(130):
        (inbox.path / f"{number:03}").mkdir()
    await inbox.look()
    found = await inbox.troubles()
    assert len(found) == 101
    assert ("…", "and 30 more cannot be taken in") in found


async def test_a_stop_leaves_the_other_files_for_the_next_process(inbox: Inbox) -> None:
    inbox.put("a.json", news("Ferries"))
    await inbox.look()
    inbox.stop.set()
    assert await inbox.look(after=10) == Looked(waiting=1)
    assert inbox.lying() == ["a.json"]


# --- several at once ----------------------------------------------------------------------------------------


async def test_two_processes_at_once_take_each_file_in_once(
    store: Database, second_store: Database, folder: Path
) -> None:
    inbox = Inbox(store, folder)
    other = inbox.watching(second_store)
    for number in range(12):
        inbox.put(f"{number}.json", news(f"Story {number}"))
    inbox.put("bad.json", "[")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", news("Ferries"))
        archive.writestr("b.json", news("Trains"))
    inbox.put("week.zip", packed.getvalue())
    both = (inbox.watcher, other)
    async with asyncio.timeout(60):
        await asyncio.gather(*(one.look(TUESDAY, inbox.stop) for one in both))
        inbox.seconds += 10
        found = await asyncio.gather(*(one.look(TUESDAY, inbox.stop) for one in both))
    assert sum(one.added for one in found) == 14
    assert sum(one.taken for one in found) == 13
    wanted = {f"Story {number}" for number in range(12)} | {"Ferries", "Trains"}
    titles = await inbox.titles()
    assert (len(titles), set(titles)) == (14, wanted)
    kept = [f"taken/{number}.json" for number in range(12)] + ["taken/week.zip"]
    # who holds the plain name may find the file gone, when the other has moved it under the next one
    assert sorted(one.replace("-2.", ".") for one in inbox.lying()[-13:]) == sorted(kept)
    assert inbox.lying()[0].replace("-2.", ".") == "refused/bad.json"
    assert {one.kept_as for one in await inbox.records()} <= set(inbox.lying())
    assert await inbox.troubles() == []
