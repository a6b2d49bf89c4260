"""The documentation as a site: every link leads somewhere, and nothing is loaded from elsewhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import pytest
from markdown_it import MarkdownIt
from mkdocs.config import load_config

from tests.docs.blocks import DOCS, ROOT, named, pages
from tests.mail_lint.browser import chromium
from tests.mail_lint.tools import browser
from tests.render.pages import document as parsed

#: What a page loads by itself.
LOADED: Final = (
    "//script/@src | //img/@src | //iframe/@src | //source/@src | //link[not(@rel='canonical')]/@href"
)
_MARKDOWN: Final = MarkdownIt("gfm-like", {"linkify": False})
#: What both renderings of a page must have as often.
_COUNTED: Final = ("table", "tr", "li", "pre", "img", "blockquote", "h2", "h3")
#: Made of tags that one of the two renders otherwise.
_OWN_TAGS: Final = frozenset({"docs/index.md"})


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site, built as `make docs` builds it."""
    folder = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)],
        cwd=ROOT,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@cache
def document(path: Path) -> Any:
    return parsed(path.read_text(encoding="utf-8"))


def built(site: Path) -> list[Path]:
    return sorted(site.rglob("*.html"))


# --- Links --------------------------------------------------------------------------------------------------


def test_every_link_on_the_site_leads_somewhere(site: Path) -> None:
    # 404.html is shown at any address, so its links begin at the top of a server
    found = [page for page in built(site) if page.name != "404.html"]
    assert len(found) > 50
    assert [dead for page in found for dead in dead_links(page)] == []


def dead_links(page: Path) -> Iterator[str]:
    """Links of a page whose file or anchor is not there."""
    for link in document(page).xpath("//a/@href | //area/@href | //img/@src | //link/@href | //script/@src"):
        parts = urlsplit(str(link))
        if parts.scheme or parts.netloc:
            continue
        target = (page.parent / unquote(parts.path)).resolve() if parts.path else page
        if not target.is_file():
            yield f"{page.name}: {link}"
        elif parts.fragment and target.suffix == ".html" and not has_anchor(target, unquote(parts.fragment)):
            yield f"{page.name}: {link} has no such anchor"


def has_anchor(page: Path, name: str) -> bool:
    # the button of a page without headings leads to its top
    return name in anchors(page) or name == "__skip"


@cache
def anchors(page: Path) -> frozenset[str]:
    return frozenset(str(one) for one in document(page).xpath("//@id | //a/@name"))


@pytest.mark.parametrize("page", [*pages(), ROOT / "CHANGELOG.md"], ids=named)
def test_every_link_in_the_repository_leads_to_a_file(page: Path) -> None:
    links = re.findall(r"\]\(([^)\s#]+)", without_code(page.read_text(encoding="utf-8")))
    inside = [link for link in links if not urlsplit(link).scheme]
    assert [link for link in inside if not (page.parent / link).exists()] == []


def without_code(text: str) -> str:
    return re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)


def test_dead_link_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text(
        "<p id=here><a href='page.html#here'></a><a href='#gone'></a><a href='no.conf'></a>", encoding="utf-8"
    )
    assert list(dead_links(page)) == ["page.html: #gone has no such anchor", "page.html: no.conf"]


def test_file_that_is_no_page_is_shown_as_text(site: Path) -> None:
    links = {str(one) for one in document(site / "running.html").xpath("//article//a/@href")}
    assert "source/docs/deploy/nginx.conf.txt" in links
    copy = site / "source" / "docs" / "deploy" / "nginx.conf.txt"
    assert copy.read_bytes() == (DOCS / "deploy" / "nginx.conf").read_bytes()


# --- What is loaded -----------------------------------------------------------------------------------------


def test_nothing_is_loaded_from_another_host(site: Path) -> None:
    loaded = {str(one) for page in built(site) for one in document(page).xpath(LOADED)}
    assert [one for one in loaded if urlsplit(one).netloc] == []
    sheets = [sheet.read_text(encoding="utf-8") for sheet in site.rglob("*.css")]
    assert [found for sheet in sheets for found in re.findall(r"url\((?:https?:)?//[^)]+\)", sheet)] == []


@pytest.mark.skipif(browser() is None, reason="Chromium is not installed")
def test_search_finds_a_word_on_the_disk_without_a_server(site: Path) -> None:
    with chromium() as started:
        page = started.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto((site / "index.html").as_uri())
        page.click(".md-search__input")
        page.locator(".md-search__input").press_sequentially("bookmark")
        page.wait_for_selector(".md-search-result__item", timeout=60_000)
        titles = page.locator(".md-search-result__item h1").all_inner_texts()
    assert "Glossary" in titles
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


# --- Pages --------------------------------------------------------------------------------------------------


def test_every_page_stands_in_the_navigation() -> None:
    told = set(in_navigation(load_config(str(ROOT / "mkdocs.yml")).nav))
    there = {page.relative_to(DOCS).as_posix() for page in pages() if page.is_relative_to(DOCS)}
    decisions = {page for page in there if re.match(r"adr/\d", page)}
    assert there - decisions - told == set(), "add it to the nav in mkdocs.yml"
    # made of CHANGELOG.md
    assert told - there == {"changelog.md"}


def in_navigation(part: object) -> Iterator[str]:
    if isinstance(part, dict):
        part = list(part.values())
    if isinstance(part, list):
        for one in part:
            yield from in_navigation(one)
    else:
        yield str(part)


def test_every_decision_stands_in_the_list_of_decisions() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DOCS / "adr" / "README.md").read_text(encoding="utf-8"))
    assert sorted(listed) == sorted(page.name for page in (DOCS / "adr").glob("0*.md"))


@pytest.mark.parametrize("page", [page for page in pages() if page.is_relative_to(DOCS)], ids=named)
def test_page_has_on_the_site_what_it_has_in_the_repository(page: Path, site: Path) -> None:
    if named(page) in _OWN_TAGS:
        return
    name = page.relative_to(DOCS).as_posix().replace("README.md", "index.md").removesuffix(".md")
    (article,) = document(site / f"{name}.html").xpath("//article")
    there = parsed(_MARKDOWN.render(page.read_text(encoding="utf-8")))
    assert {tag: int(article.xpath(f"count(.//{tag})")) for tag in _COUNTED} == {
        tag: int(there.xpath(f"count(.//{tag})")) for tag in _COUNTED
    }
