"""The officers' work list: one page for every service, `GET /work`, acting through the service's own public API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.http.tokens import Principal
from dossier_shared.http.verbs import Button, Verb
from dossier_shared.pages.counts import Count, Counts
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import page, static_router
from dossier_shared.pages.texts import Lang, Text, Texts, language, texts
from dossier_shared.vocabulary.sms import for_pages

DEFAULT_LIMIT = 20  # what one can look over before one acts on it
MAX_LIMIT = 500
UNDO_SECONDS = 8  # between confirming an act on many and sending it


@dataclass(frozen=True, slots=True)
class WorkItem:
    """One row. `actions`: names that apply to this row, None for all.

    `late` is the service's judgement, by business time. `version`, where given, is sent as If-Match. `applicant`: as far as the
    reader may know the name. `page`: this case's own page, a path of the service. `kind_vi`, `kind_en`: how an act on many counts
    it before it is sent ("60 kết quả, 1 từ chối"); the procedure where empty.
    """

    id: str
    code: str
    procedure: str
    due: datetime | None = None
    late: bool = False
    state_vi: str = ""
    state_en: str = ""
    version: int | None = None
    actions: tuple[str, ...] | None = None
    applicant: str = ""
    page: str | None = None
    kind_vi: str = ""
    kind_en: str = ""
    # the state of the dossier, by which the table of rights hides what would be refused
    resource: Mapping[str, Any] | None = field(default=None, repr=False)
    preview: str | None = None  # address of what one looks at before one acts; opened beside the list

    @property
    def opens(self) -> str | None:
        return own_url(self.page) if self.page else None

    def state(self, lang: Lang) -> str:
        return self.state_vi if lang == "vi" else self.state_en or self.state_vi

    def kind(self, lang: Lang) -> str:
        return self.kind_vi if lang == "vi" else self.kind_en or self.kind_vi


@dataclass(frozen=True, slots=True)
class Action:
    """A verb's button, for the template and the page's script."""

    verb: Verb[Any, Any]
    button: Button

    @property
    def name(self) -> str:
        return self.button.name

    @property
    def tone(self) -> str:
        return self.button.tone

    @property
    def aside(self) -> bool:
        return self.button.aside

    def label(self, lang: Lang) -> str:
        return self.button.vi if lang == "vi" else self.button.en

    def script(self, lang: Lang) -> dict[str, Any]:
        """What the page's script needs to call it."""
        button, bulk, also = self.button, self.verb.bulk_path, self.button.also
        return {
            "label": self.label(lang),
            "path": own_url(self.verb.path),
            "bulk": own_url(bulk) if bulk and button.many else None,
            "reason": button.reason,
            "asks": button.asks[0] if lang == "vi" else button.asks[1],
            "also": also and {"name": also.name, "label": also.vi if lang == "vi" else also.en, "number": also.number},
            "open": button.public,
            "body": dict(button.body),
            "danger": button.tone == "danger",
            "stays": button.stays,
            "texted": button.texted,
        }


def actions_of(verbs: Sequence[Verb[Any, Any]]) -> list[Action]:
    return [Action(verb, button) for verb in verbs for button in verb.shown()]


class WorkPage(NamedTuple):
    """`next`: cursor of the page behind it."""

    items: Sequence[WorkItem]
    next: str | None = None


Titled = Callable[[Texts], str]
Load = Callable[[Principal, int, str | None], Awaitable[WorkPage]]


class Wish(NamedTuple):
    """What a reader asks of a list: `filter` and `sort` are of those it offers, None the list as it comes."""

    limit: int
    cursor: str | None = None
    filter: str | None = None
    sort: str | None = None


@dataclass(frozen=True, slots=True)
class Choices:
    """A list that one may narrow and order: names with their words. `counts`: how many rows each filter has, of those that are
    the reader's. `urgent`: filters that should have none."""

    load: Callable[[Principal, Wish], Awaitable[WorkPage]]
    filters: Mapping[str, Titled]
    counts: Callable[[Principal], Awaitable[Mapping[str, int]]]
    sorts: Mapping[str, Titled] = field(default_factory=dict)
    urgent: tuple[str, ...] = ()

    def told(self, *roles: str) -> Counts:
        """The filters, as the home page counts them."""

        async def of(who: Principal) -> list[Count]:
            found = await self.counts(who)
            return [
                Count(name, titled, found[name], f"/work?filter={name}", name in self.urgent)
                for name, titled in self.filters.items()
                if name in found
            ]

        return Counts(roles, of)


class Choice(NamedTuple):
    """A link that narrows or orders the list."""

    href: str
    label: str
    n: int | None
    here: bool


