"""Stuck effects, for a person to see and decide: open ones with their attempts, failed ones with the reason.

Each item is decided on its own and has its own outcome. The person who decided is the actor of the event that follows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from dossier_shared.adapters.mongo import DossierCollection
from dossier_shared.clock import instant, parse_instant
from dossier_shared.errors import Refusal
from dossier_shared.journal.dossier import Dossier, New, record
from dossier_shared.journal.effects import Effects, open_intents
from dossier_shared.journal.steps import Moment, Step, Work
from dossier_shared.problems import Conflict, IllegalTransition

GIVEN_UP = "given-up"
UNTOUCHED = timedelta(minutes=10)  # an effect that has not failed is left to the service so long
Again = Callable[
    [Dossier], Sequence[New]
]  # what asks for a failed one again; refuses where that is not for an administrator


class OpenEffects:
    def __init__(self, kept: DossierCollection) -> None:
        self._kept = kept

    async def some(self, limit: int) -> list[Dossier]:
        return await self._kept.find({"claim.until": {"$exists": True}}, limit=limit, sort=(("claim.until", 1),))

    async def oldest(self) -> str | None:
        """When the longest open one was asked for; of a thousand, where an outage has left more."""
        stages: list[dict[str, Any]] = [
            {"$match": {"claim.until": {"$exists": True}}},
            {"$limit": 1000},
            {"$group": {"_id": None, "since": {"$min": {"$ifNull": ["$claim.since", "$claim.until"]}}}},
        ]
        found = await self._kept.table.aggregate(stages, hint="open_claims").to_list(None)
        return str(found[0]["since"]) if found else None


@dataclass(frozen=True, slots=True)
class StuckEffects:
    """Stuck effects of one kind. `failed`: the latest dossiers whose effect failed. `told`: reference and reason of a failure."""

    effects: Effects
    open: OpenEffects
    failed: Callable[[int], Awaitable[list[Dossier]]]
    told: Callable[[Dossier], Mapping[str, Any]]
    again: Again

    async def listed(self, limit: int) -> list[dict[str, Any]]:
        """Those that need a person: first the failed ones, then the open ones that were tried most."""
        failed = [{"dossier": d.id, "state": "failed", **self.told(d)} for d in await self.failed(limit)]
        found = [_shown(dossier) for dossier in await self.open.some(limit)]
        return failed + sorted(found, key=lambda item: (-item["attempts"], item["since"] or ""))

    def retry(self, actor: str) -> Step:
        """An open one at once, with all its attempts before it; a failed one is asked for again. One that is just being tried
        stays with whoever tries it: another would do it a second time."""

        def step(dossier: Dossier, moment: Moment) -> None:
            claim = _claim(dossier)
            if claim is None:
                self._record(dossier, moment, self.again(dossier), actor)
                return
            if not claim.get("rests"):
                raise _under_way()
            rest = {name: value for name, value in claim.items() if name not in ("tries", "why")}
            dossier.claim = {**rest, "until": instant(moment.now - timedelta(microseconds=1))}
            dossier.touched = True

        return step

    def give_up(self, actor: str) -> Step:
        """Ends it as failed. Whether it happened all the same (the answer was lost in an outage) is not known."""

        def step(dossier: Dossier, moment: Moment) -> None:
            claim = _claim(dossier)
            intents = open_intents([dossier])
            if claim is None or not intents:
                raise IllegalTransition(
                    vi="Không có việc nào đang chờ để dừng.", en="Nothing is open that could be ended."
                )
            asked = parse_instant(claim["since"]) if "since" in claim else None
            if not claim.get("tries") and asked and moment.now - asked < UNTOUCHED:
                raise _under_way()
            (intent,) = intents.values()
            self.effects.close(dossier, moment, intent, self.effects.give_up(GIVEN_UP), actor)

        return step

    def _record(self, dossier: Dossier, moment: Moment, news: Sequence[New], actor: str) -> None:
        for new in news:
            record(
                self.effects.ledger.rules, dossier, new,
                time=moment.recorded, recorded=moment.recorded, agency=dossier.state["agency"], actor=actor,
            )  # fmt: skip

    async def do(self, step: Step, dossiers: Sequence[str]) -> dict[str, Refusal | None]:
        """Those kept here, each with why it was refused."""
        self.effects.ledger.check_open()
        known = await self.effects.ledger.collection.load(dossiers, journal=False)
        written = await self.effects.ledger.write({id_: Work([step]) for id_ in dossiers if id_ in known})
        return {id_: _problem(item.refused[0]) for id_, item in written.items()}


def _claim(dossier: Dossier) -> Mapping[str, Any] | None:
    if not dossier.exists:
        raise Refusal("dossier-not-found")
    return dossier.claim if dossier.state.get("intent") else None


def _problem(refused: Exception | None) -> Refusal | None:
    if refused is None or isinstance(refused, Refusal):
        return refused
    return Conflict(
        "effect-cannot-be-changed", "Không thực hiện được với hồ sơ này.", "That cannot be done with this one."
    )


def _under_way() -> Conflict:
    return Conflict(
        "effect-under-way",
        "Việc này đang được thực hiện. Hãy chờ thêm.",
        "It is being done just now. Wait.",
    )


def _shown(dossier: Dossier) -> dict[str, Any]:
    claim = dossier.claim or {}
    return {
        "dossier": dossier.id,
        "state": "open",
        "reference": claim.get("reference"),
        "reason": claim.get("why"),
        "attempts": claim.get("tries", 0),
        "since": claim.get("since"),
        "next": claim.get("until"),
    }
