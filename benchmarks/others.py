"""Shows how fast other software sends the same digest; it is installed for the occasion, and removed."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.alone import Case, alone, scratch
from benchmarks.contest import contest
from benchmarks.mailings import FORTY, make_mailing
from benchmarks.options import Options
from benchmarks.processes import ended
from benchmarks.sending import OURS, show_rivals, sinks, url

_HERE: Final = Path(__file__).parent / "elsewhere"


@dataclass(frozen=True, slots=True)
class Other:
    """A package, and the program here that makes it send."""

    package: str
    program: str
    #: some seconds' worth
    messages: int


_PYTHON: Final = (
    Other("django-post_office", "with_post_office.py", 1000),
    Other("mailman", "with_mailman.py", 400),
)
_NODE: Final = Other("nodemailer", "with_nodemailer.mjs", 3000)


def run(options: Options) -> dict[str, Any]:
    """Install what can be installed, measure, and print."""
    with scratch() as folder, sinks() as ports:
        if not ports:
            return {}
        sink, port = next(iter(ports.items()))
        installed = _installed(folder)
        if not installed:
            return {}
        mailing = make_mailing(folder / "ours", FORTY, options.readers)
        digest = str(folder / "digest.json")
        alone(Case("benchmarks.rivals:write_digest", {"folder": mailing.letters, "file": digest}))
        cases = {OURS: mailing.case(url(port))}
        for other, (command, home) in installed.items():
            told = {"command": command, "digest": digest, "port": port, "home": home}
            measured = {**told, "program": str(_HERE / other.program), "messages": other.messages}
            cases[other.package] = Case("benchmarks.others:send_with", measured)
        found = contest(cases, options.rounds)
    show_rivals(f"Other software, the same {mailing.bytes / 1000:.1f} kB digest, into {sink}", found)
    return found.document(OURS)


async def send_with(
    command: str, program: str, digest: str, port: int, messages: int, home: str
) -> dict[str, float]:
    """Let a program of `benchmarks/elsewhere` send; what it keeps is new each time."""
    new = Path(home) / "kept"
    shutil.rmtree(new, ignore_errors=True)
    shutil.copytree(Path(home) / "bare", new)
    run = ended([command, program, digest, str(port), str(messages), str(new)])
    figures: dict[str, float] = json.loads(run.output.splitlines()[-1])
    return figures


def _installed(folder: Path) -> Mapping[Other, tuple[str, str]]:
    """The command that runs each program, and its home; says what is left out and why."""
    found = {}
    for other in _PYTHON:
        home = _home(folder, other)
        python = home / "venv" / "bin" / "python"
        if _done(other, [sys.executable, "-m", "venv", str(home / "venv")]) and _done(
            other, [str(python), "-m", "pip", "--disable-pip-version-check", "install", "-q", other.package]
        ):
            found[other] = str(python), str(home)
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        print(f"{_NODE.package} is left out: there is no node with npm.")
        return found
    home = _home(folder, _NODE)
    quiet = ["--no-audit", "--no-fund", "--silent"]
    if _done(_NODE, [npm, "install", *quiet, "--prefix", str(home / "bare"), _NODE.package]):
        found[_NODE] = node, str(home)
    return found


def _home(folder: Path, other: Other) -> Path:
    """A folder with `bare` in it: what the program finds there when it starts."""
    home = folder / other.package
    (home / "bare").mkdir(parents=True)
    return home


def _done(other: Other, command: Sequence[str]) -> bool:
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    if done.returncode:
        words = done.stdout.decode(errors="replace").strip().splitlines() or ["no word"]
        print(f"{other.package} is left out, it cannot be installed: {words[-1]}")
    return not done.returncode
