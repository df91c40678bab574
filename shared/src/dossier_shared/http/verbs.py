"""What one may do to a dossier, declared once: a service's `commands.py` is a table of verbs.

From a verb come its two routes (`verb_router`), its OpenAPI, its buttons on the work list, its rows in the README and in
docs/reference, and its rows of the access matrix (tests/access).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache, partial
from typing import Any, Generic, Literal, TypeVar

from fastapi import APIRouter, Path, Request
from pydantic import BaseModel
from starlette.responses import Response

from dossier_shared.clock import Clock, parse_instant
from dossier_shared.http.batches import read_items
from dossier_shared.http.commands import BatchItem, View, batch_of, command_of, outcomes_of, run_batch
from dossier_shared.http.idempotency import CommandContext, command
from dossier_shared.http.jsonbody import json_response, parse
from dossier_shared.http.openapi import answers, reads
from dossier_shared.http.policy import Context, Policy
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Permit

PREFIX = "/api/v1"
Body = TypeVar("Body", bound=BaseModel)
World = TypeVar("World")


@dataclass(frozen=True, slots=True)
class Call(Generic[World]):
    """Who asks, and `at` which business time. `world`: what a service's decisions read besides the dossier, as of now;
    `gathered`: what a verb's `gather` answered."""

    who: Principal
    at: datetime
    world: World
    gathered: Any = None


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a button asks for, sent as `name` (`applicant.name`: within a part): a text, a whole number, one of `choices`
    (value, vi, en), a tick, an agency, or an officer of one's own agency."""

    name: str
    vi: str
    en: str
    number: bool = False
    tick: bool = False  # yes or no: true where it is ticked
    lines: bool = False  # of several lines
    choices: tuple[tuple[str, str, str], ...] = ()
    agencies: bool = False  # chosen from the directory
    officers: bool = False  # chosen from those listed; where none are, the account is typed
    many: bool = False  # a list of them
    optional: bool = False
    hidden: bool = False  # nobody types it: the page fills it in, or its script


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A verb as officers see it on their list. `name`, `roles`: the verb's own where empty. `body`: sent with each call."""

    vi: str
    en: str
    name: str = ""
    roles: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)
    many: bool = False  # also for all that is ticked
    reason: str | None = None  # the body's field that the dialog asks for
    asks: tuple[str, str] = ("Lý do", "Reason")  # what that field is called
    public: bool = True  # the dialog then says that the citizen will read it
    also: Field | None = None
    fields: tuple[Field, ...] = ()  # instead of `also`, where there is room: on a case page
    listed: bool = True  # False: on case pages only
    tone: Literal["primary", "plain", "danger"] = "plain"
    aside: bool = False  # seldom done: folded away in the row
    stays: bool = False  # what it was done to is still in the list, changed
    texted: int = 0  # letters of the text message that tells the citizen the reason, without it; 0: none does


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb(Generic[Body, World]):
    """`POST /api/v1/<of>/{id}/<name>`, and `POST /api/v1/<of>:<name>` for up to 500 where `many`.

    `policy`: the service's table, which says under this name who may; it is asked before anything else. `records`: the events it
    may record, as the lifecycle lets these roles. `gather`: reads what the decision needs and only I/O can tell. `purpose`: one
    sentence, for the documents.
    """

    name: str
    of: str = "dossiers"
    policy: Policy
    body: type[Body]
    records: tuple[str, ...]
    decide: Callable[[Call[World], Dossier, Body], Sequence[New]]
    purpose: str
    gather: Callable[[Call[World], str, Body], Awaitable[Any]] | None = None
    many: bool = False
    optional: bool = False  # the body may be left out
    status: int = 200
    buttons: tuple[Button, ...] = ()

    @property
    def path(self) -> str:
        return f"{PREFIX}/{self.of}/{{id}}/{self.name}"

    @property
    def bulk_path(self) -> str | None:
        return f"{PREFIX}/{self.of}:{self.name}" if self.many else None

    @property
    def roles(self) -> tuple[str, ...]:
        return self.policy.roles(self.name)

    def permit(self, call: Call[World], wish: Body) -> Permit:
        return self.policy.permit(call.who, self.name, Context(call.world, wish))

    def offered(self, who: Principal, state: Mapping[str, Any], world: World) -> bool:
        """Whether its button is to be shown."""
        return self.policy.may(who, self.name, state, Context(world))

    def shown(self) -> list[Button]:
        """Its buttons, with what they have of the verb."""
        return [replace(one, name=one.name or self.name, roles=one.roles or self.roles) for one in self.buttons]


