"""What Amazon SES says of copies, in both of its forms."""

from __future__ import annotations

from typing import Any

import pytest

from digest.core.returned import Kind, Returned
from digest.mail.hooks.called import Provider
from tests.mail.hooks.samples import MESSAGE_ID, PATH, mail, ses_bounce
from tests.mail.hooks.signing import said_by


def events(said: Any) -> tuple[Returned, ...]:
    return said_by(Provider.SES, said).events


def published(name: str, part: str, **said: Any) -> dict[str, Any]:
    """The newer form: the same under another name."""
    return {"eventType": name, part: said, "mail": mail()}


@pytest.mark.parametrize(
    ("sort", "sub", "kind"),
    [
        ("Permanent", "General", Kind.HARD),
        ("Permanent", "NoEmail", Kind.HARD),
        ("Permanent", "Suppressed", Kind.HARD),
        ("Permanent", "OnAccountSuppressionList", Kind.BLOCKED),
        ("Permanent", "UnsubscribedRecipient", Kind.UNSUBSCRIBE),
        ("Permanent", "SomethingNew", Kind.SOFT),
        ("Transient", "General", Kind.SOFT),
        ("Transient", "MailboxFull", Kind.FULL),
        ("Transient", "MessageTooLarge", Kind.SOFT),
        ("Transient", "ContentRejected", Kind.BLOCKED),
        ("Transient", "AttachmentRejected", Kind.BLOCKED),
        ("Undetermined", "Undetermined", Kind.SOFT),
    ],
)
@pytest.mark.parametrize("form", ["notificationType", "eventType"])
def test_each_type_of_bounce_means_something(sort: str, sub: str, kind: Kind, form: str) -> None:
    said = ses_bounce(sort, sub, status="5.0.0", diagnosticCode="smtp; it did not work")
    said[form] = said.pop("notificationType")
    (event,) = events(said)
    assert (event.kind, event.rule) == (kind, f"ses:{sort}/{sub}")
    assert event.permanent is (kind is not Kind.UNSUBSCRIBE)


@pytest.mark.parametrize(
    ("sort", "words", "kind", "rule"),
    [
        ("Permanent", "smtp; 550 5.7.1 Message rejected due to policy", Kind.BLOCKED, "words:policy"),
        ("Permanent", "smtp; 552 5.2.2 mailbox full", Kind.FULL, "code:x.2.2"),
        ("Undetermined", "smtp; 550 5.1.1 user unknown", Kind.HARD, "words:no-such-reader"),
    ],
    ids=["policy", "full", "unknown"],
)
def test_clear_words_of_the_server_go_before_the_word_of_amazon(
    sort: str, words: str, kind: Kind, rule: str
) -> None:
    (event,) = events(ses_bounce(sort, "General", diagnosticCode=words))
    assert (event.kind, event.rule) == (kind, f"ses:{sort}/General, {rule}")
    assert event.text == words.removeprefix("smtp; ")


def test_bounce_in_which_no_server_says_anything_is_an_answer_of_a_machine() -> None:
    (event,) = events(ses_bounce("Transient", "General"))
    assert (event.kind, event.permanent) == (Kind.AUTO_REPLY, False)
    assert event.rule == "ses:Transient/General, without words"


def test_each_recipient_gets_an_event_of_its_own() -> None:
    said = ses_bounce(status="5.1.1", diagnosticCode="smtp; 550 5.1.1 unknown user")
    said["bounce"]["bouncedRecipients"].append(
        {"emailAddress": "Bob <bob@readers.example>", "status": "5.1.1"}
    )
    assert [one.recipient for one in events(said)] == ["ana@readers.example", "bob@readers.example"]


def test_return_path_message_id_and_way_out_are_clues() -> None:
    (event,) = events(ses_bounce())
    assert event.clues.return_paths == (PATH,)
    own = "<0102018c-4b1d-4f0e-9a0e-1f2e3d4c5b6a-000000@email.amazonses.com>"
    assert event.clues.message_ids == (MESSAGE_ID, own)
    assert event.clues.links == ("https://news.example/unsubscribe/abc",)


