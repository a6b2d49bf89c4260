"""What `digest serve` and `digest worker` refuse, with the word by which each refusal is known."""

from __future__ import annotations

from typing import Final

SERVING: Final = {
    "serve": [
        ("--port many", "'--port'"),
        ("--port 65536", "'--port'"),
        ("--port -1", "'--port'"),
        ("--host ''", "nothing can listen at host ''"),
        ("--host nowhere.invalid", "nothing can listen at host 'nowhere.invalid'"),
        ("--host 192.0.2.1", "nothing can listen at host '192.0.2.1'"),
    ],
    "worker": [
        ("", "workers need PostgreSQL, and DIGEST_DATABASE_URL names a SQLite file"),
        (f"--name {'n' * 141}", "--name is 141 signs long, and may have 140"),
        ("mail-1", "unexpected extra argument"),
        ("--loud", "No such option: --loud"),
        ("--metrics-port many", "'--metrics-port'"),
        ("--metrics-port 65536", "'--metrics-port'"),
    ],
}
