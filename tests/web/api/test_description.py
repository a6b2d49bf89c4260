"""The API describes itself: every call with an example that its models take, and all that may go wrong."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, Final

import pytest
from jsonschema_rs import Draft202012Validator, ValidationError

from digest.store.database import Database
from digest.web.api.described import description
from digest.web.api.once import Repeatable
from tests.web.api.programs import api_app, routes_of

APP: Final = api_app(Database("sqlite+aiosqlite://"))
DOCUMENT: Final[dict[str, Any]] = description(routes_of(APP), version="1", server="https://news.example")
OPERATIONS: Final = [
    pytest.param(route, operation, id=f"{method} {path}")
    for route in routes_of(APP)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
    if path == route.path_format and method.upper() in (route.methods or ())
]


def test_document_is_open_api_and_asks_for_a_key() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["components"]["securitySchemes"]["key"]["scheme"] == "bearer"
    assert DOCUMENT["servers"] == [{"url": "https://news.example"}]
    assert len(OPERATIONS) == len(routes_of(APP))
    assert "HTTPValidationError" not in DOCUMENT["components"]["schemas"]
    ids = [route.operation_id for route in routes_of(APP)]
    assert len(set(ids)) == len(ids)


@pytest.mark.parametrize(("route", "operation"), OPERATIONS)
def test_every_call_has_examples_and_says_what_may_go_wrong(route: Any, operation: dict[str, Any]) -> None:
    assert operation["x-power"] == route.power
    assert operation["security"] == [{"key": []}]
    assert operation["summary"]
    for body in _bodies(operation):
        assert [one.message for one in _errors(body["schema"], body["example"])] == []
    for one in operation.get("parameters", ()):
        assert one["in"] != "path" or one["schema"]["examples"]
    assert {"401", "403", "422", "429", "500", "503"} <= operation["responses"].keys()
    assert ("415" in operation["responses"]) is bool(route.takes)
    assert ("409" in operation["responses"]) is (route.repeatable is not Repeatable.ANYWAY)


def _bodies(operation: dict[str, Any]) -> list[dict[str, Any]]:
    """What is asked and answered, as media type objects; a document whose form is open has no example."""
    answers = [*operation["responses"].values(), operation.get("requestBody", {})]
    found = [body for answer in answers for body in answer.get("content", {}).values()]
    return [body for body in found if body["schema"]]


def _errors(schema: dict[str, Any], example: Any) -> list[ValidationError]:
    return list(_validator(json.dumps(schema)).iter_errors(example))


@cache
def _validator(schema: str) -> Draft202012Validator:
    """What looks at documents of one form: most answers of most calls share a few."""
    return Draft202012Validator(json.loads(schema) | {"components": DOCUMENT["components"]})
