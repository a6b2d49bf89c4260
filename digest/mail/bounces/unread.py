"""By what a mail is known again; and one of which nothing can be read."""

from __future__ import annotations

import hashlib
from typing import Final

from digest.core.returned import Kind, Returned
from digest.mail.bounces.clues import came_to
from digest.mail.bounces.mime import Part, read_mail
from digest.mail.words import clean_text

#: The fields that its writer gave it: those of the way differ from one delivery to the next.
_OWN: Final = ("from", "to", "date", "subject", "message-id")
_LONGEST: Final = 500


def fingerprint(raw: bytes) -> str:
    """The same for a mail however often and by whatever way it comes."""
    return _fingerprint(read_mail(raw))


def unread(raw: bytes, *, envelope_to: str = "") -> Returned:
    """The mail as one that says nothing, with the return path to which it came; nothing is raised."""
    mail = read_mail(raw)
    return Returned(
        Kind.UNKNOWN,
        text=clean_text(" ".join(mail.shown("subject").split()))[:_LONGEST],
        rule="nothing-read",
        fingerprint=_fingerprint(mail),
        clues=came_to(mail, envelope_to),
    )


def _fingerprint(mail: Part) -> str:
    written = "\0".join(mail.get(name) for name in _OWN).encode("utf-8", "replace")
    return hashlib.blake2b(written + b"\0" + mail.body.strip(), digest_size=16).hexdigest()
