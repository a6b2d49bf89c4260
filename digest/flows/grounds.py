"""On what grounds somebody is written to whom an admin took in: words that are kept with the reader."""

from __future__ import annotations

from typing import Final

from digest.core.lines import parse_text
from digest.errors import InputError
from subscribers.consents import BY_IMPORT, Shown

#: A paragraph is enough to say where a list came from.
MOST_GROUNDS: Final = 2000


def grounds_for(text: str) -> Shown | None:
    """What is kept as evidence; None when nothing was said."""
    words = parse_text(text, "grounds")
    if len(words) > MOST_GROUNDS:
        raise InputError(f"grounds have {len(words)} characters: use at most {MOST_GROUNDS}")
    return Shown(f"{BY_IMPORT}by hand", words, "") if words else None
