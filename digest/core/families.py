"""Who runs a mailbox: domains of one provider share its limits, so they are one family.

What counts against us at gmail.com counts at googlemail.com too. A domain that is in no family is one by
itself. The table holds what providers publish as their own domains; companies that let a provider run their
domain are not seen, which needs DNS: there the answers teach us, domain by domain.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

#: The other domains of each family, under the domain by which it is named.
FAMILIES: Final[Mapping[str, tuple[str, ...]]] = {
    "163.com": ("126.com", "188.com", "yeah.net", "vip.126.com", "vip.163.com", "vip.188.com"),
    "att.net": (
        *("ameritech.net", "bellsouth.net", "flash.net", "nvbell.net", "pacbell.net", "prodigy.net"),
        *("sbcglobal.net", "snet.net", "swbell.net", "wans.net"),
    ),
    "comcast.net": ("xfinity.com",),
    "daum.net": ("hanmail.net", "kakao.com"),
    "fastmail.com": ("fastmail.fm", "messagingengine.com", "sent.com"),
    "free.fr": ("aliceadsl.fr", "libertysurf.fr", "online.fr", "worldonline.fr"),
    "gmail.com": ("google.com", "googlemail.com"),
    "gmx.net": ("caramail.com", "email.de", "gmx.com", "gmx.eu", "mail.com", "web.de"),
    "icloud.com": ("mac.com", "me.com"),
    "libero.it": ("blu.it", "giallo.it", "inwind.it", "iol.it", "virgilio.it"),
    "mail.ru": ("bk.ru", "inbox.ru", "internet.ru", "list.ru", "vk.com", "xmail.ru"),
    "onet.pl": ("autograf.pl", "buziaczek.pl", "onet.eu", "op.pl", "poczta.onet.pl", "vp.pl"),
    "orange.fr": ("wanadoo.fr",),
    "outlook.com": ("hotmail.com", "live.com", "msn.com", "passport.com", "windowslive.com"),
    "proton.me": ("pm.me", "protonmail.ch", "protonmail.com"),
    "qq.com": ("foxmail.com", "vip.qq.com"),
    "seznam.cz": ("email.cz", "post.cz", "spoluzaci.cz"),
    "sfr.fr": ("9online.fr", "cegetel.net", "club-internet.fr", "neuf.fr", "numericable.fr"),
    "sina.com": ("sina.cn", "vip.sina.com"),
    "spectrum.net": ("charter.net", "rr.com", "twc.com"),
    "t-online.de": ("magenta.de",),
    "tim.it": ("alice.it", "tin.it"),
    "uol.com.br": ("bol.com.br",),
    "virginmedia.com": ("blueyonder.co.uk", "ntlworld.com", "virgin.net"),
    "wp.pl": ("o2.pl", "tlen.pl"),
    "yahoo.com": (
        "aim.com",
        "aol.com",
        "myyahoo.com",
        "netscape.net",
        "rocketmail.com",
        "verizon.net",
        "ymail.com",
    ),
    "yandex.ru": ("narod.ru", "ya.ru", "yandex.com"),
    "zoho.com": ("zoho.eu", "zoho.in", "zohomail.com", "zohomail.eu", "zohomail.in"),
}
#: Names that a provider has under many countries: hotmail.fr, yahoo.co.uk, live.com.mx.
_NATIONAL: Final = re.compile(r"(aol|gmx|hotmail|live|outlook|yahoo|yandex)\.(?:com?\.)?[a-z]{2}")
_NATIONAL_FAMILIES: Final = {
    "aol": "yahoo.com",
    "gmx": "gmx.net",
    "hotmail": "outlook.com",
    "live": "outlook.com",
    "outlook": "outlook.com",
    "yahoo": "yahoo.com",
    "yandex": "yandex.ru",
}
#: Bears the name and belongs to somebody else.
_NAMESAKES: Final = frozenset({"yahoo.co.jp"})
_FAMILY_OF: Final = {member: name for name, members in FAMILIES.items() for member in (name, *members)}


def family_of(address: str) -> str:
    """The family to which an address, or a bare domain, belongs, named by its best known domain."""
    return _family_of_domain(address[address.rfind("@") + 1 :])


@lru_cache(maxsize=4096)
def _family_of_domain(domain: str) -> str:
    lowered = domain.lower()
    family = _FAMILY_OF.get(lowered)
    if family is not None:
        return family
    national = _NATIONAL.fullmatch(lowered)
    if national is None or lowered in _NAMESAKES:
        return lowered
    return _NATIONAL_FAMILIES[national[1]]
