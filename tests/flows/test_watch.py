"""What is put into the watched folder is taken in once, and moved to where one sees what became of it."""

from __future__ import annotations

import io
import os
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from digest.core.model import Topic
from digest.flows import watch
from digest.flows.tidy import KEEP_TAKEN, tidy
from digest.flows.watch import Looked
from digest.ingest.folder import Folder
from digest.ingest.packed import MOST_OF_ALL
from digest.store import changes, topics
from digest.store.database import Database
from tests.flows.inbox import Inbox, news
from tests.flows.newsroom import TUESDAY

pytestmark = pytest.mark.anyio


# --- taken in -----------------------------------------------------------------------------------------------


async def test_a_file_at_rest_is_taken_in_published_and_moved(store: Database, folder: Path) -> None:
    inbox = Inbox(store, folder)
    inbox.put("monday.json", news("Ferries", "Trains"))
    assert await inbox.look() == Looked(waiting=1)
    assert await inbox.look(after=10) == Looked(taken=1, added=2)
    assert inbox.lying() == ["taken/monday.json"]
    assert [one.number for one in await inbox.briefings()] == [1, 2]
    (record,) = await inbox.records()
    assert (record.name, record.at, record.added, record.refused) == ("monday.json", TUESDAY, 2, 0)
    assert (record.kept_as, record.times) == ("taken/monday.json", 1)
    async with store.read() as connection:
        (change, *_) = await changes.page(connection)
    assert (change.act, change.actor, change.subject) == ("briefing.ingest", "digest", "monday.json")
    assert await inbox.look(after=10) == Looked()


async def test_older_files_come_first_so_that_corrections_follow_what_they_correct(inbox: Inbox) -> None:
    after = inbox.put("a.json", news("Ferries").replace("whole", "corrected"))
    before = inbox.put("b.json", news("Ferries"))
    os.utime(before, (1_000, 1_000))
    os.utime(after, (2_000, 2_000))
    assert await inbox.take() == Looked(taken=2, added=1, updated=1)
    (briefing,) = await inbox.briefings()
    assert "corrected" in briefing.paragraphs[0]


async def test_two_files_of_one_name_are_both_kept(inbox: Inbox) -> None:
    for title in ("Ferries", "Trains", "Trams"):
        inbox.put("news.json", news(title))
        await inbox.take()
    assert inbox.lying() == ["taken/news-2.json", "taken/news-3.json", "taken/news.json"]
    assert sorted(await inbox.titles()) == ["Ferries", "Trains", "Trams"]


async def test_what_was_taken_in_is_not_taken_again_but_moved_and_counted(inbox: Inbox) -> None:
    inbox.put("news.json", news("Ferries"))
    await inbox.take()
    inbox.put("again.json", news("Ferries"))
    with capture_logs() as told:
        assert await inbox.take() == Looked()
    assert inbox.lying() == ["taken/again.json", "taken/news.json"]
    assert [line["event"] for line in told] == ["a file was taken in before: it is only moved"]
    (record,) = await inbox.records()
    assert (record.times, record.kept_as) == (2, "taken/again.json")


@pytest.mark.parametrize(
    "name",
    ["x" * 250 + ".json", "наука" * 25, "a\nb.json", b"caf\xe9.json"],
    ids=["long", "cyrillic", "two-lines", "latin-1"],
)
async def test_strange_names_are_kept_and_told_on_one_line(inbox: Inbox, name: str | bytes) -> None:
    strange = os.fsdecode(name)
    inbox.put(strange, news("Ferries") + " ")
    inbox.put("b.json", "[]")
    await inbox.take()
    inbox.put(strange, news("Trains"))
    await inbox.take()
    assert sum(one.startswith("taken/") for one in inbox.lying()) == 2
    assert all(one.name.isprintable() for one in await inbox.records())
    assert len(await inbox.titles()) == 2


# --- not yet ------------------------------------------------------------------------------------------------


async def test_a_file_that_is_still_being_written_is_not_read_before_it_is_whole(inbox: Inbox) -> None:
    whole = news("Ferries", "Trains")
    with (inbox.path / "slow.json").open("w") as slow:
        for at in range(0, len(whole), 40):
            slow.write(whole[at : at + 40])
            slow.flush()
            assert await inbox.look(after=4) == Looked(waiting=1)
    assert await inbox.look(after=4) == Looked(waiting=1)
    assert await inbox.look(after=4) == Looked(taken=1, added=2)


async def test_a_file_that_changes_after_it_was_seen_at_rest_is_left_for_another_look(inbox: Inbox) -> None:
    file = inbox.put("news.json", news("Ferries"))
    (lying,) = Folder(inbox.path).look()
    assert lying.sight is not None
    file.write_text(news("Ferries", "Trains"))
    assert Folder(inbox.path).read("news.json", lying.sight) is None
    assert await inbox.take() == Looked(taken=1, added=2)


async def test_what_has_long_been_at_rest_need_not_be_watched(inbox: Inbox) -> None:
    inbox.put("news.json", news("Ferries"))
    inbox.ahead = timedelta(minutes=2)
    assert await inbox.look() == Looked(taken=1, added=1)


async def test_a_file_whose_maker_set_its_time_back_is_watched_all_the_same(inbox: Inbox) -> None:
    os.utime(inbox.put("news.json", news("Ferries")), (1_000, 1_000))
    assert await inbox.look() == Looked(waiting=1)


async def test_an_empty_file_may_still_be_filled(inbox: Inbox) -> None:
    file = inbox.put("news.json", "")
    assert await inbox.take() == Looked(waiting=1)
    file.write_text(news("Ferries"))
    assert await inbox.take() == Looked(taken=1, added=1)


