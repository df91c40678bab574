"""Delegations over HTTP: give, take back, see."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from dossier_review.delegating import Delegate, DelegationsView, DelegationView, delegated, id_of, view
from dossier_review.policy import POLICY
from dossier_shared.adapters.entry_store import EntryStore
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.errors import Refusal
from dossier_shared.http.auth import authenticate, own_agency
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import NotFound
from dossier_shared.runtime.service import Runtime


class Delegating:
    """What may be done with delegations, for the API and the page."""

    def __init__(self, runtime: Runtime, kept: EntryStore[DelegationEntry]) -> None:
        self._runtime, self._kept, self._known = runtime, kept, runtime.directory

    async def give(self, context: CommandContext, wish: Delegate) -> DelegationEntry:
        who = context.principal
        one = delegated(id_of(who, context.key), who, wish, self._known.officers, self._runtime.clock.now())
        kept, fingerprint = await self._kept.keep(one, context.fingerprint)
        if fingerprint != context.fingerprint:
            raise Refusal("idempotency-key-reused")
        return kept

    async def end(self, who: Principal, id_: str) -> DelegationEntry:
        found = await self._kept.find(id_)
        if found is None or not POLICY.may(who, "end-delegation", found[0].model_dump()):
            raise NotFound()
        await self._kept.end(id_, instant(self._runtime.clock.now()))
        ended, _ = await self._kept.find(id_) or found
        return ended

    def of(self, agency: str) -> Sequence[DelegationView]:
        now = instant(self._runtime.clock.now())
        return [view(one, self._known.officers, now) for one in self._known.delegations.of((agency,))]

    def shown(self, one: DelegationEntry) -> DelegationView:
        return view(one, self._known.officers, instant(self._runtime.clock.now()))


def delegations_router(delegating: Delegating) -> APIRouter:
    api = APIRouter(prefix="/api/v1")

    @api.get("/delegations", responses=answers(DelegationsView))
    async def every(request: Request) -> Response:
        """Those of one's agency, the latest first; a second after they were given."""
        who = await authenticate(request, *POLICY.roles("delegations"))
        return json_response({"items": [one.model_dump() for one in delegating.of(own_agency(who))]})

    @api.post("/delegations", openapi_extra=reads(Delegate), responses=answers(DelegationView))
    async def give(request: Request) -> Response:
        """An officer of the agency holds roles of one's own from `start` until `end`."""
        context = await command(request, *POLICY.roles("delegate"))
        POLICY.demand(context.principal, "delegate", {})
        one = await delegating.give(context, parse(Delegate, context.body))
        return json_response(delegating.shown(one).model_dump())

    @api.post("/delegations/{delegation_id}/end", responses=answers(DelegationView))
    async def end(request: Request, delegation_id: Annotated[str, Path(max_length=40)]) -> Response:
        """From now on. A repeat changes nothing."""
        context = await command(request, *POLICY.roles("end-delegation"))
        one = await delegating.end(context.principal, delegation_id)
        return json_response(delegating.shown(one).model_dump())

    return api
