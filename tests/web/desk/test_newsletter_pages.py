"""Newsletters at the desk: settings are tried on a real mail before they are kept."""

from __future__ import annotations

from typing import Any, Final

import pytest

from digest.core.access import Role
from digest.core.model import Archive, DraftBriefing, Newsletter
from digest.flows.collect import collect
from digest.flows.seed import FIRST_NEWSLETTER
from digest.ingest.gathered import Gathered
from digest.store import changes, newsletters
from digest.store.database import Database
from tests.render.pages import document
from tests.web.desk.newsroom import NOW, at_the_desk, says, submit

pytestmark = pytest.mark.anyio
PAGE: Final = "/admin/newsletters/daily"


async def kept(store: Database, slug: str = "daily") -> Newsletter:
    async with store.read() as connection:
        found = await newsletters.by_slug(connection, slug)
    assert found is not None
    return found


async def publish_one(store: Database) -> None:
    item = DraftBriefing("A Bridge Opens", ("People cross it, and wave.",), source="Wire")
    await collect(Gathered((item,)), store=store, now=NOW)


async def test_saving_the_form_as_it_stands_changes_nothing(store: Database) -> None:
    before = await kept(store)
    async with at_the_desk(store) as client:
        answer = await submit(client, await client.get(PAGE), "daily")
        assert "Saved" in says(answer)
    assert await kept(store) == before
    async with store.read() as connection:
        assert await changes.page(connection) == ()


async def test_what_is_typed_is_kept_and_the_log_says_what_differs(store: Database) -> None:
    typed: dict[str, Any] = {
        "title": "Morning & Evening",
        "max_items": "12",
        "latest_start_minutes": "90",
        "accent": "#1a5276",
        "links": "Home=https://news.example\nBoats=https://boats.example/list",
        "sections": ["briefing", "analysis"],
        "archive": "titles",
        "feedback": "on",
        "postal_address": "1 Quay\nHarbourtown",
        "first_days": "weekdays",
        "first_at_once": "yes",
        "clicks": "on",
    }
    async with at_the_desk(store) as client:
        answer = await submit(client, await client.get(PAGE), "daily", **typed)
        assert answer.status_code == 200
    found = await kept(store)
    assert (found.title, found.max_items, found.latest_start_minutes) == ("Morning & Evening", 12, 90)
    assert [link.name for link in found.links] == ["Home", "Boats"]
    assert sorted(found.sections) == ["analysis", "briefing"]
    assert found.feedback
    assert found.clicks
    assert found.first_wishes == (("days", "weekdays"), ("at_once", "yes"))
    assert found.postal_address == "1 Quay\nHarbourtown"
    async with store.read() as connection:
        (entry,) = await changes.page(connection)
    assert (entry.act, entry.subject, entry.actor) == ("newsletter.edit", "daily", "the admin")
    assert entry.after["title"] == "Morning & Evening"
    assert "sender_address" not in entry.after


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("title", " ", "“Title” is empty"),
        ("sender_address", "nobody", "“Sender's address” 'nobody' is not valid"),
        ("max_items", "0", "“Items in a mail, at most” '0' is not a cap"),
        ("max_items", "many", "say a number from 1 to 1000, or leave it empty"),
        ("reach_back_days", "-1", "“A first issue reaches back so many days” '-1'"),
        ("give_up_minutes", "0", "“A copy is given up so many minutes after its issue was due” '0'"),
        ("latest_start_minutes", "soon", "waits for the next slot” 'soon' is not known"),
        ("accent", "red", "“Colour of links” 'red' is not a colour"),
        ("logo_url", "javascript:alert(1)", "not an absolute http or https address"),
        ("links", "https://news.example", "has no name"),
        ("links", "Home", "'Home' has no address"),
        ("links", "Home=", "not an absolute http or https address"),
        (
            "approval_lead_minutes",
            "1200",
            "so many minutes before its time” '1200' is not known: say 0 to 720",
        ),
        ("theme", "../../etc", "not known"),
        ("archive", "everything", "not known"),
        ("first_at", "early", "not a time of day"),
        ("first_topics", "boats", "is not known"),
        ("quiet_days", "Christmas", "say it as 2026-12-25=Christmas Day"),
        ("item_text", "half", "not known"),
    ],
)
async def test_what_cannot_be_is_said_beside_what_was_typed(
    store: Database, field: str, value: str, words: str
) -> None:
    before = await kept(store)
    async with at_the_desk(store) as client:
        page = await client.get(PAGE)
        answer = await submit(client, page, "daily", **{field: value, "description": "Typed & kept"})
    assert answer.status_code == 422
    (beside,) = document(answer.text).xpath("//*[@role='alert']//li")
    assert words in beside.text_content()
    assert says_beside(answer, field) == beside.text_content()
    assert "Typed &amp; kept" in answer.text
    assert await kept(store) == before


def says_beside(answer: Any, field: str) -> str:
    """What a page says beside a field that has the focus; the line above leads there."""
    root = document(answer.text)
    (focused,) = root.xpath("//*[@autofocus]")
    assert (focused.get("name"), focused.get("aria-invalid")) == (field, "true")
    assert [link.get("href") for link in root.xpath("//*[@role='alert']//a")] == [f"#{focused.get('id')}"]
    (words,) = root.xpath(f"//*[@id='wrong-{field}']")
    assert f"wrong-{field}" in focused.get("aria-describedby")
    return str(words.text_content())


