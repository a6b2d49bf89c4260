"""Returned mail through the API: listed, looked at, and settled where nothing proved what it is about."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import Query
from fastapi.responses import Response

from digest.core.access import Power
from digest.core.returned import Kind
from digest.errors import InputError, NotFoundError
from digest.flows import returned_by_hand
from digest.flows.readers import newsletter_id_of
from digest.flows.returned_shown import looked_at, return_shown
from digest.store import newsletters, returned_mails
from digest.web.api.calls import Made
from digest.web.api.once import Repeatable
from digest.web.api.paths import After, Document, Id, Limit, Listing, Paths, part
from digest.web.api.return_documents import DoneWith, ReturnInFull, ReturnMeans, ReturnShown
from digest.web.api.subscribers import Newsletter
from subscribers.wishes import parse_address

MAIL: Final = "message/rfc822"
_ONE: Final = "/returns/{id}"


def add_to(paths: Paths) -> None:
    """Add what is about returned mail."""
    paths.get("/returns", Power.SEE_READERS, list_returns, Listing[ReturnShown])
    paths.get(_ONE, Power.SEE_READERS, show_return, ReturnInFull)
    paths.get(
        *(f"{_ONE}/mail", Power.SEE_READERS, show_returned_mail, None),
        response_class=Response,
        responses={
            200: {
                "description": "The mail as it came.",
                "content": {MAIL: {"schema": {"type": "string"}, "example": "From: MAILER-DAEMON@…\r\n…"}},
            }
        },
    )
    paths.post(
        *(f"{_ONE}/apply", Power.KEEP_READERS, apply_return, ReturnShown), repeatable=Repeatable.NAMES_READER
    )
    paths.act(f"{_ONE}/done", Power.KEEP_READERS, be_done_with_return, DoneWith)


async def list_returns(
    call: Made,
    kind: Annotated[Kind | None, Query(description="Of this kind only.", examples=["hard"])] = None,
    newsletter: Newsletter = None,
    unmatched: Annotated[bool, Query(description="What nothing proves the reader of.")] = False,
    waiting: Annotated[bool, Query(description="What waits for a person.")] = False,
    after: After = 0,
    limit: Limit = 100,
) -> Document:
    """List what came back, newest first, and what followed from it."""
    async with call.store.read() as connection:
        slugs = await newsletters.slugs(connection)
        found = await returned_mails.page(
            connection,
            before=after or None,
            limit=limit + 1,
            kind=kind,
            newsletter_id=newsletter_id_of(newsletter, slugs),
            unmatched=unmatched,
            waiting=waiting,
        )
    return part(found, limit, lambda one: one.id, return_shown)


async def show_return(call: Made, id: Id) -> Document:
    """Show what came back, and the text of its mail if that is kept."""
    return looked_at(*await returned_by_hand.look(id, store=call.store))


async def show_returned_mail(call: Made, id: Id) -> Response:
    """Hand out the mail as it came, or the first part of a long one."""
    _, mail = await returned_by_hand.look(id, store=call.store)
    if mail is None:
        raise NotFoundError(f"the mail of {id} is not kept")
    headers = {"Content-Disposition": f'attachment; filename="returned-{id}.eml"'}
    return Response(mail.raw, media_type=MAIL, headers=headers)


async def apply_return(call: Made, id: Id, body: ReturnMeans) -> Document:
    """Say whom it is about, where nothing proved it

    Then what follows is done, as if it had been proved. An address that stands in a mail proves nothing:
    anybody can write one.
    """
    if (body.email is None) == (body.delivery is None):
        raise InputError("say whom it is about: either email or delivery")
    await returned_by_hand.apply(
        id,
        by=call.actor,
        store=call.store,
        now=call.now,
        address="" if body.email is None else parse_address(body.email),
        delivery_id=body.delivery,
        kind=body.kind,
    )
    one, _ = await returned_by_hand.look(id, store=call.store)
    return return_shown(one)


async def be_done_with_return(call: Made, id: Id) -> Document:
    """Say that a kept mail needs nobody any more."""
    changed = await returned_by_hand.be_done_with(id, by=call.actor, store=call.store, now=call.now)
    return {"id": id, "changed": changed}
