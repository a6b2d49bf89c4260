"""Whatever colours a theme and a brand bring, by day and by night every text can be read."""

from __future__ import annotations

from colorsys import rgb_to_hls

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.render.palette import UNBRANDED, Brand, contrast, palettes, readable_on

#: The texts on each surface.
PAIRS = {
    "sheet": ("ink", "soft", "accent"),
    "panel": ("ink", "soft", "accent"),
    "paper": ("paper-ink",),
    "band": ("band-ink",),
    "button": ("button-ink",),
    "tile": ("tile-ink",),
}
NAMES = [*PAIRS, "line", *(text for texts in PAIRS.values() for text in texts)]
LIGHT = {"paper": "#efe9de", "sheet": "#fffdf9", "panel": "#f8f3e9", "ink": "#24211c", "accent": "#8c2d1f"}
DARK = {"paper": "#12110f", "sheet": "#1c1a17", "panel": "#25221d", "ink": "#ece6da", "accent": "#eda08c"}

colours = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")
tables = st.dictionaries(st.sampled_from(NAMES), colours)
brands = st.builds(Brand, st.none() | colours, st.none() | colours)


def unreadable(palette: dict[str, str]) -> list[str]:
    return [
        f"{text} {palette[text]} on {surface} {palette[surface]}"
        for surface, texts in PAIRS.items()
        for text in texts
        if contrast(palette[text], palette[surface]) < 4.5
    ]


@settings(deadline=None)
@given(brands)
def test_every_brand_can_be_read_in_our_theme(brand: Brand) -> None:
    for palette in palettes(LIGHT, DARK, brand):
        assert not unreadable(palette)


@settings(deadline=None)
@given(tables, tables, brands)
def test_every_theme_can_be_read(light: dict[str, str], dark: dict[str, str], brand: Brand) -> None:
    for palette in palettes(light, dark, brand):
        assert not unreadable(palette)


@pytest.mark.parametrize("accent", ["#ffff00", "#000000", "#ffffff", "#00ffff", "#808080", "#0000ff"])
@pytest.mark.parametrize("ground", ["#ffff00", "#000000", "#ffffff", "#777777", "#ff0000"])
def test_the_ugliest_brands_can_be_read(accent: str, ground: str) -> None:
    for palette in palettes(LIGHT, DARK, Brand(accent, ground)):
        assert not unreadable(palette)


def test_colours_that_can_be_read_stay_what_they_are() -> None:
    day, night = palettes(LIGHT, DARK, UNBRANDED)
    assert LIGHT.items() <= day.items()
    assert DARK.items() <= night.items()


def test_a_brand_is_shown_in_its_own_colours_by_day() -> None:
    day, _ = palettes(LIGHT, DARK, Brand("#1a5276", "#d6eaf8"))
    assert (day["accent"], day["band"], day["button"], day["paper"]) == ("#1a5276",) * 3 + ("#d6eaf8",)


def test_a_bright_ground_is_dark_at_night() -> None:
    _, night = palettes(LIGHT, DARK, Brand(ground="#ffff00"))
    assert contrast(night["paper"], "#000000") <= contrast(night["sheet"], "#000000")


@given(colours.filter(lambda colour: len({colour[1:3], colour[3:5], colour[5:7]}) > 1), colours)
def test_a_colour_that_moves_keeps_its_hue(colour: str, surface: str) -> None:
    moved = readable_on(colour, surface)
    hue, lightness, saturation = hls(colour)
    new_hue, new_lightness, new_saturation = hls(moved)
    # in whole steps of a screen's channel, very dark and very light colours have hardly any hue
    if saturation > 0.3 and 0.15 < new_lightness < 0.85 and 0.15 < lightness < 0.85 and new_saturation > 0:
        assert abs((hue - new_hue + 0.5) % 1 - 0.5) < 0.02


def test_contrast_is_what_wcag_says_it_is() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#ffffff", "#ffffff") == 1
    # the grey that is known for just passing, and the one that just does not
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.005)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


def hls(colour: str) -> tuple[float, float, float]:
    return rgb_to_hls(*(int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)))
