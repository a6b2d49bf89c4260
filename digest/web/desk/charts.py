"""Charts as shapes on a grid: what a template draws as SVG, sized by numbers and coloured by classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import Struct

#: Units of the drawing; it is stretched to the width of the page.
WIDTH: Final = 720
HEIGHT: Final = 160


class Block(Struct, frozen=True):
    """A rectangle of a chart, and what it stands for."""

    x: float
    y: float
    width: float
    height: float
    #: the class that colours it
    tone: str
    #: what is said of it to who points at it
    title: str


class Chart(Struct, frozen=True):
    """Blocks, the line from which they rise or hang, and what the tallest reaches."""

    blocks: tuple[Block, ...]
    ground: float
    most: int
    least: int


def columns(
    labels: Sequence[str], series: Sequence[tuple[str, str, Sequence[int]]], *, below: Sequence[str] = ()
) -> Chart:
    """Columns of stacked blocks; series are (name, tone, values), and those named in `below` hang down.

    Every series has as many values as there are labels.
    """
    up = [sum(values[n] for name, _, values in series if name not in below) for n in range(len(labels))]
    down = [sum(values[n] for name, _, values in series if name in below) for n in range(len(labels))]
    most, least = max(up, default=0), max(down, default=0)
    scale = HEIGHT / max(most + least, 1)
    ground = most * scale if most + least else HEIGHT
    step = WIDTH / max(len(labels), 1)
    blocks = []
    for n, label in enumerate(labels):
        top, bottom = ground, ground
        for name, tone, values in series:
            height = values[n] * scale
            if not height:
                continue
            if name in below:
                y, bottom = bottom, bottom + height
            else:
                y = top = top - height
            title = f"{label}: {values[n]:,} {name}"
            blocks.append(
                Block(
                    round(n * step + step * 0.1, 2),
                    round(y, 2),
                    round(step * 0.8, 2),
                    round(height, 2),
                    tone,
                    title,
                )
            )
    return Chart(tuple(blocks), round(ground, 2), most, least)


class RateLines(Struct, frozen=True):
    """A scale from nothing to `most`, and the lines that a rate on it must not pass."""

    most: float
    lines: tuple[float, ...]

    def at(self, rate: float) -> float:
        """Where a rate lies, of a hundred; what is beyond the scale lies at its end."""
        return round(100 * min(rate, self.most) / self.most, 2)
