"""Mails that are no issue keep the rules of the wire too, but for those of a list."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from datetime import timedelta

import pytest
from msgspec.structs import replace

from digest.core.notices import Notice, NoticeKind
from digest.core.returned import Kind
from digest.core.settling import PROBE_AT
from digest.flows import by_link, confirming, moving, readers
from digest.flows.alerts import Told, tell
from digest.flows.notice_press import NoticePress
from digest.flows.sign_up import send_links
from digest.mail.dkim import DkimKey
from digest.mail.identifiers import verify_return_path
from digest.mail.lane import Letter
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, at, change_newsletter, join, reader, wishes
from tests.flows.post_office import all_notices
from tests.flows.returned_words import a_copy, follow, send_again, told, written
from tests.jobs.office import BASE_URL, KEY
from tests.tiers import first_of
from tests.wire.keys import records_of
from tests.wire.listening import over_the_wire
from tests.wire.rules import sizes_of, violations_of
from tests.wire.strangeness import HOSTILE
from tests.wire.transmission import Transmission, fields_of, head_of, texts_of, value_of

pytestmark = pytest.mark.anyio

#: What only a list says of itself; a question or a goodbye belongs to none.
OF_A_LIST = ("List-", "RFC 2369", "RFC 8058", "RFC 2919")
NAMES = ("", "Ana", "Zoë 王芳", 'Dr. "Bob" <b@x>, PhD', "x" * 180, "=?utf-8?q?Bcc:_eve?=", "\u202eevil\u2028")
TITLES = ("The Harbour Letter", "港口通讯：每日要闻", "=?utf-8?b?IQ==?= & <b>Sons</b>", "A" * 190)


def violations(
    sent: Transmission, records: dict[str, str] | None, *, is_welcome: bool = False
) -> Iterator[str]:
    """What is wrong with a mail that is no issue; a welcome alone names the way out."""
    for found in violations_of(sent, records):
        if not any(sign in found for sign in OF_A_LIST):
            yield found
    fields = fields_of(head_of(sent.content))
    if any(field.name.lower().startswith("list-") for field in fields) and not is_welcome:
        yield "a field of a list"
    if value_of(fields, "Auto-Submitted") != "auto-generated":
        yield "RFC 3834: Auto-Submitted is not auto-generated"


async def letters_of(store: Database, notices: list[Notice], keys: tuple[DkimKey, ...]) -> list[Letter]:
    press = NoticePress(store=store, keys=[KEY], base_url=BASE_URL, dkim_keys=keys)
    return [await press.letter(one) for one in notices]


async def pending(store: Database) -> list[Notice]:
    """A question for every name and format."""
    for number in range(len(NAMES)):
        words = {"format": "text"} if number % 3 == 2 else {}
        await join(store, f"reader{number}@example.org", TUESDAY, confirmed=False, **words)
    await join(store, "Zoë@bücher.example", TUESDAY, confirmed=False)
    found = await all_notices(store, kind=NoticeKind.CONFIRM)
    return [replace(one, data={"name": NAMES[one.id % len(NAMES)]}) for one in found]


@pytest.mark.parametrize("title", first_of(TITLES, 2))
@pytest.mark.parametrize("signed", [False, True])
async def test_questions_keep_the_rules(
    sqlite_store: Database, keys: tuple[DkimKey, ...], title: str, signed: bool
) -> None:
    await change_newsletter(sqlite_store, title=title, sender_name=title, postal_address="1 Quay\nPort")
    notices = await pending(sqlite_store)
    signing = keys if signed else ()
    letters = await letters_of(sqlite_store, notices, signing)
    sent = await over_the_wire(letters)
    records = records_of(signing, "newsroom.example") if signed else None
    assert [found for one in sent for found in violations(one, records)] == []
    assert [one.content for one in sent] == [letter.content for letter in letters]
    assert all(sizes_of(one).within_budget for one in sent)
    ids = {value_of(fields_of(head_of(one.content)), "Message-ID") for one in sent}
    assert len(ids) == len(sent) == len(NAMES) + 1


async def come_back(store: Database) -> None:
    """A reader's mail comes back until the mailbox is asked; then the reader writes the worst there is."""
    copy = await a_copy(store, "zed@example.org", name=NAMES[3])
    for day in range(PROBE_AT):
        await send_again(store, copy)
        now = TUESDAY + timedelta(days=day)
        await follow(store, told(Kind.SOFT, copy, recipient=copy.address), now=now)
    worst = [
        written(copy, text, writer=writer, subject=subject)
        for text, subject, writer in zip(
            ("\r\n\r\n".join(HOSTILE), "中" * 9_000, "<&>" * 3_000, "👩🏽‍🚀" * 3_000, "x" * 9_000, ""),
            (HOSTILE[0], "", "=?utf-8?q?Bcc:_eve?=", "\u202eevil\u2028", "s" * 400, "Re: " + "港" * 90),
            (
                "zed@example.org",
                "zoë@example.org",
                "a@b>\r\nBcc: eve@evil.example",
                "",
                "x@bücher.example",
                "@",
            ),
            strict=True,
        )
    ]
    await follow(store, *worst, now=TUESDAY)


