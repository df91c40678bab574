from __future__ import annotations

import asyncio
import base64
import hmac
import json
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from joserfc.jwk import RSAKey

from dossier_shared.http.tokens import (
    CACHED_TOKENS,
    KEYS_FRESH_FOR,
    ClaimNames,
    Principal,
    TokenVerifier,
    principal_of_claims,
)
from dossier_shared.problems import ServiceUnavailable, Unauthorised

from .support import ELLIPTIC, ISSUER, OTHER_RSA, RSA, Issuer, command_headers, make_app, problem, token

NOW = int(time.time())


def encoded(part: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()


def unsigned(alg: str) -> str:
    claims = {"iss": ISSUER, "aud": "dossier", "sub": "x", "exp": NOW + 86_400, "roles": ["admin"]}
    return f"{encoded({'alg': alg, 'kid': 'one'})}.{encoded(claims)}."


def keyed_with_the_public_key() -> str:
    """The classic confusion: HS256 with the published RSA key as the secret."""
    claims = {"iss": ISSUER, "aud": "dossier", "sub": "x", "exp": NOW + 86_400, "roles": ["admin"]}
    signed = f"{encoded({'alg': 'HS256', 'kid': 'one'})}.{encoded(claims)}"
    mac = hmac.digest(RSA.as_pem(private=False), signed.encode(), "sha256")
    return f"{signed}.{base64.urlsafe_b64encode(mac).rstrip(b'=').decode()}"


def tampered() -> str:
    head, _, sign = token().split(".")
    claims = {"iss": ISSUER, "aud": "dossier", "sub": "x", "exp": NOW + 86_400, "roles": ["admin"]}
    return f"{head}.{encoded(claims)}.{sign}"


def told(**header: Any) -> str:
    """Signed as it should be, whatever the header says."""
    claims = {"iss": ISSUER, "aud": "dossier", "sub": "x", "exp": NOW + 80_000, "roles": ["counter"]}
    signed = f"{encoded({'alg': 'RS256', 'kid': 'one', **header})}.{encoded(claims)}"
    key = RSA.private_key
    assert key is not None
    signature = key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256())
    return f"{signed}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


BAD_TOKENS = {
    "garbage": ("abc", "token-invalid"),
    "three dots": ("a.b.c", "token-invalid"),
    "header is a list": ("W10.e30.c2ln", "token-invalid"),
    "too long": ("a." + "b" * 9000 + ".c", "token-invalid"),
    "alg none": (unsigned("none"), "token-invalid"),
    "alg None": (unsigned("None"), "token-invalid"),
    "no signature": (unsigned("RS256"), "token-invalid"),
    "HS256 by the public key": (keyed_with_the_public_key(), "token-invalid"),
    "claims changed": (tampered(), "token-invalid"),
    "another key": (token(OTHER_RSA), "token-invalid"),
    "unknown kid": (token(RSA, header={"kid": "nobody"}), "token-invalid"),
    "no kid where there are several": (token(RSA, header={"kid": None}), "token-invalid"),
    "curve's kid on an RSA signature": (token(RSA, header={"kid": "curve"}), "token-invalid"),
    "another issuer": (token(iss="http://evil.test"), "token-invalid"),
    "another audience": (token(aud="other"), "token-invalid"),
    "no audience": (token(aud=None), "token-invalid"),
    "no expiry": (token(exp=None), "token-invalid"),
    "no subject": (token(sub=None), "token-invalid"),
    "empty subject": (token(sub=""), "token-invalid"),
    "not yet": (token(nbf=NOW + 80_000), "token-invalid"),
    "roles as text": (token(roles="admin"), "token-invalid"),
    "agency as number": (token(agency=7), "token-invalid"),
    "expired": (token(exp=NOW - 31), "token-expired"),
    "of logout": (told(typ="logout+jwt"), "token-invalid"),
    "type as number": (told(typ=7), "token-invalid"),
    "an ID token": (token(at_hash="x"), "token-invalid"),
    "an ID token of Keycloak's": (token(typ="ID"), "token-invalid"),
    "a logout token": (token(events={}), "token-invalid"),
    "keys elsewhere": (told(jku="https://evil.test/jwks"), "token-invalid"),
    "a key of its own": (told(jwk=OTHER_RSA.as_dict(private=False)), "token-invalid"),
    "a certificate elsewhere": (told(x5u="https://evil.test/x5u"), "token-invalid"),
    "what must be understood": (told(crit=["exp"], exp=1), "token-invalid"),
    "good for too long": (token(exp=NOW + 90_000, iat=NOW - 10), "token-too-long"),
    "good for too long, born who knows when": (token(exp=NOW + 90_000), "token-too-long"),
}


@pytest.mark.parametrize("name", BAD_TOKENS)
async def test_a_bad_token_is_refused(client: httpx.AsyncClient, name: str) -> None:
    bad, code = BAD_TOKENS[name]
    for path in ("/api/v1/notes", "/fast"):
        headers = {**command_headers(), "authorization": f"Bearer {bad}"}
        answer = await client.post(path, json={"text": "a"}, headers=headers)
        problem(answer, 401, code)
        assert answer.headers["www-authenticate"] == 'Bearer realm="dossier", error="invalid_token"'


