"""People see what came back, say what it is about, and are shown nothing that could harm them."""

from __future__ import annotations

import asyncio

import httpx
import pytest

from digest.core.access import Role
from digest.core.model import DeliveryStatus
from digest.core.returned import Kind
from digest.core.settling import TABLE, Effect
from digest.core.unread import TELLING
from digest.flows.readers import erase
from digest.mail.evidence import Proof
from digest.mail.peek import MOST_TEXT
from digest.store import changes
from digest.store.database import Database
from digest.web.desk import returned_pages
from digest.web.desk.returned_words import EFFECTS, KINDS, PROOFS, WOULD_FOLLOW
from subscribers.model import Standing
from tests.flows.newsroom import at, copies, reader
from tests.flows.returning import back_to, bulk_mail, report, sent_to, take
from tests.render.pages import document
from tests.web.desk.newsroom import at_the_desk, says, submit
from tests.web.desk.returned_mail import FORGED, SCRIPT, a_week, answer, hostile
from tests.web.visiting import all_rows

pytestmark = pytest.mark.anyio

ANA = "ana@readers.example"


def shown(page: httpx.Response) -> list[int]:
    """The numbers of what a list shows, from the top."""
    return [
        int(link.rpartition("/")[2]) for link in document(page.text).xpath("//a[@class='card-title']/@href")
    ]


@pytest.mark.parametrize("kind", Kind)
def test_each_kind_has_plain_words_for_itself_and_for_what_would_follow(kind: Kind) -> None:
    assert KINDS[kind][0]
    # what changes nothing says so
    assert (WOULD_FOLLOW[kind] == "nothing more") == (
        not any((TABLE[kind].refused, TABLE[kind].arrived))
    ) or (kind in {Kind.COMPLAINT, Kind.UNSUBSCRIBE, Kind.UNKNOWN})


def test_each_effect_and_each_proof_has_plain_words() -> None:
    assert EFFECTS.keys() == set(Effect)
    assert PROOFS.keys() == {"", *Proof}


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("", [8, 7, 6, 5, 4, 3, 2, 1]),
        ("?kind=mailbox-full", [8, 2]),
        ("?waiting=yes", [8, 7, 6]),
        ("?kind=hard&waiting=yes", [7]),
        ("?newsletter=daily", [6, 5, 4, 3, 2, 1]),
        ("?newsletter=weekly", []),
        ("?reader=3", [3]),
        ("?reader=99", []),
        ("?before=3", [2, 1]),
    ],
)
async def test_what_came_back_is_listed_newest_first_and_filtered(
    store: Database, query: str, wanted: list[int]
) -> None:
    await a_week(store)
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get(f"/admin/returned{query}")
    assert page.status_code == 200
    assert shown(page) == wanted
    assert "3 mails wait for a person" in says(page)


async def test_each_says_who_what_why_and_what_followed(store: Database) -> None:
    await a_week(store)
    async with at_the_desk(store, Role.EDITOR) as client:
        page = await client.get("/admin/returned")
    card = " ".join(document(page.text).xpath("//li[@class='card']")[-1].text_content().split())
    assert card == (
        "no such mailbox Tue 24 Nov 2026, 09:00 daily carla@readers.example: no such mailbox "
        "550 5.1.1 <mailbox> does not exist No more mail goes to this address. "
        "The reader carla@readers.example rule dsn:words:no-such-reader"
    )


async def test_pages_follow_each_other_without_a_gap_and_keep_the_filter(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(returned_pages, "_LINES", 2)
    await a_week(store)
    async with at_the_desk(store, Role.EDITOR) as client:
        page, met = await client.get("/admin/returned?newsletter=daily"), []
        while following := document(page.text).xpath("//p[@class='following']/a/@href"):
            met += shown(page)
            page = await client.get(page.url.join(following[0]))
        met += shown(page)
    assert met == [6, 5, 4, 3, 2, 1]


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("?kind=lost", 422),
        ("?newsletter=nowhere", 404),
        ("?before=x&reader=y", 200),
        ("/99", 404),
        ("/9223372036854775807", 404),
        ("/99999999999999999999", 404),
        ("/1/mail.eml", 404),
        ("/x", 404),
    ],
)
async def test_what_is_not_there_is_said_in_words(store: Database, path: str, status: int) -> None:
    (copy,) = await sent_to(store, ANA)
    await take(store, report(ANA, to=back_to(copy)))
    async with at_the_desk(store, Role.EDITOR) as client:
        answered = await client.get(f"/admin/returned{path}")
    assert answered.status_code == status
    assert "Traceback" not in answered.text


async def test_a_hostile_mail_is_plain_text_of_bearable_length(store: Database) -> None:
    raw = hostile()
    await take(store, raw)
    async with at_the_desk(store, Role.EDITOR) as client:
        for path in ("/admin/returned", "/admin/returned/1"):
            page = await client.get(path)
            assert "\0" not in page.text
            assert "\u202e" not in page.text
            assert "\x1b" not in page.text
            assert not document(page.text).xpath(
                "//main//script | //main//img | //main//h1[contains(., '550')]"
            )
        text, header = (one.text_content() for one in document(page.text).xpath("//pre"))
        (download,) = document(page.text).xpath("//a[contains(@href, 'mail.eml')]/@href")
        eml = await client.get(page.url.join(download))
    assert SCRIPT in says(page)
    assert len(text) <= MOST_TEXT
    assert "Only the first part of the mail is kept, or shown." in says(page)
    assert "X- Odd:  [31mred [0m gnp.exe" in header
    # folded away until somebody asks for it
    assert document(page.text).xpath("//details[not(@open)]/pre")
    assert eml.content == raw[: TELLING.kept]
    assert eml.headers["content-type"] == "message/rfc822"
    assert eml.headers["content-disposition"] == 'attachment; filename="returned-1.eml"'
    assert eml.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in eml.headers["content-security-policy"]


