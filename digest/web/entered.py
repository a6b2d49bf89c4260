"""A form that comes back with what is wrong in it shows what was entered, not what the store says."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from msgspec.structs import replace

from digest.web.forms import Errors, Form
from digest.web.wishing import Option, WishForm

#: The values of fields for times and for numbers (the HTML standard, 2.3.5.4 and 2.3.4.3).
_TIME: Final = re.compile(r"(?:[01][0-9]|2[0-3]):[0-5][0-9]")
_NUMBER: Final = re.compile(r"-?[0-9]{1,9}")


def as_entered(shown: WishForm, form: Form, errors: Errors) -> WishForm:
    """The part of the form about wishes with the entries of `form` in it; what was not in it stays."""
    return replace(
        shown,
        follow=form.one("follow") or shown.follow,
        topics=_chosen(shown.topics, form.all("topic")) if "follow" in form else shown.topics,
        sections=_chosen(shown.sections, form.all("section")) if "section" in form else shown.sections,
        rhythm=form.one("rhythm") or shown.rhythm,
        days=_chosen(shown.days, form.all("day")) if "rhythm" in form else shown.days,
        at=_fit(_TIME, form.one("at")) if "at" in form else shown.at,
        zone=form.one("timezone") or shown.zone,
        format=form.one("format") or shown.format,
        languages=_selected(shown.languages, form.one("language")),
        max_items=_fit(_NUMBER, form.one("max_items")) if "max_items" in form else shown.max_items,
        name=form.one("name") if "name" in form else shown.name,
        errors=errors,
    )


def _fit(shape: re.Pattern[str], value: str) -> str:
    """What a field of its kind can hold: browsers show nothing else there, and send nothing else."""
    return value if shape.fullmatch(value) else ""


def _chosen(options: tuple[Option, ...], values: Collection[str]) -> tuple[Option, ...]:
    return tuple(replace(option, chosen=option.value in values) for option in options)


def _selected(options: tuple[Option, ...], value: str) -> tuple[Option, ...]:
    if value not in {option.value for option in options}:
        return options
    return _chosen(options, {value})
