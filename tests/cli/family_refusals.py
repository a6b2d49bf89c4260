"""What commands about families of mailboxes refuse: the words, and what the one line of the answer holds."""

from __future__ import annotations

from typing import Final

LONG: Final = "x" * 300

FAMILIES: Final = {
    "families list": [("--limit 0", "'--limit'"), ("more", "more")],
    "families pause": [
        ("", "Missing argument 'FAMILY'"),
        ("gmail", "'gmail' names no family of mailboxes: use a domain such as gmail.com"),
        ("'gmail.com yahoo.com'", "names no family of mailboxes"),
        ("ana@", "'ana@' names no family of mailboxes"),
        ("resting.example", "family 'resting.example' is paused already: see digest families list"),
        ("gmail.com --hours 0", "'--hours'"),
        ("gmail.com --hours 721", "'--hours'"),
        (f"gmail.com --because {LONG}", "reason has 300 characters"),
    ],
    "families resume": [
        ("", "Missing argument 'FAMILY'"),
        ("gmail", "'gmail' names no family of mailboxes"),
        ("googlemail.com", "family 'gmail.com' is not paused: see digest families list"),
    ],
}