@pytest.mark.parametrize("about", [ANA, "Ana@Readers.example", "1"], ids=["address", "capitals", "delivery"])
async def test_a_person_says_what_it_is_about_and_the_same_follows(store: Database, about: str) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/returned/1")
        assert "then no more mail goes to that address" in says(page)
        page = await submit(client, page, "/apply", about=about)
        assert "Settled: no more mail goes to this address." in says(page)
        assert "a person said so" in says(page)
        assert "What a person can do" not in says(page)
        assert shown(await client.get("/admin/returned?waiting=yes")) == []
    assert (await reader(store, ANA)).standing is Standing.BOUNCING
    (copy,) = await copies(store, address=ANA)
    assert (copy.status, copy.reason) == (DeliveryStatus.REFUSED, "no-such-address")
    async with store.read() as connection:
        (noted,) = await changes.page(connection, kind="returned")
    assert (noted.act, noted.subject) == ("returned.apply", "1")


async def test_a_person_reads_what_no_rule_could_and_says_what_it_says(store: Database) -> None:
    (copy,) = await sent_to(store, ANA)
    await take(store, bulk_mail(back_to(copy)))
    async with at_the_desk(store) as client:
        assert "shop@else.example" in says(await client.get("/admin/returned?kind=unknown"))
        page = await client.get("/admin/returned/1")
        wrong = await submit(client, page, "/apply", about=ANA, says="")
        assert (wrong.status_code, "say one of" in says(wrong)) == (422, True)
        assert "is not known" in says(await submit(client, page, "/apply", about=ANA, says="lost"))
        again = await submit(client, page, "/apply", about="99", says="hard")
        assert document(again.text).xpath("//option[@selected]/@value") == ["hard"]
        page = await submit(client, again, "/apply", about=str(copy.id), says="hard")
    assert "Settled: no more mail goes to this address." in says(page)
    assert (await reader(store, ANA)).standing is Standing.BOUNCING


@pytest.mark.parametrize(
    ("about", "words"),
    [
        ("nobody@x.example", "Nobody reads at 'nobody@x.example'"),
        ("99", "Delivery 99 does not exist, or its reader was erased"),
        ("9" * 30, "not valid"),
        ("<b>ana", "not valid"),
        ("", "not valid"),
    ],
    ids=["stranger", "no-copy", "huge", "no-address", "empty"],
)
async def test_what_it_cannot_be_about_is_told_and_nothing_changes(
    store: Database, about: str, words: str
) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/returned/1")
        before = await all_rows(store)
        page = await submit(client, page, "/apply", about=about)
        assert page.status_code == 422
        assert words.lower() in says(page).lower()
        assert "see digest" not in says(page)
        assert document(page.text).xpath("//input[@name='about']/@value") == [about]
        assert await all_rows(store) == before


async def test_two_people_settle_it_at_once_and_one_of_them_is_told(store: Database) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/returned/1")
        both = await asyncio.gather(*(submit(client, page, "/apply", about=ANA) for _ in range(2)))
    assert sorted(one.status_code for one in both) == [200, 422]
    assert "settled already" in says(next(one for one in both if one.status_code == 422))


async def test_what_a_reader_wrote_is_done_with_and_so_is_what_means_nothing(store: Database) -> None:
    await a_week(store)
    async with at_the_desk(store) as client:
        page = await client.get("/admin/returned/6")
        assert "A reader wrote." in says(page)
        assert not document(page.text).xpath("//input[@name='about']")
        page = await submit(client, page, "/done")
        assert "Nobody needs to look at it any more." in says(page)
        assert "Could you also write about ferries?" in says(page)
        page = await submit(client, await client.get("/admin/returned/8"), "/done")
        # whoever finds out later what it was may still say so
        assert document(page.text).xpath("//input[@name='about']")
        assert shown(await client.get("/admin/returned?waiting=yes")) == [7]
        csrf = document(page.text).xpath("//input[@name='csrf']/@value")[0]
        without = await client.post("/admin/returned/1/done", data={"csrf": csrf})
    assert without.status_code == 422
    assert "nothing waits for a person" in says(without)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR])
async def test_who_may_not_keep_readers_settles_nothing(store: Database, role: Role) -> None:
    await sent_to(store, ANA)
    await take(store, FORGED)
    async with at_the_desk(store, role) as client:
        page = await client.get("/admin/returned/1")
        assert page.status_code == (403 if role is Role.VIEWER else 200)
        assert not document(page.text).xpath("//main//form")
        csrf = document((await client.get("/admin/account")).text).xpath("//input[@name='csrf']/@value")[0]
        before = await all_rows(store)
        for act in ("apply", "done"):
            answered = await client.post(f"/admin/returned/1/{act}", data={"csrf": csrf, "about": ANA})
            assert answered.status_code == 403
        refused = await client.post("/admin/readers/1/clear-score", data={"csrf": csrf})
        assert refused.status_code == 403
        assert await all_rows(store) == before


async def test_after_an_erasure_nothing_of_the_reader_is_left_in_it(store: Database) -> None:
    await a_week(store)
    await take(store, answer("bounces@news.example", f"I am {ANA}, stop", sender="x@elsewhere.example"))
    await erase(ANA, store=store, now=at(24, 10))
    async with at_the_desk(store) as client:
        pages = [
            await client.get(path) for path in ("/admin/returned", "/admin/returned/6", "/admin/returned/9")
        ]
    assert all("ana@" not in page.text and "ferries" not in page.text for page in pages)
    assert "erased" in says(pages[1])
    assert "It is not kept any more." in says(pages[2])
