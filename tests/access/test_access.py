"""The rights as they are read (expected.txt) are the rights as they are, no cell is missing, and every role in a verb counts."""

from __future__ import annotations

from collections.abc import Mapping

from dossier_local.verb_tables import TABLES, verbs_of

from .matrix import RELATIONS, ROLES, Answer, Cell, answers, check, differences, expected, table
from .stages import Act
from .tables import open_to

FILING = [("intake", "file"), ("intake", "file-batch")]
NOBODY = ("nobody",)
# Where opening a verb to a role more changes nothing, and what holds instead.
SECOND_GUARD = {
    ("intake", "file"): (
        {"specialist", "leader", "superior", "admin", "auditor"},
        "the lifecycle: nobody else may cause `submitted`, wherever they stand",
    ),
    ("intake", "file-batch"): (
        {"specialist", "leader", "superior", "admin", "auditor"},
        "each item is filed as a single filing is: the roles of that one, and the lifecycle",
    ),
}


def verbs() -> list[tuple[str, str]]:
    return [*FILING, *((service, verb.name) for service in TABLES for verb in verbs_of(service))]


def texts(cells: Mapping[Cell, Answer]) -> dict[Cell, str]:
    return {cell: answer.text for cell, answer in cells.items()}


def test_everybody_may_what_the_table_says(computed: dict[Cell, Answer]) -> None:
    check(texts(computed), expected())


def test_the_table_has_every_verb_role_and_relation_and_no_other() -> None:
    whole = {Cell(*verb, role, relation) for verb in verbs() for role in ROLES for relation in RELATIONS}
    found = set(expected())
    assert sorted(whole - found) == []
    assert sorted(found - whole) == []


def test_the_table_is_written_as_it_is_printed(computed: dict[Cell, Answer]) -> None:
    assert table(expected()) == table(texts(computed))


def test_a_missing_and_a_wrong_cell_are_told() -> None:
    wanted = expected()
    one, another, *_ = wanted
    wrong = {cell: text for cell, text in wanted.items() if cell != one} | {another: "418 teapot"}
    assert differences(wrong, wanted) == sorted(
        [
            f"{' '.join(one)}: not there, expected {wanted[one]}",
            f"{' '.join(another)}: 418 teapot, expected {wanted[another]}",
        ]
    )


def test_every_verb_names_roles_that_there_are(acts: list[Act]) -> None:
    """A verb without a role would be open to any token."""
    for act in acts:
        assert act.roles, act.name
        assert set(act.roles) <= set(ROLES), act.name


async def test_a_batch_answers_each_item_as_a_single_call(acts: list[Act]) -> None:
    for act in acts:
        if act.bulk_path:
            check(texts(await answers(act.in_a_batch())), of(act))


async def test_each_role_dropped_from_each_verb_is_noticed(acts: list[Act]) -> None:
    for act in acts:
        for role in act.roles:
            others = tuple(one for one in act.roles if one != role) or NOBODY
            assert await changed(act, others, role), f"{act.name} without {role} looks the same"


async def test_each_role_added_to_each_verb_is_noticed(acts: list[Act]) -> None:
    quiet: dict[tuple[str, str], set[str]] = {}
    for act in acts:
        for role in ROLES:
            if role not in act.roles and not await changed(act, (*act.roles, role), role):
                quiet.setdefault((act.service, act.name), set()).add(role)
    assert quiet == {verb: roles for verb, (roles, _) in SECOND_GUARD.items()}


async def changed(act: Act, roles: tuple[str, ...], role: str) -> list[str]:
    """What is not as expected of the accounts with this role, were the verb open to `roles`."""
    found = texts(await answers(act, open_to(act.policy, act.name, roles), only=[role]))
    return differences(found, {cell: text for cell, text in of(act).items() if cell.role == role})


def of(act: Act) -> dict[Cell, str]:
    return {cell: text for cell, text in expected().items() if cell[:2] == (act.service, act.name)}
