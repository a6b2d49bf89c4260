"""How connections to PostgreSQL are made: both ends soon notice when one is cut, or its process is frozen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import Engine, event
from sqlalchemy.engine import URL

#: How long a process may be silent within a transaction that writes, in milliseconds, before the server ends
#: it: one that is frozen there keeps its rows locked, and they should be free before it is missed
#: (`core.shares.SILENT_FOR`), or whoever takes over from it would have to wait for them.
LONGEST_SILENCE_MS: Final = 20_000
#: The same where somebody computes meanwhile, or writes elsewhere: who plans for a million thinks for some
#: seconds, and one who froze in the middle of it keeps others from that cadence.
LONGEST_THOUGHT_MS: Final = 120_000
#: How soon a connection that was cut without a word is noticed: by libpq's names, in seconds and
#: milliseconds. Without these a process may wait for hours for an answer that never comes.
KEEP_ALIVE: Final[Mapping[str, int]] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
#: The same by the server's names. It, too, should notice: else it keeps a session that was cut, and what that
#: has locked, for hours, and with many such lets nobody in.
_THERE: Final[Mapping[str, str]] = {
    "tcp_keepalives_idle": "keepalives_idle",
    "tcp_keepalives_interval": "keepalives_interval",
    "tcp_keepalives_count": "keepalives_count",
    "tcp_user_timeout": "tcp_user_timeout",
}


def kept_alive(url: URL) -> dict[str, int]:
    """How soon we notice, by libpq's names, as far as the URL does not say so itself."""
    return {name: value for name, value in KEEP_ALIVE.items() if name not in url.query}


def noticed_there(url: URL) -> str:
    """Statements by which the server notices as soon as we do; within one machine they do nothing."""
    told = {name: url.query.get(ours, KEEP_ALIVE[ours]) for name, ours in _THERE.items()}
    return "; ".join(f"SET {name} = {int(str(value))}" for name, value in told.items())


def make_postgres_ready(engine: Engine, *, is_brief: bool) -> None:
    """Set what holds for each connection; `is_brief` for an engine whose transactions all are."""

    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute(noticed_there(engine.url))
        silence = LONGEST_SILENCE_MS if is_brief else LONGEST_THOUGHT_MS
        cursor.execute(f"SET idle_in_transaction_session_timeout = {silence}")
        # a plan that is kept was made for tables as they were then: one of a day with few copies walks
        # through all of a day with many, until the server happens to look at the table again
        cursor.execute("SET plan_cache_mode = force_custom_plan")
        cursor.close()
        connection.commit()

    event.listen(engine, "connect", prepare)
