"""The way from one service's pages to another's: only those the reader's roles can use, only where addresses are known."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.pages.texts import Lang, texts
from dossier_shared.runtime.directory import Directory


class Page(NamedTuple):
    """`service`: whose it is; empty: every service has its own."""

    service: str
    path: str
    name: str
    roles: tuple[str, ...]


OFFICERS: Final = ("counter", "specialist", "leader", "superior", "admin")
HOME: Final = "/home"
SEARCH: Final = Page("monitor", "/search", "search", OFFICERS)  # what is found leads to its timeline
EMERGENCY: Final = Page("intake", "/emergency", "emergency", ("leader", "admin"))  # no work: nothing waits there
HELPERS: Final = Page("intake", "/helpers", "helpers", ("superior",))  # counts to look at
PAGES: Final = (
    Page("", HOME, "home", OFFICERS),
    Page("intake", "/", "my_dossiers", ("citizen", "agent")),
    Page("intake", "/papers", "vault", ("citizen",)),
    Page("intake", "/helping", "helping", ("agent",)),
    Page("intake", "/work", "intake", ("counter",)),
    Page("intake", "/counter", "counter", ("counter",)),
    Page("review", "/work", "review", ("specialist", "leader")),
    Page("review", "/workload", "workload", ("leader",)),
    Page("signing", "/work", "signing", ("leader",)),
    Page("notify", "/work", "notify", ("counter",)),
    SEARCH,
    EMERGENCY,
    Page("monitor", "/audit", "audit", ("auditor",)),
    Page("monitor", "/", "monitor", ("superior", "leader", "admin")),
    HELPERS,
)
_NOBODY_S_PLACE: Final = (
    SEARCH,
    EMERGENCY,
    HELPERS,
)  # a page that is none of the others is not taken for one below these


class Link(NamedTuple):
    href: str
    label: str
    here: bool  # the reader is on it, or on a page below it


class Desk(NamedTuple):
    """A place of work, as the home shows it. `counts`: where the service says how much there is to do; `sign_in`: where it gives
    the browser a session first, if it has none there."""

    href: str
    label: str
    counts: str | None
    sign_in: str


class Navigation:
    """`own`: the service whose pages these are; `neighbours`: service → public base URL."""

    def __init__(
        self, own: str = "", neighbours: Mapping[str, str] | None = None, directory: Directory | None = None
    ) -> None:
        self.own, self.neighbours, self.directory = own, dict(neighbours or {}), directory or Directory()

    def links(self, reader: Principal, lang: Lang, path: str = "") -> list[Link]:
        """The header's tabs for who reads the page at `path`. Empty where there is nowhere else to go."""
        pages = self._of(reader)
        here = self._here([page for page, _ in pages], path)
        found = [
            Link(f"{base}{page.path}?lang={lang}", texts(lang).label("place", page.name), page is here)
            for page, base in pages
        ]
        return found if len(found) > 1 else []

    def desks(self, reader: Principal, lang: Lang) -> list[Desk]:
        """Where the reader works. The board and the search are links only: what they show is not somebody's turn."""
        return [
            Desk(
                f"{base}{page.path}?lang={lang}",
                texts(lang).label("place", page.name),
                f"{base}/api/v1/counts" if page.path == "/work" else None,
                f"{base}/sign-in",
            )
            for page, base in self._of(reader)
            if page.path != HOME and page is not EMERGENCY
        ]

    def search(self, reader: Principal) -> str | None:
        """Where the header's search goes."""
        base = self._base(SEARCH.service)
        return f"{base}{SEARCH.path}" if base is not None and _may(reader, SEARCH) else None

    def emergency(self, lang: Lang) -> str | None:
        """Where emergency access is taken and given back."""
        base = self._base(EMERGENCY.service)
        return f"{base}{EMERGENCY.path}?lang={lang}" if base is not None else None

    def agency(self, reader: Principal, lang: Lang) -> str:
        """The reader's agency in words."""
        return self.directory.agency_name(reader.agency, lang=lang) if reader.agency else ""

    def _of(self, reader: Principal) -> list[tuple[Page, str]]:
        found = [(page, self._base(page.service)) for page in PAGES if _may(reader, page)]
        return [(page, base) for page, base in found if base is not None]

    def _here(self, pages: list[Page], path: str) -> Page | None:
        ours = [page for page in pages if page.service in ("", self.own)]
        named = [page for page in ours if page.path != "/" and f"{path}/".startswith(f"{page.path}/")]
        return next(iter(named or [page for page in ours if page.service and page not in _NOBODY_S_PLACE]), None)

    def _base(self, service: str) -> str | None:
        return own_url("") if service in ("", self.own) else self.neighbours.get(service)


def _may(reader: Principal, page: Page) -> bool:
    return not reader.roles.isdisjoint(page.roles)