@dataclass(frozen=True, slots=True)
class Runner(Generic[World]):
    """Carries out a service's verbs. `view`: a dossier as `model` has it, for the answer."""

    ledger: Ledger
    clock: Clock
    world: World
    model: type[BaseModel]
    view: View

    def call(self, context: CommandContext) -> Call[World]:
        at = parse_instant(context.occurred_at) if context.occurred_at else self.clock.now()
        return Call(context.principal, at, self.world)


def verb_router(verbs: Sequence[Verb[Any, World]], runner: Runner[World]) -> APIRouter:
    """Their routes, for a router that has the prefix."""
    api, outcomes = APIRouter(), cache(partial(outcomes_of, runner.model))  # a model that no route has is none of ours
    for verb in verbs:
        alias = f"{verb.of.removesuffix('s')}_id"
        api.add_api_route(
            verb.path.removeprefix(PREFIX).replace("{id}", f"{{{alias}}}"),
            _single(verb, runner, alias),
            methods=["POST"],
            name=verb.name,
            description=verb.purpose,
            status_code=verb.status,
            openapi_extra=reads(verb.body, required=not verb.optional),
            responses=answers(runner.model, verb.status),
        )
        if verb.bulk_path:
            batch, item = batch_of(verb.body)
            api.add_api_route(
                verb.bulk_path.removeprefix(PREFIX),
                _batch(verb, runner, batch, item),
                methods=["POST"],
                name=f"{verb.name}-batch",
                description=f"`{verb.name}` for up to 500 {verb.of}, an outcome for each.",
                openapi_extra=reads(batch),
                responses=answers(outcomes()),
            )
    return api


def fields_of(button: Button) -> tuple[Field, ...]:
    """All it asks for, in the order a form has them."""
    reason = Field(button.reason, button.asks[0], button.asks[1], lines=True) if button.reason else None
    asked = button.fields or ((button.also,) if button.also else ())
    return (*asked, *((reason,) if reason else ()))


async def carry_out(
    verb: Verb[Body, World], runner: Runner[World], context: CommandContext, id_: str, wish: Body
) -> Dossier:
    """The dossier after it; raises what refuses it."""
    call = runner.call(context)
    order = command_of(context, *verb.roles, permit=verb.permit(call, wish))
    if verb.gather is not None:
        if not await runner.ledger.demand(id_, order):
            raise verb.policy.unseen(verb.name)
        call = replace(call, gathered=await verb.gather(call, id_, wish))
    return await runner.ledger.execute(id_, lambda dossier: verb.decide(call, dossier, wish), order)


def _single(verb: Verb[Any, World], runner: Runner[World], alias: str) -> Callable[..., Any]:
    async def act(request: Request, id_: str = Path(alias=alias)) -> Response:
        context = await command(request, *verb.roles)
        dossier = await carry_out(verb, runner, context, id_, parse(verb.body, context.body or b"{}"))
        return json_response(runner.view(dossier), verb.status, version=dossier.version)

    return act


def _batch(
    verb: Verb[Any, World], runner: Runner[World], batch: type[BaseModel], item: type[BatchItem]
) -> Callable[..., Any]:
    async def act(request: Request) -> Response:
        context = await command(request, *verb.roles)
        call, items = runner.call(context), read_items(batch, item, context.body)
        answer = await run_batch(
            runner.ledger,
            context,
            items,
            lambda item, dossier: verb.decide(call, dossier, item),
            runner.view,
            *verb.roles,
            permits=lambda item: verb.permit(call, item),
            status=verb.status,
        )
        return json_response(answer)

    return act
