"""Marks that a sheet is printed with, so that it can be cut into pieces afterwards.

Templates know two tags of ours. `{% each item in group.items %}…{% endeach %}` is a `for` whose turns are
printed once and then taken in any number and order; inside it nothing but `item` and what is the same for the
whole issue may be used. `{% when copy.covers %}…{% endwhen %}` is an `if` that is decided later, for each
cohort or reader, by whether the value is empty.
"""

from __future__ import annotations

import re
import secrets
from typing import Final, Protocol

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup
from msgspec import Struct

#: Any mark of any sheet; nothing that is escaped for HTML can look like one.
ANY_MARK: Final = "<!--mark[0-9a-f]{16} [0-9]+-->"


class PlaceMark(Struct, frozen=True):
    """Here the turns of an `each` begin: `piece` names its variable, `source` the list."""

    piece: str
    source: str


class PieceMark(Struct, frozen=True):
    """Here one turn of an `each` begins."""

    piece: str
    key: str


class WhenMark(Struct, frozen=True):
    """Here begins what is left out when the value is empty."""

    value: str


class EndMark(Struct, frozen=True):
    """Here the innermost of the others ends."""


Mark = PlaceMark | PieceMark | WhenMark | EndMark


class Marking(Protocol):
    """What the two tags call while a template is printed."""

    def put(self, kind: str, *words: str) -> str:
        """Text that stands for the mark, or nothing."""


class Unmarked:
    """Prints no marks: the template gives one whole mail, for a reader who is known."""

    def put(self, kind: str, *words: str) -> str:
        """No text, whatever the mark."""
        return ""


class Marks:
    """Prints marks that no content can forge, and knows them again.

    Each sheet has a secret of its own; since all marks are cut out, nothing of it is in the mail.
    """

    def __init__(self) -> None:
        self._secret: Final = f"mark{secrets.token_hex(8)}"
        self._marks: list[Mark] = []
        #: splits a printed sheet: text, number of a mark, name of a slot, text, …
        self.pattern: Final = re.compile(f"<!--{self._secret} ([0-9]+)-->|{self._secret}-([a-z_]+)-")

    def put(self, kind: str, *words: str) -> Markup:
        """A comment, which both HTML parsers and plain text leave where it is."""
        self._marks.append(_KINDS[kind](*words))
        return Markup(f"<!--{self._secret} {len(self._marks) - 1}-->")  # noqa: S704 - nothing foreign in it

    def slot(self, name: str) -> str:
        """Text that stands for a value which is not known yet; it may stand in a link too."""
        return f"{self._secret}-{name}-"

    def meaning(self, number: str) -> Mark:
        """The mark that `pattern` found under this number."""
        return self._marks[int(number)]


_KINDS: Final = {"place": PlaceMark, "piece": PieceMark, "when": WhenMark, "end": EndMark}


class CuttingTags(Extension):
    """The tags `each` and `when`; both print through the variable `marks` of the template."""

    tags = {"each", "when"}  # noqa: RUF012 - a class variable of jinja2

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """Turn the tag into the `for` or `if` that it stands for, with calls that put the marks."""
        token = next(parser.stream)
        build = self._each if token.value == "each" else self._when
        return [node.set_lineno(token.lineno) for node in build(parser)]

    def _each(self, parser: Parser) -> list[nodes.Node]:
        turn = parser.parse_assign_target(name_only=True)
        parser.stream.expect("name:in")
        source = parser.parse_expression()
        body = parser.parse_statements(("name:endeach",), drop_needle=True)
        key = nodes.Getattr(nodes.Name(turn.name, "load"), "key", "load")
        piece = _put("piece", nodes.Const(turn.name), key)
        return [
            _put("place", nodes.Const(turn.name), nodes.Const(_last_name(source, parser))),
            nodes.For(turn, source, [piece, *body, _put("end")], [], None, False),
            _put("end"),
        ]

    def _when(self, parser: Parser) -> list[nodes.Node]:
        value = parser.parse_expression()
        body = parser.parse_statements(("name:endwhen",), drop_needle=True)
        mark = _put("when", nodes.Const(_last_name(value, parser)))
        return [nodes.If(value, [mark, *body, _put("end")], [], [])]


def _put(kind: str, *words: nodes.Expr) -> nodes.Node:
    method = nodes.Getattr(nodes.Name("marks", "load"), "put", "load")
    return nodes.Output([nodes.Call(method, [nodes.Const(kind), *words], [], None, None)])


def _last_name(expression: nodes.Expr, parser: Parser) -> str:
    if isinstance(expression, nodes.Getattr):
        return expression.attr
    if isinstance(expression, nodes.Name):
        return expression.name
    return parser.fail("each and when take a plain name, such as group.items or copy.covers")