@pytest.mark.parametrize("value", [None, "", "Bearer", "Bearer ", "Basic abc", "bearer"])
async def test_no_token(client: httpx.AsyncClient, value: str | None) -> None:
    headers = {} if value is None else {"authorization": value}
    answer = await client.post("/fast", json={"text": "a"}, headers=headers)
    problem(answer, 401, "token-missing")
    assert answer.headers["www-authenticate"] == 'Bearer realm="dossier"'


async def test_both_kinds_of_key_and_every_claim() -> None:
    verifier = Issuer().verifier()
    assert await verifier.principal(token()) == Principal("officer-1", frozenset({"counter"}), "H44.07", "Trần Thị B")
    now = int(time.time())
    bare: dict[str, Any] = {
        "roles": None,
        "agency": "",
        "name": None,
        "aud": ["x", "dossier"],
        "exp": now - 20,
        "nbf": now + 20,
    }
    assert await verifier.principal(token(ELLIPTIC, "ES256", **bare)) == Principal("officer-1", frozenset(), None, "")


async def test_roles_and_agency(client: httpx.AsyncClient) -> None:
    problem(await client.post("/fast", json={"text": "a"}, headers=command_headers(roles=["leader"])), 403, "forbidden")


SITES = {
    "our page": ({"sec-fetch-site": "same-origin"}, True),
    "our origin": ({"origin": "http://127.0.0.1"}, True),
    "other site": ({"sec-fetch-site": "cross-site"}, False),
    "sister site": ({"sec-fetch-site": "same-site"}, False),
    "typed address": ({"sec-fetch-site": "none"}, False),
    "other site with our origin": ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1"}, False),
    "other origin": ({"origin": "http://evil.test"}, False),
    "origin that starts like ours": ({"origin": "http://127.0.0.1.evil.test"}, False),
    "another port": ({"origin": "http://127.0.0.1:8080"}, False),
    "opaque origin": ({"origin": "null"}, False),
    "broken origin": ({"origin": "http://[::1"}, False),
    "nothing said": ({}, False),
}


@pytest.mark.parametrize("name", SITES)
async def test_a_cookie_acts_only_from_our_own_page(client: httpx.AsyncClient, name: str) -> None:
    said, allowed = SITES[name]
    headers = {"cookie": f"lang=vi; dossier_session={token()}", "idempotency-key": "k", **said}
    answer = await client.post("/api/v1/notes", json={"text": "a"}, headers=headers)
    if allowed:
        assert answer.status_code == 201, answer.text
    else:
        problem(answer, 403, "cross-site")


async def test_a_header_needs_no_origin_and_wins_over_the_cookie(client: httpx.AsyncClient) -> None:
    headers = {**command_headers(), "cookie": "dossier_session=rubbish", "sec-fetch-site": "cross-site"}
    assert (await client.post("/api/v1/notes", json={"text": "a"}, headers=headers)).status_code == 201


async def test_a_verified_token_is_remembered_until_it_expires() -> None:
    now = float(NOW)
    issuer = Issuer()
    verifier = issuer.verifier(now=lambda: now)
    text = token(exp=NOW + 60)
    first = await verifier.principal(text)
    assert await verifier.principal(text) is first
    now += 60 + 29
    assert await verifier.principal(text) is first
    now += 2
    with pytest.raises(Unauthorised) as caught:
        await verifier.principal(text)
    assert caught.value.code == "token-expired"
    assert issuer.calls == 2


async def test_the_memory_of_tokens_is_bounded() -> None:
    verifier = Issuer().verifier()
    first = token()
    await verifier.principal(first)
    kept = verifier._verified[first]
    verifier._verified.update({str(n): kept for n in range(CACHED_TOKENS - 1)})
    await verifier.principal(first)  # used again: no longer the oldest
    await verifier.principal(token(sub="another"))
    assert len(verifier._verified) == CACHED_TOKENS
    assert first in verifier._verified
    assert "0" not in verifier._verified


async def test_an_unknown_key_is_asked_for_at_most_every_ten_seconds() -> None:
    tick = 0.0
    issuer = Issuer()
    verifier = issuer.verifier(tick=lambda: tick)
    await verifier.principal(token())
    new = RSAKey.generate_key(2048, parameters={"kid": "two", "use": "sig"})
    issuer.keys = [new]
    for _ in range(50):
        with pytest.raises(Unauthorised):
            await verifier.principal(token(new))
    assert issuer.calls == 2
    tick += 10.1
    assert (await verifier.principal(token(new))).sub == "officer-1"
    assert issuer.calls == 4
    with pytest.raises(Unauthorised):  # its key was withdrawn, so the remembered token is too
        await verifier.principal(token())


