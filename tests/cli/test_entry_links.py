"""Links by which people choose their own passwords, made at a shell: what is printed, and who gets none."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import Final

from digest.flows.entry_links import Void, person_behind
from digest.store.database import Database
from digest.store.people import Person
from tests.cli.shell import Shell

_BASE: Final = "https://news.example/desk"


def behind(shell: Shell, link: str) -> Person | Void:
    """Whose link it is, as the page behind it sees."""

    async def look() -> Person | Void:
        store = Database(f"sqlite+aiosqlite:///{shell.folder}/var/digest.sqlite3")
        try:
            token = link.strip().removeprefix(f"{_BASE}/admin/begin/")
            return await person_behind(token, "192.0.2.7", store=store, now=datetime.now(UTC))
        finally:
            await store.close()

    return asyncio.run(look())


def test_who_is_let_in_by_a_link_needs_no_password(newsroom: Shell) -> None:
    shell = newsroom.with_(DIGEST_BASE_URL=f"{_BASE}/")
    answer = shell.ok("users", "add", "Berta", "--role", "editor", "--link")
    said, link = answer.out.splitlines()
    assert said == "Berta may enter as editor"
    assert re.fullmatch(rf"{re.escape(_BASE)}/admin/begin/[\w-]{{43}}", link)
    assert "good once, until" in answer.err
    found = behind(shell, link)
    assert isinstance(found, Person)
    assert (found.name, found.has_password) == ("Berta", False)


def test_programs_get_the_link_and_its_end(newsroom: Shell) -> None:
    shell = newsroom.with_(DIGEST_BASE_URL=_BASE)
    added = shell.ask("users", "add", "Berta", "--link")
    again = shell.ask("users", "link", "berta")
    assert added.keys() == again.keys() == {*shell.ask("users", "list")["items"][0], "link", "until"}
    until = datetime.fromisoformat(again["until"])
    assert timedelta(days=2, hours=23) < until - datetime.now(UTC) <= timedelta(days=3)
    assert isinstance(behind(shell, again["link"]), Person)
    # the one before it is void
    assert behind(shell, added["link"]) == Void()


def test_a_link_is_all_that_is_printed_for_who_is_there(newsroom: Shell) -> None:
    shell = newsroom.with_(DIGEST_BASE_URL=_BASE)
    shell.ok("users", "add", "Anna", "--password-stdin", stdin=b"letters in a drawer\n")
    answer = shell.ok("users", "link", "Anna")
    (link,) = answer.out.splitlines()
    assert isinstance(behind(shell, link), Person)
    assert "hand it to Anna now" in answer.err


def test_who_is_shut_out_gets_no_link(newsroom: Shell) -> None:
    added = newsroom.ask("users", "add", "Berta", "--link")
    newsroom.ok("users", "edit", "Berta", "--shut-out")
    assert "Berta is shut out: let them in first" in newsroom("users", "link", "Berta").complaint
    newsroom.ok("users", "edit", "Berta", "--let-in")
    assert behind(newsroom, added["link"]) == Void()
