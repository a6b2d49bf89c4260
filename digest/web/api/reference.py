"""The description of the API as people read it: one page, and the same as a text, of the same values."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Final

from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from msgspec import Struct

from digest.render.environment import templates_folder
from digest.web.static import named

#: The page has a style of its own and nothing else.
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors 'none'"
)
_METHODS: Final = ("get", "post", "patch", "delete")
#: Told once for all calls.
_LISTED: Final = frozenset({"items", "next"})
_FORMATS: Final = {"date-time": "time", "date": "day"}

#: A type in words: pieces of text, each with the name of the document that it means, if it means one.
Words = tuple[tuple[str, str], ...]


class Field(Struct, frozen=True):
    """A value of a document, or a parameter of a call."""

    name: str
    type: Words
    is_required: bool
    description: str
    #: as JSON has it; empty when there is none
    default: str


class Documented(Struct, frozen=True):
    """A document that is asked for or answered."""

    name: str
    description: str
    fields: tuple[Field, ...]
    #: the words that may stand there, of one that is a word
    choices: tuple[str, ...]


class Body(Struct, frozen=True):
    """What goes in or comes out."""

    type: Words
    #: as it stands on the wire; empty for none
    example: str
    status: str = ""


class Operation(Struct, frozen=True):
    """One call."""

    id: str
    method: str
    path: str
    summary: str
    description: str
    power: str
    parameters: tuple[Field, ...]
    asked: Body | None
    answered: Body
    errors: tuple[str, ...]
    curl: str


class Group(Struct, frozen=True):
    """Calls about one thing."""

    name: str
    operations: tuple[Operation, ...]


class Reference(Struct, frozen=True):
    """All of it."""

    title: str
    version: str
    server: str
    about: tuple[str, ...]
    groups: tuple[Group, ...]
    documents: tuple[Documented, ...]
    errors: tuple[tuple[str, str], ...]


def reference_of(description: Mapping[str, Any]) -> Reference:
    """What the description says, in the order in which it is read."""
    schemas: Mapping[str, Any] = description["components"]["schemas"]
    groups: dict[str, list[Operation]] = {}
    errors: dict[str, str] = {}
    for path, methods in description["paths"].items():
        for method in _METHODS:
            if method in methods:
                told = methods[method]
                groups.setdefault(told["tags"][0], []).append(_operation(path, method, told, schemas))
                for status, answer in told["responses"].items():
                    if status >= "4":
                        errors.setdefault(status, answer["description"])
    return Reference(
        title=description["info"]["title"],
        version=description["info"]["version"],
        server=description["servers"][0]["url"],
        about=tuple(
            " ".join(part.split()) for part in description["info"]["description"].split("\n\n") if part
        ),
        groups=tuple(Group(name, tuple(found)) for name, found in groups.items()),
        documents=tuple(
            _documented(name, schema)
            for name, schema in sorted(schemas.items())
            if set(schema.get("properties", ())) != _LISTED
        ),
        errors=tuple(sorted(errors.items())),
    )


def page_of(reference: Reference) -> HTMLResponse:
    """The page; it may be kept for an hour, and shows nothing of this house."""
    text = _environment(True).get_template("reference.html").render(reference=reference, static=named)
    headers = {"Content-Security-Policy": _POLICY, "Cache-Control": "public, max-age=3600"}
    return HTMLResponse(text, headers=headers)


def text_of(reference: Reference) -> str:
    """The same in Markdown, for the documentation."""
    return _environment(False).get_template("reference.md").render(reference=reference)


@cache
def _environment(is_page: bool) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(templates_folder() / "web" / "api"),
        autoescape=is_page,  # noqa: S701 - the text is no page
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters["coded"] = _coded
    return environment


def _coded(words: str) -> Markup:
    """Words as a page has them: what stands between backticks is code."""
    return Markup(re.sub("`([^`]*)`", r"<code>\1</code>", str(escape(words))))  # noqa: S704 - escaped before


def _operation(path: str, method: str, told: Mapping[str, Any], schemas: Mapping[str, Any]) -> Operation:
    asked = _asked(told)
    status, answer = next((code, one) for code, one in told["responses"].items() if code < "4")
    parameters = tuple(_parameter(one) for one in told.get("parameters", ()))
    return Operation(
        id=told["operationId"],
        method=method.upper(),
        path=path,
        summary=told["summary"],
        description=" ".join(told.get("description", "").split()),
        power=told["x-power"],
        parameters=parameters,
        asked=asked,
        answered=_body(answer, schemas, status),
        errors=tuple(code for code in told["responses"] if code >= "4"),
        curl=_curl(path, method, told, asked),
    )


def _parameter(one: Mapping[str, Any]) -> Field:
    schema = one["schema"]
    where = {"path": "in the path", "header": "a header"}.get(one["in"], "")
    said = one.get("description", schema.get("description", ""))
    default = schema.get("default")
    return Field(
        name=one["name"],
        type=_words(schema),
        is_required=one["required"],
        description=". ".join(filter(None, (where[:1].upper() + where[1:], said))),
        default="" if default is None or default == "" else json.dumps(default),
    )


def _asked(told: Mapping[str, Any]) -> Body | None:
    content = told.get("requestBody", {}).get("content", {})
    for kind, body in content.items():
        if kind == "application/json":
            return Body(_words(body["schema"]), json.dumps(body.get("example"), ensure_ascii=False, indent=2))
        return Body(((kind, ""),), body["example"])
    return None


def _body(answer: Mapping[str, Any], schemas: Mapping[str, Any], status: str) -> Body:
    for kind, body in answer.get("content", {}).items():
        schema = body.get("schema", {})
        if kind != "application/json":
            return Body(((kind, ""),), body.get("example", ""), status)
        listed = _listed(schema, schemas)
        type_ = _words(schema) if listed is None else (("a list of ", ""), *_words(listed))
        example = body.get("example")
        text = "" if example is None else json.dumps(example, ensure_ascii=False, indent=2)
        return Body(type_, text, status)
    return Body((("nothing", ""),), "", status)


def _listed(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What a listing lists."""
    found = schemas.get(_name_in(schema), {}) if "$ref" in schema else schema
    properties = found.get("properties", {})
    return properties["items"]["items"] if set(properties) == _LISTED else None


