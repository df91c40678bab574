"""What the core refuses and what it cannot read: types with a stable code and the facts, no status of HTTP and no sentence.

Refusal                  refused, and nothing was written; `http/refusals.py` tells it to whoever asked
├── Unstorable           no database could keep this (too large, too deep, a number too big): trying again is no use
└── Unavailable          database or broker away, or the service closed; nothing half-written: try again
    └── KeyUnknown       the key of the person whom it is about has not been heard here (yet)
BadRecord                a Kafka record that can never be understood: dead letter, at once
Unchained                an event that cannot be applied now: its dossier is parked, everything else goes on
"""

from __future__ import annotations


class Refusal(Exception):
    """`code` is stable; `facts` are what a sentence about it names."""

    def __init__(self, code: str, **facts: object) -> None:
        self.code, self.facts = code, facts
        super().__init__(" ".join((code, *(f"{name}={fact}" for name, fact in facts.items()))))


class Unstorable(Refusal):
    def __init__(self) -> None:
        super().__init__("cannot-be-stored")


class Unavailable(Refusal):
    """Its `code` may also be why the service takes no commands, in words."""


class KeyUnknown(Unavailable):
    def __init__(self) -> None:
        super().__init__("person-key-unknown")


BAD_RECORD = (
    "undecodable", "unknown-version", "unknown-type", "wrong-key", "wrong-writer", "wrong-hash", "wrong-signature",
    "invalid-data", "passed",
)  # fmt: skip
UNCHAINED = ("gap", "cause", "broken-chain", "key", "illegal", "unstorable")


class BadRecord(Exception):
    """`reason` is one of BAD_RECORD, stable codes."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")


class Unchained(Exception):
    """`reason` is one of UNCHAINED, stable codes."""

    def __init__(self, reason: str, detail: str = "") -> None:
        self.reason, self.detail = reason, detail
        super().__init__(f"{reason}: {detail}")
