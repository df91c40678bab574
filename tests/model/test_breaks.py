"""A test of the tests: each rule broken on purpose turns a named scenario red, at its own point and not by chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

import pytest

from dossier_local.memory import MemoryCollection
from dossier_shared.contracts.envelope import RawRecord, encode
from dossier_shared.errors import Refusal
from dossier_shared.journal import consumer, effects, publisher
from dossier_shared.journal import dossier as journal
from dossier_shared.journal.command_queue import CommandQueue
from dossier_shared.journal.consumer import BatchConsumer
from dossier_shared.journal.dossier import Dossier
from dossier_shared.journal.effects import Effects
from dossier_shared.journal.ledger import Ledger
from dossier_shared.journal.publisher import Publisher
from dossier_shared.journal.stream import lasts

from ..unit.core.scenarios import ALL  # noqa: TID252
from ..unit.core.world import FaultyStore, MemoryWorld  # noqa: TID252

pytestmark = pytest.mark.usefixtures("silent")

Break = Callable[[pytest.MonkeyPatch], None]


def commit_offsets_first(patch: pytest.MonkeyPatch) -> None:
    handle = BatchConsumer.handle

    async def early(self: BatchConsumer, records: Sequence[RawRecord]) -> bool:
        await self.source.commit(lasts(records))
        return await handle(self, records)

    patch.setattr(BatchConsumer, "handle", early)


def publish_before_the_write(patch: pytest.MonkeyPatch) -> None:
    write = FaultyStore.write
    publishers: list[Publisher] = []
    init = Ledger.__init__

    def known(self: Ledger, *arguments: Any, **more: Any) -> None:
        init(self, *arguments, **more)
        publishers.append(self.publisher)  # type: ignore[arg-type]

    async def early(self: FaultyStore, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Refusal | None]:
        for one in publishers:
            if one.marks is self:
                one.submit([dossier for dossier in dossiers if dossier.fresh])
        return await write(self, dossiers, recorded)

    patch.setattr(Ledger, "__init__", known)
    patch.setattr(FaultyStore, "write", early)


def drop_the_heard_mark(patch: pytest.MonkeyPatch) -> None:
    """Whatever comes is the next."""
    hear = journal.hear

    def again(rules: Any, dossier: Dossier, event: Any, now: datetime, recorded: str) -> bool:
        dossier.heard = {
            **dossier.heard,
            event.source: {"seq": event.seq - 1, "hash": event.previous},
        }
        return hear(rules, dossier, event, now, recorded)

    patch.setattr(consumer, "hear", again)


def clear_pending_without_comparing(patch: pytest.MonkeyPatch) -> None:
    async def blind(
        self: MemoryCollection, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]
    ) -> None:
        for k, ids in full.items():
            for id_ in ids:
                self.documents[id_]["published"] = max(self.documents[id_]["published"], k)
                self.documents[id_].pop("pending", None)

    patch.setattr(MemoryCollection, "mark", blind)


def clear_pending_after_a_partial_acknowledgement(patch: pytest.MonkeyPatch) -> None:
    mark = MemoryCollection.mark

    async def generous(
        self: MemoryCollection, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]
    ) -> None:
        await mark(self, full, partial)
        for ids in partial.values():
            for id_ in ids:
                self.documents[id_].pop("pending", None)

    patch.setattr(MemoryCollection, "mark", generous)


def ignore_a_bulk_conflict(patch: pytest.MonkeyPatch) -> None:
    write = FaultyStore.write

    async def deaf(self: FaultyStore, dossiers: Sequence[Dossier], recorded: datetime) -> Mapping[str, Refusal | None]:
        await write(self, dossiers, recorded)
        return {}

    patch.setattr(FaultyStore, "write", deaf)


def jump_a_gap(patch: pytest.MonkeyPatch) -> None:
    hear = journal.hear

    def jump(rules: Any, dossier: Dossier, event: Any, now: datetime, recorded: str) -> bool:
        if event.seq > dossier.heard_seq(event.source) + 1:
            dossier.heard = {**dossier.heard, event.source: {"seq": event.seq - 1, "hash": event.previous}}
        return hear(rules, dossier, event, now, recorded)

    patch.setattr(consumer, "hear", jump)


def cut_more_than_was_copied(patch: pytest.MonkeyPatch) -> None:
    """What an earlier attempt copied is taken for as long as one's own."""
    copy = MemoryCollection.copy

    async def hopeful(self: MemoryCollection, dossier: Dossier, count: int) -> int:
        await copy(self, dossier, count)
        return count

    patch.setattr(MemoryCollection, "copy", hopeful)


