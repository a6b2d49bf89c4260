"""Readers at the desk: found, looked at, changed, written out; and nobody changes them who may only look."""

from __future__ import annotations

import csv
import io
import json
from datetime import timedelta

import httpx
import pytest

from digest.core.access import Role
from digest.flows import readers
from digest.flows.edit_briefing import Flags, write
from digest.store import changes
from digest.store.database import Database
from subscribers.model import Section, Standing
from tests.flows.newsroom import TUESDAY, add_newsletter, at, item, join, plan_all, publish_news, reader
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit
from tests.web.visiting import all_rows, history

pytestmark = pytest.mark.anyio

ANA, BO = "ana.silva@example.org", "bo@post.example"


def addresses(answer: httpx.Response) -> list[str]:
    """The addresses in the list, from the top."""
    return [link.text_content() for link in document(answer.text).xpath("//td[@class='address']/a")]


def choices(answer: httpx.Response) -> dict[str, str]:
    """The titles in a list of briefings, from the top, and where they lead."""
    links = document(answer.text).xpath("//a[@class='card-title']")
    return {link.text_content(): link.get("href") for link in links}


@pytest.fixture
async def house(store: Database) -> Database:
    await add_newsletter(store, "weekly")
    await join(store, ANA, TUESDAY, name="Ana Silva", topics="economy", at="18:30")
    await join(store, BO, TUESDAY, name="Bo O'Hare", topics="energy")
    await join(store, BO, TUESDAY, newsletter="weekly")
    await join(store, "wang@mail.example", TUESDAY, name="王芳")
    await readers.unsubscribe("wang@mail.example", None, reason="too long", store=store, now=TUESDAY)
    return store


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", ["wang@mail.example", BO, ANA]),
        ("part=SILVA", [ANA]),
        ("part=o'ha", [BO]),
        ("part=@post", [BO]),
        ("part=王芳", ["wang@mail.example"]),
        ("part=bo", [BO]),
        ("part=%25", []),
        ('part=a"b', []),
        ("part=avlis", []),
        ("newsletter=weekly", [BO]),
        ("standing=left", ["wang@mail.example"]),
        ("standing=active&newsletter=daily", [BO, ANA]),
        ("topic=energy", ["wang@mail.example", BO]),
        ("topic=economy&standing=active&newsletter=daily", [ANA]),
        ("part=example&topic=economy&standing=active", [BO, ANA]),
        ("before=2", [ANA]),
    ],
)
async def test_readers_are_found(house: Database, query: str, wanted: list[str]) -> None:
    async with at_the_desk(house, Role.EDITOR) as client:
        answer = await client.get(f"/admin/readers?{query}")
    assert answer.status_code == 200
    assert addresses(answer) == wanted


async def test_cadences_lead_to_their_readers_and_counts_say_how_old_they_are(house: Database) -> None:
    clock = [TUESDAY]
    async with at_the_desk(house, Role.EDITOR, lambda: clock[0]) as client:
        page = await client.get("/admin/readers")
        (late,) = document(page.text).xpath("//option[contains(., '18:30')]/@value")
        assert addresses(await client.get(f"/admin/readers?cadence={late}")) == [ANA]
        assert "active 3" in says(page)
        assert "counted Tue 24 Nov 2026, 06:00" in says(page)
        await join(house, "new@example.org", TUESDAY)
        clock[0] += timedelta(minutes=1)
        assert "active 3" in says(await client.get("/admin/readers"))
        clock[0] += timedelta(minutes=1)
        now = says(await client.get("/admin/readers"))
        assert "active 4" in now
        assert "counted Tue 24 Nov 2026, 06:02" in now


async def test_a_page_goes_on_where_the_last_one_ended(sqlite_store: Database) -> None:
    for number in range(60):
        await join(sqlite_store, f"reader{number:02}@example.org", TUESDAY)
    async with at_the_desk(sqlite_store) as client:
        for query in ("", "?part=reader", "?standing=active", "?topic=energy"):
            first = await client.get(f"/admin/readers{query}")
            (link,) = document(first.text).xpath("//p[@class='following']/a/@href")
            second = await client.get(first.url.join(link))
            found = [*addresses(first), *addresses(second)]
            assert found == [f"reader{number:02}@example.org" for number in range(59, -1, -1)], query


