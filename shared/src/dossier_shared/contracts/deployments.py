"""The records of `platform.deployments`: which agencies run a service of their own, and whose a dossier is.

A deployment of a service serves a set of agencies, each from an instant on (and until another). What none of them serves is
served by the deployment without a name, the one every installation begins with. The administrator alone writes them
(`dossier deployments`); every service follows them live, and both who writes and who reads asks the same function: `owner`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final, NamedTuple

from pydantic import Field

from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.event_parts import Part
from dossier_shared.contracts.topics import AUDIT_TOPICS, FOLLOWED, TOPICS, Topic, asked_of, deployed, heard_by

DEPLOYABLE: Final = ("review", "signing")  # the others serve everybody
_LENGTH: Final = len("2026-01-01T00:00:00.000000Z")


class Tenure(Part):
    """An agency served: what was filed there from `valid_from` on, and before `valid_until`."""

    agency: str
    valid_from: str  # instants
    valid_until: str | None = None


class DeploymentEntry(Part):
    """A deployment of a service: the agencies that run it for themselves, from when to when. It is kept for ever: what was filed
    in its time stays its own, and its topic is read by whoever builds up anew."""

    service: str
    name: str
    agencies: list[Tenure] = Field(default_factory=list)
    added_at: str  # instant


class Filed(NamedTuple):
    """What decides whose a dossier is: for which agency and when it was filed. Never changes, wherever it is handed over."""

    agency: str
    at: str


def key_of(service: str, name: str) -> str:
    """Of a record."""
    return f"{service}/{name}"


def called(service: str, name: str) -> str:
    """Its consumer group, its user at the broker, whose keys its events are signed with: `review`, `review.long-khanh`."""
    return f"{service}.{name}" if name else service


def owner(entries: Iterable[DeploymentEntry], service: str, agency: str, filed_at: str) -> str:
    """Which deployment of a service a dossier belongs to: the one in force for its agency when it was filed. Empty: the one
    without a name.

    Exactly one, whatever the records say: where two serve an agency at one instant (a move is being written) it is the one that
    began later.
    """
    at = _normal(filed_at)
    serving = [
        (tenure.valid_from, entry.name)
        for entry in entries
        if entry.service == service
        for tenure in entry.agencies
        if tenure.agency == agency
        and tenure.valid_from <= at
        and (tenure.valid_until is None or at < tenure.valid_until)
    ]
    return max(serving)[1] if serving else ""


def _normal(at: str) -> str:
    """Instants as `clock.instant` writes them compare as texts do."""
    return at if len(at) == _LENGTH and at.endswith("Z") else instant(parse_instant(at))


def filed_of(data: Mapping[str, Any]) -> Filed | None:
    """As an event's data tells; None: before any deployment, the one without a name serves it. Raises ValueError."""
    told = data.get("filed")
    if told is None:
        return None
    try:
        agency, at = told["agency"], told["at"]
        parse_instant(at)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"filed: {error!r}") from error
    if not isinstance(agency, str):
        raise ValueError("filed: the agency is no text")
    return Filed(agency, at)


def own_topics(service: str, name: str) -> list[Topic]:
    """What a deployment writes, as topics of its own."""
    return [deployed(topic, name) for topic in TOPICS if topic.writer == service]


def needed_topics(service: str, name: str = "") -> list[str]:
    """Names of the topics without which a process is not ready: not what is followed, and the audit's, which a broker of before
    has once it is provisioned again."""
    return [
        (deployed(topic, name) if topic.writer == service else topic).name
        for topic in TOPICS
        if topic not in (*FOLLOWED, *AUDIT_TOPICS) and (topic.writer == service or service in topic.readers)
    ]


def heard_topics(entries: Iterable[DeploymentEntry], service: str, name: str = "") -> list[Topic]:
    """The topics a deployment of a service subscribes to: of each source all that may concern it."""
    return list(_with_deployed((*heard_by(service), *asked_of(service)), list(entries), service, name))


def _with_deployed(topics: Iterable[Topic], entries: list[DeploymentEntry], service: str, name: str) -> Iterator[Topic]:
    own = _agencies(entry for entry in entries if (entry.service, entry.name) == (service, name))
    for topic in topics:
        yield topic
        for entry in entries:
            if entry.service == topic.writer and (not name or own & _agencies([entry])):
                yield deployed(topic, entry.name)


def _agencies(entries: Iterable[DeploymentEntry]) -> frozenset[str]:
    return frozenset(tenure.agency for entry in entries for tenure in entry.agencies)
