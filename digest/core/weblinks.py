"""Which addresses a mail may link to."""

from __future__ import annotations

import re
from urllib.parse import urlsplit


def is_web_link(text: str) -> bool:
    """True for an absolute http or https address: no script, no file, no half address."""
    if not re.fullmatch(r"https?://[^\s<>\"]+", text, re.IGNORECASE):
        return False
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False
