"""A folder of templates and a page of values become text and inlined HTML: whole mails, or sheets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from jinja2 import Environment
from markupsafe import Markup

from digest.render.environment import style_of, without_indent
from digest.render.inlining import inlined
from digest.render.page import Masthead


def printed_text(environment: Environment, mail: str, page: Mapping[str, Any]) -> str:
    """The plain text of a mail, such as `issue`, from its own template."""
    return environment.get_template(f"{mail}/body.txt").render(page).rstrip() + "\n"


def printed_html(environment: Environment, mail: str, page: Mapping[str, Any]) -> str:
    """The HTML of a mail, its style sheet inlined: one run of premailer."""
    masthead: Masthead = page["masthead"]
    to_inline, to_keep = style_of(
        environment, masthead.language, masthead.brand, pictures=masthead.shows_pictures
    )
    kept = Markup(to_keep)  # noqa: S704 - the theme's own style sheet
    template = environment.get_template(f"{mail}/body.html")
    return inlined(without_indent(template.render(page, kept_style=kept)), to_inline)
