"""What a locale says does not depend on which others were asked before it."""

from __future__ import annotations

import subprocess
import sys

import pytest
from babel import UnknownLocaleError

from digest.render.locales import locale_of
from tests.languages.catalogues import ROOT

#: Each of these had written its own into what the others share.
ASKED = ("nv", "zh-Latn", "ar-EG", "ar-MA", "ar-IQ", "ar", "yo", "en")


def said(*asked: str) -> dict[str, str]:
    """How a process says a day in the last of these languages, asked in this order."""
    code = (
        "import sys; from datetime import date; from digest.render.words import Words\n"
        "for tag in sys.argv[1:]:\n"
        "    words = Words(tag); day = date(2028, 2, 29)\n"
        "    print(tag, words.short_day(day), words.long_day(day), words.span(date(2026, 12, 30), day))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *asked], check=True, cwd=ROOT, capture_output=True, text=True
    )
    return dict(line.split(" ", 1) for line in done.stdout.splitlines())


def test_the_order_of_asking_changes_nothing() -> None:
    forth, back = said(*ASKED), said(*reversed(ASKED))
    assert forth == back
    assert "فبراير" in forth["ar"]
    assert "دجنبر" in forth["ar-MA"]


@pytest.mark.parametrize(("name", "error"), [("tlh-XX", UnknownLocaleError), ("not a tag", ValueError)])
def test_what_is_no_locale_is_refused(name: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        locale_of(name)


def test_a_locale_names_others_in_its_own_words() -> None:
    assert locale_of("zh-Hans").get_display_name(locale_of("de")) == "Chinesisch (Vereinfacht)"
    assert locale_of("pt_BR") is locale_of("pt_BR")
