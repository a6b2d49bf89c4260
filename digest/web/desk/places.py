"""Where somebody may be sent after logging in: a page of the desk, and nothing else."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import urlsplit

from fastapi import Request

#: A path of the desk, nothing that a browser takes for elsewhere.
_PLACE: Final = re.compile(r"[a-z0-9][a-z0-9/_-]*(\?[\w=&%.+-]*)?", re.ASCII)


def place_in(text: str) -> str:
    """The place that a text names; empty when it is none."""
    return text if _PLACE.fullmatch(text) else ""


def place_of_form(request: Request) -> str:
    """The page on which the form stood that was sent; empty when the browser does not say."""
    try:
        path = urlsplit(request.headers.get("referer", "")).path
    except ValueError:
        return ""
    # what stands before our paths is not ours to know
    return place_in(path.rpartition("/admin/")[2]) if "/admin/" in path else ""
