"""The API in the words of OpenAPI 3.1: every call with an example, and everything that may go wrong."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final, cast

from fastapi.openapi.utils import get_openapi
from pydantic import BaseModel

from digest.web.api import (
    answered,
    answered_issues,
    asked,
    desk_documents,
    family_documents,
    feed_documents,
    people_documents,
    return_documents,
    told,
    webhook_documents,
)
from digest.web.api.gate import GuardedRoute
from digest.web.api.once import WORD_PATTERN, Repeatable
from digest.web.api.problems import MEDIA_TYPE, Problem

_ABOUT: Final = """\
What the desk and the command line can do, for programs.

Each call carries `Authorization: Bearer KEY`; `digest users key NAME` makes a key, which can do what NAME
can, or less. Lists are `{"items": [...], "next": CURSOR or null}`: hand `next` on as `after`. Errors are
`application/problem+json` (RFC 9457). A `POST` with an `Idempotency-Key` acts once, however often it is
repeated within a day. Times are in UTC.
"""
_KEY: Final = "key"
#: What may go wrong with every call.
_ALWAYS: Final = {
    401: "No key, or one that is not known.",
    403: "The key has not the power that is needed.",
    422: "A value cannot be taken; nothing was changed.",
    429: "Too many calls; `Retry-After` says when to go on.",
    500: "A fault of the server.",
    503: "The store does not answer; nothing was changed.",
}
_WITH_BODY: Final = {
    400: "The body cannot be read.",
    413: "The body is too large.",
    415: "The body is of another kind.",
}
_NOT_FOUND: Final = {404: "What is named does not exist."}
_TWICE: Final = {
    400: "The body, or the Idempotency-Key, cannot be read.",
    409: "The same call is under way, or its answer is not kept.",
}
_RATE: Final = {
    "RateLimit": {"description": "How many calls may follow.", "schema": {"type": "string"}},
    "RateLimit-Policy": {"description": "How many calls there may be.", "schema": {"type": "string"}},
}
_LOCATION: Final = {"Location": {"description": "Where it is found.", "schema": {"type": "string"}}}
_IDEMPOTENCY_KEY: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "A word made up for this call: repeated with it, the call acts once.",
    "schema": {"type": "string", "pattern": WORD_PATTERN},
    "example": "3f1c9a52-6d0e-4a58-9a3b-6f0f2d1b7c11",
}


def description(routes: Sequence[GuardedRoute], *, version: str, server: str) -> dict[str, Any]:
    """The whole document."""
    found: dict[str, Any] = get_openapi(
        title="Digest",
        version=version,
        description=_ABOUT,
        routes=routes,
        servers=[{"url": server}],
    )
    components = found.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for name, example in _examples().items():
        if name in schemas:
            # the framework leaves out what is null in them
            schemas[name]["examples"] = [example]
    problem = Problem.model_json_schema(ref_template="#/components/schemas/{model}")
    schemas |= problem.pop("$defs", {}) | {"Problem": problem}
    components["securitySchemes"] = {
        _KEY: {"type": "http", "scheme": "bearer", "description": "A key from `digest users key NAME`."}
    }
    found["security"] = [{_KEY: []}]
    for route in routes:
        for method in route.methods or ():
            _complete(found["paths"][route.path_format][method.lower()], route, schemas)
    return found


#: Where models are.
_DOCUMENTS: Final = (
    answered,
    answered_issues,
    asked,
    desk_documents,
    family_documents,
    feed_documents,
    people_documents,
    return_documents,
    told,
    webhook_documents,
)


def _examples() -> dict[str, Any]:
    """The example of each model by its name."""
    found = {}
    for module in _DOCUMENTS:
        for name, model in vars(module).items():
            if isinstance(model, type) and issubclass(model, BaseModel):
                extra = model.model_config.get("json_schema_extra")
                if isinstance(extra, dict):
                    found[name] = cast("list[Any]", extra["examples"])[0]
    return found


def _complete(operation: dict[str, Any], route: GuardedRoute, schemas: Mapping[str, Any]) -> None:
    """Say of one call what its signature does not."""
    if operation.get("description", "").rstrip(".") == operation["summary"]:
        del operation["description"]
    operation["x-power"] = str(route.power)
    operation["security"] = [{_KEY: []}]
    if route.repeatable is not Repeatable.ANYWAY:
        operation.setdefault("parameters", []).append(_IDEMPOTENCY_KEY)
    # what the framework says of errors is not what we answer
    operation["responses"].pop("422", None)
    for status, answer in operation["responses"].items():
        answer["headers"] = _RATE | (_LOCATION if status == "201" else {})
        for content in answer.get("content", {}).values():
            _show(content, schemas)
    for content in operation.get("requestBody", {}).get("content", {}).values():
        _show(content, schemas)
    wrong = _ALWAYS | (_WITH_BODY if route.takes else {})
    wrong |= _NOT_FOUND if route.may_miss else {}
    wrong |= _TWICE if route.repeatable is not Repeatable.ANYWAY else {}
    for code, words in sorted(wrong.items()):
        operation["responses"][str(code)] = {"description": words, "content": _problem(code)}


def _show(content: dict[str, Any], schemas: Mapping[str, Any]) -> None:
    """Put an example to a body, which its model has."""
    if "example" not in content and "schema" in content:
        found = _example(content["schema"], schemas)
        if found is not None:
            content["example"] = found


def _example(schema: Mapping[str, Any], schemas: Mapping[str, Any]) -> Any:
    if "$ref" in schema:
        return _example(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    if "examples" in schema:
        return schema["examples"][0]
    if schema.get("type") == "array":
        inner = _example(schema["items"], schemas)
        return None if inner is None else [inner]
    if set(schema.get("properties", ())) == {"items", "next"}:
        return {"items": _example(schema["properties"]["items"], schemas), "next": None}
    return None


def _problem(code: int) -> dict[str, Any]:
    title = {413: "Content Too Large", 422: "Unprocessable Content"}.get(code) or HTTPStatus(code).phrase
    words = (_ALWAYS | _WITH_BODY | _NOT_FOUND | _TWICE)[code]
    example = {"type": "about:blank", "title": title, "status": code, "detail": words}
    return {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}, "example": example}}
