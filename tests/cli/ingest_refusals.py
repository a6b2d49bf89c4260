"""What `digest ingest` refuses: what is typed, and what the line must speak of."""

from __future__ import annotations

from typing import Final

from tests.cli.commands import PAGE

INGEST: Final = {
    "ingest": [
        ("", "Missing argument 'SOURCE'"),
        ("nowhere.txt", "'nowhere.txt' cannot be read (No such file"),
        ("folder", "'folder' cannot be read (Is a directory): name the files in it"),
        ("binary", "binary is a program: give a text, a table or a feed"),
        ("story.pdf", "story.pdf is a PDF: copy its words into a text file"),
        (f"{PAGE} story.pdf", "story.pdf is a PDF"),
        ("story.pdf --format markdown", "story.pdf is a PDF"),
        ("nul.txt", "nul.txt is not text"),
        ("web.html", "web.html looks like a web page"),
        ("broken.json", "broken.json is not valid JSON"),
        ("http://10.0.0.1:1/page", "10.0.0.1 is not on the open internet"),
        ("HTTPS://10.0.0.1:1/page", "10.0.0.1 is not on the open internet"),
        ("ftp://news.example/page", "'ftp://news.example/page' is not an absolute http or https address"),
        ("https://[broken/page", "the address 'https://[broken/page' is not well made"),
        (f"{PAGE} nowhere.txt", "'nowhere.txt' cannot be read"),
        (f"{PAGE} --format pdf", "format 'pdf' is not known: choose among"),
        (f"{PAGE} --format json", "not a list of items in JSON"),
        (f"{PAGE} --column Headline", "--column 'Headline': write it as HEADING=KEY"),
        (f"{PAGE} --column Headline=title", "day-one.txt has no column 'Headline'"),
        (f"{PAGE} --format page --column Headline=title", "columns are for tables"),
        (f"{PAGE} --section gossip", "section 'gossip' is not known: choose among briefing"),
        (f"{PAGE} --topic gossip", "topic 'gossip' is not known: choose among economy"),
        (f"{PAGE} --topic economy --topic ''", "topic '' is not known"),
    ],
}
