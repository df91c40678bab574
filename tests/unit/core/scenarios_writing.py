"""Writing: races, repeats, refusals, caps. One scenario each."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from dossier_local.memory import Author
from dossier_shared.contracts import envelope
from dossier_shared.errors import Refusal
from dossier_shared.http import refusals
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.command_queue import QueuedCommand
from dossier_shared.journal.dossier import New

from .acts import scenario, sound, stopped, swept
from .toy import accepted, failed, requested, sent, submitted
from .world import Away, World, order


@scenario
async def two_replicas_race_on_one_dossier(world: World) -> None:
    first, second, id_ = await world.replica(), await world.replica("2"), world.id()
    await first.write(id_, failed("0"), create=True)
    first.store.before_write.append(lambda: second.write(id_, failed("2"), failed("3")))
    answer = (await first.write(id_, failed("1"))).dossier
    document = await world.document(id_)
    assert [entry["data"]["reason"] for entry in document["journal"]] == ["0", "2", "3", "1"]
    assert (answer.version, answer.seq, document["version"], document["seq"]) == (3, 4, 3, 4)
    sound(document)


@scenario
async def two_replicas_race_to_create(world: World) -> None:
    first, second, id_ = await world.replica(), await world.replica("2"), world.id()
    first.store.before_write.append(lambda: second.write(id_, failed("2"), create=True))
    written = await first.write(id_, failed("1"), create=True)
    assert getattr(written.refused[0], "code", "") == "dossier-exists"
    assert [entry["data"]["reason"] for entry in (await world.document(id_))["journal"]] == ["2"]


@scenario
async def a_command_repeated_is_answered_again_and_done_once(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    first = await replica.record(id_, failed("a"), key="k", create=True)
    again = await replica.record(id_, failed("a"), key="k", create=True)
    restarted = await world.replica(life="b")
    later = await restarted.record(id_, failed("a"), key="k", create=True)
    both = await asyncio.gather(*(restarted.record(id_, failed("b"), key="l") for _ in range(3)))
    assert first.version == again.version == later.version == 1
    assert {dossier.seq for dossier in both} == {2}
    with pytest.raises(Refusal) as other:
        await replica.record(id_, failed("c"), key="k", body="another")
    assert other.value.code == "idempotency-key-reused"
    assert (await world.document(id_))["seq"] == 2
    await stopped(replica, restarted)


@scenario
async def a_command_of_unknown_outcome_is_found_again(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    replica.store.unknown = 1
    with pytest.raises(Away):
        await replica.record(id_, failed("a"), key="k", create=True)
    dossier = await replica.record(id_, failed("a"), key="k", create=True)
    assert (dossier.version, dossier.seq) == (1, 1)
    await swept(world, replica)
    assert await world.published(id_) == [1]
    await stopped(replica)


@scenario
async def a_stale_version_is_refused(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.record(id_, failed("a"), create=True)
    await replica.record(id_, failed("b"), expected_version=1)
    with pytest.raises(Refusal) as stale:
        await replica.record(id_, failed("c"), expected_version=1)
    assert (stale.value.code, refusals.told(stale.value).http_status) == ("stale-version", 412)
    together = await asyncio.gather(
        *(replica.record(id_, failed(str(n)), expected_version=2) for n in range(2)), return_exceptions=True
    )
    assert [isinstance(one, Refusal) for one in together] == [False, True], "the first has changed what the second saw"
    assert (await world.document(id_))["seq"] == 3
    await stopped(replica)


@scenario
async def a_refused_command_leaves_the_dossier_as_it_was(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    await replica.record(id_, requested("one"), create=True)
    before = await world.document(id_)
    with pytest.raises(Refusal, match="illegal-transition"):
        await replica.record(id_, failed("undone with the rest"), requested("two"), requested("three"))
    with pytest.raises(Refusal, match="dossier-not-found"):
        await replica.record(world.id(), failed("nobody"))
    after = await world.document(id_)
    assert {**after, "pending": None} == {**before, "pending": None}
    both = await asyncio.gather(
        replica.record(id_, failed("x"), requested("four"), requested("five")),
        replica.record(id_, sent("one")),
        return_exceptions=True,
    )
    assert getattr(both[0], "code", "") == "illegal-transition"
    document = await world.document(id_)
    assert [entry["type"] for entry in document["journal"]] == ["message-requested", "message-sent"]
    assert document["state"]["seen"] == ["notify:1", "notify:2"]
    sound(document)
    await stopped(replica)


@scenario
async def many_commands_become_few_writes(world: World) -> None:
    replica, ids = await world.replica(), [world.id() for _ in range(3)]
    jobs = [replica.record(id_, failed(str(n)), create=n == 0) for n in range(20) for id_ in ids]
    await asyncio.gather(*jobs)
    assert replica.store.calls["write"] <= 3
    for id_ in ids:
        document = await world.document(id_)
        assert [entry["data"]["reason"] for entry in document["journal"]] == [str(n) for n in range(20)]
        sound(document)
    await replica.publish()
    for id_ in ids:
        assert await world.published(id_) == list(range(1, 21))
    await stopped(replica)


@scenario
async def lots_that_wait_are_written_together_and_answered_apart(world: World) -> None:
    replica, ids = await world.replica(), [world.id() for _ in range(8)]
    replica.ledger.commands.batch = 6

    def asked(id_: str, *, create: bool = True) -> QueuedCommand:
        return QueuedCommand(id_, replica.ledger.step(lambda _: [failed(id_)], order(create=create)), create)

    batches = [
        [asked(ids[0]), asked(ids[1])],
        [asked(ids[2]), asked(ids[0])],  # the second is there by then
        [asked(ids[3]), asked(ids[4], create=False)],  # nobody ever filed it
        [asked(id_) for id_ in ids[5:8]],  # does not fit into the first bulk any more
    ]
    answers = await asyncio.gather(*(replica.ledger.execute_many(batch) for batch in batches))
    assert [[one.code if isinstance(one, Refusal) else getattr(one, "id", one) for one in answer] for answer in answers] == [
        [ids[0], ids[1]], [ids[2], "dossier-exists"], [ids[3], "dossier-not-found"], ids[5:8],
    ]  # fmt: skip
    assert replica.store.calls["write"] == 2
    for id_ in {*ids} - {ids[4]}:
        assert len((await world.document(id_))["journal"]) == 1
    assert await replica.ledger.execute_many([]) == []
    await stopped(replica)


@scenario
async def a_bulk_that_fails_is_told_to_all_in_it_and_who_gave_up_harms_nobody(world: World) -> None:
    replica, ids = await world.replica(), [world.id() for _ in range(5)]
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        inside.set()
        await go_on.wait()

    def asking(id_: str) -> asyncio.Task[Any]:
        step = replica.ledger.step(lambda _: [failed(id_)], order(create=True))
        return asyncio.create_task(replica.ledger.execute_many([QueuedCommand(id_, step, new=True)]))

    replica.store.before_write.append(hold)
    first = asking(ids[0])
    await inside.wait()
    impatient, second, third = (asking(id_) for id_ in ids[1:4])
    await asyncio.sleep(0)
    impatient.cancel()
    replica.store.away["write"] = 1  # the next one
    go_on.set()
    assert [dossier.id for dossier in await first] == [ids[0]]
    for told in (second, third):
        with pytest.raises(Away):
            await told
    assert [dossier.id for dossier in await asking(ids[4])] == [ids[4]]
    assert impatient.cancelled()
    await stopped(replica)


@scenario
async def a_bug_in_a_decision_fails_one_command(world: World) -> None:
    replica, ids = await world.replica(), [world.id() for _ in range(2)]

    def broken(_: Any) -> Sequence[New]:
        raise ZeroDivisionError

    done = await asyncio.gather(
        replica.ledger.execute(ids[0], broken, order(create=True)),
        replica.record(ids[1], failed("a"), create=True),
        return_exceptions=True,
    )
    assert [type(one) for one in done] == [ZeroDivisionError, journal.Dossier]
    await stopped(replica)


@scenario
async def an_event_too_large_is_refused_before_the_write(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    fits, too_large = "x" * (envelope.MAX_EVENT_BYTES - 1000), "x" * (envelope.MAX_EVENT_BYTES + 1)
    await replica.record(id_, failed(fits), create=True)
    with pytest.raises(Refusal) as refusal:
        await replica.record(id_, failed(too_large))
    assert refusal.value.code == "event-too-large"
    assert (await world.document(id_))["version"] == 1
    await replica.publish()
    assert await world.published(id_) == [1], "what is let in fits the broker"
    await stopped(replica)


@scenario
async def a_full_journal_refuses_commands_but_lets_rules_finish(world: World) -> None:
    replica, intake = await world.replica(), Author("intake", world.id())
    await world.put(submitted(intake))
    await replica.hear()
    for start in range(0, journal.MAX_EVENTS, 100):
        await replica.record(intake.dossier.id, *(failed(str(n)) for n in range(start, start + 100)))
    with pytest.raises(Refusal) as refusal:
        await replica.record(intake.dossier.id, failed("one too many"))
    assert refusal.value.code == "journal-full"
    await world.put(accepted(intake))
    await replica.hear()
    assert (await world.document(intake.dossier.id))["seq"] == journal.MAX_EVENTS + 2
    await stopped(replica)


@scenario
async def a_ledger_closed_finishes_what_it_has_taken(world: World) -> None:
    replica, id_ = await world.replica(), world.id()
    inside, go_on = asyncio.Event(), asyncio.Event()

    async def hold() -> None:
        inside.set()
        await go_on.wait()

    replica.store.before_write.append(hold)
    command = asyncio.create_task(replica.record(id_, failed("a"), create=True))
    await inside.wait()
    closing = asyncio.create_task(replica.ledger.close())
    await asyncio.wait([closing], timeout=0.05)
    assert not closing.done()
    go_on.set()
    assert (await command).seq == 1
    await closing
