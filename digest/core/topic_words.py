"""What topics are called in the languages of their readers: as people say it, taken or refused."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from digest.core.lines import parse_line
from digest.core.model import TopicWords
from digest.errors import InputError
from subscribers.wishes import WishError, parse_language

#: Languages of one topic: more than any newsroom writes in.
MOST_LANGUAGES: Final = 100
_LONGEST_DESCRIPTION: Final = 500


def parse_said_in(said: Iterable[str], what: str) -> dict[str, str]:
    """Pairs such as `fr=Économie`, by language; what stands behind `=` may be empty."""
    found: dict[str, str] = {}
    for pair in said:
        tag, equals, words = pair.partition("=")
        if not equals:
            raise InputError(f"{what} {pair!r} names no language: write it as fr={pair.strip() or '…'}")
        found[_language(tag)] = words
    return found


def retold(
    known: Mapping[str, TopicWords], titles: Mapping[str, str], descriptions: Mapping[str, str]
) -> dict[str, TopicWords]:
    """The words by language after these were said; an empty title takes a language away.

    Raises InputError for what is no language or cannot stand on one line, and for a description in a language
    without a title.
    """
    found = dict(known)
    for tag, title in _by_language(titles):
        if not title.strip():
            found.pop(tag, None)
            continue
        before = found.get(tag, TopicWords(""))
        found[tag] = TopicWords(parse_line(title, f"title in {tag}"), before.description)
    for tag, text in _by_language(descriptions):
        if tag not in found:
            if text.strip():
                raise InputError(f"description in {tag} has no title in {tag}: say that, too")
            continue
        found[tag] = TopicWords(found[tag].title, _description(text, tag))
    if len(found) > MOST_LANGUAGES:
        raise InputError(f"{len(found)} languages of one topic: use at most {MOST_LANGUAGES}")
    return dict(sorted(found.items()))


def _by_language(said: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(_language(tag), words) for tag, words in said.items()]


def _language(tag: str) -> str:
    try:
        return parse_language(tag)
    except WishError as error:
        raise InputError(str(error)) from error


def _description(text: str, tag: str) -> str:
    if not text.strip():
        return ""
    return parse_line(text, f"description in {tag}", most=_LONGEST_DESCRIPTION)
