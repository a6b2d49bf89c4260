"""What an editor does by hand: a one-off issue, a preview, and the question why."""

from __future__ import annotations

import sys
from typing import Any, Final

import pytest

from tests.cli.letters import Letter, letters_of, read_letter
from tests.cli.shell import Shell

ANA: Final = "ana@readers.example"
BOB: Final = "bob@readers.example"
CLEO: Final = "cleo@readers.example"
EVERYTHING: Final = [1, 2, 3, 4, 5, 6, 7, 8]


# --- send ---------------------------------------------------------------------------------------------------


def test_rehearsal_names_who_would_get_what_and_changes_nothing(newsroom: Shell) -> None:
    before = newsroom.picture()
    plan = newsroom.ask("send", "daily", "--all", "--dry-run")
    assert newsroom.picture() == before
    copies = {email: copy for copy in plan["copies"] for email in copy["emails"]}
    assert copies.keys() == {ANA, BOB, CLEO}
    assert plan["planned"] == 2
    assert plan["skipped"] == {"nothing-new": 1}
    assert (copies[CLEO]["briefings"], copies[CLEO]["skip"]) == ([], "nothing-new")
    assert [copies[name]["readers"] for name in (ANA, BOB, CLEO)] == [1, 1, 1]
    assert copies[BOB]["briefings"] != []


def test_rehearsal_in_prose_names_readers(newsroom: Shell) -> None:
    told = newsroom.ok("send", "daily", "--all", "--dry-run").out
    assert told.startswith("2 mails would be sent")
    assert all(name in told for name in (ANA, BOB, CLEO))


def test_one_off_sends_what_the_rehearsal_said_and_the_next_issue_does_not_repeat_it(
    newsroom: Shell, known: list[dict[str, Any]]
) -> None:
    plan = newsroom.ask("send", "daily", "--all", "--dry-run")
    totals = newsroom.ask("send", "daily", "--all", "--yes")
    assert (totals["planned"], totals["sent"], totals["skipped"]) == (2, 2, {"nothing-new": 1})
    sent = {letter.reader: letter.briefings(known) for letter in by_hand(newsroom)}
    assert sent == {copy["emails"][0]: set(copy["briefings"]) for copy in plan["copies"] if not copy["skip"]}
    assert newsroom.ask("run", "--now", "2026-11-24T06:00:00Z")["planned"] == 0


@pytest.mark.parametrize("words", [("--to", ANA, "--to", BOB), ("--to", ANA, BOB)])
def test_readers_are_named_one_by_one_or_in_a_row(words: tuple[str, ...], newsroom: Shell) -> None:
    assert newsroom.ask("send", "daily", *words, "--yes")["sent"] == 2
    assert {letter.reader for letter in by_hand(newsroom)} == {ANA, BOB}


def test_readers_are_addressed_by_what_they_follow(newsroom: Shell) -> None:
    assert newsroom.ask("send", "daily", "--topics", "finance", "--briefing", "3", "--yes")["sent"] == 2
    # Bob follows everything
    assert {letter.reader for letter in by_hand(newsroom)} == {ANA, BOB}


def test_named_briefings_go_to_everyone_addressed_and_are_not_sent_again(
    newsroom: Shell, known: list[dict[str, Any]]
) -> None:
    newsroom.ok("send", "daily", "--to", ANA, "--briefing", "8", "--briefing", "2", "--yes")
    (letter,) = by_hand(newsroom)
    assert letter.briefings(known) == {2, 8}
    again = newsroom("send", "daily", "--to", ANA, "--briefing", "8", "--yes")
    assert again.complaint.startswith("nothing would be sent")


def test_bookmarks_can_be_ignored_and_then_do_not_move(newsroom: Shell) -> None:
    words = ("send", "daily", "--to", CLEO, "--briefing", "5", "--ignore-bookmarks", "--yes")
    before = newsroom.ask("subscribers", "show", CLEO)["subscriptions"][0]["bookmark"]
    assert newsroom.ask(*words)["sent"] == 1
    assert newsroom.ask(*words)["sent"] == 1
    assert newsroom.ask("subscribers", "show", CLEO)["subscriptions"][0]["bookmark"] == before


def test_only_what_was_published_since_a_day_is_sent(newsroom: Shell) -> None:
    assert newsroom.ask("send", "daily", "--to", BOB, "--since", "2026-11-23", "--dry-run")["planned"] == 1
    assert newsroom.ask("send", "daily", "--to", BOB, "--since", "2026-11-24", "--dry-run")["planned"] == 0


def test_subject_and_intro_are_the_editors_own(newsroom: Shell) -> None:
    intro = "A word before the news.\n\nAnd a second paragraph."
    newsroom.ok("send", "daily", "--to", ANA, "--subject", "Quay news — today", "--intro", intro, "--yes")
    (letter,) = by_hand(newsroom)
    assert letter["Subject"] == "Quay news — today"
    for body in letter.bodies.values():
        assert "Awordbeforethenews." in body
        assert "Andasecondparagraph." in body


