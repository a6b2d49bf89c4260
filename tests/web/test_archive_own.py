"""A reader looks back at what was sent and says what was of use; nobody else can, and a look says nothing."""

from __future__ import annotations

from typing import Any, Final

import httpx
import pytest
from sqlalchemy import update

from digest.flows import edit_briefing, own_issues, readers
from digest.flows.edit_briefing import Edit
from digest.store import opinions
from digest.store.database import Database
from digest.store.tables import deliveries
from subscribers.tokens import Purpose
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, mark_sent, plan_all, publish_news
from tests.web.visiting import TOKENS, all_rows, choices, headline, said, tree, visitor

pytestmark = pytest.mark.anyio

ANA: Final = "ana@example.org"
BOB: Final = "bob@example.org"


async def sent(store: Database, *titles: str, day: int = 24, addresses: tuple[str, ...] = (ANA,)) -> None:
    """Publish these, plan the morning's issue, and have it sent."""
    await publish_news(store, at(day, 6), *(item(title, "economy") for title in titles))
    await plan_all(store, at(day, 7))
    for address in addresses:
        await mark_sent(store, address, at(day, 7))


def entries(answer: httpx.Response) -> list[str]:
    return [" ".join(node.text_content().split()) for node in tree(answer).xpath("//li[@class='edition']")]


async def tally(store: Database, number: int) -> tuple[int, int]:
    async with store.read() as connection:
        return await opinions.tally(connection, number)


# --- what was sent ------------------------------------------------------------------------------------------


async def test_the_issues_of_a_reader_are_listed_with_what_became_of_them(store: Database) -> None:
    # at seven in Tokyo it is ten in the evening of the day before in London
    ana = await join(store, ANA, TUESDAY, timezone="Asia/Tokyo")
    await publish_news(store, TUESDAY, *(item(one, "economy") for one in ("Tariffs rise", "Ports are quiet")))
    await plan_all(store, at(24, 22))
    await mark_sent(store, ANA, at(24, 22))
    await plan_all(store, at(25, 22))
    await publish_news(store, at(26, 6), item("Solar grows", "energy"))
    await plan_all(store, at(26, 22))
    await mark_sent(store, ANA, at(26, 22))
    await publish_news(store, at(27, 6), item("Schools open", "society"))
    await plan_all(store, at(27, 22))
    async with visitor(store, at(28, 9)) as client:
        answer = await client.get(f"{choices(ana)}/issues")
        assert headline(answer) == "What you were sent"
        assert entries(answer) == [
            "Saturday, November 28, 2026 on its way",
            "Friday, November 27, 2026 Solar grows 1 item · sent",
            "Thursday, November 26, 2026 not sent: there was nothing new",
            "Wednesday, November 25, 2026 Tariffs rise 2 items · sent",
        ]
        shown = await client.get(
            answer.url.join(tree(answer).xpath("//li[@class='edition']//h2/a/@href")[-1])
        )
    assert "Tariffs rise: the whole story" in said(shown)
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-robots-tag"] == "noindex, nofollow"


