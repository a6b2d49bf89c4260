"""Stories that are forwarded to an editor's own address become drafts, once, and nobody else's do."""

from __future__ import annotations

import pytest

from digest.core.access import Role
from digest.core.model import BriefingStatus
from digest.flows.intake import Intake
from digest.flows.mail_in import MailIn
from digest.flows.settle import Mail
from digest.mail.mail_in import address_for, person_behind
from digest.store import briefings, people, taken_files
from digest.store.database import Database
from tests.flows.newsroom import at
from tests.flows.returning import KEY, settling
from tests.web.desk.newsroom import add_person

pytestmark = pytest.mark.anyio

MAILBOX = "stories@news.example"
NOW = at(24, 9)


def intake(store: Database) -> Intake:
    return Intake(
        settling=settling(store, NOW),
        mail_in=MailIn(store=store, mailbox=MAILBOX, keys=[KEY]),
        now=lambda: NOW,
    )


def forwarded(to: str, title: str = "Port opens a third quay") -> bytes:
    return (
        f"From: anna@news.example\r\nTo: {to}\r\nSubject: Fwd: {title}\r\n\r\n"
        "The port opened its third quay on Monday.\r\n"
    ).encode()


async def drafts(store: Database) -> list[str]:
    async with store.read() as connection:
        found = [await briefings.by_id(connection, number) for number in (1, 2, 3)]
    return [one.title for one in found if one is not None and one.status is BriefingStatus.DRAFT]


async def test_a_story_becomes_a_draft_of_its_editor_and_comes_in_once(store: Database) -> None:
    anna = await add_person(store, "Anna", Role.EDITOR)
    mail = Mail(forwarded(address_for(anna, mailbox=MAILBOX, key=KEY)))
    assert await intake(store).take_in([mail]) == [None]
    assert await intake(store).take_in([mail]) == [None]
    assert await drafts(store) == ["Port opens a third quay"]
    async with store.read() as connection:
        (record,) = await taken_files.newest(connection, limit=10)
    assert (record.name, record.added, record.refused) == ("a mail of Anna", 1, 0)


@pytest.mark.parametrize("who", ["viewer", "shut-out", "nobody"])
async def test_who_may_not_edit_has_a_reason_recorded_and_no_draft(who: str, store: Database) -> None:
    anna = await add_person(store, "Anna", Role.VIEWER if who == "viewer" else Role.EDITOR)
    if who == "shut-out":
        async with store.write() as connection:
            await people.change(connection, anna, shut_out_at=NOW)
    number = 99 if who == "nobody" else anna
    await intake(store).take_in([Mail(forwarded(address_for(number, mailbox=MAILBOX, key=KEY)))])
    assert await drafts(store) == []
    async with store.read() as connection:
        (record,) = await taken_files.newest(connection, limit=10)
    assert "may not edit" in record.reasons[0].reason or "may not enter" in record.reasons[0].reason


async def test_a_story_that_is_nothing_but_a_pdf_is_refused_with_what_it_is(store: Database) -> None:
    anna = await add_person(store, "Anna", Role.EDITOR)
    mail = (
        f"From: anna@news.example\r\nTo: {address_for(anna, mailbox=MAILBOX, key=KEY)}\r\nSubject: Ports\r\n"
        'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: application/pdf\r\n'
        "Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n\r\n"
        "JVBERi0xLjcK\r\n--b--\r\n"
    )
    await intake(store).take_in([Mail(mail.encode())])
    assert await drafts(store) == []
    async with store.read() as connection:
        (record,) = await taken_files.newest(connection, limit=10)
    assert record.reasons[0].reason.startswith(
        "the mail has no text, and what hangs on it is a PDF: copy its"
    )


async def test_mail_to_any_other_address_makes_no_draft(store: Database) -> None:
    anna = await add_person(store, "Anna", Role.EDITOR)
    mine = address_for(anna, mailbox=MAILBOX, key=KEY)
    forged = [MAILBOX, mine.replace(f"+{anna}.", f"+{anna + 1}."), mine.replace("news.example", "n.example")]
    done = await intake(store).take_in([Mail(forwarded(to)) for to in forged])
    assert None not in done
    assert await drafts(store) == []


async def test_where_a_mail_came_to_is_believed_over_what_it_says(store: Database) -> None:
    anna = await add_person(store, "Anna", Role.EDITOR)
    mine = address_for(anna, mailbox=MAILBOX, key=KEY)
    await intake(store).take_in([Mail(forwarded(mine), envelope_to="bounces@news.example")])
    assert await drafts(store) == []
    await intake(store).take_in([Mail(forwarded("list@else.example"), envelope_to=mine.upper())])
    assert await drafts(store) == ["Port opens a third quay"]


def test_a_new_key_leaves_the_address_as_it_was_until_the_old_one_is_gone() -> None:
    old, new = b"an old key", b"a new key"
    address = address_for(7, mailbox=MAILBOX, key=old)
    assert person_behind(address, mailbox=MAILBOX, keys=[new, old]) == 7
    assert person_behind(address, mailbox=MAILBOX, keys=[new]) is None
    assert person_behind(address, mailbox="other@news.example", keys=[old]) is None
