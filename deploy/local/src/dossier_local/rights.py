"""Who may do what on the broker, as data: one user per service, one per deployment of a service, and `admin` for
the `dossier` command.

Everything else is denied. What rights this takes in Kafka: to write a topic WRITE, to read it READ, to see how far it goes
DESCRIBE; to be a member of a group READ, to see how far it has read DESCRIBE. WRITE and READ include DESCRIBE. An idempotent
producer needs no more than WRITE on a topic (since Kafka 3.0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, called, heard_topics, own_topics
from dossier_shared.contracts.topics import (
    BY_NAME,
    EVENT_TOPICS,
    FOLLOWED,
    SERVICES,
    TOPICS,
    Topic,
    dead_letter,
    deployed,
)

# the consumer groups each service's processes are members of
GROUPS: Mapping[str, tuple[str, ...]] = {
    "intake": ("intake",),
    "review": ("review",),
    "signing": ("signing",),
    "notify": ("notify", "notify-alarms"),
    "monitor": ("monitor", "monitor-worker", "monitor-audit"),  # both its processes are one user
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
    # of deployments (`platform.deployments`), by the name before theirs: `dossier.reviewed` for `dossier.reviewed.long-khanh`
    reads_under: tuple[str, ...] = ()
    describes_under: tuple[str, ...] = ()
    watches_under: tuple[str, ...] = ()
    provisions: bool = False  # creates topics, users and these rights: CREATE, DESCRIBE and ALTER on the cluster


_DEPLOYED = tuple(topic for topic in TOPICS if topic.writer in DEPLOYABLE)  # a deployment has the like of its own


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
        reads_under=tuple(
            topic.name for topic in _DEPLOYED if service in topic.readers and topic.readers != (topic.writer,)
        ),
        describes_under=tuple(map(dead_letter, DEPLOYABLE)) if watchful else (),
        watches_under=DEPLOYABLE if watchful else (),
    )


def of_deployment(entries: Sequence[DeploymentEntry], service: str, name: str) -> Access:
    """What a deployment's user may: what its service's may, with topics and a group of its own instead of that one's, and
    reading of other deployments only those that share an agency with it."""
    common, own = USERS[service], {topic.name for topic in TOPICS if topic.writer == service}
    heard = [topic.name for topic in heard_topics(entries, service, name)]
    followed = [topic.name for topic in FOLLOWED if service in topic.readers]
    kept = [deployed(BY_NAME[topic], name).name for topic in common.reads if topic in own]
    return Access(
        called(service, name),
        writes=tuple(topic.name for topic in own_topics(service, name)),
        reads=tuple(dict.fromkeys([*heard, *followed, *kept])),
        joins=(called(service, name),),
    )


ADMIN = Access(
    "admin",
    writes=tuple(topic.name for topic in TOPICS if topic.writer == "admin"),
    reads=tuple(topic.name for topic in TOPICS),
    reads_under=tuple(topic.name for topic in _DEPLOYED),
    provisions=True,
)
USERS: Mapping[str, Access] = {access.user: access for access in (*map(_of, SERVICES), ADMIN)}
