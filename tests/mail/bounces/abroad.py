"""Bounces without a report, in the languages of the readers of great mail systems, and what each says."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from digest.core.returned import Kind
from tests.mail.bounces.letters import READER, letter
from tests.mail.bounces.servers import Told, one

_EXCHANGE: Final = "Microsoft Outlook <MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@pier.example>"

#: By language: the subject, that it failed, that nobody is there, and that the mailbox is full.
_WORDS: Final = {
    "arabic": ("تعذر تسليم", "فشل التسليم:", "تعذر العثور على عنوان البريد.", ""),
    "chinese": ("未传递", "未能传递邮件：", "找不到这个地址。", "对方的邮箱已满。"),
    "czech": (
        "Nedoručitelné",
        "Doručení se nezdařilo:",
        "Tato adresa nebyla nalezena.",
        "Schránka příjemce je plná.",
    ),
    "danish": (
        "Kan ikke leveres",
        "Levering mislykkedes:",
        "Mailadressen blev ikke fundet.",
        "Postkassen er fuld.",
    ),
    "dutch": (
        "Onbestelbaar",
        "De bezorging is mislukt:",
        "Dit e-mailadres kan niet worden gevonden.",
        "Het postvak is vol.",
    ),
    "finnish": (
        "Ei voi toimittaa",
        "Toimitus epäonnistui:",
        "Sähköpostiosoitetta ei löytynyt.",
        "Postilaatikko on täynnä.",
    ),
    "french": (
        "Non remis",
        "Échec de la remise :",
        "Cette adresse est introuvable.",
        "La boîte du lecteur est pleine.",
    ),
    "german": (
        "Unzustellbar",
        "Fehler bei der Zustellung an:",
        "Die Adresse konnte nicht gefunden werden.",
        "Das Postfach ist voll.",
    ),
    "greek": ("Δεν παραδόθηκε", "Η παράδοση απέτυχε:", "Η διεύθυνση δεν βρέθηκε.", ""),
    "hebrew": ("לא ניתן למסירה", "המסירה נכשלה:", "לא ניתן היה למצוא את כתובת הדואר.", "תיבת הדואר מלאה."),
    "hungarian": (
        "Kézbesíthetetlen",
        "Nem sikerült kézbesíteni:",
        "Ez a cím nem található.",
        "A postaláda megtelt.",
    ),
    "italian": (
        "Non recapitabile",
        "Recapito fallito:",
        "Impossibile trovare l'indirizzo.",
        "La cassetta del lettore è piena.",
    ),
    "japanese": (
        "配信不能",
        "次の宛先に配信できません。",
        "このアドレスが見つかりません。",
        "メールボックスがいっぱいです。",
    ),
    "korean": (
        "배달되지 않음",
        "배달에 실패했습니다.",
        "메일 주소를 찾을 수 없습니다.",
        "메일함이 가득 찼습니다.",
    ),
    "norwegian": (
        "Kan ikke leveres",
        "Leveringen mislyktes:",
        "E-postadressen finnes ikke.",
        "Innboksen er full.",
    ),
    "polish": (
        "Niedostarczalne",
        "Doręczenie nie powiodło się:",
        "Nie można odnaleźć adresu.",
        "Skrzynka jest przepełniona.",
    ),
    "portuguese": (
        "Não entregue",
        "Falha na entrega:",
        "O endereço não foi encontrado.",
        "A caixa de correio do leitor está cheia.",
    ),
    "romanian": ("Nelivrabil", "Livrarea a eșuat:", "Adresa nu a fost găsită.", ""),
    "russian": (
        "Недоставленное",
        "Сбой доставки:",
        "Не удалось найти такой адрес.",
        "Ящик получателя переполнен.",
    ),
    "spanish": (
        "No entregable",
        "No se pudo entregar:",
        "No se encontró la dirección.",
        "El buzón del lector está lleno.",
    ),
    "swedish": (
        "Olevererbart",
        "Leveransen misslyckades:",
        "E-postadressen hittades inte.",
        "Inkorgen är full.",
    ),
    "turkish": (
        "Teslim Edilemiyor",
        "Teslim başarısız oldu:",
        "E-posta adresi bulunamadı.",
        "Posta kutusu dolu.",
    ),
    "ukrainian": (
        "Не доставлено",
        "Не вдалося доставити:",
        "Не вдалося знайти цю адресу.",
        "Скринька переповнена.",
    ),
}


def _all() -> Iterator[tuple[str, Told]]:
    for language, (subject, failed, nobody, full) in _WORDS.items():
        for name, words, kind in (("nobody", nobody, Kind.HARD), ("full", full, Kind.FULL)):
            if words:
                raw = letter(
                    f"{failed}\n\n{READER}\n{words}\n", From=_EXCHANGE, Subject=f"{subject}: Ports agree"
                )
                yield f"{language}-{name}", one(raw, kind)


ABROAD: Final = dict(_all())
