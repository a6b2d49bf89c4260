"""Which readers are meant, in words: a small language over what readers are and want, parsed, never run.

    topic:economy and not zone:Europe/Berlin
    (language:ar or language:zh-Hans) and began>=2026-11-01

A term is a field, `:` (or `=`), and a value; `!=` means any other value, and dates can be compared with `<`,
`<=`, `>` and `>=`. Terms are joined by `and`, `or`, `not` and parentheses, in any case of letters; two terms
side by side both hold. A value with spaces stands in double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from typing import Final

from msgspec import Struct

from digest.errors import InputError
from subscribers.model import Cadence, Format, Profile, Section, Standing

#: What a form can hold; deeper nesting says nothing that people mean.
LONGEST: Final = 500
_DEEPEST: Final = 20
CADENCES: Final = ("daily", "weekdays", "weekly", "monthly", "at-once")
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<mark>[()])|(?P<field>[A-Za-z]+)\s*(?P<op>!=|<=|>=|[:=<>])\s*"
    r"(?P<value>\"[^\"]*\"|[^\s()\"]+)|(?P<word>[A-Za-z]+))"
)


class Term(Struct, frozen=True):
    """One field compared with one value."""

    field: str
    #: `=`, and for dates `<`, `<=`, `>`, `>=` too
    op: str
    value: str


class Not(Struct, frozen=True):
    """The contrary."""

    clause: Clause


class Both(Struct, frozen=True):
    """All of them hold; of no clause, everybody is meant."""

    clauses: tuple[Clause, ...]


class Either(Struct, frozen=True):
    """At least one of them holds."""

    clauses: tuple[Clause, ...]


Clause = Term | Not | Both | Either


def parse_audience(text: str) -> Clause:
    """Read a filter; raises InputError that says where and what is wrong. An empty one means everybody."""
    if len(text) > LONGEST:
        raise InputError(f"the filter has {len(text)} characters: use at most {LONGEST}")
    reading = _Reading(text)
    if reading.at_end():
        return Both(())
    clause = reading.either(0)
    if not reading.at_end():
        raise reading.wrong("a term, and, or")
    return clause


def matches_profile(term: Term, profile: Profile) -> bool:
    """Whether readers with these wishes are meant by a term about wishes."""
    match term.field:
        case "topic":
            return profile.topics is None or term.value in profile.topics
        case "section":
            return profile.sections is None or term.value in profile.sections
        case "format":
            return profile.format == term.value
        case _:
            return profile.language.lower() == term.value.lower()


def matches_cadence(term: Term, cadence: Cadence) -> bool:
    """Whether readers with this cadence are meant by a term about times."""
    if term.field == "zone":
        return cadence.zone.lower() == term.value.lower()
    kind = "at-once" if cadence.at_once else cadence.days_text
    return (kind if kind in CADENCES else "weekly") == term.value


#: The fields by what they are about.
OF_PROFILES: Final = frozenset({"topic", "section", "format", "language"})
OF_CADENCES: Final = frozenset({"zone", "cadence"})


def _one_of(words: tuple[str, ...]) -> Callable[[str], str]:
    def checked(value: str) -> str:
        if value.lower() not in words:
            raise ValueError(f"is one of {', '.join(words)}")
        return value.lower()

    return checked


def _name(value: str) -> str:
    return value


def _slug(value: str) -> str:
    return value.lower()


def _day(value: str) -> str:
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise ValueError("is a day, such as 2026-11-01") from None


_FIELDS: Final[dict[str, Callable[[str], str]]] = {
    "standing": _one_of(tuple(Standing)),
    "topic": _slug,
    "section": _one_of(tuple(Section)),
    "format": _one_of(tuple(Format)),
    "language": _name,
    "zone": _name,
    "cadence": _one_of(CADENCES),
    "began": _day,
}


def with_topic_renamed(text: str, slug: str, instead: str) -> str:
    """The same filter, in its own words, with another topic in the place of one."""
    whole, at = "", 0
    while found := _TOKEN.match(text, at):
        names_it = (found["field"] or "").lower() == "topic" and _slug(found["value"].strip('"')) == slug
        value_from = found.start("value") if names_it else found.end()
        whole += text[at:value_from] + (instead if names_it else "")
        at = found.end()
    return whole + text[at:]


class _Reading:
    """The text, and how far it is read."""

    def __init__(self, text: str) -> None:
        self._text = text.rstrip()
        self._at = 0

    def at_end(self) -> bool:
        return self._at >= len(self._text)

    def either(self, depth: int) -> Clause:
        """Clauses joined by `or`."""
        if depth > _DEEPEST:
            raise InputError("the filter has too many parentheses within each other")
        clauses = [self._both(depth)]
        while self._word("or"):
            clauses.append(self._both(depth))
        return clauses[0] if len(clauses) == 1 else Either(tuple(clauses))

    def wrong(self, wanted: str) -> InputError:
        """What was expected where."""
        rest = self._text[self._at :].strip()
        here = f"at {rest[:20]!r}" if rest else "at the end"
        return InputError(f"the filter is not understood {here}: {wanted} is expected there")

    def _both(self, depth: int) -> Clause:
        clauses = [self._single(depth)]
        while self._word("and") or self._goes_on():
            clauses.append(self._single(depth))
        return clauses[0] if len(clauses) == 1 else Both(tuple(clauses))

    def _single(self, depth: int) -> Clause:
        if self._word("not"):
            return Not(self._single(depth + 1) if depth <= _DEEPEST else self.either(depth))
        found = _TOKEN.match(self._text, self._at)
        if found is not None and found["mark"] == "(":
            self._at = found.end()
            clause = self.either(depth + 1)
            closing = _TOKEN.match(self._text, self._at)
            if closing is None or closing["mark"] != ")":
                raise self.wrong("a closing parenthesis")
            self._at = closing.end()
            return clause
        if found is None or not found["field"]:
            raise self.wrong("a term such as topic:economy")
        clause = _term(found["field"].lower(), found["op"], found["value"].strip('"'))
        self._at = found.end()
        return clause

    def _word(self, word: str) -> bool:
        found = _TOKEN.match(self._text, self._at)
        if found is None or (found["word"] or "").lower() != word:
            return False
        self._at = found.end()
        return True

    def _goes_on(self) -> bool:
        """True when another term stands right behind."""
        found = _TOKEN.match(self._text, self._at)
        if found is None:
            return False
        return bool(found["field"]) or found["mark"] == "(" or (found["word"] or "").lower() == "not"


def _term(field: str, op: str, value: str) -> Clause:
    check = _FIELDS.get(field)
    if check is None:
        raise InputError(f"the filter knows no field {field!r}: there are {', '.join(_FIELDS)}")
    if op in {"<", "<=", ">", ">="} and field != "began":
        raise InputError(f"{field} cannot be compared with {op}: write {field}:{value}")
    try:
        checked = check(value)
    except ValueError as error:
        raise InputError(f"{field} {error}, not {value!r}") from None
    if op == "!=":
        return Not(Term(field, "=", checked))
    return Term(field, "=" if op == ":" else op, checked)
