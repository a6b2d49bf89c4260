"""Another address, by the page and the links in its two mails: what is said is the same for every address."""

from __future__ import annotations

import pytest

from digest.core.notices import ANSWER_WITHIN, NoticeKind
from digest.flows import readers
from digest.store.database import Database
from subscribers import store as shelf
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, change_newsletter, join, reader
from tests.flows.post_office import all_notices
from tests.web.test_preferences import wrong_with
from tests.web.visiting import TOKENS, all_rows, choices, headline, press, said, tree, visitor

pytestmark = pytest.mark.anyio

OLD, NEW = "ana@old.example", "ana@new.example"
ASK = "Ask the new address"


async def link_to(store: Database, kind: NoticeKind) -> str:
    """The path in the newest mail of a kind."""
    notice = (await all_notices(store, kind=kind))[-1]
    return f"/address/{TOKENS.make(Purpose.ADDRESS, notice.id)}"


async def test_the_new_address_says_yes_on_its_page(store: Database) -> None:
    ana = await join(store, OLD, TUESDAY)
    async with visitor(store, TUESDAY) as client:
        asked = await press(client, await client.get(choices(ana)), ASK, address=f" {NEW} ")
        assert "Nothing moves before the new address says yes." in said(asked)
        page = await client.get(await link_to(store, NoticeKind.MOVE))
        assert headline(page) == "Shall your mail come here?"
        assert "Mail that goes to a…\u2060@old.example is to come to this address" in said(page)
        assert OLD not in page.text
        done = await press(client, page)
        assert headline(done) == "Your mail comes here"
        assert (await reader(store, NEW)).id == ana.id
        rows = await all_rows(store)
        assert (await press(client, page)).text == done.text
        assert (await client.get(page.url)).text == done.text
        (link,) = tree(done).xpath("//main//a/@href")
        assert headline(await client.get(done.url.join(link))) == "What you get, and when"
    assert await all_rows(store) == rows


async def test_the_old_address_says_no_before_and_after(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, OLD, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(choices(ana)), ASK, address=NEW)
        yes, no = [await link_to(sqlite_store, kind) for kind in (NoticeKind.MOVE, NoticeKind.MOVING)]
        await client.post(yes)
        page = await client.get(no)
        assert headline(page) == "Shall your mail stay here?"
        assert "your mail go to a…\u2060@new.example" in said(page)
        assert headline(await press(client, page)) == "Your mail stays here"
        assert headline(await client.post(yes)) == "This question is no longer open"
    assert (await reader(sqlite_store, OLD)).id == ana.id


async def test_looking_changes_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, OLD, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(choices(ana)), ASK, address=NEW)
        before = await all_rows(sqlite_store)
        for kind in (NoticeKind.MOVE, NoticeKind.MOVING):
            for method in ("GET", "HEAD"):
                assert (await client.request(method, await link_to(sqlite_store, kind))).status_code == 200
    assert await all_rows(sqlite_store) == before


async def test_whoever_has_the_address_the_page_says_the_same(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, OLD, TUESDAY)
    await join(sqlite_store, "taken@new.example", TUESDAY)
    await join(sqlite_store, "gone@new.example", TUESDAY)
    await readers.erase("gone@new.example", store=sqlite_store, now=TUESDAY)
    answers = []
    async with visitor(sqlite_store, TUESDAY) as client:
        for name in ("free", "taken", "gone"):
            data = {"address": f"{name}@new.example"}
            sent = await client.post(f"{choices(ana)}/address", data=data)
            page = await client.get(sent.url.join(sent.headers["location"]))
            answers.append((sent.status_code, sent.headers["location"], page.text))
    assert len(set(answers)) == 1
    asked = [one.address for one in await all_notices(sqlite_store, kind=NoticeKind.MOVE) if not one.reason]
    assert asked == ["free@new.example"]
    async with sqlite_store.read() as connection:
        assert await shelf.subscriber_id_of(connection, "taken@new.example") is not None


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("", "That is no address: check it for a typing error."),
        ("ana at new.example", "That is no address: check it for a typing error."),
        ("ANA@old.example", "Your mail goes to this address already."),
    ],
)
async def test_what_cannot_be_is_said_beside_the_field(
    sqlite_store: Database, address: str, words: str
) -> None:
    ana = await join(sqlite_store, OLD, TUESDAY)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await press(client, await client.get(choices(ana)), ASK, address=address)
    assert (page.status_code, wrong_with(page)) == (422, {"address": words})
    assert tree(page).xpath("string(//input[@name='address']/@value)") == address
    assert await all_rows(sqlite_store) == before


async def test_a_question_that_is_over_says_so_and_names_nobody(sqlite_store: Database) -> None:
    # nothing that the page says is of an address then
    await change_newsletter(sqlite_store, sender_address="letters@harbour.example")
    ana = await join(sqlite_store, OLD, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await press(client, await client.get(choices(ana)), ASK, address=NEW)
        path = await link_to(sqlite_store, NoticeKind.MOVE)
    async with visitor(sqlite_store, TUESDAY + ANSWER_WITHIN * 2) as client:
        late = await client.post(path)
    await readers.erase(OLD, store=sqlite_store, now=at(25, 6))
    async with visitor(sqlite_store, at(25, 7)) as client:
        for answer in (late, await client.get(path), await client.post(path)):
            assert (answer.status_code, headline(answer)) == (200, "This question is no longer open")
            assert "ana" not in said(answer).lower()
            assert "old.example" not in answer.text
            assert "new.example" not in answer.text


async def test_other_tokens_open_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, OLD, TUESDAY, confirmed=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        # of another purpose, of no notice, and of a notice of another kind
        for token in (
            TOKENS.make(Purpose.PREFERENCES, ana.id),
            TOKENS.make(Purpose.ADDRESS, 99),
            TOKENS.make(Purpose.ADDRESS, 1),
            "x" * 32,
        ):
            for answer in (await client.get(f"/address/{token}"), await client.post(f"/address/{token}")):
                assert (answer.status_code, headline(answer)) == (404, "This link does not work")
