"""Every part of every table of rights counts: without it somebody is told something else."""

from __future__ import annotations

from .matrix import answers, differences
from .stages import Act
from .tables import without
from .test_access import of, texts


async def test_each_part_dropped_from_a_verb_s_lines_is_noticed(acts: list[Act]) -> None:
    quiet = []
    no_cell = {
        "intake: file (citizen) without bar step-up-required"
    }  # no account here says its level: see test_step_up
    for act in acts:
        for what, policy in without(act.policy, act.name):
            if not differences(texts(await answers(act, policy)), of(act)):
                quiet.append(f"{act.service}: {what}")
    assert set(quiet) == no_cell