async def test_the_page_of_a_reader_says_what_was_sent_and_why(house: Database) -> None:
    await publish_news(house, TUESDAY, item("Tariffs rise", "economy"), item("Solar roofs", "energy"))
    await plan_all(house, at(24, 18, 31))
    number = (await reader(house, ANA)).subscriber_id
    async with at_the_desk(house, Role.EDITOR, lambda: at(24, 19)) as client:
        page = await client.get(f"/admin/readers/{number}")
        why = await client.get(f"/admin/readers/{number}/why?briefing=2")
        missing = await client.get(f"/admin/readers/{number}/why?briefing=99")
    assert "Ana Silva" in says(page)
    assert "WantsEconomy and trade" in says(page)
    assert "The Daily Digest planned" in says(page)
    assert "Tariffs rise" in says(page)
    assert "Edit wishes" not in says(page)
    assert "none of its topics is followed" in says(why)
    assert missing.status_code == 404


async def test_who_asks_why_chooses_the_briefing(house: Database) -> None:
    # ids at the desk are not the numbers under which briefings come out
    await write(item("Ferries", "society"), Flags(), store=house, now=TUESDAY)
    await publish_news(house, TUESDAY, item("Tariffs rise", "economy"), item("Solar roofs", "energy"))
    why = f"/admin/readers/{(await reader(house, ANA)).subscriber_id}/why"
    async with at_the_desk(house, Role.EDITOR, lambda: at(24, 7)) as client:
        newest, by_words, by_number, nothing = [
            await client.get(f"{why}{query}") for query in ("", "?q=tariffs", "?q=no. 2", "?q=zeppelins")
        ]
        chosen = await client.get(by_number.url.join(choices(by_number)["Solar roofs"]))
    assert list(choices(newest)) == ["Solar roofs", "Tariffs rise", "Ferries"]
    assert list(choices(by_words)) == ["Tariffs rise"]
    assert list(choices(by_number)) == ["Solar roofs"]
    assert "No briefing has these words." in says(nothing)
    assert "Solar roofs The Daily Digest: left out" in says(chosen)


async def test_the_next_mail_is_shown_in_a_frame_in_which_nothing_runs(house: Database) -> None:
    await publish_news(house, TUESDAY, item("Tariffs rise", "economy"))
    ana = await reader(house, ANA)
    before = await all_rows(house)
    async with at_the_desk(house, Role.EDITOR, lambda: at(24, 7)) as client:
        before = await all_rows(house)
        page = await client.get(f"/admin/readers/{ana.subscriber_id}/next/{ana.id}")
        mail = await client.get(f"/admin/readers/{ana.subscriber_id}/next/{ana.id}/mail")
        other = await client.get(f"/admin/readers/{ana.subscriber_id}/next/999")
    (frame,) = document(page.text).xpath("//iframe")
    assert (frame.get("sandbox"), frame.get("src")) == ("", f"{ana.id}/mail")
    assert "sandbox" in mail.headers["content-security-policy"]
    assert "Tariffs rise" in mail.text
    assert other.status_code == 404
    assert {name: rows for name, rows in (await all_rows(house)).items() if name != "sessions"} == {
        name: rows for name, rows in before.items() if name != "sessions"
    }


async def test_links_of_a_preview_speak_for_nobody(house: Database) -> None:
    await publish_news(house, TUESDAY, item("Tariffs rise", "economy"))
    ana = await reader(house, ANA)
    async with at_the_desk(house, Role.EDITOR, lambda: at(24, 7)) as client:
        mail = await client.get(f"/admin/readers/{ana.subscriber_id}/next/{ana.id}/mail")
        links = [link for link in document(mail.text).xpath("//a/@href") if "/unsubscribe/" in link]
        assert links
        for link in links:
            assert (await client.get(link)).status_code == 404


async def test_wishes_are_changed_and_the_log_names_nobody(house: Database) -> None:
    ana = await reader(house, ANA)
    async with at_the_desk(house) as client:
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
        done = await submit(client, page, "/edit", topic=["energy"], days="mon,thu", name="Ana S.")
        assert "The wishes are changed" in says(done)
        wrong = await submit(client, page, "/edit", topic=["gardening"])
        none = await submit(client, page, "/edit", topic=[])
    assert wrong.status_code == none.status_code == 422
    assert "gardening" in says(wrong)
    assert "“Topics”: none of the topics is ticked" in says(none)
    after = await reader(house, ANA)
    assert (after.profile.topics, after.cadence.days, after.name) == (
        frozenset({"energy"}),
        ("mon", "thu"),
        "Ana S.",
    )
    async with house.read() as connection:
        (entry,) = await changes.page(connection, kind="reader", subject=str(ana.subscriber_id), limit=1)
    assert (entry.act, entry.actor) == ("reader.edit", "the admin")
    assert entry.before["topics"] == ["economy"]
    assert entry.after["topics"] == ["energy"]
    assert "Ana" not in str(entry.before) + str(entry.after)


