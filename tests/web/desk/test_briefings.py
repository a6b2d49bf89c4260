"""Briefings at the desk: found, written, shown as in the mail, given topics, published, taken back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from digest.core.access import Role
from digest.core.model import Briefing, BriefingStatus
from digest.flows import edit_briefing
from digest.flows.edit_briefing import Flags
from digest.store import briefings, numbered
from digest.store.changes import page
from digest.store.database import Database
from subscribers.model import Section
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def _stored(store: Database, id_: int) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, id_)
    assert found is not None
    return found


async def _draft(store: Database, title: str, *topics: str, **changes: Any) -> Briefing:
    return await edit_briefing.write(item(title, *topics, **changes), Flags(), store=store, now=TUESDAY)


async def _acts(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.act for one in await page(connection)]


def titles(answer: httpx.Response) -> list[str]:
    """The titles of a list, from its top."""
    return [one.text_content().strip() for one in document(answer.text).xpath("//a[@class='card-title']")]


# --- The list -----------------------------------------------------------------------------------------------


async def test_the_list_has_the_newest_first_and_goes_on_where_it_ended(store: Database) -> None:
    await publish_news(store, TUESDAY, *(item(f"Item {number:02}", "economy") for number in range(60)))
    async with at_the_desk(store, Role.VIEWER) as client:
        first = await client.get("/admin/briefings")
        assert titles(first)[:2] == ["Item 59", "Item 58"]
        (older,) = document(first.text).xpath("//p[@class='following']/a/@href")
        rest = await client.get(first.url.join(older))
    assert titles(first) + titles(rest) == [f"Item {number:02}" for number in reversed(range(60))]
    assert not document(rest.text).xpath("//p[@class='following']")


async def test_filters_are_taken_together(store: Database) -> None:
    await publish_news(
        store,
        TUESDAY,
        item("Tariffs rise", "economy"),
        item("A long report", "economy", section=Section.REPORT),
        item("Nothing in particular", "general"),
    )
    await _draft(store, "Solar grows", "energy")
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    async with at_the_desk(store, Role.VIEWER) as client:
        for asked, expected in {
            "status=draft": ["Solar grows"],
            "status=retracted": ["Tariffs rise"],
            "section=report": ["A long report"],
            "topic=economy": ["A long report", "Tariffs rise"],
            "topic=economy&status=published": ["A long report"],
            "topic=-": ["Nothing in particular"],
            "status=nonsense&section=nonsense": [
                "Solar grows",
                "Nothing in particular",
                "A long report",
                "Tariffs rise",
            ],
        }.items():
            assert titles(await client.get(f"/admin/briefings?{asked}")) == expected, asked


async def test_words_are_found_in_drafts_in_what_is_published_and_in_what_was_taken_back(
    store: Database,
) -> None:
    await publish_news(store, TUESDAY, item("Harbours close", "economy"), item("The ferry waits", "society"))
    await _draft(store, "A new harbour is planned", "economy")
    await edit_briefing.retract(2, store=store, now=TUESDAY)
    async with at_the_desk(store, Role.VIEWER) as client:

        async def found(words: str) -> list[str]:
            return titles(await client.get("/admin/briefings", params={"q": words}))

        assert await found("harbour") == ["A new harbour is planned", "Harbours close"]
        assert await found("ferries") == ["The ferry waits"], "retracted"
        assert await found("harbour -planned") == ["Harbours close"]
        assert await found('"new harbour"') == ["A new harbour is planned"]
        assert await found("gallium") == []
        assert await found("-planned") == [], "a question that asks for nothing finds nothing"
        marked = await client.get("/admin/briefings", params={"q": "harbour"})
        assert document(marked.text).xpath("//mark/text()")[0] == "harbour"
    # whatever becomes of it, it is found once, as it is now
    await edit_briefing.publish(3, store=store, now=TUESDAY)
    await edit_briefing.edit(
        1, edit_briefing.Edit(title="Quays close", paragraphs=("All.",)), store=store, now=TUESDAY
    )
    await edit_briefing.publish(2, store=store, now=TUESDAY)
    async with at_the_desk(store, Role.VIEWER) as client:
        answer = await client.get("/admin/briefings", params={"q": "harbour"})
        assert titles(answer) == ["A new harbour is planned"]
        assert titles(await client.get("/admin/briefings", params={"q": "ferry"})) == ["The ferry waits"]


async def test_several_are_published_as_one_batch_in_the_order_in_which_they_were_written(
    sqlite_store: Database,
) -> None:
    ids = [(await _draft(sqlite_store, title, "economy")).id for title in ("First", "Second", "Third")]
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings")
        answer = await submit(client, shown, "briefings", id=[ids[2], ids[0]], act="publish")
        assert "Published" in says(answer)
    numbers = [(await _stored(sqlite_store, id_)).number for id_ in ids]
    assert numbers == [1, None, 2]
    async with sqlite_store.read() as connection:
        found = await numbered.candidates(connection, after=0, upto=2, also=())
    assert {one.batch for one in found} == {1}


async def test_retracting_several_is_asked_once_more(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("One", "economy"), item("Two", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings")
        asked = await submit(client, shown, "briefings", id=["1", "2"], act="retract")
        assert (await _stored(sqlite_store, 1)).status is BriefingStatus.PUBLISHED
        assert "Retract 2 briefings" in says(asked)
        await submit(client, asked, "briefings")
    for id_ in (1, 2):
        assert (await _stored(sqlite_store, id_)).status is BriefingStatus.RETRACTED


async def test_several_are_given_a_topic_and_none_chosen_is_said(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("One", "general"), item("Two", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings")
        none = await submit(client, shown, "briefings", act="publish")
        assert "Nothing was chosen" in says(none)
        assert document(none.text).xpath("//p[@role='alert']/@class") == ["said warn"]
        await submit(client, shown, "briefings", id=["1", "2"], act="topic", topic="energy")
    assert [mark.slug for mark in (await _stored(sqlite_store, 1)).topics] == ["energy"]
    assert [mark.slug for mark in (await _stored(sqlite_store, 2)).topics] == ["economy", "energy"]


# --- The editor ---------------------------------------------------------------------------------------------


async def test_a_draft_is_written_in_markdown_and_kept_as_paragraphs(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        answer = await submit(
            client,
            form,
            "new",
            title="Gallium is *scarce*",
            text="# Why\n\nMore [here](https://mine.example/).",
            markup="markdown",
            source="The Harbour Post",
            source_date="2026-11-23",
            must_not_miss="on",
            publish_at="2026-11-25T08:00",
            then="keep",
        )
        assert "paragraphs of plain text" in says(answer)
    stored = await _stored(store, 1)
    assert stored.title == "Gallium is *scarce*"
    assert stored.paragraphs == ("Why", "More here (https://mine.example/).")
    assert stored.status is BriefingStatus.DRAFT
    assert [mark.slug for mark in stored.topics] == ["energy"], "found by the rules"
    assert stored.must_not_miss
    assert stored.publish_at == datetime(2026, 11, 25, 8, tzinfo=UTC)
    assert await _acts(store) == ["briefing.add"]


async def test_times_are_those_of_the_newsroom(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR, zone="Asia/Tokyo") as client:
        form = await client.get("/admin/briefings/new")
        entered = {"title": "Ports", "text": "Words.", "publish_at": "2026-11-25T08:00"}
        answer = await submit(client, form, "new", **entered)
        (field,) = document(answer.text).xpath("//input[@name='publish_at']/@value")
    assert field == "2026-11-25T08:00"
    assert (await _stored(sqlite_store, 1)).publish_at == datetime(2026, 11, 24, 23, tzinfo=UTC)


@pytest.mark.parametrize(
    ("entered", "words"),
    [
        ({"title": ""}, "“Title” is empty"),
        ({"text": " \n\n "}, "“Text” is empty"),
        (
            {"url": "javascript:alert(1)"},
            "“Link to read on” 'javascript:alert(1)' is not an absolute",
        ),
        ({"source_date": "yesterday"}, "is not a date"),
        ({"source": "The Post"}, "“Its date” is empty, and a source is given: give both or neither"),
        ({"source_date": "2026-11-23"}, "“Source” is empty, and the date of a source is given"),
        ({"weight": "1000"}, "“Weight” '1000' is not a whole number from -999 to 999"),
        ({"language": "english!"}, "is not a tag"),
        ({"section": "gossip"}, "is not known"),
        ({"publish_at": "soon"}, "is not one"),
        ({"topic": "gardening"}, "is not known"),
    ],
)
async def test_what_is_wrong_is_said_beside_the_form_and_nothing_typed_is_lost(
    sqlite_store: Database, entered: dict[str, str], words: str
) -> None:
    whole = {"title": "Ports", "text": "Words that took an hour to write."} | entered
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await submit(client, await client.get("/admin/briefings/new"), "new", **whole)
    assert answer.status_code == 422
    assert words in says(answer)
    if "text" not in entered:
        assert "Words that took an hour" in document(answer.text).xpath("//textarea")[0].text
    assert await _acts(sqlite_store) == []


async def test_an_empty_briefing_is_told_of_all_that_it_lacks(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        assert "give both, or neither" in says(form)
        answer = await submit(client, form, "new", source="The Post", language="english!")
    root = document(answer.text)
    assert answer.status_code == 422
    ways = root.xpath("//*[@role='alert']//a/@href")
    assert ways == ["#field-title", "#field-text", "#field-source_date", "#field-language"]
    for way in ways:
        (field,) = root.xpath(f"//*[@id='{way[1:]}']")
        assert field.get("aria-invalid") == "true"
        assert f"wrong-{field.get('name')}" in field.get("aria-describedby").split()
    assert root.xpath("//*[@autofocus]/@name") == ["title"]
    assert await _acts(sqlite_store) == []


async def test_a_text_that_is_saved_as_it_stands_is_the_same_to_the_last_sign(
    sqlite_store: Database,
) -> None:
    text = (
        "می\u200cخواهم one",
        "A line\nand another,  with spaces\ttabs",
        "👩\u200d🚀 & <b>",
        "\u2022 a point",
    )
    await publish_news(sqlite_store, TUESDAY, item("Ports \u200d", "economy", paragraphs=text))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        await submit(client, await client.get("/admin/briefings/1"), "1", lead="on")
    stored = await _stored(sqlite_store, 1)
    assert (stored.paragraphs, stored.lead, stored.revision) == (text, True, 1)


async def test_a_correction_is_a_new_revision_with_who_and_when(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Tarifs rise", "economy"))
    async with at_the_desk(store, Role.EDITOR) as client:
        answer = await submit(client, await client.get("/admin/briefings/1"), "1", title="Tariffs rise")
        assert "Saved." in says(answer)
        assert "2. Tue 24 Nov 2026, 09:30 by the editor: Tariffs rise" in says(answer)
        again = await submit(client, answer, "1")
        assert "revision 2" in says(again), "the same once more is no revision"
    stored = await _stored(store, 1)
    assert (stored.title, stored.revision, stored.number) == ("Tariffs rise", 2, 1)
    async with store.read() as connection:
        (change, _) = await page(connection)
    assert (change.actor, change.act) == ("the editor", "briefing.edit")
    assert change.before["title"] == "Tarifs rise"


async def test_two_editors_do_not_undo_each_others_work_unseen(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        mine = await client.get("/admin/briefings/1")
        await submit(client, await client.get("/admin/briefings/1"), "1", title="Theirs")
        answer = await submit(client, mine, "1", title="Mine")
    assert answer.status_code == 422
    assert "changed by somebody else" in says(answer)
    assert (await _stored(sqlite_store, 1)).title == "Theirs"


async def test_it_is_published_taken_back_and_published_again_by_buttons(sqlite_store: Database) -> None:
    await _draft(sqlite_store, "Ports", "economy")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await client.get("/admin/briefings/1")
        for status in ("published", "retracted", "published"):
            if status == "retracted":
                answer = await submit(client, await client.get("/admin/briefings/1/retract"), "retract")
            else:
                answer = await submit(client, answer, "1", then="publish")
            assert (await _stored(sqlite_store, 1)).status == status
    assert (await _stored(sqlite_store, 1)).number == 1
    assert await _acts(sqlite_store) == [
        "briefing.publish",
        "briefing.retract",
        "briefing.publish",
        "briefing.add",
    ]


async def test_topics_are_corrected_by_one_click_and_the_rules_can_have_them_back(
    sqlite_store: Database,
) -> None:
    await _draft(sqlite_store, "Gallium and solar cells")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await client.get("/admin/briefings/1")
        assert "none of its keywords stands in the text" in says(answer)
        for act, slug, expected in (
            ("give", "society", ["energy", "society"]),
            ("take", "energy", ["society"]),
            ("take", "society", ["general"]),
            ("rules", "", ["energy"]),
        ):
            csrf = document(answer.text).xpath("//input[@name='csrf']/@value")[0]
            await client.post("/admin/briefings/1", data={"csrf": csrf, act: slug})
            assert [mark.slug for mark in (await _stored(sqlite_store, 1)).topics] == expected
        answer = await client.get("/admin/briefings/1")
    assert "Let the rules decide again" not in says(answer)


# --- As in the mail -----------------------------------------------------------------------------------------


async def test_the_sample_is_the_mail_and_stands_in_a_frame_that_can_do_nothing(
    sqlite_store: Database,
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs <rise>", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings/1")
        (frame,) = document(shown.text).xpath("//iframe")
        assert "allow-s" not in frame.get("sandbox")
        stored = await client.get(shown.url.join(frame.get("src")))
        csrf = document(shown.text).xpath("//input[@name='csrf']/@value")[0]
        entered = {"title": "Typed <now>", "text": "One.\n\nTwo.", "section": "briefing", "language": "en"}
        typed = await client.post("/admin/briefings/sample", data={"csrf": csrf, **entered})
        wrong = await client.post("/admin/briefings/sample", data={"csrf": csrf, **entered, "title": ""})
    for answer, title in ((stored, "Tariffs <rise>"), (typed, "Typed <now>")):
        assert answer.status_code == 200
        assert title in says(answer)
        assert answer.headers["content-security-policy"].startswith(
            "sandbox allow-popups; default-src 'none'"
        )
        assert "frame-ancestors 'self'" in answer.headers["content-security-policy"]
    assert "The whole story" in stored.text or "the whole story" in stored.text
    assert "No preview yet: “Title” is empty" in says(wrong)
    assert (await _stored(sqlite_store, 1)).title == "Tariffs <rise>", "looking changes nothing"
    assert len(await _acts(sqlite_store)) == 1


async def test_a_viewer_reads_and_finds_nothing_to_press(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    async with at_the_desk(sqlite_store, Role.VIEWER) as client:
        for path in ("/admin/briefings", "/admin/briefings/1"):
            answer = await client.get(path)
            forms = [one.action for one in document(answer.text).xpath("//form[@method='post']")]
            assert [one.rpartition("/")[2] for one in forms] == ["leave"], path
        assert (await client.get("/admin/briefings/new")).status_code == 403
        assert (await client.get("/admin/briefings/1/sample")).status_code == 200
        assert (await client.get("/admin/briefings/77")).status_code == 404
