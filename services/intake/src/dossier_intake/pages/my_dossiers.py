"""The citizen's own page, `GET /`: every dossier filed from their account or about them, how far it is, when the result is
promised and why then, what is asked of them and what they have sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from secrets import token_urlsafe
from typing import Literal, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from dossier_intake.drafts.draft import Begun
from dossier_intake.drafts.store import Drafts
from dossier_intake.pages.documents import Opened, opened
from dossier_intake.pages.live import Changes
from dossier_intake.pages.my_commands import ACCEPT, BROUGHT, WANTED_BACK, back_address, bring_address
from dossier_intake.pages.story import Moment, awaited_words, story
from dossier_intake.papers.store import Openings
from dossier_intake.papers.view import openings_view
from dossier_intake.policy import APPLICANT, POLICY, Reader
from dossier_intake.state import State, filed_for_another, wish_waits
from dossier_intake.store import Catalogues, Dossiers
from dossier_shared.clock import instant, parse_instant
from dossier_shared.contracts.lifecycle import AWAITING, OPEN, PAUSED
from dossier_shared.http.auth import authenticate
from dossier_shared.http.root import own_url
from dossier_shared.journal.dossier import Dossier
from dossier_shared.pages.notice import refused_page
from dossier_shared.pages.rendering import add_package, local_time, page
from dossier_shared.pages.texts import Lang, language, number, texts
from dossier_shared.problems import Forbidden
from dossier_shared.runtime.emergencies import reason_of
from dossier_shared.runtime.service import Runtime

LIMIT = 50
MOST_WAITING = 20
JUST_NOW = timedelta(minutes=10)
STEPS = ("filed", "accepted", "appraised", "decided", "signed", "delivered")
_DONE = {"approved": 3, "rejected": 3, "signed": 4, "delivered": 5}  # of STEPS; the one after it waits
_DONE |= dict.fromkeys(("accepted", "in_review", "stopped", *AWAITING), 1)
_CUT_OFF = frozenset({"refused", "stopped", "withdrawn"})  # it ends without a result
_OVER = _CUT_OFF | {"signed", "delivered"}  # the time limit no longer runs
_WAITS_FOR_CITIZEN = PAUSED | {"awaiting_completion"}


class Sent(NamedTuple):
    """What the citizen has sent after the filing."""

    at: datetime
    text: str | None
    papers: tuple[str, ...]


class Wish(NamedTuple):
    """To have it back. `answer`: why it was declined."""

    at: datetime
    declined: datetime | None
    answer: str | None


class Consent(NamedTuple):
    """To whoever filed it for the person. `until`: None, until it is withdrawn. `withdraw`: where the reader takes it back. `by`:
    who filed, as the reader is told."""

    own: bool  # the reader's, else the reader filed it
    until: datetime | None
    over: bool
    withdrawn: datetime | None
    withdraw: str | None
    by: str


class OpenedInEmergency(NamedTuple):
    """An officer of another office read it, by emergency access."""

    at: datetime
    until: datetime
    role: str
    agency: str | None
    reason: str


class Unsent(NamedTuple):
    """A draft: where it is gone on with, and until when it is kept."""

    id: str
    procedure: str
    agency: str
    saved: datetime
    expires: datetime


class Card(NamedTuple):
    """One dossier as its owner reads it; times are instants, texts are in the reader's language."""

    code: str
    procedure: str
    agency: str
    status: str
    tone: str  # going | good | bad
    steps: tuple[tuple[str, str], ...]  # name; done | now | later
    submitted: datetime
    accepted: datetime | None
    appointment: datetime | None
    late: bool
    over: bool
    finished: datetime | None
    number: str | None
    result: str | None  # where the signed document can be read
    reason: str | None
    to_do: str | None  # what the citizen is asked for, in general
    supplement: str | None  # where to send it
    asked: str | None  # the same in the officer's own words
    sent: tuple[Sent, ...]
    received: Sent | None  # what came just now: confirmed
    story: Sequence[Moment]
    downloaded: datetime | None  # the result, by the person
    awaits: Sequence[str]  # registers that are asked again, in words
    wish: Wish | None
    withdraw: str | None  # where to ask for it back
    bring: str  # `supplement` and `withdraw` as forms without a script
    take_back: str
    consent: Consent | None  # where it was filed for somebody else
    lines: tuple[tuple[str, str | None], ...]  # sentence, legal basis
    papers: str  # where they are listed
    opened: Sequence[Opened]  # by officers
    emergencies: Sequence[OpenedInEmergency]


