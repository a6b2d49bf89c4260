"""Reads CSS as far as our style sheets go: rules at the top, and at-rules with rules in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

_COMMENT: Final = re.compile(r"/\*.*?\*/", re.DOTALL)


class Rule(NamedTuple):
    """A rule, or an at-rule with all that stands in it."""

    #: what stands before the brace: selectors, or the condition of an at-rule
    prelude: str
    body: str

    def __str__(self) -> str:
        return f"{self.prelude} {{ {self.body} }}"


def rules_of(css: str) -> Iterator[Rule]:
    """Each rule at the top of a sheet, in its order; comments are left out."""
    plain = _COMMENT.sub("", css)
    start = depth = opened = 0
    for brace in re.finditer(r"[{}]", plain):
        if brace[0] == "{":
            opened = opened if depth else brace.start()
        depth += 1 if brace[0] == "{" else -1
        if depth == 0:
            yield Rule(plain[start:opened].strip(), plain[opened + 1 : brace.start()].strip())
            start = brace.end()


def declarations_of(body: str) -> Iterator[tuple[str, str]]:
    """Properties and their values, `!important` with them."""
    for declaration in body.split(";"):
        name, colon, value = declaration.partition(":")
        if colon:
            yield name.strip(), value.strip()
