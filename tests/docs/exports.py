"""Exports of other systems as docs/moving-in.md tells of them: clean ones, so that every line is taken."""

from __future__ import annotations

import io
import zipfile
from typing import Any, Final

_HEADING: Final = "Email Address,First Name,Topics,OPTIN_TIME,CONFIRM_TIME,TIMEZONE,LEID,EUID"
_TIME: Final = "2024-03-05 10:11:12"
_LIST: Final = "morning.lists.example"

#: What `mailman members` prints.
READING: Final = "Ivo Duarte <ivo@harbour.example>\nJon Fjord <jon@harbour.example>\n"
BOUNCED: Final = "Bo Bay <bo@harbour.example>\n"


def audience() -> bytes:
    """All contacts of an audience of Mailchimp, with groups, tags, and somebody who left."""
    files = {
        "subscribed_email_audience_export_1.csv": [
            f"{_HEADING},TAGS",
            f'eva@harbour.example,Eva,"Politics, Markets",{_TIME},{_TIME},Europe/Lisbon,11,a1,',
            f'fay@harbour.example,Fay,Markets,{_TIME},{_TIME},,12,a2,"""Weekend edition"""',
        ],
        "unsubscribed_email_audience_export_1.csv": [
            f"{_HEADING},UNSUB_TIME",
            f"gil@harbour.example,Gil,,{_TIME},{_TIME},,13,a3,{_TIME}",
        ],
    }
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as packed:
        for name, lines in files.items():
            packed.writestr(name, "\n".join([*lines, ""]))
    return out.getvalue()


def _subscriber(number: int, name: str, *lists: tuple[str, str]) -> dict[str, Any]:
    return {
        "id": number,
        "uuid": f"11111111-aaaa-4bbb-8ccc-00000000000{number}",
        "email": f"{name.lower()}@harbour.example",
        "name": name,
        "attribs": {},
        "status": "enabled",
        "created_at": "2024-03-05T10:11:12Z",
        "updated_at": "2024-03-05T10:11:12Z",
        "lists": [
            {"id": place, "name": title, "optin": "double", "subscription_status": status}
            for place, (title, status) in enumerate(lists, start=1)
        ],
    }


def _member(name: str, status: str) -> dict[str, Any]:
    return {
        "email": f"{name.lower()}@harbour.example",
        "display_name": name,
        "delivery_mode": "regular",
        "delivery_status": status,
        "list_id": _LIST,
        "role": "member",
    }


#: What listmonk and the core of Mailman answer, by path.
ANSWERS: Final[dict[str, Any]] = {
    "/api/subscribers": {
        "data": {
            "results": [
                _subscriber(1, "Hana", ("Morning mail", "confirmed"), ("Weekend", "unsubscribed")),
                _subscriber(2, "Ida", ("Weekend", "confirmed")),
            ],
            "total": 2,
            "page": 1,
        }
    },
    f"/3.1/lists/{_LIST}/roster/member": {
        "entries": [_member("Kim", "enabled"), _member("Leo", "by_user")],
        "start": 0,
        "total_size": 2,
    },
}