def my_router(
    dossiers: Dossiers,
    catalogues: Catalogues,
    openings: Openings,
    drafts: Drafts,
    runtime: Runtime,
    neighbours: Mapping[str, str],
    changes: Changes,
) -> APIRouter:
    add_package("dossier_intake.pages")
    api = APIRouter(include_in_schema=False)

    @api.get("/", response_class=HTMLResponse)
    async def mine(request: Request) -> Response:
        lang = language(request.query_params.get("lang"))
        title = texts(lang)("my.title")
        try:
            who = await authenticate(request)
            if not POLICY.may(who, "list-own", {}):
                if POLICY.may(who, "queue", {}):
                    return RedirectResponse(own_url(f"/work?lang={lang}"), 303)
                raise Forbidden()
            cursor = request.query_params.get("cursor")
            found = await dossiers.own(who, LIMIT, cursor)
            waits = (await dossiers.own(who, MOST_WAITING, None, _WAITS_FOR_CITIZEN)).rows
            shown = _first(waits, found.rows, begins=cursor is None)
            seen = await openings.by_officers([dossier.id for dossier in shown])
            _, mark = await changes.mark(who)
            begun = [_begun(one, catalogues) for one in await drafts.of(who)] if POLICY.may(who, "draft", {}) else []
        except Exception as exc:
            return refused_page(request, lang, title, exc, POLICY.roles("list-own"))
        told = {
            id_: opened(openings_view(some, catalogues.current, Reader(APPLICANT)), lang) for id_, some in seen.items()
        }
        cards = [
            card(
                catalogues.shown(one),
                lang,
                runtime.clock.now(),
                neighbours.get("signing"),
                told.get(one.id, ()),
                _emergencies(runtime, one.id, lang),
                own=POLICY.may(who, "withdraw-consent", one.state),
            )
            for one in shown
        ]
        return page(
            "my_dossiers.html",
            lang,
            address=request.url,
            title=title,
            principal=who,
            cards=cards,
            waiting=[one for one in cards if one.to_do] if cursor is None else [],
            mark=mark,
            stream=own_url("/live"),
            poll=own_url("/live/mark"),
            begun=begun,
            said=_said(request.query_params.get("done"), lang),
            key=token_urlsafe(18),
            taken=ACCEPT,
            monitor=neighbours.get("monitor"),
            notify=neighbours.get("notify"),
            onward=own_url("/?" + urlencode({"cursor": found.next, "lang": lang})) if found.next else None,
            first=own_url(f"/?lang={lang}") if "cursor" in request.query_params else None,
        )

    return api


def _first(waits: Sequence[Dossier[State]], rest: Sequence[Dossier[State]], *, begins: bool) -> list[Dossier[State]]:
    """What waits for the person stands before everything else, on the first page; each once."""
    told = {one.id for one in waits}
    others = [one for one in rest if one.id not in told]
    return [*waits, *others] if begins else others


def _received(sent: Sequence[Sent], now: datetime) -> Sent | None:
    last = max(sent, key=lambda one: one.at, default=None)
    return last if last is not None and now - last.at < JUST_NOW else None


def _said(done: str | None, lang: Lang) -> str:
    t = texts(lang)
    told = {
        "consent": t("my.consent_done"),
        "draft": t("file.dropped"),
        BROUGHT: t("my.brought_done"),
        WANTED_BACK: t("my.withdraw_done"),
    }
    return told.get(done or "", "")


def _begun(draft: Begun, catalogues: Catalogues) -> Unsent:
    current = catalogues.current
    procedure, agency = current.known(draft.procedure, catalogues.today()), current.agencies.get(draft.agency)
    name = procedure.name_vi if procedure else draft.procedure
    return Unsent(draft.id, name, agency.name_vi if agency else draft.agency, draft.saved, draft.expires)


def _emergencies(runtime: Runtime, dossier: str, lang: Lang) -> list[OpenedInEmergency]:
    """By officers of others: at whose office and why; no account."""
    t, directory = texts(lang), runtime.directory
    return [
        OpenedInEmergency(
            parse_instant(one.start), parse_instant(one.end), t.label("emergency_role", one.role),
            directory.agency_name(one.officer_agency, lang=lang) if one.officer_agency else None,
            reason_of(one, runtime.persons.keys),
        )
        for one in directory.emergencies.of_dossier(dossier)
    ]  # fmt: skip


