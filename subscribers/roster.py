"""Readers as a CSV file: read line by line and refused where it is wrong, written fit for a spreadsheet.

The columns are the options of `digest subscribers add`, and `status`; all but `unconfirmed` are written. An
empty cell means *not given*; a wish that lifts a limit is a word: `all` topics, `all` sections, `none` for
max-items.

A spreadsheet takes a cell that begins with ``= + - @``, tab or CR for a formula. Such cells are written with
an apostrophe before them, and so are cells in which apostrophes stand before one of those signs; reading
takes one apostrophe away again, so every cell comes back as it was. With `raw`, for machines, neither is
done.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from datetime import time
from typing import Any, Final, Literal

from msgspec import Struct

from subscribers.model import Cadence, Format, Profile, Section, Standing, days_in_words
from subscribers.wishes import (
    WishError,
    Wishes,
    address_key,
    parse_address,
    parse_days,
    parse_format,
    parse_language,
    parse_max_items,
    parse_name,
    parse_sections,
    parse_time,
    parse_topics,
    parse_zone,
)

_TAKEN_FOR_A_FORMULA: Final = re.compile(r"'*[=+\-@\t\r]")
_MADE_HARMLESS: Final = re.compile(r"'+[=+\-@\t\r]")
_UNREADABLE: Final = "the line cannot be read as CSV ({}): look at its quotes"
_YES_OR_NO: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One reader of one newsletter as a roster has it; None means not given."""

    email: str
    newsletter: str | None = None
    name: str | None = None
    topics: frozenset[str] | Literal["all"] | None = None
    days: tuple[str, ...] | None = None
    at: time | None = None
    timezone: str | None = None
    at_once: bool | None = None
    sections: frozenset[Section] | Literal["all"] | None = None
    format: Format | None = None
    max_items: int | Literal["none"] | None = None
    language: str | None = None
    status: Standing | None = None
    #: True for who has to confirm before anything is sent; no roster is written with it
    unconfirmed: bool | None = None
    #: 1-based line where the row begins in the file that was read, for messages
    line: int = field(default=0, compare=False)

    @classmethod
    def of(
        cls, email: str, newsletter: str, name: str, cadence: Cadence, profile: Profile, status: Standing
    ) -> RosterRow:
        """The row that says all there is to say about a reader of a newsletter."""
        return cls(
            email=email,
            newsletter=newsletter,
            name=name or None,
            topics="all" if profile.topics is None else profile.topics,
            days=cadence.days,
            at=cadence.at,
            timezone=cadence.zone,
            at_once=cadence.at_once,
            sections="all" if profile.sections is None else profile.sections,
            format=profile.format,
            max_items="none" if profile.max_items is None else profile.max_items,
            language=profile.language,
            status=status,
        )

    @property
    def wishes(self) -> Wishes:
        """What this row asks for; what it does not give stays as it is."""
        cadence = {"days": self.days, "at": self.at, "zone": self.timezone, "at_once": self.at_once}
        profile = {"format": self.format, "language": self.language}
        limits = {"topics": self.topics, "sections": self.sections, "max_items": self.max_items}
        lifted = {name: None if limit in ("all", "none") else limit for name, limit in _given(limits).items()}
        return Wishes(_given(cadence), _given(profile) | lifted, self.name)


class RefusedLine(Struct, frozen=True):
    """A line that could not be taken, and why."""

    line: int
    reason: str


#: What is written, and what is read: who has to confirm is never written.
COLUMNS: Final = tuple(one.name for one in fields(RosterRow) if one.name not in {"unconfirmed", "line"})
READ_COLUMNS: Final = (*COLUMNS, "unconfirmed")


def read_roster(
    text: str,
    known_topics: Collection[str],
    known_newsletters: Collection[str] | None = None,
    *,
    raw: bool = False,
) -> tuple[tuple[RosterRow, ...], tuple[RefusedLine, ...]]:
    """Rows that can be taken, and lines that cannot.

    Commas, semicolons and tabs between cells are understood, and a byte order mark. Without
    `known_newsletters` any newsletter passes. Raises `WishError` when the header makes the file useless.
    """
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    records = _records(lines, _delimiter(lines))
    columns = _columns_in(records)
    parsers = _parsers(known_topics, known_newsletters)
    rows: list[RosterRow] = []
    refused: list[RefusedLine] = []
    first_lines: dict[tuple[str, str | None], int] = {}
    for line, record in records:
        try:
            row = _row(line, _cells(columns, record, raw=raw), parsers)
            _note_first(first_lines, row)
        except WishError as error:
            refused.append(RefusedLine(line, str(error)))
        else:
            rows.append(row)
    return tuple(rows), tuple(refused)


