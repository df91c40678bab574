"""Makes the broker's users and rights what `dossier_local.rights` says. aiokafka cannot, so Kafka's C client does it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, NamedTuple

from confluent_kafka import KafkaException
from confluent_kafka.admin import (
    AclBinding,
    AclBindingFilter,
    AclOperation,
    AclPermissionType,
    AdminClient,
    ResourcePatternType,
    ResourceType,
    ScramCredentialInfo,
    ScramMechanism,
    UserScramCredentialUpsertion,
)

from dossier_local.errors import StackError
from dossier_local.rights import USERS, Access
from dossier_local.texts import decoded
from dossier_shared.settings.broker import Broker

_ITERATIONS = 8192
_WITHIN = 30.0  # seconds for one answer
_CLUSTER = "kafka-cluster"


class Changes(NamedTuple):
    """How many rights were given and taken away, and whose passwords were set."""

    given: int
    taken: int
    passwords: list[str]


async def provision(broker: Broker, passwords: Mapping[str, str], users: Iterable[Access] = USERS.values()) -> Changes:
    """Each user then has exactly these rights. Without a password its credential is left as it is."""
    try:
        return await asyncio.to_thread(_provision, broker, passwords, tuple(users))
    except KafkaException as error:
        raise StackError(f"The broker refused: {error.args[0].str()}") from None


def read_passwords(folder: Path) -> dict[str, str]:
    """One file per user, as secrets are mounted; who has none there (a certificate instead, say) gets none."""
    files = [file for file in sorted(folder.iterdir()) if file.is_file() and file.name.partition(".")[0] in USERS]
    return {file.name: decoded(file.read_bytes(), file.name).strip() for file in files}


async def rights(broker: Broker, user: str) -> set[AclBinding]:
    """What the broker has for it now."""
    return await asyncio.to_thread(lambda: _there(AdminClient(_configuration(broker)), user))


def _provision(broker: Broker, passwords: Mapping[str, str], users: tuple[Access, ...]) -> Changes:
    client = AdminClient(_configuration(broker))
    given = taken = 0
    for user in users:
        wanted, there = bindings(user), _there(client, user.user)
        missing, surplus = list(wanted - there), list(there - wanted)
        if missing:
            _done(client.create_acls(missing, request_timeout=_WITHIN))
        if surplus:
            _done(client.delete_acls([_exactly(binding) for binding in surplus], request_timeout=_WITHIN))
        given, taken = given + len(missing), taken + len(surplus)
    mechanism = ScramMechanism.SCRAM_SHA_256 if broker.mechanism.endswith("256") else ScramMechanism.SCRAM_SHA_512
    info = ScramCredentialInfo(mechanism, _ITERATIONS)
    named = [user.user for user in users if user.user in passwords]
    changes = [UserScramCredentialUpsertion(name, info, passwords[name].encode()) for name in named]
    if changes:
        _done(client.alter_user_scram_credentials(changes, request_timeout=_WITHIN))
    return Changes(given, taken, named)


def bindings(access: Access) -> set[AclBinding]:
    """The table's line as Kafka's rights."""

    def each(kind: ResourceType, names: Iterable[str], *operations: AclOperation) -> set[AclBinding]:
        return {_binding(access.user, kind, name, operation) for name in names for operation in operations}

    def under(kind: ResourceType, names: Iterable[str], operation: AclOperation) -> set[AclBinding]:
        prefixed = ResourcePatternType.PREFIXED
        return {_binding(access.user, kind, f"{name}.", operation, prefixed) for name in names}

    topic, group = ResourceType.TOPIC, ResourceType.GROUP
    found = each(topic, access.writes, AclOperation.WRITE)
    found |= each(topic, access.reads, AclOperation.READ)
    found |= each(topic, access.describes, AclOperation.DESCRIBE)
    found |= each(group, access.joins, AclOperation.READ)
    found |= each(group, access.watches, AclOperation.DESCRIBE)
    found |= under(topic, access.reads_under, AclOperation.READ)
    found |= under(topic, access.describes_under, AclOperation.DESCRIBE)
    found |= under(group, access.watches_under, AclOperation.DESCRIBE)
    if access.provisions:
        cluster = (AclOperation.CREATE, AclOperation.DESCRIBE, AclOperation.ALTER)
        found |= each(ResourceType.BROKER, [_CLUSTER], *cluster)
    return found


def _binding(
    user: str,
    kind: ResourceType,
    name: str,
    operation: AclOperation,
    pattern: ResourcePatternType = ResourcePatternType.LITERAL,
) -> AclBinding:
    return AclBinding(kind, name, pattern, f"User:{user}", "*", operation, AclPermissionType.ALLOW)


def _there(client: AdminClient, user: str) -> set[AclBinding]:
    anything = AclBindingFilter(
        ResourceType.ANY, None, ResourcePatternType.ANY, f"User:{user}", None, AclOperation.ANY, AclPermissionType.ANY
    )
    return set(client.describe_acls(anything, request_timeout=_WITHIN).result())


def _exactly(binding: AclBinding) -> AclBindingFilter:
    return AclBindingFilter(
        binding.restype,
        binding.name,
        binding.resource_pattern_type,
        binding.principal,
        binding.host,
        binding.operation,
        binding.permission_type,
    )


def _done(answers: Mapping[Any, Future[Any]]) -> None:
    for answer in answers.values():
        answer.result()


def _configuration(broker: Broker) -> dict[str, str]:
    """The same broker in librdkafka's words."""
    found = {"bootstrap.servers": broker.servers, "security.protocol": broker.protocol}
    if broker.sasl:
        found |= {"sasl.mechanism": broker.mechanism}
        found |= {"sasl.username": broker.username, "sasl.password": broker.password}
    files = {"ssl.ca": broker.ca_file, "ssl.certificate": broker.certificate_file}
    files |= {"ssl.key": broker.key_file or broker.certificate_file}
    return found | {f"{name}.location": str(file) for name, file in files.items() if file is not None}
