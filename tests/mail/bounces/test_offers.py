"""Mail that plays a bounce or may be mistaken for one: it costs no reader anything."""

from __future__ import annotations

from typing import Final

import pytest

from digest.core.returned import Kind
from digest.mail.bounces import read_returned
from tests.mail.bounces.letters import BACK, COPY_ID, OUR_DOMAIN, READER, letter

#: What may stop a reader's mail, at once or by and by.
_COSTS: Final = {Kind.HARD, Kind.SOFT, Kind.FULL, Kind.COMPLAINT, Kind.UNSUBSCRIBE}
_LINK: Final = "https://offers.example/now"

OFFERS: Final = {
    "parcel": letter(
        f"Your parcel could not be delivered. Choose another day: {_LINK}\n",
        From="Parcels <parcels@offers.example>",
        Subject="Delivery problem, parcel 4411",
    ),
    "parcel-with-an-address": letter(
        f"Your parcel could not be delivered. Please write to parcels@offers.example, or see {_LINK}\n",
        From="Parcels <notice@offers.example>",
        Subject="Delivery failure notice",
    ),
    "full-mailbox": letter(
        f"Your mailbox is full. Seven mails could not be delivered. Make room: {_LINK}\n",
        From="Mail Administrator <admin@offers.example>",
        Subject="Mailbox full: delivery failed",
    ),
    "full-mailbox-of-ours": letter(
        f"Dear {BACK},\nmail to you is undelivered, your quota is exceeded: {_LINK}\n",
        From="Mail System <desk@offers.example>",
        Subject="Mail delivery failed",
    ),
    "disabled-account": letter(
        f"<p>You have undelivered mail, your account is disabled.</p><a href='{_LINK}'>Release</a>",
        From="Postmaster <desk@offers.example>",
        Subject="5 undelivered mails",
        Content_Type="text/html; charset=utf-8",
    ),
    "lesson-on-bounces": letter(
        f"When a server says 550 5.1.1 user unknown <{READER}>, do this: {_LINK}\n",
        From="Lessons <lessons@offers.example>",
        Subject="Bounce messages explained",
    ),
    "talk-of-a-list": letter(
        "Since yesterday more mail of mine bounces than ever; is it me?\n",
        From="Cy <cy@offers.example>",
        Subject="[crew] Bounced mail",
        List_Id="<crew.offers.example>",
    ),
    "castle": letter(
        "A castle to bounce in, for an afternoon.\n",
        From="Castles <castles@offers.example>",
        Subject="Undeliverable fun",
    ),
    "sent-to-you": letter(
        f"This message was not sent to you unsolicited: you once asked for it. {_LINK}\n",
        From="Castles <castles@offers.example>",
        Subject="Castles",
    ),
    "ticket": letter(
        "We opened ticket 17.\n\n> Your mail could not be delivered\n> 550 5.1.1 user unknown\n",
        From="Help <help@pier.example>",
        Subject="[#17] Re: Undelivered Mail Returned to Sender",
        Auto_Submitted="auto-replied",
    ),
    "leave-by-its-own-line": letter(
        "Castles for an afternoon!\nUnsubscribe\n", From="Castles <castles@offers.example>", Subject="Castles"
    ),
    "leave-after-re": letter(
        "Your castle waits.\nCall us\nUnsubscribe\n",
        From="Castles <castles@offers.example>",
        Subject="Re: your castle",
    ),
    "leave-behind-a-link": letter(
        f"Unsubscribe\n{_LINK}\n", From="Castles <castles@offers.example>", Subject="Castles"
    ),
    "leave-in-pictures": letter(
        f"<a href='{_LINK}'><img src='x'></a><br><a href='{_LINK}/leave'>Unsubscribe</a>",
        From="Castles <castles@offers.example>",
        Subject="Castles",
        Content_Type="text/html; charset=utf-8",
    ),
    "leave-in-the-subject": letter(
        f"Castles at half the price: {_LINK}\n", From="Castles <castles@offers.example>", Subject="Stop!"
    ),
    "leave-below-a-letter": letter(
        "Unsubscribe\n" + "One of many lines about castles.\n" * 20,
        From="Castles <castles@offers.example>",
        Subject="Castles",
        In_Reply_To="<1@offers.example>",
    ),
}


@pytest.mark.parametrize(
    "sender", [None, "", "castles@offers.example"], ids=["not-told", "nobody", "somebody"]
)
@pytest.mark.parametrize("name", OFFERS)
def test_an_offer_costs_no_reader_anything(name: str, sender: str | None) -> None:
    found = read_returned(OFFERS[name], envelope_to=BACK, envelope_from=sender, ours=[OUR_DOMAIN])
    assert not {one.kind for one in found} & _COSTS, found


def test_a_server_that_names_nobody_and_returns_nothing_makes_no_address_bad() -> None:
    raw = letter("Your mail could not be delivered: user unknown.\n")
    assert [(one.kind, one.recipient) for one in read_returned(raw, envelope_to=BACK)] == [(Kind.SOFT, "")]


@pytest.mark.parametrize(
    "words",
    [
        "Unsubscribe",
        "Hello,\nunsubscribe\nThank you",
        "Guten Tag\nabmelden",
        "unsubscribe\n\nAda Quay\nPier 1",
    ],
    ids=["alone", "greeted", "german", "signed"],
)
def test_who_names_no_mail_of_ours_leaves_by_his_first_words(words: str) -> None:
    raw = letter(words, From=READER, Subject="Your letters", To=BACK)
    assert [one.kind for one in read_returned(raw, envelope_to=BACK)] == [Kind.UNSUBSCRIBE]


def test_who_answers_a_mail_of_ours_may_sign_at_length_and_quote_its_links() -> None:
    words = "Please unsubscribe me\n\n" + "Ada Quay\nPier 1\n" * 4 + f"\n> Ports agree\n> {_LINK}\n"
    raw = letter(words, From=READER, Subject="Re: Ports agree", In_Reply_To=COPY_ID)
    assert [one.kind for one in read_returned(raw)] == [Kind.UNSUBSCRIBE]
    page = f"<p>Unsubscribe</p><blockquote><a href='{_LINK}'>Ports agree</a></blockquote>"
    raw = letter(
        page,
        From=READER,
        Subject="Re: Ports agree",
        In_Reply_To=COPY_ID,
        Content_Type="text/html; charset=utf-8",
    )
    assert [one.kind for one in read_returned(raw)] == [Kind.UNSUBSCRIBE]


def test_a_subject_is_a_wish_though_a_scanner_of_viruses_signs_below() -> None:
    raw = letter(f"Checked by {_LINK}\n", From=READER, Subject="unsubscribe", To=BACK)
    assert [one.kind for one in read_returned(raw, envelope_to=BACK)] == [Kind.UNSUBSCRIBE]


def test_empty_lines_of_spaces_before_a_saved_mail_are_no_end_of_its_head() -> None:
    raw = b"\n        \n" + letter(f"Delivery failed.\n\n{READER}\n550 5.1.1 no such user\n")
    assert [(one.kind, one.recipient) for one in read_returned(raw)] == [(Kind.HARD, READER)]
