"""All pages of the desk behind its one gate."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from digest.flows.looking import Look
from digest.flows.press import Press
from digest.store.database import Database
from digest.web.desk.account import Account
from digest.web.desk.beginning import Beginning
from digest.web.desk.briefing_list import BriefingList
from digest.web.desk.briefing_pages import BriefingPages
from digest.web.desk.doctor_page import DoctorPage
from digest.web.desk.entry import Entry
from digest.web.desk.family_pages import FamilyPages
from digest.web.desk.feed_list_pages import FeedLists
from digest.web.desk.feed_pages import Feeds
from digest.web.desk.folder_page import FolderPage
from digest.web.desk.gate import DeskRoute, Gate, Pages
from digest.web.desk.import_pages import Import
from digest.web.desk.issue_sheets import Issues
from digest.web.desk.machines_page import MachinesPage
from digest.web.desk.newsletter_pages import Newsletters
from digest.web.desk.numbers_pages import NumbersPages
from digest.web.desk.people_pages import People
from digest.web.desk.reader_imports import Imports
from digest.web.desk.reader_list import ReaderList
from digest.web.desk.reader_pages import Readers
from digest.web.desk.returned_pages import ReturnedMail
from digest.web.desk.send_page import SendByHand
from digest.web.desk.story_pages import StoryPages
from digest.web.desk.suppression_pages import Suppressions
from digest.web.desk.today_page import TodayPage
from digest.web.desk.topic_pages import Topics
from digest.web.desk.webhook_pages import Webhooks


def desk_routes(
    *,
    store: Database,
    base_url: str,
    zone: str,
    now: Callable[[], datetime],
    own_themes: Path | None = None,
    press: Press | None = None,
    mail_in: Callable[[int], str] | None = None,
    look: Look | None = None,
) -> list[DeskRoute]:
    """The paths of the desk, and what answers on them; times are shown in `zone`.

    Mails are shown as `press` prints them; `mail_in` gives the address at which a person's stories come in;
    `look` looks at all that mails depend on.
    """
    gate = Gate(store=store, base_url=base_url, zone=zone, now=now)
    pages: list[Pages] = [
        TodayPage(store=store),
        Issues(store=store, press=press),
        SendByHand(store=store, press=press),
        Newsletters(store=store, own_themes=own_themes),
        NumbersPages(store=store),
        FamilyPages(store=store),
        People(store=store, base_url=base_url),
        Webhooks(store=store),
        Account(store=store, mail_in=mail_in),
        BriefingList(store=store),
        Import(store=store),
        BriefingPages(store=store, own_themes=own_themes),
        StoryPages(store=store),
        Topics(store=store),
        Feeds(store=store),
        FolderPage(store=store),
        MachinesPage(store=store),
        DoctorPage(look=look, now=now),
        FeedLists(store=store),
        ReaderList(store=store),
        Readers(store=store, base_url=base_url, own_themes=own_themes),
        Imports(store=store),
        Suppressions(store=store),
        ReturnedMail(store=store),
    ]
    inside = [route for one in pages for route in one.routes(gate)]
    door = [*Entry(store=store, gate=gate, now=now).routes(), *Beginning(store=store, now=now).routes(gate)]
    # the last: what is none of these
    return [*door, *inside, gate.no_page("/admin/{rest:path}")]
