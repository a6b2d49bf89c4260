"""What a blank store is told when it is set up, remembered from the first one that a process sets up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pytest
from sqlalchemy import Connection, event

from digest.store import schema

#: What only looks; a blank store gives the same answers.
_LOOKS: Final = ("SELECT", "PRAGMA main.", "PRAGMA table_", "WITH")

_Said = list[tuple[str, Any]]
_WHOLE_WAY: Final = schema._upgrade


@pytest.fixture(scope="session", autouse=True)
def remembered_upgrades() -> Iterator[None]:
    """The first blank store of a kind goes through every migration; others are told the same, word by word.

    Migrations decide by what they find, and in a blank store find nothing. On SQLite half a second each is
    spared, most of it for Alembic, which looks at tables again and again. Stores with rows, or of another
    age, go the whole way.
    """
    known: dict[tuple[str, str], _Said] = {}

    def remembered(connection: Connection, upto: str) -> None:
        # what is put back asks for its own version, which is the newest nearly always
        kind = connection.dialect.name, upto
        if schema._revision_of(connection) is not None:
            _WHOLE_WAY(connection, upto)
        elif kind in known:
            for statement, values in known[kind]:
                connection.exec_driver_sql(statement, values)
        else:
            known[kind] = _listened_to(connection, lambda: _WHOLE_WAY(connection, upto))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(schema, "_upgrade", remembered)
        yield


@pytest.fixture
def whole_way(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blank stores go through every migration again, for who looks at how they do."""
    monkeypatch.setattr(schema, "_upgrade", _WHOLE_WAY)


def _listened_to(connection: Connection, work: Any) -> _Said:
    said: _Said = []

    def note(_on: Any, _cursor: Any, statement: str, values: Any, _context: Any, _many: bool) -> None:
        if not statement.lstrip().startswith(_LOOKS):
            said.append((statement, values))

    event.listen(connection, "before_cursor_execute", note)
    try:
        work()
    finally:
        event.remove(connection, "before_cursor_execute", note)
    return said
