"""One message as its octets went over the wire, and a reading of it that trusts nothing.

Nothing here or in the rules beside it comes from the product: what a message holds is found out from the RFCs
alone, so that a mistake of our writers is not read back by its twin.
"""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, NamedTuple

#: What a server of today says to EHLO.
USUAL_OFFERS: Final = frozenset({"PIPELINING", "SIZE", "8BITMIME", "ENHANCEDSTATUSCODES", "SMTPUTF8", "DSN"})

_PATH: Final = re.compile(rb"(?:MAIL FROM|RCPT TO):<([^<>]*)>((?: [^ ]+)*)\r\n")


@dataclass(frozen=True, slots=True)
class Transmission:
    """The commands of one transaction, each with its CR LF, and all from the go-ahead to the final dot."""

    mail: bytes
    rcpt: bytes
    data: bytes
    offers: frozenset[str] = USUAL_OFFERS

    @property
    def content(self) -> bytes:
        """The message as the server keeps it: without the final dot, and with no dot doubled."""
        return _unstuffed(self.data)

    @property
    def sender(self) -> str:
        """The address in MAIL, empty when there is none to read."""
        return path_of(self.mail)[0]

    @property
    def recipient(self) -> str:
        """The address in RCPT, empty when there is none to read."""
        return path_of(self.rcpt)[0]

    @property
    def smtputf8(self) -> bool:
        """True when the message was announced as one with UTF-8 in its header (RFC 6531)."""
        return "SMTPUTF8" in path_of(self.mail)[1]


class Field(NamedTuple):
    """One header field: its name, its value unfolded, and its lines as they stand."""

    name: str
    value: str
    lines: tuple[bytes, ...]


class Part(NamedTuple):
    """A leaf of the message: its own fields and its encoded octets."""

    fields: tuple[Field, ...]
    encoded: bytes

    @property
    def type(self) -> str:
        """`text/plain`, in lower case and without parameters."""
        return value_of(self.fields, "Content-Type").partition(";")[0].strip().lower()

    @property
    def encoding(self) -> str:
        """The transfer encoding in lower case, `7bit` when none is named (RFC 2045 section 6.1)."""
        return value_of(self.fields, "Content-Transfer-Encoding").strip().lower() or "7bit"

    @property
    def octets(self) -> bytes:
        """The decoded content."""
        if self.encoding == "base64":
            return base64.b64decode(self.encoded)
        if self.encoding == "quoted-printable":
            return unquoted(self.encoded)
        return self.encoded


@lru_cache(maxsize=64)
def _unstuffed(data: bytes) -> bytes:
    """Kept, like the other readings, since each rule asks anew."""
    lines = data.removesuffix(b".\r\n").split(b"\r\n")
    return b"\r\n".join(line[1:] if line.startswith(b".") else line for line in lines)


def path_of(command: bytes) -> tuple[str, tuple[str, ...]]:
    """The address of a MAIL or RCPT command and its parameters; nothing when it is no such command."""
    found = _PATH.fullmatch(command)
    if found is None:
        return "", ()
    return found[1].decode(errors="replace"), tuple(found[2].decode(errors="replace").split())


def head_of(content: bytes) -> bytes:
    """The header block, its last CR LF included."""
    return content.partition(b"\r\n\r\n")[0] + b"\r\n"


def body_of(content: bytes) -> bytes:
    """All below the empty line."""
    return content.partition(b"\r\n\r\n")[2]


@lru_cache(maxsize=64)
def fields_of(head: bytes) -> tuple[Field, ...]:
    """The fields of a header block; a line that is neither a field nor a continuation has no name."""
    found: list[list[bytes]] = []
    for line in head.removesuffix(b"\r\n").split(b"\r\n"):
        if line[:1] in (b" ", b"\t") and found:
            found[-1].append(line)
        else:
            found.append([line])
    return tuple(map(_field, found))


def value_of(fields: tuple[Field, ...], name: str) -> str:
    """The value of the first field of this name, empty when there is none."""
    return next((field.value for field in fields if field.name.lower() == name.lower()), "")


def boundary_of(content_type: str) -> str | None:
    """The boundary that a Content-Type names (RFC 2046 section 5.1.1), None when it names none."""
    found = re.search(r';\s*boundary=(?:"([^"]*)"|([^\s;"]+))', content_type, re.IGNORECASE)
    return None if found is None else found[1] or found[2] or ""


@lru_cache(maxsize=64)
def parts_of(content: bytes) -> tuple[bytes, tuple[Part, ...], bytes]:
    """What stands before the leaves, the leaves, and what stands behind the last; a plain message is one."""
    preamble, alternatives, epilogue = alternatives_of(content)
    leaves = [leaf for part in alternatives for leaf in related_in(part)[1] or (part,)]
    return preamble, tuple(leaves), epilogue


@lru_cache(maxsize=64)
def alternatives_of(content: bytes) -> tuple[bytes, tuple[Part, ...], bytes]:
    """The same of the parts between which a mail program chooses; HTML with its pictures is one."""
    return _inside(fields_of(head_of(content)), body_of(content))


@lru_cache(maxsize=64)
def related_in(part: Part) -> tuple[bytes, tuple[Part, ...], bytes]:
    """The same of multipart/related (RFC 2387): HTML and its pictures; nothing for what is a leaf."""
    if part.type != "multipart/related":
        return b"", (), b""
    # the CR LF before the boundary around it is not its own, and its last line has one
    return _inside(part.fields, part.encoded + b"\r\n")


def _inside(fields: tuple[Field, ...], body: bytes) -> tuple[bytes, tuple[Part, ...], bytes]:
    boundary = boundary_of(value_of(fields, "Content-Type"))
    if boundary is None:
        return b"", (Part(fields, body),), b""
    # a delimiter is a whole line, and the CR LF before it belongs to it
    mark = rb"\r\n--" + re.escape(boundary.encode()) + rb"(--)?[ \t]*(?=\r\n)"
    pieces = re.split(mark, b"\r\n" + body)
    preamble, closings, insides = pieces[0], pieces[1::2], pieces[2::2]
    end = next((place for place, closing in enumerate(closings) if closing), len(insides))
    epilogue = b"".join(insides[end:]) if end < len(insides) else b"no closing boundary"
    parts = []
    for inside in insides[:end]:
        part_head, _, encoded = inside.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        parts.append(Part(fields_of(part_head + b"\r\n"), encoded))
    return preamble.removeprefix(b"\r\n"), tuple(parts), epilogue


@lru_cache(maxsize=64)
def unquoted(encoded: bytes) -> bytes:
    """Quoted-printable decoded as RFC 2045 section 6.7 has it; what is malformed is judged elsewhere."""
    return binascii.a2b_qp(encoded.replace(b"=\r\n", b""))


def texts_of(content: bytes) -> dict[str, str]:
    """The decoded words of each part that has words, by its type."""
    texts = (part for part in parts_of(content)[1] if part.type.startswith("text/"))
    return {part.type: part.octets.decode(errors="replace") for part in texts}


def _field(lines: list[bytes]) -> Field:
    name, colon, _ = lines[0].partition(b":")
    whole = b"".join(lines).decode(errors="replace")
    if not colon:
        return Field("", whole, tuple(lines))
    return Field(name.decode(errors="replace"), whole.partition(":")[2].removeprefix(" "), tuple(lines))
