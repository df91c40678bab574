"""Objects against the schemas a cluster would hold them to, without one. Stricter than it: an unknown field is an error, too."""

from __future__ import annotations

from functools import cache
from typing import Any

import kubernetes_validate
import yaml
from jsonschema import Draft7Validator
from kubernetes_validate import utils

from .chart import Object
from .crds import FOLDER

VERSIONS = (
    "1.30",
    kubernetes_validate.latest_version(),
)  # the oldest the charts allow, the newest there is a schema of
utils.schema_contents = cache(utils.schema_contents)  # it reads megabytes for each object


def problems(found: Object) -> list[str]:
    own = _custom().get((found["apiVersion"], found["kind"]))
    if own is not None:
        return [f"{'.'.join(map(str, error.path))}: {error.message}" for error in own.iter_errors(found)]
    return [problem for version in VERSIONS for problem in _core(found, version)]


def _core(found: Object, version: str) -> list[str]:
    try:
        kubernetes_validate.validate(dict(found), version, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{version}: {'.'.join(map(str, error.path))}: {error.message}"]
    except kubernetes_validate.SchemaNotFoundError as error:
        return [error.message]
    return []


@cache
def _custom() -> dict[tuple[str, str], Draft7Validator]:
    return {
        (f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]): Draft7Validator(
            _strict(version["schema"]["openAPIV3Schema"])
        )
        for path in FOLDER.glob("*.yaml")
        for crd in yaml.load_all(path.read_text("utf-8"), yaml.CSafeLoader)
        for version in crd["spec"]["versions"]
    }


def _strict(schema: Any) -> Any:
    """A cluster drops what a schema does not name; here it is an error."""
    if isinstance(schema, list):
        return [_strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    strict = {key: _strict(part) for key, part in schema.items()}
    closed = isinstance(schema.get("properties"), dict) and schema.get("type") == "object"
    if closed and not schema.get("x-kubernetes-preserve-unknown-fields"):
        strict.setdefault("additionalProperties", False)
    return strict
