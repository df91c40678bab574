"""The lifecycle's roles and the verbs' say the same, and verbs record what they declare."""

from __future__ import annotations

from dataclasses import replace

from dossier_shared.contracts.lifecycle import MOVES

from .matrix import ROLES, Answer, Cell, answers
from .stages import Act
from .tables import open_to

# What a verb records in another state than its dossier's here: once it is accepted, the agency is asked.
ELSEWHERE = {("intake", "withdraw"): {"withdrawal-requested"}}


def test_who_may_cause_an_event_is_who_may_do_a_verb_that_records_it(acts: list[Act]) -> None:
    declared: dict[str, set[str]] = {}
    for act in acts:
        for event in act.records:
            declared.setdefault(event, set()).update(act.roles)
    by_the_lifecycle = {event: set(move.roles) for event, move in MOVES.items()}
    assert {event: declared.get(event, set()) for event in MOVES} == by_the_lifecycle
    assert declared.keys() - MOVES.keys() == {"alarm-acknowledged"}, "an alarm is no dossier"


def test_a_verb_is_open_to_nobody_who_may_not_cause_all_it_records(acts: list[Act]) -> None:
    for act in acts:
        for event in act.records:
            if event in MOVES:
                assert set(act.roles) <= MOVES[event].roles, f"{act.name} records {event}"


async def test_a_verb_records_what_it_declares(acts: list[Act], computed: dict[Cell, Answer]) -> None:
    recorded: dict[tuple[str, str], set[str]] = {}
    others = [(await answers(replace(act, start=start))).items() for act in acts for start in act.besides]
    for cell, answer in (*computed.items(), *(one for other in others for one in other)):
        recorded.setdefault((cell.service, cell.verb), set()).update(answer.recorded)
    assert recorded == {
        verb: set(act.records) - ELSEWHERE.get(verb, set()) for act in acts for verb in [(act.service, act.name)]
    }


async def test_a_verb_opened_too_wide_is_stopped_by_the_lifecycle(acts: list[Act]) -> None:
    """By mistake in its table: nothing is recorded that the role may not cause."""
    for act in acts:
        for role in set(ROLES) - set(act.roles):
            if any(role not in MOVES[event].roles for event in act.records if event in MOVES):
                found = await answers(act, open_to(act.policy, act.name, (*act.roles, role)), only=[role])
                assert {answer.text[0] for answer in found.values()} == {"4"}, f"{act.name} by {role}"
