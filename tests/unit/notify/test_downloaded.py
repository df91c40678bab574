"""A result that the person has fetched is delivered, once, whatever they had wished for and whatever told them of it."""

from __future__ import annotations

import pytest

from dossier_shared.journal.dossier import Dossier
from dossier_shared.problems import Problem

from .test_handing import take, waiting
from .test_state import SENT, answer, data, hear, journal
from .told import Told


def heard(delivery: str, phone: str | None) -> tuple[Dossier, Told]:
    told = Told(phone=phone)
    dossier, left = hear(told.submitted(delivery=delivery), told.accepted(), told.signed())
    assert left == {}
    return dossier, told


@pytest.mark.parametrize("delivery", ["counter", "post"])
def test_what_waits_to_be_handed_over_is_delivered_by_a_download(delivery: str) -> None:
    told = Told(phone=None)
    events = told.submitted(delivery=delivery), told.accepted(), told.signed(), told.downloaded()
    dossier, left = hear(*events)
    assert (left, journal(dossier), dossier.state["status"]) == ({}, ["delivered"], "delivered")
    delivered = data(dossier, "delivered")
    assert (delivered["how"], delivered["informed"]) == ("online", False)
    with pytest.raises(Problem) as refused:
        take(dossier)
    assert refused.value.code == "already-delivered"


def test_before_the_message_is_out_it_is_delivered_once() -> None:
    told = Told()
    dossier, _ = hear(told.submitted(), told.signed(), told.downloaded())
    answer(dossier, SENT)
    assert journal(dossier) == ["message-requested", "delivered", "message-sent"]


def test_of_what_is_delivered_nothing_is_recorded() -> None:
    told = Told(phone=None)
    dossier, _ = hear(told.submitted(), told.signed(), told.downloaded())
    assert journal(dossier) == ["delivered"], "telling nobody had delivered it"
    handed = waiting()
    take(handed)
    assert journal(handed) == ["delivered"]


def test_heard_before_the_filing_it_is_delivered_once() -> None:
    told = Told()
    filed = told.submitted(delivery="counter")
    dossier, left = hear(told.signed(), told.downloaded(), filed)
    assert left == {}
    assert journal(dossier).count("delivered") == 1
