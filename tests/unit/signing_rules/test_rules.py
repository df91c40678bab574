"""Asking for a signature, and what becomes of it, in every state."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from dossier_shared.contracts.events import Approved, Rejected
from dossier_shared.errors import Unchained
from dossier_shared.http.policy import Context
from dossier_shared.http.tokens import Principal
from dossier_shared.problems import IllegalTransition, NotFound, NotReady
from dossier_shared.runtime.directory import Directory
from dossier_signing.documents.outcomes import NotMade
from dossier_signing.policy import POLICY

from .support import AGENCY, LEADER, MADE, Result


def requested() -> Result:
    result = Result().decided()
    result.asked()
    return result


def failed() -> Result:
    result = requested()
    result.comes_back(NotMade("unprintable-text"))
    return result


def signed() -> Result:
    result = requested()
    result.comes_back(MADE)
    return result


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (Result, NotReady),
        (requested, IllegalTransition),
        (signed, IllegalTransition),
        (lambda: Result("database_update").decided(), IllegalTransition),
    ],
)
def test_asking_is_refused(state: Callable[[], Result], refusal: type[Exception]) -> None:
    result = state()
    before = dict(result.state)
    with pytest.raises(refusal):
        result.asked()
    assert result.state == before


@pytest.mark.parametrize("model", [Approved, Rejected])
def test_asking_records_the_intent_first(model: type[Approved | Rejected]) -> None:
    result = Result().decided(model)
    assert result.state["stage"] == "signature"
    assert result.asked() == ["signing-requested"]
    assert result.state.get("stage") is None
    assert result.state["intent"]["reference"] == "d-1:result"
    assert result.state["intent"]["leader"] == "leader"
    assert result.state["intent"]["number"] == "H19.1-d-1/KQ"
    assert "Trần" not in str([entry["data"] for entry in result.dossier.journal])


def test_another_agency_s_leader_signs_nothing() -> None:
    result = Result().decided()
    with pytest.raises(NotFound):
        result.asked(Principal("other", frozenset({"leader"}), "H19.2"))


def test_a_made_signature_ends_the_intent() -> None:
    result = signed()
    assert result.state["status"] == "signed"
    assert "intent" not in result.state
    assert result.state["signed_by"] == "leader"
    assert result.state["result"] == {
        "reference": "d-1:result", "number": "H19.1-d-1/KQ", "kind": "certificate",
        "file": "f" * 64, "size": 4321, "certificate": "1f",
    }  # fmt: skip


def test_a_failure_puts_it_back_with_the_reason_and_the_next_try_clears_it() -> None:
    result = failed()
    assert (result.state["stage"], result.state["failure"]) == ("signature", "unprintable-text")
    assert result.state["status"] == "approved"
    assert "intent" not in result.state
    assert result.asked() == ["signing-requested"]
    assert result.state["failure"] is None
    assert result.comes_back(MADE) == ["signed"]


def test_a_rejection_is_signed_as_one() -> None:
    result = Result("permit").decided(Rejected, "Thiếu giấy chứng sinh.")
    result.asked()
    result.comes_back(MADE)
    assert result.state["result"]["kind"] == "rejection"
    assert result.dossier.journal[-1]["data"]["outcome"] == "rejected"


def test_a_registry_entry_is_its_own_result() -> None:
    result = Result("database_update").decided()
    assert [entry["type"] for entry in result.dossier.journal] == ["signed"]
    assert result.state["result"]["file"] is None
    assert result.state["result"]["kind"] == "registry"


def test_a_rejected_registry_entry_still_gets_its_letter() -> None:
    result = Result("database_update").decided(Rejected, "Trùng hồ sơ.")
    assert result.state["stage"] == "signature"
    assert result.asked() == ["signing-requested"]


def test_a_second_decision_is_illegal() -> None:
    result = Result().decided()
    with pytest.raises(Unchained, match="Decided already"):
        result.decided(Rejected)


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        (Principal("citizen", frozenset({"citizen"})), True),
        (Principal("neighbour", frozenset({"citizen"})), False),
        (Principal("neighbour", frozenset({"citizen"}), AGENCY), False),
        (Principal("agent", frozenset({"agent"}), AGENCY), False),
        (LEADER, True),
        (Principal("counter", frozenset({"counter"}), AGENCY), True),
        (Principal("counter", frozenset({"counter"}), "H19.2"), False),
        (Principal("province", frozenset({"superior"}), "H19"), True),
        (Principal("province", frozenset({"leader"}), "H19"), False),
        (Principal("other-province", frozenset({"superior"}), "H20"), False),
    ],
)
def test_whomay_read_a_result(who: Principal, allowed: bool) -> None:
    assert POLICY.may(who, "read", Result().decided().state, Context(SimpleNamespace(directory=Directory()))) is allowed
    assert not POLICY.may(who, "read", Result().state, Context(SimpleNamespace(directory=Directory())))
