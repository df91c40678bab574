"""Who may open what is filed: the services that serve everybody, and of the others the deployments the dossier belongs to. Pure.

An opinion is given, and a dossier handed over is worked on, at the deployment where it was filed: nobody is entitled later.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, Filed, called, owner
from dossier_shared.contracts.person_keys import READERS
from dossier_shared.contracts.topics import SERVICES

COMMON: Final = tuple(service for service in SERVICES if service not in DEPLOYABLE)
_AND: Final = "+"  # between the deployments of several services; where all have one name it is there once


def deployments_of(entries: Sequence[DeploymentEntry], filed: Filed) -> tuple[str, ...]:
    """Whose the dossier is: a name for each service that may have several, empty for the common one."""
    return tuple(owner(entries, service, *filed) for service in DEPLOYABLE)


def held_for(holder: str, deployments: Sequence[str]) -> str:
    """Under which holder the person's key for these readers is kept; for the common ones as it always was."""
    if not any(deployments):
        return holder
    names = deployments[:1] if len(set(deployments)) == 1 else deployments
    return f"{holder}{READERS}{_AND.join(names)}"


def readers_of(holder: str) -> list[str]:
    """The names its key is wrapped for."""
    names = holder.partition(READERS)[2].split(_AND)
    return [*COMMON, *map(called, DEPLOYABLE, names if len(names) > 1 else names * len(DEPLOYABLE))]
