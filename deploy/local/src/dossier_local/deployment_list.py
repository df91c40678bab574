"""What `dossier deployments` changes: the records of `platform.deployments`, and what a deployment needs on the broker.

Every change holds from an instant that is some time ahead, so that each service has heard of it before anybody must decide by it.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from pydantic import TypeAdapter, ValidationError

from dossier_local import access, topics
from dossier_local.errors import BrokerAway, StackError
from dossier_local.rights import USERS, Access, of_deployment
from dossier_shared.adapters.compacted import TopicReader, latest
from dossier_shared.adapters.kafka import KafkaSender
from dossier_shared.clock import given_instant, instant, parse_instant
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, Tenure, called, key_of, own_topics
from dossier_shared.contracts.envelope import Record
from dossier_shared.contracts.topics import AGENCIES, DEPLOYMENTS
from dossier_shared.journal.registry import LATELY
from dossier_shared.settings.broker import Broker
from dossier_shared.settings.types import DEPLOYMENT

HEAD_START: Final = 3 * LATELY  # seconds: longer than anybody decides by what may be old
Known = Mapping[str, DeploymentEntry]  # by key
_LIST: Final = TypeAdapter(list[DeploymentEntry])


class Plan(NamedTuple):
    """Records to be written, in this order: at each moment of it every dossier has one owner, and it is the one that is meant."""

    put: Sequence[DeploymentEntry]
    gone: Sequence[DeploymentEntry] = ()


class Wish(NamedTuple):
    """`agencies`: for a removal none means all of them. `at`: from when."""

    service: str
    name: str
    agencies: Sequence[str]
    at: str


def checked(wish: Wish, now: datetime, agencies: Collection[str], *, head_start: float = HEAD_START) -> Wish:
    """With its instant as it is stored. Raises StackError with everything that is wrong. `agencies`: of the catalogue; none:
    they are not checked."""
    faults = []
    if wish.service not in DEPLOYABLE:
        faults.append(f"{wish.service} serves everybody. Deployments may be of {' and '.join(DEPLOYABLE)}.")
    if not re.fullmatch(DEPLOYMENT, wish.name):
        faults.append(
            f"{wish.name!r} is no name of a deployment: 2 to 32 small letters and digits of ASCII and -, a letter first, "
            "no - at the end."
        )
    if twice := sorted({code for code in wish.agencies if list(wish.agencies).count(code) > 1}):
        faults.append(f"Named twice: {', '.join(twice)}.")
    if agencies and (strange := sorted(set(wish.agencies) - set(agencies))):
        faults.append(f"The catalogue has no agency {', '.join(strange)}.")
    at = wish.at
    try:
        at = given_instant(wish.at)
    except ValueError:
        faults.append(f"{wish.at!r} is no instant, such as 2027-01-01T00:00:00+07:00.")
    else:
        if parse_instant(at) < (soonest := now + timedelta(seconds=head_start)):
            told = instant(soonest + timedelta(seconds=1))
            faults.append(f"{wish.at} is too early: every service must hear of it before. {told} at the earliest.")
    if faults:
        raise StackError("\n".join(faults))
    return wish._replace(at=at)


def added(known: Known, wish: Wish, now: datetime) -> Plan:
    """A new deployment. Raises StackError."""
    if not wish.agencies:
        raise StackError("Name its agencies: --agencies CODE,CODE.")
    if key_of(wish.service, wish.name) in known:
        raise StackError(f"{wish.service} has a deployment {wish.name} already: `move` agencies to it.")
    _demand_free(known, wish)
    tenures = [Tenure(agency=code, valid_from=wish.at) for code in wish.agencies]
    entry = DeploymentEntry(service=wish.service, name=wish.name, agencies=tenures, added_at=instant(now))
    return Plan([entry])


def moved(known: Known, wish: Wish) -> Plan:
    """Agencies go to `wish.name`, from wherever they are. Raises StackError."""
    target = _demand(known, wish)
    if not wish.agencies:
        raise StackError("Name the agencies: --agencies CODE,CODE.")
    if there := [tenure.agency for tenure in target.agencies if tenure.agency in wish.agencies and _open(tenure, wish)]:
        raise StackError(f"Served by {wish.name} already: {', '.join(there)}.")
    ended = [
        _ended(entry, wish)
        for entry in known.values()
        if entry.service == wish.service and entry.name != wish.name and _touched(entry, wish)
    ]
    after = {**known, **{key_of(entry.service, entry.name): entry for entry in ended}}
    _demand_free({key: entry for key, entry in after.items() if entry.name != wish.name}, wish)
    tenures = [*target.agencies, *(Tenure(agency=code, valid_from=wish.at) for code in wish.agencies)]
    return Plan([target.model_copy(update={"agencies": tenures}), *ended])


def removed(known: Known, wish: Wish) -> Plan:
    """Agencies are served again by the deployment without a name. A record is taken away only where it never came to serve: what
    a deployment once owned stays its own. Raises StackError."""
    entry = _demand(known, wish)
    if not (codes := wish.agencies or [tenure.agency for tenure in entry.agencies if _open(tenure, wish)]):
        raise StackError(f"{wish.name} serves nobody from {wish.at} on.")
    wish = wish._replace(agencies=codes)
    if missing := sorted(set(codes) - {tenure.agency for tenure in entry.agencies if _open(tenure, wish)}):
        raise StackError(f"Not served by {wish.name} from {wish.at} on: {', '.join(missing)}.")
    after = _ended(entry, wish)
    return Plan([after]) if after.agencies else Plan([], [entry])


def _demand(known: Known, wish: Wish) -> DeploymentEntry:
    found = known.get(key_of(wish.service, wish.name))
    if found is None:
        there = ", ".join(sorted(entry.name for entry in known.values() if entry.service == wish.service)) or "none"
        raise StackError(f"{wish.service} has no deployment {wish.name}. There is: {there}.")
    return found


def _demand_free(known: Known, wish: Wish) -> None:
    """No two deployments of a service may serve an agency at one instant."""
    faults = [
        f"{tenure.agency} is served by {entry.name} from {tenure.valid_from}"
        + (f" until {tenure.valid_until}" if tenure.valid_until else "")
        + f": move it (`dossier deployments move {wish.service} {wish.name}`), or from that instant on."
        for entry in known.values()
        if entry.service == wish.service
        for tenure in entry.agencies
        if tenure.agency in wish.agencies and (tenure.valid_until is None or tenure.valid_until > wish.at)
    ]
    if faults:
        raise StackError("\n".join(faults))


def _open(tenure: Tenure, wish: Wish) -> bool:
    """It goes on at the instant, or begins later."""
    return tenure.valid_until is None or tenure.valid_until > wish.at


def _touched(entry: DeploymentEntry, wish: Wish) -> bool:
    return any(
        tenure.agency in wish.agencies and tenure.valid_from < wish.at and _open(tenure, wish)
        for tenure in entry.agencies
    )


def _ended(entry: DeploymentEntry, wish: Wish) -> DeploymentEntry:
    """Its tenures of the agencies end; those that would have begun later never do."""
    tenures = []
    for tenure in entry.agencies:
        if tenure.agency not in wish.agencies or not _open(tenure, wish):
            tenures.append(tenure)
        elif tenure.valid_from < wish.at:
            tenures.append(tenure.model_copy(update={"valid_until": wish.at}))
    return entry.model_copy(update={"agencies": tenures})


# -- on the broker -------------------------------------------------------------------------------------------------------


async def listed(broker: Broker) -> dict[str, DeploymentEntry]:
    """By key; none where the broker has no such topic yet."""
    try:
        async with TopicReader(broker, ()) as reader:  # else who asks for what is not there is answered nothing
            there = DEPLOYMENTS.name in await reader.topics()
        found = await latest(broker, DEPLOYMENTS.name, range(DEPLOYMENTS.partitions)) if there else {}
    except Exception as error:
        raise BrokerAway(await broker.trouble() or f"{DEPLOYMENTS.name} cannot be read: {error!r}") from None
    return {key.decode(): DeploymentEntry.model_validate_json(value) for key, value in sorted(found.items())}


async def catalogued(broker: Broker) -> frozenset[str]:
    """Codes of the catalogue's agencies."""
    found = await latest(broker, AGENCIES.name, range(AGENCIES.partitions))
    return frozenset(code.decode("utf-8", "replace") for code in found)


