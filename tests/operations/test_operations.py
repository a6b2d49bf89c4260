"""List, dashboard and rules are of today, can be read by those they are for, and ask for what there is."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from digest.cli.tree import command_tree
from digest.core.metric_labels import LABELS
from digest.core.metrics import GROUPS, METRICS, Source
from digest.core.readiness import Readiness, StoreState
from digest.settings_file import load_settings
from digest.store import tables, workers
from tests.operations import dashboard, listed
from tests.operations.panels import ROWS
from tests.operations.promql import asked

DOCS: Final = Path(__file__).parents[2] / "docs"
ALERTS: Final = DOCS / "deploy" / "prometheus-alerts.yml"
RULES: Final[list[dict[str, Any]]] = [
    rule for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
PAGE: Final = listed.PAGE.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("written", "today"),
    [(listed.PAGE, listed.page), (dashboard.FILE, dashboard.text)],
    ids=["list", "dashboard"],
)
def test_what_is_written_is_of_today(written: Path, today: Callable[[], str]) -> None:
    assert written.read_text(encoding="utf-8") == today(), "stale: call make metrics"


@pytest.mark.parametrize("metric", [*METRICS.values()], ids=lambda metric: metric.name)
def test_every_metric_is_named_as_prometheus_has_it_and_told_of(metric: Any) -> None:
    assert re.fullmatch(r"digest_[a-z]+(_[a-z]+)*", metric.name)
    assert metric.help.endswith(".")
    assert f"| `{metric.name}` |" in PAGE
    # base units alone
    assert not re.search(r"_(ms|millis|minutes|hours|kb|mb|percent)", metric.name)
    assert list(metric.buckets) == sorted(metric.buckets)


def test_no_metric_stands_twice() -> None:
    assert len(METRICS) == sum(map(len, GROUPS.values()))


def test_labels_are_what_the_store_writes() -> None:
    assert set(LABELS["copy"].values) == set(tables.OPEN)
    assert set(LABELS["status"].values) == set(tables.UNFINISHED)
    assert set(LABELS["work"].values) == set(workers.Kind)


def test_every_metric_that_operators_act_on_stands_in_an_alarm_or_on_the_dashboard() -> None:
    everything = {
        name
        for expression in [*dashboard.expressions(), *(rule["expr"] for rule in RULES)]
        for name in asked(expression).metrics
    }
    unasked = {one.name for one in METRICS.values() if not everything & set(one.series)}
    # what is looked up, rather than watched
    assert unasked == {
        *("digest_drafts", "digest_issues_total", "digest_schema_version", "digest_slots_due"),
        *("digest_worker_copies_total", "digest_scheduler_round_timestamp_seconds"),
    }


@pytest.mark.parametrize(
    "wrong",
    [
        "max(digest_copies_close)",
        'max(digest_copies_open{copy="lost"})',
        'max(digest_copies_open{kind="hard"})',
        "max by (reader) (digest_copies_open)",
        "max(digest_letter_seconds)",
        "max(digest_slots_late",
        "rate(digest_returns_total[5 minutes])",
        "maximum(digest_slots_late)",
    ],
    ids=["name", "value", "label", "group", "histogram", "bracket", "range", "function"],
)
def test_an_expression_that_asks_for_what_is_not_there_is_noticed(wrong: str) -> None:
    with pytest.raises(AssertionError):
        asked(wrong)


# --- the dashboard ------------------------------------------------------------------------------------------


def panels() -> Iterator[dict[str, Any]]:
    yield from json.loads(dashboard.FILE.read_text(encoding="utf-8"))["panels"]


@pytest.mark.parametrize("panel", [*panels()], ids=lambda panel: panel["title"].replace(" ", "-"))
def test_panel_asks_for_what_there_is(panel: dict[str, Any]) -> None:
    if panel["type"] == "row":
        assert panel["title"] in {*GROUPS}
        return
    assert panel["description"]
    assert panel["datasource"]["uid"] == "${DS_PROMETHEUS}"
    for target in panel["targets"]:
        found = asked(target["expr"])
        assert found.metrics
        # of one job alone
        assert {(name, "job", "$job") for name in found.metrics} <= set(found.compared)


def test_panels_stand_beside_each_other_and_not_on_top() -> None:
    places = [one["gridPos"] for one in panels()]
    assert len({one["id"] for one in panels()}) == len(places)
    for one in places:
        assert 0 <= one["x"] < one["x"] + one["w"] <= 24
    for one, other in combinations(places, 2):
        beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
        below = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
        assert beside or below


def test_dashboard_asks_where_its_figures_are_when_it_is_imported() -> None:
    document = json.loads(dashboard.FILE.read_text(encoding="utf-8"))
    (wanted,) = document["__inputs"]
    assert (wanted["name"], wanted["pluginId"]) == ("DS_PROMETHEUS", "prometheus")
    assert document["templating"]["list"][0]["name"] == "job"
    assert [one["title"] for one in panels() if one["type"] == "row"] == list(ROWS)


# --- the rules ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rule_asks_for_what_there_is_and_says_why_and_what_to_do(rule: dict[str, Any]) -> None:
    found = asked(rule["expr"])
    assert found.metrics
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert set(rule["annotations"]) == {"summary", "why", "action"}
    assert all(text.endswith((".", "?", ")")) for text in rule["annotations"].values())
    # what the words name is there when it rings
    named = set(re.findall(r"\$labels\.(\w+)", str(rule["annotations"])))
    assert named <= found.grouped
    assert re.fullmatch(r"\d+[mhd]", rule.get("for", "1m"))


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule["alert"])
def test_rule_takes_the_largest_of_what_several_processes_tell_of_one_store(rule: dict[str, Any]) -> None:
    expression = rule["expr"]
    for name in asked(expression).metrics & METRICS.keys():
        if METRICS[name].source is Source.STORE:
            before = re.findall(rf"(\w+)(?: by \([^)]*\) )?\((?:increase\()?{name}\b", expression)
            assert before
            assert set(before) <= {"max", "min"}, before


def test_no_rule_stands_twice() -> None:
    assert len({rule["alert"] for rule in RULES}) == len(RULES)


@pytest.mark.parametrize(
    "text",
    [*(json.dumps(rule["annotations"]) for rule in RULES), PAGE],
    ids=[*(rule["alert"] for rule in RULES), "page"],
)
def test_commands_that_are_named_are_there(text: str) -> None:
    tree: Any = command_tree()
    for first, second in re.findall(r"\bdigest ([a-z]+)(?: ([a-z]+))?", text):
        assert first in tree.commands, first
        group = tree.commands[first]
        if hasattr(group, "commands"):
            assert second in group.commands, (first, second)


# --- the page -----------------------------------------------------------------------------------------------


def fenced(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def test_settings_on_the_page_are_taken(tmp_path: Path) -> None:
    (text,) = fenced("toml")
    (tmp_path / "digest.toml").write_text(text, encoding="utf-8")
    assert load_settings(tmp_path / "digest.toml").metrics_token.get_secret_value()


def test_what_prometheus_is_told_can_be_read() -> None:
    (text,) = fenced("yaml")
    document = yaml.safe_load(text)
    (job,) = document["scrape_configs"]
    assert (job["job_name"], "credentials_file" in job["authorization"]) == ("digest", True)
    assert document["rule_files"] == [ALERTS.name]


def test_an_answer_on_the_page_is_one_that_is_given() -> None:
    (text,) = fenced("json")
    found = Readiness(StoreState.OLDER, scheduler_runs=None)
    assert json.loads(text) == {"status": "not ready", "checks": found.checks()}


def test_files_the_page_names_are_there() -> None:
    named = re.findall(r"\]\((?!http)([^)#]+)\)", PAGE)
    assert named
    assert all((DOCS / name).exists() for name in named)
