"""The door for exports of other newsletter systems: bytes become members, whosever export it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, Final

from msgspec import Struct

from digest.core.exports import Export, Member, Part, System, Unfit
from digest.errors import InputError
from digest.ingest.export_listings import (
    documents_in,
    has_no_status,
    json_system,
    looks_like_listing,
    read_json_members,
    read_listing,
)
from digest.ingest.export_tables import ExportTable, read_table, table_system
from digest.ingest.packed import BEGINNING, files_in
from digest.ingest.plaintext import NoTextError, decoded
from subscribers.roster import split_roster
from subscribers.wishes import WishError

#: As unpacked, of one file and of all together: some hundred thousand members, and what bombs stop at.
MOST_OF_ONE: Final = 150_000_000
MOST_OF_ALL: Final = 300_000_000
_MOST_HEADINGS: Final = 300
#: What may hold members; archives of whole sites hold thousands of other files.
_MAY_HOLD_MEMBERS: Final = re.compile(r"\.(csv|json|txt)$", re.IGNORECASE)
_JSON: Final = re.compile(r"\s*[\[{]")
_UNSAID_OF_LISTS: Final = (
    "this file of listmonk does not say who is on which list, nor who left one: export each list apart, once "
    "for each status, or take the answer of /api/subscribers, which says both"
)
_UNSAID_OF_MAIL: Final = (
    "this listing of Mailman does not say whose mail is turned off: print it with --nomail enabled, or take "
    "the answer of /lists/LIST/roster/member, which says it"
)


class _Opened(Struct, frozen=True):
    """A file that holds members, known by its beginning, and not read any further."""

    name: str
    text: str
    system: System
    #: of JSON
    documents: Sequence[Any] | None = None
    is_table: bool = False


def find_export(data: bytes, *, source: str, most_bytes: int = MOST_OF_ALL) -> Export | None:
    """Read an export if bytes are one, whosever it is; None for a text, or what is none.

    `source` names it, and may say which part of Mailchimp's contacts a file holds. Raises InputError for an
    archive or JSON in which there is none.
    """
    try:
        return _read(data, source, None, most_bytes)
    except UnknownExportError:
        if data.startswith(BEGINNING) or _JSON.match(data[:1000].decode("utf-8", "replace")):
            raise
        return None
    except NoTextError:
        if data.startswith(BEGINNING):
            raise
        return None


def read_export(
    data: bytes, *, source: str, system: System | None = None, most_bytes: int = MOST_OF_ALL
) -> Export:
    """Read an export; whose it is, is recognised when it is not said. Raises InputError for what is none."""
    return _read(data, source, system, most_bytes)


class UnknownExportError(InputError):
    """A file is no export that is known."""


def _read(data: bytes, source: str, system: System | None, most_bytes: int) -> Export:
    reading = _Reading()
    for one in _opened(data, source, system, most_bytes):
        if isinstance(one, str):
            reading.pass_over(one)
            continue
        if reading.system not in {None, one.system}:
            raise InputError(f"{source} holds exports of {reading.system} and of {one.system}: part them")
        reading.take(one, "" if one.name == source else one.name)
    if reading.system is None:
        raise UnknownExportError(_unknown(source, system))
    return reading.export(reading.system)


class _Reading:
    """Gathers what the files of an export hold."""

    def __init__(self) -> None:
        self.system: System | None = None
        self._parts: Final[list[Part]] = []
        self._members: Final[list[Member]] = []
        self._unfit: Final[list[Unfit]] = []
        # in the order in which they came, each once
        self._ignored: Final[dict[str, None]] = {}
        self._cautions: Final[dict[str, None]] = {}

    def pass_over(self, name: str) -> None:
        """Note a file in which there are no members."""
        self._parts.append(Part(name, "no members", 0))

    def take(self, one: _Opened, file: str) -> None:
        """Read a file; `file` is its name within an archive."""
        self.system = one.system
        if one.documents is not None:
            members, unfit = read_json_members(one.documents, one.system)
            if one.system is System.MAILMAN and has_no_status(one.documents):
                self._cautions[_UNSAID_OF_MAIL] = None
            self._add(one, "members", len({member.line for member in members}) + len(unfit), members, unfit)
        elif not one.is_table:
            members, unfit = read_listing(one.text)
            self._cautions[_UNSAID_OF_MAIL] = None
            self._add(one, "members", len(members) + len(unfit), members, unfit)
        else:
            table = _table(one.text, file)
            read = read_table(table, one.system, one.name)
            self._ignored.update(dict.fromkeys(read.ignored))
            if one.system is System.LISTMONK:
                self._cautions[_UNSAID_OF_LISTS] = None
            self._add(one, read.kind, len(table.records), read.members, read.unfit)

    def _add(
        self, one: _Opened, kind: str, lines: int, members: Sequence[Member], unfit: Sequence[Unfit]
    ) -> None:
        self._parts.append(Part(one.name, kind, lines))
        self._members.extend(members)
        self._unfit.extend(unfit)

    def export(self, system: System) -> Export:
        """All of it."""
        return Export(
            system,
            tuple(self._parts),
            tuple(self._members),
            tuple(self._unfit),
            tuple(self._ignored),
            tuple(self._cautions),
        )


def _unknown(source: str, system: System | None) -> str:
    if system is None:
        return f"{source} is no export that is known: it may come from {', '.join(System)}"
    return f"{source} is no export of {system}: look at how it was exported (docs/moving-in.md)"


def _opened(data: bytes, source: str, system: System | None, most_bytes: int) -> Iterator[_Opened | str]:
    """The files that hold members of this system, or of any; of others the name."""
    if data.startswith(BEGINNING):
        files = files_in(data, source, most_bytes, MOST_OF_ONE, _MAY_HOLD_MEMBERS)
        texts = ((name, decoded(part, source=f"{source}/{name}")) for name, part in files)
    else:
        texts = ((name, decoded(part, source=name)) for name, part in [(source, data)])
    for name, text in texts:
        one = _recognised(name, text, system)
        yield one if one is not None and system in {None, one.system} else name


def _recognised(name: str, text: str, said: System | None) -> _Opened | None:
    if _JSON.match(text):
        documents = documents_in(text, name)
        found = json_system(documents)
        return None if found is None else _Opened(name, text, found, documents)
    found = table_system(_headings(text))
    if found is not None:
        return _Opened(name, text, found, is_table=True)
    # a bare list of addresses might be anybody's
    if looks_like_listing(text) or (said is System.MAILMAN and "@" in text):
        return _Opened(name, text, System.MAILMAN)
    return None


def _headings(text: str) -> tuple[str, ...]:
    """The headings of a table, folded; none for what is no table."""
    try:
        headings, _records = split_roster(text)
    except WishError:
        return ()
    return ExportTable("", tuple(headings), ()).folded if len(headings) <= _MOST_HEADINGS else ()


def _table(text: str, file: str) -> ExportTable:
    headings, records = split_roster(text)
    return ExportTable(file, tuple(headings), tuple(records))
