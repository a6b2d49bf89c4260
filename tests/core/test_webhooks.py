"""What a webhook tells, signs and tries again."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.core.webhooks import (
    LONGEST_REST,
    LONGEST_RETRY_AFTER,
    WAITS,
    Answered,
    EventKind,
    Verdict,
    document,
    event_of_move,
    headers_for,
    judge,
    key_of,
    parse_kinds,
    parse_url,
    signature,
    went_out,
)
from digest.errors import InputError
from subscribers.model import Standing

NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def test_the_signature_is_the_one_of_the_standard() -> None:
    # the example of the specification, which every library is tested against
    at = datetime.fromtimestamp(1614265330, UTC)
    made = signature(SECRET, "msg_p5jXN8AQM9LWM0D4loKWxJek", at, b'{"test": 2432232314}')
    assert made == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_two_secrets_sign_side_by_side() -> None:
    other = "whsec_" + "QUJD" * 8
    headers = headers_for("evt_1", NOW, b"{}", (SECRET, other))
    assert headers["webhook-signature"].split() == [
        signature(SECRET, "evt_1", NOW, b"{}"),
        signature(other, "evt_1", NOW, b"{}"),
    ]
    assert headers["content-type"] == "application/json"
    assert (headers["webhook-id"], headers["webhook-timestamp"]) == ("evt_1", str(int(NOW.timestamp())))


@pytest.mark.parametrize("wrong", ["", "whsec_", "whsec_QUJD", "sesame", "whsec_" + "QUJD" * 30, SECRET[1:]])
def test_what_is_no_secret_signs_nothing(wrong: str) -> None:
    with pytest.raises(ValueError, match="secret"):
        key_of(wrong)


READS = (Standing.ACTIVE, Standing.PAUSED, Standing.BOUNCING)
_ABOUT: dict[str, tuple[EventKind | None, list[tuple[str | None, str]]]] = {
    "joins": (EventKind.READER_JOINED, [(None, "active"), ("pending", "active"), ("left", "active")]),
    "leaves": (EventKind.READER_LEFT, [(one, end) for one in READS for end in ("left", "suppressed")]),
    "bounces": (EventKind.READER_BOUNCED, [("active", "bouncing"), ("paused", "bouncing")]),
    "complains": (EventKind.READER_COMPLAINED, [("active", "complained"), ("paused", "complained")]),
    "is nobody's business": (
        None,
        [
            *((None, "pending"), ("pending", "left"), ("active", "paused"), ("paused", "active")),
            *(("bouncing", "active"), ("active", "active"), ("bouncing", "bouncing"), ("left", "left")),
            *(("left", "suppressed"), ("complained", "left"), ("left", "pending")),
        ],
    ),
}


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [(kind, before, after) for kind, moves in _ABOUT.values() for before, after in moves],
)
def test_a_move_is_told_as_what_it_is(kind: EventKind | None, before: str | None, after: str) -> None:
    known = None if before is None else Standing(before)
    assert event_of_move(known, Standing(after)) is kind


def test_no_move_is_told_twice_on_the_way_out_and_in() -> None:
    for before in (None, *Standing):
        for after in Standing:
            told = event_of_move(before, after)
            if told is EventKind.READER_JOINED:
                assert before not in READS
            elif told is not None:
                assert before in READS


def test_an_issue_is_sent_when_a_copy_was_tried() -> None:
    assert went_out({"sent": 1, "skipped": 4})
    assert went_out({"refused": 2})
    assert not went_out({"skipped": 4})
    assert not went_out({})


@pytest.mark.parametrize("code", [200, 201, 202, 204, 299])
def test_every_2xx_is_a_yes(code: int) -> None:
    assert judge(Answered(code), 1, 1, NOW, 0.5).taken


@pytest.mark.parametrize("code", [None, 500, 502, 503, 429])
def test_trouble_of_the_receiver_rests_it(code: int | None) -> None:
    found = judge(Answered(code), 1, 3, NOW, 0)
    assert not found.taken
    assert found.again_at == NOW + WAITS[0]
    assert found.rest_until == NOW + WAITS[2]


@pytest.mark.parametrize("code", [300, 301, 302, 307, 400, 401, 404, 422])
def test_a_no_is_tried_again_and_holds_up_nothing_else(code: int) -> None:
    found = judge(Answered(code), 2, 1, NOW, 0)
    assert (found.taken, found.rest_until, found.again_at) == (False, None, NOW + WAITS[1])


def test_gone_is_gone() -> None:
    assert judge(Answered(410), 1, 1, NOW, 0) == Verdict(taken=False, gone=True)


def test_a_rest_is_longer_by_up_to_a_fifth() -> None:
    assert judge(Answered(500), 3, 2, NOW, 1) == Verdict(
        taken=False, again_at=NOW + WAITS[2] * 1.2, rest_until=NOW + WAITS[1] * 1.2
    )


def test_waits_grow_and_end_after_three_days() -> None:
    assert list(WAITS) == sorted(WAITS)
    assert timedelta(days=3) < sum(WAITS, timedelta()) < timedelta(days=4)
    assert judge(Answered(500), len(WAITS), 1, NOW, 0).again_at is not None
    assert judge(Answered(500), len(WAITS) + 1, 1, NOW, 0).again_at is None


def test_not_all_come_back_at_once() -> None:
    found = [judge(Answered(400), 3, 1, NOW, chance / 10).again_at for chance in range(11)]
    assert len(set(found)) == 11
    assert all(one is not None and WAITS[2] <= one - NOW <= WAITS[2] * 1.2 for one in found)


def test_the_receiver_says_how_long_to_wait_up_to_a_day() -> None:
    said = judge(Answered(503, retry_after=7200), 1, 1, NOW, 0)
    assert said.rest_until == NOW + timedelta(hours=2)
    for_ever = judge(Answered(429, retry_after=10**9), 1, 1, NOW, 0)
    assert for_ever.rest_until == NOW + LONGEST_RETRY_AFTER
    assert judge(Answered(None), 1, 99, NOW, 0).rest_until == NOW + LONGEST_REST


def test_an_address_has_up_to_a_thousand_characters() -> None:
    longest = "https://shop.example/" + "a" * 979
    assert parse_url(longest, with_addresses=False) == longest
    with pytest.raises(InputError, match="is not an absolute http or https address: say https://HOST/PATH"):
        parse_url(longest + "a", with_addresses=False)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ("https://shop.example:99999/", "url 'https://shop.example:99999/' has no port that can be"),
        ("https://user@shop.example/", "url holds a name, a password or a fragment"),
        ("https://:word@shop.example/", "url holds a name, a password or a fragment"),
        ("https://shop.example/#part", "url holds a name, a password or a fragment"),
    ],
)
def test_an_address_that_cannot_be_is_refused_with_what_is_wrong(wrong: str, words: str) -> None:
    with pytest.raises(InputError, match=f"^{words}"):
        parse_url(wrong, with_addresses=False)


@pytest.mark.parametrize(
    "wrong",
    [
        *("", "hook", "//shop.example/", "ftp://shop.example/", "file:///etc/passwd", "javascript:alert(1)"),
        *("https://", "https://a b/", "https://user:word@shop.example/", "https://shop.example/#part"),
        *(
            "https://shop.example:99999/",
            "https://shop.example:x/",
            "https://shop.example/\n",
            "https://[::1",
        ),
        "https://shop.example/" + "a" * 1000,
    ],
)
def test_what_is_no_address_is_refused(wrong: str) -> None:
    if wrong.endswith("\n"):
        # a line end at its end is what copying leaves
        assert parse_url(wrong, with_addresses=False) == wrong.strip()
        return
    with pytest.raises(InputError):
        parse_url(wrong, with_addresses=False)


def test_addresses_of_readers_go_over_https_only() -> None:
    assert parse_url("http://shop.example/", with_addresses=False)
    with pytest.raises(InputError, match="https"):
        parse_url("http://shop.example/", with_addresses=True)
    assert parse_url("https://shop.example/", with_addresses=True)
    # what does not leave the machine is read by nobody
    assert parse_url("http://127.0.0.1:8080/", with_addresses=True)
    assert parse_url("http://[::1]:8080/", with_addresses=True)


def test_kinds_are_chosen_among_those_there_are() -> None:
    assert parse_kinds(["reader.left", "ISSUE.SENT"]) == (EventKind.ISSUE_SENT, EventKind.READER_LEFT)
    assert parse_kinds(["reader.left", " "]) == (EventKind.READER_LEFT,)
    for wrong, words in (
        ([], "no event is chosen"),
        ([""], "no event is chosen"),
        (["webhook.test", "reader.moved"], "event 'reader.moved' is not known"),
        (["webhook.test"], "event 'webhook.test' is not known"),
    ):
        with pytest.raises(InputError, match=f"^{words}: choose among .*, reader.left"):
            parse_kinds(wrong)


def test_a_document_has_three_parts() -> None:
    found = document(EventKind.ISSUE_SENT, NOW, {"issue": 4})
    assert found == {"type": "issue.sent", "timestamp": "2026-11-24T09:30:00Z", "data": {"issue": 4}}
