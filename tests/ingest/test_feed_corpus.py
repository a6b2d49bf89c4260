"""The feeds by which feedparser tests itself: none breaks anything, and every entry is taken or refused."""

from __future__ import annotations

import re
import subprocess
import sys
import tarfile
from importlib.metadata import version
from typing import Final

import pytest

from digest.errors import InputError
from digest.ingest.feed_xml import read_xml
from digest.ingest.feeds import read_feed

pytestmark = pytest.mark.long
_LIVE: Final = re.compile(r"<\s*(script|iframe|object|embed|svg|img|form)\b|javascript:", re.IGNORECASE)


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the tests in feedparser's source distribution, by name."""
    folder = tmp_path_factory.mktemp("corpus")
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps"]
    wanted = [*("--no-binary", "feedparser", "--dest", str(folder)), f"feedparser=={version('feedparser')}"]
    done = subprocess.run([*command, *wanted], capture_output=True, text=True, timeout=300, check=False)
    found = list(folder.glob("*.tar.gz"))
    if not found:
        pytest.skip(f"the source distribution of feedparser cannot be had: {done.stderr.strip()[-200:]}")
    with tarfile.open(found[0]) as archive:
        members = [
            one for one in archive if one.isfile() and "/tests/" in one.name and one.name.endswith(".xml")
        ]
        return {one.name.partition("/tests/")[2]: archive.extractfile(one).read() for one in members}  # type: ignore[union-attr]


def test_every_entry_is_taken_or_refused_and_no_file_is_an_exception(
    corpus: dict[str, bytes], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(corpus) > 2_000
    whole, taken, refused = 0, 0, 0
    for name, data in corpus.items():
        try:
            raw = read_xml(data, content_type="", url="https://harbour.example/feed", source=name)
            found = read_feed(data, url="https://harbour.example/feed", source=name)
        except InputError:
            whole += 1
            continue
        places = sorted([*(one.place for one in found.items), *(one.place for one in found.refused)])
        assert places == list(range(1, len(raw.entries) + 1)), name
        assert all(one.reason for one in found.refused), name
        taken, refused = taken + len(found.items), refused + len(found.refused)
    with capsys.disabled():
        print(f"\n{len(corpus)} files: {whole} refused whole; {taken} entries taken, {refused} refused")


def test_no_text_that_is_taken_holds_live_markup_unless_its_feed_shows_it_as_words(
    corpus: dict[str, bytes],
) -> None:
    """Texts are printed escaped; here it is that what was markup is gone from them."""
    for name, data in corpus.items():
        if "sanitize" not in name:
            continue
        try:
            found = read_feed(data, url="https://harbour.example/feed", source=name)
        except InputError:
            continue
        for item in found.items:
            assert not any(_LIVE.search(text) for text in item.paragraphs), (name, item.paragraphs)
            assert item.url is None or item.url.startswith(("http://", "https://")), name
