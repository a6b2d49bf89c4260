"""Invented briefings, topics and wishes for the tests of the mail."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from typing import Any, Final

from digest.core.model import (
    Beside,
    Briefing,
    BriefingStatus,
    Copy,
    Issue,
    IssueStatus,
    Newsletter,
    Topic,
    TopicGroup,
    TopicMark,
)
from digest.render.environment import mail_environment
from digest.render.marks import Unmarked
from digest.render.page import (
    CohortWords,
    Group,
    Personal,
    issue_page,
    item_for,
    masthead_for,
    topic_titles,
)
from digest.render.phrases import cohort_words, lead_of
from digest.render.printing import printed_html, printed_text
from digest.render.words import words_for
from digest.render.wrapping import wrapped
from subscribers.model import WEEKDAYS, Cadence, Profile, Section

BOUNDARY: Final = "=_test_1_1_="
ADA: Final = Personal(
    name="Ada Lindqvist",
    preferences_url="https://news.example/preferences/Zm9yLUFkYS1vbmx5LXByZWZlcmVuY2Vz",
    unsubscribe_url="https://news.example/unsubscribe/Zm9yLUFkYS1vbmx5LXVuc3Vic2NyaWJl",
)
NAMELESS: Final = Personal(
    name="",
    preferences_url="https://news.example/preferences/Tm9ib2R5LWtub3dzLW15LW5hbWUtaGVy",
    unsubscribe_url="https://news.example/unsubscribe/Tm9ib2R5LWtub3dzLW15LW5hbWUtaGVy",
)
#: Whoever opens a copy in a browser.
ANYBODY: Final = Personal(name="", preferences_url="", unsubscribe_url="", note="One item is gone.")
#: With a sign that markup escapes.
VIEW_URL: Final = "https://news.example/issues/?a-cohort-and-nobody&in-particular"
DAILY: Final = Cadence(days=WEEKDAYS[:5], at=time(7, 30), zone="Europe/Paris")

TOPICS: Final = {
    topic.slug: topic
    for topic in (
        Topic("economy", "Economy and trade", 1, {}),
        Topic("energy", "Energy and resources", 2, {}),
        Topic("technology", "Technology and industry", 3, {}),
        Topic("society", "Society and media", 4, {}),
        Topic("general", "General", 9, {}),
    )
}

NEWSLETTER: Final = Newsletter(
    id=1,
    slug="desk",
    title="The Harbour Letter",
    description="What the papers of the coast report.",
    sender_name="The Harbour Letter",
    sender_address="letter@news.example",
    theme="classic",
    sections=frozenset(Section),
    max_items=None,
    postal_address="Harbour House\n12 Quay Street, Porthaven",
    reach_back_days=7,
    give_up_minutes=1440,
    latest_start_minutes=None,
)


def briefing(number: int, **changes: Any) -> Briefing:
    """A briefing under this number; whatever a test cares about is named."""
    values: dict[str, Any] = {
        "id": 100 + number,
        "number": number,
        "revision": 1,
        "title": f"Title of briefing {number}",
        "paragraphs": (f"First paragraph of briefing {number}.", "Second paragraph."),
        "section": Section.BRIEFING,
        "topics": (TopicMark("economy", "given with the item"),),
        "source": "Coast Courier",
        "source_date": date(2026, 11, 20),
        "url": None,
        "language": "en",
        "lead": False,
        "weight": 0,
        "status": BriefingStatus.PUBLISHED,
        "published_at": datetime(2026, 11, 23, 9, tzinfo=UTC),
    }
    return Briefing(**{**values, **changes})


def issue(**changes: Any) -> Issue:
    """The issue of Tuesday 24 November 2026."""
    values: dict[str, Any] = {
        "id": 1,
        "newsletter_id": 1,
        "cadence_id": 1,
        "slot": "2026-11-24T07:30",
        "day": date(2026, 11, 24),
        "zone": "Europe/Paris",
        "due_at": datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
        "planned_at": datetime(2026, 11, 24, 6, 30, tzinfo=UTC),
        "status": IssueStatus.SENDING,
    }
    return Issue(**{**values, **changes})


def copy_of(of_issue: Issue, *groups: tuple[str, tuple[int, ...]], **changes: Any) -> Copy:
    """A cohort's copy of the issue with these numbers under these topics."""
    values: dict[str, Any] = {
        "cohort_id": 1,
        "round": 1,
        "profile": Profile(),
        "cadence": DAILY,
        "deferred": (),
        "covers_from": of_issue.day,
    }
    topic_groups = tuple(TopicGroup(topic, numbers) for topic, numbers in groups)
    return Copy(issue=of_issue, groups=topic_groups, **{**values, **changes})


