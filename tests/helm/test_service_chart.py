"""One release of each service, for an agency of each size."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from dossier_local import charts
from dossier_local.services import PRODUCT
from dossier_shared.contracts.deployments import DEPLOYABLE, called
from dossier_shared.contracts.topics import PARTITIONS, SERVICES
from dossier_shared.settings import reading as configuration

from ..integration.secured.authority import Authority  # noqa: TID252
from ..unit.web.test_risks import KEY  # noqa: TID252
from . import chart
from .schemas import problems

BY_NAME = {service.name: service for service in PRODUCT}
# as the operator writes it, with and without `mongodb.tls`
DATABASE = {
    f"agency-{size}": f"mongodb://u:p1@h/?replicaSet=r&ssl={tls}"
    for size, tls in (("small", "false"), ("large", "true"))
}
ACCEPTED = {
    (service.name, "agency-small"): {"plain-mongodb"} for service in PRODUCT if service.name != "monitor-worker"
} | {
    ("intake", "agency-small"): {"plain-mongodb", "readable-persons"},
    ("intake", "agency-large"): {"readable-persons"},
    ("signing", "agency-small"): {"plain-mongodb", "self-made-signatures"},
    ("signing", "agency-large"): {"self-made-signatures"},
}
EVERYWHERE = [(service.name, agency) for service in PRODUCT for agency in chart.AGENCIES]


@pytest.mark.parametrize(("name", "agency"), EVERYWHERE)
def test_lint_finds_nothing(name: str, agency: str) -> None:
    values = chart.VALUES / f"{agency}.yaml"
    said = chart.helm("lint", chart.CHARTS / "dossier", "--strict", "--values", values, "--set", f"service={name}")
    assert "[WARNING]" not in said
    assert "[ERROR]" not in said


@pytest.mark.parametrize(("name", "agency"), EVERYWHERE)
def test_a_cluster_would_take_every_object(name: str, agency: str) -> None:
    objects = chart.service(name, agency)
    assert {found["kind"] for found in objects} >= {"StatefulSet", "Service", "PodDisruptionBudget", "NetworkPolicy"}
    assert [(found["kind"], problem) for found in objects for problem in problems(found)] == []


@pytest.mark.parametrize(("name", "agency"), EVERYWHERE)
def test_every_variable_and_file_is_a_setting_of_the_service(name: str, agency: str) -> None:
    objects, known = chart.service(name, agency), charts.variables(charts.settings_of(BY_NAME[name]))
    given = chart.environment(objects)
    assert set(given) - set(known) == {"SECRETS_DIR"}
    files = {file for file in chart.secret_files(objects) if file.isupper()}
    assert files <= set(known)
    assert {name for name in files if charts.secret(known[name])} == files
    assert not {name for name in set(given) & set(known) if charts.secret(known[name])}


@pytest.mark.parametrize(("name", "agency"), EVERYWHERE)
def test_the_service_reads_what_it_is_given(
    name: str, agency: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """As its process does at start, from the rendered environment and files."""
    objects, service = chart.service(name, agency), BY_NAME[name]
    for file in chart.secret_files(objects):
        given = {"MONGODB_URL": DATABASE[agency], "EVENT_KEY": KEY}
        (tmp_path / file).write_text(given.get(file, f"from-{file}-of-our-own"))
    (tmp_path / "kafka-ca.crt").write_bytes(Authority(tmp_path).file.read_bytes())
    for variable, value in chart.environment(objects).items():
        monkeypatch.setenv(variable, value.replace("/run/secrets", str(tmp_path)))
    settings = configuration.read(charts.settings_of(service), _demanded(name))
    assert (settings.host, settings.port, settings.instance) == ("0.0.0.0", service.port, "metadata.name")
    assert settings.database == "" or settings.mongodb_url == DATABASE[agency]
    assert settings.broker.protocol == "SASL_SSL"
    assert (settings.broker.username, settings.broker.password) == (
        name.removesuffix("-worker"),
        "from-KAFKA_PASSWORD-of-our-own",
    )
    assert {risk.name for risk in settings.taken} == ACCEPTED.get((name, agency), set())
    (port,) = chart.container(objects)["ports"]
    assert port["containerPort"] == service.port
    assert {entry["port"] for found in chart.of_kind(objects, "Service") for entry in found["spec"]["ports"]} == {
        service.port
    }


def _demanded(name: str) -> tuple[str, ...]:
    return ("KAFKA_BOOTSTRAP_SERVERS",) if name == "monitor-worker" else configuration.DEMANDED


@pytest.mark.parametrize("name", BY_NAME)
def test_a_pod_may_do_little(name: str) -> None:
    pod, container = chart.pod(chart.service(name)), chart.container(chart.service(name))
    assert pod["automountServiceAccountToken"] is False
    assert pod["enableServiceLinks"] is False  # INTAKE_PORT=tcp://… would be read as a setting
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["runAsUser"] == 10001
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    mounted = {mount["mountPath"] for mount in container["volumeMounts"]}
    assert mounted >= {"/tmp", "/run/secrets"}  # the only place to write, and where secrets are
    assert ("/data" in mounted) == (
        "DATA" in {key.rpartition("_")[2] for key in chart.environment(chart.service(name))}
    )


@pytest.mark.parametrize("name", BY_NAME)
def test_it_is_probed_and_given_time_to_stop(name: str) -> None:
    objects = chart.service(name)
    container = chart.container(objects)
    asked = {kind: container[f"{kind}Probe"]["httpGet"]["path"] for kind in ("startup", "liveness", "readiness")}
    assert asked == {"startup": "/health/live", "liveness": "/health/live", "readiness": "/health/ready"}
    pause = container["lifecycle"]["preStop"]["sleep"]["seconds"]
    longest = pause + 5 + 10 + 10 + 5 + 10  # server.GRACE_SECONDS, Runtime.stop's three limits, closing what is left
    assert chart.pod(objects)["terminationGracePeriodSeconds"] >= longest


@pytest.mark.parametrize("name", BY_NAME)
def test_replicas_follow_the_backlog_and_are_no_more_than_partitions(name: str) -> None:
    objects = chart.service(name, "agency-large")
    scaler = chart.the(objects, "HorizontalPodAutoscaler")["spec"]
    schema = json.loads((chart.CHARTS / "dossier/values.schema.json").read_text("utf-8"))
    most = schema["definitions"]["autoscaling"]["properties"]["maxReplicas"]["maximum"]
    assert scaler["maxReplicas"] == most == PARTITIONS
    (metric,) = scaler["metrics"]
    asked = metric["external"]["metric"]
    assert (asked["name"], asked["selector"]["matchLabels"]) == ("dossier_consumer_lag_records", {"group": name})
    assert "replicas" not in chart.the(objects, "StatefulSet")["spec"]  # else each upgrade would set them back
    assert scaler["scaleTargetRef"]["name"] == chart.the(objects, "StatefulSet")["metadata"]["name"]


def test_the_adapter_tells_what_the_scaler_asks() -> None:
    (rule,) = yaml.safe_load((chart.VALUES / "prometheus-adapter.yaml").read_text("utf-8"))["rules"]["external"]
    assert rule["name"]["as"] == "dossier_consumer_lag_records"
    assert "group" in rule["metricsQuery"]


@pytest.mark.parametrize("name", BY_NAME)
def test_it_may_go_only_where_it_must(name: str) -> None:
    policy = chart.the(chart.service(name), "NetworkPolicy")["spec"]
    assert policy["policyTypes"] == ["Ingress", "Egress"]
    ports = sorted({entry["port"] for rule in policy["egress"] for entry in rule["ports"]})
    wanted = {53, 9093}
    if name != "monitor-worker":
        wanted |= {27017, 443}
    if name == "monitor":
        wanted |= {BY_NAME[other].port for other in SERVICES}
    assert ports == sorted(wanted)
    anywhere = {entry["port"] for rule in policy["egress"] if not rule.get("to") for entry in rule["ports"]}
    assert anywhere <= {53, 443}  # the issuer and the provider of messages are outside
    (rule,) = policy["ingress"]
    assert len(rule["from"]) == 3  # the monitor, the proxy, Prometheus
    assert rule["from"][0]["podSelector"]["matchLabels"]["app.kubernetes.io/name"] == "monitor"


def test_the_monitor_knows_where_the_services_answer() -> None:
    found = json.loads(chart.environment(chart.service("monitor"))["MONITOR_SERVICES"])
    assert found == {name: f"http://{name}:{BY_NAME[name].port}" for name in SERVICES}
    elsewhere = {"MONITOR_SERVICES": {"intake": "http://elsewhere:8001"}}
    found = json.loads(
        chart.environment(chart.service("monitor", services={"monitor": {"env": elsewhere}}))["MONITOR_SERVICES"]
    )
    assert found["intake"] == "http://elsewhere:8001"


def test_a_service_signs_in_at_the_broker_as_its_own_user() -> None:
    users = {name: chart.environment(chart.service(name))["KAFKA_USERNAME"] for name in BY_NAME}
    assert users == {name: name.removesuffix("-worker") for name in BY_NAME}


@pytest.mark.parametrize("name", DEPLOYABLE)
def test_a_deployment_of_an_agency_s_own(name: str) -> None:
    """Against a broker that is the province's, by a user of its own."""
    objects = chart.service(name, "agency-deployment")
    assert [(found["kind"], problem) for found in objects for problem in problems(found)] == []
    found, known = chart.environment(objects), charts.variables(charts.settings_of(BY_NAME[name]))
    assert found["KAFKA_USERNAME"] == called(name, "long-khanh")
    assert found[f"{name.upper()}_DEPLOYMENT"] == "long-khanh"
    assert {"MONGODB_URL", "KAFKA_PASSWORD", "EVENT_KEY", "PERSON_KEY"} <= chart.secret_files(objects)
    assert f"{name.upper()}_WRAPPING_KEY" in chart.secret_files(objects)
    assert {key for key in found if key != "SECRETS_DIR"} <= set(known)
    scaled = chart.the(
        chart.service(
            name, "agency-deployment", autoscaling={"enabled": True}, signingKeys={"accessMode": "ReadWriteMany"}
        ),
        "HorizontalPodAutoscaler",
    )
    (metric,) = scaled["spec"]["metrics"]
    assert metric["external"]["metric"]["selector"]["matchLabels"] == {"group": called(name, "long-khanh")}


