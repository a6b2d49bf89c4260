"""Writes the list in docs/metrics.md anew from the metrics of the program: `make metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from digest.core.metric_labels import LABELS
from digest.core.metrics import GROUPS, Source

PAGE: Final = Path(__file__).parents[2] / "docs" / "metrics.md"
BEGIN: Final = "<!-- from here on: written by `make metrics` -->\n"
#: Labels with more values are told by their number.
_SHOWN: Final = 14
_FROM: Final = {Source.STORE: "store", Source.PROCESS: "process"}


def page() -> str:
    """The text of docs/metrics.md: what was written by hand stays."""
    by_hand, mark, _old = PAGE.read_text(encoding="utf-8").partition(BEGIN)
    return by_hand + (mark or BEGIN) + "\n".join(_list()) + "\n"


def _list() -> Iterator[str]:
    for title, metrics in GROUPS.items():
        yield f"\n### {title}\n"
        yield "| name | kind | from | labels | meaning |"
        yield "|---|---|---|---|---|"
        for one in metrics:
            labels = ", ".join(f"`{label}`" for label in one.labels)
            yield f"| `{one.name}` | {one.kind} | {_FROM[one.source]} | {labels} | {one.help} |"
    yield "\n### The labels\n"
    yield "| label | says | values |"
    yield "|---|---|---|"
    for name, label in LABELS.items():
        yield f"| `{name}` | {label.help} | {_values(label.values)} |"


def _values(values: tuple[str, ...]) -> str:
    if len(values) > _SHOWN:
        return f"{len(values)} of them"
    return ", ".join(f"`{value}`" for value in values)


if __name__ == "__main__":
    from tests.operations import dashboard

    PAGE.write_text(page(), encoding="utf-8")
    dashboard.FILE.write_text(dashboard.text(), encoding="utf-8")
    print(f"written: {PAGE}, {dashboard.FILE}")
