"""Every topic, as data: who writes it, who reads it, how long it is kept. Provisioning, tests and AsyncAPI read this table."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import lru_cache

PARTITIONS = 6  # fixed for life: a dossier's events of every source must stay in the same partition number

_FOREVER = {"cleanup.policy": "delete", "retention.ms": "-1", "max.message.bytes": "1048576"}
# rolled and cleaned often: what reads it from the beginning reads little more than the latest of each key
_COMPACTED = {
    "cleanup.policy": "compact",
    "retention.ms": "-1",
    "segment.ms": "600000",
    "segment.bytes": "16777216",
    "min.cleanable.dirty.ratio": "0.2",
}


# Room for any record of the topics above and why it is here: else an unreadable one of full size could not be put aside.
_ASIDE = {**_FOREVER, "max.message.bytes": "2097152"}


_DAY_MS = 86_400_000
_FOR_TWO_YEARS = {"cleanup.policy": "delete", "retention.ms": str(730 * _DAY_MS)}
_LATEST_FOR_TWO_YEARS = {**_COMPACTED, **_FOR_TWO_YEARS, "cleanup.policy": "compact,delete"}
_FOR_A_DAY = {"cleanup.policy": "delete", "retention.ms": str(_DAY_MS)}


@dataclass(frozen=True, slots=True)
class Topic:
    """One Kafka topic. `events` are the short type names (`vn.dossier.<event>.v1`) that may appear on it."""

    name: str
    writer: str
    readers: tuple[str, ...]
    key: str = "dossier id"
    partitions: int = PARTITIONS
    config: dict[str, str] = field(default_factory=lambda: dict(_FOREVER))
    events: tuple[str, ...] = ()
    source: str | None = None  # the CloudEvents source of what it carries


SUBMITTED = Topic(
    "dossier.submitted", "intake", ("review", "notify", "monitor"),
    events=(
        "submitted", "completion-requested", "completed", "accepted", "refused", "supplement-received", "payment-confirmed",
        "rescheduled", "withdrawal-requested", "withdrawn", "corrected", "consent-withdrawn", "evidence-received",
    ), source="intake",
)  # fmt: skip
REVIEWED = Topic(
    "dossier.reviewed", "review", ("intake", "signing", "monitor"),
    events=(
        "assigned", "supplement-requested", "payment-requested", "consultation-requested", "consultation-answered",
        "consultation-withdrawn", "consultation-overdue", "request-withdrawn", "extension-requested", "extended",
        "withdrawal-granted", "withdrawal-declined", "handed-over", "stopped",
        "appraised", "noted", "returned", "approved", "rejected", "consent-ended",
    ), source="review",
)  # fmt: skip
SIGNED = Topic(
    "dossier.signed", "signing", ("intake", "review", "notify", "monitor"),
    events=("signing-requested", "signing-failed", "sent-back", "signed", "downloaded"), source="signing",
)  # fmt: skip
DELIVERED = Topic(
    "dossier.delivered", "notify", ("intake", "monitor"),
    events=("message-requested", "message-sent", "message-failed", "delivered"), source="notify",
)  # fmt: skip
# of alarms, not of dossiers: raised, cleared, acknowledged
ALARM = Topic(
    "monitor.alarm", "monitor", ("notify",), key="alarm id",
    events=("alarm-raised", "alarm-cleared", "alarm-acknowledged"), source="monitor",
)  # fmt: skip
BOARD = Topic("monitor.board", "monitor", ("monitor",), key="cell", config=dict(_COMPACTED))
MARKS = Topic("monitor.marks", "monitor", ("monitor",), config=dict(_COMPACTED))  # the worker's table, by dossier

# what the catalogue in force says of each agency and procedure, for who shows and guards their dossiers (`entries.py`)
# (its writer too: it mends what is not as it should be)
_DIRECTORY = ("intake", "review", "signing", "notify", "monitor")
AGENCIES = Topic("catalogue.agencies", "intake", _DIRECTORY, key="agency code", partitions=1, config=dict(_COMPACTED))
PROCEDURES = Topic(
    "catalogue.procedures", "intake", _DIRECTORY, key="procedure code", partitions=1, config=dict(_COMPACTED)
)

# who signs the events of which service (`keys.py`): written by nobody whose password a service has
KEYS = Topic("platform.keys", "admin", _DIRECTORY, key="service", partitions=1, config=dict(_COMPACTED))
# who works where: written by who looks after the whole (`dossier officers import`), followed by every service
OFFICERS = Topic("platform.officers", "admin", _DIRECTORY, key="subject", partitions=1, config=dict(_COMPACTED))
# who stands in for whom: given by leaders in review, followed by every service
DELEGATIONS = Topic(
    "platform.delegations", "review", _DIRECTORY, key="delegation id", partitions=1, config=dict(_COMPACTED)
)
# which officer reads a dossier of others in an emergency, until when, and why: opened in intake, followed by every service
EMERGENCIES = Topic(
    "platform.emergencies", "intake", _DIRECTORY, key="access id", partitions=1, config=dict(_LATEST_FOR_TWO_YEARS)
)

# which agencies run a service of their own (`deployments.py`): whose dossier is whose
DEPLOYMENTS = Topic(
    "platform.deployments", "admin", _DIRECTORY, key="service/deployment", partitions=1, config=dict(_COMPACTED)
)
# by which key each person's data are encrypted (`person_keys.py`): made by intake, followed by whoever may read them
PERSON_KEYS = Topic("privacy.keys", "intake", _DIRECTORY, key="person", partitions=1, config=dict(_COMPACTED))
# one-time codes by which a person consents that somebody files for them, for notify to send: each encrypted, good for minutes
CONSENT_CODES = Topic("consent.codes", "intake", ("notify",), key="code id", partitions=1, config=dict(_FOR_A_DAY))

DOSSIER_TOPICS = (SUBMITTED, REVIEWED, SIGNED, DELIVERED)
EVENT_TOPICS = (*DOSSIER_TOPICS, ALARM)
DIRECTORY_TOPICS = (AGENCIES, PROCEDURES)
FOLLOWED = (*DIRECTORY_TOPICS, KEYS, OFFICERS, DELEGATIONS, EMERGENCIES, DEPLOYMENTS, PERSON_KEYS, CONSENT_CODES)
"""What services read from the beginning into memory; a service works without them until they are provisioned."""
SERVICES = ("intake", "review", "signing", "notify", "monitor")


def dead_letter(service: str) -> str:
    return f"{service}.dead-letter"


def resend_request(service: str) -> str:
    """Where a service asks the owners of events it misses to publish them again."""
    return f"{service}.resend-request"


def audit(service: str) -> str:
    """Who saw, did or was refused what at this service (`audit.py`)."""
    return f"{service}.audit"


AUDIT_TOPICS = tuple(
    Topic(audit(s), s, ("monitor",), key="entry id", partitions=1, config=dict(_FOR_TWO_YEARS)) for s in SERVICES
)
TOPICS: tuple[Topic, ...] = (
    *EVENT_TOPICS,
    BOARD,
    MARKS,
    *DIRECTORY_TOPICS,
    KEYS,
    OFFICERS,
    DELEGATIONS,
    EMERGENCIES,
    DEPLOYMENTS,
    PERSON_KEYS,
    CONSENT_CODES,
    *AUDIT_TOPICS,
    *(Topic(dead_letter(s), s, (s,), key="original key", partitions=1, config=dict(_ASIDE)) for s in SERVICES),
    *(
        Topic(
            resend_request(s),
            s,
            tuple(t.writer for t in DOSSIER_TOPICS if s in t.readers),
            partitions=1,
            config=dict(_FOR_A_DAY),
        )
        for s in SERVICES
    ),
)

BY_NAME = {topic.name: topic for topic in TOPICS}
BY_SOURCE = {topic.source: topic for topic in EVENT_TOPICS if topic.source}
SOURCE_OF_TOPIC = {topic.name: topic.source for topic in DOSSIER_TOPICS if topic.source}


def deployed(topic: Topic, deployment: str) -> Topic:
    """The same for a deployment of its writer (`deployments.py`): `dossier.reviewed.long-khanh`."""
    return replace(topic, name=deployed_name(topic.name, deployment)) if deployment else topic


def deployed_name(name: str, deployment: str) -> str:
    return f"{name}.{deployment}" if deployment else name


def parted(name: str) -> tuple[str, str]:
    """A topic's name: that of the table, and the deployment whose own it is (empty: the one without a name)."""
    if name in BY_NAME:
        return name, ""
    base, _, deployment = name.rpartition(".")
    return (base, deployment) if base in BY_NAME and deployment else (name, "")


@lru_cache(maxsize=1000)
def topic_of(name: str) -> Topic | None:
    """As the table has it, a deployment's own too."""
    base, deployment = parted(name)
    return deployed(BY_NAME[base], deployment) if base in BY_NAME else None


def heard_by(service: str) -> tuple[Topic, ...]:
    """The dossier topics a service subscribes to."""
    return tuple(topic for topic in DOSSIER_TOPICS if service in topic.readers)


def asked_of(service: str) -> tuple[Topic, ...]:
    """The topics on which others may ask it to publish again."""
    requests = [BY_NAME[resend_request(other)] for other in SERVICES]
    return tuple(topic for topic in requests if service in topic.readers)
