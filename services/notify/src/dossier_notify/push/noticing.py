"""What is heard of dossiers becomes notices: one per moment and device, however often it is heard.

Each is a journalled document of its own, with the intent recorded before anything is sent, as text messages are; nothing of it is
published. It is recorded behind the dossier's own write: a text message is on its way by then, and waits for nothing here.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from dossier_notify.push.store import Devices
from dossier_notify.rules.notices import REPEATS, Moment, moment_of, recipients
from dossier_notify.state import PUSH, Notice, State, evolve
from dossier_shared.clock import Clock, instant, parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import MessageRequested, MessageRequestedSealed
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.journal.engine import Collection
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Moment as At
from dossier_shared.journal.steps import Step, Work

RULES: Final = Rules(source="notify", evolve=evolve, publishes=False)
PREFIX: Final = "push:"  # of references
EXPIRES: Final = timedelta(days=1)  # what is older is no news, and may have been told before a database was put back
HEARD: Final = frozenset({"submitted", "accepted", "completion-requested", "refused", "signed", "consent-withdrawn"})


class Noticing:
    """`dossiers`: where what was heard is applied by the time `heard` is told of it."""

    def __init__(self, ledger: Ledger[State], dossiers: Collection, devices: Devices, clock: Clock) -> None:
        self._ledger, self._dossiers, self._devices, self._clock = ledger, dossiers, devices, clock

    async def heard(self, events: Sequence[Event]) -> None:
        """Raises what may pass: then all of it is heard again."""
        now = self._clock.now()
        news = [one for one in events if one.type in HEARD and now - parse_instant(one.recorded) < EXPIRES]
        if not news or not await self._devices.any():
            return
        steps = await self._due(news)
        written = await self._ledger.write({id_: Work([step]) for id_, step in steps.items()}) if steps else {}
        for one in written.values():
            if (why := one.refused[0]) is not None and passes(why):
                raise why

    async def _due(self, events: Sequence[Event]) -> dict[str, Step]:
        dossiers = await self._dossiers.load({event.dossier for event in events}, journal=False)
        told: list[tuple[Event, Moment, State, str | None, str | None]] = []
        for event in events:
            dossier = dossiers.get(event.dossier)
            if dossier is None or dossier.heard_seq(event.source) < event.seq:
                continue  # it could not be applied: it is heard again
            moment = moment_of(event, dossier.state)
            if moment is not None:
                told.append((event, moment, dossier.state, *recipients(moment, dossier.state)))
        persons = {person for *_, person, _ in told if person}
        accounts = {account for *_, account in told if account}
        found = await self._devices.ids_of(persons, accounts) if persons or accounts else ()
        return {
            reference_of(event, moment, device): _request(event, moment, state, device)
            for event, moment, state, person, account in told
            for device, whose, owner in found
            if (person is not None and whose == person) or (account is not None and owner == account)
        }


def reference_of(event: Event, moment: Moment, device: str) -> str:
    again = f":{event.seq}" if moment in REPEATS else ""
    return f"{PREFIX}{event.dossier}:{moment}{again}:{device}"


def _request(event: Event, moment: Moment, state: State, device: str) -> Step:
    reference = reference_of(event, moment, device)
    end = instant(parse_instant(event.recorded) + EXPIRES)
    notice: Notice = {"device": device, "moment": moment, "code": state["code"], "end": end}

    def step(dossier: Dossier[State], at: At) -> None:
        if dossier.exists:
            return
        dossier.state = {"agency": event.agency, "notice": notice}
        data = MessageRequested(reference=reference, kind="notice", channel=PUSH)
        record(
            RULES, dossier, New(data, MessageRequestedSealed(to="", text="")),
            time=event.time, recorded=at.recorded, agency=event.agency, actor=f"rule:{RULES.source}",
            traceparent=event.onward or event.traceparent,
        )  # fmt: skip

    return step
