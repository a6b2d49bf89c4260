"""Pictures of briefings at the desk and through the API: given, seen in the mail's frame, taken away."""

from __future__ import annotations

import pytest

from digest.core.access import Role
from digest.core.model import Briefing, Pictures
from digest.flows.gather_pictures import Gatherer
from digest.store import briefings
from digest.store.database import Database
from tests.flows.newsroom import TUESDAY, change_newsletter, item, publish_news
from tests.ingest.picture_samples import JPEG
from tests.reach.httpd import Reply, httpd, reaching
from tests.render.pages import document
from tests.web.api.programs import program
from tests.web.desk.newsroom import at_the_desk, says, submit

pytestmark = pytest.mark.anyio

CRANE = "https://news.example/crane.jpg"


async def _stored(store: Database) -> Briefing:
    async with store.read() as connection:
        found = await briefings.by_id(connection, 1)
    assert found is not None
    return found


async def test_a_picture_is_given_with_words_or_a_hint_and_taken_away_with_them(store: Database) -> None:
    await publish_news(store, TUESDAY, item("Ports", "economy"))
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/briefings/1")
        assert "No newsletter shows pictures" in says(page)
        page = await submit(client, page, "1", picture=f"{CRANE}?utm_medium=desk")
        assert "Say in words what the picture shows" in says(page)
        page = await submit(client, page, "1", picture_alt="A crane")
        assert "Say in words" not in says(page)
        found = await _stored(store)
        assert (found.picture, found.picture_alt, found.revision) == (CRANE, "A crane", 3)
        wrong = await submit(client, page, "1", picture="http://news.example/crane.jpg")
        assert wrong.status_code == 422
        assert "is not an absolute https address" in says(wrong)
        assert "http://news.example/crane.jpg" in wrong.text
        await submit(client, page, "1", picture="")
    found = await _stored(store)
    assert (found.picture, found.picture_alt, found.revision) == (None, "", 4)


async def test_markdown_brings_its_first_picture(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Ports", "economy"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        page = await client.get("/admin/briefings/1")
        await submit(client, page, "1", markup="markdown", text=f"![A crane]({CRANE})\n\nThey lift.")
    found = await _stored(sqlite_store)
    assert (found.picture, found.picture_alt) == (CRANE, "A crane")


async def test_programs_give_and_take_pictures(store: Database) -> None:
    one = {"title": "Ports", "paragraphs": ["They agree."], "picture": CRANE, "picture_alt": "A crane"}
    async with program(store) as client:
        (id_,) = (await client.post("briefings", json={"items": [one]})).json()["added"]
        shown = (await client.get(f"briefings/{id_}")).json()
        assert (shown["picture"], shown["picture_alt"]) == (CRANE, "A crane")
        taken = (await client.patch(f"briefings/{id_}", json={"picture": ""})).json()
        assert (taken["picture"], taken["picture_alt"], taken["revision"]) == (None, "", 2)
        for asked in ({"picture": "http://news.example/a.jpg"}, {"picture_alt": "A crane"}):
            assert (await client.patch(f"briefings/{id_}", json=asked)).status_code == 422
        alone = {"items": [{**one, "picture": None}]}
        assert (await client.post("briefings", json=alone)).status_code == 422
        rule = await client.patch("newsletters/daily", json={"pictures": "linked"})
        assert rule.json()["pictures"] == "linked"


async def test_the_sample_shows_the_picture_where_the_newsletter_does(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Ports", "economy", picture=CRANE, picture_alt="A crane"))
    async with at_the_desk(sqlite_store, Role.EDITOR) as client:
        assert not document((await client.get("/admin/briefings/1/sample")).text).xpath("//img")
        await change_newsletter(sqlite_store, pictures=Pictures.LINKED)
        assert "Shown in the mails of The Daily Digest." in says(await client.get("/admin/briefings/1"))
        sample = await client.get("/admin/briefings/1/sample")
    (shown,) = document(sample.text).xpath("//img")
    assert (shown.get("src"), shown.get("alt")) == (CRANE, "A crane")
    assert "img-src https:" in sample.headers["content-security-policy"]


@pytest.mark.parametrize("is_there", [True, False], ids=["kept", "away"])
async def test_the_desk_and_programs_are_told_whether_mails_can_bring_a_picture_along(
    sqlite_store: Database, is_there: bool
) -> None:
    store = sqlite_store
    await change_newsletter(store, pictures=Pictures.EMBEDDED)
    async with httpd() as server, reaching() as reach, at_the_desk(store, Role.EDITOR) as client:
        server.pages = {"/crane.jpg": Reply(JPEG)} if is_there else {}
        picture = f"{server.url}/crane.jpg"
        await publish_news(store, TUESDAY, item("Ports", "economy", picture=picture, picture_alt="A crane"))
        async with program(store) as api:
            assert (await api.get("briefings/1")).json()["picture_in_mails"] is None
        await Gatherer(store=store, reach=reach).gather(TUESDAY)
        page = says(await client.get("/admin/briefings/1"))
        sample = document((await client.get("/admin/briefings/1/sample")).text)
        async with program(store) as api:
            told = (await api.get("briefings/1")).json()["picture_in_mails"]
    shown = [image.get("src")[:15] for image in sample.iter("img")]
    if is_there:
        assert "Mails can bring it along: JPEG, 160 x 100 pixels, 1.0 kB." in page
        assert shown == ["data:image/jpeg"]
        assert (told["state"], told["octets"], told["fault"]) == ("kept", len(JPEG), None)
    else:
        assert "Mails cannot bring it along: its server answered with status 404" in page
        assert "again from" in page
        assert shown == []
        assert (told["state"], told["fault"], told["tries"]) == ("waiting", "no-answer", 1)
