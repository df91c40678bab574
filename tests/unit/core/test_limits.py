"""Limits that pass by themselves: acted on once, by whichever replica looks, and one that is refused stops no other."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import pytest

from dossier_local.memory import Author, MemoryCollection
from dossier_shared.clock import FixedClock
from dossier_shared.contracts.events import Delivered, Noted
from dossier_shared.journal.dossier import Dossier, New
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.limits import Limits, act_by

from .toy import RULES

CLOCK = FixedClock("2026-03-02T08:00:00.000000Z")
LIMIT = "2026-03-04T10:00:00.000000Z"


class Unpublished:
    def submit(self, dossiers: Iterable[Dossier]) -> None:
        """Nobody listens."""


def overdue(dossier: Dossier, now: str) -> Sequence[New]:
    """Recorded once: the state says that it was."""
    if dossier.id == "broken":
        raise RuntimeError("a bug in a rule")
    return [] if dossier.seq else [New(Delivered(how="online", informed=False))]


async def desk(*ids: str) -> tuple[MemoryCollection, Ledger]:
    store = MemoryCollection()
    known = [Dossier(id_, state={"agency": "H19.1"}, touched=True) for id_ in ids]
    assert not await store.write(known, CLOCK.now())
    return store, Ledger(RULES, store, Unpublished(), CLOCK)


def limits(ledger: Ledger, ids: Sequence[str], batch: int = 200) -> Limits:
    async def passed(now: str, most: int) -> Sequence[str]:
        assert now == "2026-03-02T08:00:00.000000Z"
        return ids[:most]

    return Limits(ledger, passed, overdue, batch=batch)


async def test_the_rules_act_once_however_many_look() -> None:
    store, ledger = await desk("one")
    for _ in range(2):
        assert await limits(ledger, ["one"]).once() == 1
    await ledger.close()
    (entry,) = store.documents["one"]["journal"]
    assert (entry["type"], entry["actor"]) == ("delivered", "rule:notify")


async def test_what_is_refused_of_one_leaves_the_others() -> None:
    store, ledger = await desk("first", "broken", "last")
    assert await limits(ledger, ["first", "broken", "last"]).once() == 3
    await ledger.close()
    assert {id_: len(document["journal"]) for id_, document in store.documents.items()} == {
        "first": 1,
        "broken": 0,
        "last": 1,
    }


async def test_no_more_than_a_batch_is_taken_into_one_write() -> None:
    store, ledger = await desk("a", "b", "c")
    assert await limits(ledger, ["a", "b", "c"], batch=2).once() == 2
    await ledger.close()
    assert [len(store.documents[id_]["journal"]) for id_ in "abc"] == [1, 1, 0]


@pytest.mark.parametrize(
    ("happened", "remembered"),
    [
        ("2026-03-02T07:59:00.000000Z", LIMIT),
        ("2026-02-20T08:00:00.000000Z", None),
        ("2019-01-01T00:00:00.000000Z", None),
    ],
)
def test_no_rule_acts_on_a_register_that_is_read_in(happened: str, remembered: str | None) -> None:
    event = replace(Author("review", "d-1").says(Noted(), at=happened), recorded="2026-03-02T08:00:00.000000Z")
    assert act_by(event, LIMIT) == remembered
