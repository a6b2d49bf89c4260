"""Rosters: what a file may look like, what is refused and where, and the way out and back in."""

from __future__ import annotations

import csv
import io
from datetime import time

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from subscribers.model import WEEKDAYS, Cadence, Format, Profile, Section, Standing
from subscribers.roster import COLUMNS, RefusedLine, RosterRow, read_roster, write_roster
from subscribers.wishes import MOST_OF_A_NAME, WishError, parse_address

TOPICS = ("economy", "energy", "military-security")
CADENCE = Cadence(WEEKDAYS, time(7), "Europe/Paris")
NARROW = Profile(topics=frozenset({"energy"}), sections=frozenset({Section.REPORT}), max_items=3)


def rows_of(text: str) -> tuple[RosterRow, ...]:
    """The rows of a file in which nothing is wrong."""
    rows, refused = read_roster(text, TOPICS)
    assert refused == ()
    return rows


def row_with(column: str, cell: str) -> RosterRow:
    (row,) = rows_of(f"email;{column}\nann@example.org;{cell}\n")
    return row


def refusal(text: str) -> tuple[RefusedLine, ...]:
    return read_roster(text, TOPICS)[1]


# --- what is read -------------------------------------------------------------------------------------------


def test_every_column_is_read() -> None:
    (row,) = rows_of(
        "email,newsletter,name,topics,days,at,timezone,at-once,sections,format,max-items,language,status\n"
        'ann@Example.ORG,daily,Ann Ó,"energy,economy","mon,thu",7:05,europe/paris,'
        "no,report,text,12,zh_Hans,Paused\n"
    )
    assert row == RosterRow(
        email="ann@example.org",
        newsletter="daily",
        name="Ann Ó",
        topics=frozenset({"economy", "energy"}),
        days=("mon", "thu"),
        at=time(7, 5),
        timezone="Europe/Paris",
        at_once=False,
        sections=frozenset({Section.REPORT}),
        format=Format.TEXT,
        max_items=12,
        language="zh-Hans",
        status=Standing.PAUSED,
    )


def test_who_has_to_confirm_is_read_and_never_written() -> None:
    assert row_with("unconfirmed", "yes").unconfirmed is True
    assert row_with("unconfirmed", "no").unconfirmed is False
    assert "unconfirmed" not in write_roster([row_with("unconfirmed", "yes")])


def test_column_of_addresses_is_enough_and_the_rest_is_not_given() -> None:
    assert rows_of("email\nann@example.org\n") == (RosterRow("ann@example.org"),)


def test_empty_cell_means_not_given() -> None:
    assert rows_of("email,name,topics,at\nann@example.org,, ,\n") == (RosterRow("ann@example.org"),)


def test_short_line_leaves_its_last_cells_not_given() -> None:
    assert rows_of("email,name,at\nann@example.org\n") == (RosterRow("ann@example.org"),)


@pytest.mark.parametrize(
    "header", ["Email,At-Once,Max Items", "EMAIL,at_once,max_items", " email , at once,max-items,"]
)
def test_header_may_be_spelled(header: str) -> None:
    assert rows_of(f"{header}\nann@example.org,yes,3\n")[0].max_items == 3


@pytest.mark.parametrize("separator", [",", ";", "\t"])
@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_file_of_any_spreadsheet_is_understood(separator: str, line_end: str, mark: str) -> None:
    lines = ["email,name,at", "ann@example.org,Ann,06:30", "", "bob@example.org,Bob,18:00"]
    text = mark + line_end.join(line.replace(",", separator) for line in lines)
    ann, bob = rows_of(text)
    assert (ann.name, ann.at, ann.line) == ("Ann", time(6, 30), 2)
    assert (bob.name, bob.at, bob.line) == ("Bob", time(18), 4)


@pytest.mark.parametrize(
    "cell", ['"energy,economy"', '"energy; economy"', '" Energy economy "', "energy economy;"]
)
def test_topics_of_a_cell_may_be_parted_by(cell: str) -> None:
    (row,) = rows_of(f"email,topics\nann@example.org,{cell}\n")
    assert row.topics == frozenset({"energy", "economy"})


