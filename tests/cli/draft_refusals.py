"""What commands about drafts refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

DRAFTS: Final = {
    "briefings discard": [
        ("", "Missing argument 'ID...'"),
        ("99", "briefing 99 does not exist: see digest briefings list"),
        ("9 99", "briefing 99 does not exist"),
        ("9 1", "briefing 1 is published: only what was never published is discarded"),
        ("one", "'ID...': 'one' is not a whole number from 1 on"),
    ],
    "briefings restore": [
        ("", "Missing argument 'ID...'"),
        ("99", "briefing 99 does not exist"),
        ("1", "briefing 1 is published: only what was never published is discarded"),
    ],
}
