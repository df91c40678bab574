"""A process that is told something wrong says so in a line and ends, or says in its readiness what it waits for."""

from __future__ import annotations

import asyncio
import fcntl
import os
import subprocess
import sys
import termios
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka.admin import AIOKafkaAdminClient
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from dossier_local.ports import Ports
from dossier_local.services import PRODUCT
from dossier_local.stack import Stack
from dossier_local.topics import provision
from dossier_shared.settings.broker import Broker

from .secured.authority import Authority

pytestmark = pytest.mark.long

MODULES = {service.name: service.module for service in PRODUCT}
OTHERS = {
    "identity": "dossier_local.identity",
    "provider": "dossier_local.provider",
    "recount": "dossier_monitor.recount",
}
WITH_DATABASE = [name for name in MODULES if name != "monitor-worker"]
Eventually = Callable[..., Awaitable[Any]]


def prefix(name: str) -> str:
    return name.upper().replace("-", "_")


def run(name: str, env: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    given = {"PATH": "/usr/bin", "DEVELOPMENT": "true", **env}
    return subprocess.run(
        [sys.executable, "-m", (MODULES | OTHERS)[name]],
        env=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


FAULTS: list[tuple[dict[str, str], str]] = [
    ({"{prefix}_PROT": "1"}, "{prefix}_PROT is no setting; is {prefix}_PORT meant?"),
    ({"{prefix}_SERVICE_HOST": "10.0.0.1"}, "{prefix}_SERVICE_HOST is no setting; it looks like a service link"),
    ({"{prefix}_PORT": "tcp://10.0.0.1:8001"}, "{prefix}_PORT: Input should be a valid integer"),
    (
        {"DEVELOPMENT": "false", "MONGODB_URL": "mongodb://x", "OIDC_ISSUER": "https://x"},
        "KAFKA_BOOTSTRAP_SERVERS is missing",
    ),
    (
        {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL"},
        "KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_USERNAME and KAFKA_PASSWORD",
    ),
    ({"DEVELOPMENT": "perhaps"}, "DEVELOPMENT: Input should be a valid boolean"),
]


# the settings of all are read by the same code: each process with two of the faults, each fault in two processes
@pytest.mark.parametrize(("number", "name"), [*enumerate(MODULES), *enumerate(MODULES, 1)])
def test_what_cannot_be_is_one_line_and_the_end(number: int, name: str) -> None:
    wrong, says = FAULTS[number % len(FAULTS)]
    filled = {key.format(prefix=prefix(name)): value for key, value in wrong.items()}
    done = run(name, filled)
    assert done.returncode == 78
    assert done.stdout == ""
    lines = done.stderr.splitlines()
    assert len(lines) == 1, done.stderr
    assert lines[0].startswith(f"{name}: " + says.format(prefix=prefix(name)))


@pytest.mark.parametrize(
    ("name", "variable", "value", "says"),
    [
        ("review", "MONGODB_URL", "mongodb://u:hunter@2@mongo", "user name and password must be percent-encoded"),
        ("review", "MONGODB_URL", "mongodb://u:hunter@a/?tls=true&tlsCAFile=/nowhere/ca", "/nowhere/ca cannot be used"),
        ("intake", "OIDC_ISSUER", "login.example", "must be an http(s) address"),
        ("intake", "LOG_LEVEL", "loud", "must be DEBUG, INFO, WARNING, ERROR or CRITICAL"),
        ("intake", "INTAKE_LINGER", "-1", "Input should be greater than or equal to 0"),
        ("signing", "SIGNING_WORKERS", "0", "Input should be greater than or equal to 1"),
        ("notify", "NOTIFY_PROVIDER_URL", "messages.example", "must be an http(s) address"),
        ("monitor", "MONITOR_TARGETS", "/nowhere", "/nowhere: cannot be read: No such file or directory"),
        ("monitor", "MONITOR_ALARM_RULES", "/etc/hosts", "/etc/hosts: "),
        ("review", "REVIEW_HOST", "203.0.113.5", "cannot listen at 203.0.113.5, 8002: "),
        ("monitor-worker", "MONITOR_WORKER_HOST", "203.0.113.5", "cannot listen at 203.0.113.5, 8006: "),
        ("monitor-worker", "MONITOR_WORKER_DATA", "/proc/nowhere", "/proc/nowhere: No such file or directory"),
        ("recount", "MONITOR_RECOUNT_HOUR", "24", "Input should be less than or equal to 23"),
        ("identity", "IDENTITY_PORT", "high", "Input should be a valid integer"),
        ("identity", "IDENTITY_DATA", "/proc/nowhere", "/proc/nowhere: No such file or directory"),
        ("provider", "PROVIDER_LEDGER", "/proc/nowhere/ledger", "/proc/nowhere/ledger: No such file or directory"),
    ],
)
def test_a_value_that_cannot_be_is_one_line_and_the_end(name: str, variable: str, value: str, says: str) -> None:
    done = run(name, {variable: value})
    assert (done.returncode, done.stdout) == (78, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"{'monitor' if name == 'recount' else name}: {variable}")
    assert f": {says}" in line
    assert "hunter" not in line


def test_a_key_with_a_password_is_refused_and_nobody_is_asked_for_it_at_the_terminal(tmp_path: Path) -> None:
    whole = Authority(tmp_path).issue("review").read_bytes()
    locked = load_pem_private_key(whole, None).private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"hunter2")
    )
    certificate, key = tmp_path / "certificate.pem", tmp_path / "key.pem"
    certificate.write_bytes(whole)
    key.write_bytes(locked)
    files = {"KAFKA_CERTIFICATE_FILE": str(certificate), "KAFKA_KEY_FILE": str(key)}
    terminal, inside = os.openpty()
    try:
        done = subprocess.run(
            [sys.executable, "-m", MODULES["review"]],
            env={"PATH": "/usr/bin", "DEVELOPMENT": "true", "KAFKA_SECURITY_PROTOCOL": "SSL", **files},
            stdin=inside, stderr=subprocess.PIPE, text=True, timeout=60, check=False,
            start_new_session=True, preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )  # fmt: skip
    finally:
        os.close(terminal)
        os.close(inside)
    (line,) = done.stderr.splitlines()
    assert done.returncode == 78
    assert line.startswith(f"review: KAFKA_CERTIFICATE_FILE, KAFKA_KEY_FILE cannot be used: {certificate}, {key}: ")
    assert line.endswith("needed: a certificate and its key without a password, in PEM")


def test_a_secret_s_value_is_never_said(tmp_path: Path) -> None:
    (tmp_path / "kafka_password").write_text("hunter2")
    done = run("review", {"SECRETS_DIR": str(tmp_path), "KAFKA_SASL_MECHANISM": "ROT13"})
    assert done.returncode == 78
    assert "KAFKA_SASL_MECHANISM" in done.stderr
    assert "hunter2" not in done.stderr


def test_a_missing_secret_names_the_file(tmp_path: Path) -> None:
    env = {
        "DEVELOPMENT": "false",
        "SECRETS_DIR": str(tmp_path),
        "KAFKA_BOOTSTRAP_SERVERS": "x:1",
        "OIDC_ISSUER": "https://x",
    }
    done = run("review", env)
    assert done.stderr == f"review: MONGODB_URL is missing: set it, or put a file mongodb_url in {tmp_path}\n"


@pytest.mark.parametrize("name", WITH_DATABASE)
@pytest.mark.parametrize(
    ("wrong", "check", "says"),
    [
        ({"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}, "broker", "127.0.0.1:9 cannot be reached"),
        ({"MONGODB_URL": "mongodb://127.0.0.1:9/?replicaSet=dossier"}, "database", "127.0.0.1:9"),
        ({"MONGODB_URL": "{mongodb}&replicaSet=other"}, "database", "replica set other"),
    ],
    ids=["no-broker", "no-database", "other-replica-set"],
)
async def test_what_it_waits_for_stands_in_its_readiness(
    stack: Stack, eventually: Eventually, tmp_path: Path, name: str, wrong: Mapping[str, str], check: str, says: str
) -> None:
    mongodb = stack.mongodb.replace("replicaSet=dossier", "w=majority")
    filled = {key: value.format(mongodb=mongodb) for key, value in wrong.items()}
    await _waits(stack, eventually, tmp_path, name, filled, check, says)


async def test_the_worker_waits_for_a_broker_in_sight(stack: Stack, eventually: Eventually, tmp_path: Path) -> None:
    wrong = {"KAFKA_BOOTSTRAP_SERVERS": "127.0.0.1:9"}
    await _waits(stack, eventually, tmp_path, "monitor-worker", wrong, "topics", "127.0.0.1:9 cannot be reached")


@pytest.mark.timeout(180)
async def test_a_topic_that_is_missing_is_named_and_heard_once_it_is_there(
    new_stack: Callable[..., Awaitable[Stack]], eventually: Eventually
) -> None:
    made = await new_stack()
    admin = AIOKafkaAdminClient(bootstrap_servers=made.kafka)
    await admin.start()
    try:
        await admin.delete_topics(["dossier.signed"])
        await eventually(lambda: _is_gone(admin, "dossier.signed"))
        await made.start("identity")
        await made.start("notify", ready=False)
        async with httpx.AsyncClient(base_url=made.url("notify"), trust_env=False, timeout=10) as client:

            async def said() -> bool:
                try:
                    answer = await client.get("/health/ready")
                except httpx.TransportError:
                    return False
                assert answer.status_code == 503
                return "the broker has no topic dossier.signed" in str(answer.json()["checks"].get("broker"))

            await eventually(said, within=60)
            await provision(Broker(made.kafka))

            async def ready() -> bool:
                return (await client.get("/health/ready")).is_success

            await eventually(ready, within=60)
    finally:
        await admin.close()


async def _is_gone(admin: AIOKafkaAdminClient, topic: str) -> bool:
    return topic not in await admin.list_topics()


async def _waits(
    stack: Stack, eventually: Eventually, folder: Path, name: str, wrong: Mapping[str, str], check: str, says: str
) -> None:
    """It listens, is alive, is not ready, says why, and ends with status 0 when told to."""
    ports = Ports({}, free=True)
    url, log = f"http://127.0.0.1:{ports.of(name)}", folder / "log"
    env = {
        **stack.env(),
        **wrong,
        f"{prefix(name)}_PORT": str(ports.of(name)),
        f"{prefix(name)}_DATABASE": f"bad_{name}",
    }
    env |= {f"{prefix(name)}_DATA": str(folder)} if name in ("signing", "monitor-worker") else {}
    if name == "monitor-worker":
        del env["MONITOR_WORKER_DATABASE"]
    ports.close()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", MODULES[name], env={"PATH": "/usr/bin", **env}, stdout=output, stderr=output
        )
    try:
        async with httpx.AsyncClient(base_url=url, trust_env=False, timeout=10) as client:

            async def said() -> bool:
                try:
                    answer = await client.get("/health/ready")
                except httpx.TransportError:
                    return False
                assert answer.status_code == 503
                return says in str(answer.json()["checks"].get(check))

            await eventually(said, within=40)
            assert (await client.get("/health/live")).status_code == 200
        process.terminate()
        assert await asyncio.wait_for(process.wait(), 40) == 0
        assert "Traceback" not in log.read_text()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
