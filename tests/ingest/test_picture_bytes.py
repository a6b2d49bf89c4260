"""Bytes from elsewhere are one whole picture, or refused with the reason; nothing is unpacked for that."""

from __future__ import annotations

import random
import struct
import time

import pytest

from digest.core.picturing import PictureFault, UnfitError
from digest.ingest.picture_bytes import MOST_PIXELS, picture_in
from tests.ingest.picture_samples import (
    JPEG,
    LOSSLESS,
    LOSSY,
    PROGRESSIVE,
    SEEN_THROUGH,
    gif,
    png,
    png_header,
    png_of,
)

WHOLE = {
    "png": (png(), "image/png"),
    "jpeg": (JPEG, "image/jpeg"),
    "layers": (PROGRESSIVE, "image/jpeg"),
    "gif": (gif(), "image/gif"),
    "moving": (gif(frames=3), "image/gif"),
    "webp": (LOSSY, "image/webp"),
    "lossless": (LOSSLESS, "image/webp"),
    "seen-through": (SEEN_THROUGH, "image/webp"),
}
PAGE = b"<!DOCTYPE html><script>alert(1)</script>"


def fault_of(content: bytes, declared: str = "") -> PictureFault:
    with pytest.raises(UnfitError) as refused:
        picture_in(content, declared)
    assert len(str(refused.value)) < 200
    return refused.value.fault


@pytest.mark.parametrize("name", WHOLE)
def test_a_whole_picture_is_known_by_its_bytes_with_its_size(name: str) -> None:
    content, content_type = WHOLE[name]
    for declared in ("", content_type, "image/png", "application/octet-stream"):
        seen = picture_in(content, declared)
        assert (seen.content_type, seen.width, seen.height) == (content_type, 160, 100)
        assert seen.content == content


@pytest.mark.parametrize("name", WHOLE)
def test_a_picture_that_ends_before_its_end_is_refused_wherever_it_was_cut(name: str) -> None:
    content, _type = WHOLE[name]
    cuts = range(12, len(content))
    for cut in cuts if len(content) < 1000 else random.Random(7).sample(cuts, 300):
        assert fault_of(content[:cut]) in {PictureFault.CUT_OFF, PictureFault.NO_PICTURE}
    assert fault_of(content[:-1]) is PictureFault.CUT_OFF


@pytest.mark.parametrize("name", WHOLE)
def test_what_is_something_else_besides_is_refused(name: str) -> None:
    content, content_type = WHOLE[name]
    assert fault_of(content + PAGE) is PictureFault.TWO_THINGS
    assert fault_of(content + b"PK\x03\x04") is PictureFault.TWO_THINGS
    assert fault_of(content, "text/html") is PictureFault.NO_PICTURE
    assert fault_of(PAGE + content) is PictureFault.NO_PICTURE
    if content_type != "image/jpeg":
        assert fault_of(content + JPEG) is PictureFault.TWO_THINGS


@pytest.mark.parametrize("name", WHOLE)
def test_padding_is_cut_off(name: str) -> None:
    content, _type = WHOLE[name]
    assert picture_in(content + b"\0" * 7).content == content


def test_the_second_picture_of_a_camera_is_cut_off() -> None:
    assert picture_in(JPEG + PROGRESSIVE).content == JPEG


@pytest.mark.parametrize(
    ("content", "declared"),
    [
        (b"", "image/png"),
        (PAGE, "image/png"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/png"),
        (b'<svg xmlns="http://www.w3.org/2000/svg"/>', "image/svg+xml"),
        (png(), "image/svg+xml"),
        (b"BM" + bytes(200), "image/bmp"),
        (b"RIFF\x24\0\0\0WAVEfmt " + bytes(40), "image/webp"),
        (png_of((b"tEXt", PAGE)), "image/png"),
        (png().replace(b"IDAT", b"IDAX"), "image/png"),
        (gif(frames=0), "image/gif"),
        (gif(frame_width=9_000), "image/gif"),
        (b"\xff\xd8\xff\xd9", "image/jpeg"),
    ],
    ids=[
        *("nothing", "page", "svg", "svg-told", "png-told-svg", "bmp", "sound", "headless", "checksum"),
        *("no-frame", "wide-frame", "no-size"),
    ],
)
def test_what_is_no_picture_is_refused(content: bytes, declared: str) -> None:
    assert fault_of(content, declared) is PictureFault.NO_PICTURE


@pytest.mark.parametrize(
    ("size", "fault"),
    [
        ((1, 1), PictureFault.TOO_SMALL),
        ((600, 99), PictureFault.TOO_SMALL),
        ((100, 12_001), PictureFault.TOO_MANY_PIXELS),
        ((2**31 - 1, 2**31 - 1), PictureFault.TOO_MANY_PIXELS),
    ],
    ids=["dot", "strip", "tower", "bomb"],
)
def test_a_size_that_no_mail_can_show_is_refused_from_the_header(
    size: tuple[int, int], fault: PictureFault
) -> None:
    assert fault_of(png_of(png_header(*size), (b"IDAT", b"never looked at"))) is fault


def test_the_largest_picture_is_taken_and_one_beyond_is_not() -> None:
    side = int(MOST_PIXELS**0.5)
    assert picture_in(png_of(png_header(side, side))).width == side
    assert fault_of(png_of(png_header(side, side + 1))) is PictureFault.TOO_MANY_PIXELS


@pytest.mark.parametrize(
    "content",
    [
        b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sI", 0, b"IDAT", 0x35AF061E) * 400_000,
        b"\xff\xd8" + b"\xff" * 5_000_000,
        b"\xff\xd8\xff\xda\x00\x02" + b"\xff\x00" * 2_500_000,
        b"GIF89a" + bytes(7) + b"\x21\xfe" + b"\x01a" * 2_500_000,
        b"RIFF" + b"\xff" * 5_000_000,
    ],
    ids=["chunks", "fill", "stuffing", "blocks", "length"],
)
def test_five_megabytes_made_to_be_slow_are_refused_at_once(content: bytes) -> None:
    begun = time.process_time()
    assert fault_of(content) in {PictureFault.CUT_OFF, PictureFault.NO_PICTURE}
    assert time.process_time() - begun < 10


def test_no_bytes_break_the_reader() -> None:
    chance = random.Random(11)
    for content, _type in WHOLE.values():
        for _turn in range(300):
            spoilt = bytearray(content)
            for _change in range(chance.randint(1, 6)):
                spoilt[chance.randrange(len(spoilt))] = chance.randrange(256)
            try:
                seen = picture_in(bytes(spoilt))
            except UnfitError:
                continue
            assert min(seen.width, seen.height) >= 100
