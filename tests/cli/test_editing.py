"""What editors and admins change: briefings, topics and newsletters."""

from __future__ import annotations

from typing import Any

import pytest

from digest.web.wishing import spoken_languages
from tests.cli.letters import letters_of
from tests.cli.shell import Shell


def test_briefing_is_shown_with_the_reasons_of_its_topics(newsroom: Shell) -> None:
    shown = newsroom.ask("briefings", "show", "1")
    assert shown["topic_reasons"].keys() == set(shown["topics"])
    assert all(shown["topic_reasons"].values())
    told = newsroom.ok("briefings", "show", "1").out
    assert told.startswith(shown["title"])
    for paragraph in shown["paragraphs"]:
        assert paragraph in told
    # nobody has said anything of it yet
    assert (shown["useful"], shown["not_useful"]) == (0, 0)
    assert "useful to 0, not useful to 0" in told
    assert "\npublished_at  2026-11-23 12:00\n" in told


CRANE = "https://news.example/crane.jpg"


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (["--title", "A new  title"], {"title": "A new title", "revision": 2}),
        (["--body", "body.txt"], {"paragraphs": ["First.\nStill first.", "Second “quoted”."], "revision": 2}),
        (["--url", "https://news.example/1"], {"url": "https://news.example/1", "revision": 2}),
        (
            ["--picture", CRANE, "--picture-alt", "A crane"],
            {"picture": CRANE, "picture_alt": "A crane", "revision": 2},
        ),
        (["--topic", "energy", "--topic", "economy"], {"topics": ["energy", "economy"]}),
        (["--lead"], {"lead": True}),
        (["--weight", "-5"], {"weight": -5}),
        (["--must-not-miss"], {"must_not_miss": True}),
    ],
)
def test_briefing_can_be_changed(words: list[str], change: dict[str, Any], newsroom: Shell) -> None:
    (newsroom.folder / "body.txt").write_text(
        "First.\nStill first.\n\n\nSecond “quoted”.\n", encoding="utf-8"
    )
    before = newsroom.ask("briefings", "show", "1")
    after = newsroom.ask("briefings", "edit", "1", *words)
    assert {name: after[name] for name in change} == change
    assert {name for name in after if after[name] != before[name]} - {"topic_reasons"} == change.keys()
    assert newsroom.ask("briefings", "show", "1") == after


def test_link_can_be_taken_away_again(newsroom: Shell) -> None:
    newsroom.ok("briefings", "edit", "1", "--url", "https://news.example/1")
    assert newsroom.ask("briefings", "edit", "1", "--url", "")["url"] is None


def test_picture_can_be_taken_away_again(newsroom: Shell) -> None:
    newsroom.ok("briefings", "edit", "1", "--picture", f"{CRANE}?utm_source=desk", "--picture-alt", "A crane")
    assert newsroom.ask("briefings", "show", "1")["picture"] == CRANE
    found = newsroom.ask("briefings", "edit", "1", "--no-picture")
    assert (found["picture"], found["picture_alt"], found["revision"]) == (None, "", 3)
    assert found["picture_in_mails"] is None


def test_run_without_a_picture_goes_on_and_the_briefing_says_why_mails_have_none(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "edit", "daily", "--pictures", "embedded")
    newsroom.ok("briefings", "edit", "1", "--picture", "https://127.0.0.1:9/crane.jpg")
    newsroom.ok("run")
    told = newsroom.ask("briefings", "show", "1")["picture_in_mails"]
    assert (told["state"], told["fault"], told["tries"]) == ("waiting", "not-open", 1)
    shown = newsroom.ok("briefings", "show", "1").out
    assert "https://127.0.0.1:9/crane.jpg; mails cannot bring it along: 127.0.0.1 is not on the open" in shown


def test_newsletter_says_what_its_mails_show_of_pictures(newsroom: Shell) -> None:
    assert newsroom.ask("newsletters", "show", "daily")["pictures"] == "none"
    for rule in ("linked", "embedded", "none"):
        assert newsroom.ask("newsletters", "edit", "daily", "--pictures", rule)["pictures"] == rule


def test_draft_gets_its_number_when_it_is_published(newsroom: Shell) -> None:
    page = b"A Bridge Opens\n\nPeople cross it.\n\nSource: Wire, May 4, 2026\n"
    (draft,) = newsroom.ask("ingest", "-", "--draft", stdin=page)["added"]
    assert newsroom.ask("briefings", "show", str(draft))["number"] is None
    published = newsroom.ask("briefings", "publish", str(draft))
    assert (published["number"], published["status"]) == (9, "published")
    assert newsroom.ask("briefings", "publish", str(draft)) == published


