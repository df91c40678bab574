"""Attack 11 and its siblings: nobody acts as an officer on their own dossier, by whatever verb, nor by who stands in for them."""

from __future__ import annotations

import pytest
from tests.access.matrix import ROLES, expected

from dossier_intake.policy import POLICY as INTAKE
from dossier_local.verb_tables import TABLES, verbs_of
from dossier_notify.policy import POLICY as NOTIFY
from dossier_review.policy import POLICY as REVIEW
from dossier_shared.http.policy import Policy
from dossier_signing.policy import POLICY as SIGNING

POLICIES = {"intake": INTAKE, "review": REVIEW, "signing": SIGNING, "notify": NOTIFY}
OFFICERS = frozenset(ROLES) - {"citizen", "agent"}
OWN = ("filer", "person", "filer asked")  # columns of the matrix
NO_DECISION = {
    ("intake", "file"): "who files at the counter decides nothing yet, and may decide nothing of it later",
    ("intake", "file-batch"): "the same",
    ("monitor", "acknowledge"): "an alarm is nobody's dossier",
}
# What is done to many cases at once, in no matrix of verbs.
BESIDES = {"review": ("release", "share-out")}


def test_no_officer_does_anything_to_their_own_dossier() -> None:
    """The matrix is held to the code by tests/access."""
    done = {
        cell[:2]
        for cell, answer in expected().items()
        if cell.role in OFFICERS and cell.relation in OWN and answer.startswith("2")
    }
    assert done == NO_DECISION.keys()


@pytest.mark.parametrize("service", POLICIES)
def test_every_line_of_a_verb_that_an_officer_has_is_barred_to_whose_it_is_and_to_their_deputies(service: str) -> None:
    policy: Policy = POLICIES[service]
    verbs = {verb.name for verb in verbs_of(service)} | {*BESIDES.get(service, ())}
    lines = [rule for rule in policy.rules if rule.action in verbs and not OFFICERS.isdisjoint(rule.roles)]
    assert lines
    for rule in lines:
        own = [bar for bar in rule.bars if bar.name == "own-dossier"]
        assert [bar.of_lender for bar in own] == [True], f"{rule.action} by {rule.roles}"


def test_every_service_with_verbs_on_dossiers_is_looked_at() -> None:
    assert {*POLICIES, "monitor"} == set(TABLES)
