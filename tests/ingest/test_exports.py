"""Exports of other systems are recognised by their layout, and what each says of a member is not lost."""

from __future__ import annotations

import tracemalloc
import zipfile
from datetime import UTC, datetime
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.exports import Export, Member, System, There
from digest.errors import InputError
from digest.ingest.exports import find_export, read_export
from subscribers.model import Format
from tests.ingest.exported import SUBSCRIBED, audience, export_file, zipped

FILES = {
    "ghost.csv": System.GHOST,
    "email_list.harbour.csv": System.SUBSTACK,
    "substack_details.csv": System.SUBSTACK,
    "listmonk.csv": System.LISTMONK,
    "listmonk.json": System.LISTMONK,
    "mailman.json": System.MAILMAN,
    "mailman.txt": System.MAILMAN,
    SUBSCRIBED: System.MAILCHIMP,
}
INES = "ines@harbour.example"


def found(data: bytes, source: str = "export") -> Export:
    export = find_export(data, source=source)
    assert export is not None
    return export


def there(export: Export) -> dict[str, There]:
    return {member.address: member.there for member in export.members}


def of(export: Export, address: str = INES) -> Member:
    return next(member for member in export.members if member.address == address)


def labels(member: Member) -> set[str]:
    return {str(label) for label in member.labels}


@pytest.mark.parametrize("name", FILES, ids=str)
def test_whose_export_it_is_is_recognised(name: str) -> None:
    export = found(export_file(name), name)
    assert export.system is FILES[name]
    assert of(export).name in {"Inês Duarte", ""}
    assert read_export(export_file(name), source=name, system=FILES[name]) == export


@pytest.mark.parametrize("name", FILES, ids=str)
def test_it_is_no_export_of_another(name: str) -> None:
    for system in System:
        if system not in {FILES[name], System.MAILMAN}:
            with pytest.raises(InputError, match=f"is no export of {system}"):
                read_export(export_file(name), source=name, system=system)


@pytest.mark.parametrize(
    "text",
    [
        "email,newsletter,name\na@b.example,daily,A\n",
        "a@b.example\n",
        "",
        "email,tags\na@b.example,x\n",
        "Dear all,\n<a@b.example>\n",
    ],
    ids=["roster", "bare", "empty", "table", "letter"],
)
def test_what_is_none_is_left_to_others(text: str) -> None:
    assert find_export(text.encode(), source="a") is None


def test_bytes_that_are_no_text_are_left_to_others() -> None:
    assert find_export(b"\x7fELF\xd0\xff\xfe", source="a") is None


# --- Mailchimp ----------------------------------------------------------------------------------------------


def test_mailchimps_four_files_say_who_reads_and_who_does_not() -> None:
    export = found(audience(), "audience.zip")
    assert there(export) == {
        INES: There.READS,
        "jonas@fjord.example": There.READS,
        "=cmd@sums.example": There.READS,
        "lena@left.example": There.LEFT,
        "sam@cross.example": There.COMPLAINED,
        "bo@bounced.example": There.BOUNCED,
        "shop@buyer.example": There.NEVER_AGREED,
    }
    assert [(one.line, one.file) for one in export.unfit] == [(5, SUBSCRIBED)]
    assert {part.kind for part in export.parts} == {
        "cleaned contacts",
        "nonsubscribed contacts",
        "subscribed contacts",
        "unsubscribed contacts",
    }
    lena = of(export, "lena@left.example")
    assert (lena.gone_at, lena.because) == (datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), "NORMAL")


def test_mailchimp_keeps_tags_groups_zone_and_the_consent() -> None:
    ines = of(found(export_file(SUBSCRIBED), SUBSCRIBED))
    assert labels(ines) >= {"Members", "Weekly, printed", "Topics: Economy", "Topics: Science"}
    assert (ines.zone, ines.agreement.asked_from, ines.agreement.confirmed_from) == (
        *("Europe/Lisbon", "203.0.113.7", "203.0.113.8"),
    )
    assert ines.agreement.asked_at == datetime(2021, 3, 5, 10, 11, 12, tzinfo=UTC)
    assert ines.agreement.confirmed_at == datetime(2021, 3, 5, 10, 14, tzinfo=UTC)
    jonas = of(found(export_file(SUBSCRIBED), SUBSCRIBED), "jonas@fjord.example")
    assert "Topics: Ports, ships" in labels(jonas)


def test_a_cell_that_is_none_is_left_out_with_a_remark() -> None:
    odd = of(found(export_file(SUBSCRIBED), SUBSCRIBED), "=cmd@sums.example")
    assert odd.remarks == ("the network address is none", "the time zone is not known")
    assert (odd.zone, odd.agreement.confirmed_from) == (None, "")
    # it is taken as it is: whatever writes it into a table makes it harmless
    assert odd.name.startswith("=HYPERLINK")


def test_columns_of_which_nothing_is_made_are_named_when_there_is_something_in_them() -> None:
    export = found(export_file(SUBSCRIBED), SUBSCRIBED)
    assert {"LEID", "NOTES", "MEMBER_RATING", "LATITUDE"} <= set(export.ignored)
    assert not {"TAGS", "OPTIN_TIME", "Email Address", "Topics"} & set(export.ignored)


