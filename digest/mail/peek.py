"""What a person sees of a mail in a list, and when they open it: never as HTML, and only text."""

from __future__ import annotations

import re
from typing import Final

from digest.mail.bounces.addresses import one_address
from digest.mail.bounces.mime import Part, read_mail
from digest.mail.words import clean_text

#: Signs; a person reads no more of it.
MOST_TEXT: Final = 20_000
#: Octets of a header that are looked at.
_MOST_HEADER: Final = 32_000
_END_OF_HEADER: Final = re.compile(rb"\r?\n[ \t]*\r?\n")
_REPORTS: Final = ("message/delivery-status", "message/feedback-report", "message/global-delivery-status")


def sender_and_subject(raw: bytes) -> tuple[str, str]:
    """Both as one clean line each, empty where the mail has none; whatever the mail is, nothing is raised."""
    mail = read_mail(raw)
    return one_address(mail.get("from"))[:320], _line(mail.shown("subject"))[:500]


def readable(raw: bytes) -> str:
    """What the mail says, with the fields of a report below it; plain text of at most `MOST_TEXT` signs."""
    mail = read_mail(raw)
    parts = [part for part in mail.walk() if part.type in {"text/plain", *_REPORTS}]
    if not any(part.type == "text/plain" for part in parts):
        parts = [*(part for part in mail.walk() if part.type == "text/html"), *parts]
    texts = [_clean(part) for part in parts]
    return "\n\n".join(text for text in texts if text)[:MOST_TEXT]


def header(raw: bytes) -> str:
    """The header as it stands, line by line, without signs that could harm; of a long one the first part."""
    head = _END_OF_HEADER.split(raw[:_MOST_HEADER], maxsplit=1)[0]
    lines = head.decode("utf-8", "replace").splitlines()
    # a line that goes on is known by the blank before it
    return "\n".join(("    " if line[:1] in {" ", "\t"} else "") + clean_text(line) for line in lines)


def _clean(part: Part) -> str:
    return "\n".join(clean_text(line) for line in part.text.splitlines()).strip("\n")


def _line(text: str) -> str:
    return clean_text(" ".join(text.split()))
