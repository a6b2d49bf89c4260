"""Finds what came back of the copy that was sent: attached, as headers only, or quoted in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from digest.mail.bounces.mime import HEADERS_ONLY, Part, read_headers

_COPY: Final = r"(?:original|returned|undelivered|unsent|rejected|failed)"
#: A line with which servers begin what they quote, or the first of headers that no server writes of its own.
_RULE: Final = re.compile(
    r"^[ \t>]{0,4}(?:"
    r"[-=_*#]{2,80}[^\n]{0,20}\b(?:original|returned|undelivered|unsent|bounced|rejected|forwarded|copy|headers?"
    r"|below this line|message (?:text|body|follows)|transcript of message|mail (?:header|text)"
    r"|start of message)\b[^\n]{0,80}"
    rf"|(?:the |your |possibly truncated |here is (?:a |the )?(?:copy of )?(?:the |your )?)?{_COPY} "
    r"(?:mail|message|e-?mail)(?:'s)? ?(?:follows|headers?(?: follow)?|is (?:below|attached|included|follow)"
    r"|text|body|details)?[ \t]{0,20}"
    r"(?:\([^()\n]{0,60}\))?[ \t]{0,20}[:.]?[ \t]{0,20}-{0,80}"
    r"|(?:the )?(?:headers?|body|text|start|beginning|first \S+ (?:lines?|bytes))[^\n]{0,30}\bof "
    rf"(?:the |your )?(?:{_COPY} )?(?:message|mail)[^\n]{{0,60}}"
    r"|[-= \t]{0,40}(?:a copy of (?:the|your)|below is (?:a copy of )?(?:the|your)|attached is"
    r"|included (?:below )?is)[^\n]{0,30} (?:message|mail)[^\n]{0,80}"
    r"|[-=* \t]{0,40}(?:urspr[uü]ngliche|message d.origine|mensaje "
    r"original|原始邮件|原邮件(?!信息)|邮件原文|原始郵件"
    r"|元のメッセージ|オリジナル)[^\n]{0,60})[ \t]{0,80}$"
    r"|^[ \t>]{0,4}(?:received|return-path|message-id|mime-version|dkim-signature|x-received|x-envelope-from"
    r"|delivered-to|arc-seal):[ \t]",
    re.IGNORECASE | re.MULTILINE,
)
_HEADER_LINE: Final = re.compile(r"[\s>]{0,4}(?:[A-Za-z][A-Za-z0-9-]{1,60}:[ \t]|From )")
_QUOTED: Final = re.compile(r"^[ \t]{0,4}>[ \t]?|^[ \t]{1,8}(?=[A-Za-z-]{2,40}: )", re.MULTILINE)


#: A quotation that a person or a mail program marked; `>>>` is what a server said to another.
_MARKED: Final = re.compile(r"^>(?!>>)[^\n]*\n?", re.MULTILINE)


@lru_cache(maxsize=16)
def cut(text: str) -> tuple[str, str]:
    """What the server says, and what it quotes of the copy, if anything; kept, since it is asked often."""
    for found in _RULE.finditer(text):
        # a report that begins with the copy has said nothing yet
        if text[: found.start()].strip():
            return text[: found.start()], text[found.start() :]
    return text, ""


def originals(mail: Part) -> Iterator[Part]:
    """Whatever may be the copy, attached ones first; of a text only the headers are to be trusted as such."""
    for part in mail.walk():
        if part.type.startswith("message/") and part.parts:
            yield from part.parts
        elif part.type in HEADERS_ONLY:
            yield read_headers(part.text.encode("utf-8", "replace"))
    for part in texts(mail):
        _said, quoted = cut(part.text)
        if quoted and (headers := _headers_of(quoted)) is not None:
            yield headers


def texts(mail: Part) -> Iterator[Part]:
    """The parts that are there to be read, at most eight; of alternatives the plain one first."""
    found = [
        part for part in mail.walk() if part.type in {"text/plain", "text/html", "message/delivery-status"}
    ]
    readable = [part for part in found if part.type == "text/plain" and part.body.strip()]
    yield from (readable or [part for part in found if part.type == "text/html"])[:8]


def unquoted(text: str) -> str:
    """The text without the lines that a person or a mail program marked as another's."""
    return _MARKED.sub("", text) if "\n>" in text else text


def _headers_of(quoted: str) -> Part | None:
    """The headers within a quotation, which may be indented or marked as quoted."""
    lines = quoted[:20_000].split("\n")
    begin = next((at for at, line in enumerate(lines) if _HEADER_LINE.match(line)), None)
    if begin is None:
        return None
    block = _QUOTED.sub("", "\n".join(lines[begin:]))
    part = read_headers(block.encode("utf-8", "replace"))
    return part if part.headers else None
