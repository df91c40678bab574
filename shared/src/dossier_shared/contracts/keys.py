"""The records of `platform.keys`: which keys a service signs its events with. The administrator alone writes them.

Key: the service; value: all its keys and from where on signatures are demanded, so that one record changes both at once. Where
something begins or ends on a topic is told by offsets, which the broker gives: instants in a record are the word of its writer.
"""

from __future__ import annotations

from hashlib import sha256

from pydantic import Field

from dossier_shared.contracts.event_parts import Part
from dossier_shared.contracts.topics import EVENT_TOPICS, Topic, deployed

# by service, the topic whose records it signs
SIGNED_TOPICS = {topic.writer: topic for topic in EVENT_TOPICS}


def signed_topic(who: str) -> Topic | None:
    """Of a service, or of a deployment of one (`review.long-khanh`): the topic whose records it signs."""
    service, _, deployment = who.partition(".")
    topic = SIGNED_TOPICS.get(service)
    return deployed(topic, deployment) if topic is not None else None


class EventKey(Part):
    """A public key (Ed25519)."""

    id: str  # of the public key, see `key_id`
    public: str  # its 32 bytes, base64
    since: str  # instant from which on its service signs with it: once every reader has heard of it
    until: str | None = None  # instant at which it was retired
    # of a retired key: how far its service's topic went then, per partition; from there on it signs nothing
    ends: list[int] | None = None
    revoked: bool = Field(default=False, exclude_if=lambda revoked: not revoked)  # nothing signed with it is believed


class EventKeys(Part):
    """The keys of one service, or of a deployment of one (`review.long-khanh`)."""

    service: str
    keys: list[EventKey] = Field(default_factory=list)
    # how far its topic went, per partition, when signatures were first demanded: from there on nothing unsigned is applied
    demanded: list[int] | None = None


def key_id(public: bytes) -> str:
    """Of the 32 bytes: a record names its key by it, and no two keys can have one."""
    return sha256(public).hexdigest()[:16]
