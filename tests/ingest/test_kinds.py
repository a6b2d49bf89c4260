"""Files that are no text are known by their first bytes, and whoever gave one hears what to do with it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.formats import read
from digest.ingest.kinds import kind_of
from digest.ingest.packed import read_all

REST = b"\0" * 300


def packed(*names: str, media_type: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        if media_type:
            archive.writestr("mimetype", media_type)
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


KINDS = {
    "pdf": (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n", "a PDF"),
    "pdf behind a blank": (b"\xef\xbb\xbf\r\n %PDF-1.3\n", "a PDF"),
    "docx": (packed("[Content_Types].xml", "word/document.xml"), "a Word document (DOCX)"),
    "xlsx": (packed("[Content_Types].xml", "xl/workbook.xml"), "an Excel workbook (XLSX)"),
    "pptx": (packed("[Content_Types].xml", "ppt/presentation.xml"), "a presentation (PPTX)"),
    "other office": (packed("[Content_Types].xml", "visio/document.xml"), "a document of an office program"),
    "odt": (packed("content.xml", media_type="application/vnd.oasis.opendocument.text"), "(ODT)"),
    "ods": (packed("content.xml", media_type="application/vnd.oasis.opendocument.spreadsheet"), "(ODS)"),
    "epub": (packed("META-INF/container.xml", media_type="application/epub+zip"), "an e-book (EPUB)"),
    "old office": (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + REST, "an old office program"),
    "rtf": (b"{\\rtf1\\ansi Ports agree.}", "a document in RTF"),
    "postscript": (b"%!PS-Adobe-3.0\n", "a PostScript file"),
    "png": (b"\x89PNG\r\n\x1a\n" + REST, "a picture (PNG)"),
    "jpeg": (b"\xff\xd8\xff\xe0\0\x10JFIF" + REST, "a picture (JPEG)"),
    "gif": (b"GIF89a" + REST, "a picture (GIF)"),
    "webp": (b"RIFF\x10\0\0\0WEBPVP8 ", "a picture (WebP)"),
    "tiff": (b"II*\0" + REST, "a picture (TIFF)"),
    "bmp": (b"BM\x36\0\0\0" + REST, "a picture (BMP)"),
    "heic": (b"\0\0\0\x18ftypheic" + REST, "a picture (HEIC)"),
    "mp4": (b"\0\0\0\x18ftypisom" + REST, "a film (MP4)"),
    "wav": (b"RIFF\x10\0\0\0WAVEfmt ", "a sound recording (WAV)"),
    "mp3": (b"ID3\x04\0\0\0\0\0\0" + REST, "a sound recording (MP3)"),
    "gzip": (b"\x1f\x8b\x08\0" + REST, "packed by gzip"),
    "7z": (b"7z\xbc\xaf\x27\x1c" + REST, "a 7z archive"),
    "tar": (b"a.txt" + b"\0" * 252 + b"ustar\x0000", "a tar archive"),
    "sqlite": (b"SQLite format 3\0" + REST, "a SQLite database"),
    "program": (b"\x7fELF\x02\x01" + REST, "a program"),
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_file_that_is_no_text_is_refused_with_what_it_is_and_what_to_do(kind: str) -> None:
    data, what = KINDS[kind]
    with pytest.raises(InputError) as refused:
        read_all(data, source="from-desk")
    line = str(refused.value)
    assert line.startswith("from-desk is ")
    assert what in line
    assert ": " in line
    assert len(line) < 140


@pytest.mark.parametrize("format", [None, "page", "json", "csv", "markdown", "feed", "mail"])
def test_whatever_it_is_said_to_be(format: str | None) -> None:
    with pytest.raises(InputError, match="story is a PDF: copy its words into a text file"):
        read(b"%PDF-1.4\nwords", source="story", format=format)


def test_in_an_archive_the_other_files_are_taken() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.md", "# Ports\n\nAgree.\n")
        archive.writestr("b.pdf", b"%PDF-1.4\n")
    taken, refused = read_all(out.getvalue(), source="all.zip")
    assert [draft.title for draft in taken.drafts] == ["Ports"]
    assert [one.reason.partition(":")[0] for one in refused.rejected] == ["all.zip/b.pdf is a PDF"]


@pytest.mark.parametrize(
    "text",
    [
        "BMW opens a plant\n\nIt does.\n\nSource: Bay News, May 3, 2024\n",
        "MZ magazine closes\n\nIt does.\n",
        "ID3 tags are back\n\nThey are.\n",
        "What %PDF-1.7 stands for\n\nA version.\n",
        "RIFFs of the year\n\nTen.\n",
        "",
        "\n\n",
    ],
)
def test_a_text_is_a_text_whatever_its_first_letters_are(text: str) -> None:
    assert kind_of(text.encode()) is None


@pytest.mark.parametrize(
    "data",
    [b"PK\x03\x04", b"PK\x05\x06", packed("a.txt")[:40], b"PK\x03\x04" + REST],
    ids=["its mark", "an end", "its beginning", "its mark and more"],
)
def test_an_archive_that_is_torn_is_one_all_the_same(data: bytes) -> None:
    kind = kind_of(data)
    assert kind is not None
    assert kind.what == "a ZIP archive"


def test_an_archive_that_says_too_much_of_itself_is_only_an_archive() -> None:
    kind = kind_of(packed("a.txt", media_type="text/plain" + "x" * 100_000))
    assert kind is not None
    assert kind.what == "a ZIP archive"


@given(st.binary(max_size=400))
def test_whatever_bytes_come_nothing_breaks(data: bytes) -> None:
    kind_of(data)
    kind_of(b"PK\x03\x04" + data)


@given(st.text(alphabet=st.characters(categories=["L", "P", "Zs"]), max_size=60))
def test_letters_are_text(text: str) -> None:
    if not text.lstrip().startswith(("%PDF-", "{\\rtf", "%!PS", "GIF")):
        assert kind_of(text.encode()) is None
