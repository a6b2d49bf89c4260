"""Tests that share what is dear are given to one worker, all others to whoever has time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.sharing import TOGETHER, scope_of

pytest_plugins = ("pytester",)

#: A folder whose fixture is made once if its tests meet in one worker.
_FOLDER = {
    "tests/mail_lint/test_a.py": """
        import os, pytest
        @pytest.mark.parametrize("number", range(6))
        def test_a(number): print("worker", os.environ["PYTEST_XDIST_WORKER"])
    """,
    "tests/mail_lint/test_b.py": """
        import os
        def test_b(): print("worker", os.environ["PYTEST_XDIST_WORKER"])
    """,
    "tests/test_c.py": """
        import os, pytest
        @pytest.mark.parametrize("number", range(6))
        def test_c(number): print("elsewhere", os.environ["PYTEST_XDIST_WORKER"])
    """,
}


def test_a_folder_is_kept_together_and_a_test_of_another_stands_alone() -> None:
    inside = {scope_of(f"{folder}test_x.py::test[{number}@y]") for folder in TOGETHER for number in range(9)}
    assert inside == set(TOGETHER)
    assert scope_of("tests/cli/test_x.py::test[1]") != scope_of("tests/cli/test_x.py::test[2]")


def test_workers_get_them_so(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("xdist")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
    for path, source in _FOLDER.items():
        file = pytester.path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("\n".join(line.removeprefix(" " * 8) for line in source.splitlines()))
    answer = pytester.runpytest_subprocess("-p", "tests.sharing", "-n", "2", "-rP", "tests")
    answer.assert_outcomes(passed=13)
    said = {line for line in answer.outlines if line.startswith(("worker ", "elsewhere "))}
    assert len([line for line in said if line.startswith("worker ")]) == 1
    assert any(line.startswith("elsewhere ") for line in said)
