"""Words that tell little about which event an item is about, and those that say which way things went."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

_STOP: Final = """
    a about after again against all along also although among an and any april are around as at august
    away back be because been before began behind being below between both but by can could december did
    do does done down during each early either else end even ever every february few first for friday
    from had has have he her here him his how however i if in into is it its january july june just last
    late later least less like made make many march may might monday more most much must near need never
    next no nor not november now october of off on once one only onto or other our out over own per put
    rather same saturday second september set several she should since so some still such sunday than
    that the their them then there these they this those though through thursday till to today together
    tomorrow too toward towards tuesday two under until up upon us very via was way we wednesday well
    were what when where which while who whose why will with within without would yesterday yet you
"""
#: Words that tell nothing.
STOP: Final = frozenset(_STOP.split())

_COMMON: Final = """
    accord add agenc agree amount analyst announc annual ask author authorit average begin bid billion
    board bureau busines buy call case cash central chang chief city claim clos come commission
    committee compan condition council countr court cover crown customer cut daily data day deal decid
    decision department director dollar earn east economy effect euro execut expect export fall figur
    firm follow forecast former found full gain general get give go good government group grow growth
    half head help high hold home hour hous import includ increas index industr intern invest investor
    issu job join judge keep know large launch law lead leader left level local long lose loss low main
    market mean measur meet member million minister ministr month move mr mrs name nation national net
    north number offer office official old open operator order part party pay people percent period
    place plan plant point police policy position power pres president price problem produc product
    profit program project propos protect public quarter rais rate reach reason record region regulator
    remain report reporter research result return revenue ris rul rule run sale say secretar sector sell
    senior servic share show sign situation small social sourc south spokesman spokesperson spokeswoman
    staff start state statement step stock stop strong study suppl support system take talk tell term
    thing thousand time told ton tonn took top total trade tri turn union unit use visit war week weekly
    west win work worker world year young yuan
"""
#: Words of every other item, by their stems: they count a little.
COMMON: Final = frozenset(_COMMON.split())

_COMMON_HAN: Final = """
    同比增长 营业收入 净利润 负责人 发言人 人民币 第一 第二 第三 第四 公布 宣布 表示 表明 指出 认为 报道
    消息 记者 公司 企业 集团 市场 国家 政府 部门 部长 主席 总统 总理 总裁 市长 县长 省长 教授 主任 研究
    人员 团队 项目 计划 规定 措施 政策 管理 增长 下降 上升 达到 超过 目前 今年 去年 明年 本月 上月 周一
    周二 周三 周四 周五 周六 周日 星期 今天 昨天 凌晨 上午 下午 晚上 春季 夏季 秋季 冬季 春天 夏天 秋天
    冬天 季度 月份 年度 同比 环比 主要 其中 以及 由于 因为 因此 但是 已经 将在 将会 可以 可能 没有 不是
    进行 开始 继续 通过 对于 关于 根据 随着 包括 方面 问题 情况 工作 发展 经济 社会 国际 国内 全国 地区
    中心 亿元 万元 美元 群众 居民 当地 项 名 元 吨 个 人 受 的 了 在 是 和 与 及 也 还 都 就 把 被 对 从
    到 向 于 以 为 由 等 并 或 其 该 这 那 此 上 下 中 内 外 前 后 年 月 日 时 天 约 多 余 自 至 将 能
    让 使 说 称 有 无 不
"""
#: The same in Chinese, as they are cut out of the text: longer ones first.
COMMON_HAN: Final = tuple(sorted(_COMMON_HAN.split(), key=len, reverse=True))

#: Two ways that things can go: who reports the one does not report the other.
TURNS: Final = (("up", "down"), ("begun", "ended"), ("yes", "no"))
_WAYS: Final = {
    "up": """
        rise rises rose risen climb climbs climbed gain gains gained jump jumps jumped soar soars soared
        surge surges surged increase increases increased grow grows grew up higher record raise raises
        raised 上涨 上升 增长 上调 大涨 回升 提高 增加
    """,
    "down": """
        fall falls fell fallen drops dropped slip slips slipped slump slumps slumped decline declines
        declined plunge plunges plunged decrease decreases sink sinks sank down lower cut cuts lowers
        lowered 下跌 下降 下滑 下调 大跌 回落 降低 减少
    """,
    "ended": """
        drop close closes closed end ends ended suspend suspends suspended lift lifts lifted scrap
        scraps scrapped halt halts halted cancel cancels cancelled pause pauses paused withdraw
        withdraws withdrew abolish abolishes resolve settles settled 暂停 取消 结束 终止 撤销 停止 关闭
        废除
    """,
    "begun": """
        open opens opened launch launches launched start starts started begin begins began impose
        imposes imposed introduce introduces introduced announce announces enter enters 启动 开始 实行
        实施 开征 生效 开放 恢复 设立
    """,
    "yes": """
        approve approves approved uphold upholds upheld clear clears cleared back backs backed pass
        passes passed accept accepts accepted allow allows allowed grant grants 批准 通过 同意 维持 获批
    """,
    "no": """
        reject rejects rejected overturn overturns overturned block blocks blocked refuse refuses
        refused ban bans banned deny denies denied veto vetoes quash quashes 否决 驳回 推翻 拒绝 禁止
        不予
    """,
}
#: The way that each word says, by the word.
WAYS: Final = {word: way for way, words in _WAYS.items() for word in words.split()}

_ENDINGS: Final = ("ings", "ing", "ied", "ies", "ed", "es", "s", "e", "y")


# a language has few words that are written often
@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """The word without the ending that its neighbours in a sentence ask for; short words stay as they are.

    Rough on purpose: it need only send the same word to the same place.
    """
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            return word[: -len(ending)]
    return word
