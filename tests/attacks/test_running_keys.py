"""Attack 14 while a service runs: what watches the issuer's keys is a task of its life, and asks whether or not anybody comes."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from joserfc.jwk import RSAKey
from tests.unit.web.support import OTHER_RSA, RSA, Issuer, bearer, make_app

from dossier_shared.http import tokens


@pytest.mark.parametrize(
    "now", [[RSAKey.generate_key(2048, parameters={"kid": "two"})], [OTHER_RSA]], ids=["gone", "same kid"]
)
async def test_a_withdrawn_key_ends_its_tokens_while_the_service_runs(
    now: list[RSAKey], monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Awaitable[Any]]
) -> None:
    for name, seconds in (("KEYS_FRESH_FOR", 0.02), ("REFETCH_EVERY", 0.0)):
        monkeypatch.setattr(tokens, name, seconds)
    issuer = Issuer(keys=[RSA])
    app = make_app(issuer.verifier())
    async with (
        app.router.lifespan_context(app),
        httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://a") as http,
    ):
        body, headers = {"text": "a"}, {**bearer(), "idempotency-key": "k"}
        assert (await http.post("/fast", json=body, headers=headers)).status_code == 201
        issuer.keys = list(now)
        asked = issuer.calls

        async def asked_again() -> bool:
            """By the service itself: no request comes meanwhile. Twice, since the first may have been under way."""
            return issuer.calls >= asked + 2

        assert await eventually(asked_again, within=5)
        assert (await http.post("/fast", json=body, headers=headers)).status_code == 401
