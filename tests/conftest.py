"""What every test may ask for."""

from __future__ import annotations

import pytest

# a PostgreSQL is started once for all rooms, and only when a test asks for one
pytest_plugins = ("tests.stores", "tests.premailer_runs")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the only loop that the product runs on."""
    return "asyncio"
