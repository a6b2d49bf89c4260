"""GET and HEAD show and change nothing; links that are none are all answered alike."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from msgspec.structs import replace

from digest.flows import by_link, readers
from digest.flows.publish import due_slots
from digest.flows.recover import recover
from digest.store import topics
from digest.store.database import Database
from subscribers.interning import chunks
from subscribers.tokens import Purpose, Tokens
from tests.flows.newsroom import TUESDAY, at, change_newsletter, item, join, plan_all, publish_news, reader
from tests.web.visiting import TOKENS, all_rows, choices, headline, leaving, said, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"


async def rows_of(store: Database, **wished: Any) -> dict[str, str]:
    """What the preferences page says to a reader with these wishes, by what it is about."""
    ana = await join(store, ANA, TUESDAY, **wished)
    async with visitor(store, TUESDAY) as client:
        page = tree(await client.get(choices(ana)))
    names, values = ([node.text_content() for node in page.iter(tag)] for tag in ("dt", "dd"))
    return dict(zip(names, values, strict=True))


async def test_a_scanner_that_opens_every_link_changes_nothing(sqlite_store: Database) -> None:
    ana, bob, eve = [
        await join(sqlite_store, f"{name}@example.org", TUESDAY) for name in ("ana", "bob", "eve")
    ]
    await publish_news(sqlite_store, TUESDAY, item("Tariffs rise", "economy"))
    await plan_all(sqlite_store, at(24, 8))
    await by_link.leave(bob.id, reason="left", store=sqlite_store, now=TUESDAY)
    await readers.erase("eve@example.org", store=sqlite_store, now=TUESDAY)
    paths = [path for one in (ana, bob, eve) for path in (leaving(one), f"{leaving(one)}/undo", choices(one))]
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, at(24, 9)) as client:
        for path in paths:
            for method in ("GET", "HEAD"):
                answer = await client.request(method, path, params={"List-Unsubscribe": "One-Click"})
                assert (method, path, answer.status_code) == (method, path, 200)
        for method in ("PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = await client.request(method, leaving(ana))
            assert (answer.status_code, headline(answer)) == (405, "That did not work")
    assert await all_rows(sqlite_store) == before


async def test_preferences_say_what_was_chosen_in_plain_words(sqlite_store: Database) -> None:
    wished = {"topics": "energy,economy", "sections": "analysis,briefing", "days": "mon,thu", "at": "08:30"}
    wished |= {"timezone": "America/New_York", "format": "text", "max_items": "5", "language": "en"}
    assert await rows_of(sqlite_store, **wished) == {
        "Next issue": "Nov 26, 08:30 (America/New York), if there is something new for you by then",
        "When": "every Monday and Thursday at 08:30 (America/New York)",
        "Topics": "Economy and trade and Energy and resources",
        "Kinds of items": "briefings and analyses",
        "Length": "at most 5 items; the others come with the next issue",
        "Format": "plain text",
        "Language": "English",
    }


async def test_preferences_of_who_chose_nothing(sqlite_store: Database) -> None:
    assert await rows_of(sqlite_store) == {
        "Next issue": "Nov 24, 07:00 (UTC), if there is something new for you by then",
        "When": "every day at 07:00 (UTC)",
        "Topics": "all of them",
        "Kinds of items": "all that the newsletter carries",
        "Length": "as many items as there are",
        "Format": "formatted (HTML)",
        "Language": "English",
    }


async def test_preferences_of_who_wants_it_at_once(sqlite_store: Database) -> None:
    said_of = await rows_of(sqlite_store, at_once="yes", language="en-GB")
    assert said_of["Next issue"] == "as soon as there is something new for you"
    assert said_of["When"] == (
        "as soon as there is something new; what a mail had no room for comes every day at 07:00 (UTC)"
    )
    assert said_of["Language"] == "British English"


async def test_the_newsletters_own_limit_counts_where_it_is_lower(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, max_items=1)
    assert (await rows_of(sqlite_store, max_items="5"))["Length"].startswith("at most 1 item;")


async def test_an_issue_that_is_owed_comes_in_the_next_minutes(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, at(24, 7)) as client:
        assert "in the next minutes" in said(await client.get(choices(ana)))


@pytest.mark.parametrize(
    ("wished", "until", "expected"),
    [
        ({}, "2026-11-27", ["is paused until Nov 27.", "Nov 27, 07:00 (UTC)"]),
        ({"at": "00:00"}, "2026-11-27", ["is paused until Nov 27.", "Nov 27, 00:00 (UTC)"]),
        ({"days": "thu"}, "2026-11-27", ["Dec 3, 07:00 (UTC)"]),
        ({"timezone": "Asia/Tokyo"}, "2026-11-27", ["until Nov 27.", "Nov 27, 07:00 (Asia/Tokyo)"]),
        ({"at_once": "yes"}, "2026-11-27", ["after the pause, as soon as there is something new"]),
        ({}, None, ["The Daily Digest is paused. "]),
    ],
)
async def test_a_pause_is_told_with_what_comes_after_it(
    sqlite_store: Database, wished: dict[str, Any], until: str | None, expected: list[str]
) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY, **wished)
    ends = None if until is None else date.fromisoformat(until)
    await readers.pause(ANA, None, until=ends, catch_up=True, store=sqlite_store, now=TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = said(await client.get(choices(ana)))
    assert all(words in page for words in expected), page
    assert ("Next issue" in page) is (until is not None)


async def test_what_the_page_promises_after_a_pause_is_what_is_due_then(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY, days="thu")
    await readers.pause(ANA, None, until=date(2026, 11, 27), catch_up=True, store=sqlite_store, now=TUESDAY)
    seen = await by_link.look(ana.id, store=sqlite_store, now=TUESDAY)
    assert seen is not None
    assert seen.next_due is not None
    await recover(store=sqlite_store, is_dead=lambda _: False, now=seen.next_due, wall=seen.next_due)
    (due,) = await due_slots(store=sqlite_store, now=seen.next_due)
    assert due.slot.due_at == seen.next_due


async def test_preferences_show_no_more_of_the_address_than_its_reader_needs(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, "ana.martin@example.org", TUESDAY, name="Ana Martin")
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
    assert "a…\u2060@example.org" in page.text
    assert "ana.martin" not in page.text.lower()


async def test_preferences_lead_to_the_editors_and_to_the_way_out(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, title="News & more?", sender_address="o'hara+news@example.org")
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        page = await client.get(choices(ana))
        links = [str(href) for href in tree(page).xpath("//a/@href")]
    (mail,) = [link for link in links if link.startswith("mailto:")]
    assert mail == "mailto:o%27hara%2Bnews@example.org?subject=My%20subscription%20to%20News%20%26%20more%3F"
    ours = {str(page.url.join(link)) for link in links if link not in {mail} and link[:1] != "#"}
    assert ours == {
        f"https://news.example{path}"
        for path in (leaving(ana), *(choices(ana) + act for act in ("/erase", "/issues")))
    }
    # every place on the page that is led to is there
    assert all(tree(page).get_element_by_id(link[1:]) is not None for link in links if link[:1] == "#")


async def test_preferences_of_who_left_and_of_who_was_erased(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    async with visitor(sqlite_store, TUESDAY) as client:
        await client.post(leaving(ana))
        page = await client.get(choices(ana))
        assert "You are unsubscribed from The Daily Digest: nothing is sent." in said(page)
        assert "Next issue" not in said(page)
        await readers.erase(ANA, store=sqlite_store, now=TUESDAY)
        assert headline(await client.get(choices(ana))) == "You are unsubscribed"


async def test_a_topic_may_have_any_title(sqlite_store: Database) -> None:
    async with sqlite_store.write() as connection:
        energy = next(topic for topic in await topics.every(connection) if topic.slug == "energy")
        await topics.save(connection, replace(energy, title="<img src=x onerror=alert(1)> 能源"))
    said_of = await rows_of(sqlite_store, topics="energy")
    assert said_of["Topics"] == "<img src=x onerror=alert(1)> 能源"


# --- links that are none ------------------------------------------------------------------------------------


async def test_every_link_that_is_none_gets_the_same_page_and_changes_nothing(sqlite_store: Database) -> None:
    ana = await join(sqlite_store, ANA, TUESDAY)
    token = TOKENS.make(Purpose.UNSUBSCRIBE, ana.id)
    spent = Tokens([b"a key that was taken out of the ring"]).make(Purpose.UNSUBSCRIBE, ana.id)
    wrong = [flipped(token, bit) for bit in range(len(token) * 6)]
    wrong += [spent, choices(ana).rpartition("/")[2]]
    wrong += ["", "x", "%00", token[:-1], f"{token}A", f"{token}==", f"{token}%0A", "é" * 32]
    before = await all_rows(sqlite_store)
    answers = set()
    for some in chunks(wrong, 100):
        # who asks for more of them in ten minutes gets short answers
        async with visitor(sqlite_store, TUESDAY) as client:
            for one in some:
                asked = await client.get(f"/unsubscribe/{one}")
                clicked = await client.post(f"/unsubscribe/{one}", data={"List-Unsubscribe": "One-Click"})
                answers |= {(answer.status_code, answer.text) for answer in (asked, clicked)}
    async with visitor(sqlite_store, TUESDAY) as client:
        deeper = [f"/unsubscribe/{wrong[7]}/undo", f"/address/{token}"]
        deeper += [f"/preferences/{token}{act}" for act in ("", "/effect", "/pause", "/data", "/erase")]
        for path in ("/x", "/unsubscribe", *deeper):
            answer = await client.get(path)
            answers.add((answer.status_code, answer.text))
        assert headline(answer) == "This link does not work"
        (home,) = tree(answer).xpath("//main//a/@href")
        assert headline(await client.get(home)) == "The Daily Digest"
    assert [status for status, _text in answers] == [404]
    assert await all_rows(sqlite_store) == before
    assert await reader(sqlite_store, ANA) == ana


def flipped(token: str, bit: int) -> str:
    """The token with one of its bits turned over."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    place, which = divmod(bit, 6)
    other = letters[letters.index(token[place]) ^ (1 << which)]
    return token[:place] + other + token[place + 1 :]
