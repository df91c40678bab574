"""The development issuer looks like an OIDC provider to the services, and gives a browser its cookie once."""

from __future__ import annotations

import stat
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet
from pydantic import ValidationError

from dossier_local.identity.app import create_app
from dossier_local.identity.browser import COOKIE
from dossier_local.identity.keys import LONGEST_TOKEN, Keys
from dossier_local.identity.settings import Client, Settings
from dossier_monitor.recount.machine_token import MachineToken
from dossier_shared.http.tokens import Principal, TokenVerifier
from dossier_shared.problems import ServiceUnavailable, Unauthorised

ISSUER = "http://127.0.0.1:8010"
LEADER = {"sub": "leader-1", "roles": ["leader"], "agency": "H01.26", "name": "Trần Thị Bình"}


CLIENTS = {"monitor": Client(secret="s3", roles=["recount"])}


def browser(folder: Path, **settings: Any) -> httpx.AsyncClient:
    app = create_app(Settings(identity_data=folder, oidc_issuer=ISSUER, identity_clients=CLIENTS, **settings))
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url=ISSUER)


@pytest.fixture
async def client(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    async with browser(tmp_path) as client:
        yield client


async def token(client: httpx.AsyncClient, **person: Any) -> str:
    answer = await client.post("/token", json=person)
    answer.raise_for_status()
    return str(answer.json()["access_token"])


async def test_a_service_accepts_its_tokens(client: httpx.AsyncClient) -> None:
    verifier = TokenVerifier(ISSUER, "dossier", client=client)
    assert await verifier.principal(await token(client, **LEADER)) == Principal(
        "leader-1", frozenset({"leader"}), "H01.26", "Trần Thị Bình"
    )


async def test_the_claims_are_the_documented_ones(client: httpx.AsyncClient) -> None:
    answer = (await client.post("/token", json={**LEADER, "ttl": 60})).json()
    assert answer["expires_in"] == 60
    discovery = (await client.get("/.well-known/openid-configuration")).json()
    keys = KeySet.import_key_set((await client.get(discovery["jwks_uri"])).json())
    decoded = jwt.decode(answer["access_token"], keys)
    claims = decoded.claims
    assert decoded.header["alg"] == "RS256"
    assert LEADER.items() <= claims.items()
    assert (claims["iss"], claims["aud"]) == (ISSUER, "dossier")
    assert 50 < claims["exp"] - time.time() <= 60


async def test_an_expired_token_can_be_asked_for(client: httpx.AsyncClient) -> None:
    verifier = TokenVerifier(ISSUER, "dossier", client=client)
    with pytest.raises(Unauthorised, match="token-expired"):
        await verifier.principal(await token(client, sub="late", ttl=-600))


async def test_only_public_parts_of_the_key_are_published(client: httpx.AsyncClient) -> None:
    [key] = (await client.get("/jwks")).json()["keys"]
    assert not {"d", "p", "q", "dp", "dq", "qi"} & key.keys()


async def test_tokens_survive_a_restart_of_the_issuer(tmp_path: Path) -> None:
    async with browser(tmp_path) as before:
        old = await token(before, **LEADER)
    async with browser(tmp_path) as after:
        assert (await TokenVerifier(ISSUER, "dossier", client=after).principal(old)).sub == "leader-1"
    assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600


async def test_a_login_link_works_once(client: httpx.AsyncClient) -> None:
    page = "http://127.0.0.1:8003/work"
    link = (await client.post("/login-links", json={**LEADER, "next": page})).json()["url"]
    first = await client.get(link)
    assert (first.status_code, first.headers["location"]) == (303, page)
    cookie = first.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    assert "." not in first.cookies[COOKIE]  # no token: services get theirs by the flow

    again = await client.get(link)
    assert again.status_code == 410
    assert "set-cookie" not in again.headers


async def test_a_link_is_on_the_host_name_of_the_page_it_opens(client: httpx.AsyncClient) -> None:
    link = await client.post("/login-links", json={**LEADER, "next": "http://localhost:8003/work"})
    assert link.json()["url"].startswith("http://localhost:8010/login/")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
async def test_behind_a_proxy_a_link_begins_with_the_public_address(tmp_path: Path, host: str) -> None:
    async with browser(tmp_path, identity_public_url="http://localhost:8080/identity/") as client:
        page = f"http://{host}:8080/intake/"  # the cookie is for that host name, whatever the setting's
        link = (await client.post("/login-links", json={**LEADER, "next": page})).json()["url"]
        public = f"http://{host}:8080/identity"
        assert link.startswith(f"{public}/login/")
        answer = await client.get(link.removeprefix(public))  # as the proxy asks
        assert (answer.status_code, answer.headers["location"]) == (303, page)
        assert "Path=/identity;" in answer.headers["set-cookie"]
        elsewhere = await client.post("/login-links", json={**LEADER, "next": "http://proxy.test:8080/intake/"})
        assert elsewhere.status_code == 422


async def test_hosts_it_is_told_of_are_answered_and_no_other(tmp_path: Path) -> None:
    async with browser(tmp_path, identity_allowed_hosts=["identity"]) as client:
        for host, status in (("identity:8010", 200), ("localhost:8010", 200), ("rebound.example.org", 400)):
            assert (await client.post("/token", json=LEADER, headers={"Host": host})).status_code == status, host


@pytest.mark.parametrize(
    "wrong",
    [
        {"identity_allowed_hosts": ["*"]},
        {"identity_allowed_hosts": ["*.example.org"]},
        {"identity_allowed_hosts": [""]},
        {"identity_public_url": "localhost:8080"},
        {"identity_public_url": "ftp://localhost/"},
        {"identity_public_url": "http://localhost/?a"},
    ],
)
def test_a_setting_that_would_open_it_or_lead_nowhere_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="identity_"):
        Settings(**wrong)


