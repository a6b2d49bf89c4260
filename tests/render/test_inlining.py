"""premailer's traps, each answered."""

from __future__ import annotations

import pytest

from digest.render.inlining import inlined, split_style

SHEET = """
/* a comment { with a brace */
.a { color: #123456; margin: 0 auto }
.a:hover { color: #222222 !important }
p.b, .c { padding: 1px }
@media (max-width: 600px) { .a { color: #333333 !important; } .c { margin: 0 } }
[data-ogsc] .a { color: #444444 !important }
@font-face { font-family: X; src: local("X") }
"""


def document(body: str, kept: str = "") -> str:
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>t</title>'
        f'<style data-premailer="ignore">{kept}</style></head><body>{body}</body></html>\n'
    )


def test_a_style_sheet_is_split_into_what_can_be_inlined_and_what_cannot() -> None:
    inline, kept = split_style(SHEET)
    assert inline == ".a { color: #123456; margin: 0 auto }\np.b, .c { padding: 1px }"
    assert kept == "\n".join(
        [
            ".a:hover{color:#222222 !important}",
            "@media (max-width:600px){.a{color:#333333 !important}.c{margin:0}}",
            "[data-ogsc] .a{color:#444444 !important}",
            '@font-face{font-family:X;src:local("X")}',
        ]
    )


def test_rules_reach_the_elements() -> None:
    assert '<p class="a" style="color:#123456; margin:0 auto">' in inlined(
        document('<p class="a">x</p>'), SHEET
    )


def test_the_doctype_stands_first() -> None:
    assert inlined(document("x"), "").startswith("<!DOCTYPE html>\n<html")


def test_the_kept_block_stays_as_it_is() -> None:
    _, kept = split_style(SHEET)
    assert f"<style>{kept}</style>" in inlined(document('<p class="a">x</p>', kept), SHEET)


def test_important_stays_important() -> None:
    assert 'style="color:red !important"' in inlined(document("<p>x</p>"), "p { color: red !important }")


@pytest.mark.parametrize(
    "body",
    [
        "<!--mark 1--><p>x</p><!--mark 2-->",
        '<table role="presentation"><!--m--><tr><td>x</td></tr><!--m--><tr><td>y</td></tr></table>',
        "<ul><!--m--><li>x</li><!--m--></ul>",
        '<a href="https://a.example/?x=1&amp;y=mark-link-#z">推 “q” 😀</a>',
        "<!--[if mso]><table><tr><td><![endif]--><p>x</p><!--[if mso]></td></tr></table><![endif]-->",
        "<p>{{ x }} {% y %}</p>",
        "<p>a<br>b</p>",
    ],
)
def test_everything_else_stays_as_it_was(body: str) -> None:
    assert inlined(document(body), "") == document(body).replace(' data-premailer="ignore"', "")


def test_nothing_is_fetched() -> None:
    link = '<link rel="stylesheet" href="http://127.0.0.1:9/style.css">'
    assert link in inlined(document("x").replace("</head>", f"{link}</head>"), "")
