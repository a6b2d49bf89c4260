"""What is typed in the form of a briefing: no button loses it, no slip of it comes out."""

from __future__ import annotations

from asyncio import gather
from datetime import UTC, datetime, timedelta

import pytest

from digest.core.access import Role
from digest.core.model import Briefing, BriefingStatus
from digest.flows import edit_briefing
from digest.flows.edit_briefing import Flags
from digest.store import briefings
from digest.store.changes import page
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, item, publish_news
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def _stored(store: Database, id_: int) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, id_)
    assert found is not None
    return found


async def _draft(store: Database, title: str, *topics: str) -> Briefing:
    return await edit_briefing.write(item(title, *topics), Flags(), store=store, now=TUESDAY)


async def _acts(store: Database) -> list[str]:
    async with store.read() as connection:
        return [one.act for one in await page(connection)]


async def test_no_button_of_the_page_of_a_draft_loses_what_was_typed(sqlite_store: Database) -> None:
    await _draft(sqlite_store, "Gallium and solar cells")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings/1")
        page_ = document(shown.text)
        forms = page_.xpath("//main//form[@method='post']/@action")
        assert forms == ["1"], "one form: a second one would leave behind what stands in the first"
        buttons = page_.xpath("//button[@form='briefing' or ancestor::form[@id='briefing']]")
        said = {(one.get("name"), one.get("value")) for one in buttons}
        assert {("then", "publish"), ("take", "energy"), ("give", "society")} <= said
        assert (buttons[0].get("name"), buttons[0].get("value")) == ("then", "keep"), "what Enter presses"

        typed = {"title": "Gallium is scarce", "text": "Not saved\r\n\r\nyet."}
        answer = await submit(client, shown, "1", take="energy", **typed)
        assert "What you wrote is below, and is not saved yet" in says(answer)
        stored = await _stored(sqlite_store, 1)
        assert (stored.title, [mark.slug for mark in stored.topics]) == (
            "Gallium and solar cells",
            ["general"],
        )
        answer = await submit(client, answer, "1", then="publish")
    stored = await _stored(sqlite_store, 1)
    assert (stored.title, stored.paragraphs, stored.number) == (
        "Gallium is scarce",
        ("Not saved", "yet."),
        1,
    )


async def test_what_is_published_keeps_what_was_typed_when_a_topic_is_taken_away(
    sqlite_store: Database,
) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Ports", "economy", "energy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings/1")
        answer = await submit(client, shown, "1", take="energy", note="The harbour was misspelt.")
        assert "is not saved yet" in says(answer)
        assert "The harbour was misspelt." in says(answer)
        untouched = await submit(client, answer, "1", give="energy", note="")
        assert "The topics are changed." in says(untouched)
        assert "not saved" not in says(untouched)
    assert (await _stored(sqlite_store, 1)).revision == 1, "no correction was made of it"


# --- When it comes out --------------------------------------------------------------------------------------


async def test_a_time_that_is_past_is_refused_beside_its_field(sqlite_store: Database) -> None:
    typed = {"title": "Ports", "text": "Words that took an hour.", "publish_at": "2026-11-24T09:29"}
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        answer = await submit(client, await client.get("/admin/briefings/new"), "new", **typed)
        assert answer.status_code == 422
        assert "the time to publish at is past: say one that is to come" in says(answer)
        (field,) = document(answer.text).xpath("//input[@aria-invalid='true']")
        assert (field.get("name"), field.get("value")) == ("publish_at", typed["publish_at"])
        assert document(answer.text).xpath("//textarea")[0].text.strip() == typed["text"]
        assert await _acts(sqlite_store) == []

        this_minute = await submit(client, answer, "new", publish_at="2026-11-24T09:30")
        assert "It comes out on Tue 24 Nov 2026, 09:30." in says(this_minute)
        wrong = await submit(client, this_minute, "1", publish_at="2026-11-23T08:00", title="Harbours")
        assert wrong.status_code == 422
        assert document(wrong.text).xpath("//input[@name='title']/@value") == ["Harbours"]
    assert (await _stored(sqlite_store, 1)).publish_at == datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


async def test_the_message_says_when_a_draft_comes_out(sqlite_store: Database) -> None:
    typed = {"title": "Ports", "text": "Words.", "publish_at": "2026-11-25T08:00"}
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        kept = await submit(client, await client.get("/admin/briefings/new"), "new", **typed)
        assert "The draft is kept. It comes out on Wed 25 Nov 2026, 08:00." in says(kept)
        saved = await submit(client, kept, "1", publish_at="2026-11-26T08:00")
        assert "Saved. It comes out on Thu 26 Nov 2026, 08:00." in says(saved)
        never = await submit(client, saved, "1", publish_at="")
        assert "It comes out" not in says(never)


async def test_a_draft_whose_time_went_by_unseen_is_still_corrected(sqlite_store: Database) -> None:
    when = datetime(2026, 11, 24, 8, 0, 20, tzinfo=UTC)
    await edit_briefing.write(item("Ports"), Flags(publish_at=when), store=sqlite_store, now=TUESDAY)
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        await submit(client, await client.get("/admin/briefings/1"), "1", title="Harbours")
    stored = await _stored(sqlite_store, 1)
    assert (stored.title, stored.publish_at) == ("Harbours", when)


