"""Pages from templates: their style sheet in them, words in the reader's language, nothing from elsewhere."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from digest.render.characters import marked_han
from digest.render.environment import templates_folder
from digest.render.words import languages_with_words, words_for

#: As browsers write it; a header made longer is not ours to read.
_MOST_LANGUAGES: Final = 10
_RANGE: Final = re.compile(
    r"\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII | re.I
)


def page(name: str, *, status: int = 200, language: str = "en", **values: object) -> HTMLResponse:
    """The page `name`; a value that its template asks for and is not given is an error, never a gap."""
    template = _environment(words_for(language).language).get_template(f"{name}.html")
    return HTMLResponse(template.render(values), status_code=status)


def language_asked_for(accepted: str) -> str:
    """The language that an Accept-Language header (RFC 9110, 12.5.4) likes best of those that pages speak.

    Only for pages that belong to no reader: a reader's own language is known.
    """
    ranges = filter(None, map(_RANGE.fullmatch, accepted.split(",")[:_MOST_LANGUAGES]))
    liked = [(float(found[2] or 1), found[1].lower()) for found in ranges]
    spoken = languages_with_words()
    for quality, language in sorted(liked, key=lambda like: -like[0]):
        if quality and language.split("-")[0] in spoken:
            return language
    return "en"


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
    environment.filters.update(han=marked_han, isolated=words.isolated)
    # the style sheet is our own file
    environment.globals.update(words=words, style=Markup(style()))  # noqa: S704
    return environment


def _folder() -> Path:
    return templates_folder() / "web" / "reader"
