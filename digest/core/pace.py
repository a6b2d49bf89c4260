"""How fast we may send, to the server and to each family of domains: by set limits, and by what is answered.

Rules, not acts: whoever asks brings the time, in seconds of a clock that only goes forward. Three things hold
a copy back, at the server as a whole and at each family (`families.py`) by itself:

- connections: so many copies may be under way at a time;
- rate: so many may begin a second. It is a bucket that fills evenly: over any time span of t seconds no more
  than rate x t + burst copies begin;
- trust, which answers take away and give back. An answer that asks for patience (421, 4.7.x, greylisting)
  halves the connections that are in use, and the rate along with them. Below one connection only so many
  copies a second begin as are left of it, down to one in about a minute. An accepted copy gives back a
  twentieth of the limit, at most doubling what there is, and at most once in ten seconds: so from one
  connection to all it takes a little over three minutes, from the very bottom some six.

A family may also be closed until a given time, for a reason that has nothing to do with pace
(`reputation.py`): then no copy to it begins, and none follows another.

A copy whose envelope travels with the content of the one before it begins with its envelope, and inherits
the place of the one before: a connection takes one place.

One wave of copies gets one wave of refusals, and that is one complaint: after a halving, the answers to
copies begun before it are not counted. A family that has its troubles slows no other. Only when the server
refuses before it knows the recipient, or several families in a row with none accepted between, is it the
server itself that asks for patience.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum, auto
from math import inf
from typing import Final

from msgspec import Struct, field

from digest.core.model import Outcome, Stage, Verdict
from digest.core.verdict import UNTRIED, Reason

#: Between steps up. Providers count over minutes; a step must show its effect before the next is taken.
STEP_SECONDS: Final = 10.0
#: How many steps lead from nearly nothing to the limit, if doubling is not the shorter way.
STEPS_TO_FULL: Final = 20
#: The least that is left of one connection, hence of one copy a second: a knock at the door once a minute is
#: seldom enough for whoever wants silence, and often enough to learn soon that it has opened again.
LEAST_TRUST: Final = 1 / 64
#: So many families refused in a row are no chance: it is what they share that refuses, the server.
FAMILIES_IN_A_ROW: Final = 5
#: Kept though nothing is to be remembered of them, since they come again.
FAMILIES_KEPT: Final = 1000

#: For so many seconds a family is closed with which nothing may be done here: others have its places, and
#: copies to it go back to the store. Longer than anybody waits with a copy in hand.
BARRED_FOR: Final = 60.0

#: Whoever is refused here cannot be the reason.
_BEFORE_THE_RECIPIENT: Final = UNTRIED | {Stage.MAIL}


class Limit(Struct, frozen=True):
    """The most that is done with one server, or one family, in the best of times."""

    #: copies under way at a time. Postfix sends a destination at most 20, and takes 50 from one client
    connections: int = 20
    #: copies begun a second; None for as fast as it goes
    rate: float | None = None
    #: copies that may begin at once after a quiet time; only with a rate
    burst: int = 1

    def __post_init__(self) -> None:
        """Refuse numbers with which nothing would ever be sent."""
        if self.connections < 1 or self.burst < 1:
            raise ValueError("a limit needs at least one connection and a burst of at least one")
        if self.rate is not None and not 0 < self.rate < inf:
            raise ValueError(f"a rate is a number of copies a second, more than 0, not {self.rate}")


class Limits(Struct, frozen=True):
    """The limits of one process; of what several have together, see `shares.py`."""

    #: all copies together
    server: Limit = Limit()
    #: each family that is not named
    family: Limit = Limit()
    #: by the name that `family_of` gives
    families: Mapping[str, Limit] = field(default_factory=dict)

    def of_server(self) -> Limit | None:
        """What may be done with the server; None for nothing."""
        return self.server

    def of_family(self, family: str) -> Limit | None:
        """What may be done with a family; None for nothing."""
        return self.families.get(family, self.family)

    @property
    def may_bar(self) -> bool:
        """Whether there may be families with which nothing may be done."""
        return False


class Go(Struct, frozen=True):
    """The copy may begin now."""


class Wait(Struct, frozen=True):
    """The copy may not begin before `until`; infinite when first another copy has to end."""

    until: float


Answer = Go | Wait
GO: Final = Go()


class Hint(Enum):
    """What the end of a copy tells about our pace."""

    ACCEPTED = auto()
    #: the family asks for patience
    FAMILY_BUSY = auto()
    #: so it does, but only of those whom it does not know yet: no word about the server
    FAMILY_GREYLISTS = auto()
    #: the server asks for patience, whoever the recipient
    SERVER_BUSY = auto()
    #: nothing: the copy was refused for its own sake, or the connection broke, or it never went off
    NONE = auto()


def hint_of(outcome: Outcome, verdict: Verdict) -> Hint:
    """What an outcome tells about our pace; `verdict` is what `judge` made of it."""
    if outcome.accepted:
        return Hint.ACCEPTED
    if verdict.reason == Reason.GREYLISTED:
        return Hint.FAMILY_GREYLISTS
    # a last try that failed is told as given up, whatever the answer was
    is_busy = outcome.code == 421 or (outcome.code // 100 == 4 and outcome.enhanced.startswith("4.7."))
    if verdict.reason == Reason.SLOW_DOWN or is_busy:
        return Hint.SERVER_BUSY if outcome.stage in _BEFORE_THE_RECIPIENT else Hint.FAMILY_BUSY
    return Hint.NONE


class Pace:
    """What is under way and how much trust there is; memory grows with the families of which that is news."""

    def __init__(self, limits: Limits) -> None:
        """Begin with full trust everywhere."""
        self._limits = limits
        self._server: Final = _Gate(limits.server)
        self._families: Final[dict[str, _Gate]] = {}
        #: families to which nothing goes, each until then
        self._closed: Mapping[str, float] = {}
        #: whether there are families with which nothing may be done, and until when these are closed
        self._may_bar = limits.may_bar
        self._barred_until = -inf
        self._refused_in_a_row: Final[set[str]] = set()

    def adopt(self, limits: Limits, now: float) -> None:
        """Go by other limits from now on; what is known of trust stays, as far as it fits under them."""
        self._limits, self._may_bar, self._barred_until = limits, limits.may_bar, now + BARRED_FOR
        self._server.adopt(limits.of_server())
        for family, gate in self._families.items():
            gate.adopt(limits.of_family(family))

    def close(self, until: Mapping[str, float]) -> None:
        """These families are closed until then, and no others are; those under way end as they would."""
        self._closed = dict(until)

    def closed_until(self, family: str) -> float:
        """Until when a family is closed; long ago for one that is not."""
        if self.is_barred(family):
            return self._barred_until
        return self._closed.get(family, -inf)

    def is_barred(self, family: str) -> bool:
        """Whether nothing may be done with a family here: others have its places."""
        return self._may_bar and self._limits.of_family(family) is None

    def may_send(self, family: str, now: float) -> Answer:
        """Whether a copy to this family may begin; asking changes nothing."""
        opens_at = max(self._server.opens_at(), self.closed_until(family))
        gate = self._families.get(family)
        if gate is not None:
            opens_at = max(opens_at, gate.opens_at())
        return GO if opens_at <= now else Wait(opens_at)

    def may_send_any(self, now: float) -> Answer:
        """Whether the server would take a copy to a family without troubles of its own."""
        opens_at = self._server.opens_at()
        return GO if opens_at <= now else Wait(opens_at)

    def may_any_follow(self, now: float) -> bool:
        """Whether the server lets any copy begin now in the place of one that is about to end."""
        return self._server.admits_heir(now)

    def may_follow(self, family: str, ahead: str, now: float) -> bool:
        """Whether a copy to `family` may do so in the place of one to `ahead`, as far as families go."""
        if self.closed_until(family) > now:
            return False
        gate = self._families.get(family)
        if gate is None:
            return True
        return gate.admits_heir(now) if family == ahead else gate.opens_at() <= now

    def began(self, family: str, now: float, ahead: str | None = None) -> None:
        """A copy is under way; `may_send` said that it may.

        With `ahead` it was `may_any_follow` and `may_follow` that said so: it inherits the place of a copy to
        that family, which has not ended yet and does not need its place any more.
        """
        gate = self._families.get(family)
        if gate is None:
            gate = self._families[family] = _Gate(self._limits.of_family(family) or self._limits.family)
        gate.began(now)
        self._server.began(now)
        if ahead is not None:
            self._families[ahead].bequeath()
            self._server.bequeath()

    def still_may(self, family: str, since: float) -> bool:
        """Whether nobody has asked for patience, or closed the family, since a copy to it began."""
        troubled_at = max(self._server.halved_at, self._families[family].halved_at)
        return troubled_at < since and self.closed_until(family) <= since

    def copies_within(self, seconds: float) -> float:
        """How many copies the server's rate lets begin in so many seconds; infinite without a rate."""
        return self._server.copies_within(seconds)

    def step(self, family: str, seconds_each: float) -> float:
        """Seconds from one copy to a family to the next, when each takes so many seconds."""
        gate = self._families.get(family)
        return 0.0 if gate is None else gate.step(seconds_each)

    def ended(self, family: str, hint: Hint, now: float, *, has_heir: bool = False) -> None:
        """A copy is no longer under way; exactly once for each that began.

        `has_heir` says that another one inherited its place.
        """
        gate = self._families[family]
        gate_listens, server_listens = gate.ended(has_heir), self._server.ended(has_heir)
        if hint is Hint.ACCEPTED:
            self._refused_in_a_row.clear()
        elif hint is Hint.FAMILY_BUSY:
            self._refused_in_a_row.add(family)
        if gate_listens:
            gate.hear(_FAMILY_HEARS.get(hint), now)
        if server_listens:
            self._server.hear(self._server_hears(hint), now)
        if len(self._families) > FAMILIES_KEPT and gate.is_forgettable(now):
            del self._families[family]

    def _server_hears(self, hint: Hint) -> bool | None:
        if hint is Hint.SERVER_BUSY or len(self._refused_in_a_row) >= FAMILIES_IN_A_ROW:
            self._refused_in_a_row.clear()
            return False
        return True if hint is Hint.ACCEPTED else None


