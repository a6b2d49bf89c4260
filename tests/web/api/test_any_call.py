"""Whatever a program sends, the API answers as it describes itself: calls are made up by schemathesis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from sqlalchemy import insert

from digest.core.access import Role
from digest.core.model import DraftBriefing
from digest.flows.collect import collect
from digest.flows.readers import Enrolment, subscribe
from digest.ingest.gathered import Gathered
from digest.store.database import Database
from digest.store.desk_tables import api_keys, people
from subscribers.wishes import Wishes
from tests.stores import NewStore, opened
from tests.web.api.programs import NOW, a_key
from tests.web.api.serving import Serving

#: Well-formed calls may name what is not there, or ask for what cannot be: that is told with a 4xx, which
#: the first of these checks takes for a fault. The second stands in `found.py`, and knows repeated answers.
_NOT_LOOKED_AT: Final = "positive_data_acceptance,ensure_resource_availability"
#: A wrong body may be too large on top of that: 413 is a refusal, which the tool does not count as one.
_REFUSALS: Final = """
[checks.negative_data_rejection]
expected-statuses = [400, 401, 403, 404, 405, 406, 409, 413, 415, 422, 428, 429, "5xx"]
"""
_HOUSE: Final = Path(__file__).parents[3]
#: Calls that may end the key by which calls are made.
_ENDING: Final = ("revoke_key", "edit_person")


@pytest.fixture
def served(new_store: NewStore) -> Iterator[tuple[str, str]]:
    """The address of a running application on a store with something in it, and a key of an admin."""
    url = new_store("sqlite", True)
    key = asyncio.run(_seeded(url))
    with Serving(url) as address:
        yield address, key


async def _seeded(url: str) -> str:
    async with opened(url) as store:
        await _some_of_all(store)
        return await _far_key(store)


async def _far_key(store: Database) -> str:
    """A key with numbers that no made-up call hits: one that shut its own holder out would end the run."""
    await a_key(store, Role.EDITOR)
    async with store.write() as connection:
        far = {"role": Role.ADMIN, "password_hash": "none", "code_step": 0, "created_at": NOW}
        person = insert(people).values(id=77_007, name="far", name_key="far", **far)
        await connection.execute(person)
        far = {"label": "far", "beginning": "far", "key_hash": b"far", "scopes": [], "made_at": NOW}
        await connection.execute(insert(api_keys).values(id=77_007, person_id=77_007, **far))
    return await a_key(store, name="far")


async def _some_of_all(store: Database) -> None:
    drafts = tuple(
        DraftBriefing(f"Item {n}", (f"Text of item {n}.",), source="The Post", topics=("economy",))
        for n in range(4)
    )
    await collect(Gathered(drafts, source="tests"), store=store, now=NOW)
    for name in ("ada", "grace"):
        new = Enrolment(f"{name}@example.org", "daily", Wishes(name=name), name == "ada", "tests")
        await subscribe(new, store=store, now=NOW)


def _tried(served: tuple[str, str], folder: Path, calls: int, phases: str, seconds: int) -> None:
    """Make up so many calls of each path, right ones and wrong ones, and look at what comes back.

    They go on until so many seconds are over, and for a part of that with the few paths that come last.
    """
    (folder / "schemathesis.toml").write_text(_REFUSALS, encoding="utf-8")
    path = os.pathsep.join(filter(None, (str(_HOUSE), os.environ.get("PYTHONPATH"))))
    environment = os.environ | {"PYTHONPATH": path, "SCHEMATHESIS_HOOKS": "tests.web.api.found"}
    # what may end the very key that is used comes last
    shares = {"--exclude-operation-id": seconds, "--include-operation-id": seconds // 10}
    for chosen, its_seconds in shares.items():
        address, key = served
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{address}/api/openapi.json"),
            *("--url", address, "--header", f"Authorization: Bearer {key}"),
            *("--checks", "all", "--exclude-checks", _NOT_LOOKED_AT, "--suppress-health-check", "all"),
            *("--max-examples", str(calls), "--phases", phases, "--seed", "11", "--no-color"),
            *("--generation-database", "none", "--continue-on-failure", "--warnings", "off"),
            *("--max-time", str(its_seconds)),
            *(word for one in _ENDING for word in (chosen, one)),
        ]
        done = subprocess.run(
            *(command,),
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=3000,
            check=False,
        )
        # a body that was made too large may stand in it
        said = "\n".join(line[:2000] for line in done.stdout.splitlines())
        assert done.returncode == 0, said[-20_000:] + done.stderr[-2_000:]


@pytest.mark.wide
def test_calls_of_any_kind_are_answered_as_described(served: tuple[str, str], tmp_path: Path) -> None:
    _tried(served, tmp_path, 2, "examples,fuzzing", 20)


@pytest.mark.long
def test_many_calls_of_any_kind_are_answered_as_described(served: tuple[str, str], tmp_path: Path) -> None:
    _tried(served, tmp_path, 50, "examples,coverage,fuzzing,stateful", 900)
