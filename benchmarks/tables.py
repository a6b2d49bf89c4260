"""Figures as tables that can be read on a terminal and pasted into a document."""

from __future__ import annotations

from collections.abc import Sequence


def show(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print one table; the first column is words, the others are figures."""
    widths = [max(map(len, column)) for column in zip(columns, *rows, strict=True)]
    print(f"\n{title}\n")
    print(_line(columns, widths))
    print("|".join(["", "-" * (widths[0] + 2), *("-" * (width + 1) + ":" for width in widths[1:]), ""]))
    for row in rows:
        print(_line(row, widths))
    print(flush=True)


def seconds(value: float) -> str:
    """Seconds with as many digits as mean something."""
    return f"{value:.2f} s"


def times(value: float, base: float) -> str:
    """How many times the base."""
    return f"{value / base:.1f} x"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    first, *others = (
        cell.rjust(width) if place else cell.ljust(width)
        for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
    )
    return f"| {' | '.join([first, *others])} |"
