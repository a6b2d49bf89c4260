"""A picture too heavy for a mail is made lighter, in a process of its own that may be stopped at any moment.

What reads pictures was written in C and meets what strangers made: should it break, loop or take all memory,
that process ends, and the picture is not brought along. It needs Pillow, the extra `pictures`.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib.util import find_spec
from typing import Any, Final

from digest.core.picturing import COLUMN, MOST_OCTETS, SCREEN, Embedded, PictureFault, UnfitError
from digest.ingest.apart import limit_memory, limit_processor, surroundings
from digest.ingest.picture_bytes import Seen, picture_in

#: What one may take of the processor, in seconds, and of memory, the program included; how long it is waited
#: for besides, since a busy machine is no fault of a picture.
PROCESSOR_SECONDS: Final = 10
SECONDS: Final = 60.0
MEMORY_BYTES: Final = 512 * 1024 * 1024
#: At a time: other work goes on beside.
_PLACES: Final = 2
#: A picture that is sent as it is unpacks to no more pixels on a side than this in the reader's program.
_MOST_SENT: Final = 2_400
#: Sizes to try, for screens of fine and of plain pixels, each down to the worst that still looks well.
_SIZES: Final = tuple((round(COLUMN * fine), round(SCREEN * fine)) for fine in (2, 1.5, 1, 0.7, 0.5))
_QUALITIES: Final = (80, 70, 60)
#: Octets that leave room for two others beside the words of a mail; a picture as wide as its column is tried
#: to be no heavier, and one that cannot be that light is still sent up to the limit.
_GOAL: Final = 18_000
_GOOD_SIZES: Final = _SIZES[:3]
_FORMATS: Final = ("PNG", "JPEG", "GIF", "WEBP")
_CALL: Final = "from digest.ingest.lighter import serve; serve()"


class Lightener:
    """Gets pictures ready for mails, some at a time."""

    def __init__(self, *, is_able: bool | None = None, seconds: float = SECONDS) -> None:
        """Work on one for so many seconds at most; what is not said is whether Pillow is installed."""
        #: whether heavy ones are made lighter
        self.is_able: Final = find_spec("PIL") is not None if is_able is None else is_able
        self._seconds: Final = seconds
        self._places: Final = asyncio.Semaphore(_PLACES)

    async def fitting(self, seen: Seen) -> Embedded:
        """The picture as a mail can bring it along; raises UnfitError when there is no way."""
        if len(seen.content) <= MOST_OCTETS and max(seen.width, seen.height) <= _MOST_SENT:
            return embedded(seen)
        if not self.is_able:
            raise UnfitError(
                PictureFault.TOO_HEAVY,
                f"it has {len(seen.content):,} bytes and {seen.width} x {seen.height} pixels, too much for a "
                "mail; Pillow, which would make it lighter, is not installed (the extra pictures)",
            )
        async with self._places:
            made = await self._made(seen.content)
        if not 0 < len(made) <= MOST_OCTETS:
            raise UnfitError(PictureFault.NOT_LIGHTER, "it could not be read, or not be made light enough")
        return embedded(picture_in(made))

    async def _made(self, content: bytes) -> bytes:
        worker = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-c", _CALL),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env=surroundings(),
        )
        try:
            async with asyncio.timeout(self._seconds):
                return (await worker.communicate(content))[0]
        except TimeoutError:
            return b""
        finally:
            with suppress(ProcessLookupError):
                worker.kill()
            await worker.wait()


def embedded(seen: Seen) -> Embedded:
    """A picture under the name that its content gives it."""
    name = hashlib.sha256(seen.content).hexdigest()
    return Embedded(name, seen.content_type, seen.width, seen.height, seen.content)


def serve() -> None:
    """Make the picture on standard input lighter; nothing on standard output when that cannot be done."""
    limit_memory(MEMORY_BYTES)
    limit_processor(PROCESSOR_SECONDS)
    sys.stdout.buffer.write(lighter(sys.stdin.buffer.read()) or b"")


def lighter(content: bytes, most: int = MOST_OCTETS) -> bytes | None:
    """The same picture in at most so many bytes, as good as it can be; None when it cannot be done.

    What stands beside the picture in its file - where and by whom it was taken - does not come along.
    """
    from PIL import Image, ImageOps

    picture: Any = Image.open(io.BytesIO(content), formats=_FORMATS)
    # JPEG can be unpacked at a half or a quarter of its size, which saves nearly all time and memory
    picture.draft("RGB", (2 * _SIZES[0][0], 2 * _SIZES[0][1]))
    profile, is_drawn = picture.info.get("icc_profile"), picture.format in {"PNG", "GIF"}
    picture = ImageOps.exif_transpose(picture)
    see_through = picture.has_transparency_data
    picture = _in_plain_colours(picture.convert("RGBA" if see_through else "RGB"), profile)
    if see_through and picture.getextrema()[3][0] == 255:
        picture, see_through = picture.convert("RGB"), False
    for sizes, octets in ((_GOOD_SIZES, _GOAL), (_SIZES, most)):
        for size in sizes:
            smaller = picture.copy()
            smaller.thumbnail(size, Image.Resampling.LANCZOS)
            for made in _written_down(smaller, is_drawn=is_drawn, see_through=see_through):
                if len(made) <= octets:
                    return made
    return None


def _written_down(picture: Any, *, is_drawn: bool, see_through: bool) -> Iterator[bytes]:
    """The best first: what is drawn has few colours, and edges that JPEG blurs; photographs do not fit so."""
    if is_drawn or see_through:
        yield _written(picture.quantize(256, method=2), "PNG", optimize=True)
    if not see_through:
        for quality in _QUALITIES:
            yield _written(picture, "JPEG", quality=quality, optimize=True, progressive=True)


def _in_plain_colours(picture: Any, profile: bytes | None) -> Any:
    """Colours as every program shows them (sRGB): cameras write others, and few mail programs know."""
    if not profile:
        return picture
    from PIL import ImageCms

    try:
        plain, theirs = ImageCms.createProfile("sRGB"), ImageCms.ImageCmsProfile(io.BytesIO(profile))
        return ImageCms.profileToProfile(picture, theirs, plain, outputMode=picture.mode)
    except (ImageCms.PyCMSError, OSError, ValueError):
        return picture


def _written(picture: Any, format_: str, **options: Any) -> bytes:
    made = io.BytesIO()
    picture.save(made, format_, **options)
    return made.getvalue()
