"""What of deployments is followed: whether it is known which there are, and who may tell who stands in for whom."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.unit.core.deploying import entry, tell

from dossier_review.settings import Settings
from dossier_shared.clock import instant
from dossier_shared.contracts.entries import DelegationEntry
from dossier_shared.contracts.topics import DELEGATIONS, DEPLOYMENTS, deployed
from dossier_shared.journal.dead_letters import StoredRecord
from dossier_shared.runtime.deployments import Deployments
from dossier_shared.runtime.directory import Directory

OTHER, NOW = "dossier.signed", datetime(2026, 12, 1, tzinfo=UTC)


@pytest.mark.parametrize(("there", "known"), [({OTHER}, True), (set(), False), ({DEPLOYMENTS.name}, False)])
async def test_only_a_broker_that_shows_the_other_topics_has_none_of_deployments(there: set[str], known: bool) -> None:
    deployments = Deployments("intake", "", [OTHER])
    assert deployments.followed.absent is not None
    deployments.followed.absent(there)
    try:
        await asyncio.wait_for(deployments.registry.known(), 0.01)
        assert known
    except TimeoutError:
        assert not known


def lent(id_: str, agency: str, deployment: str = "long-khanh", offset: int = 0) -> Any:
    one = DelegationEntry(
        id=id_, agency=agency, giver="leader", deputy="deputy", roles=["leader"], start=instant(NOW),
        end=instant(NOW + timedelta(hours=1)), reason="Đi họp.", given_at=instant(NOW),
    )  # fmt: skip
    topic = deployed(DELEGATIONS, deployment).name
    return StoredRecord(topic, 0, offset, id_.encode(), one.model_dump_json().encode())


def test_a_review_of_an_agency_s_own_tells_of_that_agency_only() -> None:
    deployments, directory = Deployments("signing", "", []), Directory()
    tell(deployments.registry, entry())
    [followed] = deployments.delegations(directory.delegations.take)
    assert followed.names == {"platform.delegations.long-khanh"}
    followed.take([lent("1", "H1"), lent("2", "H2", offset=1), lent("3", "H1", offset=2)])
    assert {one.id for one in directory.delegations.of(("H1", "H2"))} == {"1", "3"}
    directory.delegations.take([lent("4", "H2", "")])
    assert {one.id for one in directory.delegations.of(("H2",))} == {"4"}, "each topic is counted by itself"


def test_each_is_followed_once_and_a_review_follows_only_its_own() -> None:
    take = Directory().delegations.take
    deployments = Deployments("notify", "", [])
    tell(deployments.registry, entry(), entry("ky-so", service="signing"))
    assert len(deployments.delegations(take)) == 1
    assert deployments.delegations(take) == []
    tell(deployments.registry, entry("an-binh", "H2"))
    assert [one.names for one in deployments.delegations(take)] == [{"platform.delegations.an-binh"}]
    own = Deployments("review", "an-binh", [])
    tell(own.registry, entry(), entry("an-binh", "H2"))
    assert [one.names for one in own.delegations(take)] == [{"platform.delegations.an-binh"}]


def test_what_it_is_called_tells_them_apart() -> None:
    """At the broker, in the group, in health; the one without a name is called as ever."""
    own, common = Settings(deployment="long-khanh"), Settings()
    assert (common.called, common.member_id, common.identity) == (
        "review", "review-1", {"service": "review", "instance": "1"} | _risky(common),
    )  # fmt: skip
    assert (own.called, own.member_id) == ("review.long-khanh", "review.long-khanh-1")
    assert own.identity == {"service": "review", "deployment": "long-khanh", "instance": "1"} | _risky(own)


def _risky(settings: Settings) -> dict[str, str]:
    return {name: value for name, value in settings.identity.items() if name == "insecure"}
