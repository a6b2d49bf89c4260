"""What a designer says once is said to every mail program in its own way."""

from __future__ import annotations

import pytest

from digest.errors import SettingsError
from digest.render.palette import Brand
from digest.render.schemes import coloured

SHEET = """
/* words on a sheet */
:root { --sheet: #FFF; --ink: #222222; --line: #dddddd; }
.sheet { padding: 2px; background-color: var(--sheet); border-top: 1px solid var(--line); }
.text, .title { color: var(--ink); }
.text:hover { color: var( --ink ) !important; }
@media (prefers-color-scheme: dark) {
  :root { --sheet: #111; --ink: #eeeeee; --line: #333333; }
  .logo { border-radius: 4px !important; background-color: var(--ink) !important; }
}
"""


def test_names_become_colours() -> None:
    assert coloured(SHEET).startswith(
        ".sheet { padding: 2px; background-color: #ffffff; border-top: 1px solid #dddddd; }\n"
        ".text, .title { color: #222222; }\n"
        ".text:hover { color: #222222 !important; }\n"
    )
    assert "var(" not in coloured(SHEET)
    assert ":root" not in coloured(SHEET)


def test_the_dark_scheme_follows_from_its_table() -> None:
    assert (
        "@media (prefers-color-scheme: dark) {\n"
        ".sheet { background-color: #111111 !important; }\n"
        ".sheet { border-top-color: #333333 !important; }\n"
        ".text, .title, .text:hover { color: #eeeeee !important; }\n"
        ".logo { border-radius: 4px !important; background-color: #eeeeee !important; }\n"
        "}\n"
    ) in coloured(SHEET)


def test_outlook_gets_the_rules_of_everybody() -> None:
    assert coloured(SHEET).endswith(
        "[data-ogsb] .sheet { background-color: #111111 !important; }\n"
        "[data-ogsc] .sheet { border-top-color: #333333 !important; }\n"
        "[data-ogsc] .text, [data-ogsc] .title { color: #eeeeee !important; }\n"
        "[data-ogsc] .logo { border-radius: 4px !important; }\n"
        "[data-ogsb] .logo { background-color: #eeeeee !important; }"
    )


def test_a_brand_stands_in_for_the_accent() -> None:
    assert coloured(".link { color: var(--accent) }", Brand(accent="#0b5345")) == ".link { color: #0b5345 }"


def test_a_sheet_without_names_stays_as_it_is() -> None:
    assert coloured(".a { color: red } @media print { .a { color: blue } }") == (
        ".a { color: red }\n@media print { .a { color: blue } }"
    )


@pytest.mark.parametrize(
    ("css", "why"),
    [
        (".a { color: var(--sea) }", "uses the colour --sea, which is in no :root table"),
        (":root { --sea: blue; }", "--sea: blue in :root is no colour: say it as --name: #rrggbb"),
        (":root { color: #123456; }", "color: #123456 in :root is no colour"),
    ],
)
def test_a_colour_that_nobody_can_make_out_is_named(css: str, why: str) -> None:
    with pytest.raises(SettingsError, match=why):
        coloured(css)
