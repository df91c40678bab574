"""Hearing and publishing where events are signed. One scenario each."""

from __future__ import annotations

from dossier_local.memory import Author
from dossier_shared.contracts.envelope import encode
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.journal.signing import SigningSender
from dossier_shared.journal.stream import read_event
from dossier_shared.repair.resending import Resender

from .acts import SIGNED, SUBMITTED, scenario, seen
from .signed import Holder, ring_of, tell
from .toy import SOURCE, TOPIC, accepted, failed, signed, submitted
from .world import World


@scenario
async def a_forged_event_changes_nothing_and_its_neighbours_flow_on(world: World) -> None:
    """Whoever has the signing service's password writes on its topic what that never said."""
    replica, signing, intake, thief = await world.replica(), Holder(), Holder("intake", 2), Holder(number=3)
    replica.consumer.keys = ring_of(signing, intake)
    robbed, neighbour = world.id(), world.id()
    (theirs,) = signing.signs(signed(Author("signing", neighbour)))
    forged = signed(Author("signing", robbed))
    bare, stolen = encode(forged), dict(theirs.headers)["ce_signature"]
    await world.put_raw(
        SIGNED,
        bare,
        *thief.signs(forged),
        bare._replace(headers=[*bare.headers, ("ce_signature", stolen)]),
        theirs,
    )
    await replica.hear()
    assert seen(await world.document(neighbour)) == ["signing:1", "notify:1"]
    assert [(r.key, reason) for r, reason in await world.dead_letters()] == [(robbed.encode(), "wrong-signature")] * 3
    assert await world.waiting() == {}, "a parked forgery would take the place of what is true"
    await world.put_raw(SIGNED, *signing.signs(forged))  # its owner says it after all
    await replica.hear()
    assert seen(await world.document(robbed)) == ["signing:1", "notify:1"]


@scenario
async def a_dead_letter_handed_in_again_is_believed_no_sooner(world: World) -> None:
    replica, signing = await world.replica(), Holder()
    replica.consumer.keys = ring_of(signing, demanded=[10**9] * 6)  # unsigned is taken wherever it lies by now
    event = signed(Author("signing", world.id()))
    bare, (good,) = encode(event), signing.signs(event)
    letters = [StoredRecord(SIGNED, 0, 5, r.key, r.value, r.headers) for r in (bare, good)]
    assert await replica.consumer.replay(letters) == ["wrong-signature", "applied"]


@scenario
async def what_was_lost_to_a_revoked_key_comes_again_by_republishing(world: World) -> None:
    replica, old, new = await world.replica(), Holder("intake", 2), Holder("intake", 4)
    ring = replica.consumer.keys = ring_of(old)
    tell(ring, old.key.model_copy(update={"revoked": True}), new.key, service="intake", demanded=[0] * 6)
    intake = Author("intake", world.id())
    first, second = submitted(intake), accepted(intake)
    await world.put_raw(SUBMITTED, *old.signs(first), *new.signs(second))
    await replica.hear()
    assert await world.waiting() == {f"{first.dossier}:intake:2": "gap"}, "its owner is asked for what is missing"
    await world.put_raw(SUBMITTED, *new.signs(first, second))
    await replica.hear()
    assert seen(await world.document(first.dossier))[:2] == ["intake:1", "intake:2"]
    assert await world.waiting() == {}


@scenario
async def what_it_publishes_and_publishes_again_is_signed(world: World) -> None:
    replica, own = await world.replica(), Holder(SOURCE, 6)
    ring = ring_of(own)
    sender = SigningSender(replica.sender, SOURCE, own.signer(ring))
    replica.publisher.sender = sender
    ids = [world.id() for _ in range(3)]
    for id_ in ids:
        await replica.record(id_, failed("one"), failed("two"), create=True)
    await replica.publish()
    await Resender(SOURCE, sender, replica.store).resend(ids[:1])
    records = await world.records(TOPIC)
    assert sorted(read_event(record, ring).seq for record in records) == [1, 1, 1, 1, 2, 2, 2, 2]
    assert all("ce_signature" in dict(record.headers) for record in records)