@pytest.mark.parametrize(
    ("confirmed", "what"), [("2022-08-01 07:00:00", There.READS), ("", There.NEVER_AGREED)], ids=["yes", "no"]
)
def test_a_file_under_another_name_goes_by_the_time_of_a_yes(confirmed: str, what: There) -> None:
    """`nonsubscribed` contacts have the same columns: only the name of the file tells them apart."""
    text = f"Emailadresse,Vorname,OPTIN_TIME,CONFIRM_TIME,LEID,EUID\na@b.example,Ada,,{confirmed},1,2\n"
    (member,) = found(text.encode(), "contacts.csv").members
    assert (member.address, member.name, member.there) == ("a@b.example", "Ada", what)


def test_a_column_of_streets_is_no_group_to_choose_from() -> None:
    rows = "".join(f"r{n}@b.example,{n} Harbour Street,1,2,3\n" for n in range(200))
    export = found(f"Email Address,Address,LEID,EUID,OPTIN_TIME\n{rows}".encode(), "subscribed_x.csv")
    assert "Address" in export.ignored
    assert not any(member.labels for member in export.members)


# --- Ghost, Substack, listmonk, Mailman ---------------------------------------------------------------------


def test_ghost_says_who_turned_mail_off_and_who_was_deleted() -> None:
    export = found(export_file("ghost.csv"))
    assert list(there(export).values()) == [There.READS, There.LEFT, There.DELETED, There.READS]
    assert labels(of(export)) == {"Economy", "Founding reader", "tier: Supporter"}
    assert of(export).agreement.asked_at == datetime(2023, 7, 13, 9, 10, 11, tzinfo=UTC)


def test_substack_says_who_turned_mail_off_and_who_pays() -> None:
    export = found(export_file("email_list.harbour.csv"))
    assert list(there(export).values()) == [There.READS, There.READS, There.LEFT]
    assert labels(of(export)) == {"paid", "plan: yearly"}
    detailed = of(found(export_file("substack_details.csv")))
    assert labels(detailed) == {"section: Markets", "section: Weekend", "plan: Paid annual"}


def test_a_whole_archive_of_substack_gives_its_list_and_names_the_rest() -> None:
    posts = {f"posts/{n}.html": b"<p>Words</p>" for n in range(600)}
    files = {"posts.csv": b"post_id,title\n1,One\n", "email_list.csv": export_file("email_list.harbour.csv")}
    export = found(zipped(posts | files), "export.zip")
    assert [(part.name, part.kind) for part in export.parts] == [
        ("email_list.csv", "members"),
        ("posts.csv", "no members"),
    ]


def test_listmonks_table_has_attributes_and_a_blocklist_but_no_lists() -> None:
    export = found(export_file("listmonk.csv"))
    assert list(there(export).values()) == [There.READS, There.BLOCKED, There.STOPPED]
    ines = of(export)
    assert (ines.zone, ines.language) == ("Europe/Lisbon", "pt")
    assert labels(ines) == {"city: Lisboa", "interests: economy", "interests: sea"}
    assert of(export, "off@switch.example").remarks == ("the attributes are no object of JSON",)
    # 11:12 and a half in India
    blocked = of(export, "out@block.example").agreement.asked_at
    assert blocked == datetime(2023, 9, 11, 5, 42, 13, tzinfo=UTC)
    assert "who is on which list" in export.cautions[0]


def test_listmonks_answers_say_of_each_list_who_reads_it() -> None:
    export = found(export_file("listmonk.json"))
    said = {(member.address.partition("@")[0], member.list): member.there for member in export.members}
    assert said == {
        ("ines", "Morning mail"): There.READS,
        ("ines", "Weekend mail"): There.LEFT,
        # a list with single opt-in asks nobody, and writes to all
        ("jonas", "Weekend mail"): There.READS,
        ("jonas", "Morning mail"): There.UNCONFIRMED,
        ("out", "Morning mail"): There.BLOCKED,
        ("lone", ""): There.NEVER_AGREED,
    }
    assert export.lists == ("Morning mail", "Weekend mail")
    agreed = of(export).agreement
    assert (agreed.asked_from, agreed.confirmed_at) == (
        "203.0.113.7",
        datetime(2023, 9, 10, 11, 20, tzinfo=UTC),
    )


def test_pages_of_answers_may_stand_one_after_the_other() -> None:
    page = export_file("mailman.json")
    assert len(found(page + page).members) == 2 * len(found(page).members)


def test_mailmans_answers_say_whose_mail_is_turned_off_and_by_whom() -> None:
    export = found(export_file("mailman.json"))
    assert list(there(export).values()) == [
        There.READS,
        There.PAUSED,
        There.BOUNCED,
        There.STOPPED,
        There.NEVER_AGREED,
    ]
    assert of(export, "jonas@fjord.example").format is Format.TEXT
    assert not export.cautions


