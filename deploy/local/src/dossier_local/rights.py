"""Who may do what on the broker, as data: one user per service, and `admin` for the `dossier` command.

Everything else is denied. What rights this takes in Kafka: to write a topic WRITE, to read it READ, to see how far it goes
DESCRIBE; to be a member of a group READ, to see how far it has read DESCRIBE. WRITE and READ include DESCRIBE. An idempotent
producer needs no more than WRITE on a topic (since Kafka 3.0).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dossier_shared.contracts.topics import EVENT_TOPICS, SERVICES, TOPICS, Topic, dead_letter

# the consumer groups each service's processes are members of
GROUPS: Mapping[str, tuple[str, ...]] = {
    "intake": ("intake",),
    "review": ("review",),
    "signing": ("signing",),
    "notify": ("notify", "notify-alarms"),
    "monitor": ("monitor", "monitor-worker"),  # both its processes are one user
}


@dataclass(frozen=True, slots=True)
class Access:
    """What one user may do. Topics: `writes`, `reads`, `describes`; consumer groups: `joins`, `watches`."""

    user: str
    writes: tuple[str, ...] = ()
    reads: tuple[str, ...] = ()
    describes: tuple[str, ...] = ()  # only how far they go
    joins: tuple[str, ...] = ()
    watches: tuple[str, ...] = ()  # only how far they have read
    provisions: bool = False  # creates topics, users and these rights: CREATE, DESCRIBE and ALTER on the cluster


def _own(topic: Topic, service: str) -> bool:
    """Its journals' second copy: what a database put back lacks is read from it."""
    return topic in EVENT_TOPICS and topic.writer == service


def _of(service: str) -> Access:
    watchful = service == "monitor"  # its alarms watch how far everybody has read
    return Access(
        service,
        writes=tuple(topic.name for topic in TOPICS if topic.writer == service),
        reads=tuple(topic.name for topic in TOPICS if service in topic.readers or _own(topic, service)),
        describes=(*(topic.name for topic in EVENT_TOPICS), *map(dead_letter, SERVICES)) if watchful else (),
        joins=GROUPS[service],
        watches=tuple(group for groups in GROUPS.values() for group in groups) if watchful else (),
    )


ADMIN = Access(
    "admin",
    writes=tuple(topic.name for topic in TOPICS if topic.writer == "admin"),
    reads=tuple(topic.name for topic in TOPICS),
    provisions=True,
)
USERS: Mapping[str, Access] = {access.user: access for access in (*map(_of, SERVICES), ADMIN)}
