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
#: With this each member of a gzip begins.
_MEMBER: Final = b"\x1f"


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
        if self._unpacker is None:
            self._keep(raw)
            return
        try:
            self._unpack(self._unpacker, raw)
        except zlib.error:
            if begun:
                raise
            self._unpack(zlib.decompressobj(_BARE_DEFLATE), raw)

    def _unpack(self, unpacker: zlib._Decompress, raw: bytes) -> None:
        """Unpack a piece; several members one behind the other are one body (RFC 1952 section 2.2)."""
        while True:
            if unpacker.eof and raw[:1] == _MEMBER:
                unpacker = zlib.decompressobj(_GZIP_OR_ZLIB)
            self._unpacker = unpacker
            if unpacker.eof:
                # what stands behind the last one is padding
                return
            # one byte more than fits is enough to know
            self._keep(unpacker.decompress(raw, self._bounds.body_bytes - self._plain + 1))
            raw = unpacker.unused_data
            if not raw:
                return

    def _keep(self, piece: bytes) -> None:
        self._plain += len(piece)
        if self._plain > self._bounds.body_bytes:
            raise TooLargeError
        self._pieces.append(piece)

    def whole(self) -> bytes:
        """The plain body; raises zlib.error when it ended before its end."""
        if self._unpacker is not None and self._wire and not self._unpacker.eof:
            raise zlib.error("it ends before its end")
        return b"".join(self._pieces)
