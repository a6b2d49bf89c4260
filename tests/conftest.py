"""What every test may ask for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from argon2 import Parameters
from argon2.profiles import CHEAPEST
from hypothesis import Phase, settings

from digest.flows import proofs

# a busy machine is no fault of the code: what takes long is seen by benchmarks
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# of a mutant it is enough to know that it fails: the simplest example is not looked for, nor kept
settings.register_profile(
    "mutants", deadline=None, database=None, phases=(Phase.explicit, Phase.generate), derandomize=True
)

# a PostgreSQL is started once for all rooms, and only when a test asks for one
pytest_plugins = (
    "tests.in_memory",
    "tests.compiled",
    "tests.migrated",
    "tests.stores",
    "tests.premailer_runs",
    "tests.sharing",
    "tests.tiers",
)


@pytest.fixture
def anyio_backend() -> str:
    """Async tests run on asyncio: the only loop that the product runs on."""
    return "asyncio"


@pytest.fixture(scope="session", autouse=True)
def cost_of_a_guess() -> Iterator[Parameters]:
    """What the program makes guessing cost; meanwhile passwords are hashed as ever, but in no time."""
    asked_for = proofs.COST_OF_A_GUESS
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(proofs, "COST_OF_A_GUESS", CHEAPEST)
        yield asked_for
