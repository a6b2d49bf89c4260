"""What the columns of somebody else's roster mean, guessed from their headings."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from subscribers.composed import composed
from subscribers.roster import READ_COLUMNS

#: Headings as other programs write them, folded to letters and digits, by the column that they mean.
_OTHER_NAMES: Final = {
    "email": ("emailaddress", "mail", "address", "emailid", "subscriberemail", "courriel", "correo", "邮箱"),
    "name": ("fullname", "firstname", "displayname", "subscribername", "nom", "nombre", "姓名"),
    "newsletter": ("list", "listname", "publication"),
    "topics": ("topic", "interests", "tags", "categories"),
    "days": ("frequency", "when", "schedule"),
    "at": ("time", "hour", "sendtime"),
    "timezone": ("tz", "zone"),
    "at_once": ("immediately", "instant"),
    "sections": ("section",),
    "format": ("type", "mailformat", "emailtype"),
    "max_items": ("limit", "maxitem", "items"),
    "language": ("lang", "locale"),
    "status": ("standing", "state"),
}
_MEANT: Final = {re.sub(r"[\W_]", "", column): column for column in READ_COLUMNS} | {
    other: column for column, others in _OTHER_NAMES.items() for other in others
}


def guessed(headings: Sequence[str]) -> list[str]:
    """The column of ours for each heading, each at most once; empty where nothing fits."""
    taken: set[str] = set()
    found = []
    for heading in headings:
        column = _MEANT.get(_folded(heading), "")
        found.append("" if column in taken else column)
        taken.add(column)
    return found


def _folded(heading: str) -> str:
    plain = composed("NFKC", heading).casefold()
    return re.sub(r"[\W_]", "", plain)
