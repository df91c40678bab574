"""Deployments as the administrator tells of them, for whoever follows or decides in a test."""

from __future__ import annotations

from dossier_shared.contracts.deployments import DeploymentEntry, Tenure, key_of
from dossier_shared.contracts.topics import DEPLOYMENTS
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.registry import Registry

LONG_AGO, BEGIN, LATER = "2020-01-01T00:00:00.000000Z", "2025-07-01T00:00:00.000000Z", "2025-08-01T00:00:00.000000Z"


def entry(
    name: str = "long-khanh", *agencies: str, service: str = "review", since: str = BEGIN, until: str | None = None
) -> DeploymentEntry:
    tenures = [Tenure(agency=code, valid_from=since, valid_until=until) for code in agencies or ("H1",)]
    return DeploymentEntry(service=service, name=name, agencies=tenures, added_at=LONG_AGO)


def tell(registry: Registry, *entries: DeploymentEntry) -> Registry:
    for one in entries:
        key = key_of(one.service, one.name).encode()
        value = one.model_dump_json().encode()
        registry.take([StoredRecord(DEPLOYMENTS.name, 0, registry._reached, key, value)])
    registry.whole()
    return registry
