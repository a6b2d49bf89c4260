"""The words of mail servers: by what patterns an unknown reader, a full mailbox or a policy is recognised.

They are for the reports that come back (`digest.core.returned_rules`), which say such things with much else
around it, and in many languages, for which see `digest.core.reply_words_abroad`. What servers say at the
connection is in `digest.core.refusal_words`.
"""

from __future__ import annotations

import re
from typing import Final

from digest.core import reply_words_abroad as abroad


def _words(*alternatives: str) -> re.Pattern[str]:
    """Patterns are in small letters, as what they are looked for in: that is twice as fast."""
    return re.compile("|".join(alternatives))


_WHO: Final = (
    r"(?:user(?:name|id)?|recipients?|rcpt|mail ?box(?:es)?|accounts?|(?:e-?mail )?address(?:es)?|addressee"
    r"|customer|subscriber|alias|login|inbox|person)"
)
_THERE: Final = r"(?:user|recipient|mail ?box|account|address)"
_IS_NOT: Final = (
    r"(?:unknown|not[ -](?:be[ -])?(?:found|known|listed|recogni[sz]ed|valid|active any)"
    r"|(?:do(?:e?s)?|did)(?: not|n[o']?t) (?:seem to |appear to )?exists?|doesn.?t (?:exist|have)"
    r"|not exist\w*"
    r"|no longer (?:exists?|valid|available|active|in use|on server|at this|with"
    r"|accept(?:s|ing)?\b(?!.{0,30}\bfrom\b))"
    r"|is(?: not|n.t) (?:a )?(?:known|valid|active)\b"
    r"|invalid|non-?existent|wrong|undefined|unrecogni[sz]ed"
    r"|(?:has|have) (?:been )?(?:closed|deleted|removed|terminated|cancelled|discontinued|left)"
    r"|(?:is|was|are|been) (?:closed|deleted|removed|terminated|discontinued|nonexistent|not here|illegal)\b)"
)
_KINDS: Final = (
    r"(?:local |virtual |final |destination |delivery |e?-?mail |smtp |to |forwarding |final delivery )*"
)
#: Nobody is there. Not what a sender's address lacks, for which see `SENDER`.
NO_SUCH_READER: Final = _words(
    rf"\b{_WHO}\b(?:[^.;!?]|\.(?! )){{0,50}}?\b{_IS_NOT}",
    r"\b(?:unknown|no such|invalid|non-?existent|unrecogni[sz]ed|unroutable|illegal|wrong) "
    rf"(?:or \w+ )?{_KINDS}{_WHO}\b",
    r"\bno (?:mail ?box|account|user|recipient|address|one|person|valid recipients?|alias)(?:es|s)? "
    r"(?:here )?(?:by|with|named|under|of|matching|called|found|exists?|known|here|available)\b",
    r"\b(?:unknown|no such|invalid) (?:local[- ]part|name|person|entry|resident|addressee|mbox|mail drop)\b",
    r"\bnot our customer\b|\bno (?:such )?user\b|\bno account\b|\bno valid recipients?\b",
    rf"\bnot (?:an? )?(?:existing|known|valid|active|local) (?:user|customer|{_THERE})",
    r"\bunknown in (?:virtual|local|relay)\b|\bnot in our (?:directory|database|system)",
    r"\bnot (?:listed|found) in (?:domino directory|public name|.{0,30}\bdirectory)\b",
    r"\bbad[ _-](?:destination (?:mailbox|email) address|recipient|user)\b|\buser (?:is )?(?:not"
    r"|unknown) (?:on|at) this\b",
    r"\b(?:couldn.?t|could not|can.?t|cannot|can not|unable to) (?:be )?(?:find|found|locate[d]?) "
    rf"(?:a |the |any |your )?{_THERE}\b",
    rf"\b{_THERE}\w* (?:\S+ ){{0,4}}(?:couldn.?t|could not|cannot|can.?t|wasn.?t|was not|were not) (?:be )?"
    r"(?:found|located|resolved)\b",
    rf"\b{_THERE}\b.{{0,30}}\bnot (?:here|on this (?:server|system|host)|local|in service)\b",
    r"\bno (?:longer|more) (?:works? (?:here|for)|employed|an? (?:employee|customer|user))\b",
    r"\b(?:unable to|cannot|could not) find @ in (?:the|our)\b|@ (?:is )?not known here\b",
    r"\bhas left the\b|\bwas(?: not|n.t) found at @",
    r"\brecipient (?:address )?(?:rejected: )?(?:undeliverable address|invalid)",
    r"\bthis is (?:a |an )?(?:unknown|invalid) ",
    # what certain servers say word for word
    r"\brequested action not taken: mailbox not found\b|\bunrouteable address\b",
    r"recipientnotfound|recipnotfound|nosuchuser|\bresolver\.adr\.\w*notfound",
    *abroad.NO_SUCH_READER,
)
#: What free mail calls an address that nobody has; elsewhere it may be anything.
UNAVAILABLE: Final = _words(r"\brequested action not taken: mailbox unavailable")
#: There was somebody, and the mailbox is closed for good.
CLOSED: Final = _words(
    rf"\b{_WHO}\b(?:[^.;!?]|\.(?! )){{0,40}}?\b"
    r"(?:disabled|deactivated|inactive|has expired|abandoned|unused|not active|discontinued|dormant)\b",
    rf"\b(?:disabled|deactivated|inactive|closed|expired|terminated|abandoned) (?:user|{_THERE})\b",
    r"\bdisabled or discontinued\b|\bhas been inactive\b|\b(?:due to|because of) inactivity\b",
    *abroad.CLOSED,
)
#: Not now: such words soften those above.
FOR_A_TIME: Final = _words(
    r"\bfor (?:maintenance|the holidays?)\b|\buntil (?:next|tomorrow|further|\d|(?:mon|tues|wednes|thurs"
    r"|fri|satur|sun)day)",
    r"\bdns time-?out\b|\btemporar|\bsuspend|\block(?:ed|out)\b|\btry (?:again )?later\b|\bfor now\b"
    r"|\bon vacation\b",
    r"\bunverified address\b|\baddress (?:verification|lookup) (?:in progress|failed)",
    r"\bcould not be verified\b",
    *abroad.FOR_A_TIME,
)
#: Said once the whole mail was there, by a server that had taken the recipient before.
AFTER_THE_MAIL: Final = _words(
    r"\bin reply to end of data command\b|\bafter end of data\b|\bremote server for text command\b"
    r"|\bfailed after i sent the message\b"
)
#: About the mail, without a reason; a server that says why no reader is there says that instead.
MAIL_REFUSED: Final = _words(
    r"\b(?:mail|message|e-?mail)(?: was| is| has been)? (?:rejected|refused|denied)\b",
    r"\b(?:invalid|wrong) ip\b|\bmismatch\w* client\b|\bnetwork not allowed\b|\(bl\)",
)
MOVED: Final = _words(
    r"\b(?:has|have) (?:been )?(?:moved|migrated) to\b(?! (?:a |an |the )?(?:new |other "
    r"|another )?(?:server|host|system))|\bhas moved\b|\buser not local; please try\b",
    r"\baddress (?:has )?(?:changed|is no longer used)\b|\bplease use (?:the new|my new)\b",
)
#: No such domain, said by a resolver that looked, or a domain that declares that it takes no mail (RFC 7505).
NO_SUCH_DOMAIN: Final = _words(
    r"\bhost or domain name not found\b(?!.*\btry again\b)|\bhost not found\b(?!.*\btry again\b)",
    r"\b(?:unknown|invalid|non-?existent|no such) (?:host|domain)\b|\bnxdomain\b|\bnull ?mx\b",
    r"\bdomain (?:name )?(?:\(?@\)? )?(?:does not|doesn.?t) (?:exist|appear to be registered)"
    r"|\bdomain (?:is )?(?:unknown|not exist|has no mail)",
    r"\bname or service not known\b|\bno such host\b",
    r"\bdomain not found\b|\bhost (?:is )?unknown\b|\bhost @ not found\b|\billegal host/domain name\b",
    r"\bunrouteable mail domain\b|\bbad destination (?:system|host)\b",
    r"\bcould(?:n.?t| not) find (?:a |any )?(?:mail )?(?:host|exchanger)",
    r"\bno (?:mx|mail server)s? (?:for|found for)\b.*\bdomain\b|\bno (?:valid )?mx records?\b",
    r"\bdns error: (?:dns server returned answer with no data|.*domain name not found)",
    *abroad.NO_SUCH_DOMAIN,
)
#: A domain that declares that it takes no mail (RFC 7505), whichever code is told with it.
NULL_MX: Final = _words(
    r"\bindicated no (?:smtp|mail) service\b|\bnull ?mx\b(?!.*\bsender)",
    r"\b(?:host|domain)\b(?: \S+)? (?:does not|doesn.t) (?:accept|receive) (?:any )?(?:e-?)?mail\b(?! from)",
)
#: What we may send, which is no room of a reader's.
OUR_LIMIT: Final = _words(
    r"\b(?:send|sending|daily|hourly|outbound)(?: user| sending| message| relay){0,2} (?:limit|quota)\b"
)
MAILBOX_FULL: Final = _words(
    r"\b(?:over|exceed\w*|above|out of|beyond|past|surpass\w*)\b.{0,40}"
    r"\b(?:quota|storage|(?:disk ?)?space)\b",
    r"\bquota\b.{0,40}\b(?:exceed|full|reach|viol|exhaust|limit)|\boverquota\b|\bquotaexceeded\b",
    r"\b(?:disk(?: ?space)?|mail ?box|user|storage|mail) quota\b|\boverdrawn\b|\benough (?:disk ?)?space\b"
    r"|\bstorage allocation\b|\bfull (?:mail)?box\b",
    r"\b(?:mail ?box|in-?box|(?:mail ?)?folder|account|storage|mail ?file|maildrop"
    r"|mail)\b.{0,30}\b(?:over)?full\b",
    r"\b(?:insufficient|not enough|no|low) (?:disk |storage |mailbox |mail )*(?:space|storage)\b",
    r"\bmail ?box(?:.s)? (?:size|storage)? ?(?:limit|quota|space)?.{0,20}\b(?:exceed|reach|over)",
    r"\btoo many messages (?:in|on) (?:the |this |your )?(?:(?:mail|in)?box|server)",
    r"\bmail ?box has (?:exceeded|reached)",
    r"\bhas (?:exceeded|reached) (?:its|his|their|the) "
    r"(?:mail ?box )?(?:maximum|size|storage|limit|quota|allowed)",
    *abroad.MAILBOX_FULL,
)
TOO_BIG: Final = _words(
    r"\b(?:message|mail|e-?mail|content|body|attachment|data|size)\b.{0,30}\b"
    r"(?:too (?:big|large|long)|exceeds?\b.{0,30}\b(?:size|limit|maximum)|larger than|size exceed\w*)",
    r"\bmessage size\b|\bsize limit\b|\btoo (?:big|large)\b",
    *abroad.TOO_BIG,
)
#: About the sender, or the sender's address or domain; an unknown user in such a sentence is ours.
SENDER: Final = _words(
    r"\bsender\b.{0,50}\b(?:reject|refus|unknown|verif|invalid|denied|does not|blocked|unroutable"
    r"|misformatted|not (?:found|exist|allowed|valid|accepted|authori[sz]ed))",
    r"\b(?:unknown|invalid|unroutable|unverified|bad|verify|reject\w*|block\w*|unauthori[sz]ed) sender\b",
    r"\bmail from\b.{0,60}\b(?:reject|refus|not allowed|denied|unknown|must|does not)|\bsender address\b",
    r"\breturn[- ]path\b.{0,40}\b(?:reject|invalid|not)|\bcallback failed\b|\bdomain of sender\b",
    r"\b(?:from|reply-to|sender|to|cc)\b[:'\"]{0,3} (?:header|field)\b",
    r"\bfrom address\b.{0,30}\b(?:reject|not)|\bcannot find your (?:host|reverse|domain|hostname)",
    r"\byour (?:e-?mail )?(?:domain|address|account|mailbox)\b.{0,40}"
    r"\b(?:reject|not|no|does|unknown|invalid|disabled|closed|inactive)",
    r"\bsending (?:account|address|domain)\b|\b(?:account|address) you (?:used to send|send from"
    r"|are sending from)",
    r"\bfor (?:the |this )?sender\b",
    *abroad.SENDER,
)
#: Refused for what was sent or for who sent it.
POLICY: Final = _words(
    r"\b(?:anti-?)?spam|\b(?:black|block|deny|white)[ -]?list|\bdnsbl\b|\brbl\w*\b|\breputation\b|\bjunk\b",
    r"\bpolic(?:y|ies)\b|\bspam(?:haus|cop)\b|\bproofpoint\b|\bsenderbase\b|\bsorbs\b|\bcloudmark\b",
    r"\b[psx]bl\b|\busbl\b|\bfcrdns\b|\bunsolicited\b|\bbulk (?:mail|e-?mail|sender)|\bsuspicious\b",
    r"\bmalicious\b|\bphish|\bvirus\w*|\bmalware\b|\binfected\b|\btrojan\b|\bspf\b|\bdkim\b|\bdmarc\b",
    r"\b(?:un)?authenticat\w+|\b(?:not |un)authori[sz]ed\b|\bpermission denied\b|\bprohibited\b",
    r"\bnot permitted\b|\bnot allowed to (?:receive|send)\b|\bforbidden\b|\bprohibition\b|\b(?:reverse dns"
    r"|rdns|ptr|reverse lookup)\b|\bhelo\b(?! handshake)",
    r"\bcannot resolve your (?:ip|address)|(?<!exchanger or )\bip[ -]address\b|\bpassword\b",
    r"\bip (?:address )?.{0,40}\b(?:block|reject|banned|denied|refused|listed)",
    r"\bbanned\b|\bblock(?:ed|ing)\b(?! (?:due to|for|because of) (?:inactivity|non-?use))"
    r"|(?<!relay )\baccess denied\b|\bdenied by\b|\brecipient.s? preferences\b",
    r"\b(?:reject(?:ed|s)?|refused) (?:due|for|as|because)\b",
    r"\bnot accept(?:ing|ed)? (?:mail|messages?|connections?) from\b",
    r"\b(?:does not|no longer) accepts? (?:mail|e-?mail|messages?) from\b",
    r"\bcontent (?:reject|filter|block|restrict|denied|is|not)|\bmessage content\b|\bobjectionable\b",
    # programs that carry it in their names have refused nothing yet
    r"\bcomplain(?:ts?|ed)\b|\bheuristic|\bbayes|\bscored?\b|\bfilter(?:ed|ing)\b"
    r"|\bsecurity\b(?! (?:suite|gateway|appliance|server|service|agent|manager))",
    r"\bgr[ae]y-?list|\btrust(?:ed)? (?:list|sender)",
    r"\b(?:unknown|invalid) (?:user|recipient)s? (?:limit|rate)\b",
    r"\btoo many (?:recipients|connections|messages|errors|invalid|unknown)|\brate[- ]?limit|\bthrottl",
    # what providers of China say of spam and of too much
    r"\bfrequency limited\b|\b(?:dt|mi|hl|rp):[a-z]{3}\b",
    r"\breceiving mail (?:too quickly|at a rate)|\bslow down\b",
    r"\b(?:sending|daily|hourly|outbound) (?:limit|quota)|\bexceeded.{0,30}\b(?:rate|messages per)",
    *abroad.POLICY,
)
RELAYING: Final = _words(
    r"(?<!open )\brelay(?:ing)?\b.{0,30}?\b(?:denied|not (?:permitted|allowed)|prohibited|access|refused)",
    r"\b(?:unable|not (?:allowed|permitted|authori[sz]ed)) to relay\b|\b(?:does|do|can) ?not relay\b",
    r"\bnot (?:a|an) (?:open )?relay\b|\bcan.t relay\b|\bno relaying\b",
    r"\ballowed rcpthosts\b|\bdomain isn.t in my list\b",
)
LOOP: Final = _words(
    r"\bmail (?:for .{1,60} )?loops? back\b|\bloop(?:s|ing)?\b|\btoo many (?:hops|received)|\bhop count\b"
)
EXPIRED: Final = _words(
    r"\b(?:retry time(?:out)?|delivery time|message (?:has )?)\b.{0,30}\b(?:exceed|expired?)|\bexpired\b",
    r"\bgave up\b|\bgiving up\b(?! on)|\btimed? ?out\b|\bnot (?:been )?delivered (?:after|within)",
    r"\bretry timeout\b",
    r"\bin (?:the )?queue (?:too|for)|\bconnection (?:refused|timed|reset|lost|closed|dropped)|\btry again\b",
    r"\bno route to host\b|\bnetwork (?:is )?unreachable\b|\bhost (?:is )?(?:down|unreachable)",
    r"\bcouldn.?t (?:establish|connect)|\bunable to connect|\bcould not connect",
)

