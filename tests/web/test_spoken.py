"""Phrases that stand in compiled templates are those that would have been looked up for each page."""

from __future__ import annotations

from collections.abc import Callable
from gettext import NullTranslations
from typing import Any, cast

import pytest
from jinja2 import Environment, StrictUndefined, UndefinedError
from markupsafe import Markup

from digest.render.environment import templates_folder
from digest.render.words import words_for
from digest.web import pages
from digest.web.spoken import Spoken

LANGUAGES = ("en", "ar", "zh-Hans")
READERS = templates_folder() / "web" / "reader"


def environments(catalogue: NullTranslations) -> tuple[Spoken, Environment]:
    """One that speaks, and Jinja2's own, which looks phrases up whenever it prints."""
    options: dict[str, Any] = {
        "autoescape": True,
        "undefined": StrictUndefined,
        "extensions": ["jinja2.ext.i18n"],
    }
    speaking, asking = Spoken(**options), Environment(**options)
    speaking.said = catalogue.gettext
    for one in (speaking, asking):
        one.install_gettext_translations(catalogue, newstyle=True)  # type: ignore[attr-defined]
    return speaking, asking


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(
    "source",
    [
        '{{ _("Save") }}',
        '{{ _("Nobody has translated this <b>yet</b> & never will") }}',
        '<p title="{{ _("Save") }}">{% if _("Save") %}{{ _("Pause")|upper }}{% endif %}</p>',
        '{% set said = _("Save") %}{{ said }} {{ said ~ name }}',
        "{% trans %}Unsubscribe?{% endtrans %}",
        "{% trans newsletter=name %}Unsubscribe from {{ newsletter }}?{% endtrans %}",
        "{% trans newsletter=name|upper, other=count %}{{ newsletter }}, 100% of {{ other }}{% endtrans %}",
        "{% trans %}100% of {{ name }}{% endtrans %}",
        '{{ _("100%% of %(name)s", name=name) }}',
        "{% trans count=count %}{{ count }} item{% pluralize %}{{ count }} items{% endtrans %}",
        '{{ _(phrase) }} {{ ngettext("one", "many", count) }}',
    ],
)
def test_it_prints_what_looking_up_prints(source: str, language: str) -> None:
    speaking, asking = environments(words_for(language).catalogue)
    values = {"name": "<i>Ana & Bo</i> 5%", "count": 3, "phrase": "Save"}
    assert speaking.from_string(source).render(values) == asking.from_string(source).render(values)


def test_a_value_that_is_missing_is_an_error_as_ever() -> None:
    speaking, _asking = environments(words_for("ar").catalogue)
    with pytest.raises(UndefinedError):
        speaking.from_string("{% trans name=nobody %}for {{ name }}{% endtrans %}").render()


def test_the_words_are_those_of_the_language() -> None:
    speaking, _asking = environments(words_for("ar").catalogue)
    assert words_for("ar").catalogue.gettext("Save") != "Save"
    assert speaking.from_string('{{ _("Save") }}').render() == words_for("ar").catalogue.gettext("Save")


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_page_looks_a_phrase_up_that_has_no_number_in_it(language: str) -> None:
    environment = pages._environment(language)
    asking = []
    for path in sorted(READERS.glob("*.html")):
        code = environment.compile(path.read_text(encoding="utf-8"), path.name, raw=True)
        asking += [path.name for name in ("'_'", "'gettext'") if f"resolve({name})" in code]
    assert not asking


def test_a_part_that_is_kept_sees_what_it_is_given_and_nothing_else() -> None:
    part = cast("Callable[..., Markup]", pages._environment("en").globals["part"])
    with pytest.raises(UndefinedError):
        part("_wish_days.html", rhythm="days", days=())
    # what can change behind its back is not kept
    with pytest.raises(TypeError):
        part("_wish_days.html", rhythm="days", days=[], errors=())
