"""Plugins that fail, lie or take names: a plain line for who names them, a finding, and all else goes on."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import pytest

from digest.mail.hooks.called import Call, Refusal, RefusedError
from digest.mail.hooks.plugged import read
from tests.cli.shell import SAMPLES, Shell
from tests.plugins.packing import written
from tests.tiers import first_of

SOURCES: Final = "newsroom_digest.sources"
READS: Final = "def recognises(data): return False\ndef read(data, *, name): return []\n"
#: What is wrong with a source, and the words for it.
FAULTS: Final = {
    "imports": ("import no_such_module", "ModuleNotFoundError: No module named 'no_such_module'"),
    "syntax": ("def", "SyntaxError: "),
    "exits": ("raise SystemExit(7)", "SystemExit: 7"),
    "silent": ("raise ValueError", "cannot be used: ValueError"),
    "no-version": (READS, "it names no version of the contract in 'api', and this program keeps version 1"),
    "other-version": (f"api = 2\n{READS}", "it is for version 2, and this program keeps version 1"),
    "no-method": ("api = 1\ndef recognises(data): return False", "it has no read()"),
}
#: It says where it is loaded, by leaving a file.
LOUD: Final = f"from pathlib import Path\nPath('loaded').touch()\napi = 1\n{READS}"


def findings(shell: Shell) -> dict[str, dict[str, Any]]:
    answer = shell("doctor", "--only", "packages", "--json")
    assert answer.err == ""
    return {one["line"]: one for one in answer.document["findings"] if one["id"] != "packages.fine"}


def test_doctor_names_plugins_and_their_versions(inside: Shell) -> None:
    found = findings(inside)
    assert list(found) == [
        "source ninjs of digest-ninjs 1.0 is well",
        "theme harbour of digest-harbour 1.0 is well",
        "transport relay+http of digest-relay 1.0 is well",
        "provider hook beacon of digest-beacon 1.0 is well",
    ]
    assert {one["id"] for one in found.values()} == {"packages.plugin"}


@pytest.mark.parametrize("fault", FAULTS)
def test_broken_source_is_a_line_for_who_names_it_and_a_finding(
    fault: str, inside: Shell, site: Path
) -> None:
    code, words = FAULTS[fault]
    written(site, "broken", {SOURCES: {"wreck": "broken"}}, code)
    (inside.folder / "news.txt").write_bytes((SAMPLES / "day-two.txt").read_bytes())
    complaint = inside("ingest", "news.txt", "--format", "wreck").complaint
    assert complaint.startswith("source 'wreck' of broken 1.0 cannot be used: ")
    assert words in complaint
    found = findings(inside)
    (line,) = (line for line, one in found.items() if one["id"] == "packages.plugin_broken")
    assert line == complaint
    assert len([one for one in found.values() if one["id"] == "packages.plugin"]) == 4


def test_broken_source_holds_up_no_other_format(inside: Shell, site: Path) -> None:
    written(site, "broken", {SOURCES: {"a-wreck": "broken"}}, "raise RuntimeError('sunk')")
    wire = [{"uri": "1", "versioncreated": "2026-11-23T06:00:00Z", "headline": "Fog", "body_text": "Much."}]
    (inside.folder / "wire.json").write_text(json.dumps(wire), encoding="utf-8")
    answer = inside("ingest", "wire.json", "--json")
    assert answer.status == 0
    assert len(answer.document["added"]) == 1
    assert "sunk" in answer.err


def test_what_a_plugin_prints_stands_in_no_answer(inside: Shell, site: Path) -> None:
    written(site, "talks", {SOURCES: {"talks": "talks"}}, f"print('hello')\napi = 1\n{READS}")
    (inside.folder / "news.txt").write_text("news", encoding="utf-8")
    answer = inside("ingest", "news.txt", "--format", "talks", "--json")
    assert answer.document["added"] == []
    assert "hello" in answer.err


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def read(data, *, name): raise KeyError('tide')", "read(): KeyError: 'tide'"),
        ("def read(data, *, name): raise SystemExit(7)", "read(): SystemExit: 7"),
        ("def read(data, *, name): return [1]", "it gave a int for an Item"),
        ("def read(data, *, name): return None", "TypeError"),
        ("def read(data, *, name): raise ValueError('no tide\\nat all')", "as wreck: no tide at all"),
    ],
    ids=["fails", "exits", "other-things", "nothing", "refuses"],
)
def test_source_that_fails_at_work_is_one_line(code: str, words: str, inside: Shell, site: Path) -> None:
    written(
        site,
        "broken",
        {SOURCES: {"wreck": "broken"}},
        f"api = 1\ndef recognises(data): return False\n{code}\n",
    )
    (inside.folder / "news.txt").write_text("news", encoding="utf-8")
    assert words in inside("ingest", "news.txt", "--format", "wreck").complaint


def test_names_of_our_own_cannot_be_taken_and_no_name_is_given_twice(inside: Shell, site: Path) -> None:
    points = {
        SOURCES: {"csv": "thief", "UP": "thief", "twin": "thief"},
        "newsroom_digest.themes": {"classic": "thief"},
        "newsroom_digest.transports": {"smtp": "thief", "file": "thief"},
        "newsroom_digest.provider_hooks": {"ses": "thief"},
    }
    written(site, "thief", points, LOUD)
    written(site, "brother", {SOURCES: {"twin": "brother"}}, LOUD)
    found = findings(inside)
    left_out = [line for line, one in found.items() if one["id"] == "packages.plugin_name"]
    assert len(left_out) == 8
    assert sum("is the name of one of our own" in line for line in left_out) == 5
    assert sum("'twin' is the name of several" in line for line in left_out) == 2
    assert sum("'UP' is no name that a source may have" in line for line in left_out) == 1
    table = b"title;body\nFog;Much of it.\n"
    (inside.folder / "news.csv").write_bytes(table)
    assert inside("ingest", "news.csv", "--format", "csv").status == 0
    assert "format 'twin' is not known" in inside("ingest", "news.csv", "--format", "twin").complaint
    assert inside("run").status == 0
    assert len(list((inside.folder / "var" / "outbox").glob("*.eml"))) == 3
    assert not (inside.folder / "loaded").exists()


@pytest.mark.parametrize(
    "words",
    first_of(
        [
            ("--help",),
            ("run",),
            ("ingest", "--help"),
            ("status",),
            ("newsletters", "list"),
            ("doctor", "--help"),
        ],
        2,
    ),
    ids=" ".join,
)
def test_nothing_is_loaded_that_is_not_called_for(words: tuple[str, ...], shell: Shell, site: Path) -> None:
    kinds = ("sources", "themes", "transports", "provider_hooks")
    written(site, "loud", {f"newsroom_digest.{kind}": {"loud": "loud"} for kind in kinds}, LOUD)
    assert shell.process(*words).status == 0
    assert not (shell.folder / "loaded").exists()


@pytest.mark.parametrize("words", [("--help",), ("ingest", "--help"), ("run",)], ids=" ".join)
def test_what_is_installed_is_not_even_looked_for(words: tuple[str, ...], shell: Shell) -> None:
    code = (
        "import sys\nfrom digest.cli.main import run\n"
        "try:\n    run()\nfinally:\n"
        "    shelf = sys.modules.get('digest.plugins.shelf')\n"
        "    print(shelf._installed.cache_info().currsize if shelf else 0, file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr.split()[-1] == "0"


def test_transport_that_is_broken_stops_the_run_before_anything_is_planned(inside: Shell, site: Path) -> None:
    group = {"newsroom_digest.transports": {"wreck": "broken"}}
    written(site, "broken", group, "api = 1\ndef connect(url): raise RuntimeError('no sail')")
    there = inside.with_(DIGEST_SMTP_URL="wreck://sea.example")
    complaint = there("run").complaint
    assert complaint == "transport 'wreck' of broken 1.0 cannot be used: connect(): RuntimeError: no sail"
    assert inside("deliveries", "list", "--json").document["items"] == []


def test_transport_whose_connection_lacks_a_method_is_refused(inside: Shell, site: Path) -> None:
    group = {"newsroom_digest.transports": {"wreck": "broken:Wreck"}}
    code = (
        "class Wreck:\n    api = 1\n    def connect(self, url): return self\n    async def open(self): ...\n"
    )
    written(site, "broken", group, code)
    complaint = inside.with_(DIGEST_SMTP_URL="wreck://sea.example").process("run").complaint
    assert "its connection has no send()" in complaint


def test_theme_whose_folder_is_missing_is_refused(inside: Shell, site: Path) -> None:
    group = {"newsroom_digest.themes": {"wreck": "broken"}}
    written(site, "broken", group, "from pathlib import Path\napi = 1\nfolder = Path('/nowhere/at/all')")
    complaint = inside("newsletters", "edit", "daily", "--theme", "wreck").complaint
    assert complaint == "theme 'wreck' of broken 1.0 cannot be used: TypeError: its 'folder' is no folder"


@pytest.mark.parametrize(
    ("code", "why"),
    [
        ("raise RuntimeError", Refusal.BROKEN),
        ("api = 1\ndef read(call, secrets, now): raise RuntimeError('no lamp')", Refusal.BROKEN),
        ("api = 1\ndef read(call, secrets, now): raise SystemExit(7)", Refusal.BROKEN),
        ("api = 1\ndef read(call, secrets, now): return None", Refusal.BROKEN),
        (
            "from digest.plugins import Event, Heard\napi = 1\n"
            "def read(call, secrets, now): return Heard((Event(kind='lost', recipient='a@b.example'),))",
            Refusal.BROKEN,
        ),
        (
            "from digest.plugins import CallRefusedError, Why\napi = 1\n"
            "def read(call, secrets, now): raise CallRefusedError(Why.LATER)",
            Refusal.LATER,
        ),
    ],
    ids=["imports", "fails", "exits", "says-nothing", "other-kind", "later"],
)
@pytest.mark.usefixtures("inside")
def test_hook_that_fails_lets_the_provider_come_again(code: str, why: Refusal, site: Path) -> None:
    written(site, "broken", {"newsroom_digest.provider_hooks": {"wreck": "broken"}}, code)
    with pytest.raises(RefusedError) as refused:
        read("wreck", Call({}, b"{}"), ("a secret",), datetime(2026, 11, 23, tzinfo=UTC))
    assert refused.value.why is why
