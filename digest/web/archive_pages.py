"""The public archive as pages: open to anybody, kept by caches, quick without a script."""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final
from urllib.parse import quote

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.core.editions import Month, local_day, parse_day, parse_month
from digest.core.model import Newsletter
from digest.flows import archive
from digest.flows.archive import Desk, Editions, Single, Withdrawn
from digest.render.characters import one_line
from digest.render.words import words_for
from digest.store.archive import Shown
from digest.store.database import Database
from digest.store.searching import Kind, Where, source_name
from digest.web.archive_shown import Showing, description, frame, latest
from digest.web.cached import Cached, modified
from digest.web.pages import page
from digest.web.paths import shows

#: Numbers as our own links have them: none begins with a naught, none is beyond what a store counts to.
_NUMBER: Final = re.compile(r"[1-9][0-9]{0,9}")
_FOLLOWING: Final = re.compile(r"(title|beyond)-([1-9][0-9]{0,9})")
#: From so many items on an edition has a list of contents.
_FEWEST_FOR_CONTENTS: Final = 4


class ArchivePages:
    """Answers for `/archive`; a newsletter without a public archive is like one that does not exist."""

    def __init__(self, *, store: Database, base_url: str, zone: str, cached: Cached) -> None:
        """Take the parts; days are those of `zone`."""
        self._store: Final = store
        self._base_url: Final = base_url
        self._zone: Final = zone
        self._cached: Final = cached

    def routes(self) -> list[Route]:
        """The paths, and what answers on each; those of feeds come before."""
        under = "/archive/{newsletter}"
        return [
            shows(path, answer)
            for path, answer in (
                ("/archive", self.home),
                (under, self.newest),
                (f"{under}/search", self.search),
                (f"{under}/topics/{{slug}}", self.topic),
                (f"{under}/sources/{{name:path}}", self.source),
                (f"{under}/items/{{number}}", self.item),
                (f"{under}/{{day}}", self.edition),
                (f"{under}/{{year}}/{{month}}", self.month),
            )
        ]

    async def home(self, request: Request) -> Response:
        """The newsletters, or the editions of the only one."""

        async def make(language: str) -> Response:
            every = await archive.open_newsletters(store=self._store)
            if not every:
                raise HTTPException(404)
            if len(every) == 1:
                return await self._editions(request, every[0].slug, None, language)
            shown = [
                {"slug": one.slug, "title": one_line(one.title), "description": one_line(one.description)}
                for one in every
            ]
            url = f"{self._base_url}/archive"
            return page("archive_home", language=language, newsletters=shown, up=_up(request), url=url)

        return await self._cached.answer(request, make)

    async def newest(self, newsletter: str, request: Request) -> Response:
        """The editions of the newest month."""
        return await self._cached.answer(
            request, lambda language: self._editions(request, newsletter, None, language)
        )

    async def month(self, newsletter: str, year: str, month: str, request: Request) -> Response:
        """The editions of a month."""
        wanted = _found(parse_month(year, month))
        return await self._cached.answer(
            request, lambda language: self._editions(request, newsletter, wanted, language)
        )

    async def edition(self, newsletter: str, day: str, request: Request) -> Response:
        """What was published on a day."""
        wanted = _found(parse_day(day))
        number = _number(request.query_params.get("page", "")) or 1

        async def make(language: str) -> Response:
            found = _found(
                await archive.edition(newsletter, wanted, number, store=self._store, zone=self._zone)
            )
            showing = self._showing(found.desk, language)
            chapters = showing.chapters(found)
            shown = list(found.items.values())
            summary = [showing.how_many(found.count)]
            if found.pages == 1:
                summary.append(showing.reading(shown))
            here = f"{_base(request, newsletter)}/{wanted.isoformat()}"
            lead = next(one for chapter in chapters for one in chapter.items)
            answer = self._page(
                "archive_edition",
                request,
                found.desk,
                language,
                path=f"/{wanted.isoformat()}" + (f"?page={number}" if number > 1 else ""),
                described=lead.item.title,
                day=showing.day(wanted),
                summary=" · ".join(filter(None, summary)),
                contents=len(shown) >= _FEWEST_FOR_CONTENTS,
                chapters=chapters,
                earlier_page=f"{here}?page={number - 1}" if number > 1 else "",
                next_page=f"{here}?page={number + 1}" if number < found.pages else "",
                **self._ways(request, newsletter, found.older, found.newer, showing),
            )
            return modified(answer, latest(shown))

        return await self._cached.answer(request, make)

    async def item(self, newsletter: str, number: str, request: Request) -> Response:
        """One item; 410 when it was taken back."""
        wanted = _found(_number(number))

        async def make(language: str) -> Response:
            found = _found(await archive.single(newsletter, wanted, store=self._store, zone=self._zone))
            if isinstance(found, Withdrawn):
                gone: dict[str, Any] = {"status": 410, "indexed": False}
                return self._page("archive_withdrawn", request, found.desk, language, path="", **gone)
            return self._single(request, found, language)

        return await self._cached.answer(request, make)

    async def topic(self, newsletter: str, slug: str, request: Request) -> Response:
        """What there is under a topic."""
        return await self._listing(request, newsletter, Kind.TOPIC, slug)

    async def source(self, newsletter: str, name: str, request: Request) -> Response:
        """What there is from a source."""
        return await self._listing(request, newsletter, Kind.SOURCE, name)

    async def search(self, newsletter: str, request: Request) -> Response:
        """What was found for a question; any question has an answer."""
        question = one_line(request.query_params.get("q", ""))[:200]
        after = _following(request.query_params.get("after", ""))

        async def make(language: str) -> Response:
            found = _found(await archive.search(newsletter, question, after, store=self._store))
            showing = self._showing(found.desk, language)
            following = ""
            if found.following is not None:
                where, number = found.following
                following = f"search?q={quote(question, safe='')}&after={where}-{number}"
            answer = self._page(
                "archive_search",
                request,
                found.desk,
                language,
                path="/search",
                indexed=False,
                question=question,
                asked=bool(found.wanted.present),
                items=[showing.found(one, found.wanted) for one in found.items],
                next_page=following,
                tags=[showing.tag(topic.slug) for topic in found.topics],
            )
            answer.headers["X-Robots-Tag"] = "noindex"
            return answer

        return await self._cached.answer(request, make)

    async def _editions(
        self, request: Request, newsletter: str, month: Month | None, language: str
    ) -> Response:
        found = _found(await archive.editions(newsletter, month, store=self._store, zone=self._zone))
        desk = found if isinstance(found, Desk) else found.desk
        showing = self._showing(desk, language)
        values: dict[str, Any] = {"rows": (), "month": "", "tags": (), **_nowhere()}
        if isinstance(found, Editions):
            base = _base(request, newsletter)
            values = {
                "rows": [showing.row(line) for line in found.lines],
                "month": showing.month(found.month),
                "tags": () if month else await self._tags(desk, showing),
                "older": found.older and f"{base}/{_path_of(found.older)}",
                "older_said": found.older and showing.month(found.older),
                "newer": found.newer and f"{base}/{_path_of(found.newer)}",
                "newer_said": found.newer and showing.month(found.newer),
            }
        answer = self._page(
            "archive_editions",
            request,
            desk,
            language,
            path=f"/{_path_of(month)}" if month else "",
            described=one_line(desk.newsletter.description),
            newest=month is None,
            **values,
        )
        shown = [line.lead for line in found.lines] if isinstance(found, Editions) else []
        return modified(answer, latest(shown))

    def _single(self, request: Request, found: Single, language: str) -> Response:
        showing = self._showing(found.desk, language)
        one, base = showing.whole(found.shown), _base(request, found.desk.newsletter.slug)
        published = found.shown.briefing.published_at
        day = None if published is None else local_day(published, self._zone)
        answer = self._page(
            "archive_item",
            request,
            found.desk,
            language,
            path=f"/items/{one.number}",
            described=description(one),
            kind="article",
            one=one,
            published="" if published is None else published.isoformat(timespec="seconds"),
            day="" if day is None else day.isoformat(),
            day_said=showing.day(day),
            older=_item_link(base, found.older),
            older_said=_title(found.older),
            newer=_item_link(base, found.newer),
            newer_said=_title(found.newer),
        )
        return modified(answer, latest([found.shown]))

    async def _listing(self, request: Request, newsletter: str, kind: Kind, name: str) -> Response:
        before, after = (_number(request.query_params.get(way, "")) for way in ("before", "after"))

        async def make(language: str) -> Response:
            found = _found(
                await archive.listing(newsletter, kind, name, before=before, after=after, store=self._store)
            )
            showing = self._showing(found.desk, language)
            topic = next((one for one in found.desk.topics if one.slug == name), None)
            is_topic = kind is Kind.TOPIC and topic is not None
            path = f"/topics/{name}" if is_topic else f"/sources/{quote(source_name(name), safe='')}"
            here = _base(request, newsletter) + path
            answer = self._page(
                "archive_listing",
                request,
                found.desk,
                language,
                path=path + (f"?before={before}" if before else f"?after={after}" if after else ""),
                described=one_line(topic.description) if is_topic and topic else "",
                topic=name if is_topic else "",
                heading=showing.tag(name).title
                if is_topic
                else one_line(found.items[0].briefing.source or ""),
                about=one_line(topic.description) if is_topic and topic else "",
                items=[showing.brief(one) for one in found.items],
                older=f"{here}?before={found.older}" if found.older else "",
                newer=f"{here}?after={found.newer}" if found.newer else "",
            )
            return modified(answer, latest(found.items))

        return await self._cached.answer(request, make)

    async def _tags(self, desk: Desk, showing: Showing) -> list[Any]:
        return [showing.tag(topic.slug) for topic in await archive.topics_of(desk, store=self._store)]

    def _showing(self, desk: Desk, language: str) -> Showing:
        return Showing(desk, words_for(language), self._zone)

    def _ways(
        self, request: Request, newsletter: str, older: date | None, newer: date | None, showing: Showing
    ) -> dict[str, Any]:
        base = _base(request, newsletter)
        return {
            "older": f"{base}/{older.isoformat()}" if older else "",
            "older_said": showing.day(older),
            "newer": f"{base}/{newer.isoformat()}" if newer else "",
            "newer_said": showing.day(newer),
        }

    def _page(
        self,
        name: str,
        request: Request,
        desk: Desk,
        language: str,
        *,
        path: str,
        status: int = 200,
        indexed: bool = True,
        described: str = "",
        kind: str = "website",
        **values: Any,
    ) -> Response:
        """A page of a newsletter's archive; `path` is where it stands under that."""
        newsletter: Newsletter = desk.newsletter
        return page(
            name,
            status=status,
            language=language,
            newsletter=newsletter,
            indexed=indexed,
            described=described,
            kind=kind,
            up=_up(request),
            base=_base(request, newsletter.slug),
            url=f"{self._base_url}/archive/{newsletter.slug}{path}",
            **frame(newsletter),
            **values,
        )


