"""What was written into a form that was refused at the gate: shown to who sent it, to be copied.

It is taken from this very request and kept nowhere. A field is shown when it is known to hold words, so that
passwords, codes and tokens never are, whatever they will be called.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from fastapi import Request
from starlette.exceptions import HTTPException

from digest.web.desk.entered import Entered, entered_in

#: More than that is not read of who is not in.
MOST_BYTES: Final = 2_000_000
#: And no more signs are shown.
_MOST_SIGNS: Final = 500_000
#: Fields that people write into.
WRITTEN: Final = frozenset(
    {
        *("title", "text", "url", "picture", "picture_alt", "source", "source_date", "publish_at", "note"),
        *("page", "pasted", "subject", "intro", "addresses", "audience", "test_to", "at", "since"),
        *("name", "email", "label", "description", "because", "about", "basis", "rules", "aliases", "slug"),
        *("more-title", "more-description", "more-language", "sender_name", "sender_address", "links"),
        *("postal_address", "quiet_days", "logo_url", "logo_alt", "accent", "ground", "reason", "until"),
        "grounds",
    }
)
_IN_A_LANGUAGE: Final = re.compile(r"(title|description)-in-[A-Za-z-]{2,20}")


class Written(NamedTuple):
    """What stood in one field."""

    label: str
    text: str

    @property
    def rows(self) -> int:
        """How many lines a box for it needs."""
        return min(20, 1 + self.text.count("\n") + len(self.text) // 70)


def is_written(name: str) -> bool:
    """True for a field that holds words of who sent it."""
    return name in WRITTEN or bool(_IN_A_LANGUAGE.fullmatch(name))


def written(form: Entered) -> tuple[Written, ...]:
    """The words of a form, in its order; of very long ones the beginning."""
    return tuple(_bounded(form))


async def written_in(request: Request) -> tuple[Written, ...]:
    """The same of a request from somebody who is not in; nothing of what is no form, or too large."""
    said = request.headers.get("content-length", "")
    if not (said.isascii() and said.isdigit() and len(said) < 10 and int(said) <= MOST_BYTES):
        return ()
    try:
        return written(await entered_in(request))
    except HTTPException:
        return ()


def _bounded(form: Entered) -> Iterator[Written]:
    left = _MOST_SIGNS
    for name, value in form.texts():
        text = value[:left]
        if is_written(name) and text.strip():
            left -= len(text)
            label = " ".join(re.split(r"[_-]", name))
            yield Written(label[:1].upper() + label[1:], text)