def marks(*slugs: str) -> tuple[TopicMark, ...]:
    """Topics of a briefing, most fitting first."""
    return tuple(TopicMark(slug, "given with the item") for slug in slugs)


EIGHT: Final = {
    1: briefing(
        1,
        title="Porthaven Lets Its Fishing Fleet Run on Ammonia, and the Whole Coast Is Watching",
        paragraphs=(
            "The harbour council of Porthaven has approved the first fleet of trawlers that"
            " burn ammonia. Eleven boats will be rebuilt over the winter; the first two are"
            " to leave for the cod banks in March. The council pays a third of the cost, "
            "about 4.2 million crowns, and the owners the rest.",
            "“We are not doing this to be first,” said Marit Osei, who chairs the council. "
            "“We are doing it because diesel has cost us two seasons out of five.” The "
            "boats keep a small diesel engine for starting and for emergencies.",
            "Ammonia carries no carbon, but it is poisonous, and crews need new training. "
            "The sailors’ union has asked for gas masks on every deck and a doctor on call."
            " A ruling on both is expected before the end of the year.",
        ),
        topics=marks("energy", "economy"),
        source="Coast Courier",
        source_date=date(2026, 11, 21),
        url="https://www.courier.example/harbour/ammonia-fleet",
        lead=True,
    ),
    2: briefing(
        2,
        title="Tin Prices Climb for a Ninth Week as Two Smelters Stay Shut",
        paragraphs=(
            "Tin closed at 41,300 crowns a tonne on Friday, nine per cent above the price "
            "of a month ago. Two smelters that closed for repairs in September have not "
            "reopened, and their owner gives no date.",
            "Makers of solder say that their stocks will last until January. “After that we"
            " pay what is asked,” one buyer said, who did not want to be named.",
        ),
        topics=marks("economy", "energy"),
        source="Metals Weekly, Northern Edition",
        source_date=date(2026, 11, 20),
    ),
    3: briefing(
        3,
        title="Lanzhou Opens a School for Repairing What Others Throw Away",
        paragraphs=(
            "A vocational college in Lanzhou has begun a two-year course in the repair of "
            "household machines. The programme, “Mending as a Trade” (“以修代换技能培训计划”), takes "
            "240 students a year and asks no fees.",
            "Its director, Qin Yulan (秦玉兰), says that shops in the city throw away four "
            "machines in ten that could run for years. Graduates are to be sent to repair "
            "counters in supermarkets, where customers can watch.",
            "On the short-video platforms the course is a small sensation. “My grandmother "
            "did this with a screwdriver and a bad temper” (“我奶奶一把螺丝刀、一肚子火就能修好”) was the "
            "comment with the most applause.",
        ),
        topics=marks("society", "technology"),
        section=Section.HOT_TOPIC,
        source="Western Evening News",
        source_date=date(2026, 11, 18),
        url="https://evening.example/lanzhou/repair-school?ref=a&page=2",
    ),
    4: briefing(
        4,
        title=(
            "Why Small Ports Win When the Big Ones Are Full: Three Winters of Figures from the Northern Route"
        ),
        paragraphs=(
            "Three winters of records from 31 harbours show that a queue of more than four "
            "days in a large port sends every sixth ship to a smaller one, and that a third"
            " of those ships come back by choice the year after.",
            "The effect is strongest where a railway reaches the quay. Harbours without "
            "rails gain ships for a season and lose them again; harbours with rails keep "
            "them. The cost of a siding, the authors reckon, is earned back in six years.",
            "The figures end in April 2026, before the new tolls. Whether the pattern "
            "survives them nobody can say yet.",
        ),
        topics=marks("economy"),
        section=Section.ANALYSIS,
        source=None,
        source_date=None,
    ),
    5: briefing(
        5,
        title="A Battery That Is Charged by Pouring",
        paragraphs=(
            "Engineers in Eastmoor have shown a bus whose battery is charged by exchanging "
            "its liquid. Filling takes seven minutes, the range is 180 kilometres, and the "
            "spent liquid is charged again in a tank on the yard.",
            "The tank works best when power is cheap, which in Eastmoor means between two "
            "and five in the morning.",
        ),
        topics=marks("technology", "energy"),
        source="Eastmoor Gazette",
        source_date=date(2026, 11, 22),
        url="https://gazette.example/bus",
    ),
    6: briefing(
        6,
        title="“Slow News” Radio Finds More Listeners Than Its Founders Can Explain",
        paragraphs=(
            "A station that reads one report an hour, twice, has passed 400,000 listeners a"
            " day. It has no music, no jingles and no opinions. Its founders expected a "
            "tenth of that.",
            "Most listeners are under thirty. In a survey, the reason given most often was that “it stops.”",
        ),
        topics=marks("society"),
        source="Broadcast Review",
        source_date=date(2026, 11, 19),
    ),
    7: briefing(
        7,
        title=(
            "Grain by Barge: How a Dry Summer Moved Half a Harvest from Road to River and "
            "What It Cost the Hauliers"
        ),
        paragraphs=(
            "When the road over the Alder pass was closed by rockfall in July, 212,000 "
            "tonnes of barley went down the river instead. The report follows the grain "
            "from field to ship, and the bills that came after.",
            "Barges were cheaper by a fifth, slower by four days, and lost less on the way."
            " Hauliers lost 38 million crowns; eleven of them have given up.",
        ),
        topics=marks("economy", "society"),
        section=Section.REPORT,
        source="Institute for Inland Transport",
        source_date=date(2026, 11, 12),
        url="https://inland.example/reports/barley.pdf",
    ),
    8: briefing(
        8,
        title="Let the Lighthouse Keepers Stay",
        paragraphs=(
            "Machines can keep a lamp burning. They cannot see that a boat has been out too"
            " long, and they do not telephone. On the last nine manned lights of this "
            "coast, and what a salary buys.",
        ),
        topics=marks("society"),
        section=Section.PERSPECTIVE,
        source="Coast Courier",
        source_date=date(2026, 11, 23),
    ),
}
#: Source and title of other tellings; the third is of another language and script, the fourth has no link.
_TELLINGS: Final = (
    ("Coast Wire", "Reservoirs Are Full Again, Engineers Say", "en"),
    ("新河新闻", "水库再次蓄满", "zh-Hans"),
    ("Estoria Times", "A Wet Autumn Fills the Reservoirs", "en"),
    ("بريد الميناء", "امتلأت الخزانات من جديد", "ar"),
    ("Morning Ledger", "Water Enough for Two Summers", "en"),
    ("Delta Forecast", "Rain Fills What Was Empty", "en"),
    ("North Star", "Full to the Brim", "en"),
    ("Green Notes", "What Full Reservoirs Mean for the Marsh", "en"),
    ("Valley Voice", "The Valley Has Its Lake Back", "en"),
)


