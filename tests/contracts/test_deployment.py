"""What is deployed is what the code says: processes, ports, settings, topics, users; compose, proxy, Prometheus, Helm."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest
import yaml

import dossier_intake.settings
import dossier_monitor.settings
import dossier_notify.settings
import dossier_review.settings
import dossier_signing.settings
from dossier_local.rights import USERS
from dossier_local.services import DEVELOPMENT_ONLY, PRODUCT
from dossier_shared.contracts.deployments import DEPLOYABLE, called
from dossier_shared.contracts.topics import SERVICES, TOPICS
from dossier_shared.journal.wrapping import public_of
from dossier_shared.settings import reading as configuration
from dossier_shared.settings.event_key import of_development, read_event_key
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.wrapping_key import of_development as of_development_wrapping
from dossier_shared.settings.wrapping_key import read_readers, read_wrapping_keys

ROOT = Path(__file__).parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
CONTAINERS: dict[str, Any] = COMPOSE["services"]
SECRETS = ROOT / "deploy/compose/secrets/development"
INFRASTRUCTURE = {"kafka", "mongo", "provision", "proxy", "dossier", "kafka-ui"}

SETTINGS: dict[str, type[ServiceSettings]] = {
    "intake": dossier_intake.settings.Settings,
    "review": dossier_review.settings.Settings,
    "signing": dossier_signing.settings.Settings,
    "notify": dossier_notify.settings.Settings,
    "monitor": dossier_monitor.settings.Settings,
    "monitor-worker": dossier_monitor.settings.WorkerSettings,
}
PORTS = {name: kind.model_fields["port"].default for name, kind in SETTINGS.items()}
TUNING = {"CRASH_AT", "KAFKA_SESSION_TIMEOUT_MS", "SWEEP_AFTER_SECONDS", "RESEND_AFTER_SECONDS"}
OF_THE_IMAGE = {"DOSSIER_MODULE", "HEALTH_PORT", "OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_TRACES_SAMPLER", "TMPDIR"}


def environment(container: str) -> dict[str, str | None]:
    """Without defaults filled in: names, and what is written."""
    found: dict[str, str | None] = CONTAINERS[container]["environment"]
    return found


def secrets(container: str) -> dict[str, str]:
    """Name inside the container -> the secret."""
    return {
        s["target"]: s["source"] if isinstance(s, dict) else s
        for s in map(_spelt, CONTAINERS[container].get("secrets", []))
    }


def _spelt(secret: dict[str, str] | str) -> dict[str, str]:
    return secret if isinstance(secret, dict) else {"source": secret, "target": secret}


def test_compose_runs_every_process_and_nothing_unknown() -> None:
    ours = {service.name for service in (*PRODUCT, *DEVELOPMENT_ONLY)}
    assert set(CONTAINERS) == ours | INFRASTRUCTURE
    assert set(SETTINGS) == {service.name for service in PRODUCT}


def test_the_table_of_processes_has_the_settings_ports() -> None:
    assert {service.name: service.port for service in PRODUCT} == PORTS


@pytest.mark.parametrize("name", SETTINGS)
def test_what_compose_sets_is_a_setting(name: str) -> None:
    known = set(configuration.names(SETTINGS[name]).values()) | OF_THE_IMAGE
    if name == "monitor-worker":  # of those both monitor's processes are given
        known |= {"MONGODB_URL"}
    assert set(environment(name)) <= known
    assert {secret.upper() for secret in secrets(name)} <= {
        v.upper().removeprefix(f"{name.upper()}_") for v in known
    } | known


@pytest.mark.parametrize("name", SETTINGS)
def test_a_process_takes_what_compose_gives_it(name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """With nothing set in the shell, and the secrets of a developer's machine."""
    for variable in configuration.names(SETTINGS[name]).values():
        monkeypatch.delenv(variable, raising=False)
    for file, secret in secrets(name).items():
        (tmp_path / file).write_bytes((SECRETS / secret).read_bytes())
    monkeypatch.setenv("SECRETS_DIR", str(tmp_path))
    for variable, written in environment(name).items():
        if written is not None:
            monkeypatch.setenv(variable, _with_defaults(written))
    settings = configuration.read(SETTINGS[name])
    assert (settings.host, settings.broker.username) == ("0.0.0.0", name.removesuffix("-worker"))
    assert settings.path == ("" if name == "monitor-worker" else f"/{name}")


