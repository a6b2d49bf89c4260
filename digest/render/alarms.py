"""The words of an alert: what happened, and what can be done about it. Admins read English."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from digest.core.notices import Alert
from digest.core.overdue import Lateness, late_words
from digest.core.reputation import Level

#: Of what is late so much is named in a mail.
_LISTED: Final = 10


def alarm(data: Mapping[str, Any], newsletter: str) -> dict[str, str]:
    """The sentences of an alert, of the values that were kept of it."""
    match Alert(data["alert"]):
        case Alert.STOPPED:
            return {
                "what": "A run stopped before its work was done.",
                "more": data["words"][:1].upper() + data["words"][1:],
                "todo": "What was not tried stays planned, no attempt is counted, and each run tries again. "
                "See digest status, and the settings of the mail server.",
            }
        case Alert.HELD:
            count = data["count"]
            mails = "1 mail" if count == 1 else f"{count} mails"
            return {
                "what": f"Of {mails} it is not known whether they arrived.",
                "more": "They were sent again as often as may be, or their issue was taken back: nothing "
                "more is tried before you say so."
                if data.get("again")
                else "They are held for you, as DIGEST_UNCERTAIN=hold asks.",
                "todo": "See digest deliveries list --status uncertain, and say of each with "
                "digest deliveries resolve whether it was sent.",
            }
        case Alert.LATE:
            hours, minutes = divmod(data["minutes"], 60)
            late = f"{hours} h {minutes} min" if hours else f"{minutes} min"
            return {
                "what": f"Issue {data['issue']} of {newsletter}, slot {data['slot']}, was made {late} after "
                "its time.",
                "more": "Either nothing was running then, or the slot came to be owed afterwards. It covers "
                "what was missed, in one mail to each reader.",
                "todo": f"See digest issues show {data['issue']}, and whether digest serve or cron runs all "
                "the time.",
            }
        case Alert.WEBHOOK:
            gone = data["because"] == "gone"
            return {
                "what": f"Webhook {data['webhook']} ({data['label']}) was turned off.",
                "more": "Its receiver said that it is gone (410)."
                if gone
                else "Its receiver has taken nothing for five days.",
                "todo": "What happens is kept for it for thirty days. See digest webhooks list; "
                f"digest webhooks edit {data['webhook']} --on tells it all once it works again.",
            }
        case Alert.MAILBOX:
            return {
                "what": "The mailbox of returned mail cannot be read.",
                "more": data["words"][:1].upper() + data["words"][1:],
                "todo": "What lies there waits, and readers whose mail comes back go on getting some. See "
                "DIGEST_RETURNS_MAILBOX, and try digest bounces poll.",
            }
        case Alert.COMPLAINTS | Alert.BOUNCES as alert:
            return _rate(alert, data)
        case Alert.PAUSED:
            return {
                "what": f"Nothing is sent to mailboxes of {data['family']} until {data['until']}.",
                "more": f"{data['because'][:1].upper()}{data['because'][1:]}.",
                "todo": "Their copies wait; what waits too long comes with a later issue. Others get their "
                f"mail. When the cause is found, digest families resume {data['family']} lets them go.",
            }
        case Alert.BAD_LIST:
            return {
                "what": f"Issue {data['issue']} of {newsletter} is held.",
                "more": f"{data['because'][:1].upper()}{data['because'][1:]}.",
                "todo": "Were addresses taken in lately that are old or bought? Take them out; then "
                f"digest issues release {data['issue']} sends the rest, or digest issues cancel "
                f"{data['issue']} takes it back.",
            }
        case Alert.OVERDUE | Alert.SETTLED as alert:
            return _lateness(alert, data["late"])


def _lateness(alert: Alert, late: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    if alert is Alert.SETTLED:
        what, todo = "What was late is not any more", "See digest issues list."
    else:
        what = _what_is_late(late)
        todo = (
            "See digest status and digest doctor, and whether digest serve, its workers or cron run. What "
            "they hold is not lost: it comes once that works, and then you are told."
        )
    return {"what": f"{what}.", "more": _listed(late), "todo": todo}


def _what_is_late(late: Sequence[Mapping[str, Any]]) -> str:
    slots = sum(one["kind"] == Lateness.SLOT for one in late)
    stuck = len(late) - slots
    words = []
    if slots:
        words.append("1 slot is without an issue" if slots == 1 else f"{slots} slots are without an issue")
    if stuck:
        words.append("1 issue does not move" if stuck == 1 else f"{stuck} issues do not move")
    return " and ".join(words)


def _listed(late: Sequence[Mapping[str, Any]]) -> str:
    """The first of them in words, in one line."""
    shown = [late_words(one) for one in late[:_LISTED]]
    return "; ".join(shown) + (f"; and {len(late) - _LISTED} more." if len(late) > _LISTED else ".")


def _rate(alert: Alert, data: Mapping[str, Any]) -> dict[str, str]:
    if alert is Alert.COMPLAINTS:
        what = f"Readers with mailboxes of {data['family']} complain"
        line = "Providers turn mail away from 0.3 % on, and want less than 0.1 %."
        todo = (
            "See digest families list. Usual causes are a list that was taken over, and a newsletter "
            "that comes too often."
        )
    else:
        what = f"Mail to addresses of {data['family']} that do not exist comes back"
        line = "With more than 2 % a list is taken for a bought or an old one."
        todo = "Those addresses get no more mail. See digest families list, and where they came from."
    is_over = data["level"] == Level.OVER
    return {
        "what": f"{what}: {data['events']} of {data['copies']} copies in seven days ({data['rate']}).",
        "more": ("That is too much. " if is_over else "That is nearly too much. ") + line,
        "todo": todo,
    }
