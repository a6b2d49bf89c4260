"""A body off the wire becomes plain bytes, counted before and after: bombs stop at the bound."""

from __future__ import annotations

import zlib
from typing import Final

from digest.reach.answers import Bounds

#: One layer of these; what is packed several times over is packed to hurt.
ENCODINGS: Final = frozenset({"", "identity", "gzip", "x-gzip", "deflate"})
_GZIP_OR_ZLIB: Final = zlib.MAX_WBITS | 32
#: What some servers send as deflate, without the head that RFC 9110 asks for.
_BARE_DEFLATE: Final = -zlib.MAX_WBITS


class TooLargeError(Exception):
    """There is more than the bounds allow, on the wire or unpacked."""


class Unpacking:
    """Takes the pieces of one body in their order."""

    def __init__(self, encoding: str, bounds: Bounds) -> None:
        """Begin with nothing; `encoding` is one of `ENCODINGS`."""
        self._bounds: Final = bounds
        self._pieces: Final[list[bytes]] = []
        self._wire = self._plain = 0
        self._unpacker = None if encoding in {"", "identity"} else zlib.decompressobj(_GZIP_OR_ZLIB)

    def take(self, raw: bytes) -> None:
        """Take the next piece; raises TooLargeError, and zlib.error for what is not packed as was said."""
        begun, self._wire = self._wire > 0, self._wire + len(raw)
        if self._wire > self._bounds.wire_bytes:
            raise TooLargeError
        piece = raw
        if self._unpacker is not None:
            # one byte more than fits is enough to know
            room = self._bounds.body_bytes - self._plain + 1
            try:
                piece = self._unpacker.decompress(raw, room)
            except zlib.error:
                if begun:
                    raise
                self._unpacker = zlib.decompressobj(_BARE_DEFLATE)
                piece = self._unpacker.decompress(raw, room)
        self._plain += len(piece)
        if self._plain > self._bounds.body_bytes:
            raise TooLargeError
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """The plain body; raises zlib.error when it ended before its end."""
        if self._unpacker is not None and self._wire and not self._unpacker.eof:
            raise zlib.error("it ends before its end")
        return b"".join(self._pieces)