DEVELOPERS: dict[str, str] = dict(
    line.split("=", 1) for line in (ROOT / ".env").read_text().splitlines() if line and not line.startswith("#")
)


def test_without_the_developer_s_file_compose_starts_nothing_that_fits_development_only() -> None:
    assert DEVELOPERS["DEVELOPMENT"] == "true"
    for name in SETTINGS:
        assert environment(name)["DEVELOPMENT"] == "${DEVELOPMENT:-false}"


def _with_defaults(written: str) -> str:
    """As Compose fills in `${NAME-what stands for it}`, from the innermost on; after what `.env` says."""
    for variable, value in DEVELOPERS.items():
        written = re.sub(rf"\$\{{{variable}:?-[^${{}}]*\}}", value, written)
    while (filled := re.sub(r"\$\{\w+:?-([^${}]*)\}", r"\1", written)) != written:
        written = filled
    return re.sub(r"^\$\{\w+:?-(.*)\}$", r"\1", written)  # JSON, which has braces of its own


@pytest.mark.parametrize("name", SETTINGS)
def test_what_may_differ_between_agencies_can_be_said_to_compose(name: str) -> None:
    """Every common variable that is not a matter of tests or tuning is passed on."""
    common = {v for v in configuration.names(ServiceSettings).values() if not v.startswith("SERVICE_")}
    assert common - set(environment(name)) == TUNING
    said = environment(name)["NEIGHBOURS"] or ""
    assert said.startswith("${NEIGHBOURS:-{"), "an agency's own go before those of this stack"


@pytest.mark.parametrize("name", SETTINGS)
def test_each_process_is_its_own_user_of_broker_and_database(name: str) -> None:
    service = "monitor" if name == "monitor-worker" else name
    assert environment(name)["KAFKA_USERNAME"] == f"${{KAFKA_USERNAME-{service}}}"
    assert secrets(name)["kafka_password"] == f"{service}_kafka_password"
    if SETTINGS[name].model_fields["database"].default:
        assert secrets(name)["mongodb_url"] == f"{service}_mongodb_url"
        assert f"//{service}:" in (SECRETS / f"{service}_mongodb_url").read_text()


def test_each_service_signs_with_the_key_that_is_published_for_it() -> None:
    listed = dict(line.split() for line in (SECRETS / "event_public_keys").read_text().splitlines())
    assert set(listed) == set(SERVICES)
    for service in SERVICES:
        assert secrets(service)["event_key"] == f"{service}_event_key"
        private = read_event_key((SECRETS / f"{service}_event_key").read_text())
        assert b64decode(listed[service]) == private.public_key().public_bytes_raw()
        assert private.private_bytes_raw() == of_development(service), "refused where it is not development"


def test_each_service_has_the_wrapping_key_that_intake_wraps_for() -> None:
    readers = read_readers((SECRETS / "intake_key_readers").read_text())
    assert set(readers) == set(SERVICES)
    for service in SERVICES:
        assert secrets(service)[f"{service}_wrapping_key"] == f"{service}_wrapping_key"
        (private,) = read_wrapping_keys((SECRETS / f"{service}_wrapping_key").read_text())
        assert readers[service] == public_of(private)
        known = of_development_wrapping(service).private_bytes_raw()
        assert private.private_bytes_raw() == known, "refused where it is not development"


