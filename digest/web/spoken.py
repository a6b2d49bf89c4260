"""Templates in one piece and one language: what is the same on every page is done when they are compiled."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, cast

from jinja2 import Environment, nodes
from jinja2.visitor import NodeTransformer
from markupsafe import Markup

#: What templates, and `{% trans %}` in them, call to have a phrase translated.
_ASKS: Final = frozenset({"_", "gettext"})


class Spoken(Environment):
    """An environment whose templates speak one language.

    A page asks for some fifty phrases, and all but those with a number in them are the same on every page.
    Once they stand in the compiled template, the text around them is one piece with them. So is a template
    that another includes by its name: for a page, half the cost of a part of it was to find that part.
    """

    #: looks a phrase up
    said: Callable[[str], str]

    def _generate(
        self, source: nodes.Template, name: str | None, filename: str | None, defer_init: bool = False
    ) -> str:
        """Write phrases and parts into what was parsed; a hook that Jinja2 keeps for such things."""
        whole = cast("nodes.Template", _Speaking(self).visit(_Including(self).visit(source)))
        return super()._generate(whole, name, filename, defer_init)


class _Including(NodeTransformer):
    """Replaces what is included, with all that the page knows, by what it holds.

    A fault in it is then told with a line of the template around it.
    """

    def __init__(self, environment: Spoken) -> None:
        self._environment: Final = environment

    def visit_Include(self, include: nodes.Include, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802
        """A template that is named, and that must be there; all else stays."""
        name = include.template
        if not isinstance(name, nodes.Const) or include.ignore_missing or not include.with_context:
            return include
        assert self._environment.loader is not None
        source, filename, _is_current = self._environment.loader.get_source(self._environment, name.value)
        included = self._environment._parse(source, name.value, filename)
        if included.find(nodes.Extends) or included.find(nodes.Block):
            return include
        # what is set within it is not known outside
        scope = nodes.Scope(included.body, lineno=include.lineno)
        return cast("nodes.Node", self.visit(scope.set_environment(self._environment)))


class _Speaking(NodeTransformer):
    """Replaces calls for phrases by the phrases.

    They are formats as in `jinja2.ext.i18n`: a `%` is written twice, and what is filled in is escaped.
    """

    def __init__(self, environment: Spoken) -> None:
        self._environment: Final = environment

    def visit_Call(self, call: nodes.Call, *args: Any, **kwargs: Any) -> nodes.Node:  # noqa: N802
        """A phrase that is written in the template, with or without values; all else stays."""
        self.generic_visit(call)
        phrase = _phrase_in(call)
        if phrase is None:
            return call
        said = Markup(self._environment.said(phrase))  # noqa: S704 - catalogues are ours
        if not call.kwargs:
            return self._at(call, nodes.Const(said % {}))
        filled = nodes.Dict([nodes.Pair(nodes.Const(one.key), one.value) for one in call.kwargs])
        return self._at(call, nodes.Mod(nodes.Const(said), filled))

    def _at(self, call: nodes.Call, new: nodes.Node) -> nodes.Node:
        return new.set_lineno(call.lineno).set_environment(self._environment)


def _phrase_in(call: nodes.Call) -> str | None:
    asks = isinstance(call.node, nodes.Name) and call.node.name in _ASKS
    if not asks or call.dyn_args or call.dyn_kwargs or len(call.args) != 1:
        return None
    (phrase,) = call.args
    return phrase.value if isinstance(phrase, nodes.Const) and isinstance(phrase.value, str) else None
