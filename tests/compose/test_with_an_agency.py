"""An agency's own review and signing in containers beside the province's stack: the overlay, by its head and by operations.md."""

from __future__ import annotations

import json
import shutil
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from dossier_local.cli import app
from dossier_shared.clock import instant
from dossier_shared.contracts.deployments import DEPLOYABLE

from .stack import PROCESSES, ROOT, Stack, docker, until

pytestmark = [pytest.mark.long, pytest.mark.timeout(600)]

NAME, LINK = "long-khanh", "dossier-outside"
LODGING = "2.001159"  # accepted, appraised and approved by rule
NEEDED = ("mongo_key", "admin_mongodb_url", *(f"{who}_mongodb_url" for who in DEPLOYABLE))


@pytest.fixture(scope="module")
def province(stack: Stack) -> Stack:
    stack.up()
    stack.well(PROCESSES)
    return stack


@pytest.fixture
def secrets(tmp_path: Path) -> Path:
    """What the agency has of its own, and no file more; readable by the containers' user."""
    folder = tmp_path / "secrets"
    folder.mkdir()
    for name in NEEDED:
        shutil.copy(ROOT / "deploy/compose/secrets/development" / name, folder / name)
    for service in DEPLOYABLE:
        (folder / f"{service}_kafka_password").write_text(f"{uuid.uuid4()}\n")
        for key, command in (("event_key", ["keys", "new"]), ("wrapping_key", ["privacy", "new-key"])):
            with pytest.raises(SystemExit) as ended:
                app([*command, str(folder / f"{service}_{key}")])
            assert ended.value.code == 0
    for path in (tmp_path, folder, *folder.iterdir()):
        path.chmod(0o755)
    return folder


@pytest.fixture
def link(province: Stack) -> Iterator[str]:
    """What an agency reaches of the province: broker and issuer by their names."""
    docker("network", "create", LINK)
    try:
        for name in ("kafka", "identity"):
            docker("network", "connect", "--alias", name, LINK, province.id(name))
        yield LINK
    finally:
        for name in ("kafka", "identity"):
            docker("network", "disconnect", "--force", LINK, province.id(name), check=False)
        docker("network", "rm", LINK, check=False)


@pytest.fixture
def agency(link: str, secrets: Path) -> Iterator[Stack]:
    """Up as its head says; only what would be secure there is the development's here."""
    env = {"COMPOSE_PROFILES": "agency", "DEPLOYMENT": NAME, "SECRETS": str(secrets)}
    agency = Stack("dossier-agency", env, files=("docker-compose.yml", "deploy/compose/agency.yaml"))
    try:
        agency.compose("create", "--no-build")
        for service in DEPLOYABLE:
            docker("network", "connect", link, agency.id(service))
        yield agency
    finally:
        print(agency.logs("provision", *DEPLOYABLE)[-6000:])
        agency.down()
        docker("network", "disconnect", "--force", link, "dossier-agency", check=False)


def token(stack: Stack, role: str, *more: str) -> str:
    run = ("run", "--rm", "--no-deps", "dossier", "token", "--role", role, *more)
    return stack.compose(*run).stdout.split()[-1]


def asked(stack: Stack, path: str, bearer: str, body: Any = None) -> Any:
    request = urllib.request.Request(
        f"http://localhost:{stack.port}{path}", None if body is None else json.dumps(body).encode(),
        {"authorization": f"Bearer {bearer}", "content-type": "application/json", "idempotency-key": str(uuid.uuid4())},
    )  # fmt: skip
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.load(answer)


def test_what_is_filed_for_an_agency_is_done_by_its_own_containers(
    province: Stack, agency: Stack, secrets: Path
) -> None:
    procedures = asked(province, "/intake/api/v1/procedures", token(province, "citizen"))["items"]
    lodging = next(one for one in procedures if one["code"] == LODGING)
    code = lodging["agencies"][0]
    given = ("run", "--rm", "--no-deps", "-v", f"{secrets}:/given:ro", "dossier")
    began = datetime.now(UTC) + timedelta(seconds=50)
    for service in DEPLOYABLE:
        add = ("deployments", "add", service, NAME, "--agencies", code, "--from", instant(began))
        province.compose(*given, *add, "--password-file", f"/given/{service}_kafka_password")
        province.compose(*given, "keys", "publish", f"{service}.{NAME}", f"/given/{service}_event_key")
    agency.up()
    agency.well(DEPLOYABLE)
    for service in DEPLOYABLE:
        province.compose(*given, "keys", "demand", f"{service}.{NAME}")
    until(lambda: datetime.now(UTC) > began, 60, "the instant has not come")
    filing = {
        "procedure": LODGING, "agency": code, "channel": "online", "form": lodging["form"]["examples"][0],
        "applicant": {"name": "Nguyễn Văn Bình", "phone": "0912345678"},
    }  # fmt: skip
    hotel = token(province, "agent", "--sub", "hotel", "--name", "Khách sạn Bình Minh")
    dossier = str(asked(province, "/intake/api/v1/dossiers", hotel, filing)["id"])
    leader = token(province, "leader", "--agency", code)

    def done() -> bool:
        try:
            status = asked(agency, f"/signing/api/v1/dossiers/{dossier}", leader)["status"]
        except urllib.error.HTTPError as error:
            if error.code not in (404, 503):
                raise
            return False
        return bool(status == "signed")

    until(done, 90, "its own signing has not signed")
    assert asked(agency, f"/review/api/v1/dossiers/{dossier}", leader)["status"] == "approved"
    for service in DEPLOYABLE:  # the province's never had it
        with pytest.raises(urllib.error.HTTPError, match="404"):
            asked(province, f"/{service}/api/v1/dossiers/{dossier}", leader)
    delivered = f"/notify/api/v1/dossiers/{dossier}"
    until(lambda: asked(province, delivered, hotel)["status"] == "delivered", 60, "it is not delivered")
    listed = json.loads(province.compose("run", "--rm", "--no-deps", "dossier", "deployments", "list", "--json").stdout)
    assert {(one["service"], one["name"]) for one in listed} == {(service, NAME) for service in DEPLOYABLE}
