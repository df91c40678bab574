"""What an image is made of, as CycloneDX 1.6.

    python sbom.py VERSION NAME --of VENV > sbom.cdx.json       in an image that is being built
    python sbom.py VERSION NAME… --into FOLDER                  beside the repository: each checked against CycloneDX's schema

Run where requirements.lock, package-lock.json, shared/ and the images' projects are. Versions and hashes are the lock's; who
needs whom, and licences, come from what is installed: in VENV, else beside this Python. In an image its Python and Debian's
packages are listed as well. The same parts give the same file.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import Distribution, distributions
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import ExternalReference, ExternalReferenceType, HashAlgorithm, HashType, XsUri
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

# what the images run (deploy/images/*.Dockerfile), where this Python may be another
IMAGE = {"python_version": "3.13", "python_full_version": "3.13.0", "sys_platform": "linux", "platform_system": "Linux"}
FONTS = "shared/fonts.txt"
OPEN_LICENCE = LicenseFactory()
SHORT = 60  # letters of a licence's name; beyond it is the text itself


@dataclass
class Parts:
    """Python's, by name, each with those it needs."""

    lock: Mapping[str, tuple[str, tuple[str, ...]]]
    installed: Mapping[str, Distribution]
    environment: Mapping[str, str]
    needs: dict[str, set[str]] = field(default_factory=dict)
    _followed: set[tuple[str, str]] = field(default_factory=set)

    def follow(self, name: str, extra: str = "") -> None:
        if (name, extra) in self._followed:
            return
        self._followed.add((name, extra))
        mine = self.needs.setdefault(name, set())
        distribution = self.installed.get(name)
        for text in (distribution.requires if distribution else None) or ():
            wanted = Requirement(text)
            if wanted.marker is None or wanted.marker.evaluate({**self.environment, "extra": extra}):
                other = canonicalize_name(wanted.name)
                mine.add(other)
                for one in ("", *wanted.extras):
                    self.follow(other, one)


