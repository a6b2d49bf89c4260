"""Answers: what machines, careful machines, leaving readers and people write back, and what is no answer."""

from __future__ import annotations

import pytest

from digest.core.returned import Kind
from digest.mail.bounces import read_returned
from tests.mail.bounces.letters import BACK, COPY_ID, READER, fields, group, letter

FROM = f"Ada Quay <{READER}>"


def kinds(text: str, **headers: str) -> list[Kind]:
    usual = {"From": FROM, "Subject": "Re: Ports agree", "In_Reply_To": COPY_ID, "To": "news@harbour.example"}
    return [one.kind for one in read_returned(letter(text, **(usual | headers)))]


@pytest.mark.parametrize(
    "header",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-replied (vacation)"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": ""},
        {"X_Auto_Response_Suppress": "All", "Auto_Submitted": "auto-generated"},
        {"Precedence": "auto_reply"},
        {"Precedence": "bulk"},
        {"X_Vacation": "1"},
        {"Return_Path": "<>"},
    ],
    ids=lambda header: "-".join(header).lower(),
)
def test_a_header_tells_an_automatic_answer(header: dict[str, str]) -> None:
    assert kinds("I am on the sea until May.", **header) == [Kind.AUTO_REPLY]


@pytest.mark.parametrize(
    "subject",
    [
        *("Out of Office: Ports agree", "Automatic reply: Ports agree", "Abwesenheitsnotiz: Ports agree"),
        *("Automatische Antwort: Häfen", "Réponse automatique : Ports", "Respuesta automática: Puertos"),
        *(
            "自动回复: 港口",
            "自動返信: 港",
            "رد تلقائي: الموانئ",
            "Автоматический ответ: Порты",
            "Afwezig: Havens",
        ),
    ],
)
def test_a_subject_tells_who_is_away(subject: str) -> None:
    assert kinds("I cannot be reached until May.", Subject=subject) == [Kind.AUTO_REPLY]


def test_who_is_away_and_writes_from_nobody_is_no_bounce() -> None:
    raw = letter(
        "I cannot be reached.",
        From=FROM,
        Subject="Out of office",
        Return_Path="<>",
        Auto_Submitted="auto-replied",
    )
    assert [one.kind for one in read_returned(raw, envelope_from="")] == [Kind.AUTO_REPLY]


@pytest.mark.parametrize(
    "words",
    [
        *(
            "unsubscribe",
            "Unsubscribe.",
            "UNSUBSCRIBE!",
            "STOP",
            "please remove me",
            "Abmelden",
            "bitte abmelden",
        ),
        *(
            "désabonner",
            "Me désabonner",
            "baja",
            "取消订阅",
            "退订",
            "إلغاء الاشتراك",
            "配信停止",
            "отписаться",
        ),
        *("Please unsubscribe me from this list", "opt-out", "Unsubscribe\n\nThank you\n> Ports agree"),
    ],
)
def test_a_wish_to_leave_that_stands_alone_is_one(words: str) -> None:
    assert kinds(words) == [Kind.UNSUBSCRIBE]
    assert kinds(f"Hello,\n{words}\n") == [Kind.UNSUBSCRIBE]


@pytest.mark.parametrize(
    "words",
    [
        "Please do not stop writing about ports.",
        "How does one unsubscribe from the other letter?",
        "I like it.\n\n> unsubscribe",
        "I like it.\n-- \nunsubscribe",
        "I like it.\nOn Tue, 24 Nov 2026 Harbour Post wrote:\nunsubscribe",
        "One\nTwo\nThree\nFour lines of praise\nstop",
    ],
    ids=["in-a-sentence", "a-question", "quoted", "signature", "below-a-quote", "far-below"],
)
def test_such_words_among_others_are_a_reply(words: str) -> None:
    assert kinds(words) == [Kind.REPLY]


def test_an_unsubscribe_button_that_writes_a_mail_is_a_wish_to_leave() -> None:
    raw = letter(
        "This message was generated.",
        From=FROM,
        Subject="unsubscribe",
        To=BACK,
        Auto_Submitted="auto-generated",
    )
    (found,) = read_returned(raw)
    assert (found.kind, found.recipient, found.clues.return_paths) == (Kind.UNSUBSCRIBE, READER, (BACK,))


def test_a_challenge_is_one() -> None:
    text = "Please click this link so that your mail may be delivered, to confirm that you are a human."
    assert kinds(text, Auto_Submitted="auto-replied") == [Kind.CHALLENGE]


