"""What is told of logs and alarms is so: events, settings, examples."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Final

import pytest

from digest.config import ENVIRONMENT_PREFIX, Settings
from digest.core.overdue import GATHERED_FOR, LONGEST_EXCUSE

ROOT: Final = Path(__file__).parents[1]
LOGS: Final = (ROOT / "docs" / "logs.md").read_text(encoding="utf-8")
ALARMS: Final = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")
CODE: Final = "\n".join(
    path.read_text(encoding="utf-8") for path in [*(ROOT / "digest").rglob("*.py"), ROOT / "scheduler.py"]
)
EVENTS: Final = [
    event
    for cell in re.findall(r"^\| (`[^|]+`) \| (?:info|warning|error) \|", LOGS, re.MULTILINE)
    for event in re.findall(r"`([^`]+)`", cell)
]


@pytest.mark.parametrize("event", EVENTS, ids=range(len(EVENTS)))
def test_event_that_is_told_of_is_one_that_is_logged(event: str) -> None:
    # the last one is the server's
    assert f'"{event}"' in CODE or event == "Exception in ASGI application"


def test_all_that_is_logged_as_an_error_is_told_of() -> None:
    errors = set(re.findall(r'log\.error\(\s*"([^"]+)"', CODE))
    assert errors
    assert errors <= set(EVENTS)


@pytest.mark.parametrize("page", [LOGS, ALARMS], ids=["logs", "alarms"])
def test_settings_that_are_named_exist(page: str) -> None:
    named = set(re.findall(rf"{ENVIRONMENT_PREFIX}([A-Z_]+)", page))
    assert named
    assert {name.lower() for name in named} <= Settings.model_fields.keys()


def test_defaults_and_times_that_are_told_are_those() -> None:
    settings = Settings()
    assert f"`DIGEST_ALARM_AFTER_MINUTES`, {settings.alarm_after_minutes} |" in ALARMS
    assert f"`DIGEST_STALLED_AFTER_MINUTES`, {settings.stalled_after_minutes} |" in ALARMS
    assert (GATHERED_FOR.total_seconds(), LONGEST_EXCUSE.total_seconds()) == (3600, 6 * 3600)


def test_example_of_a_collector_can_be_read_and_names_units_there_are() -> None:
    found = tomllib.loads((ROOT / "docs" / "deploy" / "vector.toml").read_text(encoding="utf-8"))
    units = {
        re.sub("@.*", "@", name.removesuffix(".service"))
        for name in found["sources"]["digest"]["include_units"]
    }
    assert units <= {path.stem for path in (ROOT / "docs" / "deploy").glob("*.service")}
    assert set(found["transforms"]["digest_lines"]["inputs"]) <= found["sources"].keys()
    assert set(found["sinks"]["everything"]["inputs"]) <= found["transforms"].keys()


@pytest.mark.parametrize("page", [LOGS, ALARMS], ids=["logs", "alarms"])
def test_links_lead_somewhere(page: str) -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", page)
    assert links
    assert [one for one in links if not (ROOT / "docs" / one).exists()] == []
