"""What others import for what we never ask of them is not loaded, and is there for who does ask."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Final

import pytest

from digest.unasked import unloaded

_TELL: Final = "import json, sys; print(json.dumps(sorted({one.partition('.')[0] for one in sys.modules})))"
_INLINE: Final = "from digest.render.inlining import inlined; inlined('<p>x</p>', 'p { color: red }')"


def loaded_after(code: str) -> set[str]:
    """The packages that a fresh process has loaded when it has done this."""
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\n{_TELL}"], capture_output=True, text=True, check=True
    )
    return set(json.loads(done.stdout.splitlines()[-1]))


def test_a_command_loads_no_rich() -> None:
    loaded = loaded_after("from digest.cli.tree import _grown; _grown('run')")
    assert "structlog" in loaded
    assert not loaded & {"rich", "pygments", "attr"}


def test_inlining_loads_nothing_that_fetches() -> None:
    loaded = loaded_after(_INLINE)
    assert "premailer" in loaded
    assert not loaded & {"requests", "urllib3"}


def test_who_wants_to_fetch_can_do_so_afterwards() -> None:
    assert {"requests", "urllib3"} <= loaded_after(f"{_INLINE}\nimport requests\nrequests.get")


def test_what_is_loaded_stays_as_it_is() -> None:
    with unloaded("json"):
        assert sys.modules["json"] is json
    assert sys.modules["json"] is json


def test_what_stands_for_a_package_has_no_parts_and_goes() -> None:
    assert "wave" not in sys.modules
    with unloaded("wave"), pytest.raises(ImportError):
        from wave import Wave_read  # noqa: F401
    assert "wave" not in sys.modules