async def add(
    broker: Broker, wish: Wish, *, password: str | None = None, replication: int = 1, head_start: float = HEAD_START
) -> Plan:
    """Its topics and its rights come before the record: who follows it finds them there. Raises StackError."""
    now, known = datetime.now(UTC), await listed(broker)
    wish = checked(wish, now, await catalogued(broker), head_start=head_start)
    plan = added(known, wish, now)
    await topics.provision(broker, own_topics(wish.service, wish.name), replication)
    after = {**known, **{key_of(entry.service, entry.name): entry for entry in plan.put}}
    await give_rights(broker, after.values(), {called(wish.service, wish.name): password} if password else {})
    await publish(broker, plan)
    return plan


async def move(broker: Broker, wish: Wish, *, head_start: float = HEAD_START) -> Plan:
    known = await listed(broker)
    wish = checked(wish, datetime.now(UTC), await catalogued(broker), head_start=head_start)
    plan = moved(known, wish)
    after = {**known, **{key_of(entry.service, entry.name): entry for entry in plan.put}}
    await give_rights(broker, after.values())
    await publish(broker, plan)
    return plan


async def remove(broker: Broker, wish: Wish, *, head_start: float = HEAD_START) -> Plan:
    """Topics, rights and groups stay: what it owns is finished by it."""
    known = await listed(broker)
    plan = removed(known, checked(wish, datetime.now(UTC), (), head_start=head_start))
    await publish(broker, plan)
    return plan


