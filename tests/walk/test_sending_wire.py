"""What arrives at a real server keeps the rules of the wire, whatever the newsroom wrote."""

from __future__ import annotations

import quopri
import re
from collections import Counter
from datetime import UTC
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from digest.mail.identifiers import verify_return_path
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.jobs.office import BASE_URL, KEY, jobs_for, run
from tests.mail.wire import HOSTILE, decoded, fields
from tests.walk.recording import Accepted, recording

pytestmark = pytest.mark.anyio

ONCE = {
    *("From", "To", "Subject", "Date", "Message-ID", "MIME-Version", "Content-Type", "List-Unsubscribe"),
    *("List-Unsubscribe-Post", "List-Id", "List-Help", "List-Owner", "List-Archive", "List-Subscribe"),
    *("List-Post", "Feedback-ID", "Auto-Submitted"),
}
SCRIPTS = (
    *("Ärger über Zölle", "关税上调", "Тарифы растут"),
    *("تعريفات جديدة", "関税の引き上げ", "👩🏽‍🚀 in orbit"),
)


async def sent(store: Database, folder: Path) -> list[Accepted]:
    """Everything that is due at seven, as the server has it."""
    async with recording() as record:
        report = await run(jobs_for(store, folder, record.server), at(24, 7))
    assert report.trouble == ""
    assert report.totals.sent == len(record.accepted)
    return record.accepted


def head_and_body(message: Accepted) -> tuple[dict[str, str], bytes]:
    """The header fields, of which each stands there once, and the body."""
    head, _, body = message.content.partition(b"\r\n\r\n")
    found = fields(head + b"\r\n")
    once = Counter(name for name, _value in found)
    assert {name: once[name] for name in ONCE} == dict.fromkeys(ONCE, 1)
    assert set(once.values()) == {1}
    return dict(found), body


def assert_lines_keep_the_rules(body: bytes) -> None:
    assert re.search(rb"\r(?!\n)|(?<!\r)\n", body) is None
    assert body.isascii()
    assert max(map(len, body.split(b"\r\n"))) <= 76
    assert body.endswith(b"\r\n")


def parts_of(head: dict[str, str], body: bytes) -> dict[str, str]:
    """The decoded parts by their type; they stand in the order text, HTML."""
    kind, _, parameters = head["Content-Type"].partition(";")
    if kind == "text/plain":
        assert head["Content-Transfer-Encoding"] == "quoted-printable"
        return {kind: quopri.decodestring(body).decode()}
    assert kind == "multipart/alternative"
    boundary = re.fullmatch(r'\s*boundary="([^"]{1,70})"', parameters)
    assert boundary is not None
    mark = f"--{boundary[1]}".encode()
    preamble, *parts, end = body.split(mark)
    assert (preamble, end) == (b"", b"--\r\n")
    found = {}
    for part in parts:
        part_head, _, content = part.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        told = dict(fields(part_head + b"\r\n"))
        assert told["Content-Transfer-Encoding"] == "quoted-printable"
        name, _, charset = told["Content-Type"].partition("; ")
        assert charset == "charset=utf-8"
        found[name] = quopri.decodestring(content).decode()
    assert list(found) == ["text/plain", "text/html"]
    return found


async def test_hostile_words_change_nothing_but_what_is_read(sqlite_store: Database, tmp_path: Path) -> None:
    titles = [title for title in (*HOSTILE, *SCRIPTS) if title.strip(" \x00")]
    news = [item(title, "economy", paragraphs=(title, f".{title}\n.\nFrom here")) for title in titles]
    await publish_news(sqlite_store, TUESDAY, *news)
    for number, title in enumerate(titles):
        name = " ".join(re.sub(r"[\x00-\x1f\x7f-\x9f]", "", title).split())[:60]
        words = {"format": "text"} if number % 2 else {}
        await join(sqlite_store, f"r{number}@example.org", TUESDAY, name=name, **words)  # type: ignore[arg-type]
    for message in await sent(sqlite_store, tmp_path):
        head, body = head_and_body(message)
        assert_lines_keep_the_rules(body)
        assert message.recipient in head["To"]
        assert "evil@" not in head["To"].partition("<")[2]
        for text in parts_of(head, body).values():
            # words of another language stand in elements of their own
            read = re.sub(r"<[^>]+>", "", text)
            assert all(title.split()[0] in read for title in SCRIPTS)


async def test_the_envelope_and_the_headers_say_who_where_and_how_to_leave(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("关税上调", "economy"))
    await join(sqlite_store, "ann@example.org", TUESDAY, name="Ann Lee")
    await join(sqlite_store, "bob@example.org", TUESDAY)
    messages = await sent(sqlite_store, tmp_path)
    assert {message.recipient for message in messages} == {"ann@example.org", "bob@example.org"}
    assert len({message.message_id for message in messages}) == 2
    for message in messages:
        head, _body = head_and_body(message)
        assert verify_return_path(message.sender, keys=[KEY]) == message.delivery_id
        assert message.message_id.endswith("@newsroom.example>")
        assert decoded(head["From"]) == "The Daily Digest <digest@newsroom.example>"
        assert "关税上调" in decoded(head["Subject"])
        date = parsedate_to_datetime(head["Date"])
        assert (date.astimezone(UTC), date.tzinfo is not None) == (at(24, 7), True)
        url, mailto = re.fullmatch(r"<(https://[^>]+)>, <(mailto:[^>]+)>", head["List-Unsubscribe"]).groups()  # type: ignore[union-attr]
        assert url.startswith(f"{BASE_URL}/unsubscribe/")
        assert len(url) <= 200
        assert verify_return_path(mailto.removeprefix("mailto:").partition("?")[0], keys=[KEY])
        assert head["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        assert head["List-Id"].endswith("<daily.newsroom.example>")
        assert head["List-Post"] == "NO"
        assert head["Auto-Submitted"] == "auto-generated"
        assert head["Feedback-ID"].count(":") == 3
        assert message.recipient not in head["Feedback-ID"]


async def test_no_reader_finds_anothers_name_address_or_link_in_a_mail(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    names = {f"{name}@example.org": name.title() for name in ("quentin", "rosalind", "thaddeus")}
    for address, name in names.items():
        await join(sqlite_store, address, TUESDAY, name=name)
    links = {}
    for message in await sent(sqlite_store, tmp_path):
        head, body = head_and_body(message)
        whole = f"{head}{parts_of(head, body)}".lower()
        for address, name in names.items():
            assert (name.lower() in whole) == (address == message.recipient)
        links[message.recipient] = set(re.findall(r"/(?:unsubscribe|preferences)/([A-Za-z0-9_-]{32})", whole))
    assert all(links.values())
    assert not links["quentin@example.org"] & links["rosalind@example.org"]


async def test_addresses_beyond_ascii_are_written_as_the_server_may_take_them(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    await join(sqlite_store, "ann@xn--bcher-kva.example", TUESDAY)
    await join(sqlite_store, "jürgen@example.org", TUESDAY)
    messages = {message.recipient: message for message in await sent(sqlite_store, tmp_path)}
    assert set(messages) == {"ann@xn--bcher-kva.example", "jürgen@example.org"}
    assert "jürgen@example.org" in messages["jürgen@example.org"].content.decode()
