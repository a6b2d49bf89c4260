"""The walls of the house: who may import whom, what pure rooms keep away from, how large a file may grow.

The rules stand in `violations_in`; it takes file texts by path, so that made-up houses show what it catches.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
LINE_LIMIT: Final = 400
#: From the roof down; rooms on one floor do not import each other.
FLOORS: Final = (
    {"digest.api"},
    {"digest.cli"},
    {"scheduler"},
    {"digest.web", "digest.jobs"},
    {"digest.flows", "digest.wiring"},
    {"digest.store", "digest.render", "digest.mail", "digest.ingest", "digest.reach"},
    {"digest.core"},
    {"subscribers"},
)
HEIGHT: Final = {room: -floor for floor, rooms in enumerate(FLOORS) for room in rooms}
#: Leaves, and who may look at them. `digest` is the package's own `__init__`, which holds the version.
WELCOME: Final = {
    "digest": HEIGHT.keys() - {"subscribers"},
    # nobody in the house goes round by the roof; the package's own `__init__` lends its names, when asked
    "digest.api": {"digest"},
    "digest.config": {"digest.api", "digest.cli", "scheduler", "digest.wiring", "digest.settings_file"},
    "digest.settings_file": {"digest.api", "digest.cli", "scheduler"},
    "digest.logbook": {"digest.cli", "digest.wiring"},
    # a piece of work is told of wherever it is done
    "digest.tracing": {"digest.cli", "digest.web", "digest.jobs", "digest.flows", "digest.wiring"},
    "digest.keyring": {"digest.config", "digest.settings_file"},
    "digest.wellmade": {"digest.config", "digest.wiring"},
    "digest.remarks": {"digest.cli", "digest.logbook"},
    "digest.unasked": {"digest.cli", "digest.render"},
    # the contract with plugins is a leaf: what a plugin imports may not depend on the rest of the house
    "digest.plugins": HEIGHT.keys() - {"subscribers", "digest.core"} | {"digest.wellmade"},
    "digest.errors": HEIGHT.keys() - {"subscribers"}
    | {"digest.config", "digest.settings_file", "digest.plugins", "digest.tracing"},
}
#: The files of `subscribers` that remember; all others there only decide.
KEEPERS: Final = {
    f"subscribers/{name}.py"
    for name in (
        "tables",
        "interning",
        "groups",
        "merging",
        "store",
        "suppressions",
        "consents",
        "figures",
        "unconfirmed",
        "together",
        "entering",
    )
}
DRIVERS: Final = {
    *(
        "aiosmtplib",
        "aiosqlite",
        "alembic",
        "apscheduler",
        "asyncio",
        "dns",
        "fastapi",
        "feedparser",
        "httpx",
        "httpx2",
    ),
    *("imaplib", "jinja2", "premailer", "psycopg", "requests", "smtplib", "socket", "sqlalchemy", "sqlite3"),
    *("starlette", "subprocess", "threading", "urllib3", "uvicorn"),
}
NAMES_FOR_EVERYTHING: Final = {"utils", "util", "helpers", "helper", "misc", "common"}
ASYNCHRONOUS: Final = (ast.AsyncFunctionDef, ast.Await, ast.AsyncFor, ast.AsyncWith)


# --- the rules ----------------------------------------------------------------------------------------------


def violations_in(house: Mapping[str, str]) -> list[str]:
    """All that is wrong in a house, given as file texts by their paths from the root."""
    found = []
    for path, text in sorted(house.items()):
        tree = ast.parse(text, path)
        rules = [_size(text), _names(path, tree), _walls(path, tree)]
        if _is_pure(path):
            rules += [_waiting(tree), _clocks(path, tree), _drivers(path, tree)]
        found += [f"{path}: {violation}" for rule in rules for violation in rule]
    # an import of several names from one place is one fault
    return list(dict.fromkeys(found))


def _size(text: str) -> Iterator[str]:
    lines = len(text.splitlines())
    if lines >= LINE_LIMIT:
        yield f"has {lines} lines: a file holds one idea in fewer than {LINE_LIMIT}"


def _names(path: str, tree: ast.Module) -> Iterator[str]:
    if not ast.get_docstring(tree):
        yield "begins without a sentence that says what it is for"
    if NAMES_FOR_EVERYTHING & {Path(part).stem for part in Path(path).parts}:
        yield "has a name under which anything could stand"


def _walls(path: str, tree: ast.Module) -> Iterator[str]:
    room = room_of(module_of(path))
    for line, module in imports_of(path, tree):
        other = room_of(module)
        if other is not None and other != room and not _may_import(room, other):
            yield f"line {line}: {room} may not import {module}"


def _may_import(room: str | None, other: str) -> bool:
    if other in WELCOME:
        return room in WELCOME[other]
    # what stands in no room - a new file beside them - has no height, and imports nothing until it gets one
    return room in HEIGHT and other in HEIGHT and HEIGHT[room] > HEIGHT[other]


def _waiting(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ASYNCHRONOUS) or (isinstance(node, ast.comprehension) and node.is_async):
            yield f"line {getattr(node, 'lineno', '?')}: waits, and a room that decides never does"


def _clocks(path: str, tree: ast.Module) -> Iterator[str]:
    """`datetime.now` and its kin under any alias, called or not, and the module `time`."""
    classes = {"datetime", "date"} | {
        alias.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "datetime"
        for alias in node.names
        if alias.asname and alias.name in {"datetime", "date"}
    }
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and node.attr in {"now", "utcnow", "today"}
            and _last_name(node.value) in classes
        ):
            yield f"line {node.lineno}: reads a clock ({ast.unparse(node)}): now is handed in"
    for line, module in imports_of(path, tree):
        if module.partition(".")[0] == "time":
            yield f"line {line}: imports a clock (time): now is handed in"


def _drivers(path: str, tree: ast.Module) -> Iterator[str]:
    for line, module in imports_of(path, tree):
        driver = module.partition(".")[0]
        if driver in DRIVERS:
            yield f"line {line}: imports the driver {driver}, and a room that decides has none"


# --- reading the house --------------------------------------------------------------------------------------


def _is_pure(path: str) -> bool:
    return path.startswith("digest/core/") or (path.startswith("subscribers/") and path not in KEEPERS)


def module_of(path: str) -> str:
    return ".".join(Path(path).with_suffix("").parts).removesuffix(".__init__")


def room_of(module: str) -> str | None:
    """The room in which a module stands; None for what is not of the house."""
    first, _, rest = module.partition(".")
    if first != "digest":
        return first if first in HEIGHT else None
    if rest == "__main__":
        # the door of the command for `python -m`
        return "digest.cli"
    room = f"digest.{rest.partition('.')[0]}"
    return room if rest else "digest"


def imports_of(path: str, tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Every imported module or name, in full, wherever in the file it is imported."""
    package = module_of(path).split(".") if path.endswith("__init__.py") else module_of(path).split(".")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *filter(None, [node.module])])
            yield from ((node.lineno, _target(source, alias.name)) for alias in node.names)


