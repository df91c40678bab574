"""Writes what the Helm charts know of the code, from the code: `python -m dossier_local.charts [repository]`.

`dossier/files/services.yaml`: per service how it is started, where it listens, every setting by its variable's name.
`platform/files/platform.yaml`: every topic, every user of the broker with what it may do, every service's database.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any, get_args

import yaml
from confluent_kafka.admin import AclBinding, ResourcePatternType, ResourceType
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from dossier_local.access import bindings
from dossier_local.rights import USERS, Access, of_deployment
from dossier_local.services import PRODUCT, Service
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, Tenure, own_topics
from dossier_shared.contracts.topics import TOPICS, Topic
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.service import ServiceSettings

FOLDER = "deploy/helm"
_ABOUT = "# Written by `make contracts` from the code. Not to be edited.\n"


def settings_of(service: Service) -> type[ServiceSettings]:
    package, _, process = service.module.partition(".")
    found = import_module(f"{package}.settings")
    kind: type[ServiceSettings] = found.WorkerSettings if process else found.Settings
    return kind


def variables(kind: type[ServiceSettings]) -> dict[str, FieldInfo]:
    """By the name a variable, or a file in SECRETS_DIR, has. Which service it is, is no setting."""
    names = configuration.names(kind)
    return {names[field]: info for field, info in kind.model_fields.items() if field != "service"}


def secret(field: FieldInfo) -> bool:
    return not field.repr or SecretStr in (field.annotation, *get_args(field.annotation))


def services() -> dict[str, Any]:
    return {service.name: _service(service) for service in PRODUCT}


def _service(service: Service) -> dict[str, Any]:
    kind = settings_of(service)
    known = variables(kind)
    return {
        "module": service.module,
        "image": service.module.partition(".")[0].removeprefix("dossier_"),
        "port": service.port,
        "prefix": service.prefix,
        "user": service.module.partition(".")[0].removeprefix("dossier_"),
        "database": kind.model_fields["database"].default,
        "answers": bool(kind.model_fields["database"].default),  # people and other programs, not only probes
        "data": f"{service.prefix}DATA" in known,
        "settings": sorted(known),
        "secrets": sorted(name for name, field in known.items() if secret(field)),
    }


def platform() -> dict[str, Any]:
    databases = {name: known["database"] for name, known in services().items() if known["database"]}
    return {
        "topics": [_topic(topic) for topic in TOPICS],
        "users": [_user(access) for access in USERS.values()],
        "deployable": {service: _deployable(service) for service in DEPLOYABLE},
        "databases": databases,
    }


def _deployable(service: str) -> dict[str, Any]:
    """Of a deployment called `{name}`, that hears those of the other services that are called the same."""
    named = [
        DeploymentEntry(service=one, name="{name}", agencies=[Tenure(agency="", valid_from="")], added_at="")
        for one in DEPLOYABLE
    ]
    return {
        "topics": [_topic(topic) for topic in own_topics(service, "{name}")],
        "user": _user(of_deployment(named, service, "{name}")),
    }


def _topic(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "partitions": topic.partitions, "config": dict(topic.config)}


def _user(access: Access) -> dict[str, Any]:
    """With the rights `dossier` itself would give it, one line per topic, group or cluster."""
    lines: dict[tuple[str, str, str], list[str]] = {}
    for binding in bindings(access):
        lines.setdefault(_resource(binding), []).append(binding.operation.name.capitalize())
    return {
        "name": access.user,
        "acls": [
            {"type": kind, "name": name, "pattern": pattern, "operations": sorted(operations)}
            for (kind, name, pattern), operations in sorted(lines.items())
        ],
    }


def _resource(binding: AclBinding) -> tuple[str, str, str]:
    """In Strimzi's words, where the cluster has no name."""
    if binding.restype == ResourceType.BROKER:
        return "cluster", "", "literal"
    pattern = "prefix" if binding.resource_pattern_type == ResourcePatternType.PREFIXED else "literal"
    return binding.restype.name.lower(), binding.name, pattern


GENERATED: dict[str, Callable[[], dict[str, Any]]] = {
    "dossier/files/services.yaml": services,
    "platform/files/platform.yaml": platform,
}


def text_of(name: str) -> str:
    return _ABOUT + yaml.safe_dump(GENERATED[name](), sort_keys=False, width=120)


def write(root: Path) -> list[str]:
    """Answers what was written anew."""
    changed = []
    for name in GENERATED:
        path, text = root / FOLDER / name, text_of(name)
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            changed.append(str(path.relative_to(root)))
    return changed


if __name__ == "__main__":
    for name in write(Path(sys.argv[1]) if len(sys.argv) > 1 else Path.cwd()):
        sys.stdout.write(f"{name}\n")
