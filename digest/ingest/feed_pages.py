"""Where the feed of a page is: what the page says itself, and the places where most sites keep one."""

from __future__ import annotations

import html
import re
from typing import Final
from urllib.parse import urljoin, urlsplit

from digest.ingest.feed_links import URL_LIMIT

#: A head is at the beginning; what stands further down is not looked at.
_LOOKED_AT: Final = 500_000
_MOST: Final = 6
_LINK: Final = re.compile(r"<(?:link|a)\s[^<>]{0,3000}>", re.IGNORECASE)
_ATTRIBUTE: Final = re.compile(r"([a-zA-Z-]{1,20})\s*=\s*(?:\"([^\"]*)\"|'([^']*)'|([^\s\"'>]+))")
_FEED_TYPES: Final = frozenset(
    {"application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml"}
)
_USUAL: Final = (
    *("feed", "rss", "rss.xml", "feed.xml", "atom.xml", "index.xml", "feed.json"),
    "wp-json/wp/v2/posts?per_page=50&_embed=wp:term,wp:featuredmedia",
)


def feeds_named_in(page: bytes, url: str) -> tuple[str, ...]:
    """The addresses that a page names as its feeds (`rel=alternate`), in its order; not those of comments."""
    text = page[:_LOOKED_AT].decode("utf-8", "replace")
    found = []
    for tag in _LINK.findall(text):
        said = {
            name.lower(): html.unescape(double or single or bare)
            for name, double, single, bare in _ATTRIBUTE.findall(tag)
        }
        relations, kind = said.get("rel", "").lower().split(), said.get("type", "").lower().partition(";")[0]
        where = f"{said.get('title', '')} {said.get('href', '')}".lower()
        if "alternate" in relations and kind.strip() in _FEED_TYPES and "comment" not in where:
            found.append(_joined(url, said.get("href", "")))
    return tuple(dict.fromkeys(filter(None, found)))[:_MOST]


def usual_places(url: str) -> tuple[str, ...]:
    """Where a site's feed most often is."""
    parts = urlsplit(url)
    root = f"{parts.scheme}://{parts.netloc}/"
    beside = [_joined(url if url.endswith("/") else f"{url}/", _USUAL[0])] if parts.path.strip("/") else []
    return tuple(dict.fromkeys([*beside, *(urljoin(root, place) for place in _USUAL)]))


def _joined(base: str, address: str) -> str:
    try:
        found = urljoin(base, address.strip())
        return found if urlsplit(found).scheme in {"http", "https"} and len(found) <= URL_LIMIT else ""
    except ValueError:
        return ""
