"""Draws the house from its code: rooms by floors, and an arrow for every import from one room to another.

`make house` writes docs/images/house.svg, and a test keeps it current. What
may be drawn at all is said by the rules of `test_architecture.py`, which are read here, not repeated.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Final

from tests.test_architecture import FLOORS, HEIGHT, ROOT, WELCOME, house, imports_of, module_of, room_of

PICTURE: Final = ROOT / "docs" / "images" / "house.svg"

#: Pixels: a room, what is between rooms and between floors, the edge of the picture, the column of leaves.
WIDE, HIGH, GAP, FLOOR, EDGE, LEAVES = 150, 58, 14, 104, 24, 214
#: All floors have room for as many as the fullest.
_MOST: Final = max(map(len, FLOORS))
_HOUSE: Final = _MOST * (WIDE + GAP) - GAP
_LIGHTS: Final = ("#f6e7d8", "#efe3f2", "#e3e9f6", "#dcefe9", "#e9f0d9", "#f7efcf", "#f5dddd", "#e4e7ea")
_FONT: Final = "font-family='Helvetica, Arial, sans-serif'"


@dataclass(frozen=True, slots=True)
class Room:
    """A room and where it is drawn."""

    name: str
    #: the first sentence of its code
    sentence: str
    x: float
    y: float
    light: str

    @property
    def verb(self) -> str:
        """What it does in a word, if its sentence begins with one."""
        word, colon, _ = self.sentence.partition(":")
        return word if colon and word.isupper() else ""


def arrows() -> list[tuple[str, str]]:
    """Every import from one room to another one below it, once."""
    found = {
        (room, other)
        for path, text in house().items()
        for _line, module in imports_of(path, ast.parse(text, path))
        if (room := room_of(module_of(path))) in HEIGHT
        and (other := room_of(module)) in HEIGHT
        and room != other
        and room is not None
        and other is not None
    }
    return sorted(found)


def picture() -> str:
    """The whole picture as SVG."""
    rooms = {room.name: room for room in _rooms()}
    width, height = EDGE * 3 + _HOUSE + LEAVES, EDGE * 2 + len(FLOORS) * FLOOR - (FLOOR - HIGH)
    parts = [
        f"<svg xmlns='http://www.w3.org/2000/svg' width='{width}' height='{height}' "
        f"viewBox='0 0 {width} {height}' role='img' aria-labelledby='title'>",
        "<title id='title'>The rooms of the house by floors; arrows are imports, and all go down</title>",
        "<defs><marker id='tip' viewBox='0 0 8 8' refX='7' refY='4' markerWidth='7' markerHeight='7' "
        "orient='auto'><path d='M0 0 L8 4 L0 8 z' fill='#5b6670'/></marker></defs>",
        f"<rect width='{width}' height='{height}' fill='#ffffff'/>",
        *(_arrow(rooms[above], rooms[below]) for above, below in arrows()),
        *map(_box, rooms.values()),
        *_leaves(EDGE * 2 + _HOUSE),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _rooms() -> Iterator[Room]:
    sentences = _sentences()
    for floor, names in enumerate(FLOORS):
        taken = len(names) * (WIDE + GAP) - GAP
        for place, name in enumerate(sorted(names)):
            x = EDGE + (_HOUSE - taken) / 2 + place * (WIDE + GAP)
            light = _LIGHTS[floor % len(_LIGHTS)]
            yield Room(name, sentences[name], x, EDGE + floor * FLOOR, light)


def _sentences() -> Mapping[str, str]:
    """The first line of what each room says of itself."""
    told = {}
    for path, text in house().items():
        name = module_of(path)
        if name in HEIGHT or name in WELCOME:
            told[name] = (ast.get_docstring(ast.parse(text, path)) or "").partition("\n")[0]
    return told


def _arrow(above: Room, below: Room) -> str:
    """From the lower edge of one to the upper edge of the other; those of one room leave side by side."""
    across = (below.x - above.x) / _HOUSE
    x1, y1 = above.x + WIDE * (0.5 + across * 0.45), above.y + HIGH
    x2, y2 = below.x + WIDE * (0.5 - across * 0.45), below.y
    floors = round((below.y - above.y) / FLOOR)
    # what goes by floors in between leans out, so that it does not vanish behind them
    lean = 0 if floors == 1 else (60 + 36 * floors) * (1 if x1 + x2 > EDGE * 2 + _HOUSE else -1)
    bend = (y2 - y1) / 2
    weight, colour = (1.6, "#5b6670") if floors == 1 else (1.0, "#a9b2ba")
    return (
        f"<path d='M{x1:.0f} {y1:.0f} C{x1 + lean:.0f} {y1 + bend:.0f} {x2 + lean:.0f} {y2 - bend:.0f} "
        f"{x2:.0f} {y2 - 2:.0f}' fill='none' stroke='{colour}' stroke-width='{weight}' "
        f"marker-end='url(#tip)'><title>{above.name} imports {below.name}</title></path>"
    )


def _box(room: Room) -> str:
    middle = room.x + WIDE / 2
    return (
        f"<g><title>{escape(room.sentence)}</title>"
        f"<rect x='{room.x:.0f}' y='{room.y:.0f}' width='{WIDE}' height='{HIGH}' rx='6' fill='{room.light}' "
        f"stroke='#5b6670'/>"
        f"<text x='{middle:.0f}' y='{room.y + 25:.0f}' {_FONT} font-size='15' font-weight='bold' "
        f"fill='#1f262b' text-anchor='middle'>{_shown(room.name)}</text>"
        f"<text x='{middle:.0f}' y='{room.y + 44:.0f}' {_FONT} font-size='11' letter-spacing='1' "
        f"fill='#47525b' text-anchor='middle'>{escape(room.verb)}</text></g>"
    )


def _leaves(x: float) -> Iterator[str]:
    """What stands beside the floors: it imports no room, and only some may look at it."""
    y = EDGE + 14
    yield f"<text x='{x:.0f}' y='{y}' {_FONT} font-size='13' font-weight='bold' fill='#1f262b'>Leaves</text>"
    for leaf in sorted(WELCOME.keys() - HEIGHT.keys()):
        y += 34
        yield (
            f"<text x='{x:.0f}' y='{y}' {_FONT} font-size='13' fill='#1f262b'>{_shown(leaf)}"
            f"<title>{escape(_sentences()[leaf])}</title></text>"
        )
        for line in _welcomed(leaf):
            y += 15
            yield f"<text x='{x + 10:.0f}' y='{y}' {_FONT} font-size='11' fill='#47525b'>{line}</text>"


def _welcomed(leaf: str) -> Iterator[str]:
    """Who may look at a leaf, some words a line."""
    welcome, line = WELCOME[leaf], "for"
    away = sorted(_shown(room) for room in HEIGHT.keys() - welcome)
    words = [_shown(one) for one in sorted(welcome)]
    if len(away) < len(words):
        more = sorted(_shown(one) for one in welcome - HEIGHT.keys())
        words = ["all rooms but", ", ".join(away), *(["and", ", ".join(more)] if more else [])]
        words = " ".join(words).split(" ")
    else:
        words = ", ".join(words).split(" ")
    for word in words:
        if len(line) + len(word) > 34:
            yield escape(line)
            line = word
        else:
            line += f" {word}"
    yield escape(line)


def _shown(name: str) -> str:
    return name.removeprefix("digest.")


if __name__ == "__main__":
    PICTURE.write_text(picture(), encoding="utf-8")
    print(f"written: {PICTURE.relative_to(Path.cwd())}")
