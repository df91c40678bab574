"""Emergency access: of one account to one dossier, within its span, while the account works where it did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from dossier_shared.clock import instant
from dossier_shared.contracts.entries import EmergencyEntry
from dossier_shared.contracts.person_keys import PersonKey
from dossier_shared.http.policy import EMERGENCY, NOTHING
from dossier_shared.http.tokens import Principal
from dossier_shared.journal.persons import PersonKeys
from dossier_shared.journal.wrapping import PrivateKeys, Wrapper
from dossier_shared.runtime.emergencies import Emergencies, reason_of, sealed_reason, shown

from .test_officers import ELSEWHERE, HERE, record

NOW = datetime(2026, 12, 1, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
REASON = "Người bệnh cấp cứu, cần tìm người thân."


def taken(id_: str = "1", end: datetime = NOW + HOUR, **changes: Any) -> EmergencyEntry:
    given = {
        "dossier": "d-1",
        "code": "H19.1-1",
        "agency": ELSEWHERE,
        "subject": "nam",
        "officer_agency": HERE,
        **changes,
    }
    sealed = sealed_reason(REASON, "d-1", id_, None, PersonKeys("intake", None))
    return EmergencyEntry(id=id_, role="leader", start=instant(NOW), end=instant(end), sealed=sealed, **given)


def told(*entries: EmergencyEntry) -> Emergencies:
    known = Emergencies()
    known.take([record(one.id, one.model_dump_json().encode()) for one in entries])
    return known


@pytest.mark.parametrize(
    ("minutes", "subject", "agency", "held"),
    [
        (0, "nam", HERE, True), (59, "nam", HERE, True), (60, "nam", HERE, False), (-1, "nam", HERE, False),
        (0, "bình", HERE, False), (0, "nam", ELSEWHERE, False), (0, "nam", None, False),
    ],
)  # fmt: skip
def test_it_holds_within_its_span_for_who_took_it(minutes: int, subject: str, agency: str | None, held: bool) -> None:
    at = NOW + timedelta(minutes=minutes)
    assert bool(told(taken()).held(subject, agency, at)) is held


def test_one_that_is_ended_holds_no_more_and_is_still_told() -> None:
    known = told(taken(), taken("2", dossier="d-2", code="H19.1-2"))
    known.put("1", taken(end=NOW + timedelta(minutes=5)))
    assert [one.id for one in known.held("nam", HERE, NOW + timedelta(minutes=5))] == ["2"]
    assert [one.id for one in known.of_dossier("d-1")] == ["1"]
    assert [one.id for one in known.where(lambda one: one.agency == ELSEWHERE)] == ["2", "1"]
    known.take([record("1", None), record("3", b"no json")])
    assert known.of_dossier("d-1") == []
    assert [one.id for one in known.held("nam", HERE, NOW)] == ["2"]


@pytest.mark.parametrize(("code", "reads"), [("H19.1-1", True), ("h19.1-1", True), ("H19.1-2", False), (None, False)])
def test_it_opens_that_dossier_alone(code: str | None, reads: bool) -> None:
    [one] = told(taken()).held("nam", HERE, NOW)
    who = Principal("nam", frozenset({"leader"}), HERE, emergencies=(shown(one, PersonKeys("review", None)),))
    assert EMERGENCY.holds(who, {"code": code} if code else {"agency": ELSEWHERE}, NOTHING) is reads
    assert not EMERGENCY.holds(Principal("nam", frozenset({"leader"}), HERE), {"code": "H19.1-1"}, NOTHING)


def keys() -> PersonKeys:
    """Of a process that is entitled to read."""
    wrapper = Wrapper(PrivateKeys([X25519PrivateKey.generate()]))
    found = PersonKeys("intake", wrapper)
    found.put(wrapper.wrap("p-1", b"k" * 32, {"intake": wrapper.public}, instant(NOW)))
    return found


def test_why_is_encrypted_with_the_person_s_key_and_goes_with_it() -> None:
    mine = keys()
    sealed = sealed_reason(REASON, "d-1", "1", "p-1", mine)
    assert REASON not in sealed
    one = taken().model_copy(update={"sealed": sealed})
    assert reason_of(one, mine) == REASON
    moved = one.model_copy(update={"id": "2"})
    assert reason_of(moved, mine) == "", "it is bound to its own access"
    assert reason_of(one, PersonKeys("notify", None)) == "", "who has no key reads nothing"
    mine.put(PersonKey(holder="p-1", erased=instant(NOW)))
    assert reason_of(one, mine) == ""
