"""A run that finds nothing due, as cron starts one every few minutes: it loads what it needs and no more."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.cli.shell import Shell

#: What only signing, serving, migrating or a reader's first day needs, and a store of the other kind.
HEAVY = (
    "alembic",
    "apscheduler",
    "cryptography",
    "cssutils",
    "email_validator",
    "fastapi",
    "lxml",
    "premailer",
    "requests",
    "sqlalchemy.dialects.postgresql",
    "uvicorn",
)
RUN = f"""
import sys
from digest.cli.main import run
try:
    run()
finally:
    print(*(name for name in {HEAVY!r} if name in sys.modules), file=sys.stderr)
"""


@pytest.mark.usefixtures("empty_store")
def test_run_with_nothing_due_loads_nothing_that_it_does_not_use(shell: Shell) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, "run"],
        cwd=shell.folder,
        env=shell.environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("nothing is due")
    assert done.stderr.split() == []