async def test_to_publish_now_and_at_a_time_is_asked_about_and_neither_is_done(
    sqlite_store: Database,
) -> None:
    typed = {"title": "Ports", "text": "Words.", "publish_at": "2026-11-25T08:00"}
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        answer = await submit(client, form, "new", **typed, then="publish")
        assert answer.status_code == 422
        assert "to publish now is chosen: keep it as a draft until then, or empty the time" in says(answer)
        assert await _acts(sqlite_store) == []
        kept = await submit(client, answer, "new")
        early = await submit(client, kept, "1", then="publish")
        assert "Published now, and not only at the time that was appointed" in says(early)
    stored = await _stored(sqlite_store, 1)
    assert (stored.status, stored.publish_at) == (BriefingStatus.PUBLISHED, None)


# --- The same form twice ------------------------------------------------------------------------------------


async def test_a_form_that_is_sent_twice_is_one_briefing(store: Database) -> None:
    typed = {"title": "Ports", "text": "Words.", "then": "publish"}
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        first = await submit(client, form, "new", **typed)
        again = await submit(client, form, "new", **typed)
        assert again.url.path == first.url.path == "/admin/briefings/1"
        assert "This stands as no. 1 already." in says(again)
        # a browser that goes back may have asked for the page anew, and filled it in
        fresh = await client.get("/admin/briefings/new")
        assert (await submit(client, fresh, "new", **typed)).url.path == "/admin/briefings/1"
        assert await _acts(store) == ["briefing.publish", "briefing.add"]

        mended = await submit(client, form, "new", **typed | {"text": "Words!"})
        assert mended.url.path == "/admin/briefings/2", "what was changed is not lost"


async def test_two_clicks_at_once_are_one_briefing(store: Database) -> None:
    typed = {"title": "Ports", "text": "Words.", "then": "publish"}
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        answers = await gather(*(submit(client, form, "new", **typed) for _ in range(3)))
    assert {one.url.path for one in answers} == {"/admin/briefings/1"}
    assert (await _stored(store, 1)).number == 1
    assert await _acts(store) == ["briefing.publish", "briefing.add"]


async def test_a_draft_that_was_kept_is_published_by_going_back_and_saying_so(sqlite_store: Database) -> None:
    typed = {"title": "Ports", "text": "Words."}
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/briefings/new")
        await submit(client, form, "new", **typed)
        assert "This is kept as a draft already." in says(await submit(client, form, "new", **typed))
        published = await submit(client, form, "new", **typed, then="publish")
        assert "Published" in says(published)
    assert (await _stored(sqlite_store, 1)).number == 1
    assert await _acts(sqlite_store) == ["briefing.publish", "briefing.add"]


async def test_the_same_words_on_another_day_are_another_briefing(sqlite_store: Database) -> None:
    first = await _draft(sqlite_store, "No news today")
    later = TUESDAY + timedelta(days=1, minutes=1)
    other = await edit_briefing.write(item("No news today"), Flags(), store=sqlite_store, now=later)
    assert other.id != first.id


# --- Thrown away --------------------------------------------------------------------------------------------


async def test_a_draft_is_thrown_away_at_its_page_and_brought_back(sqlite_store: Database) -> None:
    await _draft(sqlite_store, "Test", "economy")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings/1")
        (button,) = document(shown.text).xpath("//button[@name='discard']")
        assert button.get("data-ask"), "it is asked about before"
        gone = await submit(client, shown, "1", discard="yes")
        assert "Thrown away. It was never published, and can be brought back." in says(gone)
        assert (await _stored(sqlite_store, 1)).status is BriefingStatus.DISCARDED
        assert not document(gone.text).xpath("//button[@value='publish']")
        assert "1 draft" not in says(await client.get("/admin/"))
        back = await submit(client, gone, "1", restore="yes", title="A test")
        assert "What you wrote is below, and is not saved yet." in says(back)
        assert document(back.text).xpath("//input[@name='title']/@value") == ["A test"]
    stored = await _stored(sqlite_store, 1)
    assert (stored.status, stored.title) == (BriefingStatus.DRAFT, "Test")
    assert await _acts(sqlite_store) == ["briefing.restore", "briefing.discard", "briefing.add"]


async def test_drafts_that_are_ticked_are_thrown_away_together(sqlite_store: Database) -> None:
    for title in ("One", "Two", "Three"):
        await _draft(sqlite_store, title)
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        shown = await client.get("/admin/briefings")
        gone = await submit(client, shown, "briefings", id=["1", "2"], act="discard")
        assert "Thrown away." in says(gone)
        assert document(gone.text).xpath("//a[@class='card-title']/text()") == ["Three"]
        thrown = await client.get("/admin/briefings?status=discarded")
        assert document(thrown.text).xpath("//a[@class='card-title']/text()") == ["Two", "One"]
        back = await submit(client, thrown, "briefings", id=["1"], act="restore")
        assert "They are drafts again." in says(back)
    assert [(await _stored(sqlite_store, id_)).status for id_ in (1, 2, 3)] == ["draft", "discarded", "draft"]
