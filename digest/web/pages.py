"""Pages from templates: their style sheet in them, words in the reader's language, nothing from elsewhere."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Final, NamedTuple

from fastapi.responses import HTMLResponse
from jinja2 import FileSystemLoader, StrictUndefined
from markupsafe import Markup

from digest.core.model import Newsletter
from digest.render.characters import marked_han
from digest.render.environment import templates_folder
from digest.render.words import language_attributes, languages_with_words, words_for
from digest.web.looks import brand_of, coloured, style
from digest.web.shield import page_policy
from digest.web.spoken import Spoken
from digest.web.static import named

#: As many of each part of pages in one language are kept; the largest has twenty thousand letters.
_PARTS_KEPT: Final = 400
#: As browsers write it; a header made longer is not ours to read.
_MOST_LANGUAGES: Final = 10
_RANGE: Final = re.compile(
    r"\s*([a-z]{2,3}(?:-[a-z0-9]{2,8})*)\s*(?:;\s*q=([01](?:\.[0-9]{0,3})?)\s*)?", re.ASCII | re.I
)


def page(
    name: str,
    *,
    status: int = 200,
    language: str = "en",
    newsletter: Newsletter | None = None,
    scripts: bool = False,
    framed: bool = False,
    **values: object,
) -> HTMLResponse:
    """The page `name`; a value that its template asks for and is not given is an error, never a gap.

    With a `newsletter` it has that one's colours and logo; with `scripts` it loads ours; `framed`, it may
    stand within the pages of others.
    """
    template = _environment(words_for(language).language).get_template(f"{name}.html")
    brand_style = coloured(brand_of(newsletter)) if newsletter else ""
    logo = _logo(newsletter) if newsletter else None
    # the rules are made of numbers, and the style sheet is our own file
    given = {"brand_style": Markup(brand_style), "logo": logo, "scripts": scripts, "newsletter": newsletter}  # noqa: S704
    policy = page_policy(
        *(style(), brand_style), scripts=scripts, picture=logo.url if logo else None, framed=framed
    )
    headers = {"Content-Security-Policy": policy}
    # piece by piece: one letter beyond Latin in all of them would double the memory of the whole
    body = b"".join(map(str.encode, template.generate(given | values)))
    return HTMLResponse(body, status_code=status, headers=headers)


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


class Logo(NamedTuple):
    """The picture at the head of a page, and what it says."""

    url: str
    alt: str


def _logo(newsletter: Newsletter) -> Logo | None:
    """A newsletter's logo, unless its address would say more in a policy than where the logo lies."""
    url = newsletter.logo_url
    if not url or not url.isascii() or set(url) & set(" ;,'\""):
        return None
    return Logo(url, newsletter.logo_alt or newsletter.title)


@lru_cache(maxsize=64)
def _environment(language: str) -> Spoken:
    """Jinja2 with the words of a language, of those in which there are words."""
    environment = Spoken(
        loader=FileSystemLoader(_folder()),
        # templates are part of the program; to look whether one has changed takes longer than to fill it
        auto_reload=False,
        autoescape=True,
        undefined=StrictUndefined,
        extensions=["jinja2.ext.i18n"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["ext.i18n.trimmed"] = True
    words = words_for(language)
    environment.said = words.catalogue.gettext
    environment.install_gettext_translations(words.catalogue, newstyle=True)  # type: ignore[attr-defined]
    environment.filters.update(
        han=marked_han, isolated=words.isolated, lang=language_attributes, listed=words.listed_as_is
    )
    # the style sheet is our own file
    environment.globals.update(words=words, style=Markup(style()), static=named)  # noqa: S704
    environment.globals["part"] = _parts_of(environment)
    return environment


def _parts_of(environment: Spoken) -> Callable[..., Markup]:
    """What prints a template as a part of pages, and keeps what it printed: the same values say the same.

    For what many readers have alike; such a template sees the values that it is given, and nothing else of
    the page.
    """

    @cache
    def shelf(name: str) -> Callable[..., Markup]:
        template = environment.get_template(name)
        # one part that differs much pushes out none of another
        return lru_cache(maxsize=_PARTS_KEPT)(
            lambda **values: Markup(template.render(values))  # noqa: S704 - escaped as it was printed
        )

    return lambda name, **values: shelf(name)(**values)


def _folder() -> Path:
    return templates_folder() / "web" / "reader"