def test_a_draft_with_a_time_is_published_by_the_run_that_comes_after_it_and_sent_by_that_very_run(
    newsroom: Shell,
) -> None:
    page = b"A Bridge Opens\n\nPeople cross it.\n\nSource: Wire, May 4, 2026\n"
    newsroom.ok("subscribers", "add", "eve@readers.example", "--topics", "all")
    (draft,) = newsroom.ask("ingest", "-", "--draft", stdin=page)["added"]
    edited = newsroom.ask("briefings", "edit", str(draft), "--publish-at", "+36h")
    assert edited["publish_at"] is not None
    assert newsroom.ask("briefings", "edit", str(draft), "--publish-at", "never")["publish_at"] is None
    past = newsroom("briefings", "edit", str(draft), "--publish-at", "2020-01-01T08:00")
    assert (past.status, past.out) == (2, "")
    assert "the time to publish at is past: say one that is to come" in past.err
    newsroom.ask("briefings", "edit", str(draft), "--publish-at", "+36h")
    newsroom.ask("run", "--now", "+35h")
    assert newsroom.ask("briefings", "show", str(draft))["status"] == "draft"
    newsroom.ask("run", "--now", "+60h")
    shown = newsroom.ask("briefings", "show", str(draft))
    assert (shown["status"], shown["number"], shown["publish_at"]) == ("published", 9, None)
    carried = [one for one in newsroom.ask("deliveries", "list")["items"] if draft in one["briefings"]]
    assert carried, "it was published before the issues of that run were planned"
    refused = newsroom("briefings", "edit", str(draft), "--publish-at", "+1h")
    assert refused.status == 2
    assert "only drafts wait to be published" in refused.complaint


def test_retracted_briefing_goes_to_nobody_and_comes_back_under_its_number(newsroom: Shell) -> None:
    everything = newsroom.ask("send", "daily", "--to", "bob@readers.example", "--dry-run")
    taken = everything["copies"][0]["briefings"][0]
    assert newsroom.ask("briefings", "retract", str(taken))["status"] == "retracted"
    left = newsroom.ask("send", "daily", "--to", "bob@readers.example", "--dry-run")
    assert taken not in left["copies"][0]["briefings"]
    assert newsroom.ask("briefings", "publish", str(taken))["number"] == taken


def test_topic_that_is_added_claims_what_comes_in_from_then_on(newsroom: Shell) -> None:
    added = newsroom.ask("topics", "add", "bridges", "--title", "Bridges", "--rules", "bridge:9, to span:3")
    assert (added["rules"], added["position"]) == ({"bridge": 9, "to span": 3}, 10)
    page = b"A Bridge Opens\n\nThe bridge is long.\n\nSource: Wire, May 4, 2026\n"
    (briefing,) = newsroom.ask("ingest", "-", stdin=page)["added"]
    assert newsroom.ask("briefings", "show", str(briefing))["topic_reasons"]["bridges"] == "bridge"


def test_a_topic_is_called_in_the_language_of_each_reader(newsroom: Shell) -> None:
    mei, lea, kim = (f"{name}@readers.example" for name in ("mei", "lea", "kim"))
    for reader, language in ((mei, "zh-Hans"), (lea, "fr"), (kim, "en")):
        newsroom.ok("subscribers", "add", reader, "--topics", "finance", "--language", language)
    before = newsroom.ask("topics", "list")["items"]
    (finance,) = (topic for topic in before if topic["slug"] == "finance")
    assert finance["translations"].keys() == set(spoken_languages()) - {"en"}, (
        "the first topics speak what the program speaks"
    )
    words = ("--title-in", "fr=Les finances", "--description-in", "fr=Banques.", "--title-in", "zh-Hans=财经")
    edited = newsroom.ask("topics", "edit", "finance", *words, "--title-in", "ar=")
    assert edited["title"] == "Finance"
    assert edited["translations"].keys() == finance["translations"].keys() - {"ar"}
    assert {tag: edited["translations"][tag] for tag in ("fr", "zh-Hans")} == {
        "fr": {"title": "Les finances", "description": "Banques."},
        "zh-Hans": {"title": "财经", "description": finance["translations"]["zh-Hans"]["description"]},
    }
    newsroom.ok("send", "daily", "--to", mei, lea, kim, "--yes")
    outbox = newsroom.folder / "var" / "outbox"
    read = {letter.reader: letter.bodies["text/plain"] for letter in letters_of(outbox)}
    for reader, title in ((mei, "财经"), (lea, "LESFINANCES"), (kim, "FINANCE")):
        assert title in read[reader].upper()
    assert "FINANCE" not in read[mei].upper()


