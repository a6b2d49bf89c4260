"""An issue in a browser is what its mail said, tells nothing of who got it, and changes nothing."""

from __future__ import annotations

import asyncio
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from digest.core.corrections import Telling
from digest.flows import edit_briefing, readers
from digest.flows.correcting import Word
from digest.flows.edit_briefing import Edit
from digest.store import topics
from digest.store.database import Database
from digest.web.shield import issue_headers
from subscribers.tokens import Purpose, Tokens
from tests.flows.newsroom import (
    TUESDAY,
    at,
    change_newsletter,
    claim_all,
    copies,
    item,
    join,
    mark_sent,
    plan_all,
    publish_news,
)
from tests.render.pages import document
from tests.web.test_mailed_links import mails_to, send_all, words_of
from tests.web.test_shield import policy_of
from tests.web.visiting import BASE_URL, KEY, TOKENS, all_rows, headline, said, tree, visitor

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
HOSTILE = [
    "<script>alert(1)</script> on the quay",
    '"><img src=x onerror=alert(1)>',
    "</title></style></head><script>alert(1)</script>",
    "<!--[if mso]><iframe src=//evil.example><![endif]-->",
    "{{ 7 * 7 }}{% include 'web' %}\u202etxt.exe",
]


def view(cohort: int, tokens: Tokens = TOKENS) -> str:
    """The path under which a cohort's copy is shown."""
    return f"/issues/{tokens.make(Purpose.VIEW, cohort)}"


async def planned(store: Database, *titles: str, **wished: Any) -> None:
    """An issue of these items for Ana, who has a name, and is asked what was useful."""
    await change_newsletter(store, feedback=True)
    await join(store, ANA, TUESDAY, name="Ana Okafor", **wished)
    await publish_news(store, TUESDAY, *(item(title, "economy") for title in titles))
    await plan_all(store, at(24, 7))


async def show(store: Database, cohort: int = 1) -> str:
    """What the page of a cohort says."""
    async with visitor(store, at(24, 9)) as client:
        answer = await client.get(view(cohort))
    assert answer.status_code == 200
    return said(answer)


async def test_the_link_of_a_mail_shows_what_the_mail_shows_but_for_what_is_its_readers(
    sqlite_store: Database, tmp_path: Path
) -> None:
    await planned(sqlite_store, "First tariff", "Second tariff", "Third tariff")
    await send_all(sqlite_store, tmp_path, at(24, 7))
    (mail,) = mails_to(ANA, tmp_path)
    (link,) = re.findall(
        rf"^View in browser: ({BASE_URL}/issues/[\w-]{{32}})\r?$", words_of(mail), re.MULTILINE
    )
    rich = mail.get_body(("html",))
    assert rich is not None
    assert f'href="{link}"' in rich.get_content()
    async with visitor(sqlite_store, at(24, 8)) as client:
        answer = await client.get(link)
    mailed, shown = document(rich.get_content()), tree(answer)
    assert shown.xpath("string(//title)") == mail["Subject"] == mailed.xpath("string(//title)")
    for readers_own in mailed.xpath("//*[@class='tools' or @class='greeting']"):
        readers_own.getparent().remove(readers_own)
    for note in mailed.xpath("//*[@class='footer']/*[@class='note']"):
        note.getparent().remove(note)
    (note,) = [one for one in shown.xpath("//*[@class='summary']") if "your own mail" in one.text]
    note.getparent().remove(note)
    rows = [" ".join(one.text_content().split()) for one in (mailed.body, shown.body)]
    assert rows[0] == rows[1].replace(" Hello Ana Okafor,", "")


async def test_the_page_names_no_reader_and_opens_nothing_of_theirs(store: Database) -> None:
    await planned(store, "First tariff", topics="economy", timezone="Africa/Abidjan")
    async with visitor(store, at(24, 9)) as client:
        answer = await client.get(view(1))
    for theirs in ("Ana", "Okafor", ANA, "Abidjan", "You get", "because you follow", "Hello", "useful"):
        assert theirs not in answer.text
    assert not re.search(r"/(unsubscribe|preferences)/|href=\"\"", answer.text)
    assert "use the links in your own mail" in said(answer)


