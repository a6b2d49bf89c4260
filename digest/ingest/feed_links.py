"""Addresses of articles: what only tells who followed a link is taken off, and one article has one key."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from digest.core.weblinks import is_web_link
from digest.ingest.plaintext import clean, trimmed

URL_LIMIT: Final = 2_000
#: What newsletters, networks and counters hang onto links; nothing else depends on it.
_TRACKING: Final = re.compile(
    r"utm_\w+|at_(medium|campaign|link\w*|bbc\w*|format|ptr\w*|custom\w*)|ns_\w+|mc_[ce]id|pk_\w+|piwik_\w+|mtm_\w+"
    r"|hsa_\w+|_hs(enc|mi)|__hs\w+|vero_\w+|oly_\w+|fbclid|gclid|gclsrc|dclid|gbraid|wbraid|msclkid|yclid|ysclid"
    r"|igshid|igsh|twclid|ttclid|li_fat_id|mkt_tok|cmpid|xtor|wt_mc|wt\.\w+|smid|ref_src|ref_url"
    r"|s_cid|ncid|spm|share_token",
    re.IGNORECASE,
)


def article_link(text: str, base: str = "") -> str | None:
    """The address that readers may follow, absolute and without tracking; None when there is none."""
    try:
        given = trimmed(clean(text)).replace(" ", "%20")
        joined = urljoin(base, given) if base else given
        parts = urlsplit(joined)
        if not is_web_link(joined) or "@" in parts.netloc or len(joined) > URL_LIMIT:
            return None
        host = parts.netloc.lower()
        fragment = "" if _TRACKING.match(parts.fragment) else parts.fragment
        return urlunsplit((parts.scheme.lower(), host, parts.path, _untracked(parts.query), fragment))
    except ValueError:
        return None


def link_key(link: str) -> str:
    """Equal for two addresses of one article: with or without www, a last slash, https, or a fragment."""
    parts = urlsplit(link)
    host = parts.netloc.lower().removeprefix("www.").removesuffix(":80").removesuffix(":443")
    pairs = sorted(parse_qsl(_untracked(parts.query), keep_blank_values=True))
    return f"{host}{parts.path.rstrip('/') or '/'}?{urlencode(pairs)}"


def _untracked(query: str) -> str:
    """The query less what tracks; the rest stays as it was written."""
    return "&".join(one for one in query.split("&") if one and not _TRACKING.fullmatch(one.partition("=")[0]))
