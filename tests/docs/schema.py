"""The reference of the store, from the tables and the comments above them: docs/reference/schema.md."""

from __future__ import annotations

import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Table

from digest.store import schema
from digest.store.every_table import OF_ITS_PROCESSES, every_table
from tests.docs.blocks import DOCS, ROOT
from tests.docs.glossary import words

PAGE: Final = DOCS / "reference" / "schema.md"
_SOURCES: Final = (
    *sorted((ROOT / "digest" / "store").glob("*tables.py")),
    ROOT / "subscribers" / "tables.py",
)
#: What the files are about, in the order in which somebody who begins reads them.
_PARTS: Final = {
    "subscribers/tables.py": "Readers",
    "digest/store/tables.py": "News, issues and copies",
}
_NAMED: Final = re.compile(r'^\s*"(\w+)",$|Table\("(\w+)"')
_COLUMN: Final = re.compile(r'^\s+Column\(\s*"(\w+)"')


@dataclass(frozen=True, slots=True)
class Said:
    """What the source says of a table and of its columns."""

    file: str
    about: str
    columns: Mapping[str, str]


def text() -> str:
    """The whole page, as of today."""
    return "\n".join(_lines()) + "\n"


def about(table: Table, said: Said) -> str:
    """What a table is for: the comment above it, or what the glossary says of the word that is its name."""
    word = _in_the_singular(table.name).capitalize()
    return said.about or f"{word}: {words().get(word, '')}."


def said_of_tables() -> dict[str, Said]:
    """By the name of a table what stands in the comments right above it and above its columns."""
    found: dict[str, Said] = {}
    for source in _SOURCES:
        found |= _said_in(source)
    return found


def _said_in(source: Path) -> dict[str, Said]:
    comments = _comments(source)
    lines = source.read_text(encoding="utf-8").splitlines()
    name, found = "", {}
    columns: dict[str, str] = {}
    for number, line in enumerate(lines, start=1):
        if "= Table(" in line:
            named = next(filter(None, map(_NAMED.search, lines[number - 1 : number + 1])), None)
            assert named is not None, f"{source}:{number}"
            name, columns = named[1] or named[2], {}
            about = _above(comments, number)
            found[name] = Said(source.relative_to(ROOT).as_posix(), about, columns)
        elif column := _COLUMN.match("".join(lines[number - 1 : number + 1])):
            columns[column[1]] = _above(comments, number)
    return found


def _comments(source: Path) -> dict[int, str]:
    """By their line those comments that stand alone on it."""
    with source.open("rb") as file:
        return {
            token.start[0]: token.string.removeprefix("#").strip()
            for token in tokenize.tokenize(file.readline)
            if token.type == tokenize.COMMENT and token.line.lstrip().startswith("#")
        }


def _above(comments: Mapping[int, str], number: int) -> str:
    lines: list[str] = []
    while (number := number - 1) in comments:
        lines.insert(0, comments[number])
    return " ".join(lines)


def _lines() -> Iterator[str]:
    said = said_of_tables()
    yield "# Tables of the store"
    yield ""
    yield (
        f"Version {schema.NEWEST}. Written by `make reference` from the tables and the comments above them. "
        "Read as you like; write by commands, desk\nand API only, since one change often belongs to several "
        "tables. Types are those of PostgreSQL and SQLite alike; an *instant* is\na moment in UTC, a *text* "
        "has no limit, and what is *JSON* is decided by the program."
    )
    for file, tables in _by_file(said).items():
        yield f"\n## {_PARTS.get(file) or _title(file)}"
        yield f"\n`{file}`"
        for table in tables:
            yield from _table(table, said[table.name])


def _in_the_singular(name: str) -> str:
    return f"{name.removesuffix('ies')}y" if name.endswith("ies") else name.removesuffix("s")


def _by_file(said: Mapping[str, Said]) -> dict[str, list[Table]]:
    files = [*_PARTS, *sorted({one.file for one in said.values()} - set(_PARTS))]
    tables = sorted([*every_table(), *OF_ITS_PROCESSES], key=lambda table: list(said).index(table.name))
    return {file: [table for table in tables if said[table.name].file == file] for file in files}


def _title(file: str) -> str:
    """What the first sentence of a module names."""
    first = (ROOT / file).read_text(encoding="utf-8").splitlines()[0].strip('"')
    found = re.match(r"The tables? of ([^:.,;]+)", first)
    assert found is not None, f"{file} begins with something else than The table of ..."
    return found[1][0].upper() + found[1][1:]


def _table(table: Table, said: Said) -> Iterator[str]:
    yield f"\n### {table.name}\n"
    yield f"{about(table, said)}\n"
    yield "| column | type | |"
    yield "|---|---|---|"
    for column in table.columns:
        remarks = [*_marks(column), said.columns.get(column.name, "")]
        told = "; ".join(filter(None, remarks)).replace("|", "\\|")
        yield f"| `{column.name}` | {_type(column)} | {told} |"


def _marks(column: Any) -> Iterator[str]:
    if column.primary_key:
        yield "key"
    for key in column.foreign_keys:
        table = key.target_fullname.partition(".")[0]
        yield f"of [{table}](#{table})"
    if column.nullable:
        yield "may be empty"


def _type(column: Any) -> str:
    kind = type(column.type).__name__
    named = {
        "BigInteger": "big integer",
        "LargeBinary": "bytes",
        "Instant": "instant",
        "JSON": "JSON",
        "Boolean": "yes or no",
        "Date": "day",
        "Text": "text",
    }
    if kind == "String":
        return f"text of {column.type.length}"
    return named.get(kind, kind.lower())


def write() -> Path:
    """Write the page anew."""
    PAGE.write_text(text(), encoding="utf-8")
    return PAGE
