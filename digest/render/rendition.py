"""A cohort's copy, printed once: subject and MIME body, with slots where a reader's own things go."""

from __future__ import annotations

import quopri
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Protocol, TypeVar

from digest.render.cutting import Part, Slot, inked


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


@dataclass(frozen=True, slots=True)
class Rendition(Generic[Reader]):
    """What is the same for a whole cohort; `body` makes of it what one reader gets.

    Readers of HTML get multipart/alternative, plain text first (RFC 2046 section 5.1.4); readers of text get
    that alone. Encoded parts end with a hard line break, so a boundary can follow.
    """

    subject: str
    text: tuple[Part, ...]
    #: None for readers of plain text
    html: tuple[Part, ...] | None
    #: of the Content-Type that the mail's header names; None when the body is text/plain alone
    boundary: str | None
    #: the whole body, with nothing where a reader's own things go
    _pieces: list[bytes] = field(init=False, repr=False)
    #: the slots that are filled, each once
    _slots: tuple[Slot, ...] = field(init=False, repr=False)
    #: where they go: index in the body, number of the slot
    _filled: tuple[tuple[int, int], ...] = field(init=False, repr=False)
    #: what else is a reader's own, by its index in the body
    _own: tuple[tuple[int, Part], ...] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Lay out the body once; raises ValueError for a boundary that a body might hold."""
        if (self.html is None) != (self.boundary is None):
            raise ValueError("a boundary belongs to mails with two parts, and only to them")
        if self.boundary is not None and (_SAFE_IN_BOUNDARY not in self.boundary or len(self.boundary) > 70):
            raise ValueError(
                f"boundary {self.boundary!r} needs {_SAFE_IN_BOUNDARY} and at most 70 characters"
            )
        parts = self._laid_out()
        own = [(index, part) for index, part in enumerate(parts) if not isinstance(part, bytes)]
        slots = list(dict.fromkeys(part for _, part in own if isinstance(part, Slot)))
        filled = tuple((index, slots.index(part)) for index, part in own if isinstance(part, Slot))
        object.__setattr__(self, "_pieces", [part if isinstance(part, bytes) else b"" for part in parts])
        object.__setattr__(self, "_slots", tuple(slots))
        object.__setattr__(self, "_filled", filled)
        object.__setattr__(self, "_own", tuple(one for one in own if not isinstance(one[1], Slot)))

    def body(self, reader: Reader) -> bytes:
        """The complete MIME body of one reader's mail: canonical, with no line that needs dot-stuffing."""
        values, pieces = reader.values(), self._pieces.copy()
        filled = [slot.filled(values[slot.name]) for slot in self._slots]
        for index, number in self._filled:
            pieces[index] = filled[number]
        ink = dict(zip(self._slots, filled, strict=True))
        for index, part in self._own:
            pieces[index] = inked(part, values, ink)
        return b"".join(pieces)

    def plain_text(self, reader: Reader) -> str:
        """The text part as the reader will see it."""
        return _decoded(self.text, reader)

    def html_text(self, reader: Reader) -> str | None:
        """The HTML part as the reader's program will get it; None for readers of plain text."""
        return None if self.html is None else _decoded(self.html, reader)

    def _laid_out(self) -> tuple[Part, ...]:
        if self.html is None:
            return self.text
        return (
            _part_head(self.boundary, _TEXT_TYPE),
            *self.text,
            b"\r\n" + _part_head(self.boundary, _HTML_TYPE),
            *self.html,
            f"\r\n--{self.boundary}--\r\n".encode(),
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
    values, ink = reader.values(), dict[Slot, bytes]()
    encoded = b"".join(inked(part, values, ink) for part in parts)
    return quopri.decodestring(encoded).decode().replace("\r\n", "\n")
