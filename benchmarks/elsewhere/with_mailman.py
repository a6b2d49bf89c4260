"""Mailman 3 sends: `python with_mailman.py DIGEST.json PORT COUNT FOLDER`.

Mailman's core with a store of its own, a list with real members, and full personalisation. What is measured
is its delivery (`mailman.mta.deliver`) called directly: the function that its outgoing runner calls, without
the queues and processes around it. Mailman puts name and address into the headers, not into the text.
"""

from __future__ import annotations

import sys
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path
from time import perf_counter

from digest_file import copies, told  # type: ignore[import-not-found]

_LIST = "daily@newsroom.example"
_CONFIGURATION = """
[mailman]
layout: here
[paths.here]
var_dir: {folder}/mailman
[mta]
incoming: mailman.mta.null.NullMTA
smtp_host: 127.0.0.1
smtp_port: {port}
verp_personalized_deliveries: yes
[logging.smtp]
level: error
"""


def main(digest: str, port: int, count: int, folder: str) -> None:
    """Make a list with so many members, then deliver one digest to them."""
    configuration = Path(folder) / "mailman.cfg"
    configuration.write_text(_CONFIGURATION.format(folder=folder, port=port), encoding="utf-8")

    from mailman.core.initialize import initialize  # type: ignore[import-not-found]

    initialize(str(configuration))
    from mailman.app.lifecycle import create_list  # type: ignore[import-not-found]
    from mailman.config import config  # type: ignore[import-not-found]
    from mailman.email.message import Message  # type: ignore[import-not-found]
    from mailman.interfaces.domain import IDomainManager  # type: ignore[import-not-found]
    from mailman.interfaces.mailinglist import Personalization  # type: ignore[import-not-found]
    from mailman.interfaces.member import MemberRole  # type: ignore[import-not-found]
    from mailman.interfaces.usermanager import IUserManager  # type: ignore[import-not-found]
    from mailman.mta.deliver import deliver  # type: ignore[import-not-found]
    from zope.component import getUtility  # type: ignore[import-not-found]

    getUtility(IDomainManager).add("newsroom.example")
    the_list = create_list(_LIST)
    the_list.personalize = Personalization.full
    readers = getUtility(IUserManager)
    every = list(copies(digest, count))
    for copy in every:
        user = readers.create_user(copy.address, copy.name)
        address = next(iter(user.addresses))
        the_list.subscribe(address, MemberRole.member)
    config.db.commit()

    from email import message_from_bytes

    message = message_from_bytes(_message(every[0]).as_bytes(), Message)
    recipients = {copy.address for copy in every}
    start = perf_counter()
    # raises when a single one is refused
    deliver(the_list, message, {"recipients": recipients, "verp": True, "listid": the_list.list_id})
    config.db.commit()
    told(len(recipients), perf_counter() - start)


def _message(copy: object) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "The Daily Digest <digest@newsroom.example>"
    message["To"] = _LIST
    message["Subject"] = copy.subject  # type: ignore[attr-defined]
    message["Date"] = formatdate()
    message["Message-ID"] = "<one@newsroom.example>"
    message.set_content(copy.text)  # type: ignore[attr-defined]
    message.add_alternative(copy.html, subtype="html")  # type: ignore[attr-defined]
    return message


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
