"""`GET /procedures`, `/procedures/{code}`, `/sitemap.xml`, `/robots.txt`: the same for everybody, no script."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Final, Protocol
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.datastructures import URL
from starlette.responses import HTMLResponse, Response

from dossier_intake.catalogue.catalogue import Catalogue
from dossier_intake.catalogue.model import Procedure
from dossier_intake.pages.procedures.caching import Drawn, Shelf, drawn, public
from dossier_intake.pages.procedures.life_events import EVERYBODY, life_events
from dossier_intake.pages.procedures.search import Index, Wanted
from dossier_intake.pages.procedures.sitemap import in_language, robots, sitemap
from dossier_intake.pages.procedures.structured import government_service
from dossier_intake.pages.procedures.view import View, view
from dossier_shared.http.root import own_url
from dossier_shared.pages.rendering import page
from dossier_shared.pages.texts import LANGUAGES, Lang, language, texts

PATH: Final = "/procedures"
_SAID_AGAIN: Final = 60  # letters of a code nobody knows


class InForce(Protocol):
    """The catalogue, and what day it is."""

    current: Catalogue

    def today(self) -> date: ...


class Procedures:
    """`address`: intake's public one, where it is known; else a page is where it was asked for."""

    def __init__(self, catalogues: InForce, address: str | None) -> None:
        self._catalogues, self._address = catalogues, address
        self._known, self._shelf = life_events(), Shelf()
        self._edition: tuple[str, date] | None = None
        self._index = Index(catalogues.current, catalogues.today(), self._known)

    def router(self) -> APIRouter:
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PATH, self.find, response_class=HTMLResponse)
        router.add_api_route(f"{PATH}/{{code}}", self.show, response_class=HTMLResponse)
        router.add_api_route("/sitemap.xml", self.map, response_class=Response)
        router.add_api_route("/robots.txt", self.robots, response_class=Response)
        return router

    async def find(self, request: Request) -> Response:
        lang, base, index = language(request.query_params.get("lang")), self._base(request), self._current()
        wanted = index.wanted(request.query_params)
        if wanted == Wanted():  # the one that is linked to, and kept
            return public(
                request,
                self._shelf.get(self._edition, ("list", lang, base), lambda: self._list(index, wanted, lang, base)),
            )
        answer = public(request, self._list(index, wanted, lang, base))
        answer.headers["x-robots-tag"] = "noindex, follow"
        return answer

    async def show(self, request: Request, code: str) -> Response:
        lang, base = language(request.query_params.get("lang")), self._base(request)
        self._current()
        catalogue, today = self._catalogues.current, self._catalogues.today()
        versions, asked = catalogue.procedures.get(code, ()), request.query_params.get("on", "").strip()
        day = _day(asked) if asked else today
        chosen = _version(versions, day, exactly=bool(asked))
        if chosen is None or day is None:
            return self._missing(lang, code, versions)
        on = _within(chosen) if asked else None
        made = self._shelf.get(
            self._edition, (chosen.key, lang, base, on), lambda: self._page(catalogue, chosen, lang, base, on)
        )
        return public(request, made)

    async def map(self, request: Request) -> Response:
        base, index = self._base(request), self._current()

        def made() -> Drawn:
            codes = [one.procedure.code for one in index.entries]
            return drawn(sitemap(base, codes), self._catalogues.current.version, "text/xml; charset=utf-8")

        return public(request, self._shelf.get(self._edition, ("sitemap", base), made))

    async def robots(self, request: Request) -> Response:
        return public(request, drawn(robots(self._base(request), own_url("")), "1", "text/plain; charset=utf-8"))

    def _current(self) -> Index:
        """Made anew when the catalogue or the day is another."""
        edition = (self._catalogues.current.version, self._catalogues.today())
        if edition != self._edition:
            self._index = Index(self._catalogues.current, edition[1], self._known)
            self._edition = edition
        return self._index

    def _base(self, request: Request) -> str:
        return self._address or f"{request.url.scheme}://{request.url.netloc}{own_url('')}"

    def _list(self, index: Index, wanted: Wanted, lang: Lang, base: str) -> Drawn:
        t, found = texts(lang), index.search(wanted)

        def href(**other: str | int) -> str:
            return own_url(f"{PATH}?{urlencode({**wanted.query(**other), 'lang': lang})}")

        def of(code: str) -> str:
            return own_url(_path(code, lang))

        events = [(event.id, event.name_vi if lang == "vi" else event.name_en) for event in self._known.events]
        answer = page(
            "procedures.html",
            lang,
            address=URL(own_url(f"{PATH}?{urlencode(wanted.query())}")),
            title=t("procedures.title"),
            canonical=in_language(base + PATH, lang),
            addresses=_in_languages(base + PATH),
            wanted=wanted,
            narrowed=wanted.narrowed,
            found=found,
            href=href,
            of=of,
            index=index,
            events=[(id_, name) for id_, name in events if id_ in index.events],
            audiences=[(one, t.label("procedure_audience", one)) for one in EVERYBODY],
            fields=[(one, one) for one in index.fields],
            levels=[(one, t.label("procedure_level", one)) for one in index.levels],
            action=own_url(PATH),
        )
        return drawn(bytes(answer.body), self._catalogues.current.version, lang=lang)

    def _page(self, catalogue: Catalogue, procedure: Procedure, lang: Lang, base: str, on: date | None) -> Drawn:
        t, shown = texts(lang), view(catalogue, procedure, self._catalogues.today(), lang)
        address = base + f"{PATH}/{quote(procedure.code)}"
        filing = f"/file/{quote(procedure.code)}?lang={lang}" if shown.files_here else None
        description = t(
            "procedures.description", name=procedure.name_vi, time=shown.time_limit, fee="; ".join(shown.fees)
        )
        answer = page(
            "procedure.html",
            lang,
            address=URL(own_url(_path(procedure.code, lang, on))).remove_query_params("lang"),
            title=procedure.name_vi,
            description=description,
            canonical=in_language(address, lang),
            addresses=_in_languages(address),
            structured=self._structured(shown, address, base + filing if filing else None, description),
            shown=shown,
            procedure=procedure,
            filing=own_url(filing) if filing else None,
            version_at=lambda one: own_url(_path(one.procedure.code, lang, _within(one.procedure))),
            search=own_url(f"{PATH}?lang={lang}"),
            today=self._catalogues.today(),
        )
        return drawn(bytes(answer.body), catalogue.version, lang=lang)

    def _structured(self, shown: View, address: str, filing: str | None, description: str) -> Mapping[str, Any]:
        audience = self._known.of(shown.procedure.code).audience
        return government_service(shown, address, filing, audience, description)

    def _missing(self, lang: Lang, code: str, versions: Sequence[Procedure]) -> Response:
        """404 in words, with the search and what there is of it."""
        return page(
            "procedure_missing.html",
            lang,
            404,
            address=URL(own_url(_path(code[:_SAID_AGAIN], lang))).remove_query_params("lang"),
            title=texts(lang)("procedures.missing"),
            code=code[:_SAID_AGAIN],
            versions=[(one, own_url(_path(one.code, lang, _within(one)))) for one in versions],
            action=own_url(PATH),
        )


def _path(code: str, lang: Lang, on: date | None = None) -> str:
    asked = {**({"on": on.isoformat()} if on else {}), "lang": lang}
    return f"{PATH}/{quote(code, safe='')}?{urlencode(asked)}"


def _within(procedure: Procedure) -> date | None:
    """A day on which this version is in force, by which it is asked for; None: it has no days."""
    return procedure.valid_from or procedure.valid_until


def _in_languages(address: str) -> list[tuple[str, str]]:
    return [(lang, in_language(address, lang)) for lang in LANGUAGES]


def _day(asked: str) -> date | None:
    try:
        return date.fromisoformat(asked) if len(asked) == len("2026-01-01") else None
    except ValueError:
        return None


def _version(versions: Sequence[Procedure], day: date | None, *, exactly: bool) -> Procedure | None:
    """In force on the day; else the next to come or the newest, unless it must be `exactly` so. `versions`: the newest first."""
    if day is None:
        return None
    if (current := next((one for one in versions if one.in_force(day)), None)) or exactly:
        return current
    coming = [one for one in versions if one.key[1] > day]
    return coming[-1] if coming else next(iter(versions), None)
