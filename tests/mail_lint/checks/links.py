"""Every link leads somewhere: absolute, whole, and the way out above the news and below them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import urlsplit

from tests.mail_lint.mail import Mail

_UNFIT: Final = re.compile(r"[\s<>\"{}|\\^`\x00-\x20\x7f]")
#: What stands in comments for Outlook, which no parser shows.
_REMOTE: Final = re.compile(r"<!--\[if mso\]><img src=\"([^\"]*)\" alt=\"[^\"]*\" width")
_WAY_OUT: Final = re.compile(r"https?://[^\s\"<>]+/unsubscribe/[^\s\"<>]+")


def look(mail: Mail) -> Iterator[str]:
    """What is wrong with the links of both parts."""
    if mail.html is not None:
        anchors = {str(name) for name in mail.page.xpath("//@id | //a/@name")}
        for link in mail.page.xpath("//@href | //@src | //@background | //@action"):
            if link not in mail.brought:
                yield from (f"{link!s:.80} {wrong}" for wrong in _wrong_with(str(link), anchors))
        if re.search(r"url\(|@import|@font-face", mail.html):
            yield "the style sheet loads something from elsewhere"
        # the logo stands in place of the title; of pictures a mail may load those that it is to show
        for node in mail.page.xpath("//link | //script | //iframe | //form | //img[not(parent::h1)]"):
            if node.tag != "img" or node.get("src") not in mail.pictures | mail.brought:
                yield f"{node.tag} loads something from elsewhere"
        for link in _REMOTE.findall(mail.html) if mail.kind == "issue" else ():
            if html.unescape(link) not in mail.pictures:
                yield f"{link:.80} is loaded for Outlook alone, and is no picture that it is to show"
    if mail.kind == "issue":
        yield from _wrong_with_the_way_out(mail)


def _wrong_with(link: str, anchors: set[str]) -> Iterator[str]:
    if link.startswith("#"):
        if link[1:] not in anchors:
            yield "leads to no place on the page"
        return
    parts = urlsplit(link)
    if parts.scheme == "mailto":
        if "@" not in parts.path:
            yield "writes to nobody"
    elif parts.scheme not in {"http", "https"} or not parts.hostname:
        yield "is not absolute"
    if _UNFIT.search(link):
        yield "holds letters that no address may hold"


def _wrong_with_the_way_out(mail: Mail) -> Iterator[str]:
    ways = [found.start() for found in _WAY_OUT.finditer(mail.text)]
    if len(ways) < 2:
        yield f"the way out stands {len(ways)} times in the text"
    if mail.html is None:
        return
    ways = [found.start() for found in _WAY_OUT.finditer(mail.html)]
    first_news = mail.html.find("<h1")
    if len(ways) < 2 or not ways[0] < first_news < ways[-1]:
        yield "the way out does not stand both above the title and below the news"
