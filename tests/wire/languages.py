"""Invented news in twenty-five languages: for each a title and some sentences."""

from __future__ import annotations

from typing import Final, NamedTuple


class Tongue(NamedTuple):
    """What somebody writes in one language: a name, a title, sentences."""

    name: str
    title: str
    sentences: tuple[str, ...]


TONGUES: Final[dict[str, Tongue]] = {
    "en": Tongue(
        "Odalys Finch",
        "Lighthouse keepers vote to keep the old lamp",
        ("The vote was close: nine to seven.", "“It hums,” said one of them, “and the new one doesn’t.”"),
    ),
    "de": Tongue(
        "Jürgen Weißköpfel",
        "Fährgesellschaft prüft Nachtfahrten für Pendler",
        ("Ab März könnten drei Boote über Nacht fahren.", "Größe und Preis stünden noch nicht fest."),
    ),
    "fr": Tongue(
        "Maëlle d’Aubigné",
        "L’été prochain, le marché couvert rouvrira à l’aube",
        ("Les étals seront chauffés : c’est nouveau.", "« On verra bien », dit la doyenne."),
    ),
    "es": Tongue(
        "Íñigo Peña",
        "¿Quién pagará el nuevo muelle de los pescadores?",
        ("El año pasado nadie quiso.", "¡Ahora sobran ofertas!, asegura la cooperativa."),
    ),
    "it": Tongue(
        "Niccolò Bò",
        "La città vecchia avrà più panchine che parcheggi",
        ("Sarà così già da lunedì.", "Perché no, chiede il sindaco."),
    ),
    "pt": Tongue(
        "João Conceição",
        "Pão mais caro em três ilhas, mais barato em duas",
        ("A farinha chegou com atraso.", "Não há razão para alarme, diz a associação."),
    ),
    "nl": Tongue(
        "Daniëlle IJsselstein",
        "Eén brug, drie buurten en één geduldige beheerder",
        ("De brug gaat ’s nachts niet meer open.", "Dat scheelt ruziën, vindt hij."),
    ),
    "sv": Tongue(
        "Åsa Öhrnberg",
        "Älvens färja går på el från och med nästa år",
        ("Överfarten tar då fyra minuter längre.", "Ingen klagar ännu."),
    ),
    "fi": Tongue(
        "Päivi Äyräpää",
        "Yöjuna pysähtyy jälleen pienellä asemalla",
        ("Pysähdys kestää kaksi minuuttia.", "Kylässä juhlitaan silti koko päivä."),
    ),
    "pl": Tongue(
        "Żaneta Łęcka",
        "Gęś z młyna wróciła: mieszkańcy świętują",
        ("Zniknęła w październiku.", "Źródła milczą, gdzie była."),
    ),
    "cs": Tongue(
        "Řehoř Šťastný",
        "Příliš žluťoučký přívoz dostane novou barvu",
        ("Hlasovalo se třikrát.", "Vyhrála šeď, těsně před zelení."),
    ),
    "hu": Tongue(
        "Őze Fűzér",
        "Árvíztűrő kerékpárutat épít a kisváros",
        ("Az út két méterrel magasabb lesz.", "Ősszel kezdik."),
    ),
    "tr": Tongue(
        "Gülşah Iğdır",
        "İskelede çay bahçesi yeniden açılıyor",
        ("Açılış pazar günü öğleden sonra.", "Işıklar geceleri de yanacak."),
    ),
    "vi": Tongue(
        "Nguyễn Thị Ổi",
        "Chợ nổi mở cửa sớm hơn một giờ mỗi buổi sáng",
        ("Thuyền bán phở được ưu tiên.", "Người bán hoa thì không vội."),
    ),
    "el": Tongue(
        "Ευανθία Ψαρρού",
        "Το νησί με τους δύο φάρους ζητά και τρίτο",
        ("Ο δήμος συμφωνεί.", "Οι ψαράδες όχι ακόμη."),
    ),
    "ru": Tongue(
        "Ёлкина Щука",
        "Паром научили ждать опоздавших пассажиров",
        ("Ждать он будет ровно три минуты.", "«Хватит и двух», — считает капитан."),
    ),
    "uk": Tongue(
        "Їжакевич Ґанна",
        "Їдальня біля гавані годує й чайок",
        ("Чайки платять шумом.", "Відвідувачі звикли за тиждень."),
    ),
    "ar": Tongue(
        "ليلى الزيتونية",
        "الميناء القديم يستعيد ساعته بعد أربعين عامًا",
        ("تدق الساعة الآن مرتين في اليوم.", "قال الحارس: «هذا يكفي»."),
    ),
    "he": Tongue(
        "שקד בן־חוף",
        "הנמל הישן מקבל שעון חדש — ושני פעמונים",
        ("הפעמון הגדול יצלצל בצהריים.", "הקטן ישתוק בשבתות."),
    ),
    "fa": Tongue(
        "نسترن دریابان",
        "کشتی‌های کوچک دوباره به اسکله می‌آیند",
        ("صیادان می‌گویند آب آرام‌تر شده است.", "بازار از فردا باز است."),
    ),
    "hi": Tongue(
        "ऋतु श्रेष्ठ",
        "पुराने घाट पर फिर से जलेंगे दीये",
        ("पहली रात सौ दीये होंगे।", "दूसरी रात कोई गिनेगा नहीं।"),
    ),
    "th": Tongue(
        "น้ำฝน ท่าเรือ",
        "เรือข้ามฟากลำใหม่เงียบจนคนรอไม่รู้ว่ามาแล้ว",
        ("เทศบาลจึงติดกระดิ่งไว้ที่หัวเรือ", "เด็กๆ ชอบมาก"),
    ),
    "zh-Hans": Tongue(
        "海棠",
        "外滩的灯光今年早半小时熄灭，候鸟先过",
        ("市政府说：“鸟比灯先来。”", "居民在岸边数了三百只𠮷鸟。"),
    ),
    "ja": Tongue(
        "灯台もと子",
        "渡し船、ラッパの合図を鈴に変える",
        ("「静かでよい」と船長は話す。", "髙橋さんは毎朝七時に乗る。"),
    ),
    "ko": Tongue(
        "나루 김",
        "등대지기 아홉 명이 낡은 등을 지키기로 했다",
        ("표결은 아홉 대 일곱이었다.", "새 등은 창고에서 기다린다."),
    ),
}
