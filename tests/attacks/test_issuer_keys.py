"""Attack 19 and its siblings: no key of an issuer that is weak, or for another use, verifies anything: neither access tokens nor
what a sign-in or a sign-out says."""

from __future__ import annotations

import time
import warnings
from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from joserfc import jwt
from joserfc.jwk import ECKey, OctKey, OKPKey, RSAKey
from tests.unit.web.support import ISSUER, RSA

from dossier_shared.http.issuer_keys import import_keys
from dossier_shared.http.sessions.provider import Away, Provider, Refused
from dossier_shared.http.tokens import TokenVerifier
from dossier_shared.problems import Unauthorised

pytestmark = pytest.mark.filterwarnings("ignore::joserfc.errors.SecurityWarning")
GOOD = RSAKey.generate_key(2048, parameters={"kid": "weak"})


def published(key: Any, **said: Any) -> dict[str, Any]:
    return {**key.as_dict(private=False), "kid": "weak", **said}


def weak_rsa(exponent: int, bits: int) -> RSAKey:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return RSAKey.import_key(rsa.generate_private_key(exponent, bits), {"kid": "weak"})


SHORT, EXPONENT = weak_rsa(65537, 1024), weak_rsa(3, 2048)
CURVES = {name: ECKey.generate_key(name, parameters={"kid": "weak"}) for name in ("P-384", "P-521", "secp256k1")}
WEAK: dict[str, dict[str, Any]] = {
    "RSA of 1024 bits": published(SHORT),
    "RSA with exponent 3": published(EXPONENT),
    **{f"the curve {name}": published(key) for name, key in CURVES.items()},
    "a secret that both have": OctKey.generate_key(256, parameters={"kid": "weak"}).as_dict(private=True),
    "another kind of key": published(OKPKey.generate_key("Ed25519")),
    "for encryption": published(GOOD, use="enc"),
    "for signing only": published(GOOD, key_ops=["sign"]),
    "for another algorithm": published(GOOD, alg="RS512"),
    "for none": published(GOOD, alg="none"),
    "with its private half": {**GOOD.as_dict(private=True), "kid": "weak"},
    "no key at all": {"kty": "RSA", "kid": "weak", "n": "AQAB", "e": "AQAB"},
}


@pytest.mark.parametrize("name", WEAK)
def test_a_weak_key_or_one_for_another_use_is_not_taken(name: str) -> None:
    good = RSA.as_dict(private=False)
    assert import_keys({"keys": [WEAK[name], good]}).keys() == {"one"}
    with pytest.raises(ValueError, match="no signature key"):
        import_keys({"keys": [WEAK[name]]})


def issuer(*keys: dict[str, Any], jwks: str = f"{ISSUER}/jwks", name: str = ISSUER) -> httpx.AsyncClient:
    def answer(request: httpx.Request) -> httpx.Response:
        found = {"issuer": name, "jwks_uri": jwks, "token_endpoint": f"{ISSUER}/token"}
        return httpx.Response(200, json={"keys": list(keys)} if str(request.url) == jwks else found)

    return httpx.AsyncClient(transport=httpx.MockTransport(answer))


def signed(key: Any, alg: str = "RS256", **header: Any) -> str:
    now = int(time.time())
    claims = {"iss": ISSUER, "aud": "dossier", "sub": "x", "exp": now + 60, "iat": now, "roles": ["admin"]}
    return jwt.encode({"alg": alg, "kid": key.kid, **header}, claims, key)


async def as_access(text: str, http: httpx.AsyncClient) -> object:
    return await TokenVerifier(ISSUER, "dossier", client=http).principal(text)


async def as_sign_in(text: str, http: httpx.AsyncClient) -> object:
    return await Provider(ISSUER, "dossier", "", client=http).id_claims(text, None)


Reader = Callable[[str, httpx.AsyncClient], Awaitable[object]]


@pytest.mark.parametrize("read", [as_access, as_sign_in])
async def test_what_a_weak_key_signed_says_nothing(read: Reader) -> None:
    good = RSA.as_dict(private=False)
    assert await read(signed(RSA), issuer(good))
    for key in (SHORT, EXPONENT):
        with pytest.raises((Unauthorised, Refused)):
            await read(signed(key), issuer(published(key), good))


@pytest.mark.parametrize("read", [as_access, as_sign_in])
@pytest.mark.parametrize(
    "header",
    [{"typ": "logout+jwt"}, {"typ": "dpop+jwt"}, {"jku": f"{ISSUER}/jwks"}, {"x5u": "https://evil.test"}],
)
async def test_a_header_that_says_otherwise_is_refused(read: Reader, header: dict[str, Any]) -> None:
    with pytest.raises((Unauthorised, Refused)):
        await read(signed(RSA, **header), issuer(RSA.as_dict(private=False)))


async def test_an_access_token_is_no_word_of_a_sign_in() -> None:
    http = issuer(RSA.as_dict(private=False))
    assert await as_access(signed(RSA, typ="at+jwt"), http)
    with pytest.raises(Refused):
        await as_sign_in(signed(RSA, typ="at+jwt"), http)


async def test_an_issuer_over_tls_sends_nobody_to_a_place_without() -> None:
    sure = ISSUER.replace("http://", "https://")
    keys = Provider(sure, "dossier", "", client=issuer(RSA.as_dict(private=False), name=sure))
    with pytest.raises(Away):
        await keys.id_claims(signed(RSA), None)
    tokens = Provider(sure, "dossier", "", client=issuer(RSA.as_dict(private=False), jwks=f"{sure}/jwks", name=sure))
    with pytest.raises(Away, match="without TLS"):
        await tokens.exchange("code", "verifier", "https://intake.example.vn/signed-in")
