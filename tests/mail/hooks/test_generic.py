"""What is said in our own form."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind
from digest.mail.hooks.called import Provider, Told
from tests.mail.hooks.samples import MESSAGE_ID, PATH, generic_event
from tests.mail.hooks.signing import said_by


def told_by(said: Any) -> Told:
    return said_by(Provider.GENERIC, said)


@pytest.mark.parametrize("kind", sorted(set(Kind) - {Kind.UNKNOWN}))
def test_each_kind_can_be_said(kind: Kind) -> None:
    (event,) = told_by(generic_event(kind, text="it did not work")).events
    assert (event.kind, event.rule) == (kind, f"generic:{kind}")
    assert (event.clues.return_paths, event.clues.message_ids) == ((PATH,), (MESSAGE_ID,))


def test_codes_of_their_own_and_clear_words_decide() -> None:
    said = generic_event("hard", text="mailbox full", reply="452", enhanced="4.2.2", rule="my rule")
    (event,) = told_by(said).events
    assert (event.kind, event.reply, event.enhanced) == (Kind.FULL, "452", "4.2.2")
    assert event.rule == "generic:my-rule, code:x.2.2"


@pytest.mark.parametrize(
    ("sort", "kind"),
    [
        ("reader.bounced", Kind.HARD),
        ("reader.complained", Kind.COMPLAINT),
        ("reader.left", Kind.UNSUBSCRIBE),
        ("reader.joined", None),
        ("issue.sent", None),
        ("webhook.test", None),
    ],
)
def test_events_of_another_store_are_understood(sort: str, kind: Kind | None) -> None:
    told = told_by({"type": sort, "data": {"subscription": 4, "email": "ana@readers.example"}})
    assert [one.kind for one in told.events] == ([kind] if kind else [])
    assert len(told.events) + told.passed == 1
    assert told_by({"type": sort, "data": {"subscription": 4, "email": None}}) == Told(passed=1)


@pytest.mark.parametrize("kind", ["", "HARD", "bounce", "unknown", None, 5])
def test_kind_that_is_none_is_passed_over_and_counted(kind: Any) -> None:
    assert told_by(generic_event(kind)) == Told(passed=1)
