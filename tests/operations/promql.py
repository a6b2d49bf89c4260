"""Reads what an expression of Prometheus asks for: names, labels, values; is all of it there?"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Final

from digest.core.metric_labels import LABELS
from digest.core.metrics import METRICS, MetricKind

#: Labels that Prometheus gives to whatever it scrapes.
_OF_PROMETHEUS: Final = frozenset({"job", "instance"})
#: What is no figure of ours, and where it comes from: Prometheus itself, and its client library.
_STRANGERS: Final = frozenset(
    {
        "up",
        "process_resident_memory_bytes",
        "process_cpu_seconds_total",
        "process_open_fds",
        "process_max_fds",
    }
)
_FUNCTIONS: Final = frozenset(
    {
        *("abs", "absent", "clamp_min", "delta", "histogram_quantile", "increase", "label_replace", "rate"),
        *(
            "max",
            "min",
            "sum",
            "count",
            "topk",
            "time",
            "vector",
            "max_over_time",
            "min_over_time",
            "changes",
        ),
    }
)
_KEYWORDS: Final = frozenset({"by", "without", "on", "ignoring", "and", "or", "unless", "offset", "bool"})

_TOKEN: Final = re.compile(
    r"""\s*(?:
      (?P<text>"[^"]*")
    | (?P<range>\[[^\]]*\])
    | (?P<span>\d+[smhdwy])
    | (?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)
    | (?P<name>[a-zA-Z_][a-zA-Z0-9_]*)
    | (?P<sign>=~|!~|!=|==|>=|<=|[-+*/%^=<>(){},])
    )""",
    re.VERBOSE,
)
_LONGEST_RANGE: Final = re.compile(r"\[(?:\d+[smhdw]|\$__rate_interval)\]")


@dataclass
class Asked:
    """What an expression asks for."""

    metrics: set[str] = field(default_factory=set)
    #: by metric, the values that a label is compared with
    compared: list[tuple[str, str, str]] = field(default_factory=list)
    grouped: set[str] = field(default_factory=set)


def asked(expression: str) -> Asked:
    """Read an expression; raises AssertionError for what it should not hold."""
    tokens = _tokens(expression)
    assert tokens.count("(") == tokens.count(")"), expression
    found = Asked()
    at = 0
    while at < len(tokens):
        token = tokens[at]
        at += 1
        if token in {"by", "without", "on", "ignoring"}:
            end = tokens.index(")", at)
            found.grouped |= set(tokens[at + 1 : end]) - {","}
            at = end + 1
        elif token[0].isalpha() or token[0] == "_":
            if token in _KEYWORDS | _FUNCTIONS:
                continue
            found.metrics.add(token)
            if at < len(tokens) and tokens[at] == "{":
                end = tokens.index("}", at)
                found.compared += _matchers(token, tokens[at + 1 : end])
                at = end + 1
    _check(found, expression)
    return found


def _tokens(expression: str) -> list[str]:
    found, at, expression = [], 0, expression.strip()
    while at < len(expression):
        match = _TOKEN.match(expression, at)
        assert match is not None, f"{expression[at:]!r} in {expression!r}"
        if match["range"]:
            assert _LONGEST_RANGE.fullmatch(match["range"]), match["range"]
        else:
            found.append(match[0].strip())
        at = match.end()
    return found


def _matchers(metric: str, tokens: list[str]) -> list[tuple[str, str, str]]:
    found = []
    for start in range(0, len(tokens), 4):
        name, sign, value = tokens[start : start + 3]
        assert tokens[start + 3 : start + 4] in ([], [","])
        text = value.strip('"')
        found += [(metric, name, one) for one in (text.split("|") if "~" in sign else [text])]
    return found


def _check(found: Asked, expression: str) -> None:
    labels: set[str] = set()
    by_series = {series: metric for metric in METRICS.values() for series in metric.series}
    for name in found.metrics - _STRANGERS:
        assert name in by_series, f"{name} in {expression!r}"
        metric = by_series[name]
        labels |= {*metric.labels, *({"le"} if metric.kind is MetricKind.HISTOGRAM else ())}
    for name, label, value in found.compared:
        known = set(by_series[name].labels) if name in by_series else set()
        assert label in known | _OF_PROMETHEUS, f"{name} has no {label}: {expression!r}"
        values = LABELS[label].values if label in LABELS else ()
        if values and not value.startswith("$"):
            assert value in values, f"{label} is never {value}: {expression!r}"
    assert found.grouped <= labels | _OF_PROMETHEUS, f"{found.grouped - labels} in {expression!r}"
