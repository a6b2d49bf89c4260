"""Both parts say the same: every title, source, date and address, and no paragraph in one alone."""

from __future__ import annotations

from collections.abc import Iterator

from tests.mail_lint.mail import Mail, News, is_hidden, shown_on, squeezed


def look(mail: Mail) -> Iterator[str]:
    """What of the news a part lacks, has in another order, or says alone."""
    yield from _in_part("text", squeezed(mail.text), mail.text, mail)
    if mail.html is None:
        return
    shown = squeezed(shown_on(mail.page))
    links = {str(link) for link in mail.page.xpath("//a/@href")}
    yield from _in_part("HTML", shown, links, mail)
    yield from _said_in_html_alone(mail)


def _in_part(part: str, shown: str, links: str | set[str], mail: Mail) -> Iterator[str]:
    places = _places(shown, mail.news)
    for one, (begin, end) in zip(mail.news, places, strict=True):
        if begin < 0:
            yield f"{part}: item {one.number} is not there, or not in its place: {one.title[:60]!r}"
            continue
        for what, said in (("source", one.source), ("date", one.date)):
            if squeezed(said) not in shown[begin:end]:
                yield f"{part}: item {one.number} does not show its {what}: {said[:60]!r}"
        if one.url and one.url not in links:
            yield f"{part}: item {one.number} does not show its address: {one.url[:80]}"
    for title in mail.waiting:
        if squeezed(title) not in shown:
            yield f"{part}: what waits is not named: {title[:60]!r}"


def _places(shown: str, news: tuple[News, ...]) -> list[tuple[int, int]]:
    """Where each item stands: from the end of the title before it to its successor's; below 0 for nowhere.

    Looked for from the end, since a list of contents names all titles once more above the items.
    """
    titles = [squeezed(one.title) for one in news]
    starts: list[int] = []
    nearest = len(shown)
    for title in reversed(titles):
        starts.insert(0, shown.rfind(title, 0, nearest))
        nearest = starts[0] if starts[0] >= 0 else nearest
    places = []
    behind = 0
    for place, (title, start) in enumerate(zip(titles, starts, strict=True)):
        nearest = next((one for one in starts[place + 1 :] if one >= 0), len(shown))
        places.append((-1, -1) if start < 0 else (min(behind, start), nearest))
        behind = behind if start < 0 else start + len(title)
    return places


def _said_in_html_alone(mail: Mail) -> Iterator[str]:
    """Whatever stands in a paragraph, a heading or a list of the HTML stands in the text too."""
    text = squeezed(mail.text).casefold()
    for node in mail.page.find("body").iter("p", "h1", "h2", "h3", "li"):
        if any(is_hidden(one) for one in (node, *node.iterancestors())) or node.xpath(".//a"):
            # what a link is called differs: the text says the address instead
            continue
        if node.text_content().rstrip().endswith((":", "：")):
            # what leads over to a button leads over to an address there
            continue
        for said in node.text_content().split("\u00a0·"):
            if squeezed(said).casefold() not in text:
                yield f"only the HTML says {' '.join(said.split())[:80]!r}"