#: Of explanations that servers add of their own.
GUESS: Final = _words(
    # not the month
    r"(?<!\d )(?<!\d-)\bmay\b(?!,? \d|-\d)|\b(?:might|maybe|perhaps|possibl[ey]|probably|usually|typically"
    r"|for example|make sure)\b",
    *abroad.GUESS,
)

#: Letters that stand beside a name without a space.
_EAST: Final = "\u3000-\u9fff\uff00-\uffef"
_NAMES: Final = re.compile(
    rf"\bhttps?://[^\s<>\"{_EAST}]+|<?[^\s<>@:;,()\"'{_EAST}]{{1,80}}@[^\s<>@:;,()\"'{_EAST}]{{1,120}}>?"
    r"|\b(?:[\w-]{1,63}\.){1,6}[a-z][\w-]{1,20}\b"
)
#: Links to lists of bad senders say why.
_LISTED: Final = re.compile(r"spamhaus|spamcop|sorbs|barracudacentral|dnsbl|\brbl|black-?list|block-?list")
#: Beyond this a reply is a page.
_LONGEST: Final = 3000


def bare(text: str) -> str:
    """The words in small letters, without links, addresses and host names: a server called `antispam`
    accuses nobody."""
    words = " ".join(text[:_LONGEST].lower().split()).replace("\u2019", "'")
    return _NAMES.sub(_stand_in, words)


def _stand_in(found: re.Match[str]) -> str:
    """Codes of Exchange stay, and so does what a link to a list of bad senders says."""
    name = found[0]
    if name.startswith("resolver."):
        return name
    return "blocklist" if name.startswith("http") and _LISTED.search(name) else "@"
