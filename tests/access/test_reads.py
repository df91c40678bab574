"""Every read of a dossier, by every role and relation, is what the table says; and whatever is dropped from a line is noticed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from importlib import import_module
from unittest import mock

import pytest
from tests.component.desks import officer

from dossier_shared.contracts.topics import SERVICES
from dossier_shared.http.policy import FILTERED, Policy

from . import reads
from .decisions import ACTIONS
from .matrix import RELATIONS
from .routes import reads_of_a_dossier
from .stages import DOSSIER, Act
from .tables import without


async def test_every_read_of_a_dossier_is_what_the_table_says() -> None:
    assert reads.table(await reads.rows()) == reads.EXPECTED.read_text("utf-8")


@pytest.mark.parametrize("relation", ["own", "asked", "emergency"])
async def test_a_case_page_leaves_out_what_its_reader_may_not_see(relation: str) -> None:
    policy, said, seen = import_module("dossier_review.policy").POLICY, "Có tranh chấp không?", []
    sub, agency = RELATIONS[relation]
    async with reads.reader("review") as (_, http):
        who = officer(sub, "leader", agency=agency, emergency=reads.code("review") if relation == "emergency" else "")
        for rules in (policy.rules, [rule for rule in policy.rules if rule.action != "see-filed"]):
            with mock.patch.dict(policy.__dict__, Policy(*rules, repeated=policy.repeated).__dict__):
                answer = await http.get(f"/cases/{DOSSIER}?lang=vi", headers=who)
            assert answer.status_code == 200, answer.text[:500]
            seen.append(said in answer.text)
    assert seen == [True, False]


@pytest.mark.long
@pytest.mark.parametrize("service", SERVICES)
async def test_each_part_dropped_from_a_reads_lines_is_noticed(service: str, acts: list[Act]) -> None:
    policy = import_module(f"dossier_{service}.policy").POLICY
    here = {act.name for act in acts if act.service == service} | set(ACTIONS[service])
    lists = {rule.action for rule in policy.rules if FILTERED in rule.relations}
    quiet = []
    async with reads.reader(service) as (app, http):
        for action in dict.fromkeys(rule.action for rule in policy.rules if rule.action not in here | lists):
            roles = policy.roles(action)
            for what, changed in without(policy, action):
                with mock.patch.dict(policy.__dict__, changed.__dict__):
                    if not await noticed(reads.asked(http, reads_of_a_dossier(service, app), roles)):
                        quiet.append(what)
    assert not quiet


async def noticed(rows: AsyncIterator[reads.Row]) -> bool:
    expected = {row[:3]: row for row in reads.expected()}
    async for row in rows:
        if row != expected[row[:3]]:
            return True
    return False