async def test_a_key_under_an_old_name_ends_the_tokens_of_the_one_before() -> None:
    """Also where every token is a remembered one, and where nobody comes at all."""
    tick = 0.0
    issuer = Issuer()
    verifier, old = issuer.verifier(tick=lambda: tick), token()
    await verifier.principal(old)
    issuer.keys = [OTHER_RSA, ELLIPTIC]  # "one" again
    tick += KEYS_FRESH_FOR + 1
    await verifier.principal(old)  # nobody waits for the issuer
    await settled(issuer, 4)
    with pytest.raises(Unauthorised):
        await verifier.principal(old)
    await verifier.principal(token(OTHER_RSA))
    issuer.keys = [OTHER_RSA]
    tick += KEYS_FRESH_FOR + 1
    keeping = asyncio.create_task(verifier.keep())
    await settled(issuer, 6)
    keeping.cancel()
    assert not verifier._verified


async def settled(issuer: Issuer, calls: int) -> None:
    for _ in range(200):
        await asyncio.sleep(0)
    assert issuer.calls == calls


async def test_a_key_that_comes_ends_nobody_s_session() -> None:
    tick = 0.0
    issuer = Issuer()
    verifier, text = issuer.verifier(tick=lambda: tick), token()
    first = await verifier.principal(text)
    issuer.keys.append(RSAKey.generate_key(2048, parameters={"kid": "two", "use": "sig"}))
    tick += KEYS_FRESH_FOR + 1
    await verifier.principal(text)
    await settled(issuer, 4)
    assert await verifier.principal(text) is first


@pytest.mark.parametrize("kind", ["at+jwt", "AT+JWT", "application/at+jwt", "JWT", None])
async def test_what_an_access_token_calls_itself(kind: str | None) -> None:
    header = {"typ": kind} if kind else {}
    assert (await Issuer().verifier().principal(told(**header))).sub == "x"


@pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
async def test_a_short_key_is_no_key() -> None:
    short = RSAKey.import_key(rsa.generate_private_key(65537, 1024), {"kid": "short", "use": "sig"})
    verifier = Issuer(keys=[short, ELLIPTIC]).verifier()
    with pytest.raises(Unauthorised):
        await verifier.principal(token(short))
    await verifier.principal(token(ELLIPTIC, "ES256"))


async def test_how_long_a_token_may_be_good_for_is_a_setting() -> None:
    issuer = Issuer()
    client = httpx.AsyncClient(transport=httpx.MockTransport(issuer.answer))
    verifier = TokenVerifier(ISSUER, "dossier", client=client, longest=600)
    now = int(time.time())  # not when the module was loaded: a whole run takes longer than ten minutes
    await verifier.principal(token(iat=now, exp=now + 600))
    with pytest.raises(Unauthorised) as caught:
        await verifier.principal(token(iat=now, exp=now + 700))
    assert caught.value.code == "token-too-long"


async def test_an_issuer_over_tls_has_its_keys_there_too() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        name = "https://login.test"
        return httpx.Response(200, json={"issuer": name, "jwks_uri": "http://login.test/jwks", "keys": [RSA.as_dict()]})

    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    with pytest.raises(ServiceUnavailable):
        await TokenVerifier("https://login.test", "dossier", client=client).principal(token(iss="https://login.test"))


async def test_the_issuer_may_go_away_once_its_keys_are_known() -> None:
    tick = 0.0
    issuer = Issuer(down=True)
    verifier = issuer.verifier(tick=lambda: tick)
    with pytest.raises(ServiceUnavailable) as caught:
        await verifier.principal(token())
    assert caught.value.code == "issuer-unavailable"
    issuer.down = False
    tick += 1.1
    await verifier.principal(token())
    issuer.down = True
    tick += 3600
    assert (await verifier.principal(token(sub="later"))).sub == "later"
    await asyncio.sleep(0)
    issuer.down = False
    tick += 3600
    assert (await verifier.principal(token(sub="latest"))).sub == "latest"
    await verifier.aclose()


async def test_a_discovery_that_names_another_issuer_is_not_believed() -> None:
    with pytest.raises(ServiceUnavailable):
        await Issuer(name="http://evil.test").verifier().principal(token())


async def test_the_issuer_away_is_503_over_http() -> None:
    app = make_app(Issuer(down=True).verifier())
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://127.0.0.1") as client:
        answer = await client.post("/fast", json={"text": "a"}, headers=command_headers())
    problem(answer, 503, "issuer-unavailable")
    assert answer.headers["retry-after"] == "2"


def test_another_issuer_s_claims_are_found_under_their_names() -> None:
    """One that has a dot in its name, as one within another."""
    claims = {
        "sub": "a",
        "realm_access": {"roles": ["counter"]},
        "https://login.example/office": "H1",
        "cn": "B",
        "loa": 2,
    }
    names = ClaimNames("realm_access.roles", "https://login.example/office", "cn", "loa")
    assert principal_of_claims(claims, names=names) == Principal("a", frozenset({"counter"}), "H1", "B", level="2")
    assert principal_of_claims({"sub": "a", "roles": ["admin"]}, names=names).roles == frozenset()
    for wrong in ({"realm_access": {"roles": "counter"}}, {"realm_access": {"roles": {"counter": 1}}}):
        with pytest.raises(Unauthorised):
            principal_of_claims({"sub": "a", **wrong}, names=names)
