"""Forged answers and bounces by the thousand: so many are kept and handed on, the others are counted."""

from __future__ import annotations

from collections import Counter

import pytest
from msgspec.structs import replace
from sqlalchemy import func, select

from digest.core.limits import BY_ANSWERED
from digest.core.notices import NoticeKind
from digest.core.settling import Effect
from digest.core.unread import MOST_OF_ONE, TELLING
from digest.flows import unread as rooms
from digest.flows.settle import Mail
from digest.store import unread
from digest.store.database import Database
from digest.store.return_tables import returned_mails, returns
from tests.flows.newsroom import copies
from tests.flows.post_office import all_notices
from tests.flows.returning import NINE, back_to, report, sent_to, settling

pytestmark = pytest.mark.anyio

DESK = "desk@newsroom.example"


async def kept(store: Database) -> tuple[int, int, int]:
    """Rows, mails that are kept, and mails that were counted."""
    async with store.read() as connection:
        rows = (await connection.execute(select(func.count()).select_from(returns))).scalar_one()
        mails = (await connection.execute(select(func.count()).select_from(returned_mails))).scalar_one()
        return rows, mails, (await unread.unkept(connection)).mails


async def test_answers_under_many_names_to_one_return_path_are_handed_on_so_often(store: Database) -> None:
    leaked, other = await sent_to(store, "ana@readers.example", "bob@readers.example")
    most = BY_ANSWERED.most

    def answer(number: int, to: str) -> Mail:
        head = f"From: M <m{number}@else.example>\r\nTo: {to}\r\nSubject: Re: News {number}\r\n"
        return Mail(f"{head}\r\nNumber {number}.\r\n".encode(), envelope_to=to)

    desk = settling(store, NINE, replies_to=DESK)
    done = await desk.take_in([answer(number, back_to(leaked)) for number in range(most + 15)])
    done += await desk.take_in([answer(99, back_to(other))])
    effects = [one.effect for of_mail in done for one in of_mail]
    assert Counter(effects)[Effect.FORWARDED] == most + 1
    assert effects[-1] is Effect.FORWARDED
    assert len(await all_notices(store, kind=NoticeKind.ANSWER)) == most + 1
    # each has its line, and the mails of one copy have so much room
    assert await kept(store) == (most + 16, MOST_OF_ONE + 1, most + 15 - MOST_OF_ONE)
    assert {one.status for one in await copies(store)} == {"sent"}


async def test_what_nothing_proves_has_its_line_when_there_is_no_room_for_its_mail(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "TELLING", replace(TELLING, mails=5))
    for some in (range(4), range(4, 9)):
        mails = [Mail(report(f"u{number}@else.example", original=f"X-N: {number}\r\n")) for number in some]
        await settling(store, NINE).take_in(mails)
    assert await kept(store) == (9, 5, 4)


async def test_a_mail_that_tells_of_many_takes_the_room_of_one(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "TELLING", replace(TELLING, mails=2))
    part = b"Final-Recipient: rfc822; u0@else.example\r\nAction: failed\r\nStatus: 5.1.1\r\n\r\n"
    for number in range(3):
        one = report(f"a{number}@else.example")
        many = b"".join(part.replace(b"u0", b"u%d%d" % (number, of)) for of in range(9))
        head, tail = one.split(b"Final-Recipient:", 1)
        (settled,) = await settling(store, NINE).take_in([Mail(head + many + b"Final-Recipient:" + tail)])
        assert len(settled) == 10
    assert await kept(store) == (30, 2, 1)
