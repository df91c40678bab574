"""One person per role to look around as, and the page each begins on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from dossier_local.addresses import Addresses, post_identity
from dossier_local.loopback import http


@dataclass(frozen=True, slots=True)
class Guest:
    role: str
    name: str
    pages: tuple[tuple[str, str], ...]  # (service, path)
    level: str | None = "commune"  # of the agency the role acts for


GUESTS = (
    Guest("citizen", "Nguyễn Văn An", (("intake", "/"),), None),
    Guest("counter", "Lê Thị Cúc", (("intake", "/work"),)),
    Guest("specialist", "Phạm Văn Dũng", (("review", "/work"),)),
    Guest("leader", "Trần Thị Bình", (("review", "/work"), ("signing", "/work"))),
    Guest("superior", "Hoàng Văn Giang", (("monitor", "/"),), "province"),
    Guest("auditor", "Vũ Thị Hoa", (("monitor", "/audit"),), "province"),
)


async def agencies(intake: str) -> list[dict[str, Any]]:
    """The catalogue's agencies; empty while intake cannot be asked."""
    try:
        async with http(intake) as client:
            answer = await client.get("/api/v1/agencies")
            answer.raise_for_status()
            found = answer.json()
    except (httpx.HTTPError, ValueError):
        return []
    return list(found["items"] if isinstance(found, dict) else found)


def agency_of(guest: Guest, catalogue: Sequence[dict[str, Any]]) -> str | None:
    """The first people's committee of the guest's level."""
    committees = (a for a in catalogue if a.get("level") == guest.level and a.get("kind") == "peoples_committee")
    return next((str(a["code"]) for a in committees), None)


async def login_links(addresses: Addresses) -> list[tuple[str, str, str]]:
    """(role, page, one-time link) for every guest and page."""
    catalogue = await agencies(addresses.url("intake"))
    links = []
    for guest in GUESTS:
        person = {
            "sub": f"{guest.role}-1",
            "roles": [guest.role],
            "name": guest.name,
            "agency": agency_of(guest, catalogue),
        }
        for service, path in guest.pages:
            page = addresses.page(service) + path
            link = await post_identity(addresses.identity, "/login-links", {**person, "next": page})
            links.append((guest.role, page, str(link["url"])))
    return links
