"""The page of a preview shows the mail as it would be sent, measures it, and is whole in itself."""

from __future__ import annotations

import re
from email import message_from_bytes
from typing import Any

import pytest
from msgspec.structs import replace

from digest.core.budget import LIMIT
from digest.core.model import Skip
from digest.flows.preview import Preview, preview
from digest.mail.lane import Letter
from digest.render.environment import templates_folder
from digest.store.database import Database
from digest.web.preview_page import (
    framed,
    headers_of,
    measures,
    preview_page,
    snippet,
)
from tests.flows.newsroom import TUESDAY, at, item, join, publish_news
from tests.jobs.office import press_for
from tests.render.pages import document
from tests.web.test_design import PARTS, VOID, Balance
from tests.web.test_issue_pages import HOSTILE

pytestmark = pytest.mark.anyio

ANA = "ana@example.org"
FOLDER = templates_folder() / "web" / "preview"


async def previewed(store: Database, *titles: str, **wished: Any) -> Preview:
    """What Ana would get of these items."""
    await join(store, ANA, TUESDAY, **{"name": "Ana Okafor", **wished})
    url = {"url": "https://harbour.example/quay?a=1&b=2"}
    await publish_news(store, TUESDAY, *(item(title, "economy", **url) for title in titles))
    return await preview(ANA, "daily", store=store, press=press_for(store), now=at(24, 7))


def screens(page: Any) -> list[Any]:
    return list(page.xpath("//iframe"))


async def test_the_mail_stands_there_four_times_to_the_letter_but_for_where_links_open(
    sqlite_store: Database,
) -> None:
    found = await previewed(sqlite_store, "Tariffs “rise” & fall", "Ports")
    page = document(preview_page(found))
    assert [frame.get("title") for frame in screens(page)] == [
        f"The mail on a {device}, {scheme}" for scheme in ("light", "dark") for device in ("phone", "desktop")
    ]
    for frame in screens(page):
        shown = frame.get("srcdoc").replace(' target="_blank" rel="noreferrer"', "")
        shown = shown.replace('<head><base href="about:srcdoc">', "<head>")
        scroll_bar = "<style>html{scrollbar-width:none}</style></head>"
        assert (scroll_bar in shown) == ("phone" in frame.get("title"))
        assert shown.replace(scroll_bar, "</head>") == found.html
    assert page.xpath("string(//pre[@class='text'])").strip() == found.text.strip()