@pytest.mark.parametrize("cell", ["mon,thu", "Thursday monday", '"mon; thu"'])
def test_days_of_a_cell_may_be_parted_by(cell: str) -> None:
    assert row_with("days", cell).days == ("mon", "thu")


def test_sections_may_hold_a_space() -> None:
    assert row_with("sections", "hot topic, Reports").sections == frozenset(
        {Section.HOT_TOPIC, Section.REPORT}
    )


@pytest.mark.parametrize(
    ("cell", "value"), [("yes", True), ("TRUE", True), ("1", True), ("No", False), ("0", False)]
)
def test_at_once_is(cell: str, value: bool) -> None:
    assert row_with("at_once", cell).at_once is value


def test_line_break_inside_quotes_belongs_to_the_cell_and_later_lines_keep_their_numbers() -> None:
    ann, bob = rows_of('email,name\nann@example.org,"Ann\nof the Hill"\nbob@example.org,Bob\n')
    assert ann.name == "Ann of the Hill"
    assert bob.line == 4


def test_name_keeps_its_letters_and_loses_only_spare_white_space() -> None:
    assert row_with("name", "  李\u200d 小龙\u00a0 O’Neill ").name == "李\u200d 小龙 O’Neill"


# --- what is refused ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no column email"),
        ("\n\n", "no column email"),
        ("name,at\nAnn,07:00\n", "no column email"),
        (
            "email,colour\nann@example.org,red\n",
            "column 'colour' is not known: choose among email, newsletter",
        ),
        ("email,at,At\nann@example.org,07:00,08:00\n", "column 'at' stands twice"),
        ('email,"at\nann@example.org,07:00\n', "the header cannot be read as CSV"),
    ],
)
def test_header_that_is_wrong_refuses_the_whole_file(text: str, words: str) -> None:
    with pytest.raises(WishError) as caught:
        read_roster(text, TOPICS)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("header", "line", "words"),
    [
        ("email", "ann", "address 'ann' is not valid"),
        ("name,email", "Ann,", "email is empty"),
        ("email,topics", "ann@example.org,gossip", "topic 'gossip' is not known"),
        ("email,topics", "ann@example.org,;", "topics are empty"),
        ("email,days", "ann@example.org,someday", "days 'someday' are not known"),
        ("email,at", "ann@example.org,25:00", "time '25:00' is not a time of day"),
        ("email,timezone", "ann@example.org,Paris", "time zone 'Paris' is not known"),
        ("email,at-once", "ann@example.org,maybe", "at-once 'maybe' is not known"),
        ("email,sections", "ann@example.org,poem", "section 'poem' is not known"),
        ("email,sections", "ann@example.org,;", "sections are empty"),
        ("email,format", "ann@example.org,pdf", "format 'pdf' is not known"),
        ("email,max-items", "ann@example.org,0", "max-items '0' is not a cap"),
        ("email,language", "ann@example.org,xx-yy-zz", "language 'xx-yy-zz' is not known"),
        ("email,status", "ann@example.org,gone", "status 'gone' is not known: choose among pending"),
        ("email,name", "ann@example.org,A\x07nn", "name 'A\\x07nn' holds control characters"),
        ("email,name", "ann@example.org,Ann,extra", "cell 'extra' stands under no column"),
        ("email,name,", "ann@example.org,Ann,extra", "cell 'extra' stands under no column"),
        ("email,name", 'ann@example.org,"Ann" B', "the line cannot be read as CSV"),
    ],
)
def test_line_is_refused_by_number_and_reason_and_the_rest_is_taken(
    header: str, line: str, words: str
) -> None:
    place = header.split(",").index("email")
    before, after = ("," * place + name for name in ("zoe@example.org", "bob@example.org"))
    rows, refused = read_roster(f"{header}\n{before}\n{line}\n{after}\n", TOPICS)
    assert [row.email for row in rows] == ["zoe@example.org", "bob@example.org"]
    assert [row.line for row in rows] == [2, 4]
    (only,) = refused
    assert only.line == 3
    assert words in only.reason
    assert "\n" not in only.reason