def test_a_reply_names_who_wrote_it_and_what_it_answers() -> None:
    raw = letter(
        "Well said.",
        From=FROM,
        Subject="Re: Ports agree",
        To="news@harbour.example",
        References=f"<a@b.example> {COPY_ID}",
    )
    (found,) = read_returned(raw)
    assert (found.kind, found.recipient, found.rule) == (Kind.REPLY, READER, "reply")
    assert found.clues.message_ids == (COPY_ID, "<a@b.example>")
    assert found.text == "Re: Ports agree Well said."
    assert not found.permanent


def test_what_came_to_one_of_our_boxes_is_an_answer() -> None:
    raw = letter("Hello.", From=FROM, Subject="Hello", To="news@harbour.example")
    assert read_returned(raw) == ()
    assert [one.kind for one in read_returned(raw, ours=["news@harbour.example"])] == [Kind.REPLY]
    assert [one.kind for one in read_returned(raw, envelope_to=BACK)] == [Kind.REPLY]


BOUNCED = f"Your message could not be delivered.\n<{READER}>: 550 5.1.1 user unknown\n"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({"Subject": "Re: Undelivered Mail Returned to Sender"}, Kind.REPLY),
        ({"Subject": "Fwd: Undelivered Mail Returned to Sender", "To": BACK, "In_Reply_To": ""}, Kind.REPLY),
        ({"Subject": "Re: Ports agree", "From": "Postmaster <postmaster@pier.example>"}, Kind.REPLY),
        ({"Subject": "Ticket 17", "Return_Path": "<>", "Auto_Submitted": "auto-replied"}, Kind.AUTO_REPLY),
        ({"Subject": "Out of office", "Auto_Submitted": "auto-replied"}, Kind.AUTO_REPLY),
    ],
    ids=["reply", "forward", "postmaster-in-person", "ticket", "away"],
)
def test_who_quotes_a_bounce_is_no_bounce(headers: dict[str, str], kind: Kind) -> None:
    quoted = "What is this?\n\n" + "".join(f"> {line}\n" for line in BOUNCED.splitlines())
    assert kinds(quoted, **headers) == [kind]


@pytest.mark.parametrize(
    "headers",
    [
        {
            "List_Id": "<mail.tech.example>",
            "Subject": "Mail digest: user unknown bounces",
            "To": "mail@tech.example",
        },
        {
            "List_Unsubscribe": "<https://tech.example/u>",
            "Subject": "Delivery failed? Buy our mail",
            "To": READER,
        },
        {"Subject": "Your parcel", "To": READER},
    ],
    ids=["digest", "newsletter", "spam"],
)
def test_mail_that_speaks_of_bounces_and_answers_nothing_says_nothing(headers: dict[str, str]) -> None:
    raw = letter(
        "When a server says 550 5.1.1 user unknown, remove the address.", **({"From": FROM} | headers)
    )
    assert read_returned(raw) == ()


def test_spam_that_plays_a_bounce_makes_no_address_bad() -> None:
    """Its sender is no server, so the address may be told, but not as a bad one."""
    raw = letter(BOUNCED, From="Offers <offers@spam.example>", Subject="Mail delivery failed", To=BACK)
    assert [one.kind for one in read_returned(raw)] == [Kind.SOFT]


def test_a_report_that_a_person_pasted_under_its_own_subject_makes_no_address_bad() -> None:
    text = "Your message could not be delivered.\n\n" + fields(
        group("550 5.1.1 user unknown", status="5.1.1")
    )
    raw = letter(text, From=FROM, Subject="Undelivered Mail Returned to Sender", To="news@harbour.example")
    assert [one.kind for one in read_returned(raw)] == [Kind.SOFT]


def test_a_whole_report_within_a_forwarded_mail_is_not_believed() -> None:
    inner = fields(group("550 5.1.1 user unknown", status="5.1.1"))
    returned = f"From: MAILER-DAEMON@x.example\n\n{inner}"
    text = f"--=_x\n\nSee below.\n--=_x\nContent-Type: message/rfc822\n\n{returned}\n--=_x--\n"
    raw = letter(
        text, From=FROM, Subject="Fwd: Undeliverable", To=BACK, Content_Type='multipart/mixed; boundary="=_x"'
    )
    assert [one.kind for one in read_returned(raw)] == [Kind.REPLY]


@pytest.mark.parametrize(
    "raw", [b"", b"\n", b"\0\xff\r\r\n", b"x" * 10_000, b":\n:\n\n", b"From \n\n"], ids=range(6)
)
def test_what_is_no_mail_says_nothing(raw: bytes) -> None:
    assert read_returned(raw) == ()
