"""The words of an alert: what happened, and what can be done about it. Admins read English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from digest.core.notices import Alert


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
                "more": "They are held for you, as DIGEST_UNCERTAIN=hold asks.",
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
