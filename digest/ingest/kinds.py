"""What a file is that is no text, known by its first bytes, and what whoever has it can do."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from typing import Final, NamedTuple

#: Where the name of a tar archive's format stands.
_TAR: Final = slice(257, 262)
#: Some programs write a few bytes before the first line of a PDF; readers look for it in so many.
_NEAR_THE_START: Final = 1024


class Kind(NamedTuple):
    """A kind of file that cannot be read here."""

    #: with its article, such as `a PDF`
    what: str
    mend: str

    def told_of(self, source: str) -> str:
        """The line for whoever gave the file."""
        return f"{source} is {self.what}: {self.mend}"


_COPY: Final = "copy its words into a text file, or save it as text (TXT or Markdown)"
_SAVE: Final = "save it as text (TXT or Markdown) in the program that made it"
_TABLE: Final = "save it as CSV in the program that made it"
_PICTURE: Final = "type what it shows, and give a picture of an item by its address (picture)"
_SOUND: Final = "write down what is said in it"
_UNPACK: Final = "unpack it first; an archive may be a ZIP file"
_OTHER: Final = "give a text, a table or a feed"

_PDF: Final = Kind("a PDF", _COPY)
_ZIP: Final = Kind("a ZIP archive", "unpack it first")
_DOCX: Final = Kind("a Word document (DOCX)", _SAVE)
_XLSX: Final = Kind("an Excel workbook (XLSX)", _TABLE)
_OFFICE: Final = Kind("a document of an office program", "save it as text or CSV in the program that made it")
_OLD_OFFICE: Final = Kind("a document of an old office program (DOC, XLS or PPT)", _OFFICE.mend)

_MEDIA_TYPE: Final = "mimetype"
_LONGEST_MEDIA_TYPE: Final = 200
#: What the library says of an archive that it cannot read.
_DAMAGED: Final = (zipfile.BadZipFile, NotImplementedError, EOFError, OSError, ValueError)

Sees = Callable[[bytes], bool]


def _begins(*signs: bytes) -> Sees:
    return lambda data: data.startswith(signs)


def _begins_and_is_binary(sign: bytes) -> Sees:
    """Two letters may begin a text as well, but no text has a zero soon after."""
    return lambda data: data.startswith(sign) and b"\0" in data[:64]


def _riff(form: bytes) -> Sees:
    return lambda data: data.startswith(b"RIFF") and data[8:12] == form


def _iso_media(*brands: bytes) -> Sees:
    """ISO/IEC 14496-12: a box `ftyp` comes first, and the brand behind it says what the file is."""
    return lambda data: data[4:8] == b"ftyp" and data[8:12].startswith(brands)


def _is_pdf(data: bytes) -> bool:
    """What stands before the sign is no text either, but for white space and a byte order mark."""
    place = data[:_NEAR_THE_START].find(b"%PDF-")
    return place >= 0 and not data[:place].strip(b"\xef\xbb\xbf \t\r\n\0")


_KINDS: Final[tuple[tuple[Sees, Kind], ...]] = (
    (_is_pdf, _PDF),
    (_begins(b"PK\x03\x04", b"PK\x05\x06"), _ZIP),
    (
        _begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
        _OLD_OFFICE,
    ),
    (_begins(b"{\\rtf"), Kind("a document in RTF", _SAVE)),
    (_begins(b"%!PS"), Kind("a PostScript file", _COPY)),
    (_begins(b"\x89PNG\r\n\x1a\n"), Kind("a picture (PNG)", _PICTURE)),
    (_begins(b"\xff\xd8\xff"), Kind("a picture (JPEG)", _PICTURE)),
    (_begins(b"GIF87a", b"GIF89a"), Kind("a picture (GIF)", _PICTURE)),
    (_riff(b"WEBP"), Kind("a picture (WebP)", _PICTURE)),
    (_begins(b"II*\0", b"MM\0*"), Kind("a picture (TIFF)", _PICTURE)),
    (_begins_and_is_binary(b"BM"), Kind("a picture (BMP)", _PICTURE)),
    (_iso_media(b"heic", b"heix", b"mif1", b"msf1"), Kind("a picture (HEIC)", _PICTURE)),
    (_iso_media(b"avif", b"avis"), Kind("a picture (AVIF)", _PICTURE)),
    (_iso_media(b"M4A", b"M4B"), Kind("a sound recording (M4A)", _SOUND)),
    (_iso_media(b""), Kind("a film (MP4)", _SOUND)),
    (_begins(b"\x1aE\xdf\xa3"), Kind("a film (Matroska or WebM)", _SOUND)),
    (_riff(b"AVI "), Kind("a film (AVI)", _SOUND)),
    (_riff(b"WAVE"), Kind("a sound recording (WAV)", _SOUND)),
    (_begins(b"OggS\0"), Kind("a sound recording (Ogg)", _SOUND)),
    (_begins(b"fLaC\0"), Kind("a sound recording (FLAC)", _SOUND)),
    (_begins_and_is_binary(b"ID3"), Kind("a sound recording (MP3)", _SOUND)),
    (_begins(b"\xff\xfb", b"\xff\xf3", b"\xff\xf2"), Kind("a sound recording (MP3)", _SOUND)),
    (_begins(b"\x1f\x8b\x08"), Kind("packed by gzip", _UNPACK)),
    (_begins(b"BZh1", b"BZh9"), Kind("packed by bzip2", _UNPACK)),
    (_begins(b"\xfd7zXZ\0"), Kind("packed by xz", _UNPACK)),
    (_begins(b"\x28\xb5\x2f\xfd"), Kind("packed by Zstandard", _UNPACK)),
    (_begins(b"7z\xbc\xaf\x27\x1c"), Kind("a 7z archive", _UNPACK)),
    (_begins(b"Rar!\x1a\x07"), Kind("a RAR archive", _UNPACK)),
    (lambda data: data[_TAR] == b"ustar", Kind("a tar archive", _UNPACK)),
    (_begins(b"SQLite format 3\0"), Kind("a SQLite database", _OTHER)),
    (_begins(b"\x7fELF", b"\xcf\xfa\xed\xfe"), Kind("a program", _OTHER)),
    (_begins_and_is_binary(b"MZ"), Kind("a program", _OTHER)),
)

#: Documents that are archives: by a file in them (ECMA-376), or by what the file `mimetype` says.
_OPEN_XML: Final = {
    "word/": _DOCX,
    "xl/": _XLSX,
    "ppt/": Kind("a presentation (PPTX)", _SAVE),
}
_BY_MEDIA_TYPE: Final = {
    "application/vnd.oasis.opendocument.text": Kind("an OpenDocument text (ODT)", _SAVE),
    "application/vnd.oasis.opendocument.spreadsheet": Kind("an OpenDocument spreadsheet (ODS)", _TABLE),
    "application/vnd.oasis.opendocument": _OFFICE,
    "application/epub+zip": Kind("an e-book (EPUB)", _COPY),
}


def kind_of(data: bytes) -> Kind | None:
    """What the bytes are when they are no text; None for a text, and for what is not known."""
    kind = next((kind for sees, kind in _KINDS if sees(data)), None)
    if kind is not _ZIP:
        return kind
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return document_in(archive) or _ZIP
    except _DAMAGED:
        return _ZIP


def document_in(archive: zipfile.ZipFile) -> Kind | None:
    """What an archive is when it is a document as well; None for one of files. Raises what zipfile raises."""
    names = archive.namelist()
    if _MEDIA_TYPE in names:
        said = _media_type(archive)
        for beginning, kind in _BY_MEDIA_TYPE.items():
            if said.startswith(beginning):
                return kind
    if "[Content_Types].xml" not in names:
        return None
    found = (kind for folder, kind in _OPEN_XML.items() if any(name.startswith(folder) for name in names))
    return next(found, _OFFICE)


def _media_type(archive: zipfile.ZipFile) -> str:
    """What its file says, which stands there as it is (OpenDocument 1.3, part 2, 3.3); else empty."""
    known = archive.getinfo(_MEDIA_TYPE)
    if known.flag_bits & 1 or known.compress_type != zipfile.ZIP_STORED:
        return ""
    with archive.open(known) as file:
        return file.read(_LONGEST_MEDIA_TYPE).decode("ascii", "replace").strip()