# --- preview ------------------------------------------------------------------------------------------------


def test_preview_writes_its_files_and_changes_nothing_else(newsroom: Shell) -> None:
    before = newsroom.picture()
    found = newsroom.ask("preview", "daily", "--for", ANA, "--out", "look")
    names = ("subject.txt", "body.html", "body.txt", "message.eml", "index.html")
    assert found["files"] == [f"look/{name}" for name in names]
    assert found["due_at"] == "2026-11-24T00:00:00Z"
    after = newsroom.picture()
    assert after.keys() - before.keys() == {"look", *found["files"]}
    assert {name: content for name, content in after.items() if not name.startswith("look")} == before


def test_preview_is_what_is_sent_then(newsroom: Shell, known: list[dict[str, Any]]) -> None:
    newsroom.ok("preview", "daily", "--for", ANA)
    shown = read_letter((newsroom.folder / "var" / "preview" / "message.eml").read_bytes())
    newsroom.ok("run", "--now", "2026-11-24T00:00:00Z")
    (sent,) = by_hand(newsroom)
    assert sent.briefings(known) == shown.briefings(known) != set()
    assert [sent[name] for name in ("Subject", "From", "To")] == [
        shown[name] for name in ("Subject", "From", "To")
    ]
    subject = (newsroom.folder / "var" / "preview" / "subject.txt").read_text(encoding="utf-8")
    assert subject == f"{sent['Subject']}\n"


def test_preview_for_who_gets_no_mail_says_so(newsroom: Shell) -> None:
    assert newsroom.ok("preview", "daily", "--for", ANA).err == ""
    newsroom.ok("subscribers", "pause", ANA)
    answer = newsroom.ok("preview", "daily", "--for", ANA)
    assert answer.err == f"{ANA} is paused: nothing is sent until that ends\n"


def test_preview_for_who_reads_text_has_no_html(newsroom: Shell) -> None:
    newsroom.ok("preview", "daily", "--for", ANA, "--out", "look")
    newsroom.ok("preview", "daily", "--for", BOB, "--out", "look")
    assert {file.name for file in (newsroom.folder / "look").iterdir()} == {
        "subject.txt",
        "body.txt",
        "message.eml",
        "index.html",
    }


def test_preview_opens_its_page_when_asked_to(newsroom: Shell) -> None:
    browser = newsroom.folder / "browser.py"
    browser.write_text("import sys; open('opened.txt', 'w').write(sys.argv[1])", encoding="utf-8")
    shell = newsroom.with_(BROWSER=f"{sys.executable} {browser} %s")
    words = ("preview", "daily", "--for", ANA, "--out", "look & see", "--json")
    assert shell.process(*words).status == 0
    assert not (newsroom.folder / "opened.txt").exists()
    answer = shell.process(*words, "--open")
    assert (answer.status, answer.err, answer.document["files"][-1]) == (0, "", "look & see/index.html")
    opened = (newsroom.folder / "opened.txt").read_text(encoding="utf-8")
    assert opened == (newsroom.folder / "look & see" / "index.html").as_uri()


def test_preview_says_where_its_page_is_on_a_machine_without_a_browser(newsroom: Shell) -> None:
    nowhere = newsroom.with_(BROWSER="no-such-browser", PATH=str(newsroom.folder), DISPLAY="")
    answer = nowhere.process("preview", "daily", "--for", ANA, "--out", "look", "--open", "--json")
    assert (answer.status, answer.document["files"][-1]) == (0, "look/index.html")
    assert answer.err == "no browser was found here: open look/index.html in one\n"


def test_preview_of_nothing_opens_nothing_and_says_why(newsroom: Shell) -> None:
    found = newsroom.ask("preview", "daily", "--for", CLEO, "--out", "look")
    assert (found["skip"], found["subject"], found["files"]) == ("nothing-new", None, [])
    assert (
        newsroom.ok("preview", "daily", "--for", CLEO, "--open").out == "nothing would be sent: nothing-new\n"
    )


