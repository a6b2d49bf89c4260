"""A ZIP archive of texts: each file in it is read as if it stood alone, and what it unpacks to is bounded."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from typing import Final

from digest.core.model import Rejected
from digest.errors import InputError
from digest.ingest.gathered import Gathered
from digest.ingest.headings import HeadingsError
from digest.ingest.kinds import document_in
from subscribers.model import Section

#: The first bytes of an archive.
BEGINNING: Final = (b"PK\x03\x04", b"PK\x05\x06")
_MOST_FILES: Final = 500
#: Of one file, and of all together, in bytes as unpacked. What an archive says of itself is taken for the
#: most that is in it: `zipfile` gives no more of a file, and calls it damaged when there was more.
MOST_OF_ONE: Final = 10_000_000
MOST_OF_ALL: Final = 50_000_000
#: Other methods may take much memory for their tables.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
#: What systems put beside the files of people.
_LITTER: Final = ("__MACOSX/", ".DS_Store", "Thumbs.db")


def read_all(
    data: bytes,
    *,
    source: str,
    format: str | None = None,
    section: Section = Section.BRIEFING,
    topics: tuple[str, ...] = (),
    columns: Mapping[str, str] | None = None,
    most_bytes: int = MOST_OF_ALL,
) -> tuple[Gathered, ...]:
    """Read a text (see `formats.read`), or each text of an archive; one that cannot be read is refused whole.

    In an archive `columns` hold for the tables that have them, and `most_bytes` for all of it as unpacked.
    Raises InputError as `formats.read` does, and
    for an archive that is damaged or too large.
    """
    # imported here: a run mostly finds no file, and what reads all formats takes a tenth of its start
    from digest.ingest.formats import columns_in, of_a_plugin, read

    def reading(part: bytes, name: str, mine: Mapping[str, str] | None) -> Gathered:
        return read(part, source=name, format=format, section=section, topics=topics, columns=mine)

    if not data.startswith(BEGINNING) or of_a_plugin(data, format):
        return (reading(data, source, columns),)
    found: list[Gathered] = []
    missing = dict(columns or {})
    for name, part in files_in(data, source, most_bytes):
        whole = f"{source}/{name}"
        try:
            if part.startswith(BEGINNING):
                raise InputError(f"{whole} is an archive within an archive: unpack it first")
            mine = columns_in(part, columns or {})
            missing = {heading: key for heading, key in missing.items() if heading not in mine}
            found.append(reading(part, whole, mine))
        except InputError as error:
            found.append(_refused(whole, error))
    for heading in missing:
        raise InputError(f"{source} holds no table with a column {heading!r}")
    return tuple(found) or (Gathered(source=source),)


def _refused(whole: str, error: InputError) -> Gathered:
    foreign = error.table if isinstance(error, HeadingsError) and not error.is_meant else None
    return Gathered(rejected=(Rejected(whole, 1, str(error)),), source=whole, foreign=foreign)


def files_in(
    data: bytes,
    source: str,
    most_bytes: int,
    most_of_one: int = MOST_OF_ONE,
    named: re.Pattern[str] | None = None,
) -> Iterator[tuple[str, bytes]]:
    """Each file with its name, or those alone in whose names `named` is found.

    Raises InputError for an archive that cannot be read, or unpacks to more than it may.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            document = document_in(archive)
            if document is not None:
                raise InputError(document.told_of(source))
            if not all(archive.namelist()):
                raise InputError(f"{source} holds a file without a name: pack it again")
            files = [one for one in archive.infolist() if not one.is_dir() and not _is_litter(one.filename)]
            files = [one for one in files if named is None or named.search(one.filename)]
            if len(files) > _MOST_FILES:
                raise InputError(f"{source} holds more than {_MOST_FILES} files: part it")
            files.sort(key=lambda one: one.filename)
            # before the first is read, which may take its time
            for one in files:
                _require_readable(one, f"{source}/{shown(one.filename)}", most_of_one)
            if sum(one.file_size for one in files) > most_bytes:
                raise InputError(f"{source} unpacks to more than {most_bytes // 1_000_000} MB: part it")
            for one in files:
                with archive.open(one) as file:
                    # asked for all of it, it would unpack whatever there is and measure that afterwards
                    yield shown(one.filename), file.read(most_of_one + 1)
    # the package says by NotImplementedError what it cannot unpack
    except (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError, zlib.error) as error:
        raise InputError(f"{source} is a damaged archive ({error}): pack it again") from None


def _require_readable(one: zipfile.ZipInfo, name: str, most_of_one: int) -> None:
    if one.flag_bits & 1:
        raise InputError(f"{name} is encrypted: pack it without a password")
    if one.compress_type not in _METHODS:
        raise InputError(f"{name} is packed in an unusual way: pack it with deflate")
    if one.file_size > most_of_one:
        raise InputError(f"{name} has more than {most_of_one // 1_000_000} MB")


def _is_litter(name: str) -> bool:
    return name.startswith(_LITTER[0]) or name.rpartition("/")[2] in _LITTER


def shown(name: str) -> str:
    """The name of a file as it may stand in a message, on one line."""
    return "".join(sign if sign.isprintable() else "?" for sign in name)[:200]
