"""A printed sheet is cut at its marks into encoded pieces, and the pieces are put together for a cohort."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from html import escape
from types import MappingProxyType
from typing import Final, NamedTuple

from msgspec import Struct

from digest.render.marks import EndMark, Mark, Marks, PieceMark, PlaceMark, WhenMark
from digest.render.quoted import quoted


class Slot(NamedTuple):
    """Where a value goes; in markup it is escaped first, as the serialiser of the sheet escapes."""

    name: str
    markup: bool
    #: within a tag, where a quotation mark would end the value
    attribute: bool = False

    def filled(self, value: str) -> bytes:
        """The value as an encoded piece."""
        return quoted(escape(value, quote=self.attribute) if self.markup else value)


class When(Struct, frozen=True):
    """What is left out when a value is empty."""

    name: str
    parts: tuple[Part, ...]


class Place(Struct, frozen=True):
    """Where the pieces of one loop go, in the order of a list."""

    piece: str
    source: str


Part = bytes | Slot | When | Place

_NO_LISTS: Final[Mapping[str, Sequence[Turn]]] = MappingProxyType({})
#: Turns of which a sheet remembers what they print: pieces that it has anyway, a few hundred octets each.
_TURNS_KEPT: Final = 4096


@dataclass(frozen=True, slots=True)
class Cut:
    """A sheet in parts; the bytes among them are in quoted-printable."""

    frame: tuple[Part, ...]
    #: by the name of the loop and the key of the turn
    pieces: Mapping[tuple[str, str], tuple[Part, ...]]
    #: what turns with lists of their own print, by the name of the loop; None for what depends on values
    known: dict[tuple[str, Turn], tuple[bytes, ...] | None] = field(
        default_factory=dict, compare=False, repr=False
    )


class Turn(Struct, frozen=True, eq=False):
    """One thing of a list: its key, and the lists that it has itself.

    What it prints is remembered by the object, so whoever means the same again brings the same one.
    """

    key: str
    lists: Mapping[str, Sequence[Turn]] = _NO_LISTS


def cut(printed: str, marks: Marks, *, markup: bool) -> Cut:
    """Cut a sheet that was printed with these marks; raises ValueError when the marks make no sense."""
    pieces: dict[tuple[str, str], tuple[Part, ...]] = {}
    frame: list[Part] = []
    open_marks: list[tuple[Mark, list[Part]]] = []
    in_tag = False
    for found in _tokens(printed, marks):
        parts = open_marks[-1][1] if open_marks else frame
        if isinstance(found, str):
            parts.append(quoted(found))
            in_tag = _ends_in_tag(found, in_tag)
        elif isinstance(found, Slot):
            parts.append(Slot(found.name, markup, attribute=markup and in_tag))
        elif not isinstance(found, EndMark):
            open_marks.append((found, []))
        else:
            mark, inside = open_marks.pop()
            around = open_marks[-1][1] if open_marks else frame
            around.extend(_closed(mark, tuple(inside), pieces))
    return Cut(tuple(frame), pieces)


def assembled(
    sheet: Cut,
    lists: Mapping[str, Sequence[Turn]],
    values: Mapping[str, str],
    shown: Callable[[str], str] = str,
) -> tuple[Part, ...]:
    """The sheet with its places taken by these lists and its slots by these values, as they are `shown`.

    What has no value is a reader's own: a slot, or a `When` around it, that stays for `flat`.
    """
    assembly = _Assembly(sheet, values, shown)
    assembly.take(sheet.frame, lists)
    return assembly.parts()


def flat(parts: Iterable[Part], empty: Collection[str]) -> Iterator[bytes | Slot]:
    """Parts that hold no places any more, without those that are left out when these values are empty."""
    for part in parts:
        if isinstance(part, When):
            if part.name not in empty:
                yield from flat(part.parts, empty)
        elif isinstance(part, Place):
            raise ValueError(f"the list {part.source!r} was not put in")
        else:
            yield part


def _tokens(printed: str, marks: Marks) -> Iterator[str | Slot | Mark]:
    text_mark_slot = iter([*marks.pattern.split(printed), None, None])
    for text, number, name in zip(text_mark_slot, text_mark_slot, text_mark_slot, strict=True):
        if text:
            yield text
        if number is not None:
            yield marks.meaning(number)
        elif name is not None:
            yield Slot(name, markup=False)


def _ends_in_tag(printed: str, in_tag: bool) -> bool:
    """Whether a tag is open where this stretch ends; what people wrote has no angle bracket of its own."""
    opened, closed = printed.rfind("<"), printed.rfind(">")
    return in_tag if opened == closed else opened > closed


def _closed(
    mark: Mark, inside: tuple[Part, ...], pieces: dict[tuple[str, str], tuple[Part, ...]]
) -> Iterator[Part]:
    """What a finished mark leaves where it stood; a turn leaves nothing there, it is put away by its key."""
    if isinstance(mark, PieceMark):
        if pieces.setdefault((mark.piece, mark.key), inside) != inside:
            raise ValueError(f"two loops have a variable {mark.piece!r}: give each its own name")
    elif isinstance(mark, PlaceMark):
        if inside:
            raise ValueError(f"something stands between the turns of the loop over {mark.source!r}")
        yield Place(mark.piece, mark.source)
    elif isinstance(mark, WhenMark):
        yield When(mark.value, inside)


@lru_cache(maxsize=512)
def filled_slot(slot: Slot, value: str, shown: Callable[[str], str]) -> bytes:
    """A slot with a value as it is shown; kept, since cohorts are told much the same.

    What only one of them is told, such as where its copy can be seen, soon makes room again.
    """
    return slot.filled(shown(value))


class _Assembly:
    """Takes parts one after the other; neighbouring bytes become one."""

    def __init__(self, sheet: Cut, values: Mapping[str, str], shown: Callable[[str], str]) -> None:
        self._sheet: Final = sheet
        self._values: Final = values
        self._shown: Final = shown
        self._done: Final[list[Part]] = []
        self._bytes: Final[list[bytes]] = []

    def take(self, parts: Iterable[Part], lists: Mapping[str, Sequence[Turn]]) -> None:
        for part in parts:
            if isinstance(part, bytes):
                self._bytes.append(part)
            elif isinstance(part, Place):
                self._take_turns(part.piece, lists[part.source])
            elif part.name not in self._values:
                self._keep(part, lists)
            elif isinstance(part, Slot):
                self._bytes.append(filled_slot(part, self._values[part.name], self._shown))
            elif self._values[part.name]:
                self.take(part.parts, lists)

    def _take_turns(self, piece: str, turns: Iterable[Turn]) -> None:
        pieces, known, done = self._sheet.pieces, self._sheet.known, self._bytes
        for turn in turns:
            parts = pieces[piece, turn.key]
            if len(parts) == 1 and isinstance(parts[0], bytes):
                # as most are: what is printed the same for everybody
                done.append(parts[0])
                continue
            try:
                printed = known[piece, turn]
            except KeyError:
                printed = self._learn(piece, turn, parts)
            if printed is None:
                self.take(parts, turn.lists)
            else:
                done += printed

    def _learn(self, piece: str, turn: Turn, parts: tuple[Part, ...]) -> tuple[bytes, ...] | None:
        """What a turn prints for whoever gets it; None when that depends on more than its lists."""
        alone = _Assembly(self._sheet, {}, self._shown)
        alone.take(parts, turn.lists)
        printed = None if alone._done else tuple(alone._bytes)
        known = self._sheet.known
        if len(known) >= _TURNS_KEPT:
            known.clear()
        known[piece, turn] = printed
        return printed

    def parts(self) -> tuple[Part, ...]:
        self._flush()
        return tuple(self._done)

    def _keep(self, part: Slot | When, lists: Mapping[str, Sequence[Turn]]) -> None:
        self._flush()
        if isinstance(part, When) and any(self._is_ours(one) for one in part.parts):
            inside = _Assembly(self._sheet, self._values, self._shown)
            inside.take(part.parts, lists)
            part = When(part.name, inside.parts())
        self._done.append(part)

    def _is_ours(self, part: Part) -> bool:
        """Whether there is something to be put in, or to be looked into."""
        return not isinstance(part, bytes) and (not isinstance(part, Slot) or part.name in self._values)

    def _flush(self) -> None:
        if self._bytes:
            self._done.append(b"".join(self._bytes))
            self._bytes.clear()
