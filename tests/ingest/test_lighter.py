"""Pictures too heavy for a mail become light ones that show the same, where Pillow is installed."""

from __future__ import annotations

import io
import random
import signal
import subprocess
import sys
from typing import Any

import pytest

from digest.core.picturing import MOST_OCTETS, Embedded
from digest.ingest.lighter import Lightener, embedded
from digest.ingest.picture_bytes import picture_in
from tests.ingest.picture_samples import JPEG, png
from tests.tiers import wide

pytestmark = pytest.mark.anyio


def drawn(width: int, height: int, mode: str = "RGB") -> Any:
    """A sky over a sea, with the grain of a photograph."""
    image = pytest.importorskip("PIL.Image")
    noise = random.Random(5)
    sky = image.linear_gradient("L").resize((width, height))
    grain = image.frombytes("L", (width // 4, height // 4), noise.randbytes((width // 4) * (height // 4)))
    mixed = image.blend(sky, grain.resize((width, height)), 0.1)
    whole = image.merge("RGB", (mixed, sky, image.new("L", (width, height), 150)))
    if mode == "RGBA":
        whole.putalpha(sky)
    return whole


def saved(picture: Any, kind: str, **options: Any) -> bytes:
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


async def made(content: bytes) -> Embedded:
    return await Lightener().fitting(picture_in(content))


async def test_what_is_light_enough_is_sent_as_it_is() -> None:
    for content in (JPEG, png()):
        assert (await made(content)).content == content


@pytest.mark.parametrize("kind", ["JPEG", *wide("PNG", "WEBP")])
async def test_a_heavy_photograph_becomes_a_light_one_of_the_same_shape(kind: str) -> None:
    heavy = saved(drawn(1600, 900), kind, quality=95)
    assert len(heavy) > MOST_OCTETS
    light = await made(heavy)
    assert len(light.content) <= MOST_OCTETS
    assert light.content_type == "image/jpeg"
    assert 560 <= light.width <= 1120
    assert abs(light.width / light.height - 16 / 9) < 0.02
    assert light == embedded(picture_in(light.content))


@pytest.mark.wide
async def test_what_is_transparent_stays_so() -> None:
    light = await made(saved(drawn(900, 900, "RGBA"), "PNG"))
    assert light.content_type == "image/png"
    assert len(light.content) <= MOST_OCTETS


async def test_a_picture_is_turned_as_its_camera_says_and_says_nothing_of_its_place() -> None:
    image = drawn(1600, 900)
    told = image.getexif()
    told[0x0112] = 6
    told[0x010E] = "taken at the editor's home"
    light = await made(saved(image, "JPEG", quality=95, exif=told))
    assert light.height > light.width
    assert b"home" not in light.content
    assert b"Exif" not in light.content


async def test_a_small_file_of_many_pixels_is_made_small_too() -> None:
    many = saved(pytest.importorskip("PIL.Image").new("RGB", (4000, 4000), (30, 80, 110)), "PNG")
    assert len(many) > 0
    light = await made(many)
    assert max(light.width, light.height) <= 1200


@pytest.mark.wide
async def test_noise_that_cannot_be_made_light_enough_at_one_size_is_at_a_smaller_one() -> None:
    pytest.importorskip("PIL.Image")
    light = await made(png(1200, 1200, seed=3))
    assert len(light.content) <= MOST_OCTETS


def test_who_works_for_ever_is_stopped_by_what_the_processor_counts() -> None:
    words = "from digest.ingest.apart import limit_processor; limit_processor(1)\nwhile True: pass"
    done = subprocess.run([sys.executable, "-c", words], check=False, timeout=60)
    assert done.returncode in {-signal.SIGXCPU, -signal.SIGKILL}
