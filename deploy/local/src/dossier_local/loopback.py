"""HTTP clients for processes on this machine: no proxy, plain http only.

A client made the usual way loads every certificate authority first, some 20 ms of CPU; whoever asks often would notice.
"""

from __future__ import annotations

import ssl

import httpx

_NO_AUTHORITIES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def http(base_url: str = "", *, timeout: float = 10.0, connections: int = 10) -> httpx.AsyncClient:
    """`connections`: at most so many, all kept open."""
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    return httpx.AsyncClient(
        base_url=base_url,
        trust_env=False,
        timeout=httpx.Timeout(timeout, pool=None),
        limits=limits,
        verify=_NO_AUTHORITIES,
    )
