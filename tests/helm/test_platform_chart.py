"""The topics, users and databases of the charts are those of the code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier_local import charts
from dossier_local.access import bindings
from dossier_local.rights import USERS, of_deployment
from dossier_local.services import PRODUCT
from dossier_shared.contracts.deployments import DEPLOYABLE, DeploymentEntry, Tenure, own_topics
from dossier_shared.contracts.topics import TOPICS

from . import chart
from .schemas import problems


@pytest.mark.parametrize("size", chart.PLATFORMS)
def test_lint_finds_nothing(size: str) -> None:
    said = chart.helm("lint", chart.CHARTS / "platform", "--strict", "--values", chart.VALUES / f"{size}.yaml")
    assert "[WARNING]" not in said
    assert "[ERROR]" not in said


@pytest.mark.parametrize("size", chart.PLATFORMS)
def test_the_operators_would_take_every_object(size: str) -> None:
    objects = chart.platform(size)
    kinds = {found["kind"] for found in objects}
    assert kinds == {"Kafka", "KafkaNodePool", "KafkaTopic", "KafkaUser", "MongoDBCommunity"}
    assert [(found["kind"], problem) for found in objects for problem in problems(found)] == []


@pytest.mark.parametrize(("size", "replication"), [("platform-small", 1), ("platform-large", 3)])
def test_topics_are_those_of_the_code(size: str, replication: int) -> None:
    found = {t["metadata"]["name"]: t["spec"] for t in chart.of_kind(chart.platform(size), "KafkaTopic")}
    safe = {"min.insync.replicas": str(min(replication, 2)), "unclean.leader.election.enable": "false"}
    assert found == {
        topic.name: {"partitions": topic.partitions, "replicas": replication, "config": topic.config | safe}
        for topic in TOPICS
    }


def test_topics_and_databases_outlive_the_release() -> None:
    for kind in ("Kafka", "KafkaTopic", "MongoDBCommunity"):
        for found in chart.of_kind(chart.platform(), kind):
            assert found["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"


def test_users_have_the_rights_of_the_code() -> None:
    found = {user["metadata"]["name"]: set(_rights(user)) for user in chart.of_kind(chart.platform(), "KafkaUser")}
    assert found == {
        name: {
            ("cluster" if b.restype.name == "BROKER" else b.restype.name.lower(),
             "" if b.restype.name == "BROKER" else b.name,
             "prefix" if b.resource_pattern_type.name == "PREFIXED" else "literal", b.operation.name.lower())
            for b in bindings(access)
        }
        for name, access in USERS.items()
    }  # fmt: skip


def _rights(user: Any) -> Iterator[tuple[str, str, str, str]]:
    for line in user["spec"]["authorization"]["acls"]:
        resource = line["resource"]
        pattern = resource.get("patternType", "literal" if resource["type"] == "cluster" else "")
        for operation in line["operations"]:
            yield resource["type"], resource.get("name", ""), pattern, operation.lower()


def test_a_deployment_has_topics_and_a_user_with_the_rights_of_the_code() -> None:
    own = [{"service": service, "name": "an-binh"} for service in DEPLOYABLE]
    plain, objects = chart.platform(), chart.platform(deployments=own)
    assert [(found["kind"], problem) for found in objects for problem in problems(found)] == []

    def names(kind: str) -> set[str]:
        there, before = ({f["metadata"]["name"] for f in chart.of_kind(some, kind)} for some in (objects, plain))
        return there - before

    assert names("KafkaTopic") == {topic.name for service in DEPLOYABLE for topic in own_topics(service, "an-binh")}
    assert names("KafkaUser") == {"review.an-binh", "signing.an-binh"}
    entries = [
        DeploymentEntry(service=service, name="an-binh", agencies=[Tenure(agency="H1", valid_from="x")], added_at="x")
        for service in DEPLOYABLE
    ]
    for user in chart.of_kind(objects, "KafkaUser"):
        if (name := user["metadata"]["name"]) in names("KafkaUser"):
            access = of_deployment(entries, name.partition(".")[0], "an-binh")
            wanted = {(b.restype.name.lower(), b.name, "literal", b.operation.name.lower()) for b in bindings(access)}
            assert set(_rights(user)) == wanted


def test_a_user_signs_in_by_scram_with_a_password_of_its_own() -> None:
    users = {
        u["metadata"]["name"]: u
        for u in chart.of_kind(chart.platform(kafka={"passwords": {"review": "r"}}), "KafkaUser")
    }
    assert {user["spec"]["authentication"]["type"] for user in users.values()} == {"scram-sha-512"}
    assert users["review"]["spec"]["authentication"]["password"]["valueFrom"]["secretKeyRef"]["name"] == "r"
    assert problems(users["review"]) == []


def test_a_service_reads_and_writes_its_own_database_only() -> None:
    found = {u["name"]: u for u in chart.the(chart.platform(), "MongoDBCommunity")["spec"]["users"]}
    owned = {
        s.name: charts.settings_of(s).model_fields["database"].default for s in PRODUCT if s.name != "monitor-worker"
    }
    assert {name: user["roles"] for name, user in found.items()} == {
        name: [{"name": "readWrite", "db": database}] for name, database in owned.items()
    }
    assert {user["passwordSecretRef"]["name"] for user in found.values()} == {f"{n}-mongodb-password" for n in owned}


@pytest.mark.parametrize("agency", chart.AGENCIES)
def test_services_use_the_secrets_the_operators_write(agency: str) -> None:
    """Strimzi's of a user bears its name, MongoDB's the one asked for."""
    objects = chart.platform(f"platform-{agency.removeprefix('agency-')}")
    written = {user["metadata"]["name"] for user in chart.of_kind(objects, "KafkaUser")}
    written |= {user["connectionStringSecretName"] for user in chart.the(objects, "MongoDBCommunity")["spec"]["users"]}
    written |= {f"{chart.the(objects, 'Kafka')['metadata']['name']}-cluster-ca-cert"}
    by_hand = {"notify-provider", "monitor-client", "mongodb-ca", "person-key"}
    by_hand |= {f"{service.name}-event-key" for service in PRODUCT}
    for service in PRODUCT:
        (secrets,) = (v for v in chart.pod(chart.service(service.name, agency))["volumes"] if v["name"] == "secrets")
        used = {source["secret"]["name"] for source in secrets["projected"]["sources"]}
        assert used <= written | by_hand
        user = charts.services()[service.name]["user"]
        assert used & set(USERS) == {user}
        assert f"{user}-mongodb" in used or service.name == "monitor-worker"


def test_alert_rules_become_the_operators() -> None:
    assert chart.of_kind(chart.platform(), "PrometheusRule") == []
    group = {"name": "g", "rules": [{"alert": "A", "expr": "up == 0", "annotations": {"summary": "{{ $labels.job }}"}}]}
    rule = chart.the(chart.platform(alerts=f"groups: [{json.dumps(group)}]"), "PrometheusRule")
    assert rule["spec"] == {"groups": [group]}
    assert problems(rule) == []


def test_the_projects_own_alert_rules_become_them() -> None:
    file = chart.ROOT / "deploy/prometheus/alerts.yaml"
    rule = chart.the(chart.platform("platform-large", "--set-file", f"alerts={file}"), "PrometheusRule")
    assert rule["spec"] == yaml.safe_load(file.read_text("utf-8"))
    assert problems(rule) == []


@pytest.mark.parametrize("name", charts.GENERATED)
def test_what_is_committed_is_what_is_generated(name: str) -> None:
    committed = (chart.ROOT / charts.FOLDER / name).read_text("utf-8")
    assert committed == charts.text_of(name), "run `make contracts`"


def test_generating_writes_only_what_changed(tmp_path: Path) -> None:
    assert len(charts.write(tmp_path)) == len(charts.GENERATED)
    assert charts.write(tmp_path) == []