@pytest.mark.parametrize(
    ("sort", "kinds"),
    [
        ("abuse", [Kind.COMPLAINT]),
        ("fraud", [Kind.COMPLAINT]),
        ("virus", [Kind.COMPLAINT]),
        ("other", [Kind.COMPLAINT]),
        (None, [Kind.COMPLAINT]),
        ("not-spam", []),
        ("auth-failure", []),
    ],
)
def test_complaint_is_one_unless_it_says_that_it_is_none(sort: str | None, kinds: list[Kind]) -> None:
    complaint = {"complainedRecipients": [{"emailAddress": "ana@readers.example"}]}
    said = {"notificationType": "Complaint", "complaint": {**complaint, "complaintFeedbackType": sort}}
    assert [one.kind for one in events({**said, "mail": mail()})] == kinds


def test_copy_that_was_held_back_for_an_old_complaint_is_a_complaint() -> None:
    complaint = {
        "complainedRecipients": [{"emailAddress": "ana@readers.example"}],
        "complaintSubType": "OnAccountSuppressionList",
    }
    (event,) = events({"eventType": "Complaint", "complaint": complaint, "mail": mail()})
    assert (event.kind, event.rule) == (Kind.COMPLAINT, "ses:Complaint/OnAccountSuppressionList")


def test_delivery_is_told_for_each_recipient() -> None:
    said = published(
        "Delivery", "delivery", recipients=["ana@readers.example"], smtpResponse="250 2.0.0 OK: queued as 1"
    )
    (event,) = events(said)
    assert (event.kind, event.permanent, event.rule) == (Kind.DELIVERED, False, "ses:Delivery")
    assert (event.reply, event.enhanced, event.text) == ("", "2.0.0", "250 2.0.0 OK: queued as 1")


def test_delay_is_no_failure_whatever_the_server_said() -> None:
    one = {"emailAddress": "ana@readers.example", "status": "4.2.2", "diagnosticCode": "smtp; 452 4.2.2 full"}
    said = published("DeliveryDelay", "deliveryDelay", delayType="MailboxFull", delayedRecipients=[one])
    (event,) = events(said)
    assert (event.kind, event.permanent) == (Kind.DELAYED, False)
    assert (event.reply, event.enhanced, event.rule) == ("452", "4.2.2", "ses:DeliveryDelay/MailboxFull")


@pytest.mark.parametrize(
    ("name", "part", "said", "kind"),
    [
        ("Reject", "reject", {"reason": "Bad content"}, Kind.BLOCKED),
        ("Rendering Failure", "failure", {"errorMessage": "Attribute missing"}, Kind.SOFT),
        (
            "Subscription",
            "subscription",
            {"newTopicPreferences": {"unsubscribeAll": True, "topicSubscriptionStatus": []}},
            Kind.UNSUBSCRIBE,
        ),
        (
            "Subscription",
            "subscription",
            {"newTopicPreferences": {"topicSubscriptionStatus": [{"subscriptionStatus": "OptOut"}]}},
            Kind.UNSUBSCRIBE,
        ),
    ],
    ids=["reject", "rendering", "leaves-all", "leaves-one"],
)
def test_what_is_told_of_the_whole_mail_is_told_of_whom_it_was_for(
    name: str, part: str, said: dict[str, Any], kind: Kind
) -> None:
    (event,) = events(published(name, part, **said))
    assert (event.kind, event.recipient) == (kind, "ana@readers.example")


@pytest.mark.parametrize("name", ["Send", "Open", "Click", "Received", "Subscription", ""])
def test_what_is_none_of_ours_is_passed_over_and_counted(name: str) -> None:
    told = said_by(Provider.SES, {"eventType": name, name.lower(): {}, "mail": mail()})
    assert (told.events, told.passed) == ((), 1)