def ways(answer: httpx.Response) -> list[str]:
    """What the line above a page leads to; the first has the focus, and all say what is wrong with them."""
    root = document(answer.text)
    found = [link.get("href").removeprefix("#field-") for link in root.xpath("//*[@role='alert']//a")]
    for name in found:
        (field,) = root.xpath(f"//*[@id='field-{name}']")
        assert (field.get("name"), field.get("aria-invalid")) == (name, "true")
        assert f"wrong-{name}" in field.get("aria-describedby").split()
        assert len(root.xpath(f"//*[@id='wrong-{name}']")) == 1
        (box,) = field.xpath("ancestor::details[1]")
        assert "open" in box.attrib
    assert root.xpath("//*[@autofocus]/@name") == found[:1]
    return found


async def test_what_is_wrong_at_the_foot_is_said_above_and_has_the_focus(house: Database) -> None:
    who = await reader(house, ANA)
    await join(house, ANA, TUESDAY, newsletter="weekly")
    async with at_the_desk(house) as client:
        page = await client.get(f"/admin/readers/{who.subscriber_id}")
        edited = await submit(
            client, page, "/edit", days="never", at="early", max_items="many", language="sv"
        )
        assert ways(edited) == ["days", "at", "max_items"]
        assert "“At most” 'many' is not a cap" in says(edited)
        # what was typed is there still, in the box of that newsletter alone
        assert document(edited.text).xpath("//input[@name='language']/@value").count("sv") == 1
        assert ways(await submit(client, page, "/edit", topics="some", topic=[])) == ["topics"]
        assert ways(await submit(client, page, "/pause", until="2020-01-01")) == ["until"]
        assert ways(await submit(client, page, "/erase", address="nobody@example.org")) == ["address"]
        form = document(page.text).xpath("//form[.//input[@name='email']]")[0]
        taken = await client.post(page.url.join(form.action), data=dict(form.form_values()) | {"email": BO})
        assert ways(taken) == ["email"]
        assert "“Address” 'bo@post.example' belongs to another reader" in says(taken)


async def test_a_reader_is_paused_resumed_and_unsubscribed_with_a_reason(house: Database) -> None:
    ana = await reader(house, ANA)
    async with at_the_desk(house) as client:
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
        wrong = await submit(client, page, "/pause", until="2020-01-01")
        assert "not in the future" in says(wrong)
        page = await submit(client, page, "/pause", until="2026-12-24")
        assert (await reader(house, ANA)).standing is Standing.PAUSED
        page = await submit(client, page, "/resume")
        assert (await reader(house, ANA)).standing is Standing.ACTIVE
        await submit(client, page, "/unsubscribe", reason="moved abroad")
    assert (await history(house, ana))[-1] == ("active", "left", "moved abroad")


async def test_a_reader_is_asked_for_a_yes_and_once_more(house: Database) -> None:
    ana = await reader(house, ANA)
    async with at_the_desk(house) as client:
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
        page = await submit(client, page, "/ask")
        assert "A mail asks the reader to confirm" in says(page)
        assert (await reader(house, ANA)).standing is Standing.PENDING
        page = await submit(client, page, "/ask")
        assert "Has not said yes so far" in says(page)
        other = await submit(client, page, "/unsubscribe")
        assert "Ask" not in says(other)
        data = {"newsletter": "daily", "csrf": document(page.text).xpath("//input[@name='csrf']/@value")[0]}
        late = await client.post(f"/admin/readers/{ana.subscriber_id}/ask", data=data)
        assert (late.status_code, "is left: only who reads" in says(late)) == (422, True)
    assert [one[1] for one in await history(house, ana)][-3:] == ["left", "pending", "left"]