@pytest.mark.parametrize(
    ("values", "became"),
    [
        ({"status": "sent"}, "sent"),
        ({"status": "uncertain", "doubts": 1}, "may have arrived"),
        ({"status": "expired", "doubts": 1}, "may have arrived"),
        ({"status": "deferred"}, "on its way"),
        ({"status": "refused"}, "not sent: your mail server did not take it"),
        ({"status": "expired"}, "not sent in time: what it held comes with a later one"),
        ({"status": "skipped", "reason": "paused"}, "not sent: the newsletter was paused"),
        ({"status": "skipped", "reason": "left"}, "not sent: you had unsubscribed"),
        ({"status": "skipped", "reason": "some-other"}, "not sent"),
    ],
)
async def test_what_became_of_a_copy_is_said_in_words(
    sqlite_store: Database, values: dict[str, Any], became: str
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await change_newsletter(sqlite_store, feedback=True)
    await sent(sqlite_store, "Tariffs rise")
    async with sqlite_store.write() as connection:
        await connection.execute(update(deliveries).values(values))
    arrived = became in {"sent", "may have arrived"}
    async with visitor(sqlite_store, at(25, 9)) as client:
        (entry,) = entries(await client.get(f"{choices(ana)}/issues"))
        asked = await client.get(f"{choices(ana)}/issues/1")
    # what was not sent is not shown as if it had been, nor asked about
    assert entry == "Tuesday, November 24, 2026 " + (
        f"Tariffs rise 1 item · {became} · What was useful?" if arrived else became
    )
    assert asked.status_code == (200 if arrived else 303)


async def test_a_withdrawn_item_is_not_named_and_a_correction_does_not_show(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await change_newsletter(sqlite_store, feedback=True)
    await sent(sqlite_store, "Tariffs rise", "Ports are quiet")
    await edit_briefing.edit(2, Edit(title="Ports are loud"), store=sqlite_store, now=at(24, 9))
    await edit_briefing.retract(1, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, at(25, 9)) as client:
        for path in (f"{choices(ana)}/issues", f"{choices(ana)}/issues/1"):
            answer = await client.get(path)
            assert "Tariffs" not in answer.text
            assert "loud" not in answer.text
            assert "Ports are quiet" in answer.text


async def test_many_issues_are_read_page_by_page(
    sqlite_store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(own_issues, "PAGE", 2)
    ana = await join(sqlite_store, ANA, TUESDAY)
    for day in range(24, 29):
        await sent(sqlite_store, f"News of the {day}th", day=day)
    seen, path = [], f"{choices(ana)}/issues"
    async with visitor(sqlite_store, at(29, 9)) as client:
        while path:
            answer = await client.get(path)
            seen += tree(answer).xpath("//h2/a/text()")
            older = [href for href in tree(answer).xpath("//main//a/@href") if "before=" in href]
            path = str(answer.url.join(older[0])) if older else ""
    assert seen == [f"News of the {day}th" for day in range(28, 23, -1)]


# --- what was of use ----------------------------------------------------------------------------------------


async def test_a_word_is_taken_changed_and_taken_back_by_the_buttons_on_the_page(store: Database) -> None:
    ana, bob = await join(store, ANA, TUESDAY), await join(store, BOB, TUESDAY)
    await change_newsletter(store, feedback=True)
    await sent(store, "Tariffs rise", "Ports are quiet", addresses=(ANA, BOB))
    path = {}
    async with visitor(store, at(25, 9)) as client:
        for one in (ana, bob):
            listed = await client.get(f"{choices(one)}/issues")
            path[one.id] = str(listed.url.join(tree(listed).xpath("//p[@class='byline']/a/@href")[0]))

        async def press(whose: int, which: int, word: str) -> httpx.Response:
            """Press a button, as a browser without scripts does."""
            page = await client.get(path[whose])
            form = tree(page).forms[which]
            (button,) = [one for one in form.xpath(".//button") if one.text_content().strip("✓ ") == word]
            data = {**dict(form.form_values()), button.get("name"): button.get("value")}
            answer = await client.post(page.url.join(form.action), data=data)
            assert answer.status_code == 200
            return answer

        answer = await press(ana.id, 0, "Useful")
        assert [b.text_content() for b in tree(answer).xpath("//button[@aria-pressed='true']")] == [
            "✓ Useful"
        ]
        await press(ana.id, 1, "Not useful")
        await press(bob.id, 0, "Useful")
        assert (await tally(store, 1), await tally(store, 2)) == ((2, 0), (0, 1))
        await press(ana.id, 0, "Not useful")
        assert await tally(store, 1) == (1, 1)
        answer = await press(ana.id, 0, "Not useful")
        assert await tally(store, 1) == (1, 0)
        assert len(tree(answer).xpath("//button[@aria-pressed='true']")) == 1


async def test_looking_says_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await change_newsletter(sqlite_store, feedback=True)
    await sent(sqlite_store, "Tariffs rise")
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, at(25, 9)) as client:
        for path in (f"{choices(ana)}/issues", f"{choices(ana)}/issues/1"):
            for method in ("GET", "HEAD"):
                asked = {"number": "1", "said": "useful"}
                answer = await client.request(method, path, params=asked)
                assert answer.status_code == 200
                assert not tree(answer).xpath("//script | //img") if method == "GET" else True
    assert await all_rows(sqlite_store) == before


async def test_only_the_reader_of_a_copy_may_speak_and_only_of_what_stood_in_it(
    sqlite_store: Database,
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    bob = await join(sqlite_store, BOB, TUESDAY, topics="energy", at="08:00")
    await change_newsletter(sqlite_store, feedback=True)
    await publish_news(sqlite_store, TUESDAY, item("Solar grows", "energy"))
    await sent(sqlite_store, "Tariffs rise", "Withdrawn")
    await plan_all(sqlite_store, at(24, 8))
    await mark_sent(sqlite_store, BOB, at(24, 8))
    await edit_briefing.retract(3, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, at(25, 9)) as client:
        mine = {}
        for one in (ana, bob):
            listed = await client.get(f"{choices(one)}/issues")
            mine[one.id] = tree(listed).xpath("//p[@class='byline']/a/@href")[0].removeprefix("issues/")
        before = await all_rows(sqlite_store)
        word = {"number": "1", "said": "useful"}
        wrong: list[tuple[str, dict[str, str], int]] = [
            (f"{choices(ana)}/issues/{mine[bob.id]}", word, 404),
            (f"{choices(bob)}/issues/{mine[ana.id]}", word, 404),
            (f"{choices(bob)}/issues/{mine[bob.id]}", {**word, "number": "2"}, 404),
            (f"{choices(ana)}/issues/{mine[ana.id]}", {**word, "number": "3"}, 404),
            (f"{choices(ana)}/issues/{mine[ana.id]}", {**word, "number": "99"}, 404),
            (f"{choices(ana)}/issues/{mine[ana.id]}", {**word, "number": "-1"}, 404),
            (f"{choices(ana)}/issues/{mine[ana.id]}", {"number": "1"}, 400),
            (f"{choices(ana)}/issues/{mine[ana.id]}", {**word, "said": "x"}, 400),
            (f"{choices(ana)}/issues/0", word, 404),
            (f"{choices(ana)}/issues/x", word, 404),
            (f"{choices(ana)}/issues/{'9' * 11}", word, 404),
            (f"/preferences/{TOKENS.make(Purpose.UNSUBSCRIBE, ana.id)}/issues/{mine[ana.id]}", word, 404),
            (f"/preferences/{'A' * 32}/issues/{mine[ana.id]}", word, 404),
        ]
        for path, data, status in wrong:
            assert (await client.post(path, data=data)).status_code == status, (path, data)
        await change_newsletter(sqlite_store, feedback=False)
        closed = f"{choices(ana)}/issues/{mine[ana.id]}"
        assert (await client.post(closed, data=word)).status_code == 404
        # a mail of before has the link still: it leads to what was sent
        answer = await client.get(closed, follow_redirects=True)
        assert headline(answer) == "What you were sent"
        assert "useful" not in (await client.get(f"{choices(ana)}/issues")).text
        await change_newsletter(sqlite_store, feedback=True)
    after = await all_rows(sqlite_store)
    assert after["opinions"] == before["opinions"] == []


async def test_an_erased_reader_has_nothing_left_to_look_at(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    await change_newsletter(sqlite_store, feedback=True)
    await sent(sqlite_store, "Tariffs rise")
    await readers.erase(ANA, store=sqlite_store, now=at(25, 8))
    async with visitor(sqlite_store, at(25, 9)) as client:
        answer = await client.get(f"{choices(ana)}/issues")
        assert headline(answer) == "You are unsubscribed"
        assert "Tariffs" not in answer.text
        answer = await client.get(f"{choices(ana)}/issues/1")
        assert headline(answer) == "You are unsubscribed"
        word = {"number": "1", "said": "useful"}
        assert (await client.post(f"{choices(ana)}/issues/1", data=word)).status_code == 404
