"""Messages as effects: intents of the journal on one side, the provider on the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta

from dossier_notify.channels import MAX_BATCH, Answer, Message, Provider
from dossier_notify.handlers import on_answer
from dossier_notify.state import State, wish_of
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.effects import ATTEMPTS, Effects, Intent
from dossier_shared.journal.ledger import Ledger
from dossier_shared.vocabulary.phone import is_mobile

NOT_MOBILE = "not-a-vietnamese-mobile"
INVALID = "message-invalid"
OpenClaims = Callable[[str, str, int], Awaitable[list[Dossier]]]


def sending(
    ledger: Ledger[State],
    open_claims: OpenClaims,
    *,
    provider: Provider,
    margin: timedelta,
    sweep_every: float,
    lingers: timedelta = timedelta(0),
    attempts: int = ATTEMPTS,
    read: Callable[[Intent[State]], Message] | None = None,
) -> Effects:
    """`read`: what is sent, where the intent does not say it in clear."""
    message_of = read or _message

    async def ask(intents: Sequence[Intent[State]]) -> Mapping[str, Answer]:
        return await provider.query([intent.reference for intent in intents])

    async def act(intents: Sequence[Intent[State]]) -> Mapping[str, Answer]:
        """What is older than today's checks at the door is checked here, again; it fails alone."""
        messages: list[Message] = []
        answers: dict[str, Answer] = {}
        for intent in intents:
            try:
                message = message_of(intent)
                if is_mobile(message.to):
                    messages.append(message)
                else:
                    answers[intent.reference] = Answer("", NOT_MOBILE)
            except (AttributeError, KeyError, TypeError, ValueError):  # whatever an old event says
                answers[intent.reference] = Answer("", INVALID)
        if messages:
            answers.update(await provider.send(messages))
        return answers

    return Effects(
        ledger,
        open_claims,
        ask=ask,
        act=act,
        news=on_answer,
        give_up=lambda reason: Answer("", reason),
        batch=MAX_BATCH,
        margin=margin,
        sweep_every=sweep_every,
        lingers=lingers,
        attempts=attempts,
    )


def _message(intent: Intent[State]) -> Message:
    """Raises ValueError where no call could carry it."""
    wanted = wish_of(intent.state)
    message = Message(intent.reference, wanted["to"] or "", wanted["text"])
    for part in message:
        part.encode()
    return message
