"""The links that stand in mails, followed as readers and mail programs follow them."""

from __future__ import annotations

import asyncio
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import httpx
import pytest

from digest.core.access import PROGRAM
from digest.core.model import RunTotals
from digest.flows.back_up import back_up
from digest.flows.leave_again import recorded
from digest.flows.press import Press
from digest.flows.reopen import reopen_restored
from digest.flows.restore import restore
from digest.jobs.liveness import Liveness
from digest.jobs.local import LocalJobs
from digest.mail.post import Post
from digest.mail.servers import FileOutbox
from digest.store import opinions
from digest.store.database import Database
from subscribers.leaving import BY_ONE_CLICK
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news
from tests.stores import NewStore, opened
from tests.web.visiting import BASE_URL, KEY, ONE_CLICK, headline, history, press, visitor

_COMMAND: Final = "from digest.cli.main import run; run()"


async def send_all(store: Database, folder: Path, now: datetime, base_url: str = BASE_URL) -> RunTotals:
    """Send what is due into a folder."""
    jobs = LocalJobs(
        store=store,
        press=Press(store=store, keys=[KEY], base_url=base_url),
        post=Post(FileOutbox(folder / "outbox")),
        liveness=Liveness(folder / "senders"),
        lanes=2,
        resend_uncertain=True,
    )
    return (await jobs.run(now, asyncio.Event())).totals


def mails_to(address: str, folder: Path) -> list[EmailMessage]:
    """The mails that lie there for a reader, oldest first."""
    mails = []
    for path in sorted((folder / "outbox").glob("*.eml")):
        mail = message_from_bytes(path.read_bytes(), policy=policy.default)
        if address in str(mail["To"]):
            mails.append(mail)
    return mails


def one_click_link(mail: EmailMessage) -> str:
    """What a mail program posts to."""
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (link,) = re.findall(r"<(https?:[^>]+)>", str(mail["List-Unsubscribe"]))
    return str(link)