def test_the_signers_share_one_volume_that_outlives_the_release() -> None:
    claim = chart.the(chart.service("signing", "agency-large"), "PersistentVolumeClaim")
    assert claim["spec"]["accessModes"] == ["ReadWriteMany"]
    assert claim["metadata"]["annotations"]["helm.sh/resource-policy"] == "keep"
    (data,) = (v for v in chart.pod(chart.service("signing"))["volumes"] if v["name"] == "data")
    assert data["persistentVolumeClaim"]["claimName"] == "signing-keys"
    (data,) = (v for v in chart.pod(chart.service("monitor-worker"))["volumes"] if v["name"] == "data")
    assert "emptyDir" in data


def test_a_path_is_taken_off_by_the_route() -> None:
    known = charts.variables(charts.settings_of(BY_NAME["review"]))
    given = {"review": {"path": "/review"}}
    if "REVIEW_PATH" not in known:
        with pytest.raises(chart.Refused, match="review has no setting REVIEW_PATH"):
            chart.service("review", "agency-large", services=given)
        return
    objects = chart.service("review", "agency-large", services=given)
    assert chart.environment(objects)["REVIEW_PATH"] == "/review"
    *_, rule = chart.the(objects, "HTTPRoute")["spec"]["rules"]
    assert rule["matches"][0]["path"]["value"] == "/review"
    assert rule["filters"][0]["urlRewrite"]["path"]["replacePrefixMatch"] == "/"
    assert problems(chart.the(objects, "HTTPRoute")) == []


