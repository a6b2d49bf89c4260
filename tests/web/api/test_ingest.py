"""Texts and files through the API, as `digest ingest` takes them: tried first, then taken."""

from __future__ import annotations

import base64
import io
import zipfile
from typing import Any, get_args

import pytest

from digest.ingest.formats import FORMATS
from digest.ingest.headings import HEADINGS
from digest.store.database import Database
from digest.web.api.ingest_documents import FormatName, KeyName
from tests.web.api.programs import program

pytestmark = pytest.mark.anyio

_TABLE = "Headline;Text;Initials\nNight trains;They return.;ab\n;none;\n"
_COLUMNS = {"headline": "title", "Text": "body", "Initials": ""}


def _in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _zip(files: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in files.items():
            packed.writestr(name, data)
    return out.getvalue()


def test_names_of_formats_and_keys_are_those_of_the_command() -> None:
    assert set(get_args(FormatName)) == set(FORMATS)
    assert set(get_args(KeyName)) == {"", *HEADINGS}


async def test_a_table_of_others_is_tried_and_then_taken(store: Database) -> None:
    body = {"text": _TABLE, "columns": _COLUMNS, "source": "desk.csv", "topics": ["economy"]}
    async with program(store) as client:
        tried = (await client.post("ingest/rehearsal", json=body)).json()
        assert [(one["id"], one["title"], one["topics"]) for one in tried["added"]] == [
            (None, "Night trains", ["economy"])
        ]
        refused = [{"source": "desk.csv", "line": 3, "reason": "title is missing or holds no letter"}]
        assert tried["rejected"] == refused
        assert (await client.get("briefings")).json()["items"] == []
        taken = (await client.post("ingest", json=body)).json()
        (id_,) = taken["added"]
        assert taken["rejected"] == refused
        changed = body | {"text": _TABLE.replace("They return", "They are back")}
        again = (await client.post("ingest/rehearsal", json=changed)).json()
        assert [(one["id"], one["revision"]) for one in again["updated"]] == [(id_, 2)]
        assert (await client.get(f"briefings/{id_}")).json()["revision"] == 1


async def test_a_file_is_taken_in_base64(store: Database) -> None:
    mail = "From: Ana <a@news.example>\nSubject: Ports\nContent-Type: text/plain; charset=koi8-r\n\nПорт.\n"
    packed = _zip({"a.eml": mail.encode("koi8-r"), "b.md": "# Ferry\n\nSails.\n".encode("utf-16")})
    async with program(store) as client:
        taken = await client.post("ingest", json={"data": _in_base64(packed), "source": "a.zip"})
        assert taken.json()["added"] == [1, 2]
        assert (await client.get("briefings/1")).json()["paragraphs"] == ["Порт."]


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "say either text or data"),
        ({"text": "a", "data": "YQ=="}, "say either text or data"),
        ({"data": "no base64!"}, "data is not base64"),
        ({"data": _in_base64(b"PK\x03\x04 torn"), "source": "a.zip"}, "a.zip is a damaged archive"),
        ({"data": _in_base64(b"%PDF-1.7\n"), "source": "a.pdf"}, "a.pdf is a PDF: copy its words"),
        ({"text": "%PDF-1.4\nwords", "source": "a.pdf"}, "a.pdf is a PDF: copy its words"),
        ({"text": _TABLE, "format": "csv"}, "the column 'Headline' is not known"),
        ({"text": _TABLE, "columns": {"Mood": ""}}, "has no column 'Mood'"),
        ({"text": _TABLE, "columns": {"Headline": "mood"}}, "columns"),
        ({"text": "[]", "format": "json", "columns": {"a": ""}}, "columns are for tables"),
        ({"data": _in_base64(b"\xff\0\1")}, "is not text"),
        ({"text": "a", "format": "poem"}, "format"),
    ],
    ids=[
        "nothing",
        "both",
        "base64",
        "torn",
        "pdf",
        "pdf as text",
        "headings",
        "column",
        "key",
        "format",
        "bytes",
        "poem",
    ],
)
async def test_what_cannot_be_read_is_refused(
    sqlite_store: Database, body: dict[str, Any], words: str
) -> None:
    async with program(sqlite_store) as client:
        for path in ("ingest", "ingest/rehearsal"):
            answer = await client.post(path, json=body)
            assert answer.status_code == 422
            assert words in answer.json()["detail"]
