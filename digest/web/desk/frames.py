"""Mails within pages of the desk: shown in a frame that can do nothing and knows nobody."""

from __future__ import annotations

from typing import Final

from fastapi.responses import HTMLResponse
from markupsafe import Markup

#: The mail's style stands in its elements; pictures come from where its theme has them. No script runs, no
#: form is sent, and links open elsewhere; only our own pages may frame it.
_POLICY: Final = (
    "sandbox allow-popups; default-src 'none'; style-src 'unsafe-inline'; img-src https: http: data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def framed_mail(html: str) -> HTMLResponse:
    """A mail, for a frame in a page of the desk."""
    return HTMLResponse(html, headers={"Content-Security-Policy": _POLICY})


def framed_words(words: str) -> HTMLResponse:
    """What is to be said where a mail would stand."""
    page = Markup(
        '<!DOCTYPE html><html lang="en"><title>No mail</title><p style="font:16px sans-serif">{}</p></html>'
    )
    return framed_mail(page.format(words))
