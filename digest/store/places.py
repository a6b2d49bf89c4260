"""Where a store is, as people may see it: without its secrets, and told from another spelling of itself."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final

from sqlalchemy.engine import URL

#: Options of a PostgreSQL URL in which a secret may stand, or the way to one.
_SECRET_OPTIONS: Final = ("password", "sslpassword", "passfile", "sslkey", "service")
_POSTGRESQL_PORT: Final = 5432


def shown(url: URL) -> str:
    """The URL of a store for messages and rows: as people write it, without the driver that we use."""
    said = url.difference_update_query(_SECRET_OPTIONS).set(drivername=url.get_backend_name())
    return said.render_as_string(hide_password=True)


def lasting(url: URL) -> str:
    """The same, good in any working directory: as one store names another."""
    if url.get_backend_name() == "sqlite":
        url = url.set(database=str(Path(url.database or "").resolve()))
    return shown(url)


def without_driver(where: str) -> str:
    """What `shown` and `lasting` say of a store; programs up to 0.1.0 wrote the driver into it."""
    return re.sub(r"^(sqlite|postgresql)\+\w+:", r"\1:", where)


def mend_of(url: URL) -> str:
    """What somebody does whose store cannot be used, for what nothing better is known of."""
    file = url.database or ""
    if url.get_backend_name() != "sqlite" or not os.path.isdir(folder := os.path.dirname(file) or "."):  # noqa: PTH112, PTH120
        return "check DIGEST_DATABASE_URL"
    is_there = os.path.exists(file)  # noqa: PTH110
    if os.access(folder, os.W_OK | os.X_OK) and (not is_there or os.access(file, os.R_OK | os.W_OK)):
        return "check DIGEST_DATABASE_URL"
    return "call digest as the user who owns it, or let this one write to the file and its folder"


def is_same_place(one: URL, other: URL) -> bool:
    """True when both name one store, as far as can be told without opening them."""
    if one.get_backend_name() != other.get_backend_name():
        return False
    if one.get_backend_name() == "sqlite":
        return Path(one.database or "").resolve() == Path(other.database or "").resolve()
    return _server_and_name(one) == _server_and_name(other)


def _server_and_name(url: URL) -> tuple[str, int, str]:
    host = url.host or str(url.query.get("host", ""))
    port = url.port or int(str(url.query.get("port", _POSTGRESQL_PORT)))
    return host.casefold(), port, url.database or url.username or ""
