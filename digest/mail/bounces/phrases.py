"""The phrases of servers that could not deliver, of machines that answer, and of readers who leave."""

from __future__ import annotations

import re
from typing import Final


def _phrases(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


#: Of subjects, where they may be all that tells a bounce.
FAILED_SUBJECT: Final = _phrases(
    r"undeliver(?:able|ed)|non[- ]?deliver|not delivered|\bnd[nr]\b|nondeliverable|bounce|processing error",
    r"(?:delivery|mail|message|e-?mail).{0,30}\b(?:fail\w*|error|problem|not delivered|undeliver\w+"
    r"|status notification|delayed|rejected|bounced?|warning)\b",
    r"delivery (?:status|failure|report|notification|has failed)|fail\w* (?:mail|delivery|notice)",
    r"(?:returned|rejected) (?:mail|message|e-?mail|to sender)|mail (?:system error|returned|error)",
    r"could not (?:be )?(?:send|sent|deliver)|couldn.?t be delivered|warning: (?:could not|message)",
    r"user unknown|unknown (?:user|recipient)|mail delivery",
    r"unzustellbar|nicht zugestellt|zustell\w*.{0,20}(?:fehl|nicht)|fehlgeschlagen|niet bezorg|onbestelbaar",
    r"non remis|[eé]chec.{0,20}(?:remise|distribution|livraison|d.envoi)|non distribu",
    r"impossible de (?:remettre|distribuer)|no se (?:ha )?(?:podido|puede|entreg)|no entregad",
    r"error.{0,10}entrega|devuelto|mancata consegna|impossibile recapitare|non recapitabile",
    r"n[aã]o (?:foi )?(?:entregue|poss[ií]vel)|falha na entrega|devolvid|kan inte levereras",
    r"недоставлен|не доставлен|не удалось доставить|nie (?:dostarczon|można dostarczyć)|iletilemedi",
    r"olevererbar|kan ikke leveres|ei voi toimittaa|toimitus ei onnistu|nedoru[cč]|kézbesíthetetlen"
    r"|niedostarcz",
    r"teslim edile?me?|не вдалося доставити|לא ניתן למסירה|nelivrabil|δεν (?:παραδόθηκε"
    r"|είναι δυνατή η παράδοση)",
    r"tidak (?:dapat )?terkirim|발송 ?실패|전송 ?실패|발송에 실패|no entregable|未传递|未傳遞",
    r"退信|无法投递|無法投遞|未能送达|无法送达|投递失败|发送失败|传递失败|無法傳遞|傳遞失敗",
    r"配信不能|配信できません|配達不能|配信に失敗|送信できません|返送|エラーメール|メールエラー",
    r"배달 ?(?:되지|실패)|반송|تعذر (?:التسليم|تسليم)|لم يتم تسليم",
)
#: Of texts.
FAILED: Final = _phrases(
    r"(?:could|can|did|was|were|has|have|is)(?:n.?t| ?not|not)\s+(?:yet\s+)?(?:be(?:en)?\s+)?"
    r"(?:deliver|sent|reach|process|accept|route)",
    r"unable\s+to\s+(?:deliver|relay|route|send)|undeliver(?:ed|able)|non-?delivery|not\s+delivered|bounce",
    r"delivery\b.{0,60}\b(?:fail|error|problem|has\s+been\s+(?:suspended|refused)|not\s+possible|impossible)",
    r"fail\w*\s+(?:to\s+deliver|permanently|recipient|delivery|address)|fatal\s+errors|has\s+been\s+returned",
    r"permanent(?:ly)?\s+(?:fatal\s+)?(?:error|fail)|message\s+you\s+sent\s+(?:could|was|to)",
    r"returned\s+to\s+(?:you|sender)|transcript\s+of\s+(?:the\s+)?session|delivery\s+status\s+notification",
    r"this\s+is\s+the\s+.{0,60}(?:program|mail\s+system)|rejected\s+(?:your|by|the)|user\s+(?:is\s+)?unknown",
    r"(?:unknown|no\s+such)\s+user|invalid\s+(?:final|recipient|address)|does(?:n.t|\s+not)\s+exist",
    r"mailbox\s+(?:is\s+)?(?:full|unavailable)|over\s+quota|account\s+(?:is\s+)?(?:disabled|closed|inactive)",
    r"had\s+(?:an?\s+)?(?:delivery\s+)?(?:error|problem)|was\s+(?:rejected|refused|undeliver)",
    r"\b5[0-5]\d[ -]5\.\d\.\d|not\s+listed\s+in|\b550\b|has\s+been\s+postponed",
    r"nicht\s+(?:\w+\s+){0,3}(?:zugestellt|zustellen|ausgeliefert)|unzustellbar|konnte\s+nicht",
    r"non\s+(?:remis|distribu|pu)|n.a\s+(?:pas\s+)?pu\s+[eê]tre|impossible\s+de|impossibile",
    r"no\s+se\s+(?:ha\s+)?(?:pud|puede|podido)|no\s+(?:ha\s+)?(?:podido|pudo|fue)",
    r"n[aã]o\s+(?:foi|p[oô]de|pode)|non\s+[eè]\s+stato|niet\s+(?:worden\s+)?bezorgd",
    r"не\s+(?:может|может\s+быть|удалось|было|был)|退信|退回|无法|無法|未能|失败|失敗",
    r"misslyckades|mislykkedes|mislyktes|epäonnistui|nezdařil|nepodařil|nem sikerült|başarısız oldu|mislukt",
    r"nie powiodło|nie została dostarczon|не вдалося|נכשלה|فشل|실패|발송되지|no se (?:entreg|pudo)"
    r"|no fue entregad",
    r"できません|できなかった|されません|전송되지|배달되지|تعذر",
)
#: With which nobody begins who writes to a person.
OPENING: Final = re.compile(
    r"(?:your|the|this|a|following) (?:e-?mail|message|mail|following (?:e-?mail|message|mail))[^.!?]{0,120}"
    r"\s(?:could not|couldn.t|cannot|can not|was not|has not been) (?:be )?(?:\w+ )?"
    r"(?:deliver|sent\b(?! to you\b| unsolicited)|rout)"
    r"|non-delivery report|hi\. this is the .{1,60} (?:program|mail server|mail system"
    r"|mail delivery agent)\b|the (?:e-?mail|message) below could not be delivered"
    r"|votre message n.a pas pu|ihre nachricht .{0,80}konnte nicht"
    r"|su mensaje no (?:se )?(?:ha )?(?:podido|pudo)"
    r"|送信できませんでした|您的邮件.{0,40}(?:无法|未能|被退回)",
    re.IGNORECASE | re.DOTALL,
)
#: Warnings: delivery goes on.
STILL_TRYING: Final = _phrases(
    r"\bdelivery\b.{0,40}\bdelayed\b|\bthis is (?:only )?a warning\b|\bno action is required\b",
    r"\bwarning[: ].{0,60}(?:not (?:yet )?(?:been )?delivered|delayed|still"
    r"|could not (?:be )?(?:send|sent|deliver\w*) (?:message )?(?:for|yet))",
    r"\byou do ?n.?o?t need to (?:resend|do)|\bdelivery attempts will continue\b|\bwill be retried\b",
    r"\bwill (?:continue|keep)(?: to (?:be )?(?:try|retr\w+|attempt\w*)| trying| retrying)",
    r"\bwill be tried again\b|\bhas not yet been delivered\b|\bwill (?:try|retry) (?:again )?(?:for|until)",
    r"\bstill (?:being )?(?:trying|queued|in the queue|undelivered)",
    r"\btemporar\w+ (?:failure|problem).{0,80}\bretr",
    r"verz[oö]gert|wird weiter(?:hin)? versucht|retard[eé]e?|retrasad|demorad|延迟|延遲|遅延|задержан",
)
#: That a mail reached its reader, told without a report.
ARRIVED: Final = _phrases(
    r"\bsuccessful(?:ly)? (?:mail )?deliver(?:y|ed)\b|\bdelivered successfully\b|\bdelivery confirmation\b",
    r"\b(?:was|has been) delivered to\b|\berfolgreich zugestellt\b|已成功(?:送达|投递)|доставлено успешно",
)
#: Subjects of who is away.
AWAY: Final = re.compile(
    r"^\W*(?:(?:re|aw|sv|antw|回复|答复)\s*[:：]\s*)?(?:"
    r"auto(?:matic(?:ally)?|mated)?[- _]?(?:reply|repl(?:ies|ied)|response|respond(?:er)?|answer|generated)"
    r"|out[- ]of[- ](?:the[- ])?office|\booo\b|vacation|away from|on (?:vacation|leave|holiday)"
    r"|i am (?:currently )?(?:away|out|on)|annual leave|maternity leave"
    r"|abwesen|ich bin nicht|automatische (?:antwort|r[uü]ck)|urlaub|nicht im (?:b[uü]ro|haus)"
    r"|r[eé]ponse automatique|absen(?:ce|t) d|en (?:cong[eé]s|vacances)"
    r"|respuesta autom|fuera de (?:la )?oficina|ausente|resposta autom|fora d[eo] escrit"
    r"|risposta automatica|fuori (?:sede|ufficio)|assenza|auto:|automatisch antwoord|afwezig"
    r"|automatyczna odpowied|nieobecno|odpowied[zź] automatyczna|автоматический ответ|автоответ|нет на месте"
    r"|otomatik yan[ıi]t|automatisk svar|autosvar|fr[aå]nvaro|frav[aæ]r|poissa"
    r"|自动回复|自動回覆|自動回信|自动答复|外出|不在办公室|休假|自動(?:返信|応答)|不在(?:のお知らせ|通知|です)"
    r"|부재|자동 ?(?:응답|회신)|رد تلقائي|خارج المكتب|תשובה אוטומטית)",
    re.IGNORECASE,
)
#: Of programs that ask senders to prove that they are people.
CHALLENGE: Final = _phrases(
    r"\b(?:confirm|verify) (?:that )?(?:your (?:message|mail|e-?mail)|delivery|yourself as"
    r"|you are (?:a )?(?:human|person|sender|real))",
    r"\bchallenge[- ]response\b|\bsender (?:confirmation|verification|address verification)\b",
    r"\bmessage (?:is )?awaiting (?:your )?(?:confirmation|verification|authentication)",
    r"\b(?:boxbe|spamarrest|tmda|asksender|bluebottle|mailblocks|uol anti-?spam|antispam uol)\b",
    r"\bwaiting list: action required\b|\bconfirma[cç][aã]o de (?:envio|e-?mail)",
    r"\bclick (?:the|this) (?:link|button) .{0,60}\b(?:deliver|human|approved?)\b",
)
#: Wishes to leave, where they are all that a line says.
LEAVE: Final = re.compile(
    r"(?:please |pls |kindly |bitte |por favor |请|請)?(?:"
    r"(?:un|de) ?subscri(?:be|ption)(?: me)?"
    r"(?: from (?:this|the|your|all) (?:mailing )?(?:list|newsletter|e ?mail)s?)?"
    r"|stop(?: (?:it|all|this|(?:sending|e ?mail(?:s|ing)?|mailing)(?: me)?(?: (?:e ?)?mails?)?))?"
    r"|remove(?: me)?(?: from (?:this|the|your) (?:mailing )?(?:list|newsletter))?|opt ?out"
    r"|take me off(?: (?:this|the|your) (?:mailing )?list)?|signoff|end"
    r"|cancel(?: (?:my )?subscription)?|leave"
    # German, French
    r"|(?:mich )?(?:bitte )?(?:vom newsletter )?(?:abmelden|abbestellen|austragen|abmeldung|abbestellung)"
    r"|newsletter (?:abmelden|abbestellen)"
    r"|(?:se |me )?d[eé]s(?:abonner|inscrire|inscription|abonnement)|d[eé]sabonnez moi|arr[eê]t(?:er|ez)?"
    # Spanish, Portuguese, Italian
    r"|(?:darme de )?baja|cancelar(?: (?:la )?suscripci[oó]n| inscri[cç][aã]o)?|anular|desuscribir(?:me|se)?"
    r"|descadastrar|descadastre me|remover|sair|cancella(?:mi|zione|rmi)?|disiscri(?:vimi|zione|vermi)"
    # Dutch, the North, Polish, Russian, Turkish
    r"|uitschrijven|afmelden|avregistrera|avsluta|afmeld|meld av|avmeld|peruuta|wypisz(?: mnie)?|rezygnuj[eę]"
    r"|отписаться|отписка|отпишите(?: меня)?|abonelikten [cç][ıi]k|listeden [cç][ıi]k"
    # Chinese, Japanese, Korean, Arabic, Hebrew
    r"|取消订阅|取消訂閱|退订|退訂|我要退订|td|配信停止|配信解除|退会|購読解除|登録解除"
    r"|수신 ?거부|구독 ?(?:취소|해지)|إلغاء الاشتراك|الغاء الاشتراك|ألغ اشتراكي|إلغاء|ביטול מנוי"
    r")(?: ?(?:please|bitte|thanks|thank you|merci|danke|谢谢|me))?",
    re.IGNORECASE,
)
#: With which mail programs begin what is answered.
QUOTED: Final = re.compile(
    r"^\s*(?:>|\|)|^\s*-{2,}\s*(?:original|forwarded|urspr|原始|message d)|^\s*_{10,}"
    r"|^\s*(?:from|von|de|发件人|差出人)\s*[:：]\s|写道[:：]\s*$|كتب:\s*$"
    r"|^\s*(?:on|am|le|el|il|op)\b.{5,200}(?:wrote|schrieb|[eé]crit|escribi[oó]|ha scritto|schreef)\s*:?\s*$",
    re.IGNORECASE,
)
SIGNATURE: Final = re.compile(
    r"^(?:--|sent from my .*|von meinem .* gesendet|envoy[eé] (?:de|depuis) .*|发自.*|get outlook for .*)$",
    re.IGNORECASE,
)
