"""Reads the parts of a mail as it came: forgiving, and bounded in size, depth and number.

What comes back was written by thousands of programs and by people who mean harm: nothing here raises, and
nothing takes longer than its few hundred kilobytes allow.
"""

from __future__ import annotations

import binascii
import codecs
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.errors import HeaderParseError
from email.header import decode_header
from functools import cached_property
from typing import Final

#: A report stands before the copy it returns: what comes later than this says nothing new.
MOST_BYTES: Final = 600_000
#: Of the whole, for readers that are not ours.
_START: Final = 20_000
_MOST_TEXT: Final = 50_000
_MOST_PARTS: Final = 60
_DEEPEST: Final = 8
_MOST_HEADER_BYTES: Final = 100_000
_MOST_HEADERS: Final = 500
_LONGEST_VALUE: Final = 8_000
#: Decoders that are no character sets, or that take more than linear time.
_NO_CHARSETS: Final = frozenset(
    {"idna", "punycode", "undefined", "unicode_escape", "raw_unicode_escape", "utf-7", "mbcs", "oem"}
)
#: What mail programs call by names of their own.
_ALIASES: Final = {"x-gbk": "gb18030", "gb2312": "gb18030", "gbk": "gb18030", "iso-8859-8-i": "iso-8859-8"}
_LONG_RUN: Final = re.compile(rb"[\x81-\xfe]{4}")
_END_OF_HEAD: Final = re.compile(rb"\n[ \t]*\n|\A\n")
#: Saved mails begin with empty lines, some of nothing but spaces.
_BLANK_START: Final = re.compile(rb"\A(?:[ \t]{0,2000}\n)+")
_FOLD: Final = re.compile(rb"\n[ \t]+")
_NAME: Final = re.compile(rb"[!-9;-~]{1,100}")
_PARAMETER: Final = re.compile(
    r';\s*([A-Za-z0-9*_-]{1,40})\s*=\s*(?:"((?:[^"\\]|\\.){0,500})"|([^\s;"]{1,500}))'
)
_LOOKS_LIKE_BOUNDARY: Final = re.compile(rb"^--([^\s-][^\n]{1,98}?)[ \t]*\n(?:content-|\n)", re.I | re.M)
_INVISIBLE: Final = re.compile(r"<(?:(script|style|head|title)\b|!--)", re.IGNORECASE)
_BREAK: Final = re.compile(
    r"<\s{0,4}/?\s{0,4}(?:br|p|div|tr|li|h[1-6]|table|pre|blockquote)\b[^<>]{0,2000}>", re.I
)
_TAG: Final = re.compile(r"<(?![^<>@\s=]{1,64}@)[^<>]{1,2000}>")
_BLANKS: Final = re.compile(r"[ \t\xa0]+")


@dataclass(frozen=True)
class Part:
    """A mail, or a part of one."""

    #: names in lower case with their unfolded values, undecoded, in their order
    headers: tuple[tuple[str, str], ...] = ()
    #: undecoded, lines ended by LF
    body: bytes = b""
    #: of a multipart its parts; of a returned mail (message/rfc822) the mail
    parts: tuple[Part, ...] = ()
    #: in lower case, such as `text/plain`
    type: str = "text/plain"
    parameters: Mapping[str, str] = field(default_factory=dict)
    #: of a whole mail its beginning, lines ended by LF
    start: bytes = b""
    #: of a whole mail: how many parts there are at all depths
    count: int = 1

    @cached_property
    def _first(self) -> dict[str, str]:
        return dict(reversed(self.headers))

    def get(self, name: str) -> str:
        """The first value of a header, undecoded; empty when there is none."""
        return self._first.get(name, "")

    def all(self, name: str) -> tuple[str, ...]:
        """Every value of a header."""
        return tuple(value for one, value in self.headers if one == name)

    def has(self, name: str) -> bool:
        """True when the header is there, be it empty."""
        return name in self._first

    def shown(self, name: str) -> str:
        """The first value of a header as people see it (RFC 2047)."""
        return decoded(self.get(name))

    @cached_property
    def text(self) -> str:
        """The decoded body as plain text with LF; what is HTML loses its tags."""
        return without_tags(self.source) if self.type == "text/html" else self.source

    @cached_property
    def source(self) -> str:
        """The decoded body with its tags, if it has any."""
        return _as_text(_unpacked(self)[:_MOST_TEXT], self.parameters.get("charset", ""))

    def walk(self) -> Iterator[Part]:
        """This part and all in it, but not what is in a returned mail."""
        yield self
        if self.type not in _MAILS:
            for part in self.parts:
                yield from part.walk()