def read_lines(
    records: Iterable[tuple[int, Sequence[str]]],
    columns: Sequence[str],
    known_topics: Collection[str],
    known_newsletters: Collection[str],
    *,
    raw: bool = False,
) -> tuple[tuple[RosterRow, ...], tuple[RefusedLine, ...]]:
    """As `read_roster`, with columns that somebody has named; cells of one without a name are left out."""
    chosen = [place for place, column in enumerate(columns) if column]
    names = [columns[place] for place in chosen]
    parsers = _parsers(known_topics, known_newsletters)
    rows, refused = [], []
    for line, record in records:
        cells = [record[place] if place < len(record) else "" for place in chosen]
        try:
            rows.append(_row(line, _cells(names, cells, raw=raw), parsers))
        except WishError as error:
            refused.append(RefusedLine(line, str(error)))
    return tuple(rows), tuple(refused)


def split_roster(text: str) -> tuple[list[str], Iterator[tuple[int, list[str] | RefusedLine]]]:
    """The cells of the first line, and the numbered lines behind it; raises `WishError` for none."""
    lines = list(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    records = _records(lines, _delimiter(lines))
    _, header = next(records, (1, []))
    if isinstance(header, csv.Error) or not header:
        raise WishError("the file has no first line that names its columns")
    return header, ((line, _or_refused(line, record)) for line, record in records)


def _or_refused(line: int, record: list[str] | csv.Error) -> list[str] | RefusedLine:
    return RefusedLine(line, _UNREADABLE.format(record)) if isinstance(record, csv.Error) else record


def write_cells(rows: Iterable[Iterable[str]]) -> str:
    """Lines of CSV whose cells no spreadsheet takes for a formula."""
    out = io.StringIO(newline="")
    csv.writer(out).writerows([harmless(cell) for cell in row] for row in rows)
    return out.getvalue()


def write_roster(rows: Iterable[RosterRow], *, raw: bool = False, headed: bool = True) -> str:
    """The rows as CSV, with a header unless they go on; `read_roster` gives the same rows back."""
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    if headed:
        writer.writerow(column.replace("_", "-") for column in COLUMNS)
    for row in rows:
        cells = (_printed(getattr(row, column)) for column in COLUMNS)
        writer.writerow(cells if raw else map(harmless, cells))
    return out.getvalue()


# --- From text to records -----------------------------------------------------------------------------------


def _delimiter(lines: list[str]) -> str:
    """The sign that parts the cells of the header; no column has one in its name."""
    header = next((line for line in lines if line.strip()), "")
    return max(",;\t", key=header.count)


def _records(lines: list[str], delimiter: str) -> Iterator[tuple[int, list[str] | csv.Error]]:
    """Records with the line on which each begins; after a broken one, reading goes on at the next line."""
    start = 0
    while start < len(lines):
        rest = (lines[place] for place in range(start, len(lines)))
        reader = csv.reader(rest, delimiter=delimiter, strict=True)
        begins = start
        try:
            for record in reader:
                if any(cell.strip() for cell in record):
                    yield begins + 1, record
                begins = start + reader.line_num
            return
        except csv.Error as error:
            yield begins + 1, error
            start = begins + 1


def _columns_in(records: Iterator[tuple[int, list[str] | csv.Error]]) -> list[str]:
    _, header = next(records, (1, []))
    if isinstance(header, csv.Error):
        raise WishError(f"the header cannot be read as CSV: {header}")
    columns = [re.sub(r"[\s-]+", "_", cell.strip().lower()) for cell in header]
    for column in columns:
        if column and column not in READ_COLUMNS:
            raise WishError(f"column {column!r} is not known: choose among {', '.join(READ_COLUMNS)}")
        if column and columns.count(column) > 1:
            raise WishError(f"column {column!r} stands twice in the header: leave one of them out")
    if "email" not in columns:
        raise WishError("there is no column email: the first line names the columns")
    return columns


def _cells(columns: list[str], record: list[str] | csv.Error, *, raw: bool) -> dict[str, str]:
    """The cells that hold something, by column."""
    if isinstance(record, csv.Error):
        raise WishError(_UNREADABLE.format(record))
    cells: dict[str, str] = {}
    for place, cell in enumerate(record):
        given = (cell if raw else _as_it_was(cell)).strip()
        if not given:
            continue
        if place >= len(columns) or not columns[place]:
            raise WishError(f"cell {given!r} stands under no column: quote cells that hold a separator")
        cells[columns[place]] = given
    return cells


# --- From cells to values -----------------------------------------------------------------------------------


def _parsers(
    known_topics: Collection[str], known_newsletters: Collection[str] | None
) -> Mapping[str, Callable[[str], Any]]:
    """How the cells of each column are read."""
    return {
        "email": parse_address,
        "newsletter": lambda cell: _newsletter(cell, known_newsletters),
        "name": parse_name,
        "topics": lambda cell: parse_topics(_commas(cell, r"[;\s]+"), known_topics) or "all",
        "days": lambda cell: parse_days(_commas(cell, r"[;\s]+")),
        "at": parse_time,
        "timezone": parse_zone,
        "at_once": lambda cell: _yes_or_no(cell, "at-once"),
        "sections": _sections,
        "format": parse_format,
        "max_items": lambda cell: parse_max_items(cell) or "none",
        "language": parse_language,
        "status": _standing,
        "unconfirmed": lambda cell: _yes_or_no(cell, "unconfirmed"),
    }


def _row(line: int, cells: Mapping[str, str], parsers: Mapping[str, Callable[[str], Any]]) -> RosterRow:
    if "email" not in cells:
        raise WishError("email is empty: every line needs an address")
    return RosterRow(line=line, **{column: parsers[column](cell) for column, cell in cells.items()})


def _note_first(first_lines: dict[tuple[str, str | None], int], row: RosterRow) -> None:
    """Refuse a reader whom an earlier line has for the same newsletter."""
    first = first_lines.setdefault((address_key(row.email), row.newsletter), row.line)
    if first != row.line:
        raise WishError(f"address {row.email!r} stands on line {first} already: leave one of the two out")


def _newsletter(cell: str, known: Collection[str] | None) -> str:
    slug = cell.lower()
    if known is not None and slug not in known:
        raise WishError(f"newsletter {cell!r} is not known: choose among {', '.join(sorted(known))}")
    return slug


def _sections(cell: str) -> frozenset[Section] | Literal["all"]:
    listed = _commas(cell, ";")
    if not listed:
        raise WishError("sections are empty: say all, or sections separated by commas")
    return parse_sections(listed) or "all"


def _yes_or_no(cell: str, column: str) -> bool:
    if cell.lower() not in _YES_OR_NO:
        raise WishError(f"{column} {cell!r} is not known: say yes or no")
    return _YES_OR_NO[cell.lower()]


def _standing(cell: str) -> Standing:
    try:
        return Standing(cell.lower())
    except ValueError:
        raise WishError(f"status {cell!r} is not known: choose among {', '.join(Standing)}") from None


def _commas(cell: str, separators: str) -> str:
    """The same list with commas, since a spreadsheet makes quoting them a nuisance."""
    return re.sub(rf"(?:{separators}|,)+", ",", cell).strip(",")


def _given(values: Mapping[str, object]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


# --- From values to cells -----------------------------------------------------------------------------------


def _printed(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case time():
            return f"{value:%H:%M}"
        case tuple():
            return days_in_words(value)
        case frozenset():
            return ",".join(sorted(value))
        case _:
            return str(value)


def harmless(cell: str) -> str:
    """A cell as a spreadsheet may show it: what it would take for a formula stands behind an apostrophe."""
    return f"'{cell}" if _TAKEN_FOR_A_FORMULA.match(cell) else cell


def _as_it_was(cell: str) -> str:
    return cell[1:] if _MADE_HARMLESS.match(cell) else cell
