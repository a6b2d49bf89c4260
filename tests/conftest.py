"""What every test may ask for."""

from __future__ import annotations

import pytest
from hypothesis import Phase, settings

# a busy machine is no fault of the code: what takes long is seen by benchmarks
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# of a mutant it is enough to know that it fails: the simplest example is not looked for, nor kept
settings.register_profile(
    "mutants", deadline=None, database=None, phases=(Phase.explicit, Phase.generate), derandomize=True
)

# a PostgreSQL is started once for all rooms, and only when a test asks for one
pytest_plugins = ("tests.stores", "tests.premailer_runs", "tests.sharing")


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the only loop that the product runs on."""
    return "asyncio"