def told(text: str) -> list[DeploymentEntry]:
    """What `dossier deployments list --json` once printed. Raises StackError."""
    try:
        entries = _LIST.validate_json(text)
    except ValidationError as error:
        raise StackError(
            f"This is not what `dossier deployments list --json` prints: {error.errors()[0]['msg']}"
        ) from None
    if strange := [one.service for one in entries if one.service not in DEPLOYABLE]:
        raise StackError(f"{strange[0]} serves everybody. Deployments may be of {' and '.join(DEPLOYABLE)}.")
    return entries


async def restore(broker: Broker, entries: Sequence[DeploymentEntry], *, replication: int = 1) -> Plan:
    """As they were, instants of the past too: for a topic that was lost. Raises StackError where there are records."""
    if await listed(broker):
        raise StackError(f"{DEPLOYMENTS.name} holds deployments: only an empty one is filled from a file.")
    for entry in entries:
        await topics.provision(broker, own_topics(entry.service, entry.name), replication)
    await give_rights(broker, entries)
    plan = Plan(entries)
    await publish(broker, plan)
    return plan


async def give_rights(
    broker: Broker, entries: Iterable[DeploymentEntry], passwords: Mapping[str, str] | None = None
) -> access.Changes | None:
    """Of every deployment's user, where the broker knows who is who."""
    if not broker.sasl and broker.certificate_file is None:
        return None
    every = list(entries)
    users = [of_deployment(every, entry.service, entry.name) for entry in every]
    return await access.provision(broker, passwords or {}, users)


async def users(broker: Broker) -> list[Access]:
    """Of the broker: every service's, every deployment's, the administrator's."""
    try:
        entries = list((await listed(broker)).values())
    except BrokerAway:  # before the topics are made
        entries = []
    return [*USERS.values(), *(of_deployment(entries, entry.service, entry.name) for entry in entries)]


async def publish(broker: Broker, plan: Plan) -> None:
    """Raises BrokerAway where the broker does not take it all."""
    records = [Record(key_of(one.service, one.name).encode(), one.model_dump_json().encode(), []) for one in plan.put]
    records += [Record(key_of(one.service, one.name).encode(), b"", []) for one in plan.gone]
    sender = KafkaSender(broker, client_id="dossier-deployments")
    try:
        for record in records:  # one after the other: the order counts
            if not all(await sender.send(DEPLOYMENTS.name, [record])):
                raise BrokerAway(
                    f"{DEPLOYMENTS.name} was not written: the broker is away, or this user may not (only admin may). "
                    "Run it again."
                )
    finally:
        await sender.stop()
