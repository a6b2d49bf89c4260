"""What came back, in plain words: what is said, by what that is proved, and what followed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from digest.core.returned import Kind
from digest.core.settling import Effect
from digest.mail.evidence import Proof

#: The words and how they look.
KINDS: Final[Mapping[Kind, tuple[str, str]]] = {
    Kind.DELIVERED: ("it arrived", "good"),
    Kind.DELAYED: ("late, and still being tried", "busy"),
    Kind.SOFT: ("given up, but that may pass", "warn"),
    Kind.HARD: ("no such mailbox", "bad"),
    Kind.BLOCKED: ("refused as unwanted", "warn"),
    Kind.FULL: ("mailbox is full", "warn"),
    Kind.COMPLAINT: ("called spam", "bad"),
    Kind.AUTO_REPLY: ("a machine answered", "empty"),
    Kind.REPLY: ("a person answered", "busy"),
    Kind.CHALLENGE: ("a machine asks whether we are people", "empty"),
    Kind.UNSUBSCRIBE: ("asks to be taken off", "warn"),
    Kind.UNKNOWN: ("says nothing that we can read", "empty"),
}
EFFECTS: Final[Mapping[Effect, str]] = {
    Effect.SEEN: "it was told before",
    Effect.UNMATCHED: "nothing proves what it is about, so nothing followed",
    Effect.STALE: "it is about mail from before the reader moved or came back, so nothing followed",
    Effect.NOTED: "noted, and nothing followed",
    Effect.ARRIVED: "a copy in doubt is known to have arrived",
    Effect.REFUSED: "the copy counts as not received",
    Effect.COUNTED: "the copy counts as not received, and the day counts against the address",
    Effect.PROBED: "the day counts against the address, which is asked by one mail whether it lives",
    Effect.STOPPED: "no more mail goes to this address",
    Effect.COMPLAINED: "no more mail goes to this address, unless its owner asks for it",
    Effect.LEFT: "the reader has left",
    Effect.FORWARDED: "the words went on to the newsroom",
    Effect.NOT_KEPT: "too many such mails wait already, so it was only counted",
}
PROOFS: Final[Mapping[str, str]] = {
    "": "nothing",
    Proof.RETURN_PATH: "it came to the return path of the copy, which we signed",
    Proof.MESSAGE_ID: "it names the Message-ID of the copy, which nobody else knows",
    Proof.LINK: "it holds a link of the copy, which we signed",
    Proof.ADDRESS: "the provider signed it, and names the address",
    Proof.BY_HAND: "a person said so",
}
#: What follows when a person says what it is about; as in the table of `digest.core.settling`.
WOULD_FOLLOW: Final[Mapping[Kind, str]] = {
    Kind.DELIVERED: "a copy in doubt counts as sent",
    Kind.DELAYED: "nothing more",
    Kind.SOFT: "the copy counts as not received, and the day counts against the address",
    Kind.HARD: "no more mail goes to that address, whatever the newsletter",
    Kind.BLOCKED: "the copy counts as not received",
    Kind.FULL: "the copy counts as not received, and the day counts against the address, once a week",
    Kind.COMPLAINT: "no more mail goes to that address, unless its owner asks for it",
    Kind.AUTO_REPLY: "nothing more",
    Kind.CHALLENGE: "nothing more",
    Kind.REPLY: "nothing more",
    Kind.UNSUBSCRIBE: "the reader leaves: the newsletter of the copy, or all of them",
    Kind.UNKNOWN: "what you say it says",
}
