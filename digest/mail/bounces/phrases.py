"""The phrases by which servers say that a mail could not be delivered, or not yet, in many languages."""

from __future__ import annotations

import re
from typing import Final

#: Of subjects, where they may be all that tells a bounce.
FAILED_SUBJECT: Final = re.compile(
    r"undeliver(?:able|ed)|(?:delivery|mail|message|e-?mail).{0,30}\b(?:fail\w*|error|problem|not delivered|undeliver\w+|status notification|delayed|rejected|bounced?)\b"
    r"|delivery (?:status|failure|report|notification|has failed)|fail\w* (?:mail|delivery|notice)|(?:returned|rejected) (?:mail|message|e-?mail|to sender)|mail (?:system error|returned)|non[- ]?deliver|not delivered|could not (?:be )?(?:send|sent|deliver)|couldn.?t be delivered|user unknown|unknown (?:user|recipient)|warning: (?:could not|message)|mail delivery|\bndn\b|\bndr\b|nondeliverable|bounce"
    r"|unzustellbar|nicht zugestellt|zustell\w*.{0,20}(?:fehl|nicht)|fehlgeschlagen|non remis|[eé]chec.{0,20}(?:remise|distribution|livraison|d.envoi)|non distribu|impossible de (?:remettre|distribuer)|no se (?:ha )?(?:podido|puede|entreg)|no entregad|error.{0,10}entrega|devuelto|mancata consegna|impossibile recapitare|non recapitabile|n[aã]o (?:foi )?(?:entregue|poss[ií]vel)|falha na entrega|devolvid"
    r"|niet bezorg|onbestelbaar|kan inte levereras|недоставлен|не доставлен|не удалось доставить|nie (?:dostarczon|można dostarczyć)|iletilemedi|退信|无法投递|無法投遞|未能送达|无法送达|投递失败|发送失败|传递失败|無法傳遞|傳遞失敗|配信不能|配信できません|配達不能|配信に失敗|送信できません|返送|エラーメール|배달 ?(?:되지|실패)|반송|تعذر (?:التسليم|تسليم)|لم يتم تسليم",
    re.IGNORECASE,
)
#: Of texts.
FAILED: Final = re.compile(
    r"(?:could|can|did|was|were|has|have|is)(?:n.?t| ?not|not)\s+(?:yet\s+)?(?:be(?:en)?\s+)?(?:deliver|sent|reach|process|accept|route)|unable\s+to\s+(?:deliver|relay|route|send)|undeliver(?:ed|able)|delivery\b.{0,60}\b(?:fail|error|problem|has\s+been\s+(?:suspended|refused)|not\s+possible|impossible)|fail\w*\s+(?:to\s+deliver|permanently|recipient|delivery|address)|permanent(?:ly)?\s+(?:fatal\s+)?(?:error|fail)|message\s+you\s+sent\s+(?:could|was|to)|returned\s+to\s+(?:you|sender)|transcript\s+of\s+(?:the\s+)?session|fatal\s+errors|this\s+is\s+the\s+.{0,60}(?:program|mail\s+system)|rejected\s+(?:your|by|the)|user\s+(?:is\s+)?unknown|unknown\s+user|no\s+such\s+user|invalid\s+(?:final|recipient|address)|does(?:n.t|\s+not)\s+exist|mailbox\s+(?:is\s+)?(?:full|unavailable)|over\s+quota|account\s+(?:is\s+)?(?:disabled|closed|inactive)|bounce|non-?delivery|not\s+delivered|delivery\s+status\s+notification|had\s+(?:an?\s+)?(?:delivery\s+)?(?:error|problem)|was\s+(?:rejected|refused|undeliver)|\b5[0-5]\d[ -]5\.\d\.\d|not\s+listed\s+in|\b550\b"
    r"|nicht\s+(?:\w+\s+){0,3}(?:zugestellt|zustellen|ausgeliefert)|unzustellbar|konnte\s+nicht|non\s+(?:remis|distribu|pu)|n.a\s+(?:pas\s+)?pu\s+[eê]tre|impossible\s+de|no\s+se\s+(?:ha\s+)?(?:pud|puede|podido)|no\s+(?:ha\s+)?(?:podido|pudo|fue)|n[aã]o\s+(?:foi|p[oô]de|pode)|impossibile|non\s+[eè]\s+stato|niet\s+(?:worden\s+)?bezorgd|не\s+(?:может|может\s+быть|удалось|было|был)|退信|退回|无法|無法|未能|失败|失敗|できません|できなかった|されません|전송되지|배달되지|تعذر",
    re.IGNORECASE,
)
#: Warnings: delivery goes on.
STILL_TRYING: Final = re.compile(
    r"\bdelivery\b.{0,40}\bdelayed\b|\bwarning[: ].{0,60}(?:not (?:yet )?(?:been )?delivered|delayed|could not (?:be )?(?:send|sent|deliver\w*) (?:message )?(?:for|yet)|still)|\bthis is (?:only )?a warning\b|\byou do ?n.?o?t need to (?:resend|do)|\bno action is required\b|\bdelivery attempts will continue\b|\bwill (?:continue|keep)(?: to (?:be )?(?:try|retr\w+|attempt\w*)| trying| retrying)|\bwill be (?:retried|tried again)\b|\bhas not yet been delivered\b|\bwill (?:try|retry) (?:again )?(?:for|until|to deliver)|\bstill (?:being )?(?:trying|queued|in the queue|undelivered)|\btemporar\w+ (?:failure|problem).{0,80}\bretr"
    r"|verz[oö]gert|wird weiter(?:hin)? versucht|retard[eé]e?|retrasad|demorad|延迟|延遲|遅延|задержан",
    re.IGNORECASE,
)
