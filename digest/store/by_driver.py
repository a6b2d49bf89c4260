"""Statements by the driver's own cursor: for what SQLAlchemy takes longer to execute than the store to do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError


def say(
    connection: Connection, words: str, values: Sequence[Any] | Mapping[str, Any] | None = None
) -> DBAPICursor:
    """Say it within the connection's transaction; raises SQLAlchemy's DBAPIError, as it would itself."""
    dbapi = connection.dialect.dbapi
    assert dbapi is not None
    cursor = connection.connection.cursor()
    try:
        if values is None:
            cursor.execute(words)
        else:
            cursor.execute(words, values)
    except dbapi.Error as error:
        raise DBAPIError.instance(words, None, error, dbapi.Error) from error
    return cursor
