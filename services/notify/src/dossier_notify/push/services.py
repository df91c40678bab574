"""Which push services we speak to. Whoever subscribes names an address of their choosing, and we send requests to it: so it is
one of a list, over https, and what its name stands for is a public address. Pure but for `resolved`."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, urlsplit

from dossier_shared.problems import Invalid
from dossier_shared.settings.types import is_http

WELL_KNOWN: Final = (  # Chrome and most others, Firefox, Safari, Edge
    "fcm.googleapis.com,jmt17.google.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com"
)
LONGEST: Final = 2000  # letters of an address


class AddressNotPublic(ValueError):
    """What the name stands for lies inside: no push service, whatever it is called."""


class PushServices:
    """`listed`: host names, with commas between; `*.` stands for any names before it. `http://host:port`: one of development,
    which may lie anywhere."""

    def __init__(self, listed: str) -> None:
        entries = [one.strip().lower() for one in listed.split(",") if one.strip()]
        self.development = frozenset(one for one in entries if one.startswith("http://"))
        self._hosts = frozenset(one for one in entries if not one.startswith(("http://", "*.")))
        self._under = tuple(one[1:] for one in entries if one.startswith("*."))

    def is_own(self, origin: str) -> bool:
        """One of development: nothing about its address is looked at."""
        return origin in self.development

    def allow(self, endpoint: str) -> str:
        """Its origin. Raises Invalid for an address that is no known push service's."""
        parts = _split(endpoint)
        if parts is None:
            raise _refused()
        origin = f"{parts.scheme}://{parts.netloc}".lower()
        if origin in self.development:
            return origin
        host = (parts.hostname or "").lower()
        known = host in self._hosts or any(host.endswith(name) and len(host) > len(name) for name in self._under)
        if parts.scheme != "https" or parts.port not in (None, 443) or not known:
            raise _refused()
        return f"https://{host}"


def checked(listed: str) -> str:
    """A setting's value. Raises ValueError."""
    for one in filter(None, (entry.strip() for entry in listed.split(","))):
        if one.startswith("http://"):
            if not is_http(one) or urlsplit(one).path:
                raise ValueError("of development must be http://host:port, without a path")
        elif not _is_host(one.removeprefix("*.")):
            raise ValueError(
                "must be host names of push services with commas between; *.name stands for all names before it"
            )
    return listed


async def resolved(host: str, port: int = 443) -> Sequence[str]:
    """Its addresses now: connect to these, not to the name again. Raises OSError, or AddressNotPublic where one is not."""
    found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return public([str(one[4][0]) for one in found])


def public(addresses: Sequence[str]) -> Sequence[str]:
    """Raises AddressNotPublic."""
    for one in addresses:
        address = ip_address(one.partition("%")[0])
        inner = getattr(address, "ipv4_mapped", None) or address
        if not inner.is_global or inner.is_multicast:
            raise AddressNotPublic
    return list(dict.fromkeys(addresses))


def _split(endpoint: str) -> SplitResult | None:
    if len(endpoint) > LONGEST or not endpoint.isascii() or not is_http(endpoint):
        return None
    parts = urlsplit(endpoint)
    plain = parts.username is None and parts.password is None and not parts.fragment and "\\" not in endpoint
    return parts if plain else None


def _is_host(name: str) -> bool:
    labels = name.split(".")
    return len(labels) > 1 and all(label and label.replace("-", "").isalnum() and label.isascii() for label in labels)


def _refused() -> Invalid:
    return Invalid(
        "push-service-unknown",
        "Trình duyệt này dùng dịch vụ thông báo mà hệ thống không gửi đến. Hãy thử trình duyệt khác; tin nhắn vẫn gửi.",
        "This browser uses a push service we do not send to. Try another browser; text messages go on as before.",
    )