def test_mailmans_listing_has_names_and_does_not_say_whose_mail_is_turned_off() -> None:
    export = found(export_file("mailman.txt"))
    assert {member.address: member.name for member in export.members} == {
        INES: "Inês Duarte",
        "jonas@fjord.example": "Fjord, Jonas",
        "lena@left.example": "",
    }
    assert [one.line for one in export.unfit] == [4]
    assert "--nomail enabled" in export.cautions[0]


def test_a_name_that_is_badly_encoded_stays_as_it_was_written() -> None:
    # no charset has an octet of 0x80 in ASCII's place
    listing = export_file("mailman.txt").decode() + "=?utf-8?q?\x80?= <odd@harbour.example>\n"
    export = found(listing.encode())
    assert export.members[-1].address == "odd@harbour.example"


def test_a_bare_list_of_addresses_is_taken_when_it_is_said_to_be_mailmans() -> None:
    export = read_export(b"a@b.example\n\n# old\nc@d.example\n", source="x", system=System.MAILMAN)
    assert [member.address for member in export.members] == ["a@b.example", "c@d.example"]


# --- What may be wrong with them ----------------------------------------------------------------------------


def test_a_file_of_windows_in_an_archive_is_refused_and_not_passed_over() -> None:
    bad = "Email Address,LEID,EUID,OPTIN_TIME,UNSUB_TIME\nr\xe9@b.example,1,2,3,4\n".encode("cp1252")
    with pytest.raises(InputError, match=r"unsubscribed\.csv is not text in UTF-8"):
        find_export(zipped({SUBSCRIBED: export_file(SUBSCRIBED), "unsubscribed.csv": bad}), source="a.zip")


def test_a_table_in_utf16_is_read_as_spreadsheets_write_it() -> None:
    text = export_file("ghost.csv").decode().replace(",", "\t")
    assert of(found(text.encode("utf-16"))).address == INES


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (zipped({"notes.txt": b"Words"}), "no export that is known"),
        (zipped({"a.csv": export_file("ghost.csv"), "b.csv": export_file("listmonk.csv")}), "part them"),
        (b'{"entries": [', "is no JSON that can be read: look at line 1"),
        (b"[" * 100_000, "is no JSON that can be read"),
        (b'{"shoe": 42}', "no export that is known"),
        (audience()[:-30], "damaged archive"),
    ],
    ids=["strange", "two", "broken", "deep", "other", "cut"],
)
def test_an_export_that_cannot_be_read_is_refused_in_words(data: bytes, words: str) -> None:
    with pytest.raises(InputError, match=words):
        find_export(data, source="a.zip")


def test_a_bomb_stops_at_the_bound_and_not_in_memory() -> None:
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("subscribed_a.csv", b"Email Address,LEID,EUID,OPTIN_TIME\n" + b"0" * 200_000_000)
    tracemalloc.start()
    with pytest.raises(InputError, match="more than 150 MB"):
        find_export(out.getvalue(), source="a.zip", most_bytes=20_000_000)
    assert tracemalloc.get_traced_memory()[1] < 400_000_000
    tracemalloc.stop()


def test_a_cell_of_a_megabyte_costs_its_line_and_no_other() -> None:
    header, *rows = export_file("ghost.csv").decode().splitlines()
    huge = rows[0].replace("Inês Duarte", "x" * 1_000_000)
    export = found("\n".join([header, huge, *rows[1:]]).encode())
    assert [one.line for one in export.unfit] == [2]
    assert len(export.members) == 3


def test_a_name_that_no_store_keeps_is_left_out() -> None:
    text = f"email,name,active_subscription\na@b.example,{'x' * 300},true\nc@d.example,A\x07B,true\n"
    first, second = found(text.encode()).members
    assert (first.name, second.name) == ("", "")
    assert first.remarks == ("the name is longer than 200 characters",)
    assert second.remarks == ("the name holds control characters",)


@pytest.mark.parametrize("sign", ["\\ud800", "\\u0000", "\\u202e"], ids=["half", "nul", "turned"])
def test_signs_that_json_can_write_and_nothing_can_keep_come_to_no_store(sign: str) -> None:
    text = export_file("listmonk.json").decode()
    for word in ("Duarte", "Morning mail", "economy", "203.0.113.7", "2023-09-10T11:20:00Z"):
        text = text.replace(word, f"{word}{sign}")
    export = found(text.encode())
    ines = of(export)
    said = [ines.name, ines.list, ines.agreement.asked_from, *labels(ines)]
    # raises for what cannot be encoded
    assert b"\0" not in "".join(said).encode()
    bad = text.replace("ines@harbour.example", f"ines{sign}@harbour.example")
    assert len(found(bad.encode()).unfit) == 1


@pytest.mark.parametrize("name", FILES, ids=str)
@given(data=st.data())
def test_whatever_is_cut_out_of_an_export_it_is_read_or_refused(name: str, data: st.DataObject) -> None:
    whole = export_file(name)
    start = data.draw(st.integers(0, len(whole)))
    end = data.draw(st.integers(start, min(len(whole), start + 40)))
    cut = whole[:start] + data.draw(st.binary(max_size=4)) + whole[end:]
    try:
        export = find_export(cut, source=name)
    except InputError:
        return
    assert export is None or isinstance(export, Export)
