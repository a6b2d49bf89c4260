"""Templates are found, themes override single files, and a misspelt name is an error."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import UndefinedError

from digest.errors import SettingsError
from digest.render import environment as environments
from digest.render.environment import mail_environment, style_of, templates_folder


@pytest.fixture
def own_themes(tmp_path: Path) -> Path:
    (tmp_path / "harbour" / "issue").mkdir(parents=True)
    (tmp_path / "harbour" / "issue" / "_topic.html").write_text("<tr><td>~ {{ group.title }} ~</td></tr>\n")
    return tmp_path


def test_an_undefined_name_is_an_error() -> None:
    with pytest.raises(UndefinedError):
        mail_environment("classic").from_string("{{ nothing }}").render()


def test_html_is_escaped_and_text_is_not(own_themes: Path) -> None:
    for name in ("x.html", "x.txt"):
        (own_themes / "harbour" / name).write_text("{{ said }}")
    environment = mail_environment("harbour", own_themes=own_themes)
    assert environment.get_template("x.html").render(said="<&>") == "&lt;&amp;&gt;"
    assert environment.get_template("x.txt").render(said="<&>") == "<&>"


def test_an_own_theme_overrides_single_files(own_themes: Path) -> None:
    environment = mail_environment("harbour", own_themes=own_themes)
    topic = environment.get_template("issue/_topic.html")
    assert topic.filename == str(own_themes / "harbour" / "issue" / "_topic.html")
    assert environment.get_template("issue/_item.html").filename == str(
        templates_folder() / "email" / "issue" / "_item.html"
    )


def test_an_own_theme_may_bring_its_own_style(own_themes: Path) -> None:
    (own_themes / "harbour" / "_base").mkdir()
    (own_themes / "harbour" / "_base" / "style.css").write_text(".a { color: red } .a:hover { color: blue }")
    assert style_of(mail_environment("harbour", own_themes=own_themes)) == (
        ".a { color: red }",
        ".a:hover{color:blue}",
    )


@pytest.mark.parametrize("theme", ["missing", "../email", "", "/etc", ".hidden"])
def test_a_theme_without_a_folder_is_refused_by_name(theme: str, own_themes: Path) -> None:
    with pytest.raises(
        SettingsError,
        match=r"theme .* is not known: say classic, harbour, quiet, or make a folder of that name in /",
    ):
        mail_environment(theme, own_themes=own_themes)


def test_the_package_is_searched_before_the_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    package = tmp_path / "digest"
    monkeypatch.setattr(environments, "_PACKAGE", package)
    assert templates_folder() == tmp_path / "templates"
    (package / "templates").mkdir(parents=True)
    assert templates_folder() == package / "templates"
