"""Writes docs/api-reference.md anew from the description of the API: `make reference`."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from digest.store.database import Database
from digest.web.api.described import description
from digest.web.api.reference import Reference, reference_of, text_of
from tests.web.api.programs import api_app, routes_of

WRITTEN: Final = Path(__file__).parents[3] / "docs" / "api-reference.md"


def reference() -> Reference:
    """As of today; of no version, for that of the program would change the text with each release."""
    routes = routes_of(api_app(Database("sqlite+aiosqlite://")))
    return reference_of(description(routes, version="v1", server="http://127.0.0.1:8000"))


if __name__ == "__main__":
    WRITTEN.write_text(text_of(reference()), encoding="utf-8")
    print(f"written: {WRITTEN}")
