"""django-post_office sends: `python with_post_office.py DIGEST.json PORT COUNT FOLDER`.

Its queue is filled beforehand, each mail with its reader's own words; what is measured is `send_queued`,
which sends them in threads and records what came of each, on SQLite, in one process.
"""

from __future__ import annotations

import logging
import sys
from time import perf_counter

import django  # type: ignore[import-not-found]
from digest_file import copies, told  # type: ignore[import-not-found]
from django.conf import settings  # type: ignore[import-not-found]


def main(digest: str, port: int, count: int, folder: str) -> None:
    """Fill the queue, then send."""
    settings.configure(
        INSTALLED_APPS=["django.contrib.contenttypes", "post_office"],
        DATABASES={
            "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/post_office.sqlite3"}
        },
        EMAIL_BACKEND="post_office.EmailBackend",
        EMAIL_HOST="127.0.0.1",
        EMAIL_PORT=port,
        POST_OFFICE={
            "BACKENDS": {"default": "django.core.mail.backends.smtp.EmailBackend"},
            "BATCH_SIZE": count,
        },
        TEMPLATES=[{"BACKEND": "django.template.backends.django.DjangoTemplates"}],
        DEFAULT_AUTO_FIELD="django.db.models.AutoField",
        USE_TZ=True,
    )
    django.setup()
    logging.disable(logging.WARNING)
    from django.core.management import call_command  # type: ignore[import-not-found]
    from post_office import mail  # type: ignore[import-not-found]

    call_command("migrate", verbosity=0)
    mail.send_many(
        [
            {
                "sender": "The Daily Digest <digest@newsroom.example>",
                "recipients": [f"{copy.name} <{copy.address}>"],
                "subject": copy.subject,
                "message": copy.text,
                "html_message": copy.html,
                "headers": {"List-Unsubscribe": f"<{copy.link}>"},
            }
            for copy in copies(digest, count)
        ]
    )
    start = perf_counter()
    sent, failed, put_back = mail.send_queued(processes=1)
    wall = perf_counter() - start
    if sent != count:
        sys.exit(f"of {count} mails {sent} were sent, {failed} failed, {put_back} were put back")
    told(sent, wall)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), sys.argv[4])
