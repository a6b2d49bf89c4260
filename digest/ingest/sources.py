"""Who is meant by the name of a source: one name for each of those that are printed in several ways.

Only for comparing; what readers see is the name as it was printed.
"""

from __future__ import annotations

import re
from typing import Final

from digest.ingest.folding import fold

#: The name under which a source is known here, and how else it is printed.
_ALIASES: Final[dict[str, tuple[str, ...]]] = {
    "Agence France-Presse": ("AFP",),
    "Al Jazeera": ("AJ", "Al Jazeera English"),
    "Associated Press": ("AP", "AP News"),
    "BBC": ("BBC News", "British Broadcasting Corporation", "BBC Chinese"),
    "Beijing Daily": ("北京日报",),
    "Bloomberg": ("Bloomberg News",),
    "Caixin": ("Caixin Global", "财新", "财新网"),
    "Central News Agency": ("CNA", "Taiwan Central News Agency", "中央社", "中央通訊社"),
    "China Central Television": ("CCTV", "CCTV News", "央视", "央视新闻"),
    "China Daily": ("中国日报",),
    "China Global Television Network": ("CGTN",),
    "China News Service": ("CNS", "China News", "中新社", "中国新闻社", "中新网"),
    "China Youth Daily": ("中国青年报",),
    "Deutsche Presse-Agentur": ("DPA", "German Press Agency"),
    "Deutsche Welle": ("DW", "DW News"),
    "Economic Daily": ("经济日报",),
    "Financial Times": ("FT",),
    "Global Times": ("Huanqiu", "Huanqiu Shibao", "环球时报", "环球网"),
    "Guangming Daily": ("光明日报",),
    "Japan Broadcasting Corporation": ("NHK", "NHK World"),
    "Kyodo News": ("Kyodo", "Kyodo News Agency"),
    "Lianhe Zaobao": ("Zaobao", "联合早报"),
    "Liberty Times": ("Liberty Times Net", "LTN", "自由時報"),
    "Ming Pao": ("明報",),
    "New York Times": ("NYT", "NY Times"),
    "Nikkei": ("Nikkei Asia", "Nihon Keizai Shimbun"),
    "People's Daily": ("People's Daily Online", "人民日报", "人民网"),
    "People's Liberation Army Daily": ("PLA Daily", "Liberation Army Daily", "解放军报"),
    "Qiushi": ("Qiushi Journal", "求是"),
    "Radio Free Asia": ("RFA", "自由亚洲电台"),
    "Radio Free Europe/Radio Liberty": ("RFE/RL", "Radio Free Europe", "Radio Liberty"),
    "Radio France Internationale": ("RFI", "Radio France International", "法广", "法国国际广播电台"),
    "Reuters": ("Thomson Reuters", "Reuters News Agency"),
    "Science and Technology Daily": ("S&T Daily", "科技日报"),
    "Sina": ("Sina News", "Sina.com", "新浪", "新浪网"),
    "Sina Finance": ("新浪财经",),
    "Sohu": ("Sohu News", "Sohu.com", "搜狐"),
    "South China Morning Post": ("SCMP",),
    "Sputnik": ("Sputnik News",),
    "TASS": ("TASS News Agency", "Itar-Tass"),
    "The Paper": ("Pengpai", "Pengpai News", "澎湃", "澎湃新闻"),
    "Voice of America": ("VOA", "VOA News", "VOA Chinese", "美国之音"),
    "Wall Street Journal": ("WSJ",),
    "Washington Post": ("WaPo",),
    "Xinhua News Agency": ("Xinhua", "Xinhua News", "Xinhuanet", "New China News Agency", "新华社", "新华网"),
    "Yonhap News Agency": ("Yonhap", "Yonhap News"),
}
_IN_BRACKETS: Final = re.compile(r"\s*\([^()]*\)$")


def canonical_source(name: str) -> str:
    """The one name of a source that goes by several; an unknown name as it is, white space made single."""
    plain = " ".join(name.split())
    for form in (plain, _IN_BRACKETS.sub("", plain)):
        found = _BY_FOLDED.get(_looked_up(form))
        if found is not None:
            return found
    return plain


def source_key(name: str) -> str:
    """Equal for two names exactly when they are taken for one source."""
    return fold(canonical_source(name))


def _looked_up(name: str) -> str:
    return fold(name).removeprefix("the ").rstrip(".")


_BY_FOLDED: Final = {
    _looked_up(alias): name for name, aliases in _ALIASES.items() for alias in (name, *aliases)
}
