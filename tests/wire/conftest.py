"""What the tests of the wire share: keys to sign with."""

from __future__ import annotations

import pytest

from digest.mail.dkim import DkimKey
from tests.wire.keys import make_keys


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> tuple[DkimKey, ...]:
    """An RSA and an Ed25519 key."""
    return make_keys(tmp_path_factory.mktemp("keys"))