def locked(text: str, environment: Mapping[str, str]) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Version and hashes by name, of what this environment takes."""
    found: dict[str, tuple[str, tuple[str, ...]]] = {}
    for block in re.split(r"(?m)^(?=[a-z0-9])", text):
        if not re.match(r"[a-z0-9]", block):
            continue
        wanted = Requirement(block.partition("\\")[0].strip())
        if wanted.marker is None or wanted.marker.evaluate(dict(environment)):
            (pinned,) = wanted.specifier
            found[canonicalize_name(wanted.name)] = (
                pinned.version,
                tuple(re.findall(r"--hash=sha256:([0-9a-f]{64})", block)),
            )
    return found


def python_part(name: str, parts: Parts) -> Component:
    distribution = parts.installed.get(name)
    if name.startswith("dossier-"):
        assert distribution is not None, f"{name} is not installed"
        return Component(name=name, version=distribution.version, bom_ref=name, type=ComponentType.LIBRARY)
    version, hashes = parts.lock[name]
    assert distribution is None or distribution.version == version, (
        f"{name} {distribution.version} is not the locked {version}"
    )
    purl = PackageURL("pypi", None, name, version)
    # one of these is the file that was installed: which, depends on the machine
    files = [HashType(alg=HashAlgorithm.SHA_256, content=one) for one in sorted(hashes)]
    source = ExternalReference(type=ExternalReferenceType.DISTRIBUTION, url=XsUri(str(purl)), hashes=files)
    licence = licence_of(distribution) if distribution else None
    return Component(
        name=name, version=version, bom_ref=str(purl), purl=purl, type=ComponentType.LIBRARY, external_references=[source],
        licenses=[OPEN_LICENCE.make_from_string(licence)] if licence else [],
    )  # fmt: skip


def licence_of(distribution: Distribution) -> str | None:
    about = distribution.metadata
    classified = [c.rpartition(" :: ")[2] for c in about.get_all("Classifier") or () if c.startswith("License ::")]
    told = (about.get("License-Expression"), about.get("License"), *classified)
    return next((one.strip() for one in told if one and "\n" not in one.strip() and len(one) <= SHORT), None)


def javascript_parts(lists: list[Path]) -> Iterator[Component]:
    """Of the pages and the printed documents: only what goes into the image, not what npm installs beside it."""
    packages: dict[str, Any] = json.loads(Path("package-lock.json").read_text("utf-8"))["packages"]
    lines = [line for one in lists if one.exists() for line in one.read_text("utf-8").split()]
    for name in sorted({"/".join(line.split("/")[: 2 if line.startswith("@") else 1]) for line in lines}):
        about = packages[f"node_modules/{name}"]
        group, _, short = name.rpartition("/")
        purl = PackageURL("npm", group or None, short, about["version"])
        kind, _, value = about["integrity"].partition("-")
        assert kind == "sha512", about["integrity"]
        yield Component(
            name=short, group=group or None, version=about["version"], bom_ref=str(purl), purl=purl, type=ComponentType.LIBRARY,
            licenses=[OPEN_LICENCE.make_from_string(about["license"])] if "license" in about else [],
            hashes=[HashType(alg=HashAlgorithm.SHA_512, content=b64decode(value).hex())],
        )  # fmt: skip


def system_parts() -> Iterator[Component]:
    """Of the base image: Python, and what its package manager knows."""
    version = ".".join(str(part) for part in sys.version_info[:3])  # /opt/tools and the image's own stand on the same
    yield Component(
        name="python", version=version, bom_ref="python", purl=PackageURL("generic", None, "python", version)
    )
    release = dict(
        line.split("=", 1) for line in Path("/etc/os-release").read_text("utf-8").splitlines() if "=" in line
    )
    kind, number = (release.get(key, "").strip('"') for key in ("ID", "VERSION_ID"))
    yield Component(name=kind, version=number, bom_ref=kind, type=ComponentType.OPERATING_SYSTEM)
    listed = subprocess.run(
        ["dpkg-query", "-W", "-f", "${Package} ${Version} ${Architecture} ${db:Status-Status}\n"],  # noqa: S607
        check=True, capture_output=True, text=True,
    ).stdout  # fmt: skip
    for line in listed.splitlines():
        name, version, architecture, status = line.split()
        if status == "installed":
            purl = PackageURL("deb", kind, name, version, {"arch": architecture, "distro": f"{kind}-{number}"})
            yield Component(name=name, version=version, bom_ref=str(purl), purl=purl)


def made_of(name: str, version: str, venv: Path | None) -> Bom:
    project = "deploy/local" if name == "tools" else f"services/{name}"
    root = canonicalize_name(f"dossier-{Path(project).name}")
    environment = {**default_environment(), **({} if venv else IMAGE)}
    where = [str(one) for one in venv.glob("lib/python3*/site-packages")] if venv else sys.path
    installed = {canonicalize_name(one.metadata["Name"]): one for one in reversed(list(distributions(path=where)))}
    lock = locked(Path("requirements.lock").read_text("utf-8"), environment)
    parts = Parts(lock, installed, environment)
    for one in (root, *(installed if venv else ())):  # an image tells all it has, reached or not
        parts.follow(one)

    bom = Bom()
    bom.metadata.component = Component(
        name=f"dossier/{name}", version=version, bom_ref="image", type=ComponentType.CONTAINER
    )
    made = {part: python_part(part, parts) for part in sorted(parts.needs)}
    bom.components.update(made.values())
    bom.components.update(javascript_parts([Path(FONTS), Path(project) / "libraries.txt"]))
    if venv:
        bom.components.update(system_parts())
    python = set(made.values())
    bom.register_dependency(bom.metadata.component, [made[root], *(one for one in bom.components if one not in python)])
    for part, needs in parts.needs.items():
        bom.register_dependency(made[part], [made[one] for one in needs])
    return bom


def written(bom: Bom) -> str:
    """Without a time, and with a number that follows from the parts: what has not changed is the same file."""
    told = json.loads(JsonV1Dot6(bom).output_as_string())
    told["metadata"].pop("timestamp", None)
    told.pop("serialNumber", None)
    told["serialNumber"] = f"urn:uuid:{uuid5(NAMESPACE_URL, json.dumps(told, sort_keys=True))}"
    return json.dumps(told, indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def check(told: str) -> None:
    from cyclonedx.schema import SchemaVersion  # an image is built without the schemas
    from cyclonedx.validation.json import JsonStrictValidator

    if wrong := JsonStrictValidator(SchemaVersion.V1_6).validate_str(told):
        raise SystemExit(f"not CycloneDX: {wrong}")


def main() -> None:
    reading = argparse.ArgumentParser()
    reading.add_argument("version")
    reading.add_argument("names", nargs="+")
    reading.add_argument("--of", type=Path)
    reading.add_argument("--into", type=Path)
    asked = reading.parse_args()
    for name in asked.names:
        told = written(made_of(name, asked.version, asked.of))
        if asked.into:
            check(told)
            asked.into.mkdir(parents=True, exist_ok=True)
            (asked.into / f"{name}.json").write_text(told, "utf-8")
        else:
            sys.stdout.write(told)


if __name__ == "__main__":
    main()