def test_every_user_has_its_secrets_and_there_are_no_others() -> None:
    files = {path.name for path in SECRETS.iterdir()}
    assert files == {f"{user}_{kind}" for user in USERS for kind in ("mongodb_url", "kafka_password")} | {
        "mongo_key", "monitor_client_secret", "event_public_keys", "intake_key_readers",
        *(f"{service}_{kind}" for service in SERVICES for kind in ("event_key", "wrapping_key")),
    }  # fmt: skip
    assert files == set(COMPOSE["secrets"])
    assert set(secrets("provision")) == {"kafka_password", "event_public_keys"} | {
        f"{user}_{kind}" for user in USERS for kind in ("mongodb_url", "kafka_password")
    } - {"admin_kafka_password"}


def test_the_proxy_leads_to_each_service_under_its_path() -> None:
    routes = dict(
        re.findall(r"handle_path /([a-z/]+)\*? \{\s+(?:rewrite [^\n]+\s+)?import service ([a-z:0-9]+)", _caddyfile())
    )
    assert routes == {f"{service}/": f"{service}:{PORTS[service]}" for service in SERVICES}
    for service in SERVICES:
        assert environment(service)[f"{service.upper()}_PATH"] == f"/{service}"


def test_of_the_issuer_browsers_reach_its_own_pages_and_never_its_tokens() -> None:
    [paths] = re.findall(r"@issuer path (.*)", _caddyfile())
    assert set(paths.split()) == {
        f"/identity/{page}" for page in ("authorize", "login", "login/*", "consent", "end-session")
    }
    told = json.loads(environment("identity")["IDENTITY_SERVICES"] or "")
    assert told == {service: f"http://{service}:{PORTS[service]}" for service in SERVICES}


def _caddyfile() -> str:
    return (ROOT / "deploy/compose/Caddyfile").read_text()


def test_addresses_inside_are_the_services_ports() -> None:
    inside = {service: f"http://{service}:{PORTS[service]}" for service in SERVICES}
    for said in (environment("monitor")["MONITOR_SERVICES"], environment("dossier")["DOSSIER_SERVICES"]):
        assert json.loads((said or "").removeprefix("${MONITOR_SERVICES:-").removesuffix("}")) == inside
    assert environment("monitor-worker")["HEALTH_PORT"] == str(PORTS["monitor-worker"])
    for service in DEVELOPMENT_ONLY:
        assert environment(service.name)["HEALTH_PORT"] == str(service.port)


def test_prometheus_asks_every_process() -> None:
    config = yaml.safe_load((ROOT / "deploy/prometheus/prometheus.yaml").read_text())
    targets = {
        target for job in config["scrape_configs"] for group in job["static_configs"] for target in group["targets"]
    }
    assert {f"{name}:{port}" for name, port in PORTS.items()} <= targets


def test_topics_are_made_by_the_registry_only() -> None:
    """In compose by `dossier provision`, which reads the table; on Kubernetes from data written from it."""
    assert CONTAINERS["provision"]["command"] == ["provision"]
    assert "auto.create.topics.enable=false" in (ROOT / "deploy/compose/kafka.properties").read_text()
    charts = yaml.safe_load((ROOT / "deploy/helm/platform/files/platform.yaml").read_text())
    assert {topic["name"]: (topic["partitions"], topic["config"]) for topic in charts["topics"]} == {
        topic.name: (topic.partitions, dict(topic.config)) for topic in TOPICS
    }
    assert not [name for name in (topic.name for topic in TOPICS) if name in (ROOT / "docker-compose.yml").read_text()]


def test_what_runs_may_write_nothing_and_be_nobody() -> None:
    for name in (*SETTINGS, "identity", "provider", "provision", "dossier", "proxy"):
        container = CONTAINERS[name]
        assert container["read_only"] is True, name
        assert container["cap_drop"] == ["ALL"], name
        assert container["deploy"]["resources"]["limits"]["memory"], name


