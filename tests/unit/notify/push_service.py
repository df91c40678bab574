"""A push service, and the browser behind it: opens what it is sent with the subscription's own private key, by RFC 8291 alone,
and checks who signed it, by RFC 8292. Shares no code with what it judges."""

from __future__ import annotations

import asyncio
import json
import os
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import time
from typing import Any

import uvicorn
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDH,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from joserfc import jwt
from joserfc.jwk import ECKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

DAY = 86_400


def plain(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def coded(raw: bytes) -> str:
    return urlsafe_b64encode(raw).rstrip(b"=").decode()


def _point(key: EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


@dataclass
class Browser:
    """One subscription. `endpoint`: where its push service takes what is for it."""

    endpoint: str
    key: EllipticCurvePrivateKey = field(default_factory=lambda: generate_private_key(SECP256R1()))
    auth: bytes = field(default_factory=lambda: os.urandom(16))

    def subscription(self, **more: Any) -> dict[str, Any]:
        """As the page sends it."""
        keys = {"p256dh": coded(_point(self.key)), "auth": coded(self.auth)}
        return {"endpoint": self.endpoint, "keys": keys, **more}

    def opened(self, body: bytes) -> bytes:
        """Raises where it was not encrypted for this subscription."""
        salt, size, length = body[:16], int.from_bytes(body[16:20]), body[20]
        sender, content = body[21 : 21 + length], body[21 + length :]
        assert length == 65, "the sender's key is the id of the key"
        assert len(content) <= size, "one record"
        shared = self.key.exchange(ECDH(), EllipticCurvePublicKey.from_encoded_point(SECP256R1(), sender))
        info = b"WebPush: info\0" + _point(self.key) + sender
        secret = HKDF(SHA256(), 32, self.auth, info).derive(shared)
        key = HKDF(SHA256(), 16, salt, b"Content-Encoding: aes128gcm\0").derive(secret)
        nonce = HKDF(SHA256(), 12, salt, b"Content-Encoding: nonce\0").derive(secret)
        padded = AESGCM(key).decrypt(nonce, content, None).rstrip(b"\0")
        assert padded[-1:] == b"\x02", "the last record"
        return padded[:-1]


@dataclass
class PushService:
    """Takes what is posted, as one behind `origin` would; `status` it answers instead, by address, one after the other."""

    origin: str
    public: str  # the VAPID key subscriptions here were made with
    browsers: dict[str, Browser] = field(default_factory=dict)
    status: dict[str, list[int]] = field(default_factory=dict)
    taken: list[tuple[str, dict[str, Any]]] = field(default_factory=list)  # address, what was said
    topics: list[str] = field(default_factory=list)
    calls: int = 0

    def browser(self, name: str) -> Browser:
        made = Browser(f"{self.origin}/send/{name}")
        self.browsers[f"/send/{name}"] = made
        return made

    def answer(self, path: str, headers: Mapping[str, str], body: bytes) -> int:
        """The status of what came; raises where it is not as the standards have it."""
        self.calls += 1
        statuses = self.status.get(path)
        if statuses:
            return statuses.pop(0)
        if path not in self.browsers:
            return 404
        self._signed(headers["authorization"])
        assert headers["content-encoding"] == "aes128gcm"
        assert 0 <= int(headers["ttl"]) <= 30 * DAY
        assert len(headers["topic"]) <= 32
        assert set(headers["topic"]) <= set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
        assert len(body) <= 4096
        self.taken.append((path, json.loads(self.browsers[path].opened(body))))
        self.topics.append(headers["topic"])
        return 201

    def _signed(self, authorization: str) -> None:
        scheme, _, rest = authorization.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        assert (scheme, parts["k"]) == ("vapid", self.public)
        point = plain(parts["k"])
        key = ECKey.import_key({"kty": "EC", "crv": "P-256", "x": coded(point[1:33]), "y": coded(point[33:65])})
        token = jwt.decode(parts["t"], key, algorithms=["ES256"])
        assert token.claims["aud"] == self.origin
        assert time() < token.claims["exp"] <= time() + DAY
        assert token.claims["sub"].startswith(("mailto:", "https:"))


@asynccontextmanager
async def listening(public: str) -> AsyncIterator[PushService]:
    """One on this machine, for a service in a process of its own."""
    made = PushService("", public)

    async def take(request: Request) -> Response:
        return Response(status_code=made.answer(request.url.path, request.headers, await request.body()))

    app = Starlette(routes=[Route("/send/{name}", take, methods=["POST"])])
    server = uvicorn.Server(uvicorn.Config(app, port=0, lifespan="off", log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.01)
    made.origin = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.should_exit = True
        await serving
