"""Tells the POST of a mail program's unsubscribe button (RFC 8058) from that of our own page."""

from __future__ import annotations

from email import message_from_bytes
from email.message import Message
from typing import Final
from urllib.parse import parse_qsl

_FIELD: Final = "list-unsubscribe"
_VALUE: Final = "one-click"


def is_one_click(content_type: str, body: bytes) -> bool:
    """True when the form says List-Unsubscribe=One-Click, in either of the encodings that RFC 8058 allows.

    Anything that is not multipart is read as an encoded form: not every sender says which type it sends.
    """
    if content_type.lower().startswith("multipart/"):
        header = f"Content-Type: {' '.join(content_type.split())}\r\n\r\n"
        parts = message_from_bytes(header.encode("latin-1", "replace") + body).walk()
        return any(_says_so(_field_of(part), _value_of(part)) for part in parts)
    fields = parse_qsl(body.decode("utf-8", "replace"))
    return any(_says_so(name, value) for name, value in fields)


def _says_so(name: str, value: str) -> bool:
    return (name.strip().casefold(), value.strip().casefold()) == (_FIELD, _VALUE)


def _field_of(part: Message) -> str:
    name = part.get_param("name", "", header="content-disposition")
    return name if isinstance(name, str) else ""


def _value_of(part: Message) -> str:
    payload = part.get_payload(decode=True)
    return payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