def told_beside(*numbers: int, earlier: tuple[int, ...] = ()) -> tuple[Beside, ...]:
    """Other tellings of an event; those of `earlier` came out three days before."""
    return tuple(
        Beside(
            number=100 + number,
            title=title,
            source=source,
            url=None if number % 4 == 1 else f"https://press{number}.example/{number}?a=1&b=2",
            language=language,
            published_at=datetime(2026, 11, 21 if number in earlier else 24, 5, tzinfo=UTC),
            is_earlier=number in earlier,
        )
        for number in (*numbers, *earlier)
        for source, title, language in [_TELLINGS[number - 2]]
    )


#: The eight as a cohort reads them.
EIGHT_GROUPS: Final = (("economy", (2, 4, 7)), ("energy", (1,)), ("technology", (5,)), ("society", (3, 6, 8)))


def straightforward(
    copy: Copy, reader: Personal, briefings: Mapping[int, Briefing], view_url: str = ""
) -> tuple[str, str]:
    """Text and HTML of one reader's mail without sheet, marks or slots: all is printed for that reader."""
    words = words_for(copy.profile.language)
    titles = topic_titles(TOPICS.values(), words)
    items = {
        number: item_for(each, number, titles, words, zone=copy.issue.zone)
        for number, each in briefings.items()
    }
    masthead = masthead_for(NEWSLETTER, copy.issue, words)
    groups = [
        Group(group.topic, titles[group.topic], [items[number] for number in group.numbers])
        for group in copy.groups
    ]
    shown = [item for group in groups for item in group.items]
    deferred = [items[number] for number in copy.deferred]
    environment = mail_environment("classic", copy.profile.language)
    subject = copy.issue.subject or " ".join(
        environment.get_template("issue/subject.txt")
        .render(masthead=masthead, lead=lead_of(shown), count=len(shown))
        .split()
    )
    said = cohort_words(
        copy,
        shown,
        subject=subject,
        masthead=masthead,
        titles=titles,
        words=words,
        view_url=view_url,
    )
    in_lines = CohortWords(**{name: wrapped(value) for name, value in said.values().items()})
    clean = Personal(**reader.values())
    return (
        printed_text(
            environment, "issue", issue_page(masthead, groups, deferred, in_lines, clean, Unmarked())
        ),
        printed_html(environment, "issue", issue_page(masthead, groups, deferred, said, clean, Unmarked())),
    )