async def test_the_page_is_for_no_index_no_frame_and_no_shared_cache(sqlite_store: Database) -> None:
    await planned(sqlite_store, "First tariff")
    async with visitor(sqlite_store, at(24, 9)) as client:
        answer = await client.get(view(1))
    headers = answer.headers
    assert headers["x-robots-tag"] == "noindex, nofollow"
    assert tree(answer).xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cache-control"] == "private, no-cache"
    assert headers["content-type"] == "text/html; charset=utf-8"
    assert policy_of(headers["content-security-policy"]) == {
        "default-src": "'none'",
        "style-src": "'unsafe-inline'",
        "img-src": "https: http: data:",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }


async def test_looking_changes_nothing_and_nothing_else_is_possible(store: Database) -> None:
    await planned(store, "First tariff")
    before = await all_rows(store)
    async with visitor(store, at(24, 9)) as client:
        shown = await client.get(view(1))
        head = await client.head(view(1))
        assert (head.status_code, head.headers["content-length"]) == (200, str(len(shown.content)))
        for method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            answer = await client.request(method, view(1))
            assert (answer.status_code, headline(answer)) == (405, "That did not work")
    assert await all_rows(store) == before


async def test_what_was_sent_stays_and_what_was_edited_since_does_not_show(store: Database) -> None:
    await planned(store, "First tariff")
    await edit_briefing.edit(1, Edit(title="Quite another tariff"), store=store, now=at(24, 8))
    assert "First tariff" in await show(store)
    assert "Quite another" not in await show(store)


async def test_the_page_says_that_a_text_was_corrected_since(store: Database) -> None:
    def new(text: str) -> Edit:
        return Edit(paragraphs=(f"Tariffs: they are {text} percent, and not 50.",))

    corrected = "1 item was corrected after the mail was sent, and stands here as it was mailed."
    await planned(store, "First tariff", "Second tariff")
    await mark_sent(store, ANA, at(24, 7))
    slip = Edit(title="First tarif", word=Word(Telling.NEVER))
    await edit_briefing.edit(1, slip, store=store, now=at(24, 8))
    assert "corrected" not in await show(store)
    await edit_briefing.edit(1, new("15"), store=store, now=at(24, 9))
    assert corrected in await show(store)
    await plan_all(store, at(25, 7))
    await mark_sent(store, ANA, at(25, 7))
    told = await show(store, 2)
    assert "they are 15 percent" in told
    assert "corrected" not in told
    await edit_briefing.edit(1, new("20"), store=store, now=at(25, 9))
    assert corrected in await show(store, 2)
    await edit_briefing.retract(1, store=store, now=at(25, 10))
    assert "corrected" not in await show(store)


async def test_a_withdrawn_item_is_gone_with_its_title_and_the_page_says_so(store: Database) -> None:
    await planned(store, "First tariff", "Second tariff", "Third tariff", max_items="2")
    everything = await show(store)
    assert all(f"{which} tariff" in everything for which in ("First", "Second", "Third"))
    assert "withdrawn" not in everything
    await edit_briefing.retract(1, store=store, now=TUESDAY)
    async with visitor(store, at(24, 9)) as client:
        answer = await client.get(view(1))
    assert "First tariff" not in answer.text
    assert "1 item was withdrawn by the editors after the mail was sent, and is not shown." in said(answer)
    await edit_briefing.retract(2, store=store, now=TUESDAY)
    await edit_briefing.retract(3, store=store, now=TUESDAY)
    nothing_left = await show(store)
    assert "tariff" not in nothing_left
    assert "3 items were withdrawn" in nothing_left


async def test_readers_of_text_get_the_same_items_as_a_page(store: Database) -> None:
    await planned(store, "First tariff", "Second tariff", format="text")
    text = await show(store)
    assert "First tariff: the whole story" in text
    assert "Second tariff: the whole story" in text


async def test_each_cohort_has_a_page_of_its_own(sqlite_store: Database) -> None:
    await join(sqlite_store, "bob@example.org", TUESDAY, max_items="1")
    await planned(sqlite_store, "First tariff", "Second tariff")
    whose = {copy.address: copy.cohort_id for copy in (await claim_all(sqlite_store, at(24, 7))).copies}
    assert "Second tariff: the whole story" in await show(sqlite_store, whose[ANA])
    assert "Second tariff: the whole story" not in await show(sqlite_store, whose["bob@example.org"])


