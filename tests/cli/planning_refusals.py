"""What commands about quiet days, plans and tidying refuse: the words, and what the answer's line holds."""

from __future__ import annotations

from typing import Final

PLANNING: Final = {
    "newsletters holidays": [
        ("", "Missing argument 'slug'"),
        ("weekly FR 2026", "newsletter 'weekly' does not exist"),
        ("daily Atlantis 2026", "place 'Atlantis' is not known: say the code of a country"),
        ("daily ZZ 2026", "the holidays of ZZ are not known: type the days"),
        ("daily FR soon", "'YEAR'"),
    ],
    "tidy": [("everything", "everything"), ("--before 2020", "--before")],
    "issues plan-anew": [("99", "issue 99 does not exist"), ("one", "'ID'")],
}
