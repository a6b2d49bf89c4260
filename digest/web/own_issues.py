"""What a reader was sent, by the signed link of the preferences; and a word on each item, by a button."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import Response
from msgspec import Struct
from starlette.exceptions import HTTPException
from starlette.routing import Route

from digest.core.model import DeliveryStatus, Skip
from digest.flows import by_link, own_issues
from digest.flows.by_link import Seen
from digest.flows.own_issues import OwnIssue, Rated, may_have_arrived
from digest.render.characters import host_of, one_line, web_link
from digest.render.words import Words, words_for
from digest.store.database import Database
from digest.store.own_copies import OwnCopy
from digest.web.forms import form_of
from digest.web.linked import nobody, see_other, subject_of
from digest.web.pages import page
from digest.web.paths import acts, shows
from digest.web.shown import shown
from subscribers.tokens import Purpose, Tokens

#: An issue that is only looked at before it is made has the number 0.
_NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,9}")
#: What the buttons say, and what it means.
_OPINIONS: Final = {"useful": True, "not-useful": False, "nothing": None}


class Row(Struct, frozen=True):
    """An issue in a reader's list."""

    issue: int
    day: str
    title: str
    language: str
    count: str
    became: str
    #: the token of the page that shows what was sent; empty when nothing was
    view: str


class Asked(Struct, frozen=True):
    """An item of which a reader is asked whether it was of use."""

    number: int
    title: str
    language: str
    source: str
    url: str
    host: str
    useful: bool | None


class OwnIssues:
    """Answers for `/preferences/{token}/issues`; a token is looked at before the store is."""

    def __init__(self, *, store: Database, tokens: Tokens, now: Callable[[], datetime]) -> None:
        """Take the parts."""
        self._store: Final = store
        self._tokens: Final = tokens
        self._now: Final = now

    def routes(self) -> list[Route]:
        """The paths, and what answers on each."""
        return [
            shows("/preferences/{token}/issues", self.issues),
            shows("/preferences/{token}/issues/{issue}", self.ask),
            acts("/preferences/{token}/issues/{issue}", self.say),
        ]

    async def issues(self, token: str, request: Request) -> Response:
        """The issues of a subscription, the newest first."""
        subscription = self._subscription(token)
        seen = await by_link.look(subscription, store=self._store, now=self._now())
        if seen is None:
            return nobody(request, up="../../")
        before = request.query_params.get("before", "")
        found = await own_issues.own_issues(
            subscription, int(before) if _NUMBER.fullmatch(before) else None, store=self._store
        )
        words = words_for(seen.reader.profile.language)
        return self._page(
            "archive_own",
            seen,
            up="../../",
            token=token,
            feedback=seen.newsletter.feedback,
            rows=[self._row(one, seen, words) for one in found.issues],
            older=f"issues?before={found.older}" if found.older else "",
        )

    async def ask(self, token: str, issue: str, request: Request) -> Response:
        """The items of one issue, each with its two buttons; where nothing is asked, all that was sent.

        The mail has a link to it, which leads somewhere after the editors have ceased to ask, too.
        """
        return await self._asking(self._subscription(token), _number(issue), token, request)

    async def say(self, token: str, issue: str, request: Request) -> Response:
        """Take a word on an item, and show the issue again."""
        subscription, number = self._subscription(token), _number(issue)
        form = await form_of(request)
        if form.one("said") not in _OPINIONS:
            raise HTTPException(400)
        if not await own_issues.rate(
            subscription,
            number,
            _number(form.one("number")),
            _OPINIONS[form.one("said")],
            store=self._store,
            now=self._now(),
        ):
            raise HTTPException(404)
        return await self._asking(subscription, number, token, request)

    async def _asking(self, subscription: int, issue: int, token: str, request: Request) -> Response:
        seen = await by_link.look(subscription, store=self._store, now=self._now())
        if seen is None:
            return nobody(request, up="../../../")
        found = await own_issues.rated(subscription, issue, store=self._store)
        if found is None:
            return see_other("../issues")
        copy, items = found
        words = words_for(seen.reader.profile.language)
        return self._page(
            "archive_own_issue",
            seen,
            up="../../../",
            token=token,
            issue=copy.issue_id,
            day=_day(copy, seen, words),
            view=self._tokens.make(Purpose.VIEW, copy.cohort_id),
            items=[_asked(one) for one in items],
        )

    def _subscription(self, token: str) -> int:
        return subject_of(self._tokens, Purpose.PREFERENCES, token)

    def _row(self, one: OwnIssue, seen: Seen, words: Words) -> Row:
        copy = one.copy
        arrived = may_have_arrived(copy)
        title = one_line(copy.subject or "") or (one_line(one.lead.title) if one.lead else "")
        return Row(
            issue=copy.issue_id,
            day=_day(copy, seen, words),
            title=title if arrived else "",
            language=words.language if copy.subject or one.lead is None else one_line(one.lead.language),
            count=words.counted("%(count)d item", "%(count)d items", one.count) if arrived else "",
            became=_became(copy, words),
            view=self._tokens.make(Purpose.VIEW, copy.cohort_id) if arrived else "",
        )

    def _page(self, name: str, seen: Seen, *, up: str, **values: Any) -> Response:
        language = seen.reader.profile.language
        said = shown(seen, self._now(), words_for(language))
        return page(name, language=language, newsletter=seen.newsletter, shown=said, up=up, **values)


def _number(text: str) -> int:
    """A number of ours, or the page for what does not exist."""
    if not _NUMBER.fullmatch(text):
        raise HTTPException(404)
    return int(text)


def _day(copy: OwnCopy, seen: Seen, words: Words) -> str:
    return words.long_day(copy.due_at.astimezone(ZoneInfo(seen.reader.cadence.zone)).date())


def _asked(one: Rated) -> Asked:
    url = web_link(one.item.url)
    return Asked(
        number=one.number,
        title=one_line(one.item.title),
        language=one_line(one.item.language),
        source=one_line(one.item.source or ""),
        url=url,
        host=host_of(url),
        useful=one.useful,
    )


def _became(copy: OwnCopy, words: Words) -> str:
    """What became of a copy, in words."""
    _ = words.catalogue.gettext
    if copy.status is DeliveryStatus.SENT:
        return _("sent")
    if may_have_arrived(copy):
        return _("may have arrived")
    if copy.status is DeliveryStatus.REFUSED:
        return _("not sent: your mail server did not take it")
    if copy.status is DeliveryStatus.EXPIRED:
        return _("not sent in time: what it held comes with a later one")
    if copy.status is not DeliveryStatus.SKIPPED:
        return _("on its way")
    reasons: dict[str, str] = {
        Skip.NOTHING_NEW: _("not sent: there was nothing new"),
        Skip.NOTHING_WANTED: _("not sent: there was nothing new of what you chose"),
        # all that there was has been taken back
        Skip.RETRACTED: _("not sent: there was nothing new"),
        Skip.TOO_LATE: _("not sent in time: what it held comes with a later one"),
        Skip.PAUSED: _("not sent: the newsletter was paused"),
        Skip.LEFT: _("not sent: you had unsubscribed"),
        Skip.PENDING: _("not sent: you had not confirmed yet"),
        Skip.BOUNCING: _("not sent: mail to your address came back"),
        Skip.COMPLAINED: _("not sent: it was reported as spam"),
        Skip.SUPPRESSED: _("not sent: nothing is sent to your address"),
    }
    return reasons.get(copy.reason, _("not sent"))
