"""All examples in the documentation are done as they stand, in an empty folder with a real store."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import pytest

from digest.settings_file import load_settings
from tests.docs.blocks import DONE, NOT_RUN, ROOT, RUN_BY, Block, blocks_of, named, pages
from tests.docs.reader import Reader, assert_shown, conversation
from tests.docs.stages import stage_of
from tests.tiers import wide

#: Languages in which something may be shown that nobody runs.
SHOWN: Final = ("text", "css", "html", "ini", "markdown", "yaml")
#: How many blocks of a page are only shown. Another one needs a reason, and a number here.
SHOWN_ONLY: Final = {
    "README.md": 3,
    "docs/api.md": 1,
    "docs/backup.md": 2,
    "docs/contributing.md": 1,
    "docs/desk.md": 2,
    "docs/doctor.md": 1,
    "docs/explained/planning.md": 1,
    "docs/how-to/cron.md": 2,
    "docs/how-to/postfix.md": 4,
    "docs/how-to/several-machines.md": 2,
    "docs/index.md": 1,
    "docs/ingest.md": 1,
    "docs/logs.md": 2,
    "docs/mail-checks.md": 2,
    "docs/metrics.md": 1,
    "docs/moving-in.md": 2,
    "docs/mutants.md": 1,
    "docs/plugins.md": 7,
    "docs/python-api.md": 8,
    "docs/returned-mail.md": 1,
    "docs/returns-intake.md": 3,
    "docs/running.md": 5,
    "docs/signing-up.md": 3,
    "docs/store.md": 1,
    "docs/themes.md": 2,
    "docs/traces.md": 2,
    "docs/tutorial.md": 3,
    "docs/upgrading.md": 1,
    "docs/workers.md": 1,
}
#: Pages whose examples another test does, as they stand.
ELSEWHERE: Final = {
    "docs/api.md": "tests/web/api/test_how_to.py",
    "docs/api-reference.md": "tests/web/api/test_reference.py",
    "docs/python-api.md": "tests/api/test_documented.py",
}

PAGES: Final = {named(page): list(blocks_of(page)) for page in pages()}
BLOCKS: Final = [block for blocks in PAGES.values() for block in blocks]
#: Pages with something to do.
FOLLOWED: Final = [
    page
    for page, blocks in PAGES.items()
    if page not in ELSEWHERE and any(not block.is_shown_only for block in blocks)
]
#: What everybody reads first.
FIRST: Final = ("README.md", "docs/tutorial.md")


def test_every_block_says_what_it_is() -> None:
    assert [block.place for block in BLOCKS if block.indented or block.language not in (*DONE, *SHOWN)] == []


def test_blocks_that_nobody_runs_are_counted() -> None:
    counted = {page: sum(block.is_shown_only for block in blocks) for page, blocks in PAGES.items()}
    assert {page: number for page, number in counted.items() if number} == SHOWN_ONLY


def test_block_that_is_not_run_says_why() -> None:
    remarks = [block for block in BLOCKS if block.remark.startswith(NOT_RUN.strip())]
    assert [block.place for block in remarks if len(block.remark) < len(NOT_RUN) + 10] == []


@pytest.mark.parametrize("page", sorted(ELSEWHERE))
def test_page_is_done_by_the_test_that_is_named(page: str) -> None:
    assert Path(page).name in (ROOT / ELSEWHERE[page]).read_text(encoding="utf-8")


def test_block_is_done_by_the_test_that_is_named() -> None:
    for block in BLOCKS:
        if block.remark.startswith(RUN_BY):
            test = ROOT / block.remark.removeprefix(RUN_BY)
            assert Path(block.page).name in test.read_text(encoding="utf-8"), block.place


@pytest.mark.parametrize("page", [*FIRST, *wide(*(page for page in FOLLOWED if page not in FIRST))])
@pytest.mark.usefixtures("no_settings")
def test_page_works_as_it_stands(
    page: str, commands: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "here"
    with stage_of(page, folder, request) as instead, Reader(folder, commands, instead) as reader:
        for block in PAGES[page]:
            if not block.is_shown_only and not block.remark.startswith(RUN_BY):
                _is_well_made(block, tmp_path / "told.toml")
                reader.does(block)


def _is_well_made(block: Block, told: Path) -> None:
    """Documents are documents, and settings are taken as they stand, whatever stands there instead here."""
    if block.language == "json":
        json.loads(block.content)
    if block.language == "toml":
        told.write_text(block.content, encoding="utf-8")
        load_settings(told)


def test_what_is_shown_is_compared() -> None:
    talk = "$ echo one \\\n> two\none two\n$ true\n"
    assert conversation(talk) == [("echo one \\\ntwo", "one two\n"), ("true", "")]
    assert_shown("id 17 at noon \n", "id … at noon", "here")
    with pytest.raises(AssertionError, match="here says"):
        assert_shown("id 17 at noon", "id … at night", "here")
