"""The mail that hands a reader's answer on to the newsroom, printed: each differs, and all are in English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from digest.core.model import Newsletter
from digest.render.characters import one_line, paragraphs
from digest.render.cutting import assembled, cut
from digest.render.environment import mail_environment
from digest.render.marks import Marks
from digest.render.page import masthead_for
from digest.render.printing import printed_html, printed_text
from digest.render.rendition import Rendition
from digest.render.words import Words, words_for

#: Editors read English here, as in alerts.
_LANGUAGE: Final = "en"


def printed_answer(
    data: Mapping[str, Any],
    newsletter: Newsletter,
    boundary: str,
    *,
    number: int | None,
    can_reply: bool,
    own_themes: Path | None = None,
) -> Rendition[Any]:
    """The mail, of the values that were kept of it; nothing is left to be filled in.

    `number` is that under which the answer is kept, if it is known; `can_reply` says that an answer to this
    mail reaches the writer.
    """
    words = words_for(_LANGUAGE)
    environment = mail_environment(newsletter.theme, _LANGUAGE, own_themes)
    said = {
        "who": _who(data, one_line(newsletter.title), words),
        "subject": one_line(data["subject"]),
        "words": _lines(data["words"]),
        "reply": _reply(data, words, can_reply=can_reply),
        "kept": _kept(number, is_cut=data["cut"]),
    }
    masthead = masthead_for(newsletter, None, words)

    def page(marks: Marks) -> dict[str, Any]:
        return {"masthead": masthead, "said": said, "marks": marks}

    marks = Marks()
    subject = environment.get_template("answer/subject.txt").render(page(marks))
    text = cut(printed_text(environment, "answer", page(marks)), marks, markup=False)
    html = cut(printed_html(environment, "answer", page(marks)), marks, markup=True)
    return Rendition(
        " ".join(subject.split()), assembled(text, {}, {}), html=assembled(html, {}, {}), boundary=boundary
    )


def sender_name(data: Mapping[str, Any], newsletter: Newsletter) -> str:
    """By whose name an inbox shows the mail: who wrote, and by which way it came."""
    who = one_line(data["writer_name"]) or ("A reader" if _reads(data) else "Somebody")
    return f"{who} by way of {one_line(newsletter.title)}"


def _who(data: Mapping[str, Any], newsletter: str, words: Words) -> str:
    """Who wrote, and to what, as far as that is known."""
    who, what = _writer(data, words), _what(data, newsletter, words)
    if not data["proof"]:
        if _reads(data):
            return f"{who} reads {words.isolated(newsletter)} and wrote; nothing tells which mail it answers."
        return f"{who} wrote, somebody who reads nothing here, as far as we know."
    if data["proof"] == "address":
        return f"{who} wrote, and names no mail; the last one that went there was {what}."
    went_to = data.get("went_to", "")
    if went_to and went_to.casefold() != data["writer"].casefold():
        return f"{who} answered {what}, which went to {words.isolated(one_line(went_to))}."
    return f"{who} answered {what}."


def _reads(data: Mapping[str, Any]) -> bool:
    return data["subscription"] is not None


def _writer(data: Mapping[str, Any], words: Words) -> str:
    address = words.isolated(one_line(data["writer"]))
    if not address:
        return "Somebody who gives no address"
    name = one_line(data["writer_name"])
    return f"{words.isolated(name)} ({address})" if name else address


def _what(data: Mapping[str, Any], newsletter: str, words: Words) -> str:
    title = words.isolated(newsletter)
    if "issue" in data:
        return f"issue {data['issue']} of {title} ({words.long_day(date.fromisoformat(data['day']))})"
    if data.get("notice"):
        return f"a mail that is no issue ({data['notice']})"
    return f"a mail of {title}"


def _reply(data: Mapping[str, Any], words: Words, *, can_reply: bool) -> str:
    if can_reply:
        return f"To write back, answer this mail: it goes to {words.isolated(one_line(data['writer']))}."
    if data["writer"]:
        return (
            "An answer to this mail does not reach them, since not every mail server knows such addresses: "
            f"write to {words.isolated(one_line(data['writer']))} instead."
        )
    return "An answer to this mail does not reach them."


def _kept(number: int | None, *, is_cut: bool) -> str:
    """Where the whole of it is."""
    more = "What they wrote goes on. " if is_cut else ""
    whole = (
        "The mail itself was not kept"
        if number is None
        else f"The whole mail is kept: see digest bounces show {number}"
    )
    return f"{more}{whole}."


def _lines(text: str) -> list[list[str]]:
    """Paragraphs, each of printable lines; one that says that there are none, where there are none."""
    blocks = text.replace("\r\n", "\n").split("\n\n")
    found = [[line for raw in block.split("\n") for line in paragraphs(raw)] for block in blocks]
    return [block for block in found if block] or [["(Nothing was written.)"]]