async def test_frames_run_no_script_and_the_page_loads_nothing(sqlite_store: Database) -> None:
    page = document(preview_page(await previewed(sqlite_store, "Tariffs")))
    assert {frame.get("sandbox") for frame in screens(page)} == {
        "allow-popups allow-popups-to-escape-sandbox"
    }
    (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy == ("default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'")
    assert not page.xpath("//script | //link | //img | //@src | //form")
    assert not re.search(r"url\(|@import|@font-face", (FOLDER / "style.css").read_text(encoding="utf-8"))
    # only links down the page: who follows one of the mail leaves through a frame
    assert all(str(link).startswith("#") for link in page.xpath("//a/@href"))
    assert {str(link)[1:] for link in page.xpath("//a/@href")} == set(page.xpath("//section/@id"))


def test_links_of_the_mail_open_beside_the_preview_and_anchors_within() -> None:
    before, link, after = (
        "<head></head>",
        '<a class="x" href="https://a.example/?q=1&amp;r">A</a>',
        (' <a href="#b1">B</a> <abbr>href="https:</abbr>'),
    )
    opening = link.replace("<a ", '<a target="_blank" rel="noreferrer" ')
    assert framed(before + link + after) == f'<head><base href="about:srcdoc"></head>{opening}{after}'


async def test_sizes_are_those_of_what_would_be_sent(sqlite_store: Database) -> None:
    found = await previewed(sqlite_store, "Tariffs", "Ports", "Content-Type: text/html")
    assert found.letter is not None
    html, message = measures(found.letter)
    assert (html.budget, message.budget) == LIMIT
    assert message.octets == len(found.letter.content)
    assert [part.name for part in message.portions] == ["Headers", "Plain text", "HTML"]
    assert html.octets == message.portions[-1].octets
    mail = message_from_bytes(found.letter.content)
    encoded = [len(part.get_payload()) for part in mail.walk() if not part.is_multipart()]
    assert [part.octets for part in message.portions[1:]] == encoded
    assert html.fits
    assert message.fits
    assert f"{message.octets / 1000:.1f} kB" in preview_page(found)


async def test_a_mail_that_is_too_large_says_what_that_means(sqlite_store: Database) -> None:
    found = await previewed(sqlite_store, "Tariffs")
    assert found.letter is not None
    assert "too much" not in preview_page(found)
    content = found.letter.content
    end = content.rindex(b"--=_digest_0_0_=--")
    large = Letter("", ANA, (content[:end], b"<p>quay\r\n" * 12_000, content[end:]))
    html, message = measures(large)
    assert (html.fits, message.fits) == (False, False)
    assert message.share == pytest.approx(len(large.content) / 1000)
    page = document(preview_page(replace(found, letter=large)))
    assert len(page.xpath("//*[@class='measure over']")) == 2
    told = page.xpath("//*[@class='warning']/text()")
    assert told[1] == f"{message.octets / 1000 - 100:.1f} kB too much: Gmail cuts a mail off there."


async def test_a_reader_of_text_gets_no_frames(sqlite_store: Database) -> None:
    found = await previewed(sqlite_store, "Tariffs", format="text")
    page = document(preview_page(found))
    assert screens(page) == []
    assert page.xpath("//section/@id") == ["inbox", "size", "text", "headers"]
    assert found.letter is not None
    (message,) = measures(found.letter)
    assert [part.name for part in message.portions] == ["Headers", "Plain text"]
    assert sum(part.octets for part in message.portions) == message.octets
    assert "this reader gets no HTML" in page.text_content()


async def test_the_inbox_shows_the_first_words_of_the_mail(sqlite_store: Database) -> None:
    found = await previewed(sqlite_store, "Tariffs", "Ports", "Quays")
    # the preheader, and what an inbox takes from behind it when it is short
    assert snippet(found).startswith("Ports · Quays View in browser Preferences Unsubscribe")
    text = await preview(ANA, "daily", store=sqlite_store, press=press_for(sqlite_store), now=at(24, 7))
    assert len(snippet(text)) <= 140


async def test_headers_are_readable_and_whole(sqlite_store: Database) -> None:
    found = await previewed(sqlite_store, "Tariffs “rise” in Zürich", "Ports")
    assert found.letter is not None
    headers = {header.name: header for header in headers_of(found.letter)}
    assert headers["Subject"].value == found.subject
    assert headers["Subject"].raw.startswith("=?utf-8?")
    assert headers["To"].value == f"Ana Okafor <{ANA}>"
    assert headers["To"].raw == ""
    assert "\r" not in headers["List-Unsubscribe"].value
    assert {"From", "Date", "Message-ID", "List-Unsubscribe-Post"} < headers.keys()


@pytest.mark.parametrize("title", HOSTILE)
async def test_a_hostile_title_is_text_on_the_page_and_in_its_frames(
    sqlite_store: Database, title: str
) -> None:
    page = document(preview_page(await previewed(sqlite_store, title, name='"><script>x</script>')))
    for root in (page, *(document(frame.get("srcdoc")) for frame in screens(page))):
        assert not root.xpath("//script | //img | //object | //form")
        assert not [name for node in root.iter() for name in node.attrib if name.startswith("on")]
    assert len(screens(page)) == 4


async def test_the_page_is_sound(sqlite_store: Database) -> None:
    page = preview_page(await previewed(sqlite_store, "Tariffs", "Ports", max_items="1"))
    balance = Balance()
    balance.feed(page)
    assert (balance.open, balance.wrong, VOID) == ([], [], VOID)
    root = document(page)
    assert len(root.xpath("//h1")) == 1
    assert not root.xpath("//h3")
    ids = root.xpath("//@id")
    assert len(ids) == len(set(ids))
    titles = root.xpath("//iframe/@title")
    assert len(titles) == len(set(titles)) == 4
    assert "1 item, 1 more next time" in root.text_content()


def test_every_class_of_the_page_has_a_rule_and_every_rule_a_class() -> None:
    style = PARTS.sub("", (FOLDER / "style.css").read_text(encoding="utf-8"))
    styled = set(re.findall(r"\.([a-z][a-z-]*)(?=[\s,.{:])", style))
    written = (FOLDER / "page.html").read_text(encoding="utf-8")
    used = {
        name
        for names in re.findall(r'class="([^"]+)"', written)
        for name in re.sub(r"{%.*?%}|{{.*?}}", " ", names).split()
    }
    # the words that macros are called with
    used |= {
        word
        for call in re.findall(r"{{ (?:shots|inbox)\((.*?)\) }}", written)
        for word in re.findall(r"\w+", call)
    }
    used |= {"over"}
    assert styled == used


async def test_of_nothing_there_is_no_page(sqlite_store: Database) -> None:
    await join(sqlite_store, ANA, TUESDAY)
    found = await preview(ANA, "daily", store=sqlite_store, press=press_for(sqlite_store), now=at(24, 7))
    assert found.selection.skip is Skip.NOTHING_NEW
    with pytest.raises(ValueError, match="nothing to show"):
        preview_page(found)
