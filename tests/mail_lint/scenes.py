"""The issues that are printed to be looked at: usual ones, empty ones, hostile ones, huge ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Final

from msgspec.structs import replace

from digest.core.corrections import Correction, CorrectionKind
from digest.core.model import BrandLink, Briefing, Copy, Newsletter, Pictures, Topic
from digest.core.picturing import Embedded
from digest.ingest.lighter import embedded
from digest.ingest.picture_bytes import picture_in
from subscribers.model import Format, Profile, Section
from tests.ingest.picture_samples import JPEG, SEEN_THROUGH, gif, png
from tests.render.samples import (
    EIGHT,
    EIGHT_GROUPS,
    NEWSLETTER,
    TOPICS,
    briefing,
    copy_of,
    issue,
    marks,
    told_beside,
)
from tests.wire.languages import TONGUES
from tests.wire.strangeness import HOSTILE

_SLUGS: Final = tuple(TOPICS)
_KINDS: Final = tuple(Section)
_NEWEST: Final = date(2026, 11, 23)


@dataclass(frozen=True, slots=True)
class Scene:
    """An issue, a cohort of it and a reader; theme and language come later."""

    name: str
    briefings: Mapping[int, Briefing]
    copy: Copy
    #: empty for readers who gave none
    reader: str = "Ada Lindqvist"
    newsletter: Newsletter = NEWSLETTER
    topics: tuple[Topic, ...] = tuple(TOPICS.values())
    hostile: bool = False
    #: what its mails may bring along, by number
    brought: Mapping[int, Embedded] = field(default_factory=dict)


def usual() -> tuple[Scene, ...]:
    """Scenes small enough for every run of the tests."""
    return (
        _editors_words_alone(),
        _one_item(),
        _eight(),
        _eight_in_plain_text(),
        _told_by_many(),
        _many_wait(),
        _branded(),
        _pictured(),
        _bringing(),
        _tongues("tongues", slice(0, 13)),
        _tongues("more tongues", slice(13, None)),
        _hostile("hostile", HOSTILE[::2]),
        _hostile("more hostile", HOSTILE[1::2]),
        _long_titles(),
    )


def large() -> tuple[Scene, ...]:
    """Scenes that take their time."""
    return (
        _nothing_at_all(),
        _of("forty", 40),
        _of("three hundred", 300),
        _of("five hundred", 500),
        *(_of_headlines(count) for count in (120, 500)),
    )


def _nothing_at_all() -> Scene:
    return Scene("nothing", {}, copy_of(issue()), reader="")


def _editors_words_alone() -> Scene:
    by_hand = issue(
        cadence_id=None,
        subject="The editors are away until Monday",
        intro="Dear readers,\n\nthere is no news today: “we went sailing”.\n\n编辑们去航海了，星期一回来。",
    )
    return Scene("words", {}, copy_of(by_hand, cadence=None))


def _one_item() -> Scene:
    return Scene("one", {1: EIGHT[1]}, copy_of(issue(), ("energy", (1,))), reader="")


def _eight() -> Scene:
    asking = replace(NEWSLETTER, feedback=True)
    copy = copy_of(issue(), *EIGHT_GROUPS, covers_from=date(2026, 11, 21))
    return Scene("eight", EIGHT, copy, newsletter=asking)


def _eight_in_plain_text() -> Scene:
    return Scene("eight plain", EIGHT, copy_of(issue(), *EIGHT_GROUPS, profile=Profile(format=Format.TEXT)))


_CHANGED: Final = Correction(
    number=8,
    kind=CorrectionKind.CORRECTED,
    corrects=8,
    note="An earlier text gave the name of the island wrongly.",
    at=datetime(2026, 11, 23, 12, tzinfo=UTC),
    former_title="What the island says of it",
)


def _told_by_many() -> Scene:
    """Items of stories: some follow up what came before, some are told by many, one was told otherwise."""
    news = {
        1: replace(EIGHT[1], beside=told_beside(2, 3, earlier=(4,))),
        2: replace(EIGHT[2], beside=told_beside(2, 3, 5, 6, 7, 8, 9, 10)),
        3: replace(EIGHT[3], beside=told_beside(earlier=(4, 5))),
        8: replace(EIGHT[8], beside=told_beside(3), correction=_CHANGED),
    }
    taken = ("economy", (2,)), ("energy", (1,)), ("society", (3, 8))
    return Scene("told by many", news, copy_of(issue(), *taken))


def _many_wait() -> Scene:
    news = _drawn_from_tongues(30)
    taken = ("economy", (1, 2)), ("society", (3,))
    profile = Profile(topics=frozenset({"economy", "society"}), sections=frozenset({Section.BRIEFING}))
    return Scene("waiting", news, copy_of(issue(), *taken, deferred=tuple(range(4, 31)), profile=profile))


def _branded() -> Scene:
    """All that a newsletter may say about its looks, in colours that nobody can read as they are."""
    newsletter = replace(
        NEWSLETTER,
        logo_url="https://harbour.example/logo.png",
        accent="#ffff00",
        ground="#ff00ff",
        feedback=True,
        links=(
            BrandLink("Mastodon", "https://social.example/@harbour"),
            BrandLink("港口通讯", "https://weibo.example/harbour?a=1&b=2"),
        ),
    )
    taken = ("economy", (2,)), ("energy", (1,)), ("society", (8,))
    return Scene("branded", EIGHT, copy_of(issue(), *taken, deferred=(3, 4)), newsletter=newsletter)


def _pictured() -> Scene:
    """Pictures of every kind: with words and without, by addresses that have to be escaped, one not fit."""
    crane = "https://pictures.example/crane.jpg?size=1200&fit=%22crop%22"
    news = {
        1: replace(
            EIGHT[1], picture=crane, picture_alt="A trawler below the “yellow” crane of Porthaven <2026>"
        ),
        2: replace(EIGHT[2], picture="https://pictures.example/tin.png", picture_alt=""),
        3: replace(EIGHT[3], picture="https://pictures.example/school.gif", picture_alt="兰州的维修课堂"),
        5: replace(EIGHT[5], picture="http://pictures.example/plain.jpg", picture_alt="Not encrypted"),
    }
    newsletter = replace(NEWSLETTER, pictures=Pictures.LINKED)
    taken = ("economy", (2,)), ("energy", (1, 5)), ("society", (3,))
    return Scene("pictured", news, copy_of(issue(), *taken), newsletter=newsletter)


def _bringing() -> Scene:
    """Pictures that come along: one of each kind, with words and without, and one more than a mail brings."""
    kept = [embedded(picture_in(one)) for one in (png(560, 140), JPEG, gif(), SEEN_THROUGH)]
    words = (
        "A trawler below the “yellow” crane of Porthaven <2026>",
        "",
        "兰州的维修课堂",
        "Tins on a shelf",
    )
    numbers = (1, 2, 3, 5)
    news = {
        number: replace(EIGHT[number], picture=f"https://pictures.example/{number}", picture_alt=alt)
        for number, alt in zip(numbers, words, strict=True)
    }
    newsletter = replace(NEWSLETTER, pictures=Pictures.EMBEDDED)
    taken = ("economy", (2,)), ("energy", (1, 5)), ("society", (3,))
    brought = dict(zip(numbers, kept, strict=True))
    return Scene("bringing", news, copy_of(issue(), *taken), newsletter=newsletter, brought=brought)


def _tongues(name: str, which: slice) -> Scene:
    """An item in each of these languages."""
    drawn = _drawn_from_tongues(len(TONGUES))
    news = {number: drawn[number] for number in sorted(drawn)[which]}
    return Scene(name, news, copy_of(issue(), *_spread(tuple(news))), reader="ليلى الزيتونية")


def _hostile(name: str, texts: Sequence[str]) -> Scene:
    """Each text as title, paragraph, source and address, and others around the news wherever any may be."""
    # a word of thousands of letters has a scene of its own
    short = [text for text in texts if len(text) < 300]
    news = {
        number: briefing(
            number,
            # by the same title nobody could tell two items apart, a check as little as a reader
            title=f"{text} [{number}]",
            paragraphs=(text, short[-number]),
            source=short[number * 7 % len(short)],
            picture=f"https://pictures.example/{number}?a=--&b='%22",
            picture_alt=text,
            source_date=_NEWEST - timedelta(days=number * 31),
            url=_url(number) if number % 3 else text,
            language=("en", "zh-Hans", "ar", '"><b>')[number % 4],
            section=_KINDS[number % len(_KINDS)],
            topics=marks(*(_SLUGS[(number + place) % len(_SLUGS)] for place in range(3))),
        )
        for number, text in enumerate(short, 1)
    }
    newsletter = replace(
        NEWSLETTER,
        title="<b>News</b> & “Views”",
        sender_name='"News" <eve@evil.example>',
        description="</td></tr></table>",
        postal_address="12 Quay Street\n<script>alert(1)</script>\n{{ reader.name }}",
        pictures=Pictures.LINKED,
    )
    by_hand = issue(subject=None, intro="</td></tr> & {{ 7 * 7 }}\n\n<!--[if mso]>x<![endif]-->")
    titles = ("Economy & <trade>", "{{ topic }}", "'\"><svg/onload=alert(1)>", "Society\u202e", "General")
    topics = tuple(replace(topic, title=said) for topic, said in zip(TOPICS.values(), titles, strict=True))
    shown = tuple(news)
    return Scene(
        name,
        news,
        copy_of(by_hand, *_spread(shown[:-9]), deferred=shown[-9:]),
        reader="<b>Ada</b> & “Bob” {{ x }}",
        newsletter=newsletter,
        topics=topics,
        hostile=True,
    )


def _long_titles() -> Scene:
    long_words = (
        "w" * 500,
        "中" * 500,
        " ".join(["word"] * 100),
        "ا" * 300 + " abc " + "ب" * 150,
        "😀" * 120,
    )
    news = {
        number: briefing(
            number,
            title=f"{text} {number}",
            source=f"{text[:200]}",
            url=f"https://long.example/{'path/' * 60}{number}?a=1&b=%20&amp;c={'x' * 300}#y",
            topics=marks("technology"),
            language=("en", "zh-Hans", "en", "ar", "en")[number - 1],
        )
        for number, text in enumerate(long_words, 1)
    }
    return Scene("long titles", news, copy_of(issue(), ("technology", tuple(news))), hostile=True)


def _of(name: str, count: int) -> Scene:
    """Many items of full length."""
    news = {number: _full_length(number) for number in range(1, count + 1)}
    asking = replace(NEWSLETTER, feedback=True)
    return Scene(name, news, copy_of(issue(), *_spread(tuple(news))), newsletter=asking)


def _of_headlines(count: int) -> Scene:
    """Many items that say hardly more than their titles."""
    news = _drawn_from_tongues(count)
    return Scene(f"{count} short", news, copy_of(issue(), *_spread(tuple(news))))


def _full_length(number: int) -> Briefing:
    like = EIGHT[number % len(EIGHT) + 1]
    body = tuple(text for place in range(3) for text in EIGHT[(number + place) % len(EIGHT) + 1].paragraphs)
    return replace(like, id=number, number=number, title=f"{like.title} ({number})", paragraphs=body)


def _drawn_from_tongues(count: int) -> dict[int, Briefing]:
    tongues = list(TONGUES.items())
    news = {}
    for number in range(1, count + 1):
        language, tongue = tongues[number % len(tongues)]
        news[number] = briefing(
            number,
            title=f"{tongue.title} ({number})",
            paragraphs=tongue.sentences,
            source=f"{tongue.name} {number}",
            source_date=_NEWEST - timedelta(days=number),
            url=_url(number) if number % 4 else None,
            language=language,
            section=_KINDS[number % len(_KINDS)],
            topics=marks(_SLUGS[number % len(_SLUGS)], _SLUGS[(number + 1) % len(_SLUGS)]),
        )
    return news


def _url(number: int) -> str:
    return f"https://harbour.example/{number}?a=1&b=%20&copy=2#x"


def _spread(numbers: tuple[int, ...]) -> list[tuple[str, tuple[int, ...]]]:
    """The numbers under all topics, as nearly as many under each."""
    share = -(-len(numbers) // len(_SLUGS)) or 1
    cuts = [numbers[place * share : (place + 1) * share] for place in range(len(_SLUGS))]
    return [(slug, cut) for slug, cut in zip(_SLUGS, cuts, strict=True) if cut]
