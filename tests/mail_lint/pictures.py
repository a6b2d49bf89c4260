"""The pictures of the documentation, taken of real mails: `make pictures`."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final, NamedTuple

from msgspec.structs import replace

from digest.core.model import BrandLink, Newsletter, Topic
from digest.render.environment import CLASSIC
from subscribers.model import Section
from tests.mail_lint.browser import View, chromium, window
from tests.mail_lint.mail import Mail
from tests.mail_lint.printing import a_press, issue_mail
from tests.mail_lint.scenes import Scene
from tests.mail_lint.tools import lacks_browser
from tests.render.samples import EIGHT, NEWSLETTER, briefing, copy_of, issue, marks

FOLDER: Final = Path(__file__).parents[2] / "docs" / "images"
#: A picture shows the head of a mail; all of it would be a very long one.
_HEIGHTS: Final = {"desktop": 1250, "phone": 1350}
_WIDTHS: Final = {"desktop": 760, "phone": 375}
#: Octets of the largest picture.
LARGEST: Final = 250_000


class Picture(NamedTuple):
    """What a picture shows; its name says the rest."""

    name: str
    scene: str
    theme: str
    language: str
    window: str
    scheme: str


PICTURES: Final = (
    Picture("digest-desktop", "english", CLASSIC, "en", "desktop", "light"),
    Picture("digest-desktop-dark", "english", CLASSIC, "en", "desktop", "dark"),
    Picture("digest-phone", "english", CLASSIC, "en", "phone", "light"),
    Picture("digest-phone-dark", "english", CLASSIC, "en", "phone", "dark"),
    Picture("quiet-desktop", "english", "quiet", "en", "desktop", "light"),
    Picture("quiet-desktop-dark", "english", "quiet", "en", "desktop", "dark"),
    Picture("quiet-phone", "english", "quiet", "en", "phone", "light"),
    Picture("quiet-phone-dark", "english", "quiet", "en", "phone", "dark"),
    Picture("branded-phone", "branded", CLASSIC, "en", "phone", "light"),
    Picture("branded-phone-dark", "branded", CLASSIC, "en", "phone", "dark"),
    Picture("chinese-phone", "chinese", CLASSIC, "zh-Hans", "phone", "light"),
    Picture("arabic-phone", "arabic", CLASSIC, "ar", "phone", "light"),
)


def main() -> int:
    """Take all pictures anew; exit status 1 when one is too large, 2 when there is no browser."""
    lacking = lacks_browser()
    if lacking is not None:
        print(lacking, file=sys.stderr)
        return 2
    mails = asyncio.run(_mails())
    FOLDER.mkdir(exist_ok=True)
    with chromium() as started:
        for picture in PICTURES:
            view = View(
                picture.name, _WIDTHS[picture.window], "dark" if picture.scheme == "dark" else "light"
            )
            with window(started, view) as page:
                page.set_content(mails[picture].html or "")
                clip = {"x": 0, "y": 0, "width": view.width, "height": _HEIGHTS[picture.window]}
                page.screenshot(path=_path(picture), full_page=True, clip=clip)  # type: ignore[arg-type]
    make_small([_path(picture) for picture in PICTURES])
    large = [picture.name for picture in PICTURES if _path(picture).stat().st_size > LARGEST]
    if large:
        print(f"larger than {LARGEST} octets: {', '.join(large)}", file=sys.stderr)
    return 1 if large else 0


async def _mails() -> Mapping[Picture, Mail]:
    scenes = {"english": _english(), "branded": _branded(), "chinese": _chinese(), "arabic": _arabic()}
    async with a_press() as press:
        return {
            picture: await issue_mail(press, scenes[picture.scene], picture.theme, picture.language)
            for picture in PICTURES
        }


def _english(newsletter: Newsletter = NEWSLETTER) -> Scene:
    groups = (("energy", (1, 5)), ("economy", (2, 4, 7)), ("society", (3, 6)))
    copy = copy_of(issue(), *groups, deferred=(8,), covers_from=date(2026, 11, 21))
    return Scene("english", EIGHT, copy, newsletter=newsletter)


def _branded() -> Scene:
    links = (BrandLink("Mastodon", "https://social.example/@harbour"),)
    return _english(replace(NEWSLETTER, accent="#0b5345", ground="#d5e8e0", links=links))


def _chinese() -> Scene:
    return _told(
        "zh-Hans",
        "港口通讯",
        "沿海各报说了什么",
        ("经济与贸易", "社会与媒体"),
        (
            ("小港为何赢了大港：北方航线三个冬天的数据", "远洋周报", Section.ANALYSIS),
            ("渔船改烧氨，整条海岸都在看", "海岸信使报", Section.BRIEFING),
            ("兰州开了一所专修旧家电的学校", "西部晚报", Section.HOT_TOPIC),
        ),
        (
            "三个冬天里，三十一座港口的记录显示：大港排队超过四天，每六条船就有一条改去小港，"
            "其中三分之一次年自愿再来。",
            "铁路通到码头的地方，效果最明显。没有铁路的港口只热闹一季。",
        ),
        "林晓",
    )


def _arabic() -> Scene:
    return _told(
        "ar",
        "رسالة الميناء",
        "ما تقوله صحف الساحل",
        ("الاقتصاد والتجارة", "المجتمع والإعلام"),
        (
            ("لماذا تفوز الموانئ الصغيرة حين تمتلئ الكبيرة", "أسبوعية البحار", Section.ANALYSIS),
            ("أسطول صيد يعمل بالأمونيا والساحل كله يراقب", "بريد الساحل", Section.BRIEFING),
            ("مدرسة تعلّم إصلاح ما يرميه الآخرون", "صحيفة المساء", Section.HOT_TOPIC),
        ),
        (
            "تُظهر سجلات ثلاثة فصول شتاء من واحد وثلاثين ميناءً أن الانتظار أكثر من أربعة أيام"
            " يدفع سفينة من كل ست إلى ميناء أصغر، وأن ثلثها يعود إليه باختياره في العام التالي.",
            "ويشتد الأثر حيث تصل السكة الحديدية إلى الرصيف.",
        ),
        "ليلى",
    )


def _told(
    language: str,
    title: str,
    description: str,
    topics: tuple[str, str],
    stories: tuple[tuple[str, str, Section], ...],
    paragraphs: tuple[str, ...],
    reader: str,
) -> Scene:
    """A small issue in a language: its first story is the one that editors put first."""
    news = {
        number: briefing(
            number,
            title=headline,
            paragraphs=paragraphs,
            source=source,
            section=section,
            language=language,
            lead=number == 1,
            topics=marks("society" if number == len(stories) else "economy"),
            url=f"https://news.example/{number}",
        )
        for number, (headline, source, section) in enumerate(stories, start=1)
    }
    named = {"economy": topics[0], "society": topics[1]}
    return Scene(
        language,
        news,
        copy_of(issue(), ("economy", (1, 2)), ("society", (3,))),
        reader=reader,
        newsletter=replace(NEWSLETTER, title=title, description=description),
        topics=tuple(Topic(slug, name, place, {}) for place, (slug, name) in enumerate(named.items())),
    )


def make_small(paths: Sequence[Path]) -> None:
    """With fewer colours, which nobody sees, where there is what does that."""
    if shutil.which("pngquant") is None:
        print("pngquant is not installed: the pictures are larger than they need be", file=sys.stderr)
        return
    command = ["pngquant", "--force", "--strip", "--speed=1", "--ext=.png", "64", "--", *map(str, paths)]
    subprocess.run(command, check=True)


def _path(picture: Picture) -> Path:
    return FOLDER / f"{picture.name}.png"


if __name__ == "__main__":
    sys.exit(main())
