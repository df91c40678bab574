"""Two replicas under seeded schedules with crashes, zombies, duplicates, late and lost acknowledgements."""

from __future__ import annotations

import pytest

from .explore import explore
from .test_breaks import (
    Break,
    act_only_together,
    act_without_asking,
    clear_pending_without_comparing,
    commit_offsets_first,
    cut_more_than_was_copied,
    guard_by_id_only,
    halve_without_asking,
    jump_a_gap,
    never_give_up,
    publish_only_ones_own,
)

pytestmark = pytest.mark.usefixtures("silent")

POINTS = ("write.before", "write.after", "publish.acked", "consume.written", "effect.intent", "effect.done")
SCHEDULES = 200


def test_nothing_is_lost_doubled_or_out_of_order() -> None:
    struck = explore(range(SCHEDULES))
    for fault in (
        "killed",
        "stood still",
        "late",
        "acknowledgement lost",
        "answer lost",
        "commit refused",
        "journal cut",
        "poison",
        *POINTS,
    ):
        assert struck[fault] > 0, f"{fault}: the schedules are too tame: {struck}"


@pytest.mark.parametrize(
    "broken",
    [
        commit_offsets_first,
        clear_pending_without_comparing,
        guard_by_id_only,
        jump_a_gap,
        cut_more_than_was_copied,
        publish_only_ones_own,
        act_without_asking,
        act_only_together,
        halve_without_asking,
        never_give_up,
    ],
)
def test_the_schedules_find_what_is_broken(broken: Break) -> None:
    with pytest.MonkeyPatch.context() as patch:
        broken(patch)
        with pytest.raises(AssertionError, match="seed"):
            explore(range(SCHEDULES))
