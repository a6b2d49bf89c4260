"""The world's servers, each in its own layout: whom they could not reach, and why."""

from __future__ import annotations

from typing import Final

import pytest

from digest.mail.bounces import read_returned
from tests.mail.bounces.abroad import ABROAD
from tests.mail.bounces.gateways import GATEWAYS
from tests.mail.bounces.letters import BACK
from tests.mail.bounces.providers import PROVIDERS
from tests.mail.bounces.servers import SERVERS

SYSTEMS: Final = {**SERVERS, **PROVIDERS, **GATEWAYS, **ABROAD}


@pytest.mark.parametrize("name", SYSTEMS)
def test_a_server_is_understood_in_its_own_layout(name: str) -> None:
    told = SYSTEMS[name]
    found = read_returned(told.raw, envelope_to=BACK, ours=["harbour.example"])
    assert tuple((one.recipient, one.kind) for one in found) == told.says, found
    assert not told.enhanced or found[0].enhanced == told.enhanced


@pytest.mark.parametrize("name", [name for name in SYSTEMS if name not in {"aol", "silent"}])
def test_the_copy_is_found_by_the_address_that_the_report_came_to(name: str) -> None:
    """Whatever the layout, and with the letters of the address in any case."""
    for envelope_to in (BACK, BACK.upper()):
        for found in read_returned(SYSTEMS[name].raw, envelope_to=envelope_to):
            assert found.clues.return_paths[0].lower() == BACK