@pytest.mark.parametrize(("agency", "path"), [("agency-small", ""), ("agency-large", ""), ("agency-large", "/review")])
def test_what_is_asked_inside_only_leads_nowhere_from_outside(agency: str, path: str) -> None:
    objects = chart.service("review", agency, services={"review": {"path": path}})
    closed = next(found for found in chart.of_kind(objects, "Service") if found["metadata"]["name"] == "review-closed")
    assert "selector" not in closed["spec"]  # no pod is behind it
    leads: dict[str, str] = {}
    for route in chart.of_kind(objects, "HTTPRoute"):
        for rule in route["spec"]["rules"]:
            leads |= {match["path"]["value"]: rule["backendRefs"][0]["name"] for match in rule["matches"]}
    for ingress in chart.of_kind(objects, "Ingress"):
        (rule,) = ingress["spec"]["rules"]
        leads |= {one["path"]: one["backend"]["service"]["name"] for one in rule["http"]["paths"]}
    inside = {f"{path}{place}": "review-closed" for place in ("/health", "/metrics", "/internal")}
    assert leads == {**inside, path or "/": "review"}
    host = "review.agency.example" if agency == "agency-small" else "review.province.example"
    assert chart.environment(objects)["ALLOWED_HOSTS"] == host


def test_numbers_lists_and_texts_arrive_as_they_were_written() -> None:
    env = {"INTAKE_DOCUMENT_LIMIT": 20971520, "INTAKE_LINGER": 0.25, "DEVELOPMENT": True, "LOG_LEVEL": "DEBUG"}
    found = chart.environment(chart.service("intake", services={"intake": {"env": env}}))
    assert found["INTAKE_DOCUMENT_LIMIT"] == "20971520"
    assert (found["INTAKE_LINGER"], found["DEVELOPMENT"], found["LOG_LEVEL"]) == ("0.25", "true", "DEBUG")


