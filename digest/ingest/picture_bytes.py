"""What bytes from elsewhere are: one picture from the first byte to the last, or nothing for a mail.

Nothing is unpacked here: sizes are read from headers, and the structure is walked from end to end, so that
what decodes to gigabytes, or is a page or a program besides, is never handed on.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from typing import Final

from msgspec import Struct

from digest.core.picturing import PictureFault, UnfitError

#: Pixels: what is smaller is a mark, a face or a counter; what is larger is a trap, or meant for print.
LEAST_SIDE: Final = 100
MOST_SIDE: Final = 12_000
MOST_PIXELS: Final = 25_000_000
#: What servers may call a picture: storage often says nothing better than that it is bytes.
_BYTES: Final = frozenset({"", "application/octet-stream", "binary/octet-stream"})
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_GIFS: Final = (b"GIF87a", b"GIF89a")
_JPEG: Final = b"\xff\xd8\xff"
#: Markers of JPEG that begin a frame, and those that stand alone (ITU-T T.81, table B.1).
_FRAMES: Final = frozenset({*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC})
_ALONE: Final = frozenset({0x01, *range(0xD0, 0xD8)})


class Seen(Struct, frozen=True):
    """A whole picture, as far as its header tells."""

    content_type: str
    #: pixels
    width: int
    height: int
    #: without padding behind its end
    content: bytes


def picture_in(content: bytes, declared: str = "") -> Seen:
    """The one picture that these bytes are; `declared` is the media type that came with them.

    Raises UnfitError. The bytes decide what it is, but what is served as a page or a drawing is none.
    """
    if declared not in _BYTES and (not declared.startswith("image/") or declared.startswith("image/svg")):
        raise UnfitError(PictureFault.NO_PICTURE, f"it is served as {declared[:60]!r}, not as a picture")
    for signs, content_type, walk in _KINDS:
        if content.startswith(signs):
            try:
                width, height, end = walk(content)
            except (IndexError, struct.error):
                raise UnfitError(PictureFault.CUT_OFF, "it ends before its end") from None
            _look_at_size(width, height)
            _look_behind(content, end, content_type)
            return Seen(content_type, width, height, content[:end])
    raise UnfitError(PictureFault.NO_PICTURE, "it is no PNG, JPEG, GIF or WebP")


def _look_at_size(width: int, height: int) -> None:
    if min(width, height) < LEAST_SIDE:
        raise UnfitError(
            PictureFault.TOO_SMALL, f"it has {width} x {height} pixels, fewer than {LEAST_SIDE} on a side"
        )
    if max(width, height) > MOST_SIDE or width * height > MOST_PIXELS:
        raise UnfitError(
            PictureFault.TOO_MANY_PIXELS,
            f"it has {width} x {height} pixels, more than {MOST_PIXELS:,} in all or {MOST_SIDE:,} on a side",
        )


def _look_behind(content: bytes, end: int, content_type: str) -> None:
    """Padding and the second picture of a camera (MPF) are cut off; all else makes it two things."""
    rest = content[end:]
    is_second = content_type == "image/jpeg" and rest.startswith(_JPEG)
    if rest.strip(b"\0\r\n") and not is_second:
        raise UnfitError(PictureFault.TWO_THINGS, f"{len(rest):,} bytes of something else stand behind it")


def _broken(what: str) -> UnfitError:
    return UnfitError(PictureFault.NO_PICTURE, f"it is not well made: {what}")


def _png(content: bytes) -> tuple[int, int, int]:
    """Width, height and end by ISO/IEC 15948: chunks with checksums, IHDR to IEND."""
    place, size = len(_PNG), (0, 0)
    while True:
        (length,) = struct.unpack_from(">I", content, place)
        kind, end = content[place + 4 : place + 8], place + 12 + length
        (checksum,) = struct.unpack_from(">I", content, end - 4)
        if zlib.crc32(content[place + 4 : end - 4]) != checksum:
            raise _broken("a checksum is wrong")
        if kind == b"IHDR" and place == len(_PNG) and length == 13:
            size = struct.unpack_from(">II", content, place + 8)
        elif place == len(_PNG):
            raise _broken("it does not begin with its header")
        if kind == b"IEND":
            return *size, end
        place = end


def _gif(content: bytes) -> tuple[int, int, int]:
    """Width, height and end by GIF89a: blocks up to the trailer, no frame beyond the screen."""
    width, height, flags = struct.unpack_from("<HHB", content, 6)
    place, frames = 13 + _colours(flags), 0
    while (sign := content[place]) != 0x3B:
        if sign == 0x21:
            place = _past_blocks(content, place + 2)
        elif sign == 0x2C:
            left, top, wide, high, flags = struct.unpack_from("<HHHHB", content, place + 1)
            if left + wide > width or top + high > height:
                raise _broken("a frame is larger than its screen")
            place, frames = _past_blocks(content, place + 11 + _colours(flags)), frames + 1
        else:
            raise _broken("a block is of no known kind")
    if not frames:
        raise _broken("nothing is drawn in it")
    return width, height, place + 1


def _colours(flags: int) -> int:
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _past_blocks(content: bytes, place: int) -> int:
    while length := content[place]:
        place += 1 + length
    return place + 1


def _jpeg(content: bytes) -> tuple[int, int, int]:
    """Width, height and end by ITU-T T.81: segments and scans up to the end of the image."""
    place, size = 2, (0, 0)
    while True:
        if content[place] != 0xFF:
            raise _broken("a marker is missing")
        while (marker := content[place + 1]) == 0xFF:
            place += 1
        place += 2
        if marker == 0xD9:
            if size == (0, 0):
                raise _broken("it has no size")
            return *size, place
        if marker in _ALONE:
            continue
        (length,) = struct.unpack_from(">H", content, place)
        if marker in _FRAMES:
            high, wide = struct.unpack_from(">HH", content, place + 3)
            size = wide, high
        place += length
        if marker == 0xDA:
            place = _past_scan(content, place)


def _past_scan(content: bytes, place: int) -> int:
    """Where the next marker is that is neither a stuffed byte nor a restart."""
    while True:
        place = content.find(b"\xff", place)
        if place < 0:
            raise IndexError
        if content[place + 1] not in {0x00, *range(0xD0, 0xD8)}:
            return place
        place += 2


def _webp(content: bytes) -> tuple[int, int, int]:
    """Width, height and end by RFC 9649: the first chunk tells the size."""
    (length,) = struct.unpack_from("<I", content, 4)
    kind, end = content[12:16], 8 + length
    if content[8:12] != b"WEBP":
        raise _broken("it is another kind of RIFF")
    if kind == b"VP8X":
        size = tuple(1 + int.from_bytes(content[at : at + 3], "little") for at in (24, 27))
    elif kind == b"VP8 " and content[23:26] == b"\x9d\x01\x2a":
        size = tuple(side & 0x3FFF for side in struct.unpack_from("<HH", content, 26))
    elif kind == b"VP8L" and content[20] == 0x2F:
        (bits,) = struct.unpack_from("<I", content, 21)
        size = (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    else:
        raise _broken("its first chunk is of no known kind")
    if end > len(content):
        raise IndexError
    return size[0], size[1], end


_KINDS: Final[tuple[tuple[tuple[bytes, ...], str, Callable[[bytes], tuple[int, int, int]]], ...]] = (
    ((_PNG,), "image/png", _png),
    ((_JPEG,), "image/jpeg", _jpeg),
    (_GIFS, "image/gif", _gif),
    ((b"RIFF",), "image/webp", _webp),
)
