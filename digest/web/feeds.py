"""The archive as feeds (RSS 2.0, Atom as of RFC 4287), and what search engines ask for first."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import partial
from typing import Any, Final
from uuid import NAMESPACE_URL, UUID, uuid5
from xml.etree import ElementTree as ET

from fastapi import Request
from fastapi.responses import PlainTextResponse, Response
from markupsafe import Markup
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.flows import archive
from digest.flows.archive import Desk, Line, Listing
from digest.render.characters import one_line
from digest.render.words import words_for
from digest.store.archive import Shown
from digest.store.database import Database
from digest.store.searching import Kind
from digest.web.archive_shown import Piecemeal, Showing, latest
from digest.web.cached import FEED_AGE, Cached, modified
from digest.web.paths import shows

#: Items and editions in a feed.
ITEMS: Final = 50
EDITIONS: Final = 20
#: Addresses in the site map: enough for who comes every day; the pages lead to the rest.
ADDRESSES: Final = 2000

ATOM: Final = "http://www.w3.org/2005/Atom"
CONTENT: Final = "http://purl.org/rss/1.0/modules/content/"
DC: Final = "http://purl.org/dc/elements/1.1/"
SITEMAP: Final = "http://www.sitemaps.org/schemas/sitemap/0.9"
for _prefix, _space in (("atom", ATOM), ("content", CONTENT), ("dc", DC)):
    ET.register_namespace(_prefix, _space)

_RSS: Final = "application/rss+xml"
_ATOM: Final = "application/atom+xml"
#: Any page may read a feed: it holds what anybody may read.
_OPEN: Final = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class Feeds:
    """Answers for feeds, `/robots.txt` and `/sitemap.xml`."""

    def __init__(self, *, store: Database, base_url: str, zone: str, cached: Cached) -> None:
        """Take the parts; links begin with `base_url`, days are those of `zone`."""
        self._store: Final = store
        self._base_url: Final = base_url
        self._zone: Final = zone
        self._cached: Final = cached

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        under = "/archive/{newsletter}"
        return [
            shows(path, answer)
            for path, answer in (
                ("/feed.xml", self.first),
                (f"{under}/feed.xml", self.rss),
                (f"{under}/atom.xml", self.atom),
                (f"{under}/editions.xml", self.editions),
                (f"{under}/topics/{{slug}}/feed.xml", self.topic),
                ("/sitemap.xml", self.sitemap),
                ("/robots.txt", self.robots),
            )
        ]

    async def first(self, request: Request) -> Response:
        """The items of the first newsletter that has a public archive."""

        async def make(_language: str) -> Response:
            every = await archive.open_newsletters(store=self._store)
            if not every:
                raise HTTPException(404)
            return await self._items(every[0].slug, _RSS)

        return await self._kept(request, make)

    async def rss(self, newsletter: str, request: Request) -> Response:
        """The newest items."""
        return await self._kept(request, lambda _language: self._items(newsletter, _RSS))

    async def atom(self, newsletter: str, request: Request) -> Response:
        """The same, in Atom."""
        return await self._kept(request, lambda _language: self._items(newsletter, _ATOM))

    async def topic(self, newsletter: str, slug: str, request: Request) -> Response:
        """The newest items of a topic."""

        async def make(_language: str) -> Response:
            found = await archive.listing(newsletter, Kind.TOPIC, slug, count=ITEMS, store=self._store)
            if found is None:
                raise HTTPException(404)
            feed = _Feed(self._base_url, found.desk, self._zone, f"/topics/{slug}", "feed.xml", found.items)
            return modified(feed.rss(about=slug), latest(found.items))

        return await self._kept(request, make)

    async def editions(self, newsletter: str, request: Request) -> Response:
        """The newest editions."""

        async def make(_language: str) -> Response:
            found = await archive.newest_editions(newsletter, EDITIONS, store=self._store, zone=self._zone)
            if found is None:
                raise HTTPException(404)
            desk, lines = found
            leads = [line.lead for line in lines]
            feed = _Feed(self._base_url, desk, self._zone, "", "editions.xml", leads)
            return modified(feed.editions(lines), latest(leads))

        return await self._kept(request, make)

    async def sitemap(self, request: Request) -> Response:
        """Where there is something to be found (sitemaps.org)."""

        async def make(_language: str) -> Response:
            root = ET.Element("urlset", {"xmlns": SITEMAP})
            for address, at in await archive.addresses(ADDRESSES, store=self._store):
                one = ET.SubElement(root, "url")
                _say(one, "loc", f"{self._base_url}/archive/{address}")
                if at is not None:
                    _say(one, "lastmod", _iso(at))
            return _xml(root, "application/xml")

        return await self._kept(request, make)

    async def robots(self, request: Request) -> Response:
        """What search engines may look at (RFC 9309): the archive, and nothing that belongs to a reader."""

        async def make(_language: str) -> Response:
            path = self._base_url.partition("://")[2].partition("/")[2]
            root = f"/{path}/" if path else "/"
            lines = ["User-agent: *", f"Allow: {root}archive", f"Allow: {root}feed.xml", f"Disallow: {root}"]
            return PlainTextResponse("\n".join([*lines, "", f"Sitemap: {self._base_url}/sitemap.xml", ""]))

        return await self._kept(request, make)

    async def _items(self, newsletter: str, kind: str) -> Response:
        found: Listing | None = await archive.newest(newsletter, ITEMS, store=self._store)
        if found is None:
            raise HTTPException(404)
        name = "atom.xml" if kind == _ATOM else "feed.xml"
        feed = _Feed(self._base_url, found.desk, self._zone, "", name, found.items)
        return modified(feed.atom() if kind == _ATOM else feed.rss(), latest(found.items))

    async def _kept(self, request: Request, make: Any) -> Response:
        return await self._cached.answer(request, make, age=FEED_AGE, speaks=False)


class _Feed:
    """One feed: what it is of, where it stands, and its items.

    Ids are made of the newsletter and a number or day, and so outlive corrections and a move of the pages.
    """

    def __init__(
        self, base_url: str, desk: Desk, zone: str, path: str, name: str, items: Iterable[Shown]
    ) -> None:
        self._items: Final = tuple(items)
        self._desk: Final = desk
        self._home: Final = f"{base_url}/archive/{desk.newsletter.slug}"
        self._page: Final = f"{self._home}{path}"
        self._self: Final = f"{self._page}/{name}"
        self._language: Final = _language_of(self._items)
        self._showing: Final = Showing(desk, words_for(self._language), zone)
        self._title: Final = one_line(desk.newsletter.title)

    def rss(self, about: str = "") -> Response:
        """The items as RSS; `about` is the topic that they have in common."""
        title = f"{self._title}: {self._showing.tag(about).title}" if about else self._title
        root, channel = self._channel(title)
        for shown in self._items:
            one = self._showing.whole(shown)
            item = ET.SubElement(channel, "item")
            _say(item, "title", one.item.title)
            _say(item, "link", self._link(one))
            _say(item, "guid", self._id(f"items/{one.number}"), isPermaLink="false")
            _say(item, "pubDate", _rfc822(shown.briefing.published_at))
            if one.item.source:
                _say(item, f"{{{DC}}}creator", one.item.source)
            for tag in one.tags:
                _say(item, "category", tag.title)
            text = " ".join(self._showing.brief(shown).item.paragraphs)
            if text:
                _say(item, "description", text)
                _say(item, f"{{{CONTENT}}}encoded", _paragraphs(one))
        return _xml(root, _RSS)

    def editions(self, lines: Iterable[Line]) -> Response:
        """Editions as RSS."""
        root, channel = self._channel(self._title)
        for line in lines:
            row = self._showing.row(line)
            item = ET.SubElement(channel, "item")
            _say(item, "title", f"{row.said}: {row.title}")
            _say(item, "link", f"{self._home}/{row.day}")
            _say(item, "guid", self._id(row.day), isPermaLink="false")
            _say(item, "pubDate", _rfc822(line.lead.briefing.published_at))
            _say(item, "description", " · ".join((row.count, *row.about)))
        return _xml(root, _RSS)

    def atom(self) -> Response:
        """The items as Atom."""
        say = partial(_say)
        root = ET.Element(f"{{{ATOM}}}feed", {"xml:lang": self._language})
        say(root, f"{{{ATOM}}}id", self._id(""))
        say(root, f"{{{ATOM}}}title", self._title)
        if self._desk.newsletter.description:
            say(root, f"{{{ATOM}}}subtitle", one_line(self._desk.newsletter.description))
        say(root, f"{{{ATOM}}}updated", _iso(latest(self._items) or datetime.fromtimestamp(0, UTC)))
        author = ET.SubElement(root, f"{{{ATOM}}}author")
        say(author, f"{{{ATOM}}}name", one_line(self._desk.newsletter.sender_name) or self._title)
        ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "self", "href": self._self, "type": _ATOM})
        ET.SubElement(root, f"{{{ATOM}}}link", {"rel": "alternate", "href": self._page, "type": "text/html"})
        for shown in self._items:
            self._entry(root, shown, self._showing.whole(shown))
        return _xml(root, _ATOM)

    def _entry(self, root: ET.Element, shown: Shown, one: Piecemeal) -> None:
        entry = ET.SubElement(root, f"{{{ATOM}}}entry", {"xml:lang": one.item.language})
        _say(entry, f"{{{ATOM}}}id", self._id(f"items/{one.number}"))
        _say(entry, f"{{{ATOM}}}title", one.item.title)
        ET.SubElement(entry, f"{{{ATOM}}}link", {"rel": "alternate", "href": self._link(one)})
        if shown.briefing.published_at is not None:
            _say(entry, f"{{{ATOM}}}published", _iso(shown.briefing.published_at))
        _say(entry, f"{{{ATOM}}}updated", _iso(latest([shown]) or shown.revised_at))
        if one.item.source:
            author = ET.SubElement(entry, f"{{{ATOM}}}author")
            _say(author, f"{{{ATOM}}}name", one.item.source)
        for tag in one.tags:
            ET.SubElement(entry, f"{{{ATOM}}}category", {"term": tag.slug, "label": tag.title})
        text = " ".join(self._showing.brief(shown).item.paragraphs)
        if text:
            _say(entry, f"{{{ATOM}}}summary", text)
            _say(entry, f"{{{ATOM}}}content", _paragraphs(one), type="html")

    def _channel(self, title: str) -> tuple[ET.Element, ET.Element]:
        root = ET.Element("rss", {"version": "2.0"})
        channel = ET.SubElement(root, "channel")
        _say(channel, "title", title)
        _say(channel, "link", self._page)
        _say(channel, "description", one_line(self._desk.newsletter.description) or title)
        _say(channel, "language", self._language)
        updated = latest(self._items)
        if updated is not None:
            _say(channel, "lastBuildDate", _rfc822(updated))
        _say(channel, "ttl", str(FEED_AGE // 60))
        ET.SubElement(channel, f"{{{ATOM}}}link", {"rel": "self", "href": self._self, "type": _RSS})
        return root, channel

    def _link(self, one: Piecemeal) -> str:
        """The item's page, or where it came from when that is all that the archive says of it."""
        if one.item.url and not one.item.paragraphs:
            return one.item.url
        return f"{self._home}/items/{one.number}"

    def _id(self, what: str) -> str:
        return uuid5(_OURS, f"{self._desk.newsletter.slug}/{what}").urn


#: What the ids of feeds are made in.
_OURS: Final[UUID] = uuid5(NAMESPACE_URL, "urn:digest:archive")


def _language_of(items: Iterable[Shown]) -> str:
    """The language of most items."""
    found = Counter(one_line(one.briefing.language) for one in items)
    return found.most_common(1)[0][0] if found else "en"


def _paragraphs(one: Piecemeal) -> str:
    return str(Markup().join(Markup("<p>{}</p>").format(text) for text in one.item.paragraphs))


def _say(parent: ET.Element, name: str, text: str, **attributes: str) -> None:
    ET.SubElement(parent, name, attributes).text = text


def _iso(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _rfc822(at: datetime | None) -> str:
    return "" if at is None else format_datetime(at.astimezone(UTC).replace(microsecond=0), usegmt=True)


def _xml(root: ET.Element, kind: str) -> Response:
    content: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return Response(content, media_type=f"{kind}; charset=utf-8", headers=_OPEN)
