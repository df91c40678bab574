"""Notices as effects: intents of their own journal on one side, push services on the other.

A push service cannot be asked what it has. So before each call it is written down that it was begun, and what was begun and has
no outcome is never begun again: a notice comes at most once, and one that may have been lost is recorded as that.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from typing import Final

import orjson
import structlog

from dossier_notify import metrics
from dossier_notify.channels import Answer
from dossier_notify.push.devices import Device
from dossier_notify.push.pusher import Answered, Pusher
from dossier_notify.push.store import Attempts, Devices
from dossier_notify.rules.notices import TEXTS, TITLE, Moment
from dossier_notify.state import State
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.contracts.events import MessageFailed, MessageSent
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.effects import Effects, Failing, Intent
from dossier_shared.journal.ledger import Ledger

BATCH: Final = 32  # all at once: the slowest is waited for
ATTEMPTS: Final = 8
PAUSE: Final = timedelta(seconds=30)  # doubled each time: an hour, all in all
KEPT: Final = timedelta(days=2)  # longer than what happened may still become a notice (`noticing.EXPIRES`)
CLEAN_EVERY: Final = 600.0  # seconds
UNKNOWN: Final = "outcome-unknown"
log = structlog.get_logger()
OpenClaims = Callable[[str, str, int], Awaitable[list[Dossier]]]


class Notices:
    """`home`: where a person reads on, as an address with `{lang}` and `{code}`."""

    def __init__(self, devices: Devices, attempts: Attempts, pusher: Pusher, clock: Clock, home: str) -> None:
        self._devices, self._attempts, self._pusher = devices, attempts, pusher
        self._clock, self._home = clock, home

    async def ask(self, intents: Sequence[Intent[State]]) -> Mapping[str, Answer]:
        """A push service has no answer to that; `act` begins nothing a second time."""
        return {}

    async def act(self, intents: Sequence[Intent[State]]) -> Mapping[str, Answer | Failing]:
        now = instant(self._clock.now())
        outcomes: dict[str, Answer | Failing] = {
            intent.reference: Answer("", "run-out") for intent in intents if intent.state["notice"]["end"] <= now
        }
        timely = [intent for intent in intents if intent.reference not in outcomes]
        devices = await self._devices.load({intent.state["notice"]["device"] for intent in timely}) if timely else {}
        wanted = [intent for intent in timely if intent.state["notice"]["device"] in devices]
        outcomes |= {intent.reference: Answer("", "device-ended") for intent in timely if intent not in wanted}
        fresh = await self._attempts.begin([intent.reference for intent in wanted])
        outcomes |= {intent.reference: Answer("", UNKNOWN) for intent in wanted if intent.reference not in fresh}
        called = [intent for intent in wanted if intent.reference in fresh]
        answers = await asyncio.gather(*[self._push(one, devices[one.state["notice"]["device"]]) for one in called])
        outcomes |= await self._read(called, answers)
        return outcomes

    async def _push(self, intent: Intent[State], device: Device) -> Answered:
        lasts = parse_instant(intent.state["notice"]["end"]) - self._clock.now()
        try:
            return await self._pusher.push(device, intent.reference, payload_of(intent, device, self._home), lasts)
        except Exception as error:  # of one alone; it may have gone out
            log.exception("notice failed", dossier=intent.dossier, error=type(error).__name__)
            return Answered("unknown", "unexpected")

    async def _read(self, called: Sequence[Intent[State]], answers: Sequence[Answered]) -> dict[str, Answer | Failing]:
        pairs = list(zip(called, answers, strict=True))
        for _, answer in pairs:
            metrics.NOTICES.labels(answer.how).inc()
        gone = {intent.state["notice"]["device"] for intent, answer in pairs if answer.how == "gone"}
        reached = {intent.state["notice"]["device"] for intent, answer in pairs if answer.how == "taken"}
        await self._attempts.take_back([intent.reference for intent, answer in pairs if answer.how == "busy"])
        if gone:
            await self._devices.drop(gone)
        if reached:
            await self._devices.reached(reached)
        return {intent.reference: _outcome(intent, answer) for intent, answer in pairs}


def _outcome(intent: Intent[State], answer: Answered) -> Answer | Failing:
    """The last failure is an outcome like any other: nobody has to look after a notice."""
    if answer.how == "taken":
        return Answer("push")
    if answer.how == "busy" and intent.tries < ATTEMPTS - 1:
        return Failing(answer.reason)
    return Answer("", UNKNOWN if answer.how == "unknown" else answer.reason)


def payload_of(intent: Intent[State], device: Device, home: str) -> bytes:
    """`tag`: what the device shows of it again takes the place of what it shows now."""
    notice, lang = intent.state["notice"], device.lang
    moment: Moment = notice["moment"]  # type: ignore[assignment]
    shown = {
        "title": TITLE[lang].format(code=notice["code"]), "body": TEXTS[moment][lang], "lang": lang,
        "tag": intent.reference.rpartition(":")[0], "url": home.format(lang=lang, code=notice["code"]),
    }  # fmt: skip
    return orjson.dumps(shown)


def news(intent: Intent[State], answer: Answer) -> Sequence[New]:
    if answer.reason is None:
        return [New(MessageSent(reference=intent.reference, provider_id=answer.provider_id))]
    return [New(MessageFailed(reference=intent.reference, reason=answer.reason))]


def pushing(
    ledger: Ledger[State], open_claims: OpenClaims, notices: Notices, *, margin: timedelta, sweep_every: float
) -> Effects:
    return Effects(
        ledger,
        open_claims,
        ask=notices.ask,
        act=notices.act,
        news=news,
        give_up=lambda reason: Answer("", reason),
        batch=BATCH,
        margin=margin,
        sweep_every=sweep_every,
        lingers=margin,
        attempts=ATTEMPTS,
        pause=PAUSE,
    )


async def clean(kept: DossierCollection, clock: Clock) -> None:
    """Throws away what is long over, for as long as the service runs."""
    while True:
        try:
            await kept.table.delete_many({"state.notice.end": {"$lt": instant(clock.now() - KEPT)}})
        except Exception as error:
            log.warning("old notices stay", error=repr(error)[:200])
        await asyncio.sleep(CLEAN_EVERY)
