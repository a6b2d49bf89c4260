"""Branches that the tests take are counted room by room, and one that is below the goal is seen."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests import branches


def test_each_room_is_counted_by_itself() -> None:
    report = {
        "digest/core/pace.py": {"summary": {"num_branches": 10, "covered_branches": 9}},
        "digest/core/rates.py": {"summary": {"num_branches": 10, "covered_branches": 10}},
        "digest/mail/post.py": {"summary": {"num_branches": 4, "covered_branches": 1}},
        "digest/web/pages.py": {"summary": {"num_branches": 99, "covered_branches": 0}},
    }
    found = branches.taken_by_room(report)
    assert {room: branches.percent(counts) for room, counts in found.items()} == {
        "digest/core/": 95.0,
        "digest/mail/": 25.0,
        "subscribers/": 100.0,
    }


@pytest.mark.parametrize(("is_true", "status"), [(True, 0), (False, 1)], ids=["all", "half"])
def test_what_was_measured_is_added_up(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    is_true: bool,
    status: int,
) -> None:
    """A room with one question, measured for real: both answers, or one of them."""
    room = tmp_path / "subscribers"
    room.mkdir()
    (room / "__init__.py").touch()
    (room / "asked.py").write_text("def asked(yes):\n    if yes:\n        return 1\n    return 2\n")
    (tmp_path / "go.py").write_text(
        f"import sys; sys.path.insert(0, {str(tmp_path)!r}); sys.modules.pop('subscribers', None)\n"
        f"from subscribers.asked import asked\nasked(False)\nif {is_true}: asked(True)\n"
    )
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".coveragerc").write_text("[run]\nbranch = true\nsource = subscribers\n")
    subprocess.run([sys.executable, "-m", "coverage", "run", "go.py"], check=True, cwd=tmp_path)
    assert branches.main() == status
    assert f"| `subscribers/` | 2 | {2 if is_true else 1} |" in capsys.readouterr().out