async def test_an_erased_reader_a_removed_topic_and_a_newsletter_of_another_name_do_no_harm(
    store: Database,
) -> None:
    await planned(store, "First tariff")
    await readers.erase(ANA, store=store, now=at(24, 8))
    async with store.write() as connection:
        await topics.remove(connection, "economy")
    assert "First tariff: the whole story" in await show(store)


@pytest.mark.parametrize("title", HOSTILE)
async def test_a_hostile_title_is_text_and_nothing_more(sqlite_store: Database, title: str) -> None:
    await planned(sqlite_store, title)
    async with visitor(sqlite_store, at(24, 9)) as client:
        answer = await client.get(view(1))
    root = tree(answer)
    assert not root.xpath("//script | //img | //iframe | //object | //link | //form | //base")
    assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]
    assert len(root.xpath("//style")) == 1
    assert "".join(title.split()) in "".join(said(answer).split())


# --- links that are none ------------------------------------------------------------------------------------


async def test_every_flipped_bit_makes_a_link_that_is_none(sqlite_store: Database) -> None:
    await planned(sqlite_store, "First tariff")
    raw = urlsafe_b64decode(TOKENS.make(Purpose.VIEW, 1))
    async with visitor(sqlite_store, at(24, 9)) as client:
        for bit in range(len(raw) * 8):
            changed = bytearray(raw)
            changed[bit // 8] ^= 1 << bit % 8
            answer = await client.get(f"/issues/{urlsafe_b64encode(changed).decode()}")
            assert (answer.status_code, headline(answer)) == (404, "This link does not work"), bit


async def test_forged_foreign_and_revoked_links_are_answered_like_any_that_is_none(
    sqlite_store: Database,
) -> None:
    await planned(sqlite_store, "First tariff")
    token = TOKENS.make(Purpose.VIEW, 1)
    wrong = [
        *(f"/issues/{TOKENS.make(purpose, 1)}" for purpose in Purpose if purpose is not Purpose.VIEW),
        *(f"/{path}/{token}" for path in ("unsubscribe", "preferences")),
        view(1, Tokens([b"a key that was never ours"])),
        *(f"/issues/{token[:-1]}", f"/issues/{token}x", f"/issues/{token}/", "/issues/", "/issues/1"),
        *("/issues/..%2f..%2fetc%2fpasswd", "/issues/%00", f"/issues/{'A' * 32}", f"/issues/{'9' * 5000}"),
    ]
    async with visitor(sqlite_store, at(24, 9)) as client:
        answers = [await client.get(path) for path in wrong]
        assert {(one.status_code, one.text) for one in answers} == {(404, (await client.get("/x")).text)}


async def test_a_previous_key_is_still_good() -> None:
    ring = Tokens([b"the key after it", KEY])
    assert ring.read(Purpose.VIEW, TOKENS.make(Purpose.VIEW, 7)) == 7


@pytest.mark.parametrize("cohort", [0, 4711, 2**40 - 1])
async def test_a_good_link_to_nothing_says_that_it_is_not_kept(store: Database, cohort: int) -> None:
    async with visitor(store, at(24, 9)) as client:
        answer = await client.get(view(cohort))
    assert (answer.status_code, headline(answer)) == (404, "This issue cannot be shown")
    assert answer.headers["cache-control"] == "no-store"


async def test_a_cohort_that_got_nothing_has_nothing_to_show(sqlite_store: Database) -> None:
    await planned(sqlite_store, "First tariff", topics="energy")
    assert {copy.status for copy in await copies(sqlite_store)} == {"skipped"}
    async with visitor(sqlite_store, at(24, 9)) as client:
        assert (await client.get(view(1))).status_code == 404


# --- what it costs ------------------------------------------------------------------------------------------


async def test_a_link_that_is_passed_around_is_printed_once(
    sqlite_store: Database, premailer_runs: list[int]
) -> None:
    await planned(sqlite_store, "First tariff", "Second tariff")
    async with visitor(sqlite_store, at(24, 9)) as client:
        answers = await asyncio.gather(*(client.get(view(1)) for _ in range(20)))
    assert {(answer.status_code, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert len(premailer_runs) == 1


def test_only_what_differs_from_all_other_pages_is_its_own() -> None:
    assert issue_headers().keys() == {"Content-Security-Policy", "Cache-Control"}