def _documented(name: str, schema: Mapping[str, Any]) -> Documented:
    required = set(schema.get("required", ()))
    fields = [
        Field(
            name=field,
            type=_words(one),
            is_required=field in required,
            description=one.get("description", ""),
            default="" if one.get("default") in (None, "") else json.dumps(one["default"]),
        )
        for field, one in schema.get("properties", {}).items()
    ]
    said = " ".join(schema.get("description", "").split())
    return Documented(name, said, tuple(fields), tuple(map(str, schema.get("enum", ()))))


def _words(schema: Mapping[str, Any]) -> Words:
    """A type, as people say it."""
    return tuple(_pieces(schema))


def _pieces(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "$ref" in schema:
        yield _name_in(schema), _name_in(schema)
    elif "anyOf" in schema:
        yield from _joined([_words(one) for one in schema["anyOf"]])
    elif "enum" in schema:
        yield f"one of {', '.join(_shown(one) for one in schema['enum'])}", ""
    elif "const" in schema:
        yield _shown(schema["const"]), ""
    elif schema.get("type") == "array":
        yield f"list{_bounds(schema, 'Items', '')} of ", ""
        yield from _items(schema)
    elif schema.get("type") == "object" and isinstance(schema.get("additionalProperties"), dict):
        yield "object of ", ""
        yield from _pieces(schema["additionalProperties"])
    else:
        kind = _FORMATS.get(schema.get("format", ""), schema.get("type", "anything"))
        yield f"{kind}{_bounds(schema, 'Length', ' signs')}{_range(schema)}", ""


def _items(schema: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "prefixItems" in schema:
        yield "two: ", ""
        yield from _joined([_words(one) for one in schema["prefixItems"]], " and ")
    else:
        yield from _pieces(schema["items"])


def _joined(parts: Sequence[Words], word: str = " or ") -> Iterator[tuple[str, str]]:
    for place, part in enumerate(parts):
        if place:
            yield word, ""
        yield from part


def _bounds(schema: Mapping[str, Any], what: str, noun: str) -> str:
    most = schema.get(f"max{what}")
    return "" if most is None else f" (at most {most:,}{noun})"


def _range(schema: Mapping[str, Any]) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if least is None and most is None:
        return ""
    if most is None or most >= 2**31 - 1:
        return f" (from {least:g})"
    return f" ({least:g} to {most:,g})"


def _shown(value: object) -> str:
    return json.dumps(value) if value == "" else str(value)


def _name_in(schema: Mapping[str, Any]) -> str:
    name: str = schema["$ref"].rpartition("/")[2]
    return name


def _curl(path: str, method: str, told: Mapping[str, Any], asked: Body | None) -> str:
    """A call to try; what has to be there is in it."""
    query = []
    filled = path
    for one in told.get("parameters", ()):
        example = _example(one)
        if one["in"] == "path":
            filled = filled.replace(f"{{{one['name']}}}", example)
        elif one["in"] == "query" and one["required"]:
            query.append(f"{one['name']}={example}")
    target = f"$API{filled.removeprefix('/api/v1')}" + (f"?{'&'.join(query)}" if query else "")
    verb = "" if method == "get" else f"-X {method.upper()} "
    parts = [f'curl -s {verb}"{target}" -H "Authorization: Bearer $KEY"']
    if asked is not None:
        kind = "application/json" if asked.example.startswith(("{", "[")) else "text/csv"
        body = " ".join(asked.example.split()) if kind == "application/json" else asked.example.rstrip("\n")
        parts += [f'-H "Content-Type: {kind}"', f"--data-binary {shlex.quote(body)}"]
    return " \\\n  ".join(parts)


def _example(one: Mapping[str, Any]) -> str:
    found = one.get("example", next(iter(one["schema"].get("examples", ())), "…"))
    return str(found)
