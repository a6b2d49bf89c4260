"""A cohort's copy, printed once: subject and MIME body, with slots where a reader's own things go."""

from __future__ import annotations

import quopri
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Final, Generic, Protocol, TypeVar

from msgspec import Struct

from digest.core.budget import Octets
from digest.render.cutting import Part, Slot, flat
from digest.render.embedded import PicturePart, with_data_uris


class ReaderValues(Protocol):
    """What only one reader's copy holds."""

    def values(self) -> Mapping[str, str]:
        """Printable values by the names of their slots; an empty one leaves out what stands around it."""
        ...


Reader = TypeVar("Reader", bound=ReaderValues)

#: Quoted-printable cannot produce it, so a boundary with it stands in no body (RFC 2045 section 6.7).
_SAFE_IN_BOUNDARY: Final = "=_"
_TEXT_TYPE: Final = "text/plain; charset=utf-8"
_HTML_TYPE: Final = "text/html; charset=utf-8"
_QUOTED: Final = "quoted-printable"
_RELATED: Final = 'Content-Type: multipart/related; type="text/html";'
#: Before the boundary of a mail, for that of the part with its pictures.
_INNER: Final = "p"
#: RFC 2046 section 5.1.1 has 70 for both.
_LONGEST_BOUNDARY: Final = 70 - len(_INNER)


class Stencil(Struct, frozen=True):
    """A body in pieces, with gaps where a reader's own things go; the pieces are shared by all copies."""

    #: whole lines; nothing where there is a gap
    pieces: list[bytes]
    #: what goes into the gaps, each thing once
    slots: tuple[Slot, ...]
    #: index of a piece, and of the slot that goes there
    gaps: tuple[tuple[int, int], ...]

    @classmethod
    def of(cls, parts: Iterable[bytes | Slot]) -> Stencil:
        """Lay the parts out as they are: to join neighbours would be to keep all bytes twice."""
        pieces: list[bytes] = []
        slots: dict[Slot, int] = {}
        gaps: list[tuple[int, int]] = []
        for part in parts:
            if isinstance(part, bytes):
                pieces.append(part)
            else:
                gaps.append((len(pieces), slots.setdefault(part, len(slots))))
                pieces.append(b"")
        return cls(pieces, tuple(slots), tuple(gaps))

    def constant(self) -> list[bytes | None]:
        """The pieces that copies share, None for each gap."""
        gaps = {index for index, _ in self.gaps}
        return [None if index in gaps else piece for index, piece in enumerate(self.pieces)]

    def filled(self, inks: Sequence[bytes]) -> list[bytes]:
        """The pieces of one copy; `inks` are the encoded values of the slots, in their order."""
        pieces = self.pieces.copy()
        for index, number in self.gaps:
            pieces[index] = inks[number]
        return pieces


class Rendition(Struct, Generic[Reader], frozen=True):
    """What is the same for a whole cohort; `body` makes of it what one reader gets.

    Readers of HTML get multipart/alternative, plain text first (RFC 2046 section 5.1.4); readers of text get
    that alone. HTML and the pictures that it brings along are one of the alternatives, multipart/related (RFC
    2387). Encoded parts end with a hard line break, so a boundary can follow.
    """

    subject: str
    text: tuple[Part, ...]
    #: None for readers of plain text
    html: tuple[Part, ...] | None
    #: of the Content-Type that the mail's header names; None when the body is text/plain alone
    boundary: str | None
    #: octets of a copy, at most, when even its smallest form may be beyond the budget; None when it is not
    too_large: Octets | None = None
    #: what the HTML brings along, each picture once
    pictures: tuple[PicturePart, ...] = ()

    def __post_init__(self) -> None:
        """Refuse a boundary that a body might hold, with a ValueError."""
        if (self.html is None) != (self.boundary is None):
            raise ValueError("a boundary belongs to mails with two parts, and only to them")
        if self.boundary is not None and (
            _SAFE_IN_BOUNDARY not in self.boundary or len(self.boundary) > _LONGEST_BOUNDARY
        ):
            needed = f"{_SAFE_IN_BOUNDARY} and at most {_LONGEST_BOUNDARY} characters"
            raise ValueError(f"boundary {self.boundary!r} needs {needed}")

    def stencil(self, empty: Collection[str] = ()) -> Stencil:
        """The body laid out for the readers whose values of these names are empty, and no others."""
        return Stencil.of(flat(self._laid_out(), empty))

    def body(self, reader: Reader) -> bytes:
        """The complete MIME body of one reader's mail: canonical, with no line that needs dot-stuffing."""
        values = reader.values()
        stencil = self.stencil([name for name, value in values.items() if not value])
        return b"".join(stencil.filled([slot.filled(values[slot.name]) for slot in stencil.slots]))

    def plain_text(self, reader: Reader) -> str:
        """The text part as the reader will see it."""
        return _decoded(self.text, reader)

    def html_text(self, reader: Reader) -> str | None:
        """The HTML part as the reader's program will get it; None for readers of plain text."""
        return None if self.html is None else _decoded(self.html, reader)

    def html_page(self, reader: Reader) -> str | None:
        """The same as a page by itself, with its pictures in it; None for readers of plain text."""
        html = self.html_text(reader)
        return None if html is None else with_data_uris(html, self.pictures)

    def _laid_out(self) -> tuple[Part, ...]:
        if self.html is None:
            return self.text
        return (
            _part_head(self.boundary, _TEXT_TYPE),
            *self.text,
            *self._html_laid_out(self.html),
        )

    def _html_laid_out(self, html: tuple[Part, ...]) -> Iterable[Part]:
        """The second alternative, after the hard line break of the first."""
        if not self.pictures:
            return (
                b"\r\n" + _part_head(self.boundary, _HTML_TYPE),
                *html,
                f"\r\n--{self.boundary}--\r\n".encode(),
            )
        # no boundary may be the beginning of the other (RFC 2046 section 5.1.2)
        inner = f"{_INNER}{self.boundary}"
        related = f'\r\n--{self.boundary}\r\n{_RELATED}\r\n boundary="{inner}"\r\n\r\n'
        return (
            related.encode() + _part_head(inner, _HTML_TYPE),
            *html,
            b"\r\n",
            *(piece for part in self.pictures for piece in (f"--{inner}\r\n".encode(), part.encoded)),
            f"--{inner}--\r\n--{self.boundary}--\r\n".encode(),
        )


def _part_head(boundary: str | None, content_type: str) -> bytes:
    lines = (
        f"--{boundary}",
        f"Content-Type: {content_type}",
        f"Content-Transfer-Encoding: {_QUOTED}",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


def _decoded(parts: Iterable[Part], reader: ReaderValues) -> str:
    values = reader.values()
    kept = flat(parts, [name for name, value in values.items() if not value])
    encoded = b"".join(part if isinstance(part, bytes) else part.filled(values[part.name]) for part in kept)
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")