_MAILS: Final = frozenset({"message/rfc822", "message/global", "message/news"})
#: Parts that tell what became of a copy (RFC 3464, RFC 6533).
STATUS_PARTS: Final = frozenset({"message/delivery-status", "message/global-delivery-status"})
#: Parts that hold nothing but the headers of a mail.
HEADERS_ONLY: Final = frozenset(
    {"text/rfc822-headers", "message/rfc822-headers", "message/global-headers", "text/rfc822-header"}
)


def read_mail(raw: bytes) -> Part:
    """The parts of a mail, whatever bytes they are."""
    data = raw[:MOST_BYTES].replace(b"\r\n", b"\n").replace(b"\r", b"\n").replace(b"\0", b"")
    data = _BLANK_START.sub(b"", data)
    reader = _Reader()
    return replace(reader.read(data, 0, "text/plain"), start=data[:_START], count=reader.parts)


def read_headers(text: bytes) -> Part:
    """Headers alone, as they stand where only those of the returned mail came back."""
    headers, body = _head(text.lstrip(b"\n"))
    return Part(headers, body)


def decoded(value: str) -> str:
    """Encoded-words (RFC 2047) as text; what is broken stays as it is."""
    if "=?" not in value:
        return value
    try:
        return "".join(
            chunk if isinstance(chunk, str) else _as_text(chunk, charset or "")
            for chunk, charset in decode_header(value[:_LONGEST_VALUE])
        )
    except (HeaderParseError, ValueError):
        return value


def without_tags(text: str) -> str:
    """HTML as plain text, roughly: a line for each block; addresses in angle brackets stay."""
    text = _BREAK.sub("\n", _visible(text.replace("\n", " ")))
    lines = (_BLANKS.sub(" ", line).strip() for line in html.unescape(_TAG.sub("", text)).split("\n"))
    return "\n".join(lines)


def _visible(text: str) -> str:
    """The text without comments, scripts and styles, in one pass however often one is left open."""
    kept, at, lower = [], 0, text.lower()
    while found := _INVISIBLE.search(text, at):
        kept.append(text[at : found.start()])
        closing = f"</{found[1].lower()}" if found[1] else "-->"
        end = lower.find(closing, found.end())
        if end < 0:
            return " ".join(kept)
        at = end + len(closing)
        if found[1]:
            # the tag that closes has an end of its own
            at = text.find(">", at) + 1 or len(text)
    return " ".join([*kept, text[at:]])


class _Reader:
    """Counts the parts of one mail."""

    def __init__(self) -> None:
        self.parts = 0

    def read(self, data: bytes, depth: int, usual: str) -> Part:
        self.parts += 1
        headers, body = _head(data)
        given = next((value for name, value in headers if name == "content-type"), "")
        kind, parameters = _content_type(given, usual)
        if depth >= _DEEPEST or self.parts >= _MOST_PARTS:
            return Part(headers, body, (), kind, parameters)
        parts: tuple[Part, ...] = ()
        if kind.startswith("multipart/"):
            inner = "message/rfc822" if kind == "multipart/digest" else "text/plain"
            pieces = _pieces(body, parameters.get("boundary", ""))
            parts = tuple(self.read(piece, depth + 1, inner) for piece in pieces if self.parts < _MOST_PARTS)
        elif kind in _MAILS:
            parts = (self.read(_unpacked(Part(headers, body)).lstrip(b"\n"), depth + 1, "text/plain"),)
        return Part(headers, body, parts, kind, parameters)