def card(
    dossier: Dossier[State], lang: Lang, now: datetime, signing: str | None = None, seen: Sequence[Opened] = (),
    emergencies: Sequence[OpenedInEmergency] = (), own: bool = True,
) -> Card:  # fmt: skip
    """`signing`: that service's public address, where it is known. `seen`: which officers have opened its papers.
    `emergencies`: who of others has opened it by saying why. `own`: it is about the reader, who may have let another file it."""
    state, t = dossier.state, texts(lang)
    status: str = state["status"]
    done = _DONE.get(status, int("accepted_at" in state))
    steps = STEPS[: done + 1] if status in _CUT_OFF else STEPS  # what will not come is not shown
    promised = _at(state, "appointment")
    sent = tuple(Sent(parse_instant(one["at"]), one["text"], tuple(one["papers"])) for one in state.get("brought", ()))
    wording = t.label("my_status", status)
    if state.get("outcome") == "rejected":
        wording = t.label("my_status", f"{status}-rejected", wording)
    return Card(
        code=state["code"],
        procedure=state.get("procedure_name") or state["procedure"],
        agency=state.get("agency_name") or state["agency"],
        status=wording,
        tone=_tone(state),
        steps=tuple((t.label("my_step", name), _how_far(n, done)) for n, name in enumerate(steps)),
        submitted=parse_instant(state["submitted_at"]),
        accepted=_at(state, "accepted_at"),
        appointment=promised,
        late=promised is not None and status not in _OVER and promised < (_stood(state) or now),
        over=status in _OVER,
        finished=_at(state, "delivered_at") or _at(state, "signed_at"),
        number=state.get("result_number"),
        result=f"{signing}/api/v1/dossiers/{dossier.id}/result" if signing and state.get("result_file") else None,
        reason=state.get("reason"),
        to_do=_to_do(state, lang),
        supplement=own_url(f"/api/v1/dossiers/{dossier.id}/{_ANSWER[status]}") if status in _ANSWER else None,
        asked=state["asked"].get("text") if status in _WAITS_FOR_CITIZEN and "asked" in state else None,
        sent=sent,
        received=_received(sent, now),
        story=story(state, t),
        downloaded=parse_instant(state["downloaded_at"]) if "downloaded_at" in state else None,
        awaits=() if status in _OVER else awaited_words(state, t, lang),
        wish=_wish(state),
        withdraw=own_url(f"/api/v1/dossiers/{dossier.id}/withdraw") if _may_withdraw(state) else None,
        bring=bring_address(dossier.id, _ANSWER.get(status, ""), lang),
        take_back=back_address(dossier.id, lang),
        consent=_consent(dossier, now, own, lang) if filed_for_another(state) else None,
        lines=tuple((line[lang], line.get("basis")) for line in state.get("appointment_lines", ())),
        papers=own_url(f"/dossiers/{dossier.id}/documents?lang={lang}"),
        opened=seen,
        emergencies=emergencies,
    )


_ANSWER = {"awaiting_supplement": "supplement", "awaiting_completion": "complete"}


def _how_far(step: int, done: int) -> str:
    return "done" if step <= done else "now" if step == done + 1 else "later"


def _wish(state: State) -> Wish | None:
    wish = state.get("withdrawal")
    if wish is None or state["status"] in _OVER:
        return None
    declined = wish.get("declined_at")
    return Wish(parse_instant(wish["at"]), parse_instant(declined) if declined else None, wish.get("answer"))


def _consent(dossier: Dossier[State], now: datetime, own: bool, lang: Lang) -> Consent:
    until, withdrawn = dossier.state.get("consent_until"), dossier.state.get("consent_withdrawn")
    over = until is not None and until <= instant(now)
    return Consent(
        own=own,
        until=parse_instant(until) if until else None,
        over=over,
        withdrawn=parse_instant(withdrawn) if withdrawn else None,
        withdraw=own_url(f"/dossiers/{dossier.id}/consent?lang={lang}") if own and not withdrawn and not over else None,
        by=dossier.state.get("filed_by_name", "") if own else "",
    )


def _may_withdraw(state: State) -> bool:
    return state["status"] in OPEN - {"signed"} and not wish_waits(state)


def _stood(state: State) -> datetime | None:
    """Since when the time limit stands still."""
    return parse_instant(state["asked"]["at"]) if state["status"] in PAUSED and "asked" in state else None


def _to_do(state: State, lang: Lang) -> str | None:
    if state["status"] not in _WAITS_FOR_CITIZEN or "asked" not in state:
        return None
    if state["asked"]["what"] == "completion":
        until = state["asked"].get("until")
        return texts(lang)("my.asked_completion", until=local_time(parse_instant(until), lang) if until else "–")
    if state["asked"]["what"] == "supplement":
        return texts(lang)("my.asked_supplement")
    return texts(lang)("my.asked_payment", amount=number(state["asked"].get("amount_vnd", 0), lang))


def _tone(state: State) -> str:
    if state["status"] in ("refused", "rejected", "stopped") or state.get("outcome") == "rejected":
        return "bad"
    return "good" if state["status"] in ("signed", "delivered") else "going"


def _at(state: State, key: Literal["accepted_at", "appointment", "signed_at", "delivered_at"]) -> datetime | None:
    return parse_instant(state[key]) if state.get(key) else None