def act_without_asking(patch: pytest.MonkeyPatch) -> None:
    sweep = Effects.sweep

    async def blind(self: Effects) -> int:
        async def nobody(_: Any) -> Mapping[str, Any]:
            return {}

        self.ask = nobody
        return await sweep(self)

    patch.setattr(Effects, "sweep", blind)


def act_under_any_claim(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Effects, "_in_time", lambda self, intents: dict(intents))


def mark_by_version(patch: pytest.MonkeyPatch) -> None:
    """`published` follows the count of writes."""
    mark = MemoryCollection.mark

    async def by_version(
        self: MemoryCollection, full: Mapping[int, Sequence[str]], partial: Mapping[int, Sequence[str]]
    ) -> None:
        for k, ids in full.items():
            for id_ in ids:
                document = self.documents[id_]
                if document["version"] >= k:
                    document["published"] = document["version"]
                    document.pop("pending", None)
        await mark(self, {}, partial)

    patch.setattr(MemoryCollection, "mark", by_version)


def publish_only_ones_own(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(Dossier, "tail", lambda self, source, after: [e for e in self.recorded if e.seq > after])


def guard_by_id_only(patch: pytest.MonkeyPatch) -> None:
    write = MemoryCollection.write

    async def unguarded(
        self: MemoryCollection, dossiers: Sequence[Dossier], recorded: datetime
    ) -> dict[str, Refusal | None]:
        for dossier in dossiers:
            document = self.documents.get(dossier.id)
            if document is not None:
                document["version"] = dossier.version
        return await write(self, dossiers, recorded)

    patch.setattr(MemoryCollection, "write", unguarded)


def go_on_after_what_was_not_acknowledged(patch: pytest.MonkeyPatch) -> None:
    """A pipelined tail: every chunk is sent, whatever became of the one before."""

    async def pipelined(sender: Any, topic: str, tails: Mapping[str, Sequence[Any]]) -> dict[str, int]:
        reached = {}
        for id_, tail in tails.items():
            acks = [(await sender.send(topic, [encode(event)]))[0] for event in tail]
            if tail and acks[-1]:
                reached[id_] = tail[-1].seq
        return reached

    patch.setattr(publisher, "send_tails", pipelined)


def commit_past_what_waits(patch: pytest.MonkeyPatch) -> None:
    """Parked events only flagged, not stored."""

    async def forget(self: BatchConsumer, folds: Any, stored: Any) -> dict[str, str]:
        return {}

    patch.setattr(BatchConsumer, "_park_and_drain", forget)


def republish_by_resetting_published(patch: pytest.MonkeyPatch) -> None:
    """And leaving the rest to the publisher."""
    load, republish = FaultyStore.load, publisher.republish
    stores: list[FaultyStore] = []

    async def noted(self: FaultyStore, ids: Any, *, journal: bool = True) -> dict[str, Dossier]:
        stores.append(self)
        return await load(self, ids, journal=journal)

    async def reset(source: str, sender: Any, dossiers: Sequence[Dossier]) -> int:
        for dossier in dossiers:
            stores[-1].inner.documents[dossier.id]["published"] = 0  # type: ignore[attr-defined]
        return await republish(source, sender, dossiers)

    patch.setattr(FaultyStore, "load", noted)
    patch.setattr(publisher, "republish", reset)


def act_only_together(patch: pytest.MonkeyPatch) -> None:
    """As it was: whatever goes wrong with a batch is an unknown outcome of all of it."""

    async def later(self: Effects, intents: Any, error: Exception) -> int:
        return 0

    patch.setattr(Effects, "_perform_apart", later)


def halve_without_asking(patch: pytest.MonkeyPatch) -> None:
    """What a broken call had done already is done again with its half."""
    apart = Effects._perform_apart

    async def blind(self: Effects, intents: Any, error: Exception) -> int:
        async def nobody(_: Any) -> Mapping[str, Any]:
            return {}

        ask, self.ask = self.ask, nobody
        try:
            return await apart(self, intents, error)
        finally:
            self.ask = ask

    patch.setattr(Effects, "_perform_apart", blind)


def take_an_outage_for_everybodys_fault(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(effects, "passes", lambda error: False)


def never_give_up(patch: pytest.MonkeyPatch) -> None:
    init = Effects.__init__

    def patient(self: Effects, *arguments: Any, **more: Any) -> None:
        init(self, *arguments, **more)
        self.attempts = 10**6

    patch.setattr(Effects, "__init__", patient)


def forget_attempts_at_a_crash(patch: pytest.MonkeyPatch) -> None:
    take_over = Ledger.take_over

    def anew(self: Ledger, dossier: Dossier, moment: Any, *, past_lives: bool = True) -> bool:
        taken = take_over(self, dossier, moment, past_lives=past_lives)
        if taken and dossier.claim:
            dossier.claim = {name: value for name, value in dossier.claim.items() if name != "tries"}
        return taken

    patch.setattr(Ledger, "take_over", anew)


def count_against_what_another_holds(patch: pytest.MonkeyPatch) -> None:
    step = Effects._failed_step

    def greedy(self: Effects, intent: Any, reason: str, given_up: set[str]) -> Any:
        inner = step(self, intent, reason, given_up)

        def run(dossier: Dossier, moment: Any) -> None:
            if dossier.claim:
                dossier.claim = {**dossier.claim, "by": self.ledger.claimant}
            inner(dossier, moment)

        return run

    patch.setattr(Effects, "_failed_step", greedy)


def hear_only_together(patch: pytest.MonkeyPatch) -> None:
    async def together(self: BatchConsumer, grouped: Any, stored: Any) -> dict[str, str]:
        try:
            return await self._apply_together(grouped, stored)
        except ValueError as error:
            raise AssertionError("the batch stands still") from error

    patch.setattr(BatchConsumer, "_apply_apart", together)


def tell_only_together(patch: pytest.MonkeyPatch) -> None:
    async def together(self: BatchConsumer, told: Any, events: Any) -> None:
        try:
            await told(events)
        except KeyError as error:
            raise AssertionError("the batch stands still") from error

    patch.setattr(BatchConsumer, "_tell", together)


def decide_only_together(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(CommandQueue, "_write_apart", lambda self, work: self._write(work))


# break -> the scenario it turns red
BREAKS: dict[Break, str] = {
    act_only_together: "a_poison_fails_alone_and_the_others_are_done_in_the_same_pass",
    halve_without_asking: "a_poison_fails_alone_and_the_others_are_done_in_the_same_pass",
    take_an_outage_for_everybodys_fault: "an_outage_counts_against_nobody",
    never_give_up: "attempts_survive_a_crash",
    forget_attempts_at_a_crash: "attempts_survive_a_crash",
    count_against_what_another_holds: "a_zombie_counts_no_attempt_against_what_another_holds",
    hear_only_together: "one_dossier_that_spoils_the_write_is_parked_and_the_others_are_heard",
    tell_only_together: "who_follows_what_was_heard_goes_without_the_one_it_cannot_follow",
    decide_only_together: "one_command_that_spoils_the_write_refuses_no_other",
    commit_offsets_first: "killed_before_the_write",
    publish_before_the_write: "nothing_is_published_that_was_not_written",
    drop_the_heard_mark: "a_duplicate_is_dropped",
    clear_pending_without_comparing: "a_mark_does_not_hide_what_another_replica_wrote",
    clear_pending_after_a_partial_acknowledgement: "a_long_tail_partly_acknowledged_goes_on_where_it_stopped",
    ignore_a_bulk_conflict: "an_event_and_a_command_race",
    jump_a_gap: "a_gap_waits_and_drains_in_order",
    act_without_asking: "killed_between_effect_and_record",
    act_under_any_claim: "a_zombie_does_not_act_under_a_claim_that_has_run_out",
    mark_by_version: "a_mark_counts_events_not_writes",
    publish_only_ones_own: "the_whole_tail_is_sent_not_only_ones_own",
    guard_by_id_only: "two_replicas_race_on_one_dossier",
    go_on_after_what_was_not_acknowledged: "a_tail_goes_on_only_after_what_was_acknowledged",
    commit_past_what_waits: "a_gap_waits_and_drains_in_order",
    republish_by_resetting_published: "republishing_touches_neither_published_nor_pending",
}


@pytest.mark.parametrize(("broken", "name"), BREAKS.items(), ids=lambda value: getattr(value, "__name__", value))
async def test_a_break_turns_its_scenario_red(broken: Break, name: str) -> None:
    await ALL[name](MemoryWorld())
    with pytest.MonkeyPatch.context() as patch:
        broken(patch)
        with pytest.raises(AssertionError):
            await ALL[name](MemoryWorld())
    await ALL[name](MemoryWorld())