@pytest.mark.parametrize("name", ["dossier", "platform"])
def test_a_chart_is_of_the_version_it_stands_beside(name: str) -> None:
    about = yaml.safe_load((chart.CHARTS / name / "Chart.yaml").read_text("utf-8"))
    project = tomllib.loads((chart.ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    assert about["appVersion"] == project["version"]


def test_files_are_mounted_and_a_change_restarts() -> None:
    given = {"files": {"rules.yaml": "a: 1\n"}, "env": {"MONITOR_ALARM_RULES": "/etc/dossier/rules.yaml"}}
    objects = chart.service("monitor", services={"monitor": given})
    assert chart.the(objects, "ConfigMap")["data"] == {"rules.yaml": "a: 1\n"}
    assert "/etc/dossier" in {mount["mountPath"] for mount in chart.container(objects)["volumeMounts"]}
    assert _annotations(objects) != _annotations(chart.service("monitor"))


def _annotations(objects: list[chart.Object]) -> Any:
    return chart.the(objects, "StatefulSet")["spec"]["template"]["metadata"]["annotations"]


def test_an_image_is_named_by_tag_or_by_digest() -> None:
    assert chart.container(chart.service("monitor-worker"))["image"] == "registry.example/dossier/monitor:0.1.0"
    digest = "sha256:" + "0" * 64
    found = chart.container(chart.service("review", image={"digest": digest}))["image"]
    assert found == f"registry.example/dossier/review@{digest}"


@pytest.mark.parametrize(("name", "agency"), EVERYWHERE)
def test_one_that_is_made_whole_has_no_replica_meanwhile(name: str, agency: str) -> None:
    objects = chart.service(name, agency, recover=True)
    assert not chart.of_kind(objects, "StatefulSet")
    assert not chart.of_kind(objects, "HorizontalPodAutoscaler")
    assert [(found["kind"], problem) for found in objects for problem in problems(found)] == []
    job = chart.the(objects, "Job")
    pod = job["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    (usual,) = chart.pod(chart.service(name, agency))["containers"]
    assert container["args"] == ["rebuild" if name == "monitor-worker" else "recover"]
    assert container["command"] == usual["command"]
    assert (container["env"], container["volumeMounts"]) == (usual["env"], usual["volumeMounts"])
    assert not [part for part in container if part.endswith("Probe") or part == "lifecycle"]
    assert (pod["restartPolicy"], job["spec"]["backoffLimit"]) == ("Never", 0)