@pytest.mark.parametrize("title", first_of(TITLES, 2))
async def test_every_kind_keeps_the_rules(sqlite_store: Database, title: str) -> None:
    await change_newsletter(sqlite_store, title=title, sender_name=title, goodbye=True)
    for number, name in enumerate(NAMES):
        words = {"format": "text"} if number % 3 == 2 else {}
        await join(sqlite_store, f"reader{number}@example.org", TUESDAY, confirmed=False, **words)
        await confirming.confirm(number + 1, seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY)
        await readers.edit(
            *(f"reader{number}@example.org", None, replace(wishes(), name=name)),
            store=sqlite_store,
            now=TUESDAY,
        )
        mine = await reader(sqlite_store, f"reader{number}@example.org")
        await moving.ask_to_move(
            mine.id, f"new{number}@example.org", seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY
        )
        await send_links(mine.address, seen_from="192.0.2.7", store=sqlite_store, now=TUESDAY)
        await by_link.leave(mine.id, reason="enough", store=sqlite_store, now=TUESDAY)
    trouble = Told("no mail server can be used: <ana@example.org>\r\n.\r\n", 3, [])
    await tell(trouble, ["desk@newsroom.example"], store=sqlite_store, now=TUESDAY)
    await come_back(sqlite_store)
    notices = await all_notices(sqlite_store)
    # a test of an issue is a letter of that issue: tests/flows/test_orders.py looks at one
    assert {one.kind for one in notices} == set(NoticeKind) - {NoticeKind.TEST}
    sent = await over_the_wire(await letters_of(sqlite_store, list(notices), ()))
    wrong = [
        f"{notice.kind}: {found}"
        for notice, one in zip(notices, sent, strict=True)
        for found in violations(one, None, is_welcome=notice.kind is NoticeKind.WELCOME)
    ]
    assert wrong == []
    for one in sent:
        shown = "".join(texts_of(one.content).values())
        assert sizes_of(one).within_budget
        assert "<b>Sons" not in texts_of(one.content).get("text/html", "")
        assert "ana@example.org" not in shown


async def test_who_gets_answers_is_signed_and_cannot_be_changed(
    sqlite_store: Database, keys: tuple[DkimKey, ...]
) -> None:
    copy = await a_copy(sqlite_store, "zed@example.org")
    await follow(sqlite_store, written(copy, writer="zed@example.org"))
    (sent,) = await over_the_wire(await letters_of(sqlite_store, list(await all_notices(sqlite_store)), keys))
    records = records_of(keys, "newsroom.example")
    assert list(violations(sent, records)) == []
    for other in (
        sent.data.replace(b"Reply-To: zed@", b"Reply-To: eve@"),
        sent.data.replace(b"Reply-To: ", b"Reply-To: eve@example.org\r\nReply-To: "),
    ):
        assert other != sent.data
        found = list(violations(dataclasses.replace(sent, data=other), records))
        assert any("RFC 6376" in one for one in found)


async def test_a_notice_is_the_same_to_the_letter_on_every_try_and_tells_when_it_was_due(
    sqlite_store: Database,
) -> None:
    notices = await pending(sqlite_store)
    first, second = [await letters_of(sqlite_store, notices, ()) for _ in range(2)]
    assert [one.content for one in first] == [one.content for one in second]
    fields = fields_of(head_of(first[0].content))
    assert value_of(fields, "Date") == "Tue, 24 Nov 2026 06:00:00 +0000"
    assert all(one.due_at < at(24, 7) for one in notices)


async def test_what_returns_of_a_notice_is_not_taken_for_a_delivery(sqlite_store: Database) -> None:
    (letter, *_) = await letters_of(sqlite_store, await pending(sqlite_store), ())
    assert letter.sender.startswith("bounces+1.")
    assert verify_return_path(letter.sender, keys=[KEY]) is None
