"""Helm as the tests use it, and what a rendered chart is made of."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, cast

import yaml

ROOT = Path(__file__).parents[2]
HELM = ROOT / "build/tools/helm"
CHARTS = ROOT / "deploy/helm"
VALUES = CHARTS / "values"
AGENCIES = ("agency-small", "agency-large")
PLATFORMS = ("platform-small", "platform-large")
Object = Mapping[str, Any]


class Refused(Exception):
    """Helm would not have it; the message is what it printed."""


def helm(*arguments: object, given: Mapping[str, Any] | None = None) -> str:
    """`given`: values that go over those of the files named in `arguments`."""
    more = ("--values", "-") if given else ()
    text = yaml.safe_dump(given) if given else None
    done = subprocess.run([HELM, *map(str, arguments), *more], input=text, capture_output=True, text=True)
    if done.returncode:
        raise Refused(done.stdout + done.stderr)
    return done.stdout


def service(name: str, agency: str = "agency-small", **given: Any) -> list[Object]:
    """The release of one service, named like it; `given` is for all services."""
    arguments = (
        "template",
        name,
        CHARTS / "dossier",
        "--values",
        VALUES / f"{agency}.yaml",
        "--set",
        f"service={name}",
    )
    return list(_objects(helm(*arguments, given=given)))


def platform(size: str = "platform-large", *more: object, **given: Any) -> list[Object]:
    arguments = ("template", "platform", CHARTS / "platform", "--values", VALUES / f"{size}.yaml", *more)
    return list(_objects(helm(*arguments, given=given)))


def _objects(rendered: str) -> Iterator[Object]:
    return (cast(Object, found) for found in yaml.safe_load_all(rendered) if found)


def of_kind(objects: list[Object], kind: str) -> list[Object]:
    return [found for found in objects if found["kind"] == kind]


def the(objects: list[Object], kind: str) -> Object:
    (found,) = of_kind(objects, kind)
    return found


def pod(objects: list[Object]) -> dict[str, Any]:
    return cast(dict[str, Any], the(objects, "StatefulSet")["spec"]["template"]["spec"])


def container(objects: list[Object]) -> dict[str, Any]:
    (found,) = pod(objects)["containers"]
    return cast(dict[str, Any], found)


def environment(objects: list[Object]) -> dict[str, str]:
    """What each variable is; one that is taken from the pod is the field's path."""
    return {
        entry["name"]: entry["value"] if "value" in entry else entry["valueFrom"]["fieldRef"]["fieldPath"]
        for entry in container(objects)["env"]
    }


def secret_files(objects: list[Object]) -> set[str]:
    """The files of /run/secrets."""
    return {
        item["path"]
        for volume in pod(objects)["volumes"]
        if volume["name"] == "secrets"
        for source in volume["projected"]["sources"]
        for item in source["secret"]["items"]
    }