def words_of(mail: EmailMessage) -> str:
    """Its plain text."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


@pytest.mark.anyio
async def test_who_leaves_by_a_mail_gets_no_other_and_all_of_them_after_an_undo(
    sqlite_store: Database, tmp_path: Path
) -> None:
    for name in ("ana", "bob"):
        await join(sqlite_store, f"{name}@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("First tariff", "economy"))
    assert (await send_all(sqlite_store, tmp_path, at(24, 7))).sent == 2
    (mail,) = mails_to("ana@example.org", tmp_path)

    await publish_news(sqlite_store, at(24, 12), item("Second tariff", "economy"))
    await plan_all(sqlite_store, at(25, 7))
    async with visitor(sqlite_store, at(25, 7)) as client:
        assert (await client.post(one_click_link(mail), data=ONE_CLICK)).status_code == 200
        totals = await send_all(sqlite_store, tmp_path, at(25, 7))
        assert (totals.sent, totals.skipped) == (1, {"left": 1})
        assert headline(await press(client, await client.get(one_click_link(mail)))) == "Welcome back"

    await publish_news(sqlite_store, at(25, 12), item("Third tariff", "economy"))
    assert (await send_all(sqlite_store, tmp_path, at(26, 7))).sent == 2
    for name in ("ana", "bob"):
        texts = "".join(words_of(mail) for mail in mails_to(f"{name}@example.org", tmp_path))
        told = [texts.count(f"{which} tariff: the whole story") for which in ("First", "Second", "Third")]
        assert told == [1, 1, 1], name


@pytest.mark.anyio
async def test_every_link_to_us_in_a_readers_mail_leads_to_a_page(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await join(sqlite_store, "ana@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("First tariff", "economy"))
    await send_all(sqlite_store, tmp_path, at(24, 7))
    (mail,) = mails_to("ana@example.org", tmp_path)
    html = mail.get_body(("html",))
    assert html is not None
    links = set(re.findall(rf'{BASE_URL}[^\s"<>]+', words_of(mail) + html.get_content()))
    assert {urlsplit(link).path.split("/")[1] for link in links} == {"issues", "preferences", "unsubscribe"}
    async with visitor(sqlite_store, at(24, 8)) as client:
        assert {(await client.get(link)).status_code for link in links} == {200}


@pytest.mark.anyio
@pytest.mark.parametrize("format_", ["html", "text"])
async def test_a_mail_leads_to_where_its_items_can_be_judged(
    sqlite_store: Database, tmp_path: Path, format_: str
) -> None:
    await change_newsletter(sqlite_store, feedback=True)
    await join(sqlite_store, "ana@example.org", TUESDAY, format=format_)
    await publish_news(sqlite_store, TUESDAY, *(item(one, "economy") for one in ("A tariff", "A port")))
    await send_all(sqlite_store, tmp_path, at(24, 7))
    (mail,) = mails_to("ana@example.org", tmp_path)
    parts = [str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text"]
    found = [re.findall(rf'{BASE_URL}/preferences/[^\s"<>]+/issues/[^\s"<>]+', part) for part in parts]
    # one to a part, however many items there are
    assert [len(links) for links in found] == [1] * (2 if format_ == "html" else 1)
    (link,) = {link for links in found for link in links}
    async with visitor(sqlite_store, at(24, 8)) as client:
        for method in ("HEAD", "GET"):
            answer = await client.request(method, link)
            assert answer.status_code == 200
        assert headline(answer) == "What was useful?"
        assert await said_of_items(sqlite_store) == {}
        await press(client, answer, "Useful", said="useful")
    assert await said_of_items(sqlite_store) == {1: True}


@pytest.mark.anyio
async def test_where_nobody_is_asked_no_mail_asks(sqlite_store: Database, tmp_path: Path) -> None:
    await join(sqlite_store, "ana@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("First tariff", "economy"))
    await send_all(sqlite_store, tmp_path, at(24, 7))
    (mail,) = mails_to("ana@example.org", tmp_path)
    texts = "".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")
    assert "/preferences/" in texts
    assert "useful" not in texts
    assert not re.search(r"/preferences/[^\s\"]+/issues", texts)


async def said_of_items(store: Database) -> dict[int, bool]:
    """What the first reader said of the first items."""
    async with store.read() as connection:
        return await opinions.said_by(connection, 1, range(1, 10))


# --- through a real process ---------------------------------------------------------------------------------


@contextmanager
def served(store: Database, folder: Path, *more: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server of its own process on this store, and where it is reached; it is told to stop in the end."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    ours = {
        "DIGEST_DATABASE_URL": store.url.render_as_string(hide_password=False),
        "DIGEST_SECRET_KEY": KEY.decode(),
        "DIGEST_VAR_DIR": str(folder),
    }
    others = {name: value for name, value in os.environ.items() if not name.startswith("DIGEST_")}
    process = subprocess.Popen(
        [sys.executable, "-c", _COMMAND, "serve", "--port", str(port), *more],
        env={**others, **ours},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process, f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.communicate(timeout=30)


async def when_up(client: httpx.AsyncClient, process: subprocess.Popen[str]) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + 30
    while time.monotonic() < until and process.poll() is None:
        try:
            assert (await client.get("/healthz")).json() == {"status": "ok"}
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    raise AssertionError("the server does not come up")


@pytest.mark.anyio
async def test_the_server_keeps_what_the_mail_promises(sqlite_store: Database, tmp_path: Path) -> None:
    ana = await join(sqlite_store, "ana@example.org", TUESDAY)
    await publish_news(sqlite_store, TUESDAY, item("First tariff", "economy"))
    with served(sqlite_store, tmp_path, "--no-scheduler") as (process, base_url):
        await send_all(sqlite_store, tmp_path, at(24, 7), base_url)
        (mail,) = mails_to("ana@example.org", tmp_path)
        link = one_click_link(mail)
        async with httpx.AsyncClient(base_url=base_url) as browser:
            await when_up(browser, process)
            assert headline(await browser.get(link)) == "Unsubscribe?"
            assert (await browser.head(link)).content == b""
            clicked = await browser.post(link, data=ONE_CLICK)
            assert (clicked.status_code, clicked.text) == (200, "You are unsubscribed.\n")
            assert (await browser.get(f"{link[:-1]}!")).status_code == 404
        assert (await history(sqlite_store, ana))[-1] == ("active", "left", BY_ONE_CLICK)
        process.terminate()
        answer, remarks = await asyncio.to_thread(process.communicate, timeout=30)
    assert (process.returncode, answer) == (0, "")
    # who reads the log must not be able to follow a reader's link
    assert link.rpartition("/")[2] not in remarks
    assert "ana@" not in remarks


@pytest.mark.anyio
async def test_who_left_before_the_disk_died_gets_nothing_from_the_backup(
    sqlite_store: Database, new_store: NewStore, tmp_path: Path
) -> None:
    """The server is killed and its store is gone: what stood in a backup, and beside it, is all there is."""
    now = datetime.now(UTC)
    for name in ("ana", "bob"):
        await join(sqlite_store, f"{name}@example.org", now - timedelta(days=2))
    await publish_news(sqlite_store, now - timedelta(days=2), item("First tariff", "economy"))
    with served(sqlite_store, tmp_path) as (process, base_url):
        await send_all(sqlite_store, tmp_path, now - timedelta(days=1), base_url)
        (mail,) = mails_to("ana@example.org", tmp_path)
        await back_up(sqlite_store, tmp_path / "kept.gz", now=datetime.now(UTC), program="1")
        async with httpx.AsyncClient(base_url=base_url) as browser:
            await when_up(browser, process)
            assert (await browser.post(one_click_link(mail), data=ONE_CLICK)).status_code == 200
        await asyncio.to_thread(until_it_says, tmp_path / "leavings", BY_ONE_CLICK)
        process.kill()
    async with opened(new_store("sqlite", False)) as back:
        await restore(tmp_path / "kept.gz", back, now=datetime.now(UTC))
        record = await recorded(tmp_path / "leavings", store=back)
        await reopen_restored(back, sent_until=None, by=PROGRAM, now=datetime.now(UTC), record=record)
        await publish_news(back, datetime.now(UTC), item("Second tariff", "economy"))
        await send_all(back, tmp_path, now + timedelta(days=2))
    assert len(mails_to("ana@example.org", tmp_path)) == 1
    assert len(mails_to("bob@example.org", tmp_path)) == 2


def until_it_says(folder: Path, words: str) -> None:
    """Wait until a file in a folder has these words."""
    until = time.monotonic() + 30
    while not any(words in path.read_text() for path in folder.glob("*.jsonl")):
        assert time.monotonic() < until, f"{words!r} does not come"
        time.sleep(0.1)