def test_no_container_has_rights_it_does_not_need() -> None:
    for name, container in CONTAINERS.items():
        assert container["cap_drop"] == ["ALL"], name
        assert container["security_opt"] == ["no-new-privileges:true"], name
    given = {name: container["cap_add"] for name, container in CONTAINERS.items() if "cap_add" in container}
    assert set(given) == {"mongo", "proxy"}


def test_who_stands_at_the_door_reaches_neither_broker_nor_database() -> None:
    on = {
        name: set(container.get("networks", ["default"]))
        for name, container in CONTAINERS.items()
        if "network_mode" not in container
    }
    for name in ("proxy", "identity", "provider"):
        assert not on[name] & (on["kafka"] | on["mongo"]), name
    for name in SERVICES:
        assert on[name] == {"default", "front"}


@pytest.mark.parametrize("arguments", [[], ["recover", "--since", "2026-11-26T00:00:00+07:00"]])
def test_a_service_s_image_hands_arguments_to_its_program(tmp_path: Path, arguments: list[str]) -> None:
    [entrypoint] = re.findall(r"(?m)^ENTRYPOINT (.*)$", (ROOT / "deploy/images/service.Dockerfile").read_text())
    (tmp_path / "program.py").write_text("import sys; print(sys.argv[1:])")
    env = {
        "DOSSIER_MODULE": "program",
        "PYTHONPATH": str(tmp_path),
        "PATH": f"{Path(sys.executable).parent}:{os.defpath}",
    }
    done = subprocess.run([*json.loads(entrypoint), *arguments], env=env, capture_output=True, text=True, check=True)
    assert done.stdout == f"{arguments}\n"


def test_the_command_takes_the_shell_s_token_and_keeps_backups_in_a_volume() -> None:
    assert environment("dossier")["DOSSIER_TOKEN"] is None
    assert CONTAINERS["dossier"]["volumes"] == ["dossier:/data"]
    assert "dossier" in COMPOSE["volumes"]


def test_ports_are_published_on_this_machine_only() -> None:
    published = [port for container in CONTAINERS.values() for port in container.get("ports", ())]
    assert published
    assert all(port.startswith(("127.0.0.1:", "${BIND:-127.0.0.1}:")) for port in published)


class _Overlay(yaml.SafeLoader):
    """With Compose's own tags: what is overridden is read as it stands."""


def _overridden(loader: yaml.SafeLoader, node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return loader.construct_mapping(node, deep=True)
    assert isinstance(node, yaml.SequenceNode)
    return loader.construct_sequence(node, deep=True)


_Overlay.add_constructor("!override", _overridden)


def test_an_agency_s_own_services_are_those_of_the_code() -> None:
    """Two services by users of their own and a database, of what stands in the compose file; nothing of the broker."""
    overlay: dict[str, Any] = yaml.load((ROOT / "deploy/compose/agency.yaml").read_text(), _Overlay)["services"]
    assert set(overlay) == {*DEPLOYABLE, "proxy", "mongo", "provision"} <= set(CONTAINERS)
    assert all(one["profiles"] == ["agency"] for one in overlay.values())
    for service in DEPLOYABLE:
        own = overlay[service]["environment"]
        assert set(own) == {"KAFKA_USERNAME", f"{service.upper()}_DEPLOYMENT"}
        assert f"{service.upper()}_DEPLOYMENT" in configuration.names(SETTINGS[service]).values()
        assert re.sub(r":\?[^}]*", "", own["KAFKA_USERNAME"]) == called(service, "${DEPLOYMENT}")
    made = overlay["provision"]
    assert made["environment"] == {}
    assert made["command"] == ["provision", "--database-of", ",".join(DEPLOYABLE)]
    assert set(made["secrets"]) == {f"{who}_mongodb_url" for who in ("admin", *DEPLOYABLE)} <= set(COMPOSE["secrets"])
    assert set(made["depends_on"]) == {"mongo"}
