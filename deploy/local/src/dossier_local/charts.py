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
from confluent_kafka.admin import AclBinding, ResourceType
from pydantic import SecretStr
from pydantic.fields import FieldInfo

from dossier_local.access import bindings
from dossier_local.rights import USERS, Access
from dossier_local.services import PRODUCT, Service
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
        "databases": databases,
    }


def _topic(topic: Topic) -> dict[str, Any]:
    return {"name": topic.name, "partitions": topic.partitions, "config": dict(topic.config)}


def _user(access: Access) -> dict[str, Any]:
    """With the rights `dossier` itself would give it, one line per topic, group or cluster."""
    lines: dict[tuple[str, str], list[str]] = {}
    for binding in bindings(access):
        lines.setdefault(_resource(binding), []).append(binding.operation.name.capitalize())
    return {
        "name": access.user,
        "acls": [{"type": kind, "name": name, "operations": sorted(lines[kind, name])} for kind, name in sorted(lines)],
    }


def _resource(binding: AclBinding) -> tuple[str, str]:
    """In Strimzi's words, where the cluster has no name."""
    if binding.restype == ResourceType.BROKER:
        return "cluster", ""
    return binding.restype.name.lower(), binding.name


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
