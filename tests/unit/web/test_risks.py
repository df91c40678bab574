"""What a service refuses to start with outside development, unless it is said aloud (decision 0040)."""

from __future__ import annotations

import json
from pathlib import Path
from unittest.mock import Mock

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from dossier_intake.settings import Settings as Intake
from dossier_monitor.settings import Settings as Monitor
from dossier_monitor.settings import WorkerSettings
from dossier_notify.settings import Settings as Notify
from dossier_review.settings import Settings as Review
from dossier_shared.http.app import create_app
from dossier_shared.runtime import server
from dossier_shared.settings import reading
from dossier_shared.settings.risks import RISKS, of_database
from dossier_shared.settings.service import ServiceSettings
from dossier_shared.settings.wrapping_key import written
from dossier_signing.settings import Settings as Signing

from .support import ready

KEY = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
RIGHT = {
    "DEVELOPMENT": "false",
    "KAFKA_BOOTSTRAP_SERVERS": "kafka.example.vn:9093",
    "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
    "KAFKA_USERNAME": "review",
    "KAFKA_PASSWORD": "s3Zq-of-our-own",
    "MONGODB_URL": "mongodb://review:s3Zq@db.example.vn/?replicaSet=r&tls=true",
    "OIDC_ISSUER": "https://login.example.vn/realms/dossier",
    "PERSON_KEY": "a key of our own, long enough",
    "EVENT_KEY": KEY,
    "NOTIFY_PROVIDER_URL": "https://messages.example.vn",
    "NOTIFY_PROVIDER_TOKEN": "s3Zq",
    "MONITOR_CLIENT_SECRET": "s3Zq",
}
SEALED = {"PERSONAL_DATA": "encrypted", "INTAKE_WRAPPING_KEY": written(X25519PrivateKey.generate())}
WORKER = ("KAFKA_BOOTSTRAP_SERVERS",)
WRONG: list[tuple[type[ServiceSettings], dict[str, str], str]] = [
    (Review, {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "plain-kafka"),
    (Review, {"KAFKA_SECURITY_PROTOCOL": "SSL", "KAFKA_USERNAME": "", "KAFKA_PASSWORD": ""}, "anonymous-kafka"),
    (Review, {"KAFKA_PASSWORD": "development-review"}, "known-secrets"),
    (Review, {"KAFKA_PASSWORD": "Review"}, "known-secrets"),
    (Review, {"MONGODB_URL": "mongodb://review:s3Zq@db/?replicaSet=r"}, "plain-mongodb"),
    (Review, {"MONGODB_URL": "mongodb://db/?tls=true"}, "anonymous-mongodb"),
    (Review, {"MONGODB_URL": "mongodb://review:development%2Dreview@db/?tls=true"}, "known-secrets"),
    (Review, {"MONGODB_URL": "mongodb://review:changeme@db/?tls=true"}, "known-secrets"),
    (Review, {"OIDC_ISSUER": "http://login.example.vn"}, "http-issuer"),
    (Review, {"PERSON_KEY": ""}, "no-person-key"),
    (Review, {"PERSON_KEY": "development, for all of us"}, "known-secrets"),
    (Review, {"REVIEW_CLIENT_SECRET": "changeme"}, "known-secrets"),
    (Review, {"EVENT_KEY": ""}, "unsigned-events"),
    (Review, {"EVENT_SIGNATURES": "warn"}, "unchecked-events"),
    (WorkerSettings, {"EVENT_SIGNATURES": "off"}, "unchecked-events"),
    (Review, {"REVIEW_PROXIES": "10.0.0.0/8, 0.0.0.0/0"}, "any-proxy"),
    (Review, {"REVIEW_PROXIES": "::/0"}, "any-proxy"),
    (Intake, {}, "readable-persons"),
    (Notify, {"NOTIFY_PROVIDER_URL": "http://messages.example.vn"}, "http-provider"),
    (Intake, {**SEALED, "INTAKE_POPULATION_URL": "http://population.example.vn"}, "http-register"),
    (Intake, {**SEALED, "INTAKE_RESULTS_URL": "http://results.example.vn"}, "http-register"),
    (Notify, {"NOTIFY_PROVIDER_TOKEN": "development"}, "known-secrets"),
    (Monitor, {"MONITOR_CLIENT_SECRET": "development-monitor"}, "known-secrets"),
    (WorkerSettings, {"KAFKA_SECURITY_PROTOCOL": "SASL_PLAINTEXT"}, "plain-kafka"),
    (Signing, {}, "self-made-signatures"),
]


@pytest.fixture(autouse=True)
def right(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRETS_DIR", raising=False)
    for name, value in RIGHT.items():
        monkeypatch.setenv(name, value)


def read(kind: type[ServiceSettings]) -> ServiceSettings:
    return reading.read(kind, WORKER) if kind is WorkerSettings else reading.read(kind)


def refused(kind: type[ServiceSettings], capsys: pytest.CaptureFixture[str]) -> list[str]:
    with pytest.raises(SystemExit) as ended:
        read(kind)
    assert ended.value.code == 78
    return capsys.readouterr().err.splitlines()


@pytest.mark.parametrize("kind", [Review, Notify, Monitor, WorkerSettings])
def test_what_an_agency_has_is_taken(kind: type[ServiceSettings]) -> None:
    settings = read(kind)
    assert settings.taken == []
    assert settings.identity == {"service": settings.service, "instance": "1"}


@pytest.mark.parametrize(("kind", "wrong", "risk"), WRONG)
def test_a_risk_is_refused_unless_it_is_said(
    kind: type[ServiceSettings],
    wrong: dict[str, str],
    risk: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in wrong.items():
        monkeypatch.setenv(name, value)
    (line,) = refused(kind, capsys)
    assert line.startswith(f"{kind.model_fields['service'].default}: ")
    assert line.endswith(f"or accept that {RISKS[risk]}: {risk} in INSECURE")
    assert "s3Zq" not in line
    monkeypatch.setenv("INSECURE", f"{'http-issuer' if risk != 'http-issuer' else 'plain-kafka'}")
    assert len(refused(kind, capsys)) == 1, "another risk was accepted"
    monkeypatch.setenv("INSECURE", risk)
    settings = read(kind)
    assert [one.name for one in settings.taken] == [risk]
    assert settings.identity["insecure"] == risk
    monkeypatch.delenv("INSECURE")
    monkeypatch.setenv("DEVELOPMENT", "true")
    assert read(kind).taken == []


async def test_what_was_accepted_is_logged_at_each_start_and_seen_in_its_readiness(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("INSECURE", "plain-kafka")
    for what_changes_the_process in ("signal", "gc", "tame", "uvicorn"):
        monkeypatch.setattr(server, what_changes_the_process, Mock())
    settings = read(Review)
    app = create_app(settings, title="Test", readiness=ready)
    server.run(app, settings)
    (told,) = (line for line in map(json.loads, capsys.readouterr().out.splitlines()) if line["event"] == "risk taken")
    assert (told["level"], told["risk"]) == ("warning", "plain-kafka")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://review") as client:
        assert (await client.get("/health/ready")).json()["insecure"] == "plain-kafka"


def test_every_risk_is_tried_above() -> None:
    assert {risk for _, _, risk in WRONG} == RISKS.keys()


def test_a_developer_s_stack_set_up_elsewhere_is_told_all_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    secrets = Path(__file__).parents[3] / "deploy/compose/secrets/development"
    monkeypatch.setenv("MONGODB_URL", (secrets / "review_mongodb_url").read_text().strip())
    monkeypatch.setenv("KAFKA_PASSWORD", (secrets / "review_kafka_password").read_text().strip())
    monkeypatch.setenv("KAFKA_SECURITY_PROTOCOL", "SASL_PLAINTEXT")
    monkeypatch.setenv("OIDC_ISSUER", "http://identity:8010")
    monkeypatch.setenv("PERSON_KEY", "")
    told = [line.rsplit(" ", 3)[1] for line in refused(Review, capsys)]
    assert told == ["plain-kafka", "known-secrets", "plain-mongodb", "known-secrets", "http-issuer", "no-person-key"]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("mongodb+srv://u:p1@cluster.example.vn/", []),
        ("mongodb+srv://u:p1@cluster.example.vn/?tls=false", ["plain-mongodb"]),
        ("mongodb://u:p1@a,b/?ssl=TRUE", []),
        ("mongodb://u:p1@a/?tls=true&tlsAllowInvalidCertificates=true", ["plain-mongodb"]),
        ("mongodb://a/?tls=true&authMechanism=MONGODB-X509&tlsCertificateKeyFile=x", []),
        ("mongodb://127.0.0.1:27117/?replicaSet=dossier", ["plain-mongodb", "anonymous-mongodb"]),
    ],
)
def test_a_database_s_address_is_read_as_the_driver_reads_it(url: str, found: list[str]) -> None:
    assert [one.name for one in of_database(url)] == found
