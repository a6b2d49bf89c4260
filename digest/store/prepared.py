"""Statements whose words are made once: for what is asked with every message, or for hundreds at a time."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Select,
    String,
    TypeDecorator,
    Update,
    any_,
    bindparam,
    cast,
    func,
    literal_column,
    select,
)
from sqlalchemy.engine.interfaces import DBAPICursor

from digest.store.by_driver import say
from digest.store.tables import deliveries


class Prepared:
    """A statement in the words of the driver.

    SQLAlchemy takes longer to execute one than SQLite to do what it says, so it is asked for the words and
    for what turns values into the driver's, once; then the driver's own cursor does the rest.
    """

    def __init__(self, statement: Update | Select[Any], dialect: Dialect) -> None:
        """Ask for the words; every value that is not given at each run is bound here."""
        compiled = statement.compile(dialect=dialect, compile_kwargs={"render_postcompile": True})
        self._sql: Final = str(compiled)
        self._usual: Final[Mapping[str, Any]] = compiled.params
        #: the names of values by their places; None where the driver knows them by name
        self._places: Final[list[str] | None] = getattr(compiled, "positiontup", None)
        found = {
            name: bound.type.dialect_impl(dialect).bind_processor(dialect)
            for bound, name in compiled.bind_names.items()
            if name in self._usual
        }
        self._turned: Final = {name: turn for name, turn in found.items() if turn is not None}

    def run(self, connection: Connection, given: Mapping[str, Any]) -> DBAPICursor:
        """Do it within the connection's transaction; raises SQLAlchemy's DBAPIError, as it would itself."""
        values = {**self._usual, **given}
        for name, turn in self._turned.items():
            values[name] = turn(values[name])
        in_place = values if self._places is None else [values[name] for name in self._places]
        return say(connection, self._sql, in_place)


def given(name: str, type_: Any = None) -> BindParameter[Any]:
    """A value that is told with each run."""
    # not required when the words are made, where some stand for what an index wants to see literally
    return bindparam(name, type_=type_, required=False)


def is_one_of_them(dialect: Dialect) -> ColumnElement[bool]:
    """All ids are one value, so that the words are the same for any number of them."""
    if dialect.name == "sqlite":
        many = func.json_each(given("ids", _Json()))
        return deliveries.c.id.in_(select(literal_column("value")).select_from(many))
    return deliveries.c.id == any_(cast(given("ids", _Braces()), ARRAY(BigInteger)))


class _Json(TypeDecorator[Collection[int]]):
    """Ids as SQLite's `json_each` reads them."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> str:
        """The list as text."""
        return f"[{','.join(map(str, value or ()))}]"


class _Braces(TypeDecorator[Collection[int]]):
    """Ids as PostgreSQL reads an array: its driver would look at each by itself."""

    impl = String
    cache_ok = True

    def process_bind_param(self, value: Collection[int] | None, dialect: Dialect) -> str:
        """The list as text."""
        return f"{{{','.join(map(str, value or ()))}}}"