def work_router(
    service: str,
    titled: Titled,
    load: Load | Choices,
    verbs: Sequence[Verb[Any, Any]],
    files: Sequence[str] = (),
    said: Callable[[Lang], Mapping[str, Text]] = lambda _: {},
    world: Any = None,
) -> APIRouter:
    """`app.include_router(work_router(...))`; the static files it links to come with it. `files`: scripts of the service's own
    that run before the list's, `said` the texts these say. `world`: what the table of rights reads besides a row's resource."""
    offered = load if isinstance(load, Choices) else None
    router = APIRouter(include_in_schema=False)
    router.include_router(static_router())
    actions = [action for action in actions_of(verbs) if action.button.listed]
    roles = tuple(dict.fromkeys(role for action in actions for role in action.button.roles))

    @router.get("/work", response_class=HTMLResponse)
    async def work(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = titled(texts(lang))
        try:
            principal = await authenticate(request, *roles)
            wish = _wish(request, offered)
            if isinstance(load, Choices):
                shown, following = await load.load(principal, wish)
                counts = await load.counts(principal)
            else:
                shown, following = await load(principal, wish.limit, wish.cursor)
                counts = {}
        except Exception as exc:
            return refused_page(request, lang, title, exc, roles)
        shown = [permitted(principal, item, actions, world) for item in shown]
        mine = [action for action in actions if not principal.roles.isdisjoint(action.button.roles)]
        done = next((one.label(lang) for one in mine if one.name == request.query_params.get("done")), None)
        kept = _kept(wish, lang)
        return page(
            "work.html",
            lang,
            address=request.url,
            title=title,
            service=service,
            files=files,
            principal=principal,
            items=shown,
            done=done,
            late=sum(item.late for item in shown),
            onward="?" + urlencode({"cursor": following, **kept}) if following else None,
            first="?" + urlencode(kept) if wish.cursor is not None else None,
            filters=_choices(offered.filters, "filter", wish, lang, counts) if offered else [],
            sorts=_choices(offered.sorts, "sort", wish, lang) if offered else [],
            stateful=any(item.state_vi for item in shown),
            dated=any(item.due for item in shown),
            actions=mine,
            bulk=[action for action in mine if action.button.many],
            script={
                "actions": {action.name: action.script(lang) for action in mine},
                "texts": {**texts(lang).of("shared"), **said(lang)},
                "lang": lang,
                "undo": UNDO_SECONDS,
                "sms": for_pages() if any(action.button.texted for action in mine) else None,
            },
        )

    return router


def permitted(who: Principal, item: WorkItem, actions: Sequence[Action], world: Any = None) -> WorkItem:
    """With those of its actions that would not be refused to this reader."""
    if item.resource is None:
        return item
    may = {one.name for one in actions if one.verb.offered(who, item.resource, world)}
    names = [one.name for one in actions] if item.actions is None else item.actions
    return replace(item, actions=tuple(name for name in names if name in may))


def _limit(asked: str | None) -> int:
    if asked is None or not asked.isascii() or not asked.isdigit():
        return DEFAULT_LIMIT
    return max(1, min(int(asked[:6]), MAX_LIMIT))


def _wish(request: Request, offered: Choices | None) -> Wish:
    """What the list does not offer is passed over: links grow old."""
    asked = request.query_params
    chosen = {"filter": offered.filters, "sort": offered.sorts} if offered else {}
    picked = {name: asked[name] for name, known in chosen.items() if asked.get(name) in known}
    return Wish(_limit(asked.get("limit")), asked.get("cursor"), **picked)


def _kept(wish: Wish, lang: Lang) -> dict[str, str]:
    """What a link to another part of the same list keeps."""
    limit = {"limit": str(wish.limit)} if wish.limit != DEFAULT_LIMIT else {}
    chosen = {name: value for name in ("filter", "sort") if (value := getattr(wish, name))}
    return {"lang": lang, **limit, **chosen}


def _choices(
    known: Mapping[str, Titled], name: str, wish: Wish, lang: Lang, counts: Mapping[str, int] | None = None
) -> list[Choice]:
    """The list as it comes first; then what narrows or orders it, from its beginning. With `counts` only what has one."""
    if not known:
        return []
    t = texts(lang)
    otherwise = t("shared.all") if name == "filter" else t("shared.as_it_comes")
    rest = {key: value for key, value in _kept(wish, lang).items() if key != name}
    chosen = getattr(wish, name)
    links = [Choice("?" + urlencode(rest), otherwise, None, chosen is None)]
    return links + [
        Choice("?" + urlencode({**rest, name: one}), titled(t), counts[one] if counts else None, one == chosen)
        for one, titled in known.items()
        if counts is None or one in counts
    ]
