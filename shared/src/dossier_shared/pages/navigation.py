"""The way from one service's pages to another's: only those the reader's roles can use, only where addresses are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts


class Page(NamedTuple):
    service: str
    path: str
    name: str
    roles: tuple[str, ...]


PAGES: Final = (
    Page("intake", "/", "my_dossiers", ("citizen", "agent")),
    Page("intake", "/work", "intake", ("counter",)),
    Page("review", "/work", "review", ("specialist", "leader")),
    Page("signing", "/work", "signing", ("leader",)),
    Page("monitor", "/", "monitor", ("superior", "leader", "admin")),
)


class Link(NamedTuple):
    href: str
    label: str
    here: bool  # it belongs to the service that shows it


class Navigation:
    """`own`: the service whose pages these are; `neighbours`: service → public base URL."""

    def __init__(self, own: str = "", neighbours: Mapping[str, str] | None = None) -> None:
        self.own, self.neighbours = own, dict(neighbours or {})

    def links(self, reader: Principal, lang: Lang) -> list[Link]:
        """Empty where there is nowhere else to go."""
        found = [
            Link(f"{base}{page.path}?lang={lang}", texts(lang).label("place", page.name), page.service == self.own)
            for page in PAGES
            if (base := self._base(page.service)) is not None and not reader.roles.isdisjoint(page.roles)
        ]
        return found if any(not link.here for link in found) else []

    def _base(self, service: str) -> str | None:
        return own_url("") if service == self.own else self.neighbours.get(service)
