"""What all pages behind a reader's link have in common: the token is looked at first, and nobody is named."""

from __future__ import annotations

from fastapi import Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException

from digest.web.pages import language_asked_for, page
from subscribers.tokens import Purpose, Tokens


class WrongLinkError(HTTPException):
    """A link that was not made by us for this purpose."""

    def __init__(self) -> None:
        """Nobody is told what is wrong with it."""
        super().__init__(404)


def subject_of(tokens: Tokens, purpose: Purpose, token: str) -> int:
    """The number that a link speaks for; the page for links that are none, whatever is wrong with it."""
    # who opens a mail in an editor copies the sign behind the link that ends its line (RFC 2045, 6.7)
    found = tokens.read(purpose, token.removesuffix("="))
    if found is None:
        raise WrongLinkError
    return found


def nobody(request: Request, *, up: str) -> Response:
    """For an erased reader all is done; there is nobody to name, and no language but the browser's."""
    return page("left", language=language_of(request), shown=None, token="", up=up, others=())


def too_many(language: str) -> Response:
    """A limit was reached: of all that comes from a network, or goes to a domain (RFC 6585, 4)."""
    answer = page("too_many", status=429, language=language)
    answer.headers["Retry-After"] = "3600"
    return answer


def language_of(request: Request) -> str:
    """The language that the browser asks for."""
    return language_asked_for(request.headers.get("accept-language", ""))


def see_other(place: str) -> Response:
    """Send the browser on to a page of ours, said from where it is: what stands before our paths is not ours.

    RFC 9110, 10.2.2 and 15.4.4.
    """
    return Response(status_code=303, headers={"Location": place})
