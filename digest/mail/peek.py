"""The two lines by which a person knows a mail in a list: who sent it, and its subject."""

from __future__ import annotations

from contextlib import suppress
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import parseaddr

from digest.mail.words import clean_text


def sender_and_subject(raw: bytes) -> tuple[str, str]:
    """Both as one clean line each, empty where the mail has none; whatever the mail is, nothing is raised."""
    headers = BytesHeaderParser(policy=compat32).parsebytes(raw[:65_536])
    sender = parseaddr(_line(headers.get("From", "")))[1]
    return sender[:320], _line(headers.get("Subject", ""))[:500]


def _line(value: object) -> str:
    text = str(value)
    # what cannot be decoded is shown as it came
    with suppress(HeaderParseError, LookupError, UnicodeError, ValueError):
        text = str(make_header(decode_header(text)))
    return clean_text(" ".join(text.split()))
