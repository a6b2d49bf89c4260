"""An issue in a browser: the link that stands in its mail shows what that mail said, and changes nothing."""

from __future__ import annotations

from typing import Final

from fastapi import Request
from fastapi.responses import HTMLResponse, Response
from starlette.routing import Route

from digest.flows.reprints import Reprints
from digest.web.linked import language_of, subject_of
from digest.web.pages import page
from digest.web.paths import shows
from digest.web.shield import issue_headers
from subscribers.tokens import Purpose, Tokens


class IssuePages:
    """Answers for `/issues`: who has the link may look, and learns nothing of who it was sent to."""

    def __init__(self, *, reprints: Reprints, tokens: Tokens, base_url: str) -> None:
        """Take the parts; links in mails begin with `base_url`."""
        self._links: Final = f"{base_url}/issues/"
        self._reprints: Final = reprints
        self._tokens: Final = tokens

    def routes(self) -> list[Route]:
        """The path, and what answers on it."""
        return [
            shows("/issues/{token}", self.show),
        ]

    async def show(self, token: str, request: Request) -> Response:
        """The issue; a page that says so for a preview, or for one that is no longer kept."""
        cohort = subject_of(self._tokens, Purpose.VIEW, token)
        html = await self._reprints.page(cohort, view_url=self._links + token)
        if html is None:
            return page("unkept", status=404, language=language_of(request))
        return HTMLResponse(html, headers=dict(issue_headers()))