def test_preview_says_how_large_the_mail_is_and_whether_it_is_shown_whole(newsroom: Shell) -> None:
    words = ("preview", "daily", "--for", ANA, "--out", "look")
    html, message = newsroom.ask(*words)["sizes"]
    octets = len((newsroom.folder / "look" / "message.eml").read_bytes())
    assert message == {"part": "Message", "octets": octets, "budget": 100_000, "fits": True}
    assert (html["part"], html["budget"], html["fits"]) == ("HTML part", 90_000, True)
    shown = newsroom.ok(*words).out
    assert shown.endswith(f"\n  Message: {octets / 1000:.1f} kB of 100 kB\n")

    # a theme may say more than any mail has room for
    folder = newsroom.folder / "looks" / "wordy" / "issue"
    folder.mkdir(parents=True)
    (folder / "_letter.html").write_text("<tr><td>{{ 'By the way. ' * 9000 }}</td></tr>")
    wordy = newsroom.with_(DIGEST_THEMES_DIR="looks")
    wordy.ok("newsletters", "edit", "daily", "--theme", "wordy")
    assert [one["fits"] for one in wordy.ask(*words)["sizes"]] == [False, False]
    told = wordy.ok(*words).out.splitlines()[-2:]
    assert all(line.endswith(" kB, too much: Gmail cuts the mail off there") for line in told)


# --- why ----------------------------------------------------------------------------------------------------


def test_why_speaks_of_a_copy_that_was_sent(newsroom: Shell, known: list[dict[str, Any]]) -> None:
    (briefing,) = [item for item in known if "international" in item["topics"]][:1]
    answer = reason(newsroom, CLEO, briefing["id"])
    assert answer["answer"] == "sent"
    assert [copy["status"] for copy in answer["deliveries"]] == ["sent"]
    assert any("carried it: delivery 1, sent at" in line for line in answer["reasons"])
    assert any(line.startswith("topic international: ") for line in answer["reasons"])


def test_why_speaks_of_what_waits_for_the_next_slot(newsroom: Shell, known: list[dict[str, Any]]) -> None:
    (briefing,) = [item for item in known if "economy" in item["topics"]][:1]
    answer = reason(newsroom, ANA, briefing["id"])
    assert (answer["answer"], answer["next_slot"]) == ("waiting", "2026-11-24T00:00:00Z")
    assert answer["reasons"][-1] == "it would be in the next issue, due 2026-11-24 00:00 UTC"


def test_why_speaks_of_a_full_mail(newsroom: Shell) -> None:
    newsroom.ok("run", "--now", "2026-11-24T06:00:00Z")
    (carried,) = [d["briefings"] for d in newsroom.ask("deliveries", "list", "--email", BOB)["items"]]
    waiting = next(id_ for id_ in EVERYTHING if id_ not in carried)
    answer = reason(newsroom, BOB, waiting)
    assert answer["answer"] == "waiting"
    assert any("was full: deferred to the next issue" in line for line in answer["reasons"])


def test_why_speaks_of_wishes_before_and_after_the_decision(
    newsroom: Shell, known: list[dict[str, Any]]
) -> None:
    (briefing,) = [item for item in known if not {"finance", "economy"} & set(item["topics"])][:1]
    answer = reason(newsroom, ANA, briefing["id"])
    assert answer["answer"] == "left-out"
    assert answer["reasons"][-1] == "the next issue would leave it out: none of its topics is followed"
    newsroom.ok("run", "--now", "2026-11-24T00:00:00Z")
    answer = reason(newsroom, ANA, briefing["id"])
    assert answer["answer"] == "left-out"
    assert answer["reasons"][-1].endswith("left it out: none of its topics is followed")


def test_why_speaks_of_drafts_and_of_what_was_taken_back(newsroom: Shell) -> None:
    page = b"A Bridge Opens\n\nPeople cross it.\n\nSource: Wire, May 4, 2026\n"
    (draft,) = newsroom.ask("ingest", "-", "--draft", stdin=page)["added"]
    assert reason(newsroom, ANA, draft)["answer"] == "not-published"
    newsroom.ok("briefings", "publish", str(draft))
    newsroom.ok("briefings", "retract", str(draft))
    answer = reason(newsroom, BOB, draft)
    assert answer["answer"] == "left-out"
    assert answer["reasons"][-1] == "the next issue would leave it out: it was retracted"


def test_why_speaks_of_a_copy_that_was_refused(old_newsroom: Shell) -> None:
    (refused,) = old_newsroom.ask("deliveries", "list", "--status", "refused")["items"]
    answer = reason(old_newsroom, refused["email"], refused["briefings"][0])
    assert answer["answer"] == "not-delivered"
    assert [copy["status"] for copy in answer["deliveries"]] == ["refused"]


def test_why_in_prose_is_a_short_story(newsroom: Shell) -> None:
    first, *story = newsroom.ok("why", CLEO, "5").out.splitlines()
    assert first in {"daily: sent", "daily: left-out"}
    assert len(story) >= 2
    assert all(line.startswith("  ") for line in story)


def by_hand(shell: Shell) -> list[Letter]:
    """The mails that came after Cleo's first one."""
    return letters_of(shell.folder / "var" / "outbox")[1:]


def reason(shell: Shell, email: str, briefing: int) -> Any:
    document = shell.ask("why", email, str(briefing))
    assert (document["email"], document["briefing"]) == (email, briefing)
    (item,) = document["items"]
    assert item["newsletter"] == "daily"
    return item
