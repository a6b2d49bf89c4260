"""What is told of running it: units, container and pages name only commands and settings that exist."""

from __future__ import annotations

import json
import re
import shlex
from configparser import RawConfigParser
from pathlib import Path
from typing import Any, Final

import pytest
import typer
import yaml

from digest.cli.tree import command_tree
from digest.config import Settings
from digest.settings_file import load_settings

DOCS: Final = Path(__file__).parents[1] / "docs"
DEPLOY: Final = DOCS / "deploy"
SERVICES: Final = sorted(path.name for path in DEPLOY.glob("*.service"))
PAGES: Final = tuple(DOCS / name for name in ("running.md", "backup.md"))
PAGE: Final = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
TIMERS: Final = sorted(path.name for path in DEPLOY.glob("*.timer"))


def unit(name: str) -> RawConfigParser:
    parser = RawConfigParser(comment_prefixes=("#", ";"), interpolation=None)
    parser.optionxform = str  # type: ignore[assignment,method-assign]
    parser.read_string((DEPLOY / name).read_text(encoding="utf-8"))
    return parser


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def understood(words: list[str]) -> None:
    """Go down the tree of commands by these words, and let the last one parse the rest without doing it."""
    command: Any = command_tree()
    while hasattr(command, "commands"):
        # asked of the tree, which loads a branch only now, and refuses a word that it has not
        _, command, words = command.resolve_command(typer.Context(command), words)
    command.make_context(command.name, list(words))


@pytest.mark.parametrize("name", SERVICES)
def test_unit_calls_a_command_there_is(name: str) -> None:
    program, *words = shlex.split(unit(name)["Service"]["ExecStart"])
    assert program == "/opt/digest/bin/digest"
    understood(words)


@pytest.mark.parametrize("name", SERVICES)
def test_unit_has_no_powers(name: str) -> None:
    service = unit(name)["Service"]
    assert service["User"] == "digest"
    assert (service["NoNewPrivileges"], service["ProtectSystem"]) == ("yes", "strict")
    assert service["CapabilityBoundingSet"] == ""
    assert service["MemoryDenyWriteExecute"] == "yes"
    # what may be written is where relative paths begin
    assert service["WorkingDirectory"] == f"/var/lib/{service['StateDirectory']}"


@pytest.mark.parametrize("name", TIMERS)
def test_timer_starts_a_unit_there_is(name: str) -> None:
    assert unit(name)["Timer"]["OnCalendar"]
    assert unit(name.replace(".timer", ".service"))["Service"]["Type"] == "oneshot"


def test_container_runs_a_command_there_is_as_nobody_in_particular() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    last = text.rpartition("FROM ")[2]
    (words,) = re.findall(r"^CMD (\[.*\])$", last, re.MULTILINE)
    understood(json.loads(words))
    # by number: Kubernetes starts no image as "not root" of which it sees a name alone
    (user,) = re.findall(r"^USER (\d+):\d+$", last, re.MULTILINE)
    assert int(user) > 0
    assert f"--uid {user} " in last
    assert "/healthz" in last


def test_container_takes_hashed_packages_alone_and_keeps_no_build_tools() -> None:
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ")
    installs = re.findall(r"pip (?:--python \S+ )?install ([^&\n]*)", text)
    assert len(installs) == 3
    assert all("--require-hashes" in words or "--no-index" in words for words in installs)
    last = text.rpartition("FROM ")[2]
    assert re.findall(r"^COPY (.*)$", last, re.MULTILINE) == ["--from=built /opt/digest /opt/digest"]
    assert "pip" not in last


def test_nothing_goes_into_the_build_but_what_the_container_copies() -> None:
    lines = (DOCS.parent / ".dockerignore").read_text(encoding="utf-8").splitlines()
    assert "*" in lines
    assert "**/__pycache__" in lines
    assert {line[1:] for line in lines if line.startswith("!")} == _copied()


def test_container_copies_what_the_wheel_is_made_of() -> None:
    copied = _copied()
    assert {"digest", "subscribers", "templates", "scheduler.py", "pyproject.toml", "README.md"} <= copied
    assert all((DOCS.parent / name).exists() for name in copied)


