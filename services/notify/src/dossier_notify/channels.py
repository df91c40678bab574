"""How messages leave: what is handed over, what comes back, and what a provider must be able to do. Pure.

An answer is only what is certain. Whatever else happens (no connection, a timeout, 5xx, an answer nobody understands) the
message may or may not have gone out: it is left out of `send`'s answer, and asked for later by its reference.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple, Protocol

MAX_BATCH = 200


class Message(NamedTuple):
    reference: str
    to: str  # E.164
    text: str


class Answer(NamedTuple):
    """`reason` None: the provider has taken it and it cannot be called back. Else refused for good."""

    provider_id: str
    reason: str | None = None


class Provider(Protocol):
    async def send(self, messages: Sequence[Message]) -> Mapping[str, Answer]:
        """By reference; absent: not known."""
        ...

    async def query(self, references: Sequence[str]) -> Mapping[str, Answer]:
        """Of those the provider has; absent means it has never had them. Raises ProviderUnavailable where that is not sure,
        QueryRefused where it will not be asked like this: one of the references may be at fault."""
        ...


class ProviderUnavailable(ConnectionError):
    """No answer that can be relied on: an outage."""


class QueryRefused(ValueError):
    """Says nothing about whether a message went out."""
