"""The part of a topic's form that has its words in other languages."""

from __future__ import annotations

from typing import Final

from msgspec import Struct

from digest.core.model import Topic, TopicWords
from digest.errors import InputError
from digest.render.locales import locale_of
from digest.render.words import WRITTEN_IN
from digest.web.desk.entered import Entered
from digest.web.wishing import spoken_languages

#: The fields of one more language: its tag, the title and the description.
MORE: Final = ("more-language", "more-title", "more-description")
_NONE: Final = TopicWords("")


class InLanguage(Struct, frozen=True):
    """A language of the form, and what stands in its fields."""

    tag: str
    #: the language in English
    name: str
    title: str
    description: str


def words_entered(form: Entered) -> tuple[dict[str, str], dict[str, str]]:
    """Titles and descriptions by language, those in one more among them; raises InputError for half of it."""
    tags = form.all("language")
    titles = {tag: form.one(f"title-in-{tag}") for tag in tags}
    descriptions = {tag: form.one(f"description-in-{tag}") for tag in tags}
    more, title, description = (form.one(name) for name in MORE)
    if more and not title:
        raise InputError(f"the title in {more} is empty: write it, or name no language")
    if not more and (title or description):
        raise InputError("of words in one more language it is not said which: name it by a tag such as fr")
    if more:
        titles[more], descriptions[more] = title, description
    return titles, descriptions


def languages_of(topic: Topic | None, form: Entered) -> list[InLanguage]:
    """The languages that the form asks for: those of our mails, and those that the topic has words in."""
    entered = form.all("language")
    if entered:
        # what was entered comes back with what was wrong about it
        return [
            _shown(tag, TopicWords(form.one(f"title-in-{tag}"), form.one(f"description-in-{tag}")))
            for tag in entered
        ]
    known = {} if topic is None else topic.translations
    asked = {*spoken_languages(), *known} - {WRITTEN_IN}
    return [_shown(tag, known.get(tag, _NONE)) for tag in sorted(asked)]


def _shown(tag: str, words: TopicWords) -> InLanguage:
    try:
        name = locale_of(tag).get_display_name(locale_of(WRITTEN_IN))
    except ValueError:
        name = None
    return InLanguage(tag, name or tag, words.title, words.description)
