"""The words of mail servers: by what patterns an unknown reader, a full mailbox or a policy is recognised.

Servers say such things at the connection (`digest.core.verdict`) and in the reports that come back
(`digest.core.returned_rules`), the latter in many languages and with much else around it.
"""

from __future__ import annotations

import re
from typing import Final


def _words(*alternatives: str) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE)


# --- at the connection --------------------------------------------------------------------------------------

#: Clear words only: what speaks of a sender, a host or us is no word about the reader's address.
UNKNOWN_USER: Final = re.compile(
    r"^(?!.*\b(?:sender|from|your?|client|host|relay\w*)\b)(?:"
    r".*\b(?:user|recipient|mailbox|account|address|addressee)\b.{0,40}"
    r"\b(?:unknown|not found|not exist|no longer exists?|disabled|invalid)\b"
    r"|.*\b(?:unknown|no such|invalid|non-?existent)\b.{0,20}"
    r"\b(?:user|recipient|mailbox|account|address|local[- ]part)\b"
    r"|.*\bno mailbox (?:here )?by that name\b)",
    re.IGNORECASE,
)
FULL: Final = _words(r"\bquota\b", r"\b(mail)?box\b.{0,20}\bfull\b", r"\bstorage allocation\b")
SPAM: Final = _words(
    r"\bspam", r"\bblack-?list", r"\bblock-?list", r"\bdnsbl\b", r"\brbl\b", r"\breputation\b", r"\bjunk\b"
)
GREY: Final = _words(r"gr[ae]y-?list")
RATE: Final = _words(r"\btoo (many|much)\b", r"\brate\b", r"\bthrottl", r"\bslow down\b")

# --- in reports, after `bare` -------------------------------------------------------------------------------

