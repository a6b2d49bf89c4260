"""Archives are read file by file, and what they unpack to is bounded whatever they say of themselves."""

from __future__ import annotations

import io
import re
import tracemalloc
import zipfile
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import InputError
from digest.ingest.packed import read_all
from subscribers.model import Section

PAGE = "Night Trains\n\nThey return.\n\nSource: Bay News, May 3, 2024\n"


def archive(files: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as packed:
        for name, text in files.items():
            packed.writestr(name, text)
    return out.getvalue()


def test_each_file_is_read_as_if_it_stood_alone() -> None:
    data = archive(
        {
            "b/notes.md": "# Ports\n\nAgree.\n",
            "a.txt": PAGE,
            "c.csv": "title,body\nTable,Words.\n,none\n",
            "__MACOSX/a.txt": "x",
            "d.bin": b"\xff\0",
        }
    )
    found = read_all(data, source="all.zip", section=Section.REPORT, topics=("rail",))
    assert [one.source for one in found] == [
        "all.zip/a.txt",
        "all.zip/b/notes.md",
        "all.zip/c.csv",
        "all.zip/d.bin",
    ]
    drafts = [draft for one in found for draft in one.drafts]
    assert [draft.title for draft in drafts] == ["Night Trains", "Ports", "Table"]
    assert {(draft.section, draft.topics) for draft in drafts} == {(Section.REPORT, ("rail",))}
    assert [(one.source, one.line) for part in found for one in part.rejected] == [
        ("all.zip/c.csv", 3),
        ("all.zip/d.bin", 1),
    ]


def test_a_text_alone_is_read_as_it_is() -> None:
    (found,) = read_all(PAGE.encode(), source="a.txt")
    assert [draft.title for draft in found.drafts] == ["Night Trains"]


def test_an_empty_archive_gives_nothing() -> None:
    (found,) = read_all(archive({}), source="a.zip")
    assert (found.drafts, found.rejected) == ((), ())


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (archive({"a.txt": PAGE})[:60], "damaged archive"),
        (archive({"[Content_Types].xml": "<x/>", "word/document.xml": "<x/>"}), "a.zip is a Word document"),
        (archive({"a.txt": PAGE}, zipfile.ZIP_LZMA), "unusual way"),
        (archive({f"{number}.txt": "" for number in range(501)}), "more than 500 files"),
        (archive({"a.txt": b"\n" * 10_000_001}), "a.txt has more than 10 MB"),
        (archive({f"{number}.txt": b"\n" * 9_000_000 for number in range(6)}), "unpacks to more than 50 MB"),
        (archive({"a.txt": PAGE}, zipfile.ZIP_STORED).replace(b"They", b"Thex"), "damaged archive"),
    ],
    ids=[
        "cut short",
        "a document",
        "another method",
        "many files",
        "a large file",
        "large in all",
        "a wrong sum",
    ],
)
def test_archives_beyond_the_limits_are_refused(data: bytes, complaint: str) -> None:
    with pytest.raises(InputError, match=complaint):
        read_all(data, source="a.zip")


def test_an_encrypted_file_is_named() -> None:
    data = bytearray(archive({"a.txt": PAGE}))
    data[6] |= 1
    data[data.index(b"PK\x01\x02") + 8] |= 1
    with pytest.raises(InputError, match="is encrypted"):
        read_all(bytes(data), source="a.zip")


def test_an_archive_within_is_refused_and_the_rest_is_taken() -> None:
    found = read_all(archive({"a.zip": archive({"b.txt": PAGE}), "c.txt": PAGE}), source="x.zip")
    (refusal,) = found[0].rejected
    assert "archive within an archive" in refusal.reason
    assert len(found[1].drafts) == 1


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        pytest.param(400_000_000, "more than 10 MB", id="that says so", marks=pytest.mark.wide),
        pytest.param(9_000_000, "damaged archive", id="that lies"),
    ],
)
def test_a_bomb_takes_little_memory(said: int, complaint: str) -> None:
    bomb = archive({"a.txt": b"\0" * 400_000_000})
    bomb = bomb.replace((400_000_000).to_bytes(4, "little"), said.to_bytes(4, "little"))
    tracemalloc.start()
    try:
        with pytest.raises(InputError, match=complaint):
            read_all(bomb, source="a.zip")
        assert tracemalloc.get_traced_memory()[1] < 60_000_000
    finally:
        tracemalloc.stop()


def test_a_file_without_a_name_is_refused_with_its_archive() -> None:
    # what follows a NUL is no name any more
    whole = archive({"a.txt": PAGE}).replace(b"a.txt", b"\0.txt")
    with pytest.raises(InputError, match="holds a file without a name"):
        read_all(whole, source="a.zip")


@given(st.data())
def test_a_damaged_archive_is_read_or_refused(data: st.DataObject) -> None:
    whole = bytearray(archive({"a.txt": PAGE, "b.md": "# Ports\n\nAgree.\n"}))
    for _time in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    with suppress(InputError):
        for one in read_all(bytes(whole), source="a.zip"):
            assert all(re.fullmatch(r"[^\n]+", refusal.reason) for refusal in one.rejected)


def test_columns_hold_for_the_tables_that_have_them() -> None:
    data = archive(
        {
            "a.csv": "Headline,Text\nNight trains,They return.\n",
            "b.csv": "title,body\nPorts,Agree.\n",
            "c.txt": PAGE,
            "d.csv": "Mood,Hour\ngood,7\n",
        }
    )
    found = read_all(data, source="all.zip", columns={"headline": "title", "Text": "body"})
    assert [len(one.drafts) for one in found] == [1, 1, 1, 0]
    assert found[3].foreign is not None
    assert found[3].foreign.headings == ("Mood", "Hour")
    with pytest.raises(InputError, match="holds no table with a column 'Headlin'"):
        read_all(data, source="all.zip", columns={"Headlin": "title"})
