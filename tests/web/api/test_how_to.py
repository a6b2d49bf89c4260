"""What docs/api.md says is done as it stands there, with curl."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.stores import NewStore, opened
from tests.web.api.programs import a_key
from tests.web.api.serving import Serving

_TEXT: Final = (Path(__file__).parents[3] / "docs" / "api.md").read_text(encoding="utf-8")


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_every_example_works(new_store: NewStore) -> None:
    url = new_store("sqlite", True)

    async def made() -> str:
        async with opened(url) as store:
            return await a_key(store)

    key = asyncio.run(made())
    blocks = re.findall(r"```sh\n(.*?)```", _TEXT, re.DOTALL)
    assert len(blocks) >= 4
    with Serving(url) as address:
        script = "\n".join(blocks).replace("KEY=...", f"KEY={key}")
        script = script.replace("http://127.0.0.1:8000", address).replace(
            "curl -s", "curl -sS --fail-with-body"
        )
        done = subprocess.run(
            ["sh", "-e", "-c", script], capture_output=True, text=True, timeout=120, check=False
        )
    assert (done.returncode, done.stderr) == (0, ""), done.stdout
    assert '"added":[1,2]' in done.stdout
    assert '"erased":"grace@example.org"' in done.stdout
