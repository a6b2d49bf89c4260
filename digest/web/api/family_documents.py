"""What the API is asked and tells of families of mailboxes: models with an example each."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, StrictInt

from digest.core.reputation import Level
from digest.flows.family_acts import LONGEST_HOURS, USUAL_HOURS
from digest.web.api.asked import Asked, Line

_RATE: Any = {"events": 4, "copies": 5200, "rate": 0.00077, "line": 0.001, "level": "near"}
_PAUSE: Any = {
    "since": "2026-11-24T08:30:00Z",
    "until": "2026-11-25T08:30:00Z",
    "because": "500 of 2,000 copies (25.00 %) were turned away within a day",
    "made_by": None,
}
_FAMILY: Any = {
    "id": 1,
    "family": "gmail.com",
    "tried": 5230,
    "accepted": 5200,
    "blocked": 0,
    "complaints": _RATE,
    "bounces": {"events": 30, "copies": 5230, "rate": 0.00574, "line": 0.02, "level": "fine"},
    "level": "near",
    "pause": None,
}


def _example(**fields: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [fields]})


class RateShown(BaseModel):
    """A rate of the last seven days against its line."""

    model_config = _example(**_RATE)

    events: int
    copies: int
    #: from 0 to 1
    rate: float
    line: float
    level: Level


class PauseShown(BaseModel):
    """Since when and until when nothing is sent to a family, and why."""

    model_config = _example(**_PAUSE)

    since: datetime
    until: datetime
    because: str
    #: null for the rule
    made_by: str | None


class FamilyShown(BaseModel):
    """The mailboxes of one provider; the family `others` is all those with few copies."""

    model_config = _example(**_FAMILY)

    #: its place in this listing
    id: int
    #: null for all together
    family: str | None
    #: copies that had an answer for good
    tried: int
    accepted: int
    #: turned away for what we send or who we are
    blocked: int
    #: of those accepted
    complaints: RateShown
    #: addresses that do not exist, of those tried
    bounces: RateShown
    level: Level
    pause: PauseShown | None


class FamiliesShown(BaseModel):
    """A part of the list of families, and all of them together; `next` is null at its end."""

    model_config = _example(items=[_FAMILY], next=None, all=_FAMILY | {"id": 0, "family": None})

    items: list[FamilyShown]
    next: int | None
    all: FamilyShown


class FamilyPaused(PauseShown):
    """A family that rests."""

    model_config = _example(family="gmail.com", **_PAUSE | {"made_by": "Ada (desk tool)"})

    family: str


class FamilyResumed(BaseModel):
    """A family that gets mail again."""

    model_config = _example(resumed="gmail.com")

    resumed: str


class FamilyRest(Asked):
    """How long a family is to rest, and why."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"hours": 24, "because": "asked by their postmaster"}]},
    )

    hours: Annotated[StrictInt, Field(ge=1, le=LONGEST_HOURS, description="At most.")] = USUAL_HOURS
    because: Line | None = None
