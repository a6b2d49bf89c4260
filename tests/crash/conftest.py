"""What the crash tests may ask for."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.crash.children import nursery


@pytest.fixture(scope="session")
def births() -> Iterator[Path]:
    """A nursery for all tests of the session; where it listens."""
    with nursery() as address:
        yield address
