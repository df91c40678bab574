"""What is neither a verb nor a read of a dossier is as decisions.txt has it, and every part of its lines counts."""

from __future__ import annotations

from . import decisions
from .stages import Act
from .tables import without

NO_CELL = {
    "review: end-delegation (specialist, leader, counter) without role leader",  # who leads may end it by the line after
    # of a dossier about nobody who is known: tests/component/signing_api/test_downloaded.py
    "signing: receive-result (citizen) without relation self",
}


def test_everybody_may_what_the_table_says(acts: list[Act]) -> None:
    found = [row for service, about in decisions.asked(acts).items() for row in decisions.rows(service, about)]
    told, wanted = decisions.table(found).splitlines(), decisions.EXPECTED.read_text("utf-8").splitlines()
    assert [line for line in told if line not in wanted] == []
    assert [line for line in wanted if line not in told] == []


def test_each_part_dropped_from_their_lines_is_noticed(acts: list[Act]) -> None:
    quiet = set()
    for service, about in decisions.asked(acts).items():
        for action in decisions.ACTIONS[service]:
            whole = decisions.rows(service, about, only=action)
            for what, policy in without(about.policy, action):
                if decisions.rows(service, about, policy, only=action) == whole:
                    quiet.add(f"{service}: {what}")
    assert quiet == NO_CELL
