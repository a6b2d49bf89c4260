"""Who is alive is known from the kernel: a lock goes with its process, however that ends."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from digest.errors import SettingsError
from digest.jobs.liveness import Liveness

#: Signs on, says under which name, and then only waits.
_SENDER = """
import sys
from pathlib import Path
from digest.jobs.liveness import Liveness
liveness = Liveness(Path(sys.argv[1]))
print(liveness.sign_on(), flush=True)
sys.stdin.read()
"""


@contextmanager
def sender(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A process of its own that holds a name."""
    command = [sys.executable, "-c", _SENDER, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield process, process.stdout.readline().strip()
        process.kill()


@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM, None])
def test_a_process_that_ended_is_gone_however_it_ended(tmp_path: Path, end: signal.Signals | None) -> None:
    liveness = Liveness(tmp_path)
    with sender(tmp_path) as (process, name):
        assert liveness.gone() == frozenset()
        if end is None:
            process.communicate("")
        else:
            process.send_signal(end)
            process.wait(10)
        assert liveness.gone() == {name}


def test_of_two_processes_only_the_dead_one_is_gone(tmp_path: Path) -> None:
    liveness = Liveness(tmp_path)
    with sender(tmp_path) as (first, dead), sender(tmp_path) as (_second, alive):
        assert dead != alive
        first.kill()
        first.wait(10)
        assert liveness.gone() == {dead}
        liveness.bury(liveness.gone())
        assert [file.stem for file in tmp_path.iterdir()] == [alive]
        assert liveness.gone() == frozenset()


def test_a_process_knows_itself_as_alive_until_it_signs_off(tmp_path: Path) -> None:
    liveness = Liveness(tmp_path)
    first, second = liveness.sign_on(), liveness.sign_on()
    assert liveness.gone() == Liveness(tmp_path).gone() == frozenset()
    liveness.sign_off(first)
    # what may still be claimed under the name can be taken back at once
    assert liveness.gone() == Liveness(tmp_path).gone() == {first}
    liveness.bury([first])
    liveness.sign_off(second)
    assert liveness.gone() == {second}


def test_two_who_look_at_the_same_time_see_the_same(tmp_path: Path) -> None:
    import fcntl

    liveness = Liveness(tmp_path)
    name = liveness.sign_on()
    liveness.sign_off(name)
    with (tmp_path / f"{name}.lock").open() as looking:
        fcntl.flock(looking, fcntl.LOCK_SH)
        assert liveness.gone() == {name}


def test_a_folder_that_was_never_used_knows_nobody(tmp_path: Path) -> None:
    liveness = Liveness(tmp_path / "never")
    assert liveness.gone() == frozenset()
    liveness.bury(liveness.gone())
    liveness.bury(["somebody who is buried already"])


def test_a_folder_that_cannot_be_written_to_is_told_in_plain_words(tmp_path: Path) -> None:
    (tmp_path / "senders").write_text("in the way")
    with pytest.raises(SettingsError, match=r"senders' cannot be written to \(.*\): set DIGEST_VAR_DIR"):
        Liveness(tmp_path / "senders").sign_on()


def test_a_folder_that_it_makes_around_its_own_is_for_nobody_else(tmp_path: Path) -> None:
    var = tmp_path / "var"
    liveness = Liveness(var / "senders")
    liveness.sign_off(liveness.sign_on())
    assert var.stat().st_mode & 0o777 == 0o700
