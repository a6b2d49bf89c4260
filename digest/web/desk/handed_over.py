"""What is handed over at the desk, as bytes: a file or what was pasted, and the same again when it is taken.

Nothing is kept between the two: the form that shows what would become of it carries the very bytes.
"""

from __future__ import annotations

import base64
import binascii
from typing import Final

from msgspec import Struct

from digest.errors import InputError
from digest.ingest.plaintext import encoded
from digest.web.desk.entered import Entered

#: As base64 (RFC 4648) it travels through the form a second time, and forms have their limit.
MOST_BYTES: Final = 1_500_000
_LONGEST_NAME: Final = 60


class HandedOver(Struct, frozen=True):
    """The bytes, and what they are called in messages."""

    data: bytes
    source: str

    @property
    def carried(self) -> str:
        """The bytes as a field of a form: no browser changes a line end in it."""
        return base64.b64encode(self.data).decode("ascii")


async def handed_over(form: Entered, *, pasted: str, too_large: str) -> HandedOver:
    """What a form carries, else the file that was chosen, else what was pasted; InputError for nothing.

    `pasted` is what a text is called, `too_large` says what else can be done.
    """
    file = form.file("file")
    if carried := form.secret("data"):
        found = HandedOver(_uncarried(carried), _name(form.secret("called")) or pasted)
    elif file is not None:
        found = HandedOver(await file.read(MOST_BYTES + 1), _name(file.filename or "") or "a file")
    else:
        found = HandedOver(encoded(form.secret("page")), pasted)
    if not found.data.strip():
        raise InputError("there is nothing to read: paste something, or choose a file that is not empty")
    if len(found.data) > MOST_BYTES:
        raise InputError(f"{found.source} is larger than {MOST_BYTES // 1000} kB: {too_large}")
    return found


def _uncarried(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise InputError("the form was changed on its way: begin anew") from None


def _name(said: str) -> str:
    """The end of a file's name, where it says what it is."""
    shown = "".join(sign if sign.isprintable() else " " for sign in said)
    return " ".join(shown.split())[-_LONGEST_NAME:].strip()
