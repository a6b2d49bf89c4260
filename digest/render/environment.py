"""Finds the templates of a theme and prepares Jinja2 for them."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Final

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined, TemplateNotFound

from digest.errors import SettingsError
from digest.plugins import shelf
from digest.render.characters import marked_han, shortened
from digest.render.inlining import split_style
from digest.render.marks import ANY_MARK, CuttingTags
from digest.render.palette import UNBRANDED, Brand
from digest.render.schemes import coloured
from digest.render.words import language_attributes, words_for
from digest.render.wrapping import underlined, wrapped

#: The theme that comes with the project; others are folders whose files stand before its own.
CLASSIC: Final = "classic"
_PACKAGE: Final = Path(__file__).parents[1]
_THEME_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]*")
#: What begins a line of a template is there for the eye of its author; after a mark too.
_INDENT: Final = re.compile(rf"(^|{ANY_MARK})[ \t]+", re.MULTILINE)


def templates_folder() -> Path:
    """In an installed package the templates lie in it, in a checkout beside it."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


@lru_cache(maxsize=64)
def mail_environment(theme: str, language: str = "en", own_themes: Path | None = None) -> Environment:
    """The environment for the mails of a theme, with the words of a language.

    A theme is a folder of that name in `own_themes` or in `templates/themes/`, or that of a plugin; what it
    lacks is taken from `templates/email/`. Raises SettingsError for a theme of which there is no folder, and
    PluginError for one whose plugin cannot be used.
    """
    environment = Environment(
        loader=ChoiceLoader([FileSystemLoader(folder) for folder in _folders(theme, own_themes)]),
        autoescape=lambda name: name is not None and name.endswith(".html"),  # noqa: S701 - text is not HTML
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n", CuttingTags],
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = words_for(language)
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        han=marked_han,
        short=shortened,
        underline=underlined,
        wrap=wrapped,
        isolated=words.isolated,
        listed=words.listed_as_is,
        lang=language_attributes,
    )
    return environment


def style_of(
    environment: Environment, language: str = "en", brand: Brand = UNBRANDED, *, pictures: bool = False
) -> tuple[str, str]:
    """The theme's style sheet in the colours of a brand: what premailer inlines, and what stays a block.

    Colours alone may stand in a sheet of their own. Where there is a sheet for the language of the words, its
    rules come after those for all. What only mails with pictures need is left out without them. Raises
    SettingsError for colours that nobody can make out.
    """
    names = ("style.css", "colours.css", *(["pictures.css"] if pictures else []), f"style.{language}.css")
    sheet = "\n".join(filter(None, (_source(environment, f"_base/{name}") for name in names)))
    return split_style(coloured(sheet, brand))


def without_indent(printed: str) -> str:
    """What was printed, without the blanks that begin its lines."""
    return _INDENT.sub(r"\1", printed)


def _source(environment: Environment, name: str) -> str:
    """The text of a file of the theme; empty when it has none of that name."""
    assert environment.loader is not None
    try:
        return environment.loader.get_source(environment, name)[0]
    except TemplateNotFound:
        return ""


def known_themes(own_themes: Path | None = None) -> tuple[str, ...]:
    """The names of all themes that there are folders for, and of those of plugins."""
    return (CLASSIC, *sorted({*_in_folders(own_themes), *shelf.names(shelf.Kind.THEME)} - {CLASSIC}))


def _in_folders(own_themes: Path | None) -> set[str]:
    folders = (path for place in _shelves(own_themes) if place.is_dir() for path in place.iterdir())
    return {folder.name for folder in folders if folder.is_dir() and _THEME_NAME.fullmatch(folder.name)}


def _folders(theme: str, own_themes: Path | None) -> list[Path]:
    """Where the files of a theme are looked for; a folder of one's own stands before that of a plugin."""
    is_there = theme == CLASSIC or theme in _in_folders(own_themes)
    # looked for last: most themes are folders, and plugins take time to find
    if not is_there and theme not in shelf.names(shelf.Kind.THEME):
        raise SettingsError(
            f"theme {theme!r} is not known: say {', '.join(known_themes(own_themes))}, or make a folder of "
            f"that name in {own_themes or 'the folder that DIGEST_THEMES_DIR names'}"
        )
    wanted = [place / theme for place in _shelves(own_themes)]
    found = [folder for folder in wanted if folder.is_dir()]
    is_ours = theme in shelf.BUILT_IN[shelf.Kind.THEME]
    if not is_ours and theme in shelf.names(shelf.Kind.THEME):
        found.append(shelf.theme(theme).folder)
    return [*found, templates_folder() / "email"]


def _shelves(own_themes: Path | None) -> list[Path]:
    """The folders that themes lie in; what lies in the first stands before what lies in the second."""
    return [shelf for shelf in (own_themes, templates_folder() / "themes") if shelf is not None]
