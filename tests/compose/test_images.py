"""What is in an image, and as whom it runs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from .stack import ROOT, docker, inspect

pytestmark = pytest.mark.long

SERVICES = ("intake", "review", "signing", "notify", "monitor")
DOCKERFILES = sorted((ROOT / "deploy/images").rglob("*.Dockerfile"))


def image(service: str) -> str:
    return f"dossier/{service}:dev"


def packages(name: str) -> set[str]:
    code = "import json, pkgutil; print(json.dumps([m.name for m in pkgutil.iter_modules() if m.name.startswith('dossier')]))"
    return set(json.loads(docker("run", "--rm", "--entrypoint", "python", image(name), "-c", code)))


@pytest.mark.parametrize("service", SERVICES)
def test_it_holds_its_own_package_and_no_other_service_s(service: str) -> None:
    assert packages(service) == {"dossier_shared", f"dossier_{service}"}
    everywhere = docker(
        "run",
        "--rm",
        "--entrypoint",
        "sh",
        image(service),
        "-c",
        "find / -xdev -name 'dossier_*' -prune 2>/dev/null; true",
    )
    found = {re.match(r"dossier_[a-z]+", path.rpartition("/")[2])[0] for path in everywhere.split()}  # type: ignore[index]
    assert found == {"dossier_shared", f"dossier_{service}"}


def test_the_tools_hold_no_service() -> None:
    assert packages("tools") == {"dossier_shared", "dossier_local"}


@pytest.mark.parametrize("name", [*SERVICES, "tools"])
def test_it_runs_as_nobody_in_particular_and_says_what_it_is(name: str) -> None:
    config = inspect(image(name))["Config"]
    assert config["User"] == "10001:10001"
    labels = config["Labels"]
    assert labels["org.opencontainers.image.title"] == f"dossier/{name}"
    assert labels["org.opencontainers.image.version"] == "dev"
    assert re.fullmatch(r"[0-9a-f]{40}", labels["org.opencontainers.image.revision"])
    assert name == "tools" or config["Healthcheck"]["Test"][1:] == ["python", "-m", "dossier_shared.http.health"]


def test_no_file_asks_a_registry_for_its_own_syntax() -> None:
    assert DOCKERFILES
    for file in DOCKERFILES:
        assert "# syntax" not in file.read_text(), file


@pytest.mark.parametrize("name", [*SERVICES, "tools"])
def test_only_what_the_lock_names_is_installed(name: str) -> None:
    code = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
    installed = set(docker("run", "--rm", "--entrypoint", "/opt/dossier/bin/python", image(name), "-c", code).split())
    locked = {normal(line) for line in pins()}
    ours = {one for one in installed if one.startswith("dossier-")}
    assert ours
    assert {normal(one) for one in installed - ours} <= locked


@pytest.mark.parametrize("name", [*SERVICES, "tools"])
def test_it_carries_the_list_of_what_is_installed(name: str) -> None:
    where = inspect(image(name))["Config"]["Labels"]["vn.dossier.sbom"]
    told = docker("run", "--rm", "--entrypoint", "cat", image(name), where)
    assert not JsonStrictValidator(SchemaVersion.V1_6).validate_str(told)
    named = {(kind, one["name"], one["version"]) for one in json.loads(told)["components"] for kind in [purl_type(one)]}
    code = "from importlib.metadata import distributions as d; print(*(f'{x.name}=={x.version}' for x in d()))"
    installed = {
        normal(one) for one in docker("run", "--rm", "--entrypoint", "python", image(name), "-c", code).split()
    }
    assert {f"{part}=={version}" for kind, part, version in named if kind in ("pypi", "ours")} == installed
    debian = docker(
        "run", "--rm", "--entrypoint", "dpkg-query", image(name), "-W", "-f", "${Package}==${Version}\n"
    ).split()
    assert {f"{part}=={version}" for kind, part, version in named if kind == "deb"} == set(debian)


def purl_type(part: dict[str, Any]) -> str:
    return (
        re.split("[:/]", part["purl"])[1]
        if "purl" in part
        else "ours"
        if part["name"].startswith("dossier-")
        else "base"
    )


def pins() -> Iterator[str]:
    yield from re.findall(r"(?m)^([a-zA-Z0-9][\w.-]*==[^\s;\\]+)", (ROOT / "requirements.lock").read_text())


def normal(pin: str) -> str:
    name, _, version = pin.partition("==")
    return f"{re.sub(r'[-_.]+', '-', name).lower()}=={version}"
