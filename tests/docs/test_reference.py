"""What is made from the code is of today: commands, tables of the store, and words."""

from __future__ import annotations

from types import ModuleType

import pytest
from sqlalchemy import Table

from digest.store.every_table import OF_ITS_PROCESSES, every_table
from tests.cli.commands import CALLS
from tests.docs import commands, glossary, reasons, schema

_MADE = {"commands": commands, "schema": schema, "reasons": reasons}


@pytest.mark.parametrize("made", _MADE.values(), ids=_MADE.keys())
def test_what_is_written_is_of_today(made: ModuleType) -> None:
    assert made.PAGE.read_text(encoding="utf-8") == made.text(), "stale: call make reference"


def test_every_command_is_told_of() -> None:
    told = {words for words, _ in commands.every_command()}
    assert told == CALLS.keys() | {"serve", "worker", "demo", "bounces poll"}


@pytest.mark.parametrize("table", [*every_table(), *OF_ITS_PROCESSES], ids=lambda table: table.name)
def test_every_table_says_what_it_is_for(table: Table) -> None:
    assert not schema.about(table, schema.said_of_tables()[table.name]).endswith(": .")


def test_what_is_said_of_a_column_stands_above_it() -> None:
    said = schema.said_of_tables()
    assert said["deliveries"].columns["claims"].startswith("how often it was claimed")
    # spread over several lines in the source
    assert said["standing_changes"].columns["untold"].startswith("written with the change itself")
    assert said["workers"].file == "digest/store/worker_tables.py"


def test_glossary_goes_by_the_alphabet_and_has_the_words_of_the_readme() -> None:
    words = glossary.words()
    assert list(words) == sorted(words, key=str.casefold)
    few = glossary.words_of_the_readme()
    assert {"Briefing", "Bookmark", "Delivery"} <= few.keys()
    assert few.items() <= words.items()
