"""A format that a plugin brings: by its name, recognised, and as a feed, as docs/plugins.md tells it."""

from __future__ import annotations

import asyncio
import io
import json
import zipfile
from pathlib import Path
from typing import Any, Final

import pytest

from tests.cli.shell import Answer, Shell
from tests.plugins.packing import written
from tests.reach.httpd import Httpd, Reply, httpd
from tests.tiers import first_of

WIRE: Final[list[dict[str, Any]]] = [
    {
        "uri": "urn:wire:1",
        "versioncreated": "2026-11-23T06:30:00Z",
        "headline": "Harbour dredging begins",
        "body_xhtml": "<p>The dredger arrived at dawn.</p><script>alert(1)</script><p>It stays a month.</p>",
        "infosource": "Coast Wire",
        "language": "en",
        "subject": [{"name": "economy"}, {"name": "shipping"}],
    },
    {
        "uri": "urn:wire:2",
        "versioncreated": "2026-11-23T07:00:00Z",
        "headline": "Ferry fares",
        "body_text": "They rise in May.",
        "pubstatus": "withheld",
    },
]

#: A source that reads what we do not.
_PAPER: Final = """from digest.plugins import Item
api = 1
def recognises(data): return data.startswith((b"%PDF-", b"PK"))
def read(data, *, name): return [Item(title="On Paper", text="It was printed.")]
"""


def _docx() -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", "<x/>")
        archive.writestr("word/document.xml", "<x/>")
    return out.getvalue()


_DOCX: Final = _docx()


def ingested(shell: Shell) -> Answer:
    (shell.folder / "wire.json").write_text(json.dumps(WIRE), encoding="utf-8")
    return shell("ingest", "wire.json", "--json")


@pytest.mark.parametrize("options", first_of([("--format", "ninjs"), ()]), ids=["named", "recognised"])
def test_items_are_taken_and_the_withheld_one_is_refused_with_its_reason(
    options: tuple[str, ...], shell: Shell
) -> None:
    (shell.folder / "wire.json").write_text(json.dumps(WIRE), encoding="utf-8")
    answer = shell.process("ingest", "wire.json", *options, "--json")
    assert answer.status == 1
    (added,) = answer.document["added"]
    (refusal,) = answer.document["rejected"]
    assert (refusal["source"], refusal["line"]) == ("wire.json", 2)
    assert refusal["reason"] == "'Ferry fares': its agency says that it is withheld"
    item = shell.process("briefings", "show", str(added), "--json").document
    assert item["title"] == "Harbour dredging begins"
    assert item["source"] == "Coast Wire"
    assert item["source_date"] == "2026-11-23"
    assert item["paragraphs"] == ["The dredger arrived at dawn.", "It stays a month."]
    assert item["topics"] == ["economy"]


def test_same_wire_again_changes_nothing(inside: Shell) -> None:
    ingested(inside)
    again = ingested(inside).document
    assert (again["added"], again["updated"], again["unchanged"]) == ([], [], 1)


def test_what_is_not_its_format_is_refused_in_its_words(inside: Shell) -> None:
    (inside.folder / "wire.json").write_text("no json", encoding="utf-8")
    answer = inside("ingest", "wire.json", "--format", "ninjs")
    assert "wire.json cannot be read as ninjs: no JSON" in answer.complaint


@pytest.mark.anyio
async def test_feed_of_its_format_is_found_and_polled(shell: Shell) -> None:
    async with httpd() as server:
        serve(server, WIRE[:1])
        there = shell.with_(DIGEST_REACH_PRIVATE="127.0.0.0/8")
        added = await asyncio.to_thread(there.process, "feeds", "add", f"{server.url}/wire", "--json")
        assert added.status == 0, added
        assert added.document["kind"] == "ninjs"
        news = {**WIRE[1], "uri": "urn:wire:3", "headline": "Crane falls", "pubstatus": "usable"}
        serve(server, [news, WIRE[0]])
        polled = await asyncio.to_thread(there.process, "feeds", "poll", "--json")
    assert polled.status == 0, polled
    titles = shell.process("briefings", "list", "--all", "--json").document["items"]
    assert {"Harbour dredging begins", "Crane falls"} <= {one["title"] for one in titles}


def serve(server: Httpd, documents: list[dict[str, Any]]) -> None:
    server.pages["/wire"] = Reply(json.dumps(documents).encode(), 200, {"Content-Type": "application/json"})


@pytest.mark.parametrize("options", [(), ("--format", "paper")], ids=["recognised", "named"])
@pytest.mark.parametrize("content", [b"%PDF-1.7\n", _DOCX], ids=["pdf", "docx"])
def test_what_is_no_text_is_read_by_a_plugin_that_can(
    content: bytes, options: tuple[str, ...], inside: Shell, site: Path
) -> None:
    written(site, "paper", {"newsroom_digest.sources": {"paper": "paper"}}, _PAPER)
    (inside.folder / "story").write_bytes(content)
    (added,) = inside.ask("ingest", "story", *options)["added"]
    assert inside.ask("briefings", "show", str(added))["title"] == "On Paper"