def test_reader_who_stands_in_the_file_twice_is_taken_once() -> None:
    text = "email,name\nann@example.org,Ann\nANN@example.org,Annie\n"
    rows, refused = read_roster(text, TOPICS)
    assert [row.name for row in rows] == ["Ann"]
    assert refused == (
        RefusedLine(3, "address 'ANN@example.org' stands on line 2 already: leave one of the two out"),
    )


def test_one_reader_may_take_two_newsletters() -> None:
    text = "email,newsletter\nann@example.org,daily\nann@example.org,weekly\n"
    assert [row.newsletter for row in rows_of(text)] == ["daily", "weekly"]


def test_line_that_was_refused_does_not_stand_in_the_way_of_its_mended_twin() -> None:
    rows, refused = read_roster("email,at\nann@example.org,late\nann@example.org,21:00\n", TOPICS)
    assert [row.line for row in rows] == [3]
    assert [line.line for line in refused] == [2]


def test_unknown_newsletter_is_refused_where_the_known_ones_are_given() -> None:
    text = "email,newsletter\nann@example.org,Daily\nbob@example.org,hourly\n"
    rows, refused = read_roster(text, TOPICS, ["daily", "weekly"])
    assert [row.newsletter for row in rows] == ["daily"]
    assert refused == (RefusedLine(3, "newsletter 'hourly' is not known: choose among daily, weekly"),)


def test_quote_that_is_never_closed_costs_one_line_only() -> None:
    text = 'email,name\nann@example.org,"Ann\nbob@example.org,Bob\ncyd@example.org,Cyd\n'
    rows, refused = read_roster(text, TOPICS)
    assert [row.email for row in rows] == ["bob@example.org", "cyd@example.org"]
    assert [line.line for line in refused] == [2]


@given(st.text(max_size=300))
def test_nothing_in_a_file_raises_anything_but_a_wish_error(text: str) -> None:
    rows, refused = read_roster("email,name,topics,sections,days\n" + text, TOPICS)
    assert all(row.line > 1 for row in rows)
    assert all(line.reason and line.line > 1 for line in refused)


# --- out, and back in ---------------------------------------------------------------------------------------


def _known(text: str) -> bool:
    try:
        return parse_address(text) == text and bool(validate_email(text, check_deliverability=False))
    except (WishError, EmailNotValidError):
        return False


dangerous = st.sampled_from(["=1+1", "+1", "-1", "@SUM(A1)", "'=x", "''-x", "'", "''", '"=x"', "=x,y;z\ty"])
names = st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=MOST_OF_A_NAME).map(
    lambda text: " ".join(text.split())
)
addresses = st.sampled_from(
    [
        "a'-@example.org",
        "=1+1@example.org",
        "+x@example.org",
        "-y@example.org",
        "'=z@example.org",
        "'a@example.org",
    ]
) | st.emails(domains=st.sampled_from(["example.org", "xn--bcher-kva.example"])).filter(_known)
rosters = st.lists(
    st.builds(
        RosterRow,
        email=addresses,
        newsletter=st.none() | st.sampled_from(["daily", "-weekly"]),
        name=st.none() | (dangerous | names).filter(bool).map(lambda text: " ".join(text.split())),
        topics=st.none() | st.just("all") | st.frozensets(st.sampled_from(TOPICS), min_size=1),
        days=st.none()
        | st.just(("monthly",))
        | st.frozensets(st.sampled_from(WEEKDAYS), min_size=1).map(
            lambda days: tuple(day for day in WEEKDAYS if day in days)
        ),
        at=st.none() | st.times().map(lambda moment: time(moment.hour, moment.minute)),
        timezone=st.none() | st.sampled_from(["Europe/Paris", "Asia/Shanghai", "Etc/GMT+5", "UTC"]),
        at_once=st.none() | st.booleans(),
        sections=st.none() | st.just("all") | st.frozensets(st.sampled_from(Section), min_size=1),
        format=st.none() | st.sampled_from(Format),
        max_items=st.none() | st.just("none") | st.integers(1, 1000),
        language=st.none() | st.sampled_from(["en", "zh-Hans", "pt-BR"]),
        status=st.none() | st.sampled_from(Standing),
    ),
    max_size=5,
    unique_by=lambda row: (row.email.casefold(), row.newsletter),
).map(tuple)