#: Whether a hint is good or bad news of a family.
_FAMILY_HEARS: Final = {Hint.ACCEPTED: True, Hint.FAMILY_BUSY: False, Hint.FAMILY_GREYLISTS: False}


class _Gate:
    """The limits and the trust of one server or family."""

    __slots__ = (
        "_deaf",
        "_due",
        "_in_use",
        "_inherited",
        "_limit",
        "_pause",
        "_places",
        "_slack",
        "_stepped_at",
        "_trust",
        "_under_way",
        "halved_at",
    )

    def __init__(self, limit: Limit) -> None:
        self._limit = limit
        self._under_way = 0
        #: of those under way, how many have left their place to another one
        self._inherited = 0
        #: how many places were taken when the last copy ended, its own included
        self._in_use = 0
        #: when somebody last asked for patience
        self.halved_at = -inf
        #: of those under way, how many began before the last halving
        self._deaf = 0
        #: when the bucket will be full but for one copy, were nothing begun until then
        self._due = -inf
        self._stepped_at = -inf
        self._set_trust(float(limit.connections))

    def adopt(self, limit: Limit | None) -> None:
        """Go by another limit; None lets nothing begin."""
        if limit is None:
            self._places = 0
            return
        was_full = self._trust == self._limit.connections
        self._limit = limit
        self._set_trust(float(limit.connections if was_full else min(self._trust, limit.connections)))

    def opens_at(self) -> float:
        """When the next copy may begin if none ends before."""
        return self._due - self._slack if self._under_way - self._inherited < self._places else inf

    def admits_heir(self, now: float) -> bool:
        """Whether one that is under way may leave its place to another one now."""
        return self._under_way - self._inherited <= self._places and self._due - self._slack <= now

    def copies_within(self, seconds: float) -> float:
        return seconds / self._pause if self._pause else inf

    def step(self, seconds_each: float) -> float:
        return max(self._pause, seconds_each / max(1, self._places))

    def bequeath(self) -> None:
        self._inherited += 1

    def began(self, now: float) -> None:
        self._under_way += 1
        if self._pause:
            self._due = max(self._due, now) + self._pause

    def ended(self, has_heir: bool) -> bool:
        """One copy fewer; False when its answer is to be left uncounted."""
        self._in_use = self._under_way - self._inherited
        self._under_way -= 1
        if has_heir:
            self._inherited -= 1
        if not self._deaf:
            return True
        self._deaf -= 1
        return False

    def hear(self, is_good: bool | None, now: float) -> None:
        """Good news gives trust, bad news takes it, no news does neither."""
        if is_good:
            self._give_trust(now)
        elif is_good is not None:
            self._take_trust(now)

    def is_forgettable(self, now: float) -> bool:
        """True when a new gate would answer the same."""
        return not self._under_way and self._trust == self._limit.connections and self._due <= now

    def _give_trust(self, now: float) -> None:
        full = self._limit.connections
        if self._trust < full and now - self._stepped_at >= STEP_SECONDS:
            self._set_trust(min(full, 2 * self._trust, self._trust + full / STEPS_TO_FULL))
            self._stepped_at = now

    def _take_trust(self, now: float) -> None:
        in_use = min(self._trust, max(1, self._in_use))
        self._set_trust(max(in_use / 2, LEAST_TRUST))
        self._deaf = self._under_way
        self._stepped_at = self.halved_at = now
        self._due = max(self._due, now + self._pause)

    def _set_trust(self, trust: float) -> None:
        """From trust follow the places, the pause between beginnings, and the slack of a burst."""
        limit = self._limit
        is_full = trust == limit.connections
        rate = inf if limit.rate is None else limit.rate * trust / limit.connections
        if trust < 1:
            rate = min(rate, trust)
        self._trust = trust
        self._places = max(1, int(trust))
        self._pause = 1 / rate
        self._slack = (limit.burst - 1) * self._pause if is_full else 0.0