async def test_a_file_that_never_comes_to_rest_is_told_of(inbox: Inbox) -> None:
    for turn in range(4):
        inbox.put("endless.log", "x" * (turn + 1))
        await inbox.look(after=1_300)
    assert await inbox.troubles() == [
        ("endless.log", "does not come to rest: it is read when nobody writes it any more")
    ]


@pytest.mark.parametrize(
    "name", [".news.json", "news.json.part", "NEWS.TMP", "a.crdownload", "~$a.csv", "a.md~", "Thumbs.db"]
)
async def test_what_is_hidden_or_not_finished_by_its_name_is_left_alone(inbox: Inbox, name: str) -> None:
    inbox.put(name, news("Ferries"))
    assert await inbox.take() == Looked()
    assert inbox.lying() == [name]
    assert await inbox.troubles() == []


# --- refused ------------------------------------------------------------------------------------------------


async def test_a_refused_file_lies_beside_its_reasons(store: Database, folder: Path) -> None:
    inbox = Inbox(store, folder)
    inbox.put("broken.json", '[{"title": ')
    with capture_logs() as told:
        assert await inbox.take() == Looked(refused=1)
    assert inbox.lying() == ["refused/broken.json", "refused/broken.json.reasons.txt"]
    words = (inbox.path / "refused/broken.json.reasons.txt").read_text()
    assert "broken.json, 2026-11-24 06:00 UTC: 0 new, 0 changed, 0 as before, 1 refused\n" in words
    assert "broken.json, line 1: broken.json is not valid JSON" in words
    (record,) = await inbox.records()
    assert record.is_refused
    assert record.refused == 1
    assert "is not valid JSON" in record.reasons[0].reason
    assert [(line["log_level"], line["event"]) for line in told] == [("warning", "a file was refused")]


async def test_a_file_that_is_no_text_is_refused_with_what_it_is(inbox: Inbox) -> None:
    inbox.put("story.pdf", b"%PDF-1.4\nwords\n")
    assert await inbox.take() == Looked(refused=1)
    (record,) = await inbox.records()
    assert record.reasons[0].reason.startswith("story.pdf is a PDF: copy its words into a text file")


async def test_a_file_without_an_item_is_refused(inbox: Inbox) -> None:
    inbox.put("nothing.json", "[]")
    assert await inbox.take() == Looked(refused=1)
    (record,) = await inbox.records()
    assert record.reasons[0].reason == "nothing.json holds no item"


async def test_a_file_of_more_items_than_one_transaction_bears_is_refused(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "MOST_ITEMS", 2)
    inbox.put("three.json", news("Ferries", "Trains", "Trams"))
    inbox.put("two.json", news("Ferries", "Trains"))
    assert await inbox.take() == Looked(taken=1, refused=1, added=2)
    assert (await inbox.records())[-1].reasons[0].reason == "three.json holds more than 2 items: part it"


async def test_a_refused_file_may_be_put_there_again_when_its_reason_is_gone(inbox: Inbox) -> None:
    inbox.put("news.json", news("Ferries", topic="harbours"))
    assert await inbox.take() == Looked(refused=1)
    async with inbox.store.write() as connection:
        await topics.add(connection, Topic("harbours", "Harbours", 9, {}))
    (inbox.path / "refused/news.json").rename(inbox.path / "news.json")
    assert await inbox.take() == Looked(taken=1, added=1)
    (record,) = await inbox.records()
    assert (record.added, record.refused, record.times) == (1, 0, 2)


async def test_of_an_archive_with_a_bad_member_the_others_are_taken(store: Database, folder: Path) -> None:
    inbox = Inbox(store, folder)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a.json", news("Ferries"))
        archive.writestr("b.json", "[{")
        archive.writestr("c.json", news("Trains"))
    inbox.put("week.zip", packed.getvalue())
    assert await inbox.take() == Looked(taken=1, added=2)
    assert inbox.lying() == ["taken/week.zip", "taken/week.zip.reasons.txt"]
    assert "week.zip/b.json, line 1:" in (inbox.path / "taken/week.zip.reasons.txt").read_text()
    (record,) = await inbox.records()
    assert (record.added, record.refused, record.is_refused) == (2, 1, False)


@pytest.mark.parametrize(
    ("head", "size", "most"),
    [(b"[", 10_000_001, "10 MB"), (b"PK\x03\x04", MOST_OF_ALL + 1, "50 MB"), (b"[", 2**40, "10 MB")],
    ids=["text", "archive", "terabyte"],
)
async def test_a_huge_file_is_refused_without_being_read(
    inbox: Inbox, head: bytes, size: int, most: str
) -> None:
    file = inbox.put("huge.json", head)
    with file.open("r+b") as sparse:
        sparse.truncate(size)
    assert await inbox.take() == Looked(refused=1)
    (record,) = await inbox.records()
    assert (record.size, record.reasons[0].reason) == (size, f"huge.json has more than {most}: part it")
    assert inbox.lying() == ["refused/huge.json", "refused/huge.json.reasons.txt"]


# --- forgotten ----------------------------------------------------------------------------------------------


async def test_a_record_is_kept_for_a_year_and_while_its_file_lies_there(
    store: Database, folder: Path
) -> None:
    inbox = Inbox(store, folder)
    inbox.put("a.json", news("Ferries"))
    await inbox.take()
    (folder / "refused").write_text("in the way")
    inbox.put("b.json", "[")
    await inbox.take()
    month = timedelta(days=30)
    await tidy(store=store, now=TUESDAY + KEEP_TAKEN, keep_unconfirmed=month)
    assert [one.name for one in await inbox.records()] == ["b.json", "a.json"]
    await tidy(store=store, now=TUESDAY + KEEP_TAKEN + timedelta(seconds=1), keep_unconfirmed=month)
    assert [one.name for one in await inbox.records()] == ["b.json"]