def _head(data: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Headers and what follows the first empty line, or the first line that cannot be a header."""
    match = _END_OF_HEAD.search(data, 0, _MOST_HEADER_BYTES)
    end, begin = match.span() if match else (min(len(data), _MOST_HEADER_BYTES), len(data))
    found = []
    for line in _FOLD.sub(b" ", data[:end]).split(b"\n")[:_MOST_HEADERS]:
        name, colon, value = line.partition(b":")
        name = name.rstrip()
        if not colon or not _NAME.fullmatch(name):
            if line.startswith((b"From ", b">From ")) or not line:
                # a mailbox (RFC 4155) or an old server put it there; its address is an envelope's
                found.append(("from_", _line(line)))
                continue
            if not found:
                return (), data
            continue
        found.append((name.decode("ascii").lower(), _line(value)))
    return tuple(found), data[begin:]


def _line(value: bytes) -> str:
    return _as_text(value[:_LONGEST_VALUE].strip(), "")


def _content_type(value: str, usual: str) -> tuple[str, dict[str, str]]:
    kind = value.partition(";")[0].strip().lower()
    if not re.fullmatch(r"[\w.+-]{1,60}/[\w.+-]{1,80}", kind):
        kind = "text/plain" if value else usual
    found: dict[str, str] = {}
    for name, quoted, plain in _PARAMETER.findall(value[:4000]):
        found.setdefault(name.lower().rstrip("*"), re.sub(r"\\(.)", r"\1", quoted) or plain)
    return kind, found


def _pieces(body: bytes, boundary: str) -> list[bytes]:
    """The parts between boundaries; a boundary that was not told, or wrongly, is guessed."""
    mark = boundary.strip().encode("utf-8", "replace")
    if not mark or b"--" + mark not in body:
        guess = _LOOKS_LIKE_BOUNDARY.search(body)
        if guess is None:
            return [b"\n" + body] if body.strip() else []
        mark = guess[1]
    return _between(body, b"\n--" + mark)


def _between(body: bytes, line: bytes) -> list[bytes]:
    """What stands between the lines that begin so, up to one that says with `--` that it is the last."""
    body = b"\n" + body
    pieces: list[bytes] = []
    begin, at = -1, body.find(line)
    while at >= 0 and len(pieces) < _MOST_PARTS:
        end = body.find(b"\n", at + 1)
        end = len(body) if end < 0 else end
        rest = body[at + len(line) : end].rstrip()
        if rest in {b"", b"--"}:
            if begin >= 0:
                pieces.append(body[begin:at])
            begin = end + 1 if not rest else -1
        at = body.find(line, end)
    if begin >= 0 and len(pieces) < _MOST_PARTS:
        # the end was cut off
        pieces.append(body[begin:])
    return pieces


def _unpacked(part: Part) -> bytes:
    """The body without its transfer encoding (RFC 2045 section 6)."""
    body = part.body[:MOST_BYTES]
    match part.get("content-transfer-encoding").strip().lower():
        case "quoted-printable":
            return binascii.a2b_qp(body)
        case "base64":
            wanted = re.sub(rb"[^A-Za-z0-9+/]", b"", body)
            wanted = wanted[: len(wanted) // 4 * 4 + (len(wanted) % 4 if len(wanted) % 4 != 1 else 0)]
            try:
                return binascii.a2b_base64(wanted + b"=" * (-len(wanted) % 4)).replace(b"\r\n", b"\n")
            except binascii.Error:
                return body
        case _:
            return body


def _as_text(data: bytes, charset: str) -> str:
    """Text of any character set; undeclared ones are guessed from the bytes, nothing is refused."""
    if data.isascii() and b"\x1b$" not in data:
        return data.decode("ascii")
    charset = charset.strip().strip("'\"").lower()
    # what is not UTF-8 and has long runs of high octets is Chinese rather than a language of the West
    other = "iso2022_jp" if b"\x1b$" in data else "gb18030" if _LONG_RUN.search(data) else "latin-1"
    guesses = ["utf-8", other, "latin-1"]
    for name in [_ALIASES.get(charset, charset), *guesses]:
        try:
            if not name or codecs.lookup(name).name in _NO_CHARSETS:
                continue
            last = name == charset and name not in {"us-ascii", "ascii", "utf-8"}
            return str(data, name, "replace" if last else "strict")
        except (LookupError, ValueError, UnicodeError):
            continue
    return data.decode("latin-1")
