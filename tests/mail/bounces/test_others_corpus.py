"""The mails by which flufl.bounce tests itself: of each we name the recipients that it names, and "
"none raises."""

from __future__ import annotations

import ast
import subprocess
import sys
import tarfile
from collections.abc import Mapping
from email import message_from_bytes
from importlib.metadata import version
from typing import Final, NamedTuple

import pytest
from flufl.bounce import all_failures

from digest.core.returned import Kind
from digest.mail.bounces import read_returned

pytestmark = pytest.mark.long
#: An answer names who wrote it, which is no address that bounced.
_ANSWERS: Final = {Kind.REPLY, Kind.AUTO_REPLY, Kind.CHALLENGE, Kind.UNSUBSCRIBE}


class Corpus(NamedTuple):
    mails: Mapping[str, bytes]
    #: addresses in small letters by the name of the mail
    expected: Mapping[str, frozenset[str]]


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """The mails of the source distribution, and what its own tests expect of them."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    # building its metadata asks for its build system, which nobody needs here
    wanted = ["--no-binary", "flufl.bounce", "--no-build-isolation", "--dest", str(folder)]
    pinned = f"flufl.bounce=={version('flufl.bounce')}"
    done = subprocess.run(
        [*command, *wanted, pinned], capture_output=True, text=True, timeout=300, check=False
    )
    found = list(folder.glob("*.tar.gz"))
    if not found:
        pytest.skip(f"the source distribution of flufl.bounce cannot be had: {done.stderr.strip()[-200:]}")
    with tarfile.open(found[0]) as archive:
        files = {
            one.name.partition("/tests/")[2]: archive.extractfile(one).read()  # type: ignore[union-attr]
            for one in archive
            if one.isfile() and "/tests/" in one.name
        }
    mails = {name.removeprefix("data/"): data for name, data in files.items() if name.endswith(".txt")}
    table = _table(files["test_detectors.py"])
    # the table asks one detector only: where it expects nothing of that one, all are asked
    return Corpus(mails, {name: table.get(name) or _detected(raw) for name, raw in mails.items()})


def _detected(raw: bytes) -> frozenset[str]:
    temporary, permanent = all_failures(message_from_bytes(raw))
    return frozenset(one.decode().lower() for one in (*temporary, *permanent))


def _table(module: bytes) -> dict[str, frozenset[str]]:
    """What the table `DETECTORS` of its tests says: detector, mail, addresses, whether for a time."""
    (table,) = (
        node.value
        for node in ast.parse(module).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and node.targets[0].id == "DETECTORS"
    )
    found: dict[str, frozenset[str]] = {}
    for _detector, mail, addresses, _for_a_time in ast.literal_eval(table):
        found[mail] = found.get(mail, frozenset()) | {one.decode().lower() for one in addresses}
    return found


def test_every_mail_names_the_recipients_that_are_expected(corpus: Corpus) -> None:
    assert len(corpus.mails) == 117
    wrong, silent = {}, 0
    for name, raw in corpus.mails.items():
        found = [one for one in read_returned(raw) if one.kind not in _ANSWERS]
        named = {one.recipient.lower() for one in found if one.recipient}
        expected = corpus.expected[name]
        silent += not named
        if named != expected:
            wrong[name] = (sorted(named), sorted(expected))
    assert not wrong
    assert silent == 5


def test_no_mail_of_theirs_in_pieces_is_an_exception(corpus: Corpus) -> None:
    for raw in corpus.mails.values():
        for end in range(0, len(raw), 97):
            read_returned(raw[:end])
