"""The list of officers as a file, and on its topic.

A file is YAML or JSON, a list of officers:

    - subject: 0f6c1f0e-77aa      # of the account, as the issuer's tokens name it
      name: Trần Thị Bình
      agency: X-H19-26197
      roles: [specialist]
      from: 2026-12-01T00:00:00+07:00    # these three may be left out
      until: 2027-06-01T00:00:00+07:00
      successor: le-thi-cuc       # who goes on with what is open then
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from aiokafka import AIOKafkaProducer
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from dossier_local.errors import StackError
from dossier_shared.adapters.compacted import latest
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import AgencyEntry, OfficerEntry
from dossier_shared.contracts.topics import AGENCIES, OFFICERS
from dossier_shared.runtime.officers import LISTED
from dossier_shared.settings.broker import Broker
from dossier_shared.vocabulary import yaml
from dossier_shared.vocabulary.codes import AgencyCode, Subject
from dossier_shared.vocabulary.moments import Instant
from dossier_shared.vocabulary.names import PersonName


class Line(BaseModel):
    """An officer as a file has them."""

    model_config = ConfigDict(extra="forbid")
    subject: Subject
    name: PersonName
    agency: AgencyCode
    roles: list[str] = Field(min_length=1)
    valid_from: Instant | None = Field(default=None, alias="from")
    valid_until: Instant | None = Field(default=None, alias="until")
    successor: Subject | None = None


class Plan(NamedTuple):
    """What an import changes, by subject; those that stay as they are are in neither."""

    put: Mapping[str, OfficerEntry]
    gone: Sequence[str]


def read(text: str, agencies: Mapping[str, AgencyEntry], known: Mapping[str, OfficerEntry]) -> list[OfficerEntry]:
    """Raises StackError with everything that is wrong. `agencies`: of the catalogue; none: they are not checked."""
    try:
        lines = yaml.read(text).data
    except yaml.Unreadable as error:
        raise StackError(str(error)) from None
    if not isinstance(lines, list):
        raise StackError("The file must be a list of officers.")
    entries, faults = [], []
    for number, line in enumerate(lines, 1):
        try:
            entries.append(_entry(Line.model_validate(line)))
        except ValidationError as error:
            faults += [f"officer {number}, {'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
        except ValueError as error:
            faults.append(f"officer {number}: {error}")
    faults += _disagreements(entries, agencies, {*known, *(one.subject for one in entries)})
    if faults:
        raise StackError("\n".join(faults))
    return entries


def _entry(line: Line) -> OfficerEntry:
    if strange := sorted(set(line.roles) - LISTED):
        raise ValueError(f"{', '.join(strange)}: an officer's roles are {', '.join(sorted(LISTED))}")
    since, until = (instant(at) if at else None for at in (line.valid_from, line.valid_until))
    if since and until and until <= since:
        raise ValueError("until must be after from")
    if line.successor == line.subject:
        raise ValueError("nobody is their own successor")
    return OfficerEntry(
        subject=line.subject, name=line.name, agency=line.agency, roles=sorted(set(line.roles)),
        valid_from=since, valid_until=until, successor=line.successor,
    )  # fmt: skip


def _disagreements(
    entries: Sequence[OfficerEntry], agencies: Mapping[str, AgencyEntry], known: set[str]
) -> Iterator[str]:
    for subject, times in Counter(one.subject for one in entries).items():
        if times > 1:
            yield f"{subject} is there {times} times; an account works at one agency"
    for one in entries:
        if agencies and one.agency not in agencies:
            yield f"{one.subject}: the catalogue has no agency {one.agency}"
        if one.successor is not None and one.successor not in known:
            yield f"{one.subject}: the successor {one.successor} is not on the list"


def plan_of(entries: Sequence[OfficerEntry], known: Mapping[str, OfficerEntry], *, replace: bool) -> Plan:
    here, named = {one.agency for one in entries}, {one.subject for one in entries}
    gone = [one.subject for one in known.values() if replace and one.agency in here and one.subject not in named]
    return Plan({one.subject: one for one in entries if known.get(one.subject) != one}, gone)


async def listed(broker: Broker) -> dict[str, OfficerEntry]:
    found = await latest(broker, OFFICERS.name, range(OFFICERS.partitions))
    return {key.decode(): OfficerEntry.model_validate_json(value) for key, value in found.items()}


async def take(broker: Broker, text: str, *, replace: bool = False, dry_run: bool = False) -> Plan:
    """Raises StackError, see `read`, and KafkaError."""
    known = await listed(broker)
    catalogue = await latest(broker, AGENCIES.name, range(AGENCIES.partitions))
    agencies = {key.decode(): AgencyEntry.model_validate_json(value) for key, value in catalogue.items()}
    plan = plan_of(read(text, agencies, known), known, replace=replace)
    if not dry_run:
        await publish(broker, plan)
    return plan


async def publish(broker: Broker, plan: Plan) -> None:
    """Raises KafkaError where the broker does not take it all."""
    producer = AIOKafkaProducer(**broker.client(), acks="all", enable_idempotence=True)
    await producer.start()
    try:
        records = [(subject, one.model_dump_json().encode()) for subject, one in plan.put.items()]
        sent = [
            await producer.send(OFFICERS.name, value, key=subject.encode(), partition=0)
            for subject, value in (*records, *((subject, None) for subject in plan.gone))
        ]
        await asyncio.gather(*sent)
    finally:
        await producer.stop()
