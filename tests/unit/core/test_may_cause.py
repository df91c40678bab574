"""The lifecycle's roles, where an event is recorded: the last guard, whatever a service's table of verbs says."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dossier_shared.contracts.lifecycle import may_cause
from dossier_shared.errors import Refusal

from .toy import SOURCE, failed
from .world import MemoryWorld, order


@pytest.mark.parametrize("actor", ["leader:u-1", "superior:u-1", "nobody:u-1", "u-1"])
async def test_what_the_actor_may_not_cause_is_refused_and_nothing_is_written(actor: str) -> None:
    world = MemoryWorld()
    replica, id_ = await world.replica(), world.id()
    by_rule = failed("by rule")._replace(actor=f"rule:{SOURCE}")
    command = replace(order(create=True), actor=actor)
    with pytest.raises(Refusal, match="forbidden"):
        await replica.ledger.execute(id_, lambda _: [by_rule, failed("by hand")], command)
    assert world.collection.documents == {}
    await replica.ledger.close()


@pytest.mark.parametrize(
    ("actor", "event", "may"),
    [
        ("leader:u-1", "approved", True),
        ("specialist:u-1", "approved", False),
        ("superior:u-1", "approved", False),  # stands in no row of the table
        ("rule:review", "approved", True),  # straight through
        ("leader:u-1", "signed", False),  # the service itself, once the document is made
        ("superior:u-1", "alarm-acknowledged", True),  # no dossier's
    ],
)
def test_who_may_cause_what(actor: str, event: str, may: bool) -> None:
    assert may_cause(actor, event) is may
