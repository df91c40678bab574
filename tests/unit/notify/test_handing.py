"""A result wished for at the counter waits until somebody takes it, and what may stand against that."""

from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest
from pydantic import ValidationError

from dossier_notify.handing import hand_over
from dossier_notify.schemas import HandOver
from dossier_shared.contracts.events import Applicant, Corrected, CorrectedSealed, Withdrawn
from dossier_shared.contracts.events import ReasonSealed as Reason
from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Problem

from .test_state import FAILED, SENT, answer, data, hear, journal, write
from .told import CITIZEN_ID, Told

OWN = {"receiver": "Nguyễn Thị Ánh", "identified_by": "citizen_id", "id_number": CITIZEN_ID, "signed_on": "paper"}
ANOTHER = "001099054321"
DRAWN = {"signed_on": "screen", "signature": "M1 1L2 2"}


def waiting(delivery: str = "counter", phone: str | None = None) -> Dossier:
    told = Told(phone=phone)
    dossier, left = hear(told.submitted(delivery=delivery), told.accepted(), told.signed())
    assert left == {}
    return dossier


def take(dossier: Dossier, **said: Any) -> None:
    for new in hand_over(dossier.state, HandOver.model_validate({**OWN, **said})):
        write(dossier, new)


@pytest.mark.parametrize("order", list(permutations(["submitted", "accepted", "signed"])))
@pytest.mark.parametrize("delivery", ["counter", "post"])
def test_with_nobody_to_tell_it_waits_to_be_handed_over(delivery: str, order: tuple[str, ...]) -> None:
    told = Told(phone=None)
    events = {"submitted": told.submitted(delivery=delivery), "accepted": told.accepted(), "signed": told.signed()}
    dossier, left = hear(*(events[name] for name in order))
    assert (left, journal(dossier), dossier.state["status"]) == ({}, [], "signed")
    take(dossier)
    assert (journal(dossier), dossier.state["status"]) == (["delivered"], "delivered")


@pytest.mark.parametrize(("answered", "informed"), [(SENT, True), (FAILED, False)])
def test_the_message_says_where_and_does_not_deliver(answered: Any, informed: bool) -> None:
    dossier = waiting(phone="+84912345678")
    assert "den Bo phan Mot cua" in dossier.state["intent"]["text"]
    answer(dossier, answered)
    assert dossier.state["status"] == "signed"
    take(dossier)
    assert data(dossier, "delivered") == {
        "how": "counter", "informed": informed, "identified_by": "citizen_id", "signed_on": "paper",
    }  # fmt: skip
    assert dossier.state["delivery"]["identified_by"] == "citizen_id"


def test_one_who_comes_before_the_message_is_out_is_not_delivered_twice() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed())
    take(dossier)
    answer(dossier, SENT)
    assert journal(dossier) == ["message-requested", "delivered", "message-sent"]


def test_names_and_numbers_are_sealed() -> None:
    dossier = waiting()
    take(dossier, receiver="Lê Thị Hoa", authority="GUQ-17 ngày 02/03/2026", id_number=ANOTHER, **DRAWN)
    event = dossier.tail("notify", 0)[0]
    assert event.open() == {
        "receiver": "Lê Thị Hoa", "id_number": ANOTHER, "authority": "GUQ-17 ngày 02/03/2026", "signature": "M1 1L2 2",
    }  # fmt: skip
    assert "Hoa" not in str((event.data, dossier.state["delivery"]))


def test_no_signature_is_kept_of_what_was_signed_on_paper() -> None:
    dossier = waiting()
    take(dossier, signature="M1 1L2 2")
    assert "signature" not in dossier.tail("notify", 0)[0].open()


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"id_number": ANOTHER}, "not-the-applicant"),
        ({"identified_by": "authority"}, "authority-missing"),
        ({"id_number": None}, "id-number-missing"),
        ({"id_number": "B1234567"}, "citizen-id-invalid"),
        ({"identified_by": "passport", "id_number": None}, "id-number-missing"),
        ({"signed_on": "screen"}, "signature-missing"),
    ],
)
def test_it_is_refused_with_what_to_do(said: dict[str, Any], code: str) -> None:
    dossier = waiting()
    with pytest.raises(Problem) as refused:
        take(dossier, **said)
    assert refused.value.code == code
    assert "Hãy" in refused.value.vi or "phải" in refused.value.vi
    assert journal(dossier) == []


@pytest.mark.parametrize(
    "said",
    [
        {"id_number": ANOTHER, "authority": "GUQ-17"},
        {"identified_by": "authority", "authority": "GUQ-17", "id_number": None},
        {"identified_by": "passport", "id_number": "b 1234567"},
        DRAWN,
    ],
)
def test_these_may_take_it(said: dict[str, Any]) -> None:
    dossier = waiting()
    take(dossier, **said)
    assert dossier.state["status"] == "delivered"


def test_a_number_that_was_put_right_is_the_one_compared() -> None:
    told = Told(phone=None)
    right = CorrectedSealed(reason="Theo căn cước", applicant=Applicant(name="Nguyễn Thị Ánh", citizen_id=ANOTHER))
    submitted, corrected = told.submitted(delivery="counter"), told.intake.says(Corrected(), right)
    dossier, left = hear(submitted, corrected, told.signed())
    assert left == {}
    with pytest.raises(Problem, match="not-the-applicant"):
        take(dossier)
    take(dossier, id_number=ANOTHER)


def test_nothing_is_handed_over_that_is_not_signed_or_was_delivered() -> None:
    told = Told(phone=None)
    dossier, _ = hear(told.submitted(delivery="counter"), told.accepted())
    with pytest.raises(Problem, match="not-signed-yet"):
        take(dossier)
    online = waiting(delivery="online")
    assert journal(online) == ["delivered"]
    with pytest.raises(Problem, match="already-delivered"):
        take(online)


def test_what_was_handed_over_to_another_agency_is_that_one_s_to_hand_out() -> None:
    told = Told(phone=None)
    told.signing.agency = "H19.2"
    events = [told.submitted(delivery="counter"), told.signed()]
    assert [hear(*order)[0].state["agency"] for order in (events, events[::-1])] == ["H19.2", "H19.2"]


def test_what_was_withdrawn_is_known_as_such() -> None:
    told = Told()
    submitted, withdrawn = told.submitted(), told.intake.says(Withdrawn(), Reason(reason="Nộp nhầm"))
    dossier, left = hear(submitted, withdrawn)
    assert (left, dossier.state["status"]) == ({}, "withdrawn")


@pytest.mark.parametrize(
    "path",
    [
        "", "M1 1", "L1 1L2 2", "M1 1L2 2Z", "M1 1C1 1 2 2 3 3", "M1 1L2 2<script>", "M1 1 L2 2", "M-1 1L2 2", "M1 1L2 99999",
        "M1 1" + "L2 2" * 5000, "m1 1l2 2", "M1 1L2 2\n",
    ],
)  # fmt: skip
def test_a_signature_is_lines_and_nothing_else(path: str) -> None:
    with pytest.raises(ValidationError):
        HandOver.model_validate({**OWN, "signed_on": "screen", "signature": path})
