"""How the tests are shared among the workers of pytest-xdist, and what each worker does about its memory."""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Final

import pytest
from greenlet import getcurrent  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import LoadScopeScheduling

#: Folders whose tests go to one worker, for what they share takes longer to make than most of them take: for
#: the one every mail is printed, for the other the site is built and a newsroom is furnished.
TOGETHER: Final = ("tests/mail_lint/", "tests/docs/")
#: So many looks through the middle generation, and the oldest is looked through after the test.
_LOOKS: Final = 10
#: So many of those, and what had stayed is looked through as well.
_ALL_OF_IT: Final = 20
_looked: Final = count(1)
#: Where branches are counted, garbage is collected between tests alone, and nobody looks on: the tracer keeps
#: its places in a dictionary of greenlets, and did not come to an end when dead ones were taken out of it.
IS_TRACED: Final = sys.gettrace() is not None
#: So many things that were made, and not collected, since it was looked last.
_LOOKS_TRACED: Final = 100_000
#: There, too, what each thread was to greenlet is kept until the process ends: else it is thrown away between
#: any two steps of another thread, and what the tracer does then about its dictionary goes on for ever.
_kept: Final[list[object]] = []


def scope_of(nodeid: str) -> str:
    """What a test is shared with: the name of its folder, or its own for one that is shared alone."""
    # marks for groups are not asked: pytest 9.2 forgets the names that pytest-xdist 3.8 gives to their tests
    return next((folder for folder in TOGETHER if nodeid.startswith(folder)), nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling | None:
    """Each worker takes the next test when it has time; what belongs together goes first."""
    if config.getoption("dist") != "load":
        return None
    from xdist.scheduler import LoadScopeScheduling

    shared = LoadScopeScheduling(config, log)
    shared._split_scope = scope_of
    return shared


def pytest_configure() -> None:
    """Have each thread that begins from now on leave something behind, where branches are counted."""
    begin = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def kept(thread: threading.Thread) -> None:
        # twice: what is held once, by what the collector was told to leave alone, greenlet takes for leaked,
        # and throws away
        _kept.extend([getcurrent()] * 2)
        begin(thread)

    if IS_TRACED:
        threading.Thread._bootstrap_inner = kept  # type: ignore[attr-defined]


def pytest_collection_finish() -> None:
    """What was imported stays: nobody need look through it again."""
    gc.collect()
    gc.freeze()
    if IS_TRACED:
        gc.disable()


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown() -> None:
    """Take away what nobody holds any more: engines and applications hold themselves in circles.

    By itself the collector waits until a quarter of all there is was added; a worker grew to 5 GB.
    """
    if gc.get_count()[2] >= _LOOKS or (IS_TRACED and gc.get_count()[0] >= _LOOKS_TRACED):
        with _unseen():
            if next(_looked) % _ALL_OF_IT == 0:
                gc.unfreeze()
            gc.collect()
            gc.freeze()


@contextmanager
def _unseen() -> Iterator[None]:
    """Nothing is traced within."""
    tracer = sys.gettrace()
    sys.settrace(None)
    try:
        yield
    finally:
        sys.settrace(tracer)