def _target(source: str, name: str) -> str:
    """`from digest import store` names a room, `from digest import __version__` a value of `digest`."""
    return f"{source}.{name}" if source == "digest" and not name.startswith("_") else source


def _last_name(node: ast.expr) -> str | None:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


def house() -> dict[str, str]:
    """The texts of all files that the walls stand between, by path."""
    scheduler = (ROOT / "scheduler.py").read_text(encoding="utf-8")
    return _files_in("digest", "subscribers") | {"scheduler.py": scheduler}


def _files_in(*folders: str) -> dict[str, str]:
    files = [path for folder in folders for path in (ROOT / folder).rglob("*.py")]
    return {path.relative_to(ROOT).as_posix(): path.read_text(encoding="utf-8") for path in files}


# --- this house ---------------------------------------------------------------------------------------------


def test_this_house_keeps_its_walls() -> None:
    assert violations_in(house()) == []


def test_tests_and_benchmarks_are_files_of_one_idea_too() -> None:
    too_long = [path for path, text in _files_in("tests", "benchmarks").items() if list(_size(text))]
    assert too_long == []


def test_every_room_of_the_plan_exists() -> None:
    rooms = {room_of(module_of(path)) for path in _files_in("digest", "subscribers")} | {"scheduler"}
    assert HEIGHT.keys() | WELCOME.keys() <= rooms


# --- that the rules catch what they should ------------------------------------------------------------------


def violations_of(path: str, code: str) -> list[str]:
    return violations_in({path: f'"""A made-up file."""\n{code}\n'})


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("digest/store/shelf.py", "from digest.mail import lanes"),
        ("digest/store/shelf.py", "import digest.render.printer"),
        ("digest/mail/lanes.py", "from digest import ingest"),
        ("digest/mail/lanes.py", "from .. import store"),
        ("digest/mail/lanes.py", "from ..store.tables import issues"),
        ("digest/mail/deep/lanes.py", "from ...store.tables import issues"),
        ("digest/mail/__init__.py", "from ..store import tables"),
        ("digest/mail/lanes.py", "def send():\n    from digest.store import tables"),
        ("digest/mail/lanes.py", "if TYPE_CHECKING:\n    from digest.store import tables"),
        ("digest/core/choice.py", "from digest.store import tables"),
        ("digest/core/choice.py", "from digest.flows.deliver import deliver"),
        ("digest/flows/deliver.py", "from digest.wiring import open_store"),
        ("digest/flows/deliver.py", "from digest.jobs import local"),
        ("digest/jobs/local.py", "from digest.web import pages"),
        ("digest/web/pages.py", "import scheduler"),
        ("scheduler.py", "from digest.cli.main import run"),
        ("digest/store/shelf.py", "from digest.config import Settings"),
        ("digest/flows/deliver.py", "from digest import config"),
        ("digest/config/house.py", "from digest.core.model import Issue"),
        ("digest/errors.py", "from digest.config import Settings"),
        ("digest/__init__.py", "from digest.errors import DigestError"),
        ("digest/__init__.py", "if TYPE_CHECKING:\n    from digest.errors import DigestError"),
        ("digest/cli/main.py", "from digest.api import Newsroom"),
        ("digest/web/pages.py", "from digest.api.newsroom import Newsroom"),
        ("digest/plugins/contract.py", "from digest.core.model import Outcome"),
        ("digest/plugins/shelf.py", "from digest.mail.lane import Letter"),
        ("digest/core/choice.py", "from digest.plugins import Item"),
        ("digest/newroom.py", "from digest.core.model import Issue"),
        ("digest/flows/deliver.py", "from digest.newroom import thing"),
        ("subscribers/standing.py", "from digest.core.model import Issue"),
        ("subscribers/standing.py", "from digest.errors import DigestError"),
        ("subscribers/store.py", "from digest import __version__"),
        ("subscribers/store.py", "import scheduler"),
    ],
)
def test_import_across_a_wall_is_found(path: str, code: str) -> None:
    (violation,) = violations_of(path, code)
    assert violation.startswith(f"{path}: line ")
    assert "may not import" in violation


