"""Alarms become text messages to the people responsible: one per raising and phone, however often it is heard or tried.

Each message is a journalled document of its own, with the intent recorded before anything is sent, as for citizens' messages.
Nothing of it is published: the journal stays here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple

from dossier_notify.rules.alarm_texts import compose
from dossier_notify.state import SMS, State, evolve
from dossier_shared.clock import parse_instant
from dossier_shared.contracts.envelope import Event
from dossier_shared.contracts.events import MessageRequested, MessageRequestedSealed, whole
from dossier_shared.journal.dossier import Dossier, New, Rules, record
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.outages import passes
from dossier_shared.journal.steps import Moment, Step, Work
from dossier_shared.journal.stream import Act

RULES = Rules(source="notify", evolve=evolve, publishes=False)
ALARM_PREFIX = "alarm:"  # of references: the provider's ledger tells them from citizens' messages


class Policy(NamedTuple):
    """Whom to tell, by agency code or `operators`; what was raised longer ago than `expires` is told to nobody."""

    recipients: Mapping[str, Sequence[str]]
    expires: timedelta
    max_parts: int


def telling(ledger: Ledger, policy: Policy) -> Act:
    """Records every message due; none of what was recorded before."""

    async def tell(events: Sequence[Event]) -> list[Exception | None]:
        due = [wanted([event], policy, ledger.clock.now()) for event in events]
        written = await ledger.write({id_: Work([step]) for steps in due for id_, step in steps.items()})
        refused = {id_: result.refused[0] for id_, result in written.items()}
        whys = [[why for id_ in steps if (why := refused[id_]) is not None] for steps in due]
        return [next(filter(passes, some), some[0] if some else None) for some in whys]  # first what may yet be told

    return tell


def wanted(events: Sequence[Event], policy: Policy, now: datetime) -> dict[str, Step]:
    """By message: the step that records the intent to send it, unless that was done before."""
    found: dict[str, Step] = {}
    for event in events:
        if event.type != "alarm-raised" or now - parse_instant(event.recorded) > policy.expires:
            continue
        data = whole(event.type, event.data)
        text = compose(data, policy.max_parts)
        for phone in {phone for code in data["told"] for phone in policy.recipients.get(code, ())}:
            id_ = f"{ALARM_PREFIX}{event.dossier}:{data['number']}:{sha256(phone.encode()).hexdigest()[:12]}"
            found[id_] = _request(id_, event, phone, text)
    return found


def _request(reference: str, event: Event, phone: str, text: str) -> Step:
    def step(dossier: Dossier[State], moment: Moment) -> None:
        if dossier.exists:
            return
        dossier.state = {"agency": event.agency, "alarm": event.dossier, "number": event.data["number"]}
        data = MessageRequested(reference=reference, kind="alarm", channel=SMS)
        record(
            RULES, dossier, New(data, MessageRequestedSealed(to=phone, text=text)),
            time=event.time, recorded=moment.recorded, agency=event.agency, actor=f"rule:{RULES.source}",
            traceparent=event.onward or event.traceparent,
        )  # fmt: skip

    return step
