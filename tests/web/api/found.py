"""A check of made-up calls: what was just made is found, unless a repeated answer said that it was."""

from __future__ import annotations

from typing import Any

import schemathesis
from schemathesis.specs.openapi.checks import ensure_resource_availability


@schemathesis.check
def created_is_found(ctx: Any, response: Any, case: Any) -> bool | None:
    """As the check that comes with it, but for calls whose word was known: they make nothing.

    Such a call is answered as the first one was, whether or not what that one made was removed since.
    """
    parent = ctx.internals.find_parent(case_id=case.id)
    made = None if parent is None else ctx.internals.find_response(case_id=parent.id)
    if made is not None and "idempotency-replayed" in made.headers:
        return None
    found: bool | None = ensure_resource_availability(ctx, response, case)
    return found