def _copied() -> set[str]:
    """What the container's build takes from the top of the project."""
    text = (DEPLOY / "Containerfile").read_text(encoding="utf-8")
    lines = re.findall(r"^COPY ([^-].*)$", text, re.MULTILINE)
    return {word for line in lines for word in line.split()[:-1]}


@pytest.mark.parametrize("path", [*sorted(DEPLOY.iterdir()), *PAGES], ids=lambda path: path.name)
def test_every_variable_that_is_named_is_a_setting(path: Path) -> None:
    named = set(re.findall(r"DIGEST_([A-Z_]+)", path.read_text(encoding="utf-8")))
    assert {name.lower() for name in named} <= set(Settings.model_fields)


@pytest.mark.parametrize("number", range(len(fenced("toml"))))
def test_settings_on_the_page_are_taken(number: int, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(fenced("toml")[number], encoding="utf-8")
    load_settings(tmp_path / "digest.toml")


def test_commands_on_the_page_are_understood() -> None:
    lines = [line for block in fenced("sh") for line in block.replace("\\\n", "").splitlines()]
    assert lines
    for line in lines:
        program, *words = shlex.split(line)
        if program == "podman-compose":
            if "exec" not in words:
                continue
            words = " ".join(words).partition(" serve digest ")[2].partition(" < ")[0].split()
        elif program == "podman":
            # what is called in the container comes after the names of image and container
            inside = " ".join(words).rpartition(" digest ")[2].split()
            if words[0] not in {"run", "exec"} or words[-1] == "digest":
                continue
            words = inside
        else:
            assert program == "digest"
        understood(words)


def composed() -> dict[str, dict[str, Any]]:
    services: dict[str, dict[str, Any]] = yaml.safe_load((DEPLOY / "compose.yaml").read_bytes())["services"]
    return services


def test_compose_calls_commands_there_are_and_gives_them_no_powers() -> None:
    services = composed()
    ours = {name: service for name, service in services.items() if service["image"] == "digest"}
    assert set(ours) == {"init", "serve", "worker"}
    for service in ours.values():
        understood(service.get("command", ["serve"]))
        assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
        # as long as the units wait
        assert service["stop_grace_period"] == f"{unit('digest.service')['Service']['TimeoutStopSec']}s"
        # settings, themes and keys are for all of them
        assert service["volumes"] == ["kept:/data"]
        # podman starts nothing that depends on what has ended, and not every podman-compose waits
        assert set(service["depends_on"]) == {"store"}
        assert service["restart"] == ("on-failure" if service is ours["init"] else "unless-stopped")


def test_compose_says_what_is_missing_and_takes_no_such_words_for_a_password() -> None:
    # podman-compose 1.0 leaves ${NAME:?} without words as it stands
    asked = re.findall(r"\$\{\w+:\?(.*?)\}", (DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    assert asked
    assert all(asked)


def test_store_is_not_well_before_others_can_reach_it() -> None:
    assert "--host" in composed()["store"]["healthcheck"]["test"]


def test_store_ends_after_those_who_record_in_it() -> None:
    services = composed()
    # by this signal PostgreSQL waits for its sessions; by that of its image it ends them
    assert services["store"]["stop_signal"] == "SIGTERM"
    grace = {name: int(service["stop_grace_period"].removesuffix("s")) for name, service in services.items()}
    assert grace["store"] > max(grace[name] for name in services if name != "store")


def test_senders_are_counted_where_each_podman_compose_looks() -> None:
    # 1.0 reads the number alone, later ones only beside the mode
    assert composed()["worker"]["deploy"] == {"mode": "replicated", "replicas": 1}


def test_files_the_page_names_are_there() -> None:
    assert all((DOCS / name).exists() for name in re.findall(r"\]\(([^)#:]+)\)", PAGE))
    for name in re.findall(r"`(digest[\w-]*(?:@\d)?\.(?:service|timer))`", PAGE):
        assert (DEPLOY / re.sub(r"@\d", "@", name)).is_file()