def _found(found: Any) -> Any:
    """What was asked for, or the page for what does not exist."""
    if found is None:
        raise HTTPException(404)
    return found


def _number(text: str) -> int | None:
    return int(text) if _NUMBER.fullmatch(text) else None


def _following(text: str) -> tuple[Where, int] | None:
    found = _FOLLOWING.fullmatch(text)
    return None if found is None else (Where(found[1]), int(found[2]))


def _up(request: Request) -> str:
    """What leads from a page to where our paths begin: what stands before them is not ours to know."""
    asked: bytes = request.scope.get("raw_path") or request.url.path.encode()
    return "../" * (asked.partition(b"?")[0].count(b"/") - 1)


def _base(request: Request, newsletter: str) -> str:
    """How the links of a newsletter's archive begin."""
    return f"{_up(request)}archive/{newsletter}"


def _path_of(month: Month) -> str:
    return f"{month.year}/{month.month:02}"


def _item_link(base: str, shown: Shown | None) -> str:
    return "" if shown is None else f"{base}/items/{shown.briefing.number}"


def _title(shown: Shown | None) -> str:
    return "" if shown is None else one_line(shown.briefing.title)


def _nowhere() -> dict[str, Any]:
    return dict.fromkeys(("older", "older_said", "newer", "newer_said"), "")
