"""Invented feeds in each format that there is, with the same two stories."""

from __future__ import annotations

import json
from typing import Final

RSS: Final = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/">
<channel><title>The Harbour Post</title><link>https://harbour.example/</link>
<language>en-gb</language>
<item><title>Ferry Line to the Islands Reopens</title>
<link>https://harbour.example/ferry?utm_source=rss&amp;id=7#top</link>
<guid isPermaLink="false">harbour-7</guid>
<pubDate>Tue, 24 Nov 2026 05:30:00 GMT</pubDate><category>Trade</category><category>Ships</category>
<description>The ferry sails again.</description>
<content:encoded><![CDATA[<p>The ferry sails again after two years.</p><ul><li>Four sailings a day</li>
<li>No cars <b>before</b> May</li></ul><script>alert("x")</script><img src="https://t.example/pixel.gif">]]>
</content:encoded></item>
<item><title>Library Keeps Its Night Hours</title><link>/library</link>
<guid isPermaLink="false">harbour-6</guid><pubDate>Mon, 23 Nov 2026 18:00:00 GMT</pubDate>
<description>&lt;p&gt;Students asked for it &amp;amp; got it.&lt;/p&gt;</description></item>
</channel></rss>"""

ATOM: Final = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en-GB"><title>The Harbour Post</title>
<link rel="alternate" href="https://harbour.example/"/><id>urn:harbour</id>
<updated>2026-11-24T05:30:00Z</updated>
<entry><title>Ferry Line to the Islands Reopens</title><id>harbour-7</id><category term="Trade"/>
<category term="Ships"/>
<link href="https://harbour.example/ferry?id=7&amp;utm_medium=feed#top"/>
<published>2026-11-24T05:30:00Z</published>
<updated>2026-11-24T05:30:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">
<p>The ferry sails again after two years.</p><ul><li>Four sailings a day</li>
<li>No cars <b>before</b> May</li></ul>
</div></content></entry>
<entry><title>Library Keeps Its Night Hours</title><id>harbour-6</id>
<link href="https://harbour.example/library"/>
<updated>2026-11-23T18:00:00Z</updated><summary>Students asked for it &amp; got it.</summary>
</entry></feed>"""

RDF: Final = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
 xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://harbour.example/"><title>The Harbour Post</title>
<link>https://harbour.example/</link><description>-</description><dc:language>en-GB</dc:language></channel>
<item rdf:about="harbour-7"><title>Ferry Line to the Islands Reopens</title>
<link>https://harbour.example/ferry?id=7#top</link><dc:date>2026-11-24T05:30:00Z</dc:date>
<dc:subject>Trade</dc:subject><dc:subject>Ships</dc:subject>

<description>&lt;p&gt;The ferry sails again after two years.&lt;/p&gt;&lt;ul&gt;
&lt;li&gt;Four sailings a day&lt;/li&gt;
&lt;li&gt;No cars before May&lt;/li&gt;&lt;/ul&gt;</description></item>
<item rdf:about="harbour-6"><title>Library Keeps Its Night Hours</title>
<link>https://harbour.example/library</link><dc:date>2026-11-23T18:00:00Z</dc:date>
<description>Students asked for it &amp; got it.</description></item></rdf:RDF>"""

_FERRY_HTML: Final = (
    "<p>The ferry sails again after two years.</p><ul><li>Four sailings a day</li>"
    "<li>No cars <em>before</em> May</li></ul>"
)

JSON_FEED: Final = json.dumps(
    {
        "version": "https://jsonfeed.org/version/1.1",
        "title": "The Harbour Post",
        "home_page_url": "https://harbour.example/",
        "language": "en-GB",
        "items": [
            {
                "id": "harbour-7",
                "url": "https://harbour.example/ferry?id=7&fbclid=abc#top",
                "title": "Ferry Line to the Islands Reopens",
                "content_html": _FERRY_HTML,
                "date_published": "2026-11-24T06:30:00+01:00",
                "tags": ["Trade", "Ships"],
            },
            {
                "id": "harbour-6",
                "url": "https://harbour.example/library",
                "title": "Library Keeps Its Night Hours",
                "content_text": "Students asked for it & got it.",
                "date_published": "2026-11-23T18:00:00Z",
            },
        ],
    }
)

WORDPRESS: Final = json.dumps(
    [
        {
            "id": 7,
            "guid": {"rendered": "harbour-7"},
            "link": "https://harbour.example/ferry?id=7#top",
            "title": {"rendered": "Ferry Line to the Islands Reopens"},
            "content": {"rendered": _FERRY_HTML},
            "excerpt": {"rendered": "<p>The ferry sails again.</p>"},
            "date_gmt": "2026-11-24T05:30:00",
            "_embedded": {"wp:term": [[{"name": "Trade"}, {"name": "Ships"}]]},
        },
        {
            "id": 6,
            "guid": {"rendered": "harbour-6"},
            "link": "https://harbour.example/library",
            "title": {"rendered": "Library Keeps Its Night Hours"},
            "content": {"rendered": "<p>Students asked for it &amp; got it.</p>"},
            "date_gmt": "2026-11-23T18:00:00",
        },
    ]
)


def rss(*items: str, title: str = "The Harbour Post") -> bytes:
    """A feed of RSS 2.0 with these items, written as XML."""
    head = f"<title>{title}</title><link>https://harbour.example/</link><language>en</language>"
    return f'<rss version="2.0"><channel>{head}{"".join(items)}</channel></rss>'.encode()


def entry(guid: str, title: str, text: str = "", *, link: str = "", day: str = "", more: str = "") -> str:
    """One item of such a feed; the text is HTML, or one sentence when it is not given."""
    body = text or f"{title}: the whole story, told in one sentence."
    date = f"<pubDate>{day}</pubDate>" if day else ""
    where = f"<link>{link}</link>" if link else ""
    return (
        f'<item><guid isPermaLink="false">{guid}</guid><title>{title}</title>{where}{date}{more}'
        f"<description><![CDATA[{body}]]></description></item>"
    )
