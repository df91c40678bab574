"""Messages as effects: intents of the journal on one side, the provider on the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from dossier_notify.channels import MAX_BATCH, Answer, Message, Provider
from dossier_notify.handlers import on_answer
from dossier_shared.effects import Effects, Intent
from dossier_shared.journal import Dossier
from dossier_shared.ledger import Ledger
from dossier_shared.vocabulary.phone import is_mobile

NOT_MOBILE = "not-a-vietnamese-mobile"
OpenClaims = Callable[[str, str, int], Awaitable[list[Dossier]]]


def sending(
    ledger: Ledger,
    open_claims: OpenClaims,
    provider: Provider,
    *,
    margin: timedelta,
    sweep_every: float,
    lingers: timedelta = timedelta(0),
) -> Effects:
    async def ask(intents: Sequence[Intent]) -> Mapping[str, Answer]:
        return await provider.query([intent.reference for intent in intents])

    async def act(intents: Sequence[Intent]) -> Mapping[str, Answer]:
        """Numbers of events that are older than today's check at the door are checked here, again."""
        reachable = [intent for intent in intents if is_mobile(intent.state["intent"]["to"] or "")]
        answers = dict(await provider.send([_message(intent) for intent in reachable])) if reachable else {}
        if len(reachable) != len(intents):
            known = {intent.reference for intent in reachable}
            answers |= {i.reference: Answer("", NOT_MOBILE) for i in intents if i.reference not in known}
        return answers

    return Effects(
        ledger,
        open_claims,
        ask=ask,
        act=act,
        news=on_answer,
        batch=MAX_BATCH,
        margin=margin,
        sweep_every=sweep_every,
        lingers=lingers,
    )


def _message(intent: Intent) -> Message:
    wanted = intent.state["intent"]
    return Message(intent.reference, wanted["to"], wanted["text"])
