"""The dashboard for Grafana: its panels laid out, and written as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tests.operations.panels import ROWS, Panel

FILE: Final = Path(__file__).parents[2] / "docs" / "deploy" / "grafana-dashboard.json"

_SOURCE: Final = {"type": "prometheus", "uid": "${DS_PROMETHEUS}"}
_WIDTH: Final = 24
_JOB: Final = 'job="$job"'


def text() -> str:
    """The file."""
    return json.dumps(_dashboard(), indent=1, ensure_ascii=False) + "\n"


def expressions() -> Iterator[str]:
    """All that is asked."""
    return (
        ask.replace("JOB", _JOB)
        for panels in ROWS.values()
        for panel in panels
        for ask, _legend in panel.asked
    )


def _dashboard() -> dict[str, Any]:
    return {
        "__inputs": [
            {"name": "DS_PROMETHEUS", "label": "Prometheus", "type": "datasource", "pluginId": "prometheus"}
        ],
        "__requires": [
            {"type": "grafana", "id": "grafana", "name": "Grafana", "version": "10.0.0"},
            {"type": "datasource", "id": "prometheus", "name": "Prometheus", "version": "1.0.0"},
        ],
        "uid": "newsroom-digest",
        "title": "Newsletter digests",
        "description": "Is everything out? Is anything late? What came back? Is it fast?",
        "tags": ["newsroom-digest"],
        "timezone": "browser",
        "schemaVersion": 38,
        "version": 1,
        "editable": True,
        "refresh": "1m",
        "time": {"from": "now-24h", "to": "now"},
        "templating": {"list": [_choice_of_job()]},
        "annotations": {"list": []},
        "links": [],
        "panels": list(_laid_out()),
    }


def _choice_of_job() -> dict[str, Any]:
    asked = "label_values(digest_build_info, job)"
    return {
        "name": "job",
        "label": "Job",
        "type": "query",
        "datasource": _SOURCE,
        "definition": asked,
        "query": {"query": asked, "refId": "job"},
        "refresh": 1,
        "sort": 1,
        "multi": False,
        "includeAll": False,
    }


def _laid_out() -> Iterator[dict[str, Any]]:
    """Rows from the top down, panels in them from left to right."""
    id_, y = 0, 0
    for title, panels in ROWS.items():
        id_ += 1
        yield {
            "id": id_,
            "type": "row",
            "title": title,
            "collapsed": False,
            "panels": [],
            "gridPos": {"x": 0, "y": y, "w": _WIDTH, "h": 1},
        }
        x, y, height = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > _WIDTH:
                x, y, height = 0, y + height, 0
            id_ += 1
            yield _panel(id_, panel, {"x": x, "y": y, "w": panel.width, "h": panel.height})
            x, height = x + panel.width, max(height, panel.height)
        y += height


def _panel(id_: int, panel: Panel, place: dict[str, int]) -> dict[str, Any]:
    defaults: dict[str, Any] = {"unit": panel.unit, "min": 0 if panel.kind != "stat" else None}
    steps: list[dict[str, Any]] = [{"color": "green", "value": None}]
    steps += [
        {"color": color, "value": value}
        for color, value in (("yellow", panel.warn), ("red", panel.alarm))
        if value is not None
    ]
    if panel.kind == "stat":
        defaults["thresholds"] = {"mode": "absolute", "steps": steps}
        defaults["noValue"] = "none"
        # growth is reckoned to the ends of its span, and comes with a fraction
        defaults |= {"decimals": 0} if panel.unit == "short" else {}
    return {
        "id": id_,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.help,
        "datasource": _SOURCE,
        "gridPos": place,
        "fieldConfig": {"defaults": defaults, "overrides": []},
        "options": _OPTIONS[panel.kind],
        "targets": [
            {
                "refId": chr(ord("A") + number),
                "datasource": _SOURCE,
                "expr": ask.replace("JOB", _JOB),
                "legendFormat": legend or "__auto",
                **({"instant": True, "range": False} if panel.kind == "bargauge" else {}),
            }
            for number, (ask, legend) in enumerate(panel.asked)
        ],
    }


_LAST: Final = {"calcs": ["lastNotNull"], "fields": "", "values": False}
_OPTIONS: Final[dict[str, dict[str, Any]]] = {
    "stat": {"reduceOptions": _LAST, "colorMode": "value", "graphMode": "area", "textMode": "value"},
    "bargauge": {"reduceOptions": _LAST, "orientation": "horizontal", "displayMode": "basic"},
    "timeseries": {
        "legend": {"displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
}
