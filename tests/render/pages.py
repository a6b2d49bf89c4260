"""A printed page as a tree, for the tests that look into it."""

from __future__ import annotations

from typing import Any

from lxml import html  # type: ignore[import-untyped]


def document(page: str | None) -> Any:
    """The root element of the HTML part, which must be there."""
    assert page is not None
    return html.document_fromstring(page)
