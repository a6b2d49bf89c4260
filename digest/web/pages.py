"""Pages from templates: their style sheet in them, words in the reader's language, nothing from elsewhere."""

from __future__ import annotations

from functools import cache, lru_cache
from pathlib import Path

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from digest.render.characters import marked_han
from digest.render.environment import templates_folder
from digest.render.words import words_for


def page(name: str, *, status: int = 200, language: str = "en", **values: object) -> HTMLResponse:
    """The page `name`; a value that its template asks for and is not given is an error, never a gap."""
    template = _environment(words_for(language).language).get_template(f"{name}.html")
    return HTMLResponse(template.render(values), status_code=status)


@cache
def style() -> str:
    """The style sheet of all pages, as it stands in them."""
    return (_folder() / "style.css").read_text(encoding="utf-8")


@lru_cache(maxsize=64)
def _environment(language: str) -> Environment:
    """Jinja2 with the words of a language, of those in which there are words."""
    environment = Environment(
        loader=FileSystemLoader(_folder()),
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = words_for(language)
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters["han"] = marked_han
    # the style sheet is our own file
    environment.globals.update(words=words, style=Markup(style()))  # noqa: S704
    return environment


def _folder() -> Path:
    return templates_folder() / "web" / "reader"
