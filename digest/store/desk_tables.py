"""The tables of the desk: who may enter it, the keys of programs, and the log of what they changed."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)

from digest.core.access import Role, Via
from digest.store.tables import BigId, metadata, one_of
from subscribers.tables import Instant

# Who may enter the desk. Nobody is deleted, for the log of changes speaks of them: they are shut out.
people = Table(
    "people",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("name", String(60), nullable=False),
    # folded: two who differ in case only would be mistaken for each other
    Column("name_key", String(120), nullable=False, unique=True),
    Column("role", String(8), nullable=False),
    # argon2id with its parameters and salt; empty, which no password matches, for who has chosen none yet
    Column("password_hash", Text, nullable=False),
    # of one-time codes (RFC 6238): the shared secret in base32, and the last step that was used
    Column("code_secret", String(64)),
    Column("code_step", Integer, nullable=False, default=0),
    Column("created_at", Instant, nullable=False),
    Column("shut_out_at", Instant),
    CheckConstraint(one_of("role", Role), name="role"),
)

# Codes for who has lost the device; each is good once.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("code_hash", LargeBinary(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("used_at", Instant),
)

# Who is at the desk: the browser holds a random token, the store only its hash.
sessions = Table(
    "sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    # false between the password and the code
    Column("whole", Boolean, nullable=False),
    Column("began_at", Instant, nullable=False),
    Column("seen_at", Instant, nullable=False),
    Column("ends_at", Instant, nullable=False, index=True),
    # what the browser says it is, and the network, so that one's own sessions can be told apart
    Column("agent", String(200), nullable=False),
    Column("seen_from", String(45), nullable=False),
)

# By what somebody chooses their own password: good once, so it goes when it is used. The link holds a random
# token, the store only its hash; one for each person, since a new one makes those before it void.
entry_links = Table(
    "entry_links",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, unique=True),
    Column("ends_at", Instant, nullable=False, index=True),
)

# What lets a program in: a random key, of which the store has only the hash.
api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("person_id", ForeignKey("people.id"), nullable=False, index=True),
    Column("label", String(60), nullable=False),
    # its first characters, to tell it by
    Column("beginning", String(12), nullable=False),
    Column("key_hash", LargeBinary(32), nullable=False, unique=True),
    Column("scopes", JSON, nullable=False),
    Column("made_at", Instant, nullable=False),
    Column("used_at", Instant),
    Column("revoked_at", Instant),
)

# Every change that a person or a program made, written in the same transaction. Readers are named by number
# only, so that nothing of an erased one remains here.
changes = Table(
    "changes",
    metadata,
    Column("id", BigId, primary_key=True),
    Column("at", Instant, nullable=False),
    Column("actor", String(140), nullable=False),
    Column("via", String(8), nullable=False),
    Column("person_id", ForeignKey("people.id")),
    # what was done, such as `briefing.edit`, and to what: a kind and a number or short name
    Column("act", String(40), nullable=False),
    Column("kind", String(20), nullable=False),
    Column("subject", String(60), nullable=False),
    # only what differs
    Column("before", JSON, nullable=False),
    Column("after", JSON, nullable=False),
    CheckConstraint(one_of("via", Via), name="via"),
    Index("ix_changes_subject", "kind", "subject"),
)