@pytest.mark.parametrize(
    "page",
    [
        "http://example.org/",
        "https://127.0.0.1/",
        "//example.org",
        "/work",
        "javascript:alert(1)",
        "http://127.0.0.1@example.org/",
        "http://example.org@127.0.0.1/",
        "http://127.0.0.1.example.org/",
    ],
)
async def test_a_link_leads_nowhere_else(client: httpx.AsyncClient, page: str) -> None:
    assert (await client.post("/login-links", json={**LEADER, "next": page})).status_code == 422


async def test_another_host_name_gets_nothing(client: httpx.AsyncClient) -> None:
    answer = await client.post("/token", json=LEADER, headers={"Host": "rebound.example.org"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "env", [{}, {"IDENTITY_PUBLIC_URL": "http://a.test/i", "IDENTITY_ALLOWED_HOSTS": '["identity"]'}]
)
def test_it_does_not_start_outside_development(tmp_path: Path, env: dict[str, str]) -> None:
    command = [sys.executable, "-m", "dossier_local.identity"]
    ended = subprocess.run(command, env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 78
    assert "DEVELOPMENT=true" in ended.stderr
    assert list(tmp_path.iterdir()) == []


async def test_a_service_gets_a_token_of_its_own_by_its_secret(client: httpx.AsyncClient) -> None:
    verifier = TokenVerifier(ISSUER, "dossier", client=client)
    made = MachineToken(ISSUER, "monitor", "s3", client)
    headers = await made.headers()
    assert headers == await made.headers()  # kept
    principal = await verifier.principal(headers["authorization"].removeprefix("Bearer "))
    assert (principal.sub, principal.roles) == ("service-monitor", frozenset({"recount"}))
    made.forget()
    assert headers != await made.headers()
    for wrong in (MachineToken(ISSUER, "monitor", "guessed", client), MachineToken(ISSUER, "intake", "s3", client)):
        with pytest.raises(ServiceUnavailable, match="no-machine-token"):
            await wrong.headers()
    answer = await client.post("/oauth/token", auth=("monitor", "s3"), data={"grant_type": "password"})
    assert answer.status_code == httpx.codes.BAD_REQUEST


async def test_a_rotated_key_signs_and_the_one_before_is_published_until_its_tokens_have_ended(tmp_path: Path) -> None:
    now = time.time()
    keys = Keys(tmp_path, now=lambda: now)
    old = keys.sign({"sub": "a"})
    keys.rotate()
    assert keys.sign({"sub": "b"}).partition(".")[0] != old.partition(".")[0]
    assert keys.read(old) == {"sub": "a"}
    now += LONGEST_TOKEN + 3600  # of the file of the key in hand the clock says when it was made
    later = Keys(tmp_path, now=lambda: now)  # by itself once a month, too
    assert later.read(old) is None
    assert len(later.published()["keys"]) == 2  # type: ignore[arg-type]
