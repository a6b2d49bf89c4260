"""Subscribing on the web: the form keeps what was entered, and its answers tell nobody who reads."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from msgspec.structs import replace

from digest.core.limits import counted
from digest.core.model import Archive
from digest.flows import readers
from digest.flows.readers import suppression_key
from digest.flows.seed import FIRST_NEWSLETTER
from digest.store import attempts, newsletters
from digest.store.database import Database
from digest.web.signing_up import TRAP
from subscribers import consents
from subscribers import store as shelf
from subscribers.model import WEEKDAYS, Format, Standing
from subscribers.subscription import Subscription
from tests.flows.newsroom import TUESDAY, change_newsletter, item, join, publish_news
from tests.flows.post_office import all_notices
from tests.web.visiting import all_rows, headline, said, said_by, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
LOOK = "Look into your mailbox"
#: What a browser sends of the form when nothing but the address was entered.
PLAIN: dict[str, Any] = {
    "email": ANA,
    "name": "",
    TRAP: "",
    "newsletter": "daily",
    "follow": "all",
    "rhythm": "days",
    "day": ["mon", "tue", "wed", "thu", "fri", "sat", "sun"],
    "at": "07:00",
    "timezone": "UTC",
    "section": "",
    "format": "html",
    "max_items": "",
    "language": "en",
}


async def mine(store: Database, address: str = ANA) -> tuple[Subscription, ...]:
    async with store.read() as connection:
        return await shelf.subscriptions_of(connection, address)


async def add_weekly(store: Database, **changes: Any) -> None:
    async with store.write() as connection:
        new = replace(FIRST_NEWSLETTER, slug="weekly", title="The Weekly Review", **changes)
        await newsletters.add(connection, new)


async def test_the_form_says_what_would_come_and_sends_it_by_itself(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"), item("Sun", "energy"))
    async with visitor(sqlite_store, TUESDAY) as client:
        shown = await client.get("/subscribe?email=ana%40example.org")
        assert headline(shown) == "Subscribe to The Daily Digest"
        assert "The next mail: Nov 24, 07:00 (UTC)." in said(shown)
        assert "it would hold these 2 items: Tariffs fall Sun" in said(shown)
        assert "About 1 item a week." in said(shown)
        (form,) = tree(shown).forms
        fields = dict(form.form_values())
        assert fields["email"] == ANA
        # as a browser without scripts sends it
        answer = await client.post(shown.url.join(form.action), data=_pairs(form))
    assert (answer.status_code, headline(answer)) == (200, LOOK)
    (waiting,) = await mine(sqlite_store)
    assert waiting.standing is Standing.PENDING
    assert (waiting.cadence.days, waiting.profile.topics, waiting.profile.max_items) == (WEEKDAYS, None, None)


async def test_what_is_chosen_is_what_is_asked_about(sqlite_store: Database) -> None:
    chosen = PLAIN | {
        "name": "Ana  Quist",
        "follow": "some",
        "topic": ["economy", "energy"],
        "rhythm": "monthly",
        "at": "18:30",
        "timezone": "asia/calcutta",
        "format": "text",
        "max_items": "12",
        "language": "zh-Hans",
        "section": ["", "briefing", "report"],
    }
    async with visitor(sqlite_store, TUESDAY) as client:
        assert headline(await client.post("/subscribe", data=chosen)) == LOOK
    (waiting,) = await mine(sqlite_store)
    assert waiting.cadence.in_words == "monthly at 18:30 Asia/Calcutta"
    profile = waiting.profile
    assert (profile.topics, profile.sections) == (
        frozenset({"economy", "energy"}),
        frozenset({"briefing", "report"}),
    )
    assert (profile.format, profile.max_items, profile.language) == (Format.TEXT, 12, "zh-Hans")
    assert waiting.name == "Ana Quist"
    async with sqlite_store.read() as connection:
        (kept,) = await consents.of_subscription(connection, waiting.id)
    assert kept.words == "Send me The Daily Digest by e-mail. I can end it at any time."
    assert (kept.asked_from, kept.form) == ("127.0.0.1", "/subscribe")


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("email", "ana", "That is no e-mail address"),
        ("email", "ana@example.org\r\nBcc: eve@example.org", "That is no e-mail address"),
        ("day", [], "Choose one day at least."),
        ("at", "25:00", "Say a time of the day"),
        ("at", "", "Say a time of the day"),
        ("timezone", "Mars/Olympus", "Choose a time zone from the list."),
        ("max_items", "0", "Say a number from 1 to 1000"),
        ("max_items", "many", "Say a number from 1 to 1000"),
        ("format", "pdf", "Choose from the list."),
        ("language", "xx-nowhere-1", "Choose from the list."),
        ("rhythm", "sometimes", "Choose from the list."),
        ("section", "gossip", "Choose from the list."),
        ("name", "x" * 201, "That is too long: use at most 200 characters."),
        ("newsletter", "nowhere", "Choose one newsletter at least."),
    ],
)
async def test_what_is_wrong_is_said_beside_it_and_nothing_is_kept(
    sqlite_store: Database, field: str, value: Any, words: str
) -> None:
    await add_weekly(sqlite_store)
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post("/subscribe", data=PLAIN | {"name": "Ana"} | {field: value})
    assert answer.status_code == 422
    assert words in said(answer)
    (link,) = tree(answer).xpath("//*[@role='alert']//a")
    assert words in said_by(link)
    (there,) = tree(answer).xpath(f"//*[@id='{link.get('href')[1:]}']")
    assert (there.get("name"), there.get("aria-invalid")) == (field, "true")
    assert f"wrong-{field}" in there.get("aria-describedby")
    assert "autofocus" in there.attrib
    if field not in {"name", "newsletter"}:
        assert 'value="Ana"' in answer.text
    assert await all_rows(sqlite_store) == before


async def test_topics_of_nobody_and_none_are_said_too(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        for topics in ([], ["gossip"]):
            answer = await client.post("/subscribe", data=PLAIN | {"follow": "some", "topic": topics})
            assert answer.status_code == 422
            assert "Choose one topic at least" in said(answer)


async def test_answers_are_the_same_whoever_reads(sqlite_store: Database) -> None:
    await join(sqlite_store, "reads@example.org", TUESDAY)
    await join(sqlite_store, "waits@example.org", TUESDAY, confirmed=False)
    await join(sqlite_store, "left@example.org", TUESDAY)
    await readers.unsubscribe("left@example.org", None, reason="enough", store=sqlite_store, now=TUESDAY)
    await join(sqlite_store, "erased@example.org", TUESDAY)
    await readers.erase("erased@example.org", store=sqlite_store, now=TUESDAY)
    answers: dict[str, set[tuple[int, str, str]]] = {"/subscribe": set(), "/links": set()}
    took = []
    async with visitor(sqlite_store, TUESDAY) as client:
        for name in ("reads", "waits", "left", "erased", "unknown"):
            for path, found in answers.items():
                began = time.perf_counter()
                answer = await client.post(path, data=PLAIN | {"email": f"{name}@example.org"})
                took.append(time.perf_counter() - began)
                of_each = {"date", "x-request-id"}
                headers = sorted((k, v) for k, v in answer.headers.items() if k not in of_each)
                found.add((answer.status_code, answer.text, repr(headers)))
    assert {path: len(found) for path, found in answers.items()} == {"/subscribe": 1, "/links": 1}
    # an answer never comes before its step is over, so that quick work does not show
    assert min(took) >= 0.3


async def test_a_program_that_fills_in_everything_gets_the_same_page_and_nothing_else(
    sqlite_store: Database,
) -> None:
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        for path in ("/subscribe", "/links"):
            answer = await client.post(path, data=PLAIN | {TRAP: "https://spam.example"})
            assert (answer.status_code, headline(answer)) == (200, LOOK)
    assert await all_rows(sqlite_store) == before


async def test_who_enters_too_much_is_told_to_come_later(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        for number in range(60):
            await _count(sqlite_store, f"r{number}@p{number}.example")
        answer = await client.post("/subscribe", data=PLAIN)
    assert answer.status_code == 429
    assert headline(answer) == "Too many at once"
    assert answer.headers["retry-after"] == "3600"
    assert await mine(sqlite_store) == ()


async def test_several_newsletters_are_chosen_and_closed_ones_are_not_offered(sqlite_store: Database) -> None:
    await add_weekly(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert "The Weekly Review" in said(await client.get("/"))
        shown = await client.get("/subscribe?newsletter=weekly")
        assert tree(shown).xpath("//input[@name='newsletter'][@checked]/@value") == ["weekly"]
        await client.post("/subscribe", data=PLAIN | {"newsletter": ["daily", "weekly"]})
        assert len(await mine(sqlite_store)) == 2
        assert len(await all_notices(sqlite_store)) == 1
        await change_newsletter(sqlite_store, sign_up=False)
        assert "The Daily Digest" not in said(await client.get("/subscribe"))
        assert (await client.get("/subscribe?newsletter=daily")).status_code == 404
        assert (await client.post("/subscribe", data=PLAIN)).status_code == 422


@pytest.mark.parametrize("archive", [Archive.FULL, Archive.TITLES])
async def test_headlines_lately_lead_to_their_items_in_the_archive(
    archive: Archive, sqlite_store: Database
) -> None:
    await change_newsletter(sqlite_store, archive=archive)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"), item("Sun", "energy"))
    async with visitor(sqlite_store, TUESDAY) as client:
        links = tree(await client.get("/")).xpath("//li[@class='headline']/a")
        assert {link.text for link in links} == {"Tariffs fall", "Sun"}
        for link in links:
            found = await client.get(f"/{link.get('href')}")
            assert (found.status_code, headline(found)) == (200, link.text)


async def test_headlines_lately_lead_nowhere_where_the_archive_is_closed(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, archive=Archive.NONE)
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"))
    async with visitor(sqlite_store, TUESDAY) as client:
        page = tree(await client.get("/"))
        assert page.xpath("//li[@class='headline']/text()") == ["Tariffs fall"]
        assert page.xpath("//li[@class='headline']/a") == []


async def test_with_nothing_open_there_is_nothing_to_subscribe_to(sqlite_store: Database) -> None:
    await change_newsletter(sqlite_store, sign_up=False)
    async with visitor(sqlite_store, TUESDAY) as client:
        assert headline(await client.get("/")) == "Nothing to subscribe to"
        assert (await client.get("/subscribe")).status_code == 404


async def test_the_part_about_the_next_mail_is_made_anew_and_changes_nothing(sqlite_store: Database) -> None:
    await publish_news(sqlite_store, TUESDAY, item("Tariffs fall", "economy"), item("Sun", "energy"))
    before = await all_rows(sqlite_store)
    async with visitor(sqlite_store, TUESDAY) as client:
        part = await client.post(
            "/subscribe/effect", data=PLAIN | {"follow": "some", "topic": "energy", "at": "21:15"}
        )
        assert "The next mail: Nov 24, 21:15 (UTC)." in part.text
        assert "Sun" in part.text
        assert "Tariffs" not in part.text
        assert "<html" not in part.text
        wrong = await client.post("/subscribe/effect", data=PLAIN | {"at": "soon"})
        assert (wrong.status_code, "Say a time of the day" in wrong.text) == (422, True)
    assert await all_rows(sqlite_store) == before


async def test_a_page_in_a_language_asks_for_mails_in_it(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        client.headers["accept-language"] = "ar-EG,en;q=0.5"
        shown = await client.get("/subscribe")
        assert (tree(shown).get("lang"), tree(shown).get("dir")) == ("ar", "rtl")
        assert tree(shown).xpath("//select[@name='language']/option[@selected]/@value") == ["ar"]


@pytest.mark.parametrize("body", [b"email=%FF%FE", b"=&==&&&", b"x=" * 3_000, b"\x00\xff" * 200])
async def test_no_body_is_an_error_of_ours(sqlite_store: Database, body: bytes) -> None:
    kind = {"content-type": "application/x-www-form-urlencoded"}
    async with visitor(sqlite_store, TUESDAY) as client:
        for path in ("/subscribe", "/subscribe/effect", "/links"):
            answer = await client.post(path, content=body, headers=kind)
            assert answer.status_code in {200, 400, 413, 422}, path


# --- from elsewhere -----------------------------------------------------------------------------------------


async def test_a_frame_holds_the_smallest_form(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        framed = await client.get("/embed/daily")
        policy = framed.headers["content-security-policy"]
        assert "frame-ancestors" not in policy
        assert "form-action 'self'" in policy
        (form,) = tree(framed).forms
        assert form.get("target") == "_top"
        answer = await client.post(framed.url.join(form.action), data=_pairs(form) | {"email": ANA})
        assert headline(answer) == LOOK
        assert (await client.get("/embed/nowhere")).status_code == 404
    (waiting,) = await mine(sqlite_store)
    assert waiting.cadence.in_words == "daily at 07:00 UTC"


async def test_a_program_subscribes_with_the_words_of_the_command_line(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post(
            "/api/v1/subscribe",
            json={
                "email": ANA,
                "newsletters": ["daily"],
                "topics": ["economy"],
                "days": "mon,thu",
                "at": "08:15",
                "timezone": "Europe/Paris",
                "max_items": 5,
                "format": "text",
            },
        )
        assert (answer.status_code, answer.json()) == (202, {"accepted": True})
        assert answer.headers["access-control-allow-origin"] == "*"
        assert (await client.options("/api/v1/subscribe")).status_code == 204
    (waiting,) = await mine(sqlite_store)
    assert waiting.cadence.in_words == "mon,thu at 08:15 Europe/Paris"
    assert (waiting.profile.topics, waiting.profile.max_items) == (frozenset({"economy"}), 5)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "email"),
        ({"email": ANA, "role": "admin"}, "role"),
        ({"email": ANA, "newsletters": ["daily", "nowhere"]}, "newsletters"),
        ({"email": ANA, "newsletters": []}, "newsletters"),
        ({"email": ANA, "max_items": 0}, "max_items"),
        ({"email": "ana"}, "error"),
        ({"email": ANA, "at": "soon"}, "error"),
        ({"email": ANA, "topics": ["gossip"]}, "error"),
        ([], "body"),
        ("x", "body"),
    ],
)
async def test_a_program_is_told_what_is_wrong(sqlite_store: Database, body: Any, field: str) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        answer = await client.post("/api/v1/subscribe", json=body)
        assert (await client.post("/api/v1/subscribe", content=b"\xff{")).status_code == 422
    assert answer.status_code == 422
    assert (answer.json()["accepted"], list(answer.json()["errors"])) == (False, [field])
    assert await mine(sqlite_store) == ()


# --- the page itself ----------------------------------------------------------------------------------------


async def test_the_page_weighs_little_and_loads_our_scripts_alone(sqlite_store: Database) -> None:
    async with visitor(sqlite_store, TUESDAY) as client:
        shown = await client.get("/subscribe")
        scripts = [str(source) for source in tree(shown).xpath("//script/@src")]
        assert len(scripts) == 2
        weight = len(shown.content)
        for source in scripts:
            loaded = await client.get(shown.url.join(source))
            assert loaded.headers["cache-control"] == "public, max-age=31536000, immutable"
            assert loaded.headers["content-type"] == "text/javascript; charset=utf-8"
            weight += len(loaded.content)
        assert weight < 150_000
        policy = shown.headers["content-security-policy"]
        assert "script-src 'self'" in policy
        assert "unsafe" not in policy
        for name in ("../digest.toml", "htmx.js", "..%2F..%2Fpyproject.toml", ""):
            assert (await client.get(f"/static/{name}")).status_code == 404


async def test_a_brand_colours_the_page_and_its_policy_knows_it(sqlite_store: Database) -> None:
    logo = "https://pictures.example/logo.png"
    await change_newsletter(sqlite_store, accent="#1a5276", ground="#101820", logo_url=logo)
    async with visitor(sqlite_store, TUESDAY) as client:
        shown = await client.get("/subscribe")
    assert "--accent:#1a5276" in shown.text
    policy = shown.headers["content-security-policy"]
    assert f"img-src {logo}" in policy
    assert len(re.findall("'sha256-", policy)) == 2
    # a logo whose address would change the policy is not shown
    await change_newsletter(sqlite_store, logo_url="https://pictures.example/a;b.png")
    async with visitor(sqlite_store, TUESDAY) as client:
        shown = await client.get("/subscribe")
    assert "img-src" not in shown.headers["content-security-policy"]
    assert not tree(shown).xpath("//img")


def _pairs(form: Any) -> dict[str, Any]:
    """What a browser sends of a form, with every value of a field."""
    found: dict[str, Any] = {}
    for name, value in form.form_values():
        found.setdefault(name, []).append(value)
    return found


async def _count(store: Database, address: str) -> None:
    async with store.write() as connection:
        key = await suppression_key(connection)
        await attempts.count(connection, list(counted("127.0.0.1", address, TUESDAY)), key)