async def test_all_that_is_wrong_is_said_at_once(sqlite_store: Database) -> None:
    wrong = {"title": "", "accent": "red", "approval_lead_minutes": "1200", "first_at": "early"}
    async with at_the_desk(sqlite_store) as client:
        page = await client.get(PAGE)
        answer = await submit(client, page, "daily", **wrong)
        tried = await submit_to(client, page, f"{PAGE}/try", wrong)
        new = await submit(client, await client.get("/admin/newsletters"), "newsletters", slug="A b")
    ways = [link.get("href") for link in document(answer.text).xpath("//*[@role='alert']//a")]
    assert ways == [f"#field-{name}" for name in wrong]
    assert document(answer.text).xpath("//*[@autofocus]/@name") == ["title"]
    assert all(f"wrong-{name}" in answer.text for name in wrong)
    assert "“Colour of links” 'red' is not a colour" in says(tried)
    (lead,) = document(page.text).xpath("//input[@name='approval_lead_minutes']")
    assert (lead.get("min"), lead.get("max")) == ("0", "720")
    assert [one.get("href") for one in document(new.text).xpath("//*[@role='alert']//a")] == [
        *("#field-slug", "#field-title", "#field-sender_name", "#field-sender_address"),
    ]


async def test_a_try_shows_a_mail_with_the_settings_and_keeps_nothing(store: Database) -> None:
    await publish_one(store)
    before = await kept(store)
    async with at_the_desk(store) as client:
        page = await client.get(PAGE)
        form = {"title": "A Name for Trying", "theme": "quiet"}
        sample = await client.get(f"{PAGE}/sample")
        tried = await submit_to(client, page, f"{PAGE}/try", form)
    assert "A Bridge Opens" in sample.text
    assert "A Name for Trying" in tried.text
    assert "A Bridge Opens" in tried.text
    assert tried.text != sample.text
    assert await kept(store) == before
    for answer in (sample, tried):
        policy = answer.headers["content-security-policy"]
        assert policy.startswith("sandbox allow-popups;")
        assert "script-src" not in policy
        assert "default-src 'none'" in policy


async def submit_to(client: Any, page: Any, action: str, entered: dict[str, str]) -> Any:
    """Press the button that sends the form elsewhere."""
    form = next(one for one in document(page.text).xpath("//form") if (one.action or "").endswith("/daily"))
    fields: dict[str, Any] = {}
    for name, value in form.form_values():
        fields.setdefault(name, []).append(value)
    return await client.post(action, data=fields | entered)


async def test_quiet_days_are_typed_or_taken_from_a_country(store: Database) -> None:
    async with at_the_desk(store) as client:
        typed = "2026-12-24=The day before\n2026-12-25=Our own Christmas"
        page = await submit(client, await client.get(PAGE), "daily", quiet_days=typed)
        assert typed in page.text
        page = await submit(client, page, "daily/holidays", country="fr", year="2026")
        assert "The holidays are among the quiet days" in says(page)
        refused = await submit(client, page, "daily/holidays", country="Atlantis", year="2026")
        assert (refused.status_code, "say the code of a country" in says(refused)) == (422, True)
        # the form stands where it stood, so that it can be saved
        assert "saved" in str((await submit(client, refused, "daily", title="As before")).url)
    days = {str(one) for one in (await kept(store)).quiet_days}
    assert {"2026-12-24=The day before", "2026-12-25=Our own Christmas", "2026-07-14=National Day"} <= days


async def test_a_new_newsletter_begins_with_the_settings_of_the_first(store: Database) -> None:
    async with at_the_desk(store) as client:
        page = await client.get("/admin/newsletters")
        entered = {
            "slug": "weekly",
            "title": "The Week",
            "sender_name": "The Week",
            "sender_address": "week@newsroom.example",
        }
        answer = await submit(client, page, "newsletters", **entered)
        assert "Nobody reads it yet" in says(answer)
        again = await submit(client, page, "newsletters", **entered)
        assert again.status_code == 422
        assert "exists already" in says(again)
    made = await kept(store, "weekly")
    assert (made.title, made.sign_up, made.archive) == ("The Week", False, Archive.NONE)


async def test_a_new_newsletter_is_public_at_once_only_when_that_is_said(sqlite_store: Database) -> None:
    async with at_the_desk(sqlite_store) as client:
        page = await client.get("/admin/newsletters")
        entered = {
            "slug": "open",
            "title": "Open",
            "sender_name": "O",
            "sender_address": "o@newsroom.example",
        }
        await submit(client, page, "newsletters", **entered, open="on")
    made = await kept(sqlite_store, "open")
    assert (made.sign_up, made.archive) == (True, FIRST_NEWSLETTER.archive)


async def test_an_editor_looks_at_settings_and_cannot_save_them(store: Database) -> None:
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get(PAGE)
        assert "Save" not in [button.text_content() for button in _buttons(page.text)]
        assert "<fieldset disabled>" in page.text


def _buttons(text: str) -> Any:
    return document(text).xpath("//main//button")