def test_topic_can_be_changed_and_removed(newsroom: Shell) -> None:
    newsroom.ok(
        "topics", "edit", "finance", "--title", "Money", "--position", "0", "--aliases", "cash, coins"
    )
    first = newsroom.ask("topics", "list")["items"][0]
    assert (first["slug"], first["title"], first["aliases"]) == ("finance", "Money", ["cash", "coins"])
    assert newsroom.ask("subscribers", "edit", "ana@readers.example", "--topics", "CASH")["items"][0][
        "topics"
    ] == ["finance"]
    assert "1 reader chose it among others" in newsroom.ok("topics", "remove", "finance").err
    assert "finance" not in {topic["slug"] for topic in newsroom.ask("topics", "list")["items"]}
    for item in newsroom.ask("briefings", "list")["items"]:
        assert "finance" not in item["topics"]


def test_newsletter_can_be_added_and_changed(newsroom: Shell) -> None:
    words = [
        "--sender",
        "press@news.example",
        "--sections",
        "reports,analyses",
        "--max-items",
        "4",
        "--reach-back",
        "30",
    ]
    added = newsroom.ask("newsletters", "add", "weekly", "--title", "The Weekly", *words)
    assert (added["slug"], added["title"], added["sender_address"]) == (
        "weekly",
        "The Weekly",
        "press@news.example",
    )
    assert (added["sections"], added["max_items"], added["reach_back_days"]) == (
        ["analysis", "report"],
        4,
        30,
    )
    address = "1 Quay Street\nOld Saltern"
    edited = newsroom.ask("newsletters", "edit", "weekly", "--max-items", "none", "--postal-address", address)
    assert edited == added | {"max_items": None, "postal_address": address}
    assert newsroom.ask("newsletters", "list")["items"][-1] == edited
    assert newsroom.ask("newsletters", "edit", "weekly", "--postal-address", "")["postal_address"] == ""


@pytest.mark.parametrize(
    ("words", "change"),
    [
        (["--texts", "excerpt"], {"item_text": "excerpt"}),
        (["--logo", "https://news.example/logo.png"], {"logo_url": "https://news.example/logo.png"}),
        (["--logo-alt", "A  lighthouse"], {"logo_alt": "A lighthouse"}),
        (["--accent", "#1A5276"], {"accent": "#1a5276"}),
        (["--ground", "#FeC"], {"ground": "#ffeecc"}),
        (
            ["--link", "Zeal=https://zeal.example/@news?a=b", "--link", "Ahoy = http://ahoy.example"],
            {
                "links": [
                    {"name": "Zeal", "url": "https://zeal.example/@news?a=b"},
                    {"name": "Ahoy", "url": "http://ahoy.example"},
                ]
            },
        ),
    ],
)
def test_newsletter_can_be_given_a_brand_and_lose_it_again(
    words: list[str], change: dict[str, Any], newsroom: Shell
) -> None:
    before = newsroom.ask("newsletters", "show", "daily")
    branded = newsroom.ask("newsletters", "edit", "daily", *words)
    assert branded == before | change
    assert branded != before
    assert newsroom.ask("newsletters", "show", "daily") == branded
    assert newsroom.ask("newsletters", "list")["items"] == [branded]
    added = newsroom.ask("newsletters", "add", "weekly", *words)
    assert {name: added[name] for name in change} == change
    bare = "full" if words[0] == "--texts" else ""
    assert newsroom.ask("newsletters", "edit", "daily", words[0], bare) == before


def test_newsletter_is_shown_with_all_its_settings(newsroom: Shell) -> None:
    links = ["--link", "Zeal=https://zeal.example", "--link", "Ahoy=https://ahoy.example"]
    newsroom.ok("newsletters", "edit", "daily", "--postal-address", "1 Quay Street\nPorthaven", *links)
    lines = newsroom.ok("newsletters", "show", "daily").out.splitlines()
    width = len("approval_lead_minutes")
    told = {line[:width].rstrip(): line[width + 2 :] for line in lines}
    assert told["postal_address"] == "1 Quay Street, Porthaven"
    assert told["links"] == "Zeal https://zeal.example, Ahoy https://ahoy.example"
    assert (told["item_text"], told["give_up_minutes"]) == ("full", "1440")
    assert (told["welcome"], told["goodbye"], told["max_items"]) == ("yes", "no", "")


