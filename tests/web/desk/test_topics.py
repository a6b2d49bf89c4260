"""Topics at the desk: ordered, named, given rules that are tried out first, and removed with open eyes."""

from __future__ import annotations

import pytest

from digest.core.access import Role
from digest.core.model import TopicWords
from digest.store import briefings, topics
from digest.store.changes import page
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, item, join, publish_news
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio


async def _order(store: Database) -> list[str]:
    async with store.read() as connection:
        return [topic.slug for topic in await topics.every(connection)]


async def test_the_list_tells_items_and_readers(store: Database) -> None:
    await publish_news(store, TUESDAY, item("A", "economy"), item("B", "economy", "energy"))
    await join(store, "ann@example.org", TUESDAY)
    await join(store, "bob@example.org", TUESDAY, topics="economy")
    await join(store, "cem@example.org", TUESDAY, topics="economy", confirmed=False)
    async with at_the_desk(store, Role.VIEWER) as client:
        answer = await client.get("/admin/topics")
    rows = {
        row.get("data-slug"): [one.text_content().strip() for one in row.xpath("td[@class='number']")][:2]
        for row in document(answer.text).xpath("//tr[@data-slug]")
    }
    assert rows == {
        "economy": ["2", "2"],
        "energy": ["1", "1"],
        "society": ["0", "1"],
        "general": ["0", "1"],
    }
    assert not document(answer.text).xpath("//form[contains(@action, 'move')]")
    assert "example.org" not in answer.text


