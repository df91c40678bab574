"""Forms as PDF: one dossier's, many receipts in one run, the register of a span of days."""

from __future__ import annotations

import asyncio
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Request
from starlette.responses import Response

from dossier_intake.papers.listing import papers_of
from dossier_intake.policy import POLICY
from dossier_intake.printing.forms import FORMS, Known, register_row
from dossier_intake.state import State, consent_ended
from dossier_intake.store import Catalogues, Dossiers
from dossier_intake.tracking import tracking
from dossier_shared.clock import instant
from dossier_shared.documents.forms.models import CaseForm, Form, Office, Register
from dossier_shared.documents.forms.rendering import render_forms
from dossier_shared.documents.letterhead import derived, in_force
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.openapi import sends
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Invalid, NotFound
from dossier_shared.runtime.service import Runtime
from dossier_shared.vocabulary.moments import typed_day

MOST_AT_ONCE, MOST_ROWS, MOST_DAYS = 200, 20_000, 366
DESK = "Bộ phận Tiếp nhận và Trả kết quả"
AT_ONCE = 1  # print runs under way: each takes a processor for a while
PDF = sends("application/pdf")
FormPath = Annotated[str, Path(description="01, 02, 03 or 06")]
DayQuery = Annotated[str, Query(max_length=20, description="A day: 28/11/2026 or 2026-11-28")]
IdsQuery = Annotated[str, Query(max_length=MOST_AT_ONCE * 40, description="Ids of dossiers, with commas between")]


def printing_router(
    runtime: Runtime, dossiers: Dossiers, catalogues: Catalogues, public: str | None, key: bytes
) -> APIRouter:
    """`public`: intake's public address, where it is known: the receipt's QR leads there. `key`: of tracking codes."""
    api, turn = APIRouter(prefix="/api/v1"), asyncio.Semaphore(AT_ONCE)

    async def printed(forms: list[Form], name: str) -> Response:
        async with turn:
            pdf = await asyncio.to_thread(render_forms, forms, runtime.clock.now())
        head = {"content-disposition": f'inline; filename="{name}.pdf"', "cache-control": "private, no-store"}
        return Response(pdf, media_type="application/pdf", headers=head)

    def followed(state: State, id_: str) -> str | None:
        if public is None or not key:
            return None
        secret = tracking(id_, key, consent_ended(state, instant(runtime.clock.now())))
        return f"{public}/track?" + urlencode({"code": state["code"], "secret": secret})

    def office(agency: str, name: str) -> Office:
        return Office.model_validate(in_force(runtime.directory, agency) or derived(name))

    async def form_of(which: str, dossier: Dossier[State], who: Principal) -> CaseForm:
        state = catalogues.shown(dossier).state
        catalogue, procedure = catalogues.current, state["procedure"]
        centre = state.get("received_at")  # what it hands out is its own paper
        name = runtime.directory.agency_name(centre) if centre else state.get("agency_name") or state["agency"]
        known = Known(
            office=office(centre or state["agency"], name),
            desk=name if centre else DESK,
            officer=who.name if "counter" in who.roles else "",
            papers=papers_of(dossier),
            named=lambda code: catalogue.paper_name(procedure, code),
            tracking=followed(state, dossier.id),
        )
        return FORMS[which](state, known)

    async def readable(ids: list[str], who: Principal, action: str) -> list[Dossier[State]]:
        found = await runtime.dossiers.load_whole(ids)
        for id_ in ids:
            if id_ not in found:
                raise NotFound()
            POLICY.demand(who, action, found[id_].state)
        return [found[id_] for id_ in ids]

    @api.get("/dossiers/{dossier_id}/forms/{form}", response_class=Response, responses=PDF)
    async def form(request: Request, dossier_id: str, form: FormPath) -> Response:
        """Receipt and appointment (01), what is missing (02), refusal (03), who had it when (06): for the counter, and for whose
        dossier it is."""
        who = await authenticate(request, *POLICY.roles("print"))
        if form not in FORMS:
            raise NotFound()
        (dossier,) = await readable([dossier_id], who, "print")
        return await printed([await form_of(form, dossier, who)], f"{dossier.state['code']}-{form}")

    @api.get("/forms/01", response_class=Response, responses=PDF)
    async def receipts(request: Request, ids: IdsQuery = "") -> Response:
        """Receipts of several dossiers in one run, in the order asked; at most 200."""
        who = await authenticate(request, *POLICY.roles("print-many"))
        wanted = list(dict.fromkeys(one for one in ids.split(",") if one))
        if not 0 < len(wanted) <= MOST_AT_ONCE:
            raise Invalid(
                "too-many-to-print",
                f"Mỗi lần in từ 1 đến {MOST_AT_ONCE} giấy. Hãy chia thành nhiều lần.",
                f"From 1 to {MOST_AT_ONCE} in one run. Divide them into several.",
            )
        return await printed(
            [await form_of("01", one, who) for one in await readable(wanted, who, "print-many")], "bien-nhan"
        )

    @api.get("/register", response_class=Response, responses=PDF)
    async def register(request: Request, first: DayQuery = "", last: DayQuery = "") -> Response:
        """The register of what was received from `first` to `last`, both included (07): at most a year, 20,000 lines."""
        who = await authenticate(request, *POLICY.roles("register"))
        agency, begins, ends = own_agency(who), typed_day(first), typed_day(last)
        if not 0 <= (ends - begins).days < MOST_DAYS or begins.year < 1901 or ends.year > 2199:
            raise Invalid(
                "span-invalid",
                "Khoảng thời gian phải từ ngày đầu đến ngày cuối, không quá một năm. Hãy chọn lại.",
                "The span must go from its first day to its last, and not beyond a year. Choose again.",
            )
        rows = await dossiers.received(catalogues.office(agency), begins, ends, MOST_ROWS + 1)
        if len(rows) > MOST_ROWS:
            raise Invalid(
                "span-too-large",
                f"Có hơn {MOST_ROWS} hồ sơ trong khoảng này. Hãy chọn khoảng ngắn hơn.",
                f"The span has more than {MOST_ROWS} dossiers. Choose a shorter one.",
            )
        told = Register(
            office=office(agency, entry.name_vi if (entry := catalogues.current.agencies.get(agency)) else agency),
            at=runtime.clock.now(),
            desk=DESK,
            first=begins,
            last=ends,
            rows=tuple(register_row(catalogues.shown(one).state) for one in rows),
            kept_by=who.name or None,
        )
        return await printed([told], f"so-theo-doi-{begins}-{ends}")

    return api
