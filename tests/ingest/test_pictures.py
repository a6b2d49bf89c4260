"""An item has one picture at most: what names it, what of a text is none, and where it lies."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.core.model import DraftBriefing
from digest.ingest.csvtable import read_csv
from digest.ingest.feeds import read_feed
from digest.ingest.frontmatter import read_markdown
from digest.ingest.jsonlines import read_json
from digest.ingest.markdown import flattened
from digest.ingest.pictures import Picture, RawPicture, lead_picture, pictures_in
from subscribers.model import Section
from tests.ingest.feed_samples import entry, rss

CRANE = "https://harbour.example/crane.jpg"
_MEDIA = 'xmlns:media="http://search.yahoo.com/mrss/"'


def shown(draft: DraftBriefing) -> tuple[str | None, str]:
    return draft.picture, draft.picture_alt


def fed(text: str, more: str = "") -> tuple[str | None, str]:
    """What an entry of RSS with this text is pictured by."""
    feed = rss(entry("a", "Ferries", text, link="https://harbour.example/ferry", more=more))
    return of_feed(feed.replace(b"<rss ", f"<rss {_MEDIA} ".encode()))


def of_feed(data: bytes) -> tuple[str | None, str]:
    (item,) = read_feed(data, source="feed").items
    return shown(item.draft(date(2026, 11, 24), section=Section.BRIEFING))


# --- what people write --------------------------------------------------------------------------------------


def test_every_way_in_has_the_same_two_keys() -> None:
    said = {
        "title": "Ferries",
        "body": "They sail.",
        "picture": f"{CRANE}?utm_source=x",
        "picture_alt": "A crane",
    }
    head, cells = ",".join(said), ",".join(said.values())
    front = "\n".join(f"{key}: {value}" for key, value in said.items())
    ways = (
        read_json(json.dumps(said), source="a.json"),
        read_csv(f"{head}\n{cells}\n", source="a.csv"),
        read_markdown(f"---\n{front}\n---\n", source="a.md"),
    )
    for gathered in ways:
        assert gathered.rejected == ()
        assert [shown(draft) for draft in gathered.drafts] == [(CRANE, "A crane")]


@pytest.mark.parametrize(
    ("keys", "reason"),
    [
        ({"picture": "http://harbour.example/a.jpg"}, "is not an absolute https address"),
        ({"picture": "/a.jpg"}, "is not an absolute https address"),
        ({"picture": "data:image/png;base64,AAAA"}, "is not an absolute https address"),
        ({"picture": "javascript:alert(1)"}, "is not an absolute https address"),
        ({"picture": "https://me:secret@harbour.example/a.jpg"}, "is not an absolute https address"),
        ({"picture": "https://harbour.example/a b.jpg"}, "is not an absolute https address"),
        ({"picture": f"https://harbour.example/{'a' * 1000}"}, "has 1024 characters"),
        ({"picture_alt": "A crane"}, "picture_alt stands without picture"),
        ({"picture": CRANE, "picture_alt": "a" * 301}, "picture-alt has 301 characters"),
        ({"picture": 7}, "picture is not text"),
    ],
    ids=[
        "http",
        "half",
        "data",
        "script",
        "password",
        "space",
        "long",
        "words alone",
        "long words",
        "number",
    ],
)
def test_a_picture_that_cannot_be_says_why(keys: dict[str, Any], reason: str) -> None:
    gathered = read_json(json.dumps({"title": "Ferries", "body": "They sail.", **keys}), source="a.json")
    assert gathered.drafts == ()
    assert reason in gathered.rejected[0].reason


def test_the_first_picture_of_markdown_leads_and_its_words_stay_in_the_text() -> None:
    text = f"# Ferries\n\n![](data:image/png;base64,AA)\n\n![A crane]({CRANE})\n\nThey sail.\n"
    (draft,) = read_markdown(text, source="a.md").drafts
    assert shown(draft) == (CRANE, "A crane")
    assert draft.paragraphs == ("A crane", "They sail.")
    assert flattened("![A crane](http://harbour.example/crane.jpg)").picture is None


def test_front_matter_has_the_last_word_over_the_text() -> None:
    text = f"---\ntitle: Ferries\npicture: {CRANE}\n---\n![Other](https://harbour.example/b.jpg)\n"
    (draft,) = read_markdown(text, source="a.md").drafts
    assert shown(draft) == (CRANE, "")


# --- what feeds say -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "picture"),
    [
        (f'<media:content url="{CRANE}" medium="image"/>', CRANE),
        (f'<media:thumbnail url="{CRANE}" width="240" height="135"/>', CRANE),
        (f'<enclosure url="{CRANE}" type="image/jpeg" length="9"/>', CRANE),
        ('<media:content url="https://harbour.example/film.mp4" type="video/mp4" medium="video"/>', None),
        ('<enclosure url="https://harbour.example/talk.mp3" type="audio/mpeg" length="9"/>', None),
        ('<media:content url="https://harbour.example/dot.gif" medium="image" width="1" height="1"/>', None),
        ('<media:content url="http://harbour.example/plain.jpg" medium="image"/>', None),
        ("<links>words of their own</links>", None),
    ],
    ids=["content", "thumbnail", "enclosure", "film", "talk", "dot", "http", "links"],
)
def test_an_entry_names_its_picture(more: str, picture: str | None) -> None:
    assert fed("They sail.", more)[0] == picture


def test_of_several_sizes_the_widest_for_a_screen_is_taken() -> None:
    sizes = "".join(
        f'<media:content url="https://harbour.example/{width}.jpg" medium="image" width="{width}"/>'
        for width in (140, 460, 5000, 700)
    )
    assert fed("They sail.", sizes)[0] == "https://harbour.example/700.jpg"


def test_what_is_named_goes_before_the_text_and_takes_its_words_from_there() -> None:
    text = f'<img src="https://harbour.example/b.jpg" alt="b"><img alt="A &lt;tall&gt; crane" src="{CRANE}">'
    assert fed(f"<p>They sail.</p>{text}")[0] == "https://harbour.example/b.jpg"
    assert fed(f"<p>They sail.</p>{text}", f'<media:content url="{CRANE}" medium="image"/>') == (
        CRANE,
        "A <tall> crane",
    )


@pytest.mark.parametrize(
    "tag",
    [
        '<img src="https://t.example/a.gif" width="1" height="1">',
        '<img src="https://t.example/a.gif" width="1px">',
        '<img src="https://t.example/a.gif" height=0>',
        '<img src="https://t.example/pixel.gif">',
        '<img src="https://t.example/track?id=7">',
        '<img src="https://stats.example.com/b.gif">',
        '<img src="https://s.w.org/images/core/emoji/15/72x72/1f6a2.png">',
        '<img src="https://harbour.example/face.jpg" width="48" height="48">',
        '<img src="data:image/gif;base64,R0lGOD">',
        '<img src="http://harbour.example/plain.jpg">',
        '<img src="">',
        '<img alt="nothing">',
        '<img data-src="https://harbour.example/late.jpg">',
        '<img src="https://harbour.example/mark.svg">',
    ],
    ids=[
        *("one by one", "one pixel", "naught", "pixel", "track", "stats", "emoji", "face", "data", "http"),
        *("empty", "no source", "lazy", "drawn"),
    ],
)
def test_what_counts_readers_or_cannot_be_shown_leads_nothing(tag: str) -> None:
    assert fed(f"<p>They sail.</p>{tag}") == (None, "")
    assert fed(f'<p>They sail.</p>{tag}<img src="{CRANE}">')[0] == CRANE


def test_a_half_address_is_of_the_page_it_stands_on() -> None:
    assert fed('<p>They sail.</p><img src="/crane.jpg">')[0] == CRANE


def test_json_feeds_and_posts_of_wordpress_have_theirs() -> None:
    item: dict[str, Any] = {"id": "a", "title": "Ferries", "content_html": "<p>They sail.</p>"}
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Post", "items": [item]}
    assert of_feed(json.dumps(feed).encode()) == (None, "")
    item["attachments"] = [{"url": CRANE, "mime_type": "image/jpeg"}]
    assert of_feed(json.dumps(feed).encode())[0] == CRANE
    item["image"] = "https://harbour.example/image.jpg"
    assert of_feed(json.dumps(feed).encode())[0] == "https://harbour.example/image.jpg"
    post: dict[str, Any] = {"title": {"rendered": "Ferries"}, "link": "https://harbour.example/f"}
    post |= {"content": {"rendered": "<p>They sail.</p>"}}
    media = {"media_type": "image", "source_url": CRANE, "alt_text": "A crane"}
    post["_embedded"] = {"wp:featuredmedia": [{"code": "rest_forbidden"}, media]}
    assert of_feed(json.dumps([post]).encode()) == (CRANE, "A crane")


def test_the_address_of_a_picture_is_no_part_of_what_a_feed_says() -> None:
    one, other = (
        read_feed(
            rss(entry("a", "Ferries", f'<p>They sail.</p><img src="{CRANE}?token={token}">')), source="f"
        )
        for token in "ab"
    )
    assert one.items[0].said_key == other.items[0].said_key
    assert one.items[0].picture != other.items[0].picture


@given(st.text(max_size=300), st.sampled_from(["", "https://harbour.example/"]))
def test_whatever_stands_in_markup_a_picture_is_https_or_none(markup: str, base: str) -> None:
    found = lead_picture((RawPicture(markup),), (f"<img src={markup}>", f'<img src="{markup}" alt=x>'), base)
    assert found is None or found.link.startswith("https://")
    assert found is None or found == Picture(found.link, " ".join(found.alt.split()))


def test_markup_without_end_is_gone_over_once() -> None:
    assert list(pictures_in("<img " * 100_000)) == []
    assert list(pictures_in(f"<img {'src=' * 200_000}>")) == []
