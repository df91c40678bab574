"""Under which names a service answers, and what a browser that came by https is told."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from dossier_shared.http.hosts import name_of

from .support import Issuer, command_headers, make_app, problem, settings

PUBLIC = {"intake": "https://intake.example.vn/intake", "review": "https://review.example.vn"}
SAID: dict[str, tuple[dict[str, Any], set[str] | None]] = {
    "in development any": ({"development": True, "neighbours": PUBLIC}, None),
    "no public address is known": ({"neighbours": {"review": "https://review.example.vn"}}, set()),
    "its own public address": ({"neighbours": PUBLIC}, {"intake.example.vn"}),
    "what is named goes before": ({"allowed_hosts": "A.vn, [::1]", "neighbours": PUBLIC}, {"a.vn"}),
    "in development, too": ({"allowed_hosts": "a.vn", "development": True}, {"a.vn"}),
}


@pytest.mark.parametrize("name", SAID)
def test_which_names_are_its_own(name: str) -> None:
    given, hosts = SAID[name]
    always = {"intake", "localhost", "127.0.0.1", "::1"}
    assert settings(**{"development": False, **given}).hosts == (None if hosts is None else hosts | always)


async def ask(path: str, host: str | None, **given: Any) -> httpx.Response:
    app = make_app(Issuer().verifier(), allowed_hosts="intake.example.vn", **given)
    headers = {**command_headers(), **({"host": host} if host else {})}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://intake.example.vn") as client:
        if path == "/fast":
            return await client.post(path, json={"text": "a"}, headers=headers)
        return await client.get(path, headers=headers)


@pytest.mark.parametrize(
    "host", ["intake.example.vn", "INTAKE.example.vn:8443", "intake", "127.0.0.1:8001", "[::1]:8001"]
)
async def test_under_its_own_names_it_answers(host: str) -> None:
    assert (await ask("/fast", host)).status_code == 201


@pytest.mark.parametrize(
    "host", ["evil.test", "intake.example.vn.evil.test", "10.1.2.3", "@intake", "intake.example.vn@evil.test"]
)
async def test_under_any_other_it_does_not_but_is_probed(host: str) -> None:
    problem(await ask("/fast", host), 421, "host-unknown")
    problem(await ask("/openapi.json", host), 421, "host-unknown")
    for inside in ("/health/live", "/health/ready", "/metrics"):
        assert (await ask(inside, host)).status_code == 200


def test_a_host_s_name_is_read_with_and_without_a_port() -> None:
    assert [name_of(host) for host in (b"A.vn:1", b"a.vn.", b"[FE80::1]:1", b"[::1", b"")] == [
        "a.vn", "a.vn", "fe80::1", "::1", "",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("headers", "said"),
    [({}, None), ({"x-forwarded-proto": "http"}, None), ({"x-forwarded-proto": "HTTPS"}, "max-age=31536000")],
)
async def test_who_came_by_https_is_to_come_so_again(headers: dict[str, str], said: str | None) -> None:
    transport = httpx.ASGITransport(make_app(Issuer().verifier()))
    async with httpx.AsyncClient(transport=transport, base_url="http://intake.test") as client:
        answer = await client.get("/health/live", headers=headers)
        assert answer.headers.get("strict-transport-security") == said
    async with httpx.AsyncClient(transport=transport, base_url="https://intake.test") as client:
        assert "strict-transport-security" in (await client.get("/health/live")).headers
