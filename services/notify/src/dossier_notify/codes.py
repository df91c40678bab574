"""One-time codes of consent become text messages: each once, and none after it has run out.

They are followed from their topic, all of it at each start: what has run out is passed over, what is known is known. Each
message is a journalled document of its own, as those about alarms are; phone and code stay encrypted in it, and it goes after a
day.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

import structlog

from dossier_notify.channels import Message
from dossier_notify.rules.code_texts import compose
from dossier_notify.state import SMS, Code, State, evolve
from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import Clock, instant
from dossier_shared.contracts.consent_codes import unseal
from dossier_shared.contracts.entries import ConsentCodeEntry
from dossier_shared.contracts.envelope import RawRecord
from dossier_shared.contracts.events import MessageRequested, MessageRequestedSealed
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.journal.effects import Intent
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.steps import Moment, Step, Work

RULES = Rules(source="notify", evolve=evolve, publishes=False)
CODE_PREFIX = "consent:"  # of references: the provider's ledger tells them from citizens' messages about dossiers
KEPT: Final = timedelta(days=1)
CLEAN_EVERY: Final = 600.0  # seconds
log = structlog.get_logger()


class CodeMessages:
    """`take` is handed what is on the topic; `run` records the intents, `clean` throws away what is long over."""

    def __init__(self, ledger: Ledger, kept: DossierCollection, clock: Clock) -> None:
        self._ledger, self._kept, self._clock = ledger, kept, clock
        self._due: dict[str, ConsentCodeEntry] = {}
        self._came = asyncio.Event()

    def take(self, records: Sequence[RawRecord]) -> None:
        now = instant(self._clock.now())
        for raw in records:
            try:
                entry = ConsentCodeEntry.model_validate_json(raw.value or b"")
            except ValueError:
                log.warning("code of consent cannot be read", offset=raw.offset)
                continue
            if entry.end > now:
                self._due[entry.id] = entry
                self._came.set()

    async def run(self) -> None:
        pause = 0.1
        while True:
            await self._came.wait()
            try:
                await self.once()
                pause = 0.1
            except Exception as error:
                log.warning("codes of consent wait", error=repr(error)[:200])
                await asyncio.sleep(pause * (0.5 + random.random()))  # noqa: S311
                pause = min(pause * 2, 5.0)

    async def once(self) -> None:
        """Records every message due; none of what was recorded before."""
        self._came.clear()
        due, now = dict(self._due), instant(self._clock.now())
        steps = {f"{CODE_PREFIX}{id_}": _request(one) for id_, one in due.items() if one.end > now}
        try:
            written = await self._ledger.write({id_: Work([step]) for id_, step in steps.items()}) if steps else {}
        except BaseException:
            self._came.set()
            raise
        for id_, one in written.items():
            if (why := one.refused[0]) is not None:
                log.error("message with a code cannot be recorded", message=id_, error=type(why).__name__)
        for id_ in due:
            self._due.pop(id_, None)

    async def clean(self) -> None:
        while True:
            try:
                over = {"state.consent_code.end": {"$lt": instant(self._clock.now() - KEPT)}}
                await self._kept.table.delete_many(over)
            except Exception as error:
                log.warning("old messages with codes stay", error=repr(error)[:200])
            await asyncio.sleep(CLEAN_EVERY)


class RunOut(ValueError):
    """The code holds no more: nobody is to be sent it."""


def reading(key: bytes, clock: Clock, max_parts: int) -> Callable[[Intent[State]], Message]:
    """What is sent, opened only to be sent."""

    def read(intent: Intent[State]) -> Message:
        code = intent.state["consent_code"]
        if code["end"] <= instant(clock.now()):
            raise RunOut
        message = unseal(key, code["id"], code["sealed"])
        if message is None:
            raise ValueError("not sealed for us")
        return Message(intent.reference, message.to, compose(message, max_parts))

    return read


def _request(entry: ConsentCodeEntry) -> Step:
    def step(dossier: Dossier[State], moment: Moment) -> None:
        if dossier.exists:
            return
        code: Code = {"id": entry.id, "end": entry.end, "sealed": entry.sealed}
        dossier.state = {"agency": entry.agency, "consent_code": code}
        data = MessageRequested(reference=f"{CODE_PREFIX}{entry.id}", kind="consent-code", channel=SMS)
        record(
            RULES, dossier, New(data, MessageRequestedSealed(to="", text="")),
            time=entry.start, recorded=moment.recorded, agency=entry.agency, actor=f"rule:{RULES.source}",
        )  # fmt: skip

    return step