@pytest.mark.parametrize(
    ("path", "code"),
    [
        (
            "digest/cli/main.py",
            "import scheduler\nfrom digest import __version__, config\nfrom digest.web import app",
        ),
        ("scheduler.py", "from digest.config import Settings\nfrom digest.jobs import local"),
        (
            "digest/wiring.py",
            "from digest.config import Settings\nfrom digest.store.database import Database",
        ),
        ("digest/flows/deliver.py", "from digest.store import issues\nfrom digest.mail.lanes import Lane"),
        ("digest/store/shelf.py", "from .tables import issues\nfrom digest.errors import StoreError"),
        (
            "digest/store/shelf.py",
            "import sqlalchemy, asyncio, time\nasync def read(): await asyncio.sleep(1)",
        ),
        (
            "digest/core/choice.py",
            "from subscribers.model import Profile\nfrom datetime import datetime, time",
        ),
        ("digest/core/choice.py", "def due(facts): return facts.now"),
        ("digest/config/house.py", "from digest.errors import SettingsError"),
        ("digest/__init__.py", "if TYPE_CHECKING:\n    from digest.api import Newsroom"),
        ("digest/api/house.py", "from digest.cli.doors import store_at\nfrom digest.config import Settings"),
        ("digest/plugins/shelf.py", "from digest.errors import PluginError\nfrom .contract import Item"),
        ("digest/mail/lanes.py", "from digest.plugins import Message"),
        ("subscribers/store.py", "import sqlalchemy\nfrom subscribers.model import Profile"),
        ("subscribers/wishes.py", "from .model import Profile"),
        ("subscribers/wishes.py", "import digestive\nfrom schedulers import x"),
    ],
)
def test_import_that_goes_down_is_allowed(path: str, code: str) -> None:
    assert violations_of(path, code) == []


@pytest.mark.parametrize("path", ["digest/core/choice.py", "subscribers/standing.py", "subscribers/new.py"])
@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("async def choose(): ...", "waits"),
        ("all_ = [x async for x in y]", "waits"),
        ("from datetime import datetime\nborn = datetime.now()", "datetime.now"),
        ("from datetime import datetime as D\nborn = D.utcnow", "D.utcnow"),
        ("import datetime as dt\nday = dt.date.today()", "dt.date.today"),
        ("field(default_factory=datetime.now)", "datetime.now"),
        ("import time", "imports a clock"),
        ("from time import monotonic", "imports a clock"),
        ("from sqlalchemy import select, text", "driver sqlalchemy"),
        ("def late():\n    from aiosmtplib import SMTP", "driver aiosmtplib"),
        ("import asyncio", "driver asyncio"),
    ],
)
def test_room_that_decides_neither_waits_nor_looks_at_the_clock_nor_drives(
    path: str, code: str, words: str
) -> None:
    (violation,) = violations_of(path, code)
    assert words in violation


@pytest.mark.parametrize("path", sorted(KEEPERS))
def test_files_that_remember_may_drive(path: str) -> None:
    assert violations_of(path, "import sqlalchemy") == []


@pytest.mark.parametrize("path", ["digest/mail/utils.py", "subscribers/helpers.py", "digest/common/thing.py"])
def test_name_for_everything_is_found(path: str) -> None:
    assert violations_of(path, "")[0].endswith("a name under which anything could stand")


def test_file_without_a_sentence_is_found() -> None:
    assert violations_in({"digest/mail/lanes.py": "import os\n"}) == [
        "digest/mail/lanes.py: begins without a sentence that says what it is for"
    ]


def test_file_of_four_hundred_lines_is_found() -> None:
    assert violations_of("digest/mail/lanes.py", "\n" * (LINE_LIMIT - 3)) == []
    (violation,) = violations_of("digest/mail/lanes.py", "\n" * (LINE_LIMIT - 2))
    assert "has 400 lines" in violation