_WHO: Final = r"(?:user(?:name|id)?|recipients?|mail ?box(?:es)?|e?-?mail|accounts?|(?:e-?mail )?address(?:es)?|addressee|customer|subscriber|alias|login|inbox|person)"
_IS_NOT: Final = (
    r"(?:unknown|not[ -](?:be[ -])?(?:found|known|listed|recogni[sz]ed|valid|active any|a (?:known|valid))"
    r"|(?:does|did|do)(?: not|n[o']?t) (?:seem to |appear to )?exists?|doesn.?t (?:exist|have)|not exist\w*"
    r"|no longer (?:exists?|valid|available|active|in use|on server|at this|with|accept|has|have)"
    r"|is(?: not|n.t) (?:a )?(?:known|valid|active)\b|invalid|non-?existent|wrong|undefined|unrecogni[sz]ed"
    r"|(?:has|have) (?:been )?(?:closed|deleted|removed|terminated|cancelled|discontinued|left)"
    r"|(?:is|was|are|been) (?:closed|deleted|removed|terminated|discontinued|nonexistent|not here|illegal)\b)"
)
#: Nobody is there. Not what a sender's address lacks, for which see `SENDER`.
NO_SUCH_READER: Final = _words(
    rf"\b{_WHO}\b(?:[^.;!?]|\.(?! )){{0,50}}?\b{_IS_NOT}",
    rf"\b(?:unknown|no such|invalid|non-?existent|unrecogni[sz]ed|unroutable|undeliverable|bad|illegal|nonexisting|wrong) (?:or \w+ )?(?:local |virtual |final |destination |delivery |e?-?mail |smtp |to |forwarding |final delivery )*{_WHO}\b",
    r"\bno (?:mail ?box|account|user|recipient|address|one|person|valid recipients?|alias)(?:es|s)? (?:here )?(?:by|with|named|under|of|matching|called|found|exists?|known|here)\b",
    r"\b(?:unknown|no such|invalid) (?:local[- ]part|name|person|entry|resident|addressee|mbox)\b",
    r"\bnot our customer\b|\bnot a valid (?:mail ?box|user|recipient|address)|\bno such (?:person|mail drop)\b",
    r"\bunknown in (?:virtual|local|relay)\b|\bnot (?:listed|found) in (?:domino directory|public name|.{0,30}\bdirectory)\b",
    r"\bbad destination (?:mailbox|email) address\b|\buser (?:is )?(?:not|unknown) (?:on|at) this\b",
    r"\b(?:couldn.?t|could not|can.?t|cannot|can not|unable to) (?:be )?(?:find|found|locate[d]?) (?:a |the |any )?(?:user|recipient|mail ?box|account|address)\b",
    r"\b(?:user|recipient|mail ?box|account|address)\w* (?:\S+ ){0,4}(?:couldn.?t|could not|cannot|can.?t|wasn.?t|was not|were not) (?:be )?(?:found|located|resolved)\b",
    r"recipientnotfound|recipnotfound|nosuchuser|\bresolver\.adr\.\w*notfound|\bunrouteable address\b",
    r"\b(?:user|recipient|mail ?box|account)\b.{0,30}\bnot (?:here|on this (?:server|system|host)|local|in service|available here)\b",
    r"\bno (?:longer|more) (?:works? (?:here|for)|employed|an? (?:employee|customer|user))\b|\bhas left the\b",
    r"\bdestinat(?:aire|ario|[aá]rio)\w*\b.{0,40}\b(?:inconnu|n.existe|invalide|inexistent|inv[aá]lid|desconocid|desconhecid|no existe|sconosciut)",
    r"\b(?:utilisateur|adresse|usuario|usu[aá]rio|direcci[oó]n|cuenta|buz[oó]n|casilla|utente|casella|indirizzo|conta|caixa postal|endere[cç]o|bo[iî]te)\b.{0,60}\b(?:inconnue?|invalide|n.existe|desconocid[oa]|no existe|inexistente|no se (?:ha )?encontr|n[aã]o existe|desconhecid|n[aã]o (?:foi )?encontrad|sconosciut[oa]|non esiste|inesistente|introuvable|n.a pas [eé]t[eé] trouv)",
    r"\b(?:empf[aä]nger|benutzer|postfach|adresse|e-?mail-?adresse|konto|mailbox|account|kennung)\w*\b.{0,60}\b(?:unbekannt|existiert nicht|nicht gefunden|nicht existiert|ung[uü]ltig|nicht vorhanden|unzul[aä]ssig)",
    r"\bunbekannte[rn]? (?:empf[aä]nger|benutzer|adresse)|\bkein(?:en)? (?:solcher|solchen) (?:benutzer|empf[aä]nger)",
    r"\b(?:gebruiker|ontvanger|postvak|adres)\w*\b.{0,40}\b(?:onbekend|bestaat niet|niet gevonden)",
    r"нет такого (?:пользовател|ящик|адрес)|(?:пользовател|ящик|адрес|получател|аккаунт)\S* .{0,40}(?:не существует|не найден|отсутству|неизвест)",
    r"(?:użytkownik|adres|konto|skrzynka|odbiorca).{0,40}(?:nie istnieje|nieznany|nie znaleziono)|kullanıcı bulunamadı",
    r"(?:用户|用戶|收件人|帐号|帳號|账号|帐户|账户|地址|邮箱|郵箱|信箱|邮件地址|使用者).{0,20}(?:不存在|无效|無效|不正确|未找到|找不到|错误|已(?:被)?(?:注销|冻结|停用)|有误)|(?:找不到|无此|查無此|没有此|不存在的).{0,10}(?:用户|用戶|收件人|帐号|账号|信箱|邮箱|地址|人)",
    r"(?:ユーザー?|宛先|メールアドレス|アドレス|受信者|メールボックス|アカウント|送信先).{0,40}(?:見つかりません|見つかりませんでした|存在しません|存在しない|ありません|不明|無効|間違|誤り)|あて先不明|宛先不明",
    r"(?:사용자|수신자|계정|메일 ?주소|받는 사람).{0,30}(?:없|존재하지|찾을 수)|المستخدم غير (?:موجود|معروف)",
    r"\bdelivery error: dd this user doesn.?t have a\b|\bmailbox not found\b|\bunknown user\b|\buser unknown\b",
    r"\brequested action not taken: mailbox (?:unavailable|not found)\b|\brecipient rejected: unknown\b",
    r"\bno (?:such )?user\b|\bunknown address(?:ee)?\b|\binvalid (?:final )?(?:delivery )?userid\b|\bno account\b",
    r"\brecipient (?:address )?(?:rejected: )?(?:undeliverable address|invalid)|\bnot in our (?:directory|database|system)",
    r"\b(?:is|was) not (?:an? )?(?:existing|known|valid|active|local) (?:user|recipient|mail ?box|account|address|customer)",
    r"\bcannot find (?:your )?recipient|\bunable to find recipient|\bthis is (?:a |an )?(?:unknown|invalid) ",
)
#: There was somebody, and the mailbox is closed for good.
CLOSED: Final = _words(
    rf"\b{_WHO}\b(?:[^.;!?]|\.(?! )){{0,40}}?\b(?:disabled|deactivated|inactive|expired|abandoned|unused|not active|discontinued|dormant)\b",
    r"\b(?:disabled|deactivated|inactive|closed|expired|terminated|abandoned) (?:user|recipient|mail ?box|account|address)\b",
    r"\bdisabled or discontinued\b|\bhas been inactive\b|(?:compte|bo[iî]te).{0,30}(?:d[eé]sactiv|ferm[eé]|supprim)",
)
#: Not now: such words soften those above.
FOR_A_TIME: Final = _words(
    r"\btemporar",
    r"\bsuspend",
    r"\block(?:ed|out)\b",
    r"\btry (?:again|later)\b",
    r"\bfor now\b",
    r"\bon vacation\b",
    r"\bvor[uü]bergehend",
    r"\btemporairement",
    r"\btemporalmente",
    r"暂时|暫時|一時的",
    r"\bunverified address\b|\baddress (?:verification|lookup) (?:in progress|failed)|\bcould not be verified\b",
)
MOVED: Final = _words(
    r"\b(?:has|have) (?:been )?(?:moved|migrated) to\b",
    r"\buser not local; please try\b",
    r"\bhas moved\b",
    r"\b(?:e-?mail )?address (?:has )?(?:changed|is no longer used)\b|\bplease use (?:the new|my new)\b",
)
#: No such domain, said by a resolver that looked, or a domain that declares that it takes no mail (RFC 7505).
NO_SUCH_DOMAIN: Final = _words(
    r"\bhost or domain name not found\b(?!.*\btry again\b)",
    r"\bdomain (?:name )?(?:does not|doesn.?t) exist",
    r"\bno such (?:domain|host)\b",
    r"\bnxdomain\b",
    r"\bdomain not found\b",
    r"\bhost (?:is )?unknown\b",
    r"\bunknown (?:host|domain)\b",
    r"\bname server: \S*:? ?host not found\b",
    r"\bnon-?existent (?:domain|host)",
    r"\bnull ?mx\b",
    r"\bdomain (?:is )?(?:unknown|not exist|has no mail)",
    r"\bunrouteable mail domain\b",
    r"\bcould not find any (?:mail )?(?:host|exchanger)",
    r"\bno (?:mx|mail server)s? (?:for|found for)\b.*\bdomain",
    r"\bbad destination (?:system|host)\b|\bcouldn.?t find any host\b|\bcouldn.?t find (?:a |any )?(?:host|mail exchanger)",
    r"\bhost not found\b(?!.*\btry again\b)|\bdns error: (?:dns server returned answer with no data|.*domain name not found)",
    r"域名不存在|找不到域名|ドメインが(?:存在しません|見つかりません)|\bdomaine? (?:inconnu|n.existe)|\bdominio no existe",
)
MAILBOX_FULL: Final = _words(
    r"\b(?:over|exceed\w*|above|out of|beyond|past|surpass\w*)\b.{0,40}\b(?:quota|storage|space|disk ?space)\b",
    r"\bquota\b.{0,40}\b(?:exceed|full|reach|viol|exhaust|limit)|\b(?:disk|mail ?box|user|storage|mail) quota\b|\boverquota\b|\bquotaexceeded\b",
    r"\b(?:mail ?box|in-?box|folder|account|storage|mail ?file|maildrop|mail)\b.{0,30}\b(?:is |was |are )?(?:over)?full\b|\bfull (?:mail)?box\b",
    r"\b(?:insufficient|not enough|no|low) (?:disk |storage |mailbox |mail )*(?:space|storage)\b.{0,40}|\bstorage allocation\b",
    r"\bmail ?box(?:.s)? (?:size|storage)? ?(?:limit|quota|space)?.{0,20}\b(?:exceed|reach|over)|\btoo many messages (?:in|on) (?:the |this |your )?(?:mail|in)?box",
    r"\bmail ?box has (?:exceeded|reached)|\bhas (?:exceeded|reached) (?:its|his|their|the) (?:mail ?box )?(?:maximum|size|storage|limit|quota|allowed)",
    r"\bpostfach\b.{0,40}\b(?:voll|[uü]berf[uü]llt)|\bspeicherplatz\b.{0,40}\b(?:ersch[oö]pft|[uü]berschritten)|\bbo[iî]te\b.{0,40}\bpleine?\b|\bquota (?:d[eé]pass|excedid)|\bbuz[oó]n\b.{0,30}\blleno\b|\bcaixa\b.{0,30}\bcheia\b|\bcasella\b.{0,30}\bpiena\b|\bsobrepas\w+.{0,20}\b(?:cuota|l[ií]mite)",
    r"(?:邮箱|郵箱|信箱|邮箱空间|空间|容量|存储|儲存).{0,12}(?:已满|已滿|满|滿|不足|超出|超过|超過)|容量.{0,10}(?:超|オーバー|一杯|いっぱい)|メールボックス.{0,20}(?:いっぱい|一杯|超|満杯)|переполнен|превышена? квот|용량.{0,10}초과|صندوق .{0,20}ممتلئ",
)
TOO_BIG: Final = _words(
    r"\b(?:message|mail|e-?mail|content|body|attachment|data|size)\b.{0,30}\b(?:too (?:big|large|long)|exceeds?\b.{0,30}\b(?:size|limit|maximum)|larger than|size exceed\w*)",
    r"\bmessage size\b|\bmax(?:imum)? message size\b|\bsize limit\b|\btoo (?:big|large)\b|\bnachricht.{0,20}zu gro(?:ß|ss)|邮件(?:大小|过大|太大)|サイズ.{0,20}超",
)
#: About the sender, or the sender's address or domain; an unknown user in such a sentence is ours.
SENDER: Final = _words(
    r"\bsender\b.{0,50}\b(?:reject|refus|unknown|verif|invalid|denied|not (?:found|exist|allowed|valid|accepted|authori[sz]ed)|does not|blocked|unroutable|misformatted)",
    r"\b(?:unknown|invalid|unroutable|unverified|bad|verify|reject\w*|block\w*|unauthori[sz]ed) sender\b|\bmail from\b.{0,60}\b(?:reject|refus|not allowed|denied|unknown|must|does not)|\breturn[- ]path\b.{0,40}\b(?:reject|invalid|not)|\bcallback failed\b|\bsender address\b|\bfrom address\b.{0,30}\b(?:reject|not)|\byour (?:domain|address|e-?mail address)\b.{0,40}\b(?:reject|not|does|unknown|invalid)|\bdomain of sender\b|\bcannot find your (?:host|reverse|domain|hostname)",
    r"发件人.{0,20}(?:拒|不存在|无效|黑名单)|\babsender\b.{0,40}\b(?:abgelehnt|unbekannt|ung[uü]ltig|gesperrt)|\bexp[eé]diteur\b.{0,40}\b(?:refus|rejet|inconnu)",
)
#: Refused for what was sent or for who sent it.
POLICY: Final = _words(
    r"\b(?:anti-?)?spam",
    r"\bblack-?list",
    r"\bblock-?list",
    r"\bdeny-?list",
    r"\bdnsbl\b",
    r"\brbl\w*\b",
    r"\breputation\b",
    r"\bjunk\b",
    r"\bpolic(?:y|ies)\b",
    r"\bspamhaus\b|\bspamcop\b|\bbarracuda\w*\b|\bproofpoint\b|\bsenderbase\b|\bsorbs\b|\bcloudmark\b|\bpbl\b|\bxbl\b|\bsbl\b|\busbl\b|\bfcrdns\b",
    r"\bunsolicited\b|\bbulk (?:mail|e-?mail|sender)|\bsuspicious\b|\bmalicious\b|\bphish|\bvirus\w*|\bmalware\b|\binfected\b|\btrojan\b",
    r"\b(?:spf|dkim|dmarc)\b|\bunauthenticated\b|\bauthenticat\w+|\bnot authori[sz]ed\b|\bunauthori[sz]ed\b|\bpermission denied\b|\bprohibited\b|\bnot permitted\b|\bforbidden\b",
    r"\b(?:reverse dns|rdns|ptr|reverse lookup)\b|\bcannot resolve your (?:ip|address)|\bhelo\b|\bip (?:address )?.{0,40}\b(?:block|reject|banned|denied|refused|listed)",
    r"\bbanned\b|\bblock(?:ed|ing)\b|\baccess denied\b|\bdenied by\b|\brefused by\b|\breject(?:ed|s)? (?:by|due|for|as|because)\b|\bnot accept(?:ing|ed)? (?:mail|messages?|connections?) from\b|\bdoes not accept (?:mail|e-?mail|messages?) from\b",
    r"\bcontent (?:reject|filter|block|restrict|denied|is|not)|\bmessage content\b|\bobjectionable\b|\bcomplain(?:ts?|ed)\b|\bheuristic|\bbayes|\bscored?\b|\bfilter(?:ed|ing)\b|\bsecurity\b|\bgr[ae]y-?list|\bblocked using\b|\btrust(?:ed)? (?:list|sender)|\bwhite-?list\b",
    r"\btoo many (?:recipients|connections|messages|errors|invalid|unknown)|\brate[- ]?limit|\bthrottl|\breceiving mail (?:too quickly|at a rate)|\b(?:sending|daily|hourly|outbound) (?:limit|quota)|\bexceeded.{0,30}\b(?:rate|messages per)|\bslow down\b",
    r"垃圾邮件|垃圾郵件|反垃圾|拒收|黑名单|黑名單|被(?:系统)?(?:拦截|屏蔽|拒绝)|策略|迷惑メール|スパム|拒否|受信拒否|\bunerw[uü]nscht|\brichtlinie|\bpourriel|\bind[eé]sirable|\bcorreo no deseado|спам",
)
RELAYING: Final = _words(
    r"\brelay(?:ing)?\b.{0,30}\b(?:denied|not (?:permitted|allowed)|prohibited|access|refused)|\b(?:unable|not (?:allowed|permitted|authori[sz]ed)) to relay\b|\bdo(?:es)? not relay\b|\bwe do not relay\b|\bnot (?:a|an) (?:open )?relay\b|\bcan(?:not|.t) relay\b|\bno relaying\b",
    r"\ballowed rcpthosts\b|\bdomain isn.t in my list\b",
)
LOOP: Final = _words(
    r"\bmail (?:for .{1,60} )?loops? back\b|\bloop(?:s|ing)?\b|\btoo many (?:hops|received)|\bhop count\b|\bforwarding loop\b"
)
EXPIRED: Final = _words(
    r"\b(?:retry time(?:out)?|delivery time|message (?:has )?)\b.{0,30}\b(?:exceed|expired?)|\bexpired\b|\bgave up\b|\bgiving up\b|\btimed? ?out\b|\bnot (?:been )?delivered (?:after|within)|\bin (?:the )?queue (?:too|for)|\bretry timeout\b",
    r"\bconnection (?:refused|timed|reset|lost|closed|dropped)|\bno route to host\b|\bnetwork (?:is )?unreachable\b|\bcouldn.?t (?:establish|connect)|\bunable to connect|\bcould not connect|\bhost (?:is )?(?:down|unreachable)|\btry again\b",
)

_NAMES: Final = re.compile(
    r"\bhttps?://[^\s<>\"]+|<?[^\s<>@:;,()\"']{1,80}@[^\s<>@:;,()\"']{1,120}>?|\b(?:[\w-]{1,63}\.){1,6}[A-Za-z][\w-]{1,20}\b(?<!resolver\.adr)"
)
_RESOLVER: Final = re.compile(r"\bresolver\.", re.IGNORECASE)
#: One line of words is judged up to here.
_LONGEST: Final = 3000


def bare(text: str) -> str:
    """The words without links, addresses and host names: a server called `antispam` accuses nobody."""
    text = " ".join(text[:_LONGEST].split())
    return _NAMES.sub(lambda found: found[0] if _RESOLVER.match(found[0]) else "@", text)