async def test_topics_move_by_buttons_and_by_a_whole_order(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        shown = await client.get("/admin/topics")
        (form,) = document(shown.text).xpath("//form[@action='topics/energy/move'][.//input[@value='up']]")
        fields = dict(form.form_values())
        await client.post("/admin/topics/energy/move", data=fields)
        assert await _order(store) == ["energy", "economy", "society", "general"]
        csrf = fields["csrf"]
        for slug, to in (("energy", "up"), ("general", "down")):
            await client.post(f"/admin/topics/{slug}/move", data={"csrf": csrf, "to": to})
        assert await _order(store) == ["energy", "economy", "society", "general"], "at an end it stays"
        wished = ["society", "general"]
        await client.post("/admin/topics/order", data={"csrf": csrf, "slug": wished})
        assert await _order(store) == ["society", "general", "energy", "economy"]
        unknown = await client.post("/admin/topics/order", data={"csrf": csrf, "slug": ["gardening"]})
        assert unknown.status_code == 404
    async with store.read() as connection:
        done = await page(connection)
    assert [one.act for one in done] == ["topic.order", "topic.order"]
    assert done[0].after["order"] == ["society", "general", "energy", "economy"]


async def test_rules_are_tried_out_on_past_briefings_before_they_are_saved(sqlite_store: Database) -> None:
    await publish_news(
        sqlite_store,
        TUESDAY,
        item("Gallium is scarce", paragraphs=("Words.",)),
        item("Harbours close", paragraphs=("Words of the harbour.",)),
        item("Solar grows", paragraphs=("Solar cells.",)),
    )
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/topics/energy")
        rules = "harbour:5\ngallium:5"
        tried = await submit(client, form, "energy", rules=rules, then="try")
        assert "Of the newest 3 published briefings, these rules would match 2" in says(tried)
        assert "Newly: 1 Harbours close" in says(tried)
        assert "No more: 1 Solar grows" in says(tried)
        assert document(tried.text).xpath("//textarea")[0].text.strip() == rules
        async with sqlite_store.read() as connection:
            assert (
                "harbour"
                not in {topic.slug: topic for topic in await topics.every(connection)}["energy"].rules
            )
        saved = await submit(client, tried, "energy", then="save")
        assert "Saved" in says(saved)
    async with sqlite_store.read() as connection:
        energy = {topic.slug: topic for topic in await topics.every(connection)}["energy"]
        (change,) = [one for one in await page(connection) if one.kind == "topic"]
    assert energy.rules == {"harbour": 5, "gallium": 5}
    assert change.before["rules"] == {"gallium": 5, "solar": 4}


async def test_a_topic_is_added_and_wrong_ones_are_refused_beside_the_form(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        form = await client.get("/admin/topics/new")
        for entered, words in (
            ({"slug": "sea", "title": ""}, "Title is empty: write something Title"),
            ({"slug": "", "title": "Sea"}, "Short name is empty"),
            ({"slug": "The Sea", "title": "Sea"}, "cannot be one"),
            ({"slug": "order", "title": "Order"}, "cannot be one"),
            ({"slug": "energy", "title": "Sea"}, "exists already Title"),
            ({"slug": "sea", "title": "Sea", "aliases": "trade"}, "names both topic"),
            ({"slug": "sea", "title": "Sea", "rules": "ships:12"}, "is not a whole number from 0 to 9"),
        ):
            answer = await submit(client, form, "new", **entered)
            assert answer.status_code == 422
            assert words in says(answer), entered
        entered = {"slug": "sea", "title": "The sea", "rules": "ships:4", "aliases": "ocean, maritime"}
        answer = await submit(client, form, "new", **entered)
        assert "The topic is added" in says(answer)
    async with sqlite_store.read() as connection:
        last = (await topics.every(connection))[-1]
    assert (last.slug, last.title, last.aliases, last.rules) == (
        "sea",
        "The sea",
        ("ocean", "maritime"),
        {"ships": 4},
    )


async def test_a_topic_gets_words_in_other_languages(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        form = await client.get("/admin/topics/economy")
        assert "Title in Arabic" in says(form)
        entered = {"title-in-zh-Hans": "经济", "more-language": "fr", "more-title": "L'économie"}
        answer = await submit(client, form, "economy", **entered, then="save")
        assert "Saved" in says(answer)
        assert "In other languages: French, Chinese (Simplified)" in says(answer)
        again = await submit(client, answer, "economy", **{"title-in-zh-Hans": ""}, then="save")
        assert "In other languages: French Readers" in says(again)
        for wrong, words in (
            ({"more-title": "Wirtschaft"}, "it is not said which"),
            ({"more-language": "de"}, "The title in de is empty"),
            ({"more-language": "klingon", "more-title": "x"}, "is not known"),
            ({"description-in-ar": "x"}, "no title in ar"),
        ):
            refused = await submit(client, again, "economy", **wrong, then="save")
            assert refused.status_code == 422
            assert words in says(refused), wrong
            (kept,) = document(refused.text).xpath("//input[@name='title-in-fr']/@value")
            assert kept == "L'économie"
    async with store.read() as connection:
        economy = next(topic for topic in await topics.every(connection) if topic.slug == "economy")
    assert dict(economy.translations) == {"fr": TopicWords("L'économie")}


async def test_what_removing_a_topic_means_is_told_before(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("A", "economy"), item("B", "economy", "energy"))
    await join(sqlite_store, "bob@example.org", TUESDAY, topics="economy")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        asked = await client.get("/admin/topics/economy/remove")
        assert "2 briefings have this topic and lose it; 1 of them has no other" in says(asked)
        assert "1 reader chose it" in says(asked)
        assert "economy" in await _order(sqlite_store)
        answer = await submit(client, asked, "remove")
        assert "The topic is removed" in says(answer)
        assert (await client.get("/admin/topics/general/remove")).status_code == 422
        assert (await client.get("/admin/topics/gardening")).status_code == 404
    assert "economy" not in await _order(sqlite_store)
    async with sqlite_store.read() as connection:
        found = await briefings.by_id(connection, 1)
        assert found is not None
        assert found.topics == ()
        assert (await page(connection))[0].act == "topic.remove"


async def test_a_topic_becomes_part_of_another_with_its_readers(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs", "economy"))
    await join(sqlite_store, "bob@example.org", TUESDAY, topics="economy")
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        asked = await client.get("/admin/topics/economy/remove")
        offered = document(asked.text).xpath("//form[@action='merge']//option/@value")
        assert set(offered) == {"energy", "society", "general"}
        answer = await submit(client, asked, "merge", into="society")
        assert "the other topic is a part of this one" in says(answer)
        listed = await client.get("/admin/topics")
        (row,) = document(listed.text).xpath("//tr[.//a[contains(@href, 'society')]]")
        assert "1" in row.text_content()
        refused = await client.get("/admin/topics/society/remove")
        assert (await submit(client, refused, "merge", into="gossip")).status_code == 404
    assert "economy" not in await _order(sqlite_store)
    async with sqlite_store.read() as connection:
        found = await briefings.by_id(connection, 1)
        assert found is not None
        assert [mark.slug for mark in found.topics] == ["society"]
        assert (await page(connection))[0].act == "topic.merge"