@given(rosters, st.booleans())
def test_what_was_written_is_read_back_the_same(rows: tuple[RosterRow, ...], raw: bool) -> None:
    assert read_roster(write_roster(rows, raw=raw), TOPICS, raw=raw) == (rows, ())


@given(rosters)
def test_no_written_cell_is_taken_for_a_formula(rows: tuple[RosterRow, ...]) -> None:
    for record in csv.reader(io.StringIO(write_roster(rows), newline="")):
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in record)


def test_machines_may_have_the_cells_as_they_are() -> None:
    row = RosterRow("ann@example.org", name="=1+1")
    assert "'=1+1" in write_roster([row])
    assert ",=1+1," in write_roster([row], raw=True)


def test_header_is_spelled_like_the_options_of_the_command() -> None:
    (header,) = csv.reader([write_roster([]).strip()])
    assert header == [column.replace("_", "-") for column in COLUMNS]
    assert {"email", "at-once", "max-items", "status"} <= set(header)


@pytest.mark.parametrize("word", ["daily", "weekdays", "monthly", "mon,thu"])
def test_days_are_written_by_the_words_that_set_them(word: str) -> None:
    (header, cells) = csv.reader(io.StringIO(write_roster([row_with("days", word)])))
    assert dict(zip(header, cells, strict=True))["days"] == word


# --- what a row asks for ------------------------------------------------------------------------------------


def test_row_changes_what_it_gives_and_keeps_the_rest() -> None:
    row = RosterRow("ann@example.org", name="Ann", at=time(18), at_once=True, max_items=4, format=Format.TEXT)
    cadence, profile = row.wishes.applied_to(CADENCE, NARROW)
    assert cadence == Cadence(WEEKDAYS, time(18), "Europe/Paris", at_once=True)
    assert profile == replace(NARROW, max_items=4, format=Format.TEXT)
    assert row.wishes.name == "Ann"


def test_row_with_nothing_but_an_address_changes_nothing() -> None:
    assert RosterRow("ann@example.org").wishes.applied_to(CADENCE, NARROW) == (CADENCE, NARROW)


def test_words_that_lift_a_limit_differ_from_not_given() -> None:
    (row,) = rows_of("email,topics,sections,max-items\nann@example.org,all,all,none\n")
    assert row.wishes.applied_to(CADENCE, NARROW) == (CADENCE, Profile())


def test_at_once_can_be_taken_back_by_a_row() -> None:
    eager = replace(CADENCE, at_once=True)
    assert RosterRow("ann@example.org", at_once=False).wishes.applied_to(eager, NARROW) == (CADENCE, NARROW)


@pytest.mark.parametrize("profile", [Profile(), NARROW, Profile(format=Format.TEXT, language="zh-Hans")])
@pytest.mark.parametrize("cadence", [CADENCE, Cadence(("monthly",), time(0, 5), "UTC", at_once=True)])
def test_reader_who_is_exported_and_imported_has_the_same_wishes(cadence: Cadence, profile: Profile) -> None:
    row = RosterRow.of("ann@example.org", "daily", "Ann", cadence, profile, Standing.ACTIVE)
    (back,) = rows_of(write_roster([row]))
    assert back.wishes.applied_to(Cadence(("mon",), time(1), "Asia/Tokyo"), Profile(language="de")) == (
        cadence,
        profile,
    )
    assert (back.newsletter, back.name, back.status) == ("daily", "Ann", Standing.ACTIVE)