async def test_erasing_takes_the_address_typed_and_leaves_nothing(house: Database) -> None:
    ana = await reader(house, ANA)
    async with at_the_desk(house) as client:
        page = await client.get(f"/admin/readers/{ana.subscriber_id}")
        await submit(client, page, "/edit", name="Ana Silva-Reis")
        wrong = await submit(client, page, "/erase", address=BO)
        assert wrong.status_code == 422
        done = await submit(client, page, "/erase", address=ANA.upper())
        assert "The reader is erased" in says(done)
        assert addresses(await client.get("/admin/readers?part=silva")) == []
        assert (await client.get(f"/admin/readers/{ana.subscriber_id}")).status_code == 404
    assert "silva" not in str(await all_rows(house)).lower()


async def test_a_reader_is_added_at_once_or_asked(house: Database) -> None:
    async with at_the_desk(house) as client:
        form = await client.get("/admin/readers/add")
        some = {"topics": "some", "topic": ["energy"], "sections": "some", "section": ["report", "analysis"]}
        page = await submit(client, form, "add", email="new@example.org", newsletter="daily", **some)
        assert "The reader is added" in says(page)
        assert "No form and no grounds are on record" in says(page)
        asked = await submit(
            client, form, "add", email="ask@example.org", newsletter="daily", unconfirmed="yes"
        )
        assert "The reader is added" in says(asked)
        twice = await submit(client, form, "add", email="new@example.org", newsletter="daily")
    new = await reader(house, "new@example.org")
    assert new.standing is Standing.ACTIVE
    assert new.profile.topics == frozenset({"energy"})
    assert new.profile.sections == frozenset({Section.ANALYSIS, Section.REPORT})
    assert (await reader(house, "ask@example.org")).standing is Standing.PENDING
    assert twice.status_code == 422
    assert says(twice).count("digest subscribers") == 0
    assert "already reads daily and is active Wishes are changed" in says(twice)


async def test_why_a_reader_may_be_written_to_is_said_and_kept(house: Database) -> None:
    async with at_the_desk(house) as client:
        form = await client.get("/admin/readers/add")
        labels = [label.text.strip() for label in document(form.text).xpath("//main//form/label")]
        assert labels == ["Address", "Name", "Newsletter", "Grounds"]
        said = {
            "email": "new@example.org",
            "name": "New",
            "newsletter": "daily",
            "grounds": "Asked at\r\na stand.",
        }
        wrong = await submit(client, form, "add", **said | {"grounds": "a" * 2001})
        assert document(wrong.text).xpath("//*[@autofocus]/@name") == ["grounds"]
        both = await submit(client, form, "add", email="nobody", newsletter="daily", days="never")
        assert document(both.text).xpath("//*[@role='alert']//a/@href") == ["#field-email", "#field-days"]
        assert (wrong.status_code, "at most 2000" in says(wrong), "a" * 2001 in says(wrong)) == (
            422,
            True,
            True,
        )
        page = await submit(client, wrong, "add", grounds=said["grounds"])
        assert "New, known since" in says(page)
        assert "taken in by hand" in says(page)
        assert (
            document(page.text).xpath("string(//ul[@class='evidence']//blockquote)") == "Asked at\na stand."
        )


async def test_what_is_shown_can_be_written_out(house: Database) -> None:
    await join(house, "evil@example.org", TUESDAY, name="=1+1", topics="energy")
    async with at_the_desk(house) as client:
        text = (await client.get("/admin/readers/export.csv?topic=energy&standing=active")).text
        raw = (await client.get("/admin/readers/export.csv?part=evil&raw=yes")).text
        everybody = (await client.get("/admin/readers/export.json")).text
        page = await client.get(f"/admin/readers/{(await reader(house, ANA)).subscriber_id}/data.json")
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["email"], row["newsletter"], row["name"]) for row in rows] == [
        ("evil@example.org", "daily", "'=1+1"),
        (BO, "daily", "Bo O'Hare"),
        (BO, "weekly", "Bo O'Hare"),
    ]
    assert next(iter(csv.DictReader(io.StringIO(raw))))["name"] == "=1+1"
    assert len(json.loads(everybody)) == 5
    assert json.loads(page.text)["address"] == ANA


async def test_viewers_see_no_reader(house: Database) -> None:
    async with at_the_desk(house, Role.VIEWER) as client:
        for place in ("", "/1", "/export.csv", "/suppressed", "/import"):
            assert (await client.get(f"/admin/readers{place}")).status_code == 403