def test_days_without_an_issue_are_kept_added_and_taken_away(newsroom: Shell) -> None:
    days = ("--quiet-day", "2026-12-25=Christmas", "--quiet-day", "2026-12-24=The day before")
    kept = newsroom.ask("newsletters", "edit", "daily", *days)["quiet_days"]
    assert kept == [
        {"day": "2026-12-24", "name": "The day before"},
        {"day": "2026-12-25", "name": "Christmas"},
    ]
    more = newsroom.ask("newsletters", "holidays", "daily", "FR", "2026")["quiet_days"]
    assert {"day": "2026-07-14", "name": "National Day"} in more
    assert {"day": "2026-12-25", "name": "Christmas"} in more
    assert "2026-12-24 The day before" in newsroom.ok("newsletters", "show", "daily").out
    assert newsroom.ask("newsletters", "edit", "daily", "--quiet-day", "")["quiet_days"] == []


def test_readers_begin_with_what_the_newsletter_says(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "edit", "daily", "--first", "days=weekdays", "--first", "at=18:00")
    assert newsroom.ask("newsletters", "show", "daily")["first_wishes"] == {"days": "weekdays", "at": "18:00"}
    added = newsroom.ask("subscribers", "add", "new@readers.example", "--at", "06:15")
    assert (added["days"], added["at"]) == ("weekdays", "06:15")


def test_newsletters_are_read_apart(newsroom: Shell) -> None:
    newsroom.ok("newsletters", "add", "weekly", "--title", "The Weekly")
    newsroom.ok("subscribers", "add", "ana@readers.example", "--newsletter", "weekly", "--at-once")
    assert newsroom.ask("run")["sent"] == 1
    (copy,) = newsroom.ask("deliveries", "list", "--email", "ana@readers.example")["items"]
    assert (copy["newsletter"], len(copy["briefings"])) == ("weekly", 8)
    shown = newsroom.ask("subscribers", "show", "ana@readers.example")["subscriptions"]
    assert [(one["newsletter"], one["at_once"]) for one in shown] == [("daily", False), ("weekly", True)]
    newsroom.ok("subscribers", "unsubscribe", "ana@readers.example", "--newsletter", "weekly")
    shown = newsroom.ask("subscribers", "show", "ana@readers.example")["subscriptions"]
    assert [one["status"] for one in shown] == ["active", "left"]


def test_an_own_theme_is_what_mails_are_printed_with(newsroom: Shell) -> None:
    theme = newsroom.folder / "looks" / "harbour" / "issue"
    theme.mkdir(parents=True)
    (theme / "_topic.html").write_text(
        '<tr><td><h2 class="topic-title">At sea: {{ group.title }}</h2></td></tr>'
    )
    refused = newsroom("newsletters", "edit", "daily", "--theme", "harbour").complaint
    assert "theme 'harbour' is not known: say classic, quiet, or make a folder" in refused
    with_looks = newsroom.with_(DIGEST_THEMES_DIR="looks")
    assert with_looks.ask("newsletters", "edit", "daily", "--theme", "harbour")["theme"] == "harbour"
    with_looks.ok("preview", "daily", "--for", "ana@readers.example", "--out", "look")
    pages = [path.read_text(encoding="utf-8") for path in (newsroom.folder / "look").glob("*.html")]
    assert any("At sea: " in page for page in pages)


def test_a_theme_whose_colours_nobody_can_make_out_is_refused(newsroom: Shell) -> None:
    base = newsroom.folder / "looks" / "harbour" / "_base"
    base.mkdir(parents=True)
    (base / "style.css").write_text(":root { --ink: blue; }")
    with_looks = newsroom.with_(DIGEST_THEMES_DIR="looks")
    refused = with_looks("newsletters", "edit", "daily", "--theme", "harbour").complaint
    assert "--ink: blue in :root is no colour: say it as --name: #rrggbb" in refused


def test_drafts_are_discarded_and_brought_back_and_the_same_page_does_not_bring_them_back(
    newsroom: Shell,
) -> None:
    page = b"A Bridge Opens\n\nPeople cross it.\n\nSource: Wire, May 4, 2026\n"
    (draft,) = newsroom.ask("ingest", "-", "--draft", stdin=page)["added"]
    discarded = newsroom.ask("briefings", "discard", str(draft))
    assert [(one["id"], one["status"]) for one in discarded["items"]] == [(draft, "discarded")]
    again = newsroom.ok("ingest", "-", stdin=page)
    assert again.out == "0 added, 0 updated, 1 unchanged\n"
    assert f"briefing {draft} was discarded, and stays so: digest briefings restore {draft}" in again.err
    refused = newsroom("briefings", "publish", str(draft))
    assert refused.status == 2
    assert f"bring it back as a draft first: digest briefings restore {draft}" in refused.complaint
    listed = newsroom.ask("briefings", "list", "--status", "discarded")["items"]
    assert [one["id"] for one in listed] == [draft]
    assert newsroom.ok("briefings", "restore", str(draft)).out == f"briefing {draft} is draft\n"
    assert newsroom.ask("briefings", "publish", str(draft))["number"] == 9
