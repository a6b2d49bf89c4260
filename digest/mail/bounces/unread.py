"""A mail of which nothing can be read: what it is called, and by what it is known again."""

from __future__ import annotations

import hashlib
from typing import Final

from digest.core.returned import Kind, Returned
from digest.mail.bounces.clues import came_to
from digest.mail.bounces.mime import read_mail
from digest.mail.words import clean_text

#: The fields that its writer gave it: those of the way differ from one delivery to the next.
_OWN: Final = ("from", "to", "date", "subject", "message-id")
_LONGEST: Final = 500


def unread(raw: bytes, *, envelope_to: str = "") -> Returned:
    """The mail as one that says nothing, with the return path to which it came; nothing is raised."""
    mail = read_mail(raw)
    written = "\0".join(mail.get(name) for name in _OWN).encode("utf-8", "replace")
    known_by = hashlib.blake2b(written + b"\0" + mail.body.strip(), digest_size=16).hexdigest()
    return Returned(
        Kind.UNKNOWN,
        text=clean_text(" ".join(mail.shown("subject").split()))[:_LONGEST],
        rule="nothing-read",
        fingerprint=known_by,
        clues=came_to(mail, envelope_to),
    )
