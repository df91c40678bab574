"""One notice to one device: encrypted for it (RFC 8291), signed by us (RFC 8292), posted to its push service (RFC 8030)."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from email.utils import parsedate_to_datetime
from hashlib import sha256
from ipaddress import IPv6Address, ip_address
from time import monotonic, time
from typing import Final, Literal, NamedTuple
from urllib.parse import urlsplit

import httpx
import structlog
from pywebpush import WebPusher

from dossier_notify.push.devices import Device
from dossier_notify.push.services import AddressNotPublic, PushServices, resolved
from dossier_notify.push.vapid import Vapid, encoded
from dossier_shared.problems import Invalid

log = structlog.get_logger()
Resolve = Callable[[str], Awaitable[Sequence[str]]]
ADDRESSES: Final = 3  # of one name, tried one after the other
CLIENTS: Final = 32  # push services with a connection kept
LONGEST_REST: Final = 3600.0  # seconds, whatever a push service asks for


class Answered(NamedTuple):
    """`taken`: the push service has it. `gone`: it has no such device any more. `refused`: for good, and nothing was taken.
    `busy`: nothing was taken, later it may be. `unknown`: it may have been taken. `reason` is a stable code."""

    how: Literal["taken", "gone", "refused", "busy", "unknown"]
    reason: str = ""


class Pusher:
    """`timeout`: seconds for one notice, all in all. `resolve`: addresses of a host name, public ones only."""

    def __init__(
        self,
        vapid: Vapid,
        services: PushServices,
        *,
        timeout: float,
        transport: httpx.AsyncBaseTransport | None = None,
        resolve: Resolve = resolved,
    ) -> None:
        self.vapid, self.services, self.timeout = vapid, services, timeout
        self._transport, self._resolve = transport, resolve
        self._trust = ssl.create_default_context()
        self._clients: dict[str, httpx.AsyncClient] = {}  # by origin: names that share an address share no connection
        self._rests: dict[str, float] = {}  # until when a push service wants to be left alone

    async def push(self, device: Device, reference: str, payload: bytes, lasts: timedelta) -> Answered:
        """`reference`: of two with the same, a push service that still has the first keeps the second alone."""
        if device.key != self.vapid.public:
            return Answered("gone", "key-changed")
        try:
            origin = self.services.allow(device.endpoint)
        except Invalid:  # the list was longer once
            return Answered("refused", "push-service-unknown")
        if self._rests.get(origin, 0.0) > monotonic():
            return Answered("busy", "push-service-busy")
        begun = False
        try:
            async with asyncio.timeout(self.timeout):
                body, authorization = await asyncio.to_thread(self._prepared, device, payload, origin)
                addresses = [] if self.services.is_own(origin) else await self._resolve(urlsplit(origin).hostname or "")
                headers = {
                    "authorization": authorization, "content-encoding": "aes128gcm", "content-type": "application/octet-stream",
                    "ttl": str(max(0, int(lasts.total_seconds()))), "urgency": "normal", "topic": topic_of(reference),
                }  # fmt: skip
                begun = True
                return self._read(origin, await self._post(origin, device.endpoint, addresses, headers, body))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return Answered("busy", "push-service-away")
        except AddressNotPublic:
            log.warning("push service at an address inside", origin=origin)
            return Answered("refused", "address-not-public")
        except OSError:  # a name that nobody knows, or time that has run out
            return Answered("unknown", "no-answer") if begun else Answered("busy", "push-service-away")
        except httpx.HTTPError:
            return Answered("unknown", "no-answer")

    async def aclose(self) -> None:
        for client in self._clients.values():
            await client.aclose()

    def _prepared(self, device: Device, payload: bytes, origin: str) -> tuple[bytes, str]:
        """Off the event loop: some milliseconds of elliptic curves."""
        keys = {"p256dh": device.p256dh, "auth": device.auth}
        encrypted: bytes = WebPusher({"endpoint": device.endpoint, "keys": keys}).encode(payload, "aes128gcm")["body"]
        return encrypted, self.vapid.header(origin, time())

    async def _post(
        self, origin: str, endpoint: str, addresses: Sequence[str], headers: dict[str, str], body: bytes
    ) -> httpx.Response:
        """Of the answer only status and headers are read: the rest may be of any length. Redirects are not followed."""
        client, url = await self._client(origin), httpx.URL(endpoint)
        tried: Sequence[str | None] = addresses[:ADDRESSES] or [None]
        for number, address in enumerate(tried, 1):
            request = client.build_request("POST", url, headers=headers, content=body)
            if address is not None:  # to this address, as the name: it cannot stand for another by now
                request.url = url.copy_with(
                    host=f"[{address}]" if isinstance(ip_address(address), IPv6Address) else address
                )
                request.extensions = {**request.extensions, "sni_hostname": url.host}
            try:
                response = await client.send(request, stream=True, follow_redirects=False)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(tried):
                    raise
                continue
            await response.aclose()
            return response
        raise AssertionError("there is always one to try")

    async def _client(self, origin: str) -> httpx.AsyncClient:
        known = self._clients.get(origin)
        if known is not None:
            return known
        if len(self._clients) >= CLIENTS:
            await self._clients.pop(next(iter(self._clients))).aclose()
        made = self._clients[origin] = httpx.AsyncClient(
            timeout=httpx.Timeout(self.timeout, connect=self.timeout / ADDRESSES),
            limits=httpx.Limits(max_connections=8, keepalive_expiry=2.0),
            transport=self._transport,
            verify=self._trust,
            trust_env=False,
        )
        return made

    def _read(self, origin: str, response: httpx.Response) -> Answered:
        status = response.status_code
        if response.is_success:
            return Answered("taken")
        if status in (404, 410):
            return Answered("gone", f"device-gone-{status}")
        if status == 429 or status >= 500:
            self._rests[origin] = monotonic() + _rest(response.headers.get("retry-after", ""))
            return Answered("busy", f"push-service-{status}")
        return Answered("refused", f"request-refused-{status}")


def topic_of(reference: str) -> str:
    """32 letters of base64url, the most there may be; they say nothing of the dossier."""
    return encoded(sha256(reference.encode()).digest()[:24])


def _rest(told: str) -> float:
    """Seconds, of a `Retry-After` in seconds or as a date; none: none."""
    try:
        seconds = float(told) if told.strip().isdigit() else parsedate_to_datetime(told).timestamp() - time()
    except (ValueError, TypeError):
        return 0.0
    return min(max(seconds, 0.0), LONGEST_REST)
