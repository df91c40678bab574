"""From an HTTP command to the ledger: one, or a batch with an outcome per item."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import orjson
from pydantic import BaseModel, ConfigDict, Field, create_model

from dossier_shared.http import openapi
from dossier_shared.http.batches import RefusedItem, demand_some, refused_outcome
from dossier_shared.http.idempotency import CommandContext, fingerprint
from dossier_shared.journal.dossier import Dossier, New, S, command_id
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Command, Permit
from dossier_shared.vocabulary.codes import Key, coded

MAX_ITEMS = 500
View = Callable[[Dossier], dict[str, Any]]


def command_of(
    context: CommandContext,
    *roles: str,
    key: str | None = None,
    body: bytes | None = None,
    create: bool = False,
    agency: str | None = None,
    permit: Permit | None,
) -> Command:
    """The actor is the first of `roles` that the token has. `key` and `body` are an item's own within a batch. `permit`: see
    `steps.Command`; None where rights were asked before."""
    principal = context.principal
    role = next((role for role in roles if role in principal.roles), "nobody")
    print_ = context.fingerprint if body is None else fingerprint(body, "item", principal.sub)
    return Command(
        id=command_id(principal.sub, context.key if key is None else key),
        fingerprint=print_,
        actor=f"{role}:{principal.sub}",
        agency=agency or principal.agency or "",
        time=context.occurred_at,
        expected_version=context.expected_version if key is None else None,
        create=create,
        traceparent=context.traceparent,
        permit=permit,
    )


class BatchItem(BaseModel):
    """One item: its own idempotency key, its dossier, and what the command needs."""

    model_config = ConfigDict(extra="allow")
    key: Key
    dossier: Annotated[str, coded(64)]


Item = TypeVar("Item", bound=BatchItem)


class Batch(BaseModel):
    items: list[BatchItem] = Field(min_length=1, max_length=MAX_ITEMS)


class RefusedOutcome(BaseModel):
    """`position`: which of the items, from 0; `key`: empty where the item has none that can be used. `status`: 400 or more."""

    position: int
    key: str
    status: int
    problem: openapi.Problem


def batch_of(body: type[BaseModel]) -> tuple[type[Batch], type[BatchItem]]:
    """`{items: [item]}`, at most 500, and the item: what `body` has, with a key and a dossier."""
    name, module = body.__name__, body.__module__
    item: Any = create_model(f"{name}Item", __base__=(BatchItem, body), __module__=module)
    items = Annotated[list[item], Field(min_length=1, max_length=MAX_ITEMS)]
    return create_model(f"{name}Batch", __base__=Batch, __module__=module, items=(items, ...)), item


def outcomes_of(view: type[BaseModel], name: str = "") -> type[BaseModel]:
    """What `run_batch` answers, for the OpenAPI document: `{items: [{key, status, dossier or problem}]}`."""
    name = name or f"{view.__name__.removesuffix('View')}Outcome"
    done = create_model(
        name, __doc__="`status` as of a single call.", key=(str, ...), status=(int, ...), dossier=(view, ...)
    )
    return create_model(f"{name}s", items=(list[done | RefusedOutcome], ...))  # type: ignore[valid-type]


async def run_batch(
    ledger: Ledger[S],
    context: CommandContext,
    items: Sequence[Item | RefusedItem],
    decide: Callable[[Item, Dossier], Sequence[New]],
    view: View,
    *roles: str,
    permits: Callable[[Item], Permit],
    status: int = 200,
) -> dict[str, Any]:
    """Every item is decided on its own; whatever befalls one does not touch the others. All join the ledger's next bulk.
    `permits`: what `Command.permit` is of each."""

    async def one(item: Item | RefusedItem) -> Any:
        if isinstance(item, RefusedItem):
            return item.problem
        try:  # a fault in whatever follows is this item's own
            body = orjson.dumps(item.model_dump(), option=orjson.OPT_SORT_KEYS)
            order = command_of(context, *roles, key=item.key, body=body, permit=permits(item))
            return view(await ledger.execute(item.dossier, lambda d: decide(item, d), order))
        except Exception as error:
            return error

    done = await asyncio.gather(*map(one, items))
    demand_some(done)
    return {
        "items": [
            refused_outcome(position, item.key, outcome, context.request_id)
            if isinstance(outcome, Exception)
            else {"key": item.key, "status": status, "dossier": outcome}
            for position, (item, outcome) in enumerate(zip(items, done, strict=True))
        ]
    }
