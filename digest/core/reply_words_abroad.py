"""The words of mail servers that do not speak English: pieces of patterns of `digest.core.reply_words`."""

from __future__ import annotations

from typing import Final

NO_SUCH_READER: Final = (
    # German
    r"\b(?:empf[aä]nger|benutzer|postfach|(?:e-?mail-?)?adresse|konto|mailbox|account|kennung)\w*\b.{0,60}\b"
    r"(?:unbekannt|existiert nicht|nicht gefunden|nicht existiert|ung[uü]ltig|nicht vorhanden|unzul[aä]ssig)",
    r"\bunbekannte[rn]? (?:empf[aä]nger|benutzer|adresse)",
    r"\bkein(?:en)? (?:solche[rn]) (?:benutzer|empf[aä]nger)|\bkein postfach\b"
    r"|\bnicht im \S*verzeichnis\b(?! der)",
    # French, Spanish, Portuguese, Italian
    r"\bdestinat(?:aire|ario|[aá]rio)\w*\b.{0,40}\b"
    r"(?:inconnu|n.existe|invalide|inexistent|inv[aá]lid|desconocid|desconhecid|no existe|sconosciut)",
    r"\b(?:utilisateur|adresse|bo[iî]te)\b.{0,60}\b"
    r"(?:inconnue?|non r[eé]pertori[eé]e?|invalide|n.existe|introuvable|n.a pas [eé]t[eé] trouv)",
    r"\b(?:usuario|direcci[oó]n|cuenta|buz[oó]n|casilla)\b.{0,60}\b"
    r"(?:desconocid[oa]|no existe|inexistente|no se (?:ha )?encontr|no figura)",
    r"\bno se (?:ha |pudo |puede )?encontr\w+ (?:el|la) (?:direcci|buz|usuari|destinatari|cuenta)",
    r"\b(?:usu[aá]rio|conta|caixa postal|endere[cç]o)\b.{0,60}\b"
    r"(?:inexistente|n[aã]o existe|desconhecid|n[aã]o (?:foi )?encontrad)",
    r"\b(?:utente|casella|indirizzo)\b.{0,60}\b(?:sconosciut[oa]|non esiste|inesistente"
    r"|non (?:[eè] stato )?trovat)",
    r"\bimpossibile trovare (?:l.indirizzo|l.utente|la casella|il destinatario)",
    # Dutch and the North
    r"\b(?:gebruiker|ontvanger|postvak|(?:e-?mail-?)?adres)\w*\b.{0,60}\b"
    r"(?:onbekend|bestaat niet|niet (?:worden )?gevonden)",
    r"\b(?:e-?postadress|mottagare|anv[aä]ndare|brevl[aå]da)\w*\b.{0,50}\b(?:hittades inte|finns inte"
    r"|ok[aä]nd)",
    r"\b(?:e-?mail-?adresse|mailadresse|e-?postadresse|mod?ttager?|bruger|mottaker|bruker|postkass?e)\w*\b.{0,50}"
    r"\b(?:ikke (?:blevet )?fundet|ikke funnet|findes ikke|finnes ikke|eksisterer ikke|ukendt|ukjent)",
    r"\bfinner ikke e-?postadresse|\b(?:s[aä]hk[oö]postiosoite|vastaanotta"
    r"|k[aä]ytt[aä]j)\w*.{0,30}\bei l[oö]y[dt]",
    # the East of Europe
    r"(?:нет|немає) такого (?:пользовател|ящик|адрес|користувач)",
    r"(?:пользовател|ящик|адрес|получател|аккаунт)\S* .{0,40}(?:не существует|не найден|отсутству|неизвест)",
    r"(?:не удалось|невозможно) найти .{0,40}(?:адрес|пользовател|получател)",
    r"(?:користувач|скриньк|адрес|одержувач|отримувач)\S* .{0,40}(?:не існує|не знайден|невідом)",
    r"не вдалося знайти .{0,40}(?:адрес|користувач|одержувач|отримувач)",
    r"(?:użytkownik|adres|konto|skrzynka|odbiorca).{0,40}(?:nie istnieje|nieznany|nie (?:został )?znalezion)",
    r"nie można (?:od|z)naleźć .{0,30}(?:adres|użytkownik|odbiorc)|brak takiego u[żz]ytkownika",
    r"(?:adres|příjemc|uživatel|schránk|prijemc|používateľ).{0,40}(?:nebyla? nalezen|neexistuje|neznám"
    r"|sa nenaš)",
    r"(?:cím|címzett|felhasználó|postafiók)\w*.{0,30}(?:nem található|nem létezik|ismeretlen)",
    r"(?:adresa|utilizatorul|destinatarul|căsuța).{0,50}(?:nu (?:a putut fi|a fost) găsit|nu există"
    r"|necunoscut)",
    r"(?:διεύθυνση|χρήστη|παραλήπτη|γραμματοκιβώτιο).{0,60}(?:δεν βρέθηκε|δεν υπάρχει)|άγνωστος (?:χρήστης"
    r"|παραλήπτης)",
    # Turkish, Arabic, Hebrew, the South-East of Asia
    r"(?:posta adresi|kullanıcı|alıcı|hesap).{0,30}(?:bulunamadı|mevcut değil|geçersiz)",
    r"المستخدم غير (?:موجود|معروف)|تعذر العثور على .{0,20}(?:عنوان|المستلم|المستخدم)",
    r"לא ניתן היה למצוא .{0,10}כתובת|(?:כתובת|נמען|משתמש).{0,40}(?:לא נמצא|לא קיי)",
    r"(?:alamat|pengguna|penerima)\b.{0,40}\btidak (?:ditemukan|dikenal|ada)",
    r"(?:địa chỉ|người nhận|người dùng).{0,40}không (?:tồn tại|tìm thấy)|không tìm thấy .{0,30}(?:địa chỉ"
    r"|người)",
    r"ไม่พบ.{0,20}(?:ที่อยู่|ผู้ใช้|ผู้รับ)",
    # Chinese
    r"(?:用户|用戶|收件人|帐号|帳號|账号|帐户|账户|地址|邮箱|郵箱|信箱|邮件地址|使用者).{0,20}"
    r"(?:不存在|无效|無效|不正确|未找到|找不到|错误|已(?:被)?(?:注销|冻结|停用)|有误)",
    r"(?:找不到|无此|查無此|没有此|不存在的).{0,10}(?:用户|用戶|收件人|帐号|账号|信箱|邮箱|地址|人)",
    # Japanese, Korean
    r"(?:ユーザー?|宛先|メールアドレス|アドレス|受信者|メールボックス|アカウント|送信先).{0,40}"
    r"(?:見つかりません|見つかりませんでした|存在しません|存在しない|ありません|不明|無効|間違|誤り)",
    r"(?:リスト|ディレクトリー?)に(?:は)?(?:ありません|見つかりません|存在しません)",
    r"あて先不明|宛先不明|존재하지 않는 (?:사용자|수신자|계정|메일)|(?:사용자|수신자|계정|메일 ?주소"
    r"|받는 사람).{0,30}(?:없|존재하지|찾을 수)",
)
CLOSED: Final = (
    r"\b(?:casilla|cuenta|buz[oó]n|conta|caixa postal|casella|utente|usuari[oa])\b.{0,40}\b"
    r"(?:expirad|caducad|desactivad|deshabilitad|inactiv|inativ|cerrad|eliminad|desativad|encerrad|scadut"
    r"|disattivat|disabilitat|inattiv|chius)",
    r"(?:compte|bo[iî]te).{0,30}(?:d[eé]sactiv|ferm[eé]|supprim)",
    r"\b(?:postfach|konto)\b.{0,30}\b(?:deaktiviert|gel[oö]scht|geschlossen)",
)
FOR_A_TIME: Final = (r"\bvor[uü]bergehend|\btemporairement|\btemporalmente|暂时|暫時|一時的",)
NO_SUCH_DOMAIN: Final = (
    r"域名不存在|找不到域名|ドメインが(?:存在しません|見つかりません)",
    r"\bdomaine? (?:inconnu|n.existe)|\bdominio no existe",
)
MAILBOX_FULL: Final = (
    r"\bpostfach\b.{0,60}\b(?:voll|[uü]berf[uü]llt|gr[oö](?:ß|ss)e (?:erreicht|[uü]berschritten))",
    r"\bspeicherplatz\b.{0,40}\b(?:ersch[oö]pft|[uü]berschritten)",
    r"\bbo[iî]te\b.{0,40}\bpleine?\b|\bquota (?:d[eé]pass|excedid)|\b(?:buz[oó]n|casilla|cuenta"
    r"|mailbox)\b.{0,30}\bllen[oa]\b",
    r"\bcaixa\b.{0,50}\bcheia\b|\b(?:casella|cassetta)\b.{0,50}\bpiena\b|\b(?:sobrepas|super|exced)\w+.{0,20}\b(?:cuota|l[ií]mite)",
    r"(?:邮箱|郵箱|信箱|邮箱空间|空间|容量|存储|儲存).{0,12}(?:已满|已滿|满|滿|不足|超出|超过|超過)",
    r"容量.{0,10}(?:超|オーバー|一杯|いっぱい)|メールボックス.{0,20}(?:いっぱい|一杯|超|満杯)",
    r"\b(?:postvak|mailbox)\b.{0,40}\bvol\b|\b(?:postl[aå]d|inkorg|brevl[aå]d|postkass?e|innboks|indbakke)\w*\b.{0,40}"
    r"\b(?:full|fuld|fullt)\b|postilaatikko.{0,40}t[aä]ynn[aä]|skrzynka.{0,40}(?:pełna|przepełnion)",
    r"schránk\w*.{0,40}(?:plná|přeplněn|preplnen)|(?:postaláda|postafiók).{0,40}(?:megtelt|tele\b)",
    r"posta kutusu.{0,20}dolu|(?:메일함|사서함|편지함).{0,20}(?:가득|초과|꽉)|תיבת.{0,30}מלאה|переповнен",
    r"переполнен|превышена? квот|용량.{0,10}초과|صندوق .{0,20}ممتلئ",
)
TOO_BIG: Final = (r"\bnachricht.{0,20}zu gro(?:ß|ss)|邮件(?:大小|过大|太大)|サイズ.{0,20}超",)
#: Who sent it, and what may be said of him as of a reader.
_SENDER: Final = (
    r"(?:absender|exp[eé]diteur|remitente|remetente|mittente|afzender|avs[aä]ndar|afsender|avsender|l[aä]hett[aä]j"
    r"|отправител|відправник|nadawc|odes[ií]latel|odosielate|felad[oó]|expeditor|αποστολ|g[oö]nderen|المرسل|שולח"
    r"|发件人|寄件|发信人|差出人|送信者|送信元|보낸 ?사람|발신|pengirim|người gửi|ผู้ส่ง)"
)
_LACKS: Final = (
    r"(?:unbekannt|ung[uü]ltig|existiert nicht|nicht (?:gefunden|vorhanden|existiert)|gesperrt|abgelehnt"
    r"|inconnu|introuvable|invalid|n.existe|refus|rejet|desconocid|no existe|inexistente|no (?:se )?encontr"
    r"|desconhecid|n[aã]o (?:existe|encontrad)|sconosciut|inesistente|non (?:esiste|trovat)|onbekend"
    r"|niet gevonden|bestaat niet|hittades inte|finns inte|ok[aä]nd|ikke fundet|ikke funnet|ukendt|ukjent"
    r"|ei l[oö]y"
    r"|не (?:найден|существует|знайден|існує)|неизвест|невідом|заблокирован|nieznan|nie istnieje"
    r"|nebyla? nalezen|neexistuje|neznám|nem található|nem létezik|ismeretlen|nu există|necunoscut"
    r"|δεν (?:βρέθηκε|υπάρχει)"
    r"|bulunamadı|geçersiz|غير معروف|לא נמצא|不存在|无效|無效|未找到|找不到|黑名单|拒|存在しません"
    r"|見つかりません|無効"
    r"|찾을 수 없|존재하지|tidak ditemukan|không tồn tại)"
)
SENDER: Final = (
    rf"{_SENDER}[^:：。!?]{{0,40}}{_LACKS}",
    # not the label of an address
    rf"{_LACKS}[^:：。.!?]{{0,15}}{_SENDER}\w*+(?! ?[:：])",
)
POLICY: Final = (
    r"\bip-?adress|\b(?:adresse|indirizzo|direcci[oó]n|endere[cç]o|adres|адрес) ip\b|\bip[ -]?адрес"
    r"|ip ?地址|ipアドレス",
    r"密码|密碼|\bparool|парол|\bkennwort|\bpasswort|\bmot de passe\b|\bcontraseña|\bsenha\b|не авторизован",
    r"\bunerw[uü]nscht|\brichtlinie|\bpourriel|\bind[eé]sirable|\bcorreo no deseado|спам",
    r"垃圾邮件|垃圾郵件|反垃圾|拒收|黑名单|黑名單|被(?:系统)?(?:拦截|屏蔽|拒绝)|策略",
    r"迷惑メール|スパム|拒否",
)
GUESS: Final = (
    r"\b(?:m[oö]glicherweise|vielleicht|eventuell|peut-[eê]tre|posiblemente|quiz[aá]s?|tal vez)\b",
    r"\b(?:forse|potrebbe|talvez|possivelmente|misschien|mogelijk|wellicht|kanske|kanskje|m[aå]ske|muligvis|ehk[aä])\b",
    r"\b(?:saattaa|być może|możliwe|možná|může být|talán|esetleg|lehetséges|olabilir|belki|poate|posibil)\b",
    r"可能|或者|かもしれ|可能性|возможно|можливо|ייתכן|\bقد\b|ربما|수도 있습니다|mungkin|có thể|อาจ",
)
