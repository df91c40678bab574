"""From which address a request comes, behind proxies of our own."""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

from starlette.types import Scope

Network = IPv4Network | IPv6Network
_ONE_CONNECTION = 64  # bits of an IPv6 address that are one household's or office's; the rest it chooses itself


def networks(value: str) -> tuple[Network, ...]:
    """As the setting has them: with commas between."""
    return tuple(ip_network(one.strip()) for one in value.split(",") if one.strip())


def address_in(scope: Scope, proxies: Sequence[Network]) -> str:
    """Whose request it is."""
    forwarded = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    client = scope.get("client")
    return address_of(client[0] if client else "", ",".join(forwarded), proxies)


def address_of(peer: str, forwarded: str, proxies: Sequence[Network]) -> str:
    """`forwarded`: X-Forwarded-For, believed only as far as our own proxies wrote it: from its end."""
    address = peer
    for said in (peer, *reversed(forwarded.split(","))):
        try:
            found = ip_address(said.strip())
        except ValueError:
            break
        address = str(found)
        if not any(found in network for network in proxies):
            break
    return _connection(address)


def _connection(address: str) -> str:
    try:
        found = ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ip_network(f"{found}/{_ONE_CONNECTION}", strict=False))
