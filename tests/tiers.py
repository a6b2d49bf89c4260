"""What `make test` leaves to `make test-wide`: more of the same, which finds little that the rest does not.

That is other views of a page, more histories, other sizes; and, above the rooms that speak to a store or
send, the same on the other kind of store. CI runs both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import pytest

#: Where the kind of store may make a difference of its own: there `make test` tries both.
ON_BOTH_KINDS: Final = ("tests/store/",)


def wide(*values: Any) -> Iterator[Any]:
    """Values of a parameter that are left to the wide run."""
    for value in values:
        yield pytest.param(value, marks=pytest.mark.wide)


def wide_rows(*rows: Sequence[Any]) -> Iterator[Any]:
    """Rows for several parameters that are left to the wide run."""
    for row in rows:
        yield pytest.param(*row, marks=pytest.mark.wide)


def first_of(values: Sequence[Any], few: int = 1) -> list[Any]:
    """Values of a parameter, of which all but the first few are left to the wide run."""
    return [*values[:few], *wide(*values[few:])]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave what was tried on SQLite already; who names another kind of run gets that one."""
    for item in items:
        callspec = getattr(item, "callspec", None)
        if callspec is None or item.nodeid.startswith(ON_BOTH_KINDS):
            continue
        if callspec.params.get("store_kind") == "postgresql":
            item.add_marker(pytest.mark.wide)
