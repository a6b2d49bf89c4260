"""The colours of a mail, by day and by night: a theme's own, a newsletter's brand, and every text readable.

A theme names colours by what they do. Texts are moved, in lightness alone, until they can be read on what is
behind them: 4.5 to 1, as WCAG 2.2 asks for (1.4.3 Contrast, level AA), measured by its relative luminance.

| surface           | texts on it                  |
|-------------------|------------------------------|
| `sheet`, `panel`  | `ink`, `soft`, `accent`      |
| `paper`           | `paper-ink`                  |
| `band`            | `band-ink`                   |
| `button`          | `button-ink`                 |
| `tile` (the logo) | `tile-ink`                   |

Colours of other names, such as `line`, carry no text and stay what the theme says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from colorsys import hls_to_rgb, rgb_to_hls
from functools import lru_cache
from typing import Final

from msgspec import Struct

LEAST_CONTRAST: Final = 4.5
WHITE: Final = "#ffffff"
BLACK: Final = "#000000"
#: What is said of a theme that leaves a colour out.
_LIGHT: Final = {
    "paper": "#f2f2f2",
    "sheet": WHITE,
    "panel": "#f6f6f6",
    "ink": "#222222",
    "soft": "#606060",
    "accent": "#1f4e8c",
}
_DARK: Final = {
    "paper": "#121212",
    "sheet": "#1b1b1b",
    "panel": "#232323",
    "ink": "#e8e8e8",
    "soft": "#a6a6a6",
    "accent": "#8ab4f0",
}
#: A band at night: dark enough not to dazzle.
_BAND_CONTRAST: Final = 7.0
#: Grounds at night are hardly coloured.
_MOST_SATURATION: Final = 0.35
_STEPS: Final = 256

Colours = Mapping[str, str]


class Brand(Struct, frozen=True):
    """What a newsletter says about colours: `#rrggbb`, or None for the theme's own."""

    accent: str | None = None
    ground: str | None = None


UNBRANDED: Final = Brand()


def palettes(
    light: Colours, dark: Colours, brand: Brand = UNBRANDED
) -> tuple[dict[str, str], dict[str, str]]:
    """All colours by day and by night, as `#rrggbb`, from those that a theme names and those of a brand."""
    by_day = {**_LIGHT, **light}
    by_night = {**_DARK, **dark}
    if brand.ground is not None:
        by_day["paper"] = brand.ground
        by_night["paper"] = _nightly_ground(brand.ground, by_night["sheet"])
    if brand.accent is not None:
        by_day |= {"accent": brand.accent, "band": brand.accent}
        by_night |= {"accent": brand.accent, "band": _deepened(brand.accent)}
    return _readable(by_day), _readable(by_night)


def contrast(first: str, second: str) -> float:
    """The ratio of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(first), _luminance(second)))
    return (lighter + 0.05) / (darker + 0.05)


def readable_on(colour: str, *surfaces: str) -> str:
    """The colour, or the one nearest in lightness and of the same hue that can be read on all surfaces.

    Black or white when there is none; one of them can be read on any single surface.
    """
    return _nearest(colour, lambda one: all(contrast(one, each) >= LEAST_CONTRAST for each in surfaces))


def _readable(named: dict[str, str]) -> dict[str, str]:
    """The colours with all texts readable, and with those that were left to us."""
    found = dict(named)
    found["panel"] = _beside(found["sheet"], found["panel"])
    for text in ("ink", "soft", "accent"):
        found[text] = readable_on(found[text], found["sheet"], found["panel"])
    found["paper-ink"] = readable_on(named.get("paper-ink", named["soft"]), found["paper"])
    found["band"] = named.get("band", found["accent"])
    found["band-ink"] = _first_readable(found["band"], named.get("band-ink", WHITE), found["ink"])
    found["button"] = named.get("button", found["accent"])
    found["button-ink"] = _first_readable(found["button"], named.get("button-ink", found["sheet"]))
    # logos are drawn for white paper, most of them in dark letters
    found["tile"] = named.get("tile", found["sheet"] if _luminance(found["sheet"]) > 0.5 else WHITE)
    found["tile-ink"] = _first_readable(found["tile"], named.get("tile-ink", found["ink"]))
    return found


def _beside(sheet: str, panel: str) -> str:
    """The panel, when some text can be read on it and on the sheet; else what the sheet is."""
    lights = [min(contrast(text, sheet), contrast(text, panel)) for text in (BLACK, WHITE)]
    return panel if max(lights) >= LEAST_CONTRAST else sheet


def _first_readable(surface: str, *wanted: str) -> str:
    return next(colour for colour in (*wanted, WHITE, BLACK) if contrast(colour, surface) >= LEAST_CONTRAST)


def _deepened(colour: str) -> str:
    """The colour, no lighter than white letters want it at night."""
    return _darker(colour, lambda one: contrast(one, WHITE) >= _BAND_CONTRAST)


def _nightly_ground(ground: str, sheet: str) -> str:
    """The ground as dark as the sheet that lies on it, or darker, and hardly coloured."""
    hue, lightness, saturation = _hls(ground)
    calm = _hex(hue, lightness, min(saturation, _MOST_SATURATION))
    limit = _luminance(sheet)
    return _darker(calm, lambda one: _luminance(one) <= limit)


def _darker(colour: str, fits: Callable[[str], bool]) -> str:
    hue, lightness, saturation = _hls(colour)
    steps = (_hex(hue, lightness * (_STEPS - step) / _STEPS, saturation) for step in range(1, _STEPS))
    return colour if fits(colour) else next(filter(fits, steps), BLACK)


def _nearest(colour: str, fits: Callable[[str], bool]) -> str:
    if fits(colour):
        return colour
    hue, lightness, saturation = _hls(colour)
    for step in range(1, _STEPS + 1):
        for moved in (lightness - step / _STEPS, lightness + step / _STEPS):
            if 0 < moved < 1 and fits(found := _hex(hue, moved, saturation)):
                return found
    return max((BLACK, WHITE), key=fits)


@lru_cache(maxsize=4096)
def _luminance(colour: str) -> float:
    """From 0 for black to 1 for white (WCAG 2.2, "relative luminance")."""
    red, green, blue = (_linear(channel) for channel in _channels(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(channel: float) -> float:
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def _hls(colour: str) -> tuple[float, float, float]:
    return rgb_to_hls(*_channels(colour))


def _hex(hue: float, lightness: float, saturation: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in hls_to_rgb(hue, lightness, saturation))


def _channels(colour: str) -> Sequence[float]:
    return [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
